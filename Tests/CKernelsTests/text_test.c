// Tests of models from text: the texts of models with kernels of their own compute what these do, with all derivatives, on every
// instruction set; mistakes are told with their place.
#include <math.h>

#include "../../Sources/CKernels/internal.h"
#include "check.h"

#pragma STDC FP_CONTRACT OFF

enum {
  NODES = 21,
  EDGES = NODES * NODES,
  HISTORY = 40,
  STEPS = 50,
  STATES_MAX = 16,
  COUPLINGS_MAX = 4,
  PARAMETERS_MAX = 96
};

typedef struct setting {
  int32_t longest;  // delays are 0 ... longest
  int32_t shortest;
  dn_scheme scheme;
  dn_stage stage;
  dn_coupling_kind kind;
  double time_step;
} setting;
static const setting SETTINGS[] = {
    {40, 20, DN_SCHEME_HEUN, DN_STAGE_AWARE, DN_COUPLING_LINEAR, 0.1},
    {40, 1, DN_SCHEME_HEUN, DN_STAGE_AWARE, DN_COUPLING_LINEAR, 0.1},
    {40, 0, DN_SCHEME_HEUN, DN_STAGE_AWARE, DN_COUPLING_LINEAR, 0.1},
    {0, 0, DN_SCHEME_HEUN, DN_STAGE_AWARE, DN_COUPLING_DIFFERENCE, 0.1},
    {40, 0, DN_SCHEME_HEUN, DN_STAGE_FROZEN, DN_COUPLING_LINEAR, 0.1},
    {40, 0, DN_SCHEME_EULER, DN_STAGE_AWARE, DN_COUPLING_LINEAR, 0.1},
};

static dn_plan *plan_of(const setting *s, dn_isa isa) {
  static int32_t delays[EDGES];
  dn_random_integers_i32(dn_key_create(3), 0, EDGES, s->shortest, s->longest + 1, delays);
  const dn_network network = {.nodes = NODES, .edges = EDGES, .history = HISTORY, .delays = delays};
  const dn_plan_options options = {.isa = isa};
  dn_plan *plan = NULL;
  CHECK_THAT(dn_plan_create(&network, &options, &plan, NULL) == DN_OK);
  return plan;
}

static dn_model *parse(const char *text) {
  dn_model *model = NULL;
  dn_text_error error;
  const dn_status status = dn_model_parse(text, strlen(text), NULL, &model, &error);
  CHECK(status == DN_OK, "%s at %d:%d: %s", dn_status_string(status), error.line, error.column, error.message);
  return model;
}

// A step below every model's fastest time scale.
static double step_of(const dn_model *m) { return strcmp(m->name, "kionex") == 0 ? 0.01 : 0.02; }

// ---- Functions -------------------------------------------------------------------------------------------------------

enum { POINTS = 2048 };

typedef struct trial {
  const char *text;
  double low, high;
  long double (*value)(long double), (*slope)(long double);
  double ulp, slope_ulp;
  double scale;  // errors are relative to values of at least this size
} trial;

#define TRIAL(name, f, df)                                     \
  static long double name##_value(long double x) { return f; } \
  static long double name##_slope(long double x) { return df; }
TRIAL(exp, expl(x), expl(x))
TRIAL(log, logl(x), 1 / x)
TRIAL(sqrt, sqrtl(x), 0.5L / sqrtl(x))
TRIAL(sin, sinl(x), cosl(x))
TRIAL(cos, cosl(x), -sinl(x))
TRIAL(tan, tanl(x), 1 / (cosl(x) * cosl(x)))
TRIAL(tanh, tanhl(x), 1 / (coshl(x) * coshl(x)))
TRIAL(sinh, sinhl(x), coshl(x))
TRIAL(cosh, coshl(x), sinhl(x))
TRIAL(atan, atanl(x), 1 / (1 + x * x))
TRIAL(abs, fabsl(x), x < 0 ? -1 : 1)
TRIAL(erf, erfl(x), 1.1283791670955125739L * expl(-x * x))
TRIAL(erfc, erfcl(x), -1.1283791670955125739L * expl(-x * x))
TRIAL(logistic, 1 / (1 + expl(-x)), expl(-fabsl(x)) / ((1 + expl(-fabsl(x))) * (1 + expl(-fabsl(x)))))
static long double exprel_value(long double x) { return x == 0 ? 1 : -x / expm1l(-x); }
static long double exprel_slope(long double x) {
  if (fabsl(x) < 1e-4L) return 0.5L + x / 6;
  const long double e = expm1l(-x);
  return -1 / e - x * expl(-x) / (e * e);
}
TRIAL(cube, x *x *x, 3 * x * x)
TRIAL(inverse, 1 / (x * x), -2 / (x * x * x))
TRIAL(power, powl(x, 1.7L), 1.7L * powl(x, 0.7L))
TRIAL(exponent, powl(2, x), powl(2, x) * logl(2))
TRIAL(quotient, x / (1 + x * x), (1 - x * x) / ((1 + x * x) * (1 + x * x)))
TRIAL(pieces, x < 0 ? -2 * x : x * x, x < 0 ? -2 : 2 * x)
TRIAL(least, fminl(x, 1 - x), x <= 1 - x ? 1 : -1)
TRIAL(most, fmaxl(x, 1 - x), x >= 1 - x ? 1 : -1)
TRIAL(step, x > 0 ? 1 : 0, 0 * x)
TRIAL(inside, x > -1 && x < 1 ? x : 0, x > -1 && x < 1 ? 1 : 0)
TRIAL(outside, x < -1 || !(x <= 1) ? x : 0, x < -1 || !(x <= 1) ? 1 : 0)
#undef TRIAL

static const trial TRIALS[] = {
    {"exp(x)", -80, 80, exp_value, exp_slope, 2, 2, 0},
    {"log(x)", 1e-3, 100, log_value, log_slope, 2, 2, 1e-3},
    {"sqrt(x)", 1e-6, 100, sqrt_value, sqrt_slope, 1, 2, 0},
    {"sin(x)", -100, 100, sin_value, sin_slope, 3, 3, 1e-2},
    {"cos(x)", -100, 100, cos_value, cos_slope, 3, 3, 1e-2},
    {"tan(x)", -1.5, 1.5, tan_value, tan_slope, 5, 12, 0},
    {"tanh(x)", -20, 20, tanh_value, tanh_slope, 4, 8, 0},
    {"sinh(x)", -20, 20, sinh_value, sinh_slope, 4, 4, 0},
    {"cosh(x)", -20, 20, cosh_value, cosh_slope, 4, 4, 0},
    {"atan(x)", -20, 20, atan_value, atan_slope, 3, 3, 0},
    {"abs(x)", -5, 5, abs_value, abs_slope, 0, 0, 0},
    {"erf(x)", -3, 3, erf_value, erf_slope, 4, 16, 0},
    {"erfc(x)", -3, 3, erfc_value, erfc_slope, 6, 16, 0},
    {"logistic(x)", -30, 30, logistic_value, logistic_slope, 3, 6, 0},
    {"exprel(x)", -30, 30, exprel_value, exprel_slope, 5, 8, 0},
    {"x^3", -5, 5, cube_value, cube_slope, 2, 3, 0},
    {"x**-2", 0.1, 5, inverse_value, inverse_slope, 2, 6, 0},
    {"x^1.7", 0.01, 50, power_value, power_slope, 3, 5, 0},
    {"2^x", -10, 10, exponent_value, exponent_slope, 3, 6, 0},
    {"x/(1 + x^2)", -5, 5, quotient_value, quotient_slope, 2, 20, 0.05},
    {"where(x < 0, -2*x, x^2)", -2, 2, pieces_value, pieces_slope, 1, 1, 0},
    {"min(x, 1 - x)", -2, 2, least_value, least_slope, 1, 1, 0.01},
    {"max(x, 1 - x)", -2, 2, most_value, most_slope, 1, 1, 0.01},
    {"heaviside(x)", -2, 2, step_value, step_slope, 0, 0, 1},
    {"x*(x > -1 and x < 1)", -2, 2, inside_value, inside_slope, 0, 0, 1},
    {"x*(x < -1 or not x <= 1)", -2, 2, outside_value, outside_slope, 0, 0, 1},
};

// At branch points, and where operators bind.
static const struct {
  const char *text;
  double at, value, slope;
} POINTS_AT[] = {
    {"abs(x)", 0, 0, 0},
    {"sign(x)", 0, 0, 0},
    {"sign(x)", -3, -1, 0},
    {"min(x, 2*x)", 0, 0, 1},
    {"max(x, 2*x)", 0, 0, 1},
    {"where(x > 0, 3*x, 2*x)", 0, 0, 2},
    {"heaviside(x)", 0, 0, 0},
    {"exprel(x)", 0, 1, 0.5},
    {"logistic(x)", 0, 0.5, 0.25},
    {"x^2", 0, 0, 0},
    {"x^2.5", 0, 0, 0},
    {"tanh(x)", 0, 0, 1},
    {"x == 2", 2, 1, 0},
    {"x != 2", 2, 0, 0},
    {"-x^2", 3, -9, -6},
    {"x - 1 - 1", 3, 1, 1},
    {"8/x/2", 2, 2, -1},
    {"(x + 1)*(x - 1)", 2, 3, 4},
    {"x*2*x/4", 2, 2, 2},
    {"2 - x - 3*x^2", 1, -2, -7},
    {"2^3^2*x", 1, 512, 512},
    {"1 - -x", 1, 2, 1},
    {"1 > x and x > -1", 0, 1, 0},
    {"not (x > 1) or x == 5", 5, 1, 0},
};

#define DN_REAL float
#define DN_NAME(name) name##_f32
#include "text_real.h"
#undef DN_REAL
#undef DN_NAME
#undef AGREE

#define DN_REAL double
#define DN_NAME(name) name##_f64
#include "text_real.h"
#undef DN_REAL
#undef DN_NAME

// A few steps, forwards and backwards: the numbers may be anything.
static void run_shortly(const dn_model *m) {
  static const float zeros[2 * 64 * 5];
  const int32_t delays[] = {0, 1, 2, 5};
  const dn_network network = {.nodes = 2, .edges = 4, .history = 5, .delays = delays};
  dn_plan *plan = NULL;
  dn_tape *tape = NULL;
  CHECK_THAT(dn_plan_create(&network, NULL, &plan, NULL) == DN_OK && dn_tape_create(0, NULL, &tape) == DN_OK);
  const float weights[] = {1, 2, 3, 4};
  const dn_network_primal_f32 p = {.plan = plan,
                                   .model = m,
                                   .time_step = 0.1,
                                   .weights = weights,
                                   .coupling = 1,
                                   .initial = zeros,
                                   .history = zeros,
                                   .history_stride = 5,
                                   .steps = 7};
  dn_network_result_f32 result = {.tape = tape};
  dn_status status = dn_network_run_f32(1, &p, &result, NULL, NULL);
  CHECK(status == DN_OK || status == DN_NOT_FINITE_STATE, "%s", dn_status_string(status));
  if (status == DN_OK) {
    float coupling = 0;
    const dn_network_cotangent_f32 d = {.final_state = zeros, .coupling = &coupling};
    status = dn_network_vjp_f32(1, &p, &tape, &d, NULL, NULL);
    CHECK(status == DN_OK || status == DN_NOT_FINITE_COTANGENT, "%s", dn_status_string(status));
  }
  dn_tape_destroy(tape);
  dn_plan_destroy(plan);
}

// Every text of the register.
static void test_register(void) {
  for (int n = 0; n < dn_model_count(); n++) {
    check_about("model %d", n);
    const dn_model *m = dn_model_at(n);
    CHECK_THAT(m != NULL && m->text != NULL);
    if (!m || !m->text) continue;
    check_about("%s", m->name);
    dn_model *parsed = parse(m->text);
    if (!parsed) continue;
    CHECK_THAT(strcmp(parsed->name, m->name) == 0 && parsed->states == m->states && parsed->couplings == m->couplings);
    CHECK_THAT(parsed->parameters == m->parameters && dn_model_find(m->name) == m);
    dn_model_report report;
    dn_model_describe(parsed, &report);
    CHECK_THAT(report.operations > 0 && report.vjp_operations > report.operations);
    if (getenv("TEXT_REPORT"))
      printf("%-24s nodes %d derived %d operations %d vjp %d jvp %d rows %d vjp rows %d\n", m->name, report.nodes,
             report.derived, report.operations, report.vjp_operations, report.jvp_operations, report.rows,
             report.vjp_rows);
    dn_model_destroy(parsed);
  }
}

// ---- Mistakes ------------------------------------------------------------------------------------------------------

#define HEAD "model m\nparameter a = 1\nstate x\ncoupling c of x\n"

static void test_mistakes(void) {
  static const struct {
    const char *text;
    int line, column;
    const char *message;
  } cases[] = {
      {"", 0, 0, "no model"},
      {"# nothing\n", 0, 0, "no model"},
      {"model\n", 1, 6, "expected the name of the model"},
      {"model m\n", 0, 0, "without states"},
      {"model m\nstate x\nx' = 1\n", 0, 0, "without a coupling variable"},
      {HEAD, 3, 7, "'x' has no equation"},
      {HEAD "x' = a\n", 4, 10, "no equation reads the coupling variable 'c'"},
      {HEAD "x' = b + c\n", 5, 6, "unknown name 'b'"},
      {HEAD "x' = a +\n", 5, 9, "found the end of the line"},
      {HEAD "x' = a + c)\n", 5, 11, "expected an operator or the end of the line"},
      {HEAD "x' = (a + c\n", 6, 1, "expected an operator or ')'"},
      {HEAD "x' = a c\n", 5, 8, "expected an operator"},
      {HEAD "x' = 2 a\n", 5, 8, "expected an operator"},
      {HEAD "x' = 2a\n", 5, 6, "between a number and a name"},
      {HEAD "x' = ex(a) + c\n", 5, 6, "did you mean exp"},
      {HEAD "x' = exp(a, c)\n", 5, 14, "exp takes 1 argument, not 2"},
      {HEAD "x' = where(a, c)\n", 5, 16, "where takes 3 arguments, not 2"},
      {HEAD "x' = exp + c\n", 5, 10, "expected '('"},
      {HEAD "y' = c\n", 5, 1, "which is not a state"},
      {HEAD "a' = c\n", 5, 1, "only states have derivatives"},
      {HEAD "x' = c\nx' = c\n", 6, 1, "a second equation"},
      {HEAD "dx/dt = c\ndx/dt = c\n", 6, 1, "a second equation"},
      {HEAD "x = c\n", 5, 1, "'x' is a state"},
      {HEAD "a = c\n", 5, 1, "'a' is already a parameter, of line 2"},
      {HEAD "b = b + 1\n", 5, 5, "unknown name 'b'"},
      {HEAD "pi = 3\n", 5, 1, "is a word of the language"},
      {HEAD "exp = 3\n", 5, 1, "is a word of the language"},
      {HEAD "x' = c < a < 1\n", 5, 12, "cannot be chained"},
      {HEAD "x' = c $ a\n", 5, 8, "no meaning here"},
      {HEAD "x' = c + \xcf\x84\n", 5, 10, "outside ASCII"},
      {HEAD "x' = c + 1e999\n", 5, 10, "too large"},
      {HEAD "source \"a\nx' = c\n", 5, 8, "closing quote"},
      {HEAD "parameter sigma = 1\n", 5, 11, "which every network has besides"},
      {HEAD "parameter b = 1 in 2..1\n", 5, 20, "the wrong way round"},
      {HEAD "parameter b = 1 in 2\n", 5, 21, "expected '..'"},
      {HEAD "parameter b\n", 5, 12, "expected '='"},
      {HEAD "parameter b = inf\n", 5, 18, "has to be finite"},
      {HEAD "parameter b = 1 [ms\n", 5, 17, "closing bracket"},
      {HEAD "state y >= 1 <= 0\n", 5, 7, "no room"},
      {HEAD "state y >= 0 periodic\n", 5, 7, "no other bounds"},
      {HEAD "coupling d of x + c\n", 5, 15, "not on what arrives"},
      {HEAD "output o = x + c\n", 5, 12, "not on what arrives"},
      {HEAD "output o = x\nx' = c + o\n", 6, 10, "is an output"},
      {HEAD "model n\n", 5, 1, "a second model"},
      {HEAD "state abcdefghijklmnopqrstuvwxyz_abcdef\n", 5, 7, "more than 31 characters"},
      {HEAD "x' =\tc\x01\n", 5, 7, "control character"},
      {HEAD "x' = \\\n  b + c\n", 6, 3, "unknown name 'b'"},
      {HEAD "x' = (c +\n  b)\n", 6, 3, "unknown name 'b'"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    check_about("case %d", (int)k);
    static dn_model unset;
    dn_model *model = &unset;
    dn_text_error error;
    const dn_status status = dn_model_parse(cases[k].text, strlen(cases[k].text), NULL, &model, &error);
    CHECK(status == DN_BAD_TEXT && model == NULL, "%s", dn_status_string(status));
    CHECK(error.line == cases[k].line && error.column == cases[k].column, "%d:%d, expected %d:%d: %s", error.line,
          error.column, cases[k].line, cases[k].column, error.message);
    CHECK(strstr(error.message, cases[k].message) != NULL, "'%s', expected '%s'", error.message, cases[k].message);
  }
  dn_text_error error;
  dn_model *model;
  const char *volatile none = NULL;
  CHECK_THAT(dn_model_parse(none, 0, NULL, &model, &error) == DN_NULL_POINTER && model == NULL);
  CHECK_THAT(dn_model_parse("", 0, NULL, NULL, &error) == DN_NULL_POINTER);
  CHECK_THAT(dn_model_parse("", 0, NULL, &model, NULL) == DN_BAD_TEXT);
  dn_model_destroy(NULL);
}

// ---- Limits --------------------------------------------------------------------------------------------------------

static dn_status status_of(const char *text, size_t length, dn_text_error *error) {
  dn_model *model;
  const dn_status status = dn_model_parse(text, length, NULL, &model, error);
  dn_model_destroy(model);
  return status;
}

// HEAD and so many times a piece, where "%" is their number, and an end.
static dn_status repeated(int count, const char *piece, const char *end, dn_text_error *error) {
  static char text[1 << 20];
  size_t n = (size_t)snprintf(text, sizeof text, "%s", HEAD);
  for (int k = 0; k < count; k++)
    for (const char *c = piece; *c; c++)
      if (*c == '%') n += (size_t)snprintf(text + n, sizeof text - n, "%d", k);
      else text[n++] = *c;
  n += (size_t)snprintf(text + n, sizeof text - n, "%s", end);
  return status_of(text, n, error);
}

static void test_limits(void) {
  static const struct {
    const char *what, *piece, *end;
    int most, too_many;
    const char *message;
  } cases[] = {
      {"states", "state s%\ns%' = c\n", "x' = c\n", 63, 64, "more than 64 states"},
      {"coupling variables", "coupling c% of x\ny% = c%\n", "x' = c\n", 63, 64, "more than 64 coupling variables"},
      {"parameters", "parameter p% = 1\n", "x' = c\n", 255, 256, "more than 256 parameters"},
      {"outputs", "output o% = x\n", "x' = c\n", 64, 65, "more than 64 outputs"},
      {"expressions", "y% = % * x\n", "x' = c\n", 2000, 2100, "different expressions"},
  };
  dn_text_error error;
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    check_about("%s", cases[k].what);
    const dn_status fits = repeated(cases[k].most, cases[k].piece, cases[k].end, &error);
    CHECK(fits == DN_OK, "%s at %d:%d: %s", dn_status_string(fits), error.line, error.column, error.message);
    CHECK_THAT(repeated(cases[k].too_many, cases[k].piece, cases[k].end, &error) == DN_BAD_TEXT);
    CHECK(strstr(error.message, cases[k].message) != NULL && error.line > 4, "%d: '%s'", error.line, error.message);
  }
  static char text[200000];
  check_about("depth");
  for (int deep = 0; deep < 2; deep++) {
    const int depth = deep ? 30000 : 90;
    size_t n = (size_t)snprintf(text, sizeof text, "%sx' = c + ", HEAD);
    for (int k = 0; k < depth; k++) text[n++] = '(';
    text[n++] = 'x';
    for (int k = 0; k < depth; k++) text[n++] = ')';
    CHECK_THAT(status_of(text, n, &error) == (deep ? DN_BAD_TEXT : DN_OK));
    if (deep) CHECK(strstr(error.message, "more than 200 deep") != NULL, "'%s'", error.message);
  }
  for (const char *sign = "-^n"; *sign; sign++) {
    size_t n = (size_t)snprintf(text, sizeof text, "%sx' = c", HEAD);
    if (*sign == 'n') text[n++] = '+', text[n++] = '(';
    for (int k = 0; k < 10000; k++)
      n += (size_t)snprintf(text + n, sizeof text - n, *sign == '-' ? "-" : *sign == '^' ? "^x" : "not ");
    text[n++] = *sign == '^' ? '\n' : 'x';
    CHECK(status_of(text, n, &error) == DN_BAD_TEXT, "%c", *sign);
    CHECK(strstr(error.message, "more than 200 deep") != NULL, "'%s'", error.message);
  }
  check_about("length");
  memset(text, ' ', sizeof text);
  const size_t n = (size_t)snprintf(text, sizeof text, "%sx' = c\n", HEAD);
  text[n] = ' ';
  CHECK_THAT(status_of(text, 65536, &error) == DN_OK);
  CHECK_THAT(status_of(text, 65537, &error) == DN_BAD_TEXT && error.line == 0);
}

// ---- Memory that is not there --------------------------------------------------------------------------------------

typedef struct ration {
  int left, taken;
} ration;
static void *rationed(void *context, size_t bytes) {
  ration *r = context;
  if (r->left-- <= 0) return NULL;
  r->taken++;
  return malloc(bytes);
}
static void given_back(void *context, void *memory) {
  ((ration *)context)->taken--;
  free(memory);
}

static void test_memory(void) {
  const char *text = dn_model_find("zerlaut_first_order")->text;
  dn_status status = DN_NO_MEMORY;
  for (int most = 0; status != DN_OK && most < 1000; most++) {
    ration r = {.left = most};
    const dn_allocator allocator = {rationed, given_back, &r};
    dn_model *model;
    status = dn_model_parse(text, strlen(text), &allocator, &model, NULL);
    check_about("%d allocations", most);
    CHECK(status == DN_OK || (status == DN_NO_MEMORY && model == NULL), "%s", dn_status_string(status));
    dn_model_destroy(model);
    CHECK(r.taken == 0, "%d allocations are left", r.taken);
  }
  CHECK_THAT(status == DN_OK);
}

// ---- Texts with bytes changed: either they are told what is wrong, or they run ---------------------------------------

static uint64_t random_state = 1;
static uint32_t draw(uint32_t below) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((random_state >> 33) % below);
}

// TEXT_MUTATIONS in the environment: so many.
static void test_mutations(void) {
  const char *asked = getenv("TEXT_MUTATIONS");
  const int count = asked ? atoi(asked) : 4000;
  static char text[1 << 16];
  static const char pieces[] = "()[]'\"=+-*/^<>!,.#\n\\ \t0123456789eEpixabcVr_";
  int parsed = 0;
  for (int k = 0; k < count; k++) {
    const char *from = dn_model_at((int32_t)draw((uint32_t)dn_model_count()))->text;
    size_t n = strlen(from);
    memcpy(text, from, n + 1);
    for (uint32_t changes = 1 + draw(3); changes > 0 && n > 2; changes--) {
      const size_t at = draw((uint32_t)n), other = draw((uint32_t)n), length = 1 + draw(12);
      switch (draw(4)) {
        case 0: text[at] = pieces[draw(sizeof pieces - 1)]; break;
        case 1: text[at] = (char)draw(256); break;
        case 2:  // left out
          if (at + length < n) memmove(text + at, text + at + length, n - at - length), n -= length;
          break;
        default:  // copied elsewhere
          if (at + length < n && other + length < n) memmove(text + at, text + other, length);
      }
    }
    check_about("mutation %d", k);
    dn_model *model;
    dn_text_error error;
    const dn_status status = dn_model_parse(text, n, NULL, &model, &error);
    if (status != DN_OK) {
      CHECK(status == DN_BAD_TEXT && *error.message && memchr(error.message, 0, sizeof error.message), "%s",
            dn_status_string(status));
      continue;
    }
    parsed++;
    run_shortly(model);
    dn_model_destroy(model);
  }
  check_about("mutations");
  CHECK(parsed > count / 20, "%d of %d are models", parsed, count);
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      {"register", test_register},
      {"native_f32", test_native_f32},
      {"native_f64", test_native_f64},
      {"gradients_f32", test_gradients_f32},
      {"gradients_f64", test_gradients_f64},
      {"outputs_f32", test_outputs_f32},
      {"outputs_f64", test_outputs_f64},
      {"functions_f32", test_functions_f32},
      {"functions_f64", test_functions_f64},
      {"mistakes", test_mistakes},
      {"limits", test_limits},
      {"memory", test_memory},
      {"mutations", test_mutations},
  };
  return check_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
