// The language of models: a text becomes a description and equations. One statement a line; names are known from the line on
// that declares them. Nothing that a text says can make this read outside it, run on or run deep: every loop reads on or ends,
// and expressions may be DEPTH_MAX deep.
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "model.h"

enum { BYTES_MAX = 65536, NAME_MAX_BYTES = 31, DEPTH_MAX = 200, EQUATION_NODES_MAX = 4096 };
enum { STATES_MAX = 64, COUPLINGS_MAX = 64, OUTPUTS_MAX = 64, PARAMETERS_MAX = 256, NAMES_MAX = 4096 };

typedef enum kind { PARAMETER, STATE, COUPLING, INTERMEDIATE, OUTPUT } kind;
static const char *const KINDS[] = {"a parameter", "a state", "a coupling variable", "an intermediate", "an output"};

typedef struct name {
  const char *text;
  kind kind;
  int32_t number;  // among its kind
  dn_ref node;
  int32_t line, column;
  bool used;
} name;

typedef enum token { END, LINE_END, NAME, NUMBER, STRING, UNIT, SYMBOL, DERIVATIVE, DERIVATIVE_QUOTIENT } token;

typedef struct reader {
  const char *at, *end;  // what is unread
  int32_t line;          // of `at`
  const char *line_start;
  int32_t open;  // parentheses: lines go on in them
  // The token that comes next, and where it is.
  token token;
  const char *text;
  size_t length;
  double number;
  int32_t token_line, token_column;
  const char *last_end;  // of the token before
  int32_t depth;
  dn_ref square;  // of what the factor that was read last is the square; DN_NONE: it is none

  dn_pool *pool;
  dn_model *model;
  dn_equations *e;
  dn_text_error *error;
  bool failed, no_memory;
  name *names;
  int32_t name_count, name_capacity;
  dn_model_variable states[STATES_MAX], couplings[COUPLINGS_MAX], outputs[OUTPUTS_MAX];
  dn_model_parameter parameters[PARAMETERS_MAX];
  dn_ref drift[STATES_MAX], sent[COUPLINGS_MAX], output[OUTPUTS_MAX];
} reader;

// ---- Errors --------------------------------------------------------------------------------------------------------

// The first mistake is the one that is told.
__attribute__((format(printf, 4, 5))) static void fail_at(reader *r, int32_t line, int32_t column, const char *format,
                                                          ...) {
  if (r->failed) return;
  r->failed = true;
  r->token = END;
  r->error->line = line;
  r->error->column = column;
  va_list values;
  va_start(values, format);
  vsnprintf(r->error->message, sizeof r->error->message, format, values);
  va_end(values);
}
#define FAIL(r, ...) fail_at(r, (r)->token_line, (r)->token_column, __VA_ARGS__)

// What stands there, for a sentence.
static const char *found(const reader *r, char to[64]) {
  switch (r->token) {
    case END: return "the end of the text";
    case LINE_END: return "the end of the line";
    case STRING: return "a string in quotes";
    case UNIT: return "a unit in brackets";
    default: snprintf(to, 64, "'%.*s'", (int)(r->length < 40 ? r->length : 40), r->text); return to;
  }
}
#define EXPECTED(r, what)                                    \
  do {                                                       \
    char words[64];                                          \
    FAIL(r, "expected %s, found %s", what, found(r, words)); \
  } while (0)

static void *take(reader *r, ptrdiff_t count, size_t size) {
  void *memory = dn_pool_take(r->pool, count, size);
  if (!memory) {
    r->no_memory = true;
    fail_at(r, 0, 0, "out of memory");
  }
  return memory;
}

// A copy, 0 behind it; runs of blanks and comments become one blank.
static const char *copy(reader *r, const char *text, size_t length, bool words) {
  char *to = take(r, (ptrdiff_t)length + 1, 1);
  if (!to) return "";
  size_t n = 0;
  for (size_t k = 0; k < length; k++) {
    if (words && text[k] == '#')
      while (k < length && text[k] != '\n') k++;
    if (words && k < length && strchr(" \t\r\n\\", text[k])) {
      if (n > 0 && to[n - 1] != ' ') to[n++] = ' ';
    } else if (k < length) {
      to[n++] = text[k];
    }
  }
  while (words && n > 0 && to[n - 1] == ' ') n--;
  to[n] = 0;
  return to;
}

// ---- Tokens --------------------------------------------------------------------------------------------------------

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static char peek(const reader *r, ptrdiff_t ahead) { return r->end - r->at > ahead ? r->at[ahead] : 0; }
static bool begins(const reader *r, const char *text) {
  const size_t length = strlen(text);
  return (size_t)(r->end - r->at) >= length && memcmp(r->at, text, length) == 0;
}

// Digits, a point with digits, an exponent; "1..2" is a number and a range's dots. Read with the locale's own point.
static void read_number(reader *r) {
  const char *at = r->at;
  while (at < r->end && is_digit(*at)) at++;
  if (at + 1 < r->end && *at == '.' && at[1] != '.') {
    at++;
    while (at < r->end && is_digit(*at)) at++;
  } else if (at + 1 == r->end && *at == '.') {
    at++;
  }
  if (at < r->end && (*at == 'e' || *at == 'E')) {
    const char *exponent = at + 1;
    if (exponent < r->end && (*exponent == '+' || *exponent == '-')) exponent++;
    if (exponent < r->end && is_digit(*exponent)) {
      at = exponent;
      while (at < r->end && is_digit(*at)) at++;
    }
  }
  char buffer[128];
  const char *point = localeconv()->decimal_point;
  size_t n = 0;
  r->length = (size_t)(at - r->at);
  if (r->length > 100) {
    FAIL(r, "a number of more than 100 characters");
    return;
  }
  for (const char *c = r->at; c < at; c++) {
    if (*c == '.') n += (size_t)snprintf(buffer + n, sizeof buffer - n, "%s", point);
    else buffer[n++] = *c;
  }
  buffer[n] = 0;
  r->number = strtod(buffer, NULL);
  r->token = NUMBER;
  r->at = at;
  if (!isfinite(r->number)) FAIL(r, "a number that is too large");
  else if (at < r->end && is_letter(*at)) FAIL(r, "expected an operator between a number and a name");
}

static void skip_blanks(reader *r) {
  while (r->at < r->end) {
    if (*r->at == '#') {
      while (r->at < r->end && *r->at != '\n') r->at++;
    } else if (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || (*r->at == '\n' && r->open > 0)) {
      if (*r->at == '\n') r->line++, r->line_start = r->at + 1;
      r->at++;
    } else if (*r->at == '\\' && (peek(r, 1) == '\n' || (peek(r, 1) == '\r' && peek(r, 2) == '\n'))) {
      r->at += peek(r, 1) == '\n' ? 2 : 3;
      r->line++;
      r->line_start = r->at;
    } else {
      return;
    }
  }
}

static void next(reader *r) {
  if (r->failed) return;
  r->last_end = r->at;
  skip_blanks(r);
  r->text = r->at;
  r->token_line = r->line;
  r->token_column = (int32_t)(r->at - r->line_start) + 1;
  r->length = 1;
  if (r->at == r->end) {
    r->token = END;
    r->length = 0;
    return;
  }
  const char c = *r->at;
  if (c == '\n') {
    r->token = LINE_END;
    r->at++;
    r->line++;
    r->line_start = r->at;
  } else if (is_letter(c)) {
    while (r->at < r->end && (is_letter(*r->at) || is_digit(*r->at))) r->at++;
    r->length = (size_t)(r->at - r->text);
    r->token = NAME;
  } else if (is_digit(c) || (c == '.' && is_digit(peek(r, 1)))) {
    read_number(r);
  } else if (c == '"') {
    const char *at = r->at + 1;
    while (at < r->end && *at != '"' && *at != '\n') at++;
    if (at == r->end || *at != '"') {
      FAIL(r, "a string without its closing quote");
      return;
    }
    r->text = r->at + 1;
    r->length = (size_t)(at - r->text);
    r->at = at + 1;
    r->token = STRING;
  } else if (c == '[') {
    const char *at = r->at + 1;
    while (at < r->end && *at != ']' && *at != '\n') at++;
    if (at == r->end || *at != ']') {
      FAIL(r, "a unit without its closing bracket");
      return;
    }
    r->text = r->at + 1;
    r->length = (size_t)(at - r->text);
    r->at = at + 1;
    r->token = UNIT;
  } else {
    static const char *const symbols[] = {"...", "\u2026", "..", "**", "<=", ">=", "==", "!=", "+", "-",
                                          "*",   "/",      "^",  "(",  ")",  ",",  "=",  "<",  ">", "'"};
    for (size_t k = 0; k < sizeof symbols / sizeof *symbols; k++)
      if (begins(r, symbols[k])) {
        r->token = SYMBOL;
        r->length = strlen(symbols[k]);
        r->at += r->length;
        return;
      }
    if ((unsigned char)c < 0x80 && c > 0x20) FAIL(r, "a character that has no meaning here: '%c'", c);
    else if ((unsigned char)c >= 0x80) FAIL(r, "a character outside ASCII: names are letters, digits and _");
    else FAIL(r, "a control character");
  }
}

static bool is(const reader *r, const char *text) {
  return (r->token == NAME || r->token == SYMBOL) && strlen(text) == r->length && memcmp(r->text, text, r->length) == 0;
}
static bool accept(reader *r, const char *text) {
  if (!is(r, text)) return false;
  next(r);
  return true;
}
static void expect(reader *r, const char *text) {
  char quoted[16];
  snprintf(quoted, sizeof quoted, "'%s'", text);
  if (!accept(r, text)) EXPECTED(r, quoted);
}

// ---- Names ---------------------------------------------------------------------------------------------------------

static const char *const WORDS[] = {"model", "source", "parameter", "state",    "coupling", "output",
                                    "of",    "in",     "from",      "periodic", "symbol",   "and",
                                    "or",    "not",    "pi",        "inf",      "heaviside"};
// What gradients, fits and files know beside a model's parameters.
static const char *const NETWORKS[] = {"weights", "delays",  "sigma", "noise",           "stimulus",   "pulses",
                                       "initial", "history", "speed", "conductionSpeed", "amplitudes", "parameters"};
enum { NETWORK_COUNT = sizeof NETWORKS / sizeof *NETWORKS };

typedef struct function {
  const char *name;
  int arguments;
  dn_code code;
} function;
static const function FUNCTIONS[] = {
#define X(name, arguments, operation) {#name, arguments, DN_OP_##operation},
#include "functions.def"
#undef X
};
enum { WORD_COUNT = sizeof WORDS / sizeof *WORDS, FUNCTION_COUNT = sizeof FUNCTIONS / sizeof *FUNCTIONS };

static bool equals(const char *name, const char *text, size_t length) {
  return strlen(name) == length && memcmp(name, text, length) == 0;
}
static const function *find_function(const char *text, size_t length) {
  for (int k = 0; k < FUNCTION_COUNT; k++)
    if (equals(FUNCTIONS[k].name, text, length)) return &FUNCTIONS[k];
  return NULL;
}
static name *find(const reader *r, const char *text, size_t length) {
  for (int32_t k = 0; k < r->name_count; k++)
    if (equals(r->names[k].text, text, length)) return &r->names[k];
  return NULL;
}

// How many letters have to be changed, added or left out: 3 for more than two.
static int distance(const char *a, size_t n, const char *b, size_t m) {
  int row[NAME_MAX_BYTES + 2];
  if (n > NAME_MAX_BYTES || m > NAME_MAX_BYTES || n > m + 2 || m > n + 2) return 3;
  for (size_t j = 0; j <= m; j++) row[j] = (int)j;
  for (size_t i = 1; i <= n; i++) {
    int corner = row[0];
    row[0] = (int)i;
    for (size_t j = 1; j <= m; j++) {
      int least = corner + (a[i - 1] != b[j - 1]);
      if (row[j] + 1 < least) least = row[j] + 1;
      if (row[j - 1] + 1 < least) least = row[j - 1] + 1;
      corner = row[j];
      row[j] = least;
    }
  }
  return row[m] > 3 ? 3 : row[m];
}
static void consider(const reader *r, const char *candidate, const char **best, int *least) {
  const int d = distance(r->text, r->length, candidate, strlen(candidate));
  if (d < *least && (size_t)d < r->length) *best = candidate, *least = d;
}
static void fail_unknown(reader *r, bool functions) {
  const char *best = NULL;
  int least = 3;
  for (int32_t k = 0; k < r->name_count && !functions; k++) consider(r, r->names[k].text, &best, &least);
  for (int k = 0; k < FUNCTION_COUNT; k++) consider(r, FUNCTIONS[k].name, &best, &least);
  if (functions) consider(r, "heaviside", &best, &least);
  const int shown = (int)(r->length < 60 ? r->length : 60);
  const char *what = functions ? "unknown function" : "unknown name";
  const char *hint = functions ? "" : ": names are known from the line on that declares them";
  if (best) FAIL(r, "%s '%.*s'; did you mean %s?", what, shown, r->text, best);
  else FAIL(r, "%s '%.*s'%s", what, shown, r->text, hint);
}

// Declares the name that comes next.
static name *declare(reader *r, kind kind, int32_t number) {
  if (r->token != NAME) {
    EXPECTED(r, "a name");
    return NULL;
  }
  if (r->length > NAME_MAX_BYTES) FAIL(r, "a name of more than %d characters", NAME_MAX_BYTES);
  bool taken = find_function(r->text, r->length) != NULL;
  for (int k = 0; k < WORD_COUNT; k++) taken |= equals(WORDS[k], r->text, r->length);
  if (taken) FAIL(r, "'%.*s' is a word of the language", (int)r->length, r->text);
  const name *other = r->failed ? NULL : find(r, r->text, r->length);
  if (other) FAIL(r, "'%s' is already %s, of line %d", other->text, KINDS[other->kind], other->line);
  if (r->name_count == NAMES_MAX) FAIL(r, "more than %d names", NAMES_MAX);
  if (!r->failed && r->name_count == r->name_capacity) {
    const int32_t capacity = r->name_capacity ? 2 * r->name_capacity : 64;
    name *names = take(r, capacity, sizeof *names);
    if (names && r->name_count > 0) memcpy(names, r->names, (size_t)r->name_count * sizeof *names);
    if (names) r->names = names;
    r->name_capacity = capacity;
  }
  if (r->failed) return NULL;
  name *n = &r->names[r->name_count];
  *n = (name){.text = copy(r, r->text, r->length, false),
              .kind = kind,
              .number = number,
              .node = DN_NONE,
              .line = r->token_line,
              .column = r->token_column};
  if (r->failed) return NULL;
  r->name_count++;
  next(r);
  return n;
}

// ---- Expressions ---------------------------------------------------------------------------------------------------

// A product before it is formed: known * x * last, each 1 where it is DN_NONE. What is known before the run stands together, and
// an addition takes the last factor into one fused operation.
typedef struct product {
  dn_ref known, x, last;
  bool negative;
} product;

static dn_ref read_expression(reader *r);
static dn_ref read_sum(reader *r);

static bool is_known(const reader *r, dn_ref n) { return r->e->graph.node[n].level < DN_VARYING; }

static void times(reader *r, product *p, dn_ref factor) {
  dn_expressions *g = &r->e->graph;
  if (g->node[factor].code == DN_OP_NEGATE) {
    factor = g->node[factor].a;
    p->negative = !p->negative;
  }
  const dn_node n = g->node[factor];
  if (n.code == DN_OP_MULTIPLY && n.level == DN_VARYING && (is_known(r, n.a) || is_known(r, n.b))) {
    times(r, p, is_known(r, n.a) ? n.a : n.b);
    factor = is_known(r, n.a) ? n.b : n.a;
  }
  if (is_known(r, factor)) p->known = p->known < 0 ? factor : dn_multiply(g, p->known, factor);
  else if (p->x < 0) p->x = factor;
  else {
    if (p->last >= 0) p->x = dn_multiply(g, p->x, p->last);
    p->last = factor;
  }
}

static void over(reader *r, product *p, dn_ref divisor) {
  dn_expressions *g = &r->e->graph;
  if (is_known(r, divisor)) {
    p->known = dn_divide(g, p->known < 0 ? dn_constant(g, 1) : p->known, divisor);
    return;
  }
  if (p->last >= 0) p->x = dn_multiply(g, p->x, p->last);
  p->last = DN_NONE;
  if (p->x >= 0) p->x = dn_divide(g, p->x, divisor);
  else {
    p->x = dn_divide(g, p->known < 0 ? dn_constant(g, 1) : p->known, divisor);
    p->known = DN_NONE;
  }
}

static dn_ref power(reader *r, dn_ref base, dn_ref exponent) {
  dn_expressions *g = &r->e->graph;
  const dn_node n = g->node[exponent];
  if (n.code != DN_LEAF_CONSTANT) return dn_operation(g, DN_OP_POWER, base, exponent, DN_NONE);
  const double size = fabs(n.value), whole = floor(size);
  if (size == 0) return dn_constant(g, 1);
  if (whole > 64 || (size != whole && size != 0.5)) return dn_operation(g, DN_OP_POWER, base, exponent, DN_NONE);
  dn_ref value = DN_NONE, square = base;
  for (int bits = (int)whole; bits > 0; bits >>= 1) {
    if (bits & 1) value = value < 0 ? square : dn_multiply(g, value, square);
    if (bits > 1) square = dn_multiply(g, square, square);
  }
  if (size == 0.5) value = dn_operation(g, DN_OP_SQRT, base, DN_NONE, DN_NONE);
  return n.value < 0 ? dn_divide(g, dn_constant(g, 1), value) : value;
}

static bool deeper(reader *r) {
  if (++r->depth > DEPTH_MAX) FAIL(r, "an expression that is more than %d deep", DEPTH_MAX);
  if (r->e->graph.failed) {
    r->no_memory |= r->e->graph.count < DN_NODES_MAX;
    FAIL(r, "out of memory");
  } else if (r->e->graph.count > EQUATION_NODES_MAX) {
    FAIL(r, "more than %d different expressions", EQUATION_NODES_MAX);
  }
  return !r->failed;
}

static dn_ref read_call(reader *r, const function *f, bool heaviside) {
  dn_expressions *g = &r->e->graph;
  dn_ref arguments[3] = {DN_NONE, DN_NONE, DN_NONE};
  const int count = heaviside ? 1 : f->arguments;
  const char *called = heaviside ? "heaviside" : f->name;
  next(r);
  r->open++;
  if (!accept(r, "(")) EXPECTED(r, "'(' behind the name of a function");
  int n = 0;
  do {
    const dn_ref value = read_expression(r);
    if (n < count) arguments[n] = value;
    n++;
  } while (!r->failed && accept(r, ","));
  if (!r->failed && !is(r, ")")) EXPECTED(r, "',' or ')'");
  if (!r->failed && n != count) FAIL(r, "%s takes %d argument%s, not %d", called, count, count == 1 ? "" : "s", n);
  r->open--;
  next(r);
  if (r->failed) return 0;
  if (heaviside) return dn_operation(g, DN_OP_LESS, 0, arguments[0], DN_NONE);
  return dn_operation(g, f->code, arguments[0], arguments[1], arguments[2]);
}

static dn_ref read_primary(reader *r) {
  dn_expressions *g = &r->e->graph;
  if (r->token == NUMBER) {
    const dn_ref value = dn_constant(g, r->number);
    next(r);
    return value;
  }
  if (is(r, "(")) {
    r->open++;
    next(r);
    const dn_ref value = read_expression(r);
    if (!r->failed && !is(r, ")")) EXPECTED(r, "an operator or ')'");
    r->open--;
    next(r);
    return value;
  }
  if (r->token == NAME) {
    name *n = find(r, r->text, r->length);
    if (n && n->kind == OUTPUT) FAIL(r, "'%s' is an output, which monitors read and expressions cannot", n->text);
    if (n && !r->failed) {
      n->used = true;
      const dn_ref value = n->node;
      next(r);
      return value;
    }
    if (accept(r, "pi")) return dn_constant(g, 3.14159265358979323846);
    const function *f = find_function(r->text, r->length);
    if (f || is(r, "heaviside")) return read_call(r, f, !f);
    bool word = false;
    for (int k = 0; k < WORD_COUNT; k++) word |= equals(WORDS[k], r->text, r->length);
    if (word) EXPECTED(r, "a number, a name or '('");
    const char *behind = r->at;
    while (behind < r->end && (*behind == ' ' || *behind == '\t')) behind++;
    fail_unknown(r, behind < r->end && *behind == '(');
    return 0;
  }
  EXPECTED(r, "a number, a name or '('");
  return 0;
}

static dn_ref read_unary(reader *r);

static dn_ref read_power(reader *r) {
  const dn_ref base = read_primary(r);
  r->square = DN_NONE;
  if (!is(r, "^") && !is(r, "**")) return base;
  next(r);
  const dn_ref exponent = r->failed ? 0 : read_unary(r);
  r->square = dn_is_constant(&r->e->graph, exponent, 2) ? base : DN_NONE;
  return r->failed ? 0 : power(r, base, exponent);
}

// A sign binds weaker than a power and stronger than a product.
static dn_ref read_unary(reader *r) {
  if (!deeper(r)) return 0;
  dn_ref value;
  if (accept(r, "-")) value = dn_negate(&r->e->graph, read_unary(r));
  else if (accept(r, "+")) value = read_unary(r);
  else value = read_power(r);
  r->depth--;
  return value;
}

// A factor that is a square is two: the products of a sum are formed as they are added.
static void read_factor(reader *r, product *p) {
  const bool sign = is(r, "-") || is(r, "+");
  const dn_ref factor = read_unary(r);
  if (r->failed) return;
  if (r->square < 0 || sign) {
    times(r, p, factor);
  } else {
    const dn_ref base = r->square;
    times(r, p, base);
    times(r, p, base);
  }
}

static product read_product(reader *r) {
  product p = {DN_NONE, DN_NONE, DN_NONE, false};
  read_factor(r, &p);
  while (!r->failed && (is(r, "*") || is(r, "/"))) {
    const bool divides = is(r, "/");
    next(r);
    if (r->failed) break;
    if (divides) over(r, &p, read_unary(r));
    else read_factor(r, &p);
  }
  return p;
}

// A term of a sum: a b, or a alone where b is DN_NONE.
typedef struct term {
  dn_ref a, b;
  bool negative;
} term;
typedef struct terms {
  dn_ref known;  // the sum of what is known before the run
  dn_ref sum;    // of terms that are added already
  int32_t count;
  term term[16];
} terms;

// Adds what waits. The sum begins with what is known, or a term that is no product, so that every product is added with one
// rounding.
static void add_terms(reader *r, terms *t) {
  dn_expressions *g = &r->e->graph;
  dn_ref sum = t->sum;
  if (t->known >= 0) sum = sum < 0 ? t->known : dn_add(g, sum, t->known);
  t->known = DN_NONE;
  for (int pass = 0; pass < 2; pass++)
    for (int32_t k = 0; k < t->count; k++) {
      const term x = t->term[k];
      if ((x.b >= 0) != (pass == 1)) continue;
      if (sum < 0) {
        sum = x.b < 0 ? x.a : dn_multiply(g, x.a, x.b);
        if (x.negative) sum = dn_negate(g, sum);
      } else if (x.b < 0) {
        sum = x.negative ? dn_subtract(g, sum, x.a) : dn_add(g, sum, x.a);
      } else {
        sum = x.negative ? dn_fused_subtract(g, x.a, x.b, sum) : dn_fused(g, x.a, x.b, sum);
      }
    }
  t->count = 0;
  t->sum = sum;
}

static dn_ref read_sum(reader *r) {
  dn_expressions *g = &r->e->graph;
  terms t = {.known = DN_NONE, .sum = DN_NONE};
  for (bool negative = false;; next(r)) {
    product p = read_product(r);
    if (r->failed) return 0;
    if (negative) p.negative = !p.negative;
    if (p.x < 0) {
      const dn_ref known = p.negative ? dn_negate(g, p.known) : p.known;
      t.known = t.known < 0 ? known : dn_add(g, t.known, known);
    } else {
      term x = {p.x, p.last, p.negative};
      if (p.known >= 0 && x.b >= 0) x.a = dn_multiply(g, p.known, x.a);
      else if (p.known >= 0) x = (term){p.known, p.x, p.negative};
      t.term[t.count++] = x;
      if (t.count == sizeof t.term / sizeof *t.term) add_terms(r, &t);
    }
    if (!is(r, "+") && !is(r, "-")) break;
    negative = is(r, "-");
  }
  add_terms(r, &t);
  return t.sum < 0 ? 0 : t.sum;
}

static dn_ref read_comparison(reader *r) {
  static const struct {
    const char *text;
    dn_code code;
    bool swapped;
  } comparisons[] = {{"<=", DN_OP_LESS_EQUAL, false}, {">=", DN_OP_LESS_EQUAL, true}, {"==", DN_OP_EQUAL, false},
                     {"!=", DN_OP_NOT_EQUAL, false},  {"<", DN_OP_LESS, false},       {">", DN_OP_LESS, true}};
  const dn_ref left = read_sum(r);
  for (size_t k = 0; k < sizeof comparisons / sizeof *comparisons; k++) {
    if (!accept(r, comparisons[k].text)) continue;
    const dn_ref right = read_sum(r);
    for (size_t other = 0; other < sizeof comparisons / sizeof *comparisons; other++)
      if (is(r, comparisons[other].text)) FAIL(r, "comparisons cannot be chained: join them with 'and'");
    return comparisons[k].swapped ? dn_operation(&r->e->graph, comparisons[k].code, right, left, DN_NONE)
                                  : dn_operation(&r->e->graph, comparisons[k].code, left, right, DN_NONE);
  }
  return left;
}

static dn_ref read_not(reader *r) {
  if (!is(r, "not")) return read_comparison(r);
  if (!deeper(r)) return 0;
  next(r);
  const dn_ref value = dn_operation(&r->e->graph, DN_OP_EQUAL, read_not(r), 0, DN_NONE);
  r->depth--;
  return value;
}

static dn_ref truth(reader *r, dn_ref value) { return dn_operation(&r->e->graph, DN_OP_NOT_EQUAL, value, 0, DN_NONE); }

static dn_ref read_and(reader *r) {
  dn_ref value = read_not(r);
  while (!r->failed && accept(r, "and")) {
    const dn_ref right = read_not(r);
    value = dn_operation(&r->e->graph, DN_OP_SELECT, value, truth(r, right), 0);
  }
  return value;
}

static dn_ref read_expression(reader *r) {
  if (!deeper(r)) return 0;
  dn_ref value = read_and(r);
  while (!r->failed && accept(r, "or")) {
    const dn_ref right = read_and(r);
    value = dn_operation(&r->e->graph, DN_OP_SELECT, value, dn_constant(&r->e->graph, 1), truth(r, right));
  }
  r->depth--;
  return value;
}

// An expression and how it is written.
static dn_ref read_written(reader *r, const char **expression) {
  const char *begin = r->text;
  const dn_ref value = read_expression(r);
  *expression = r->failed ? "" : copy(r, begin, (size_t)(r->last_end - begin), true);
  // A node may be 0 where the graph is full: that is an error here, not there.
  r->depth = 0;
  deeper(r);
  r->depth = 0;
  return value;
}

// Whether an expression reads what arrives at a node.
static bool reads_coupling(reader *r, dn_ref value) {
  dn_expressions *g = &r->e->graph;
  const dn_ref top = dn_mark(g, &value, 1);
  for (dn_ref n = 0; n <= top; n++)
    if (g->marked[n] && g->node[n].code == DN_LEAF_INPUT && g->node[n].a == DN_COUPLED) return true;
  return false;
}

// ---- Statements ----------------------------------------------------------------------------------------------------

static double read_value(reader *r) {
  const bool negative = accept(r, "-");
  double value = 0;
  if (!negative) accept(r, "+");
  if (r->token == NUMBER) value = r->number;
  else if (is(r, "pi")) value = 3.14159265358979323846;
  else if (is(r, "inf")) value = INFINITY;
  else EXPECTED(r, "a number");
  next(r);
  return negative ? -value : value;
}

static void read_range(reader *r, double *low, double *high) {
  const int32_t line = r->token_line, column = r->token_column;
  *low = read_value(r);
  if (!accept(r, "..") && !accept(r, "...") && !accept(r, "\u2026")) EXPECTED(r, "'..' between the ends of a range");
  *high = read_value(r);
  if (!r->failed && *low > *high) fail_at(r, line, column, "a range whose ends are the wrong way round");
}

static const char *read_string(reader *r, const char *what) {
  if (r->token != STRING) {
    EXPECTED(r, what);
    return "";
  }
  const char *text = copy(r, r->text, r->length, false);
  next(r);
  return text;
}
static const char *read_unit(reader *r) {
  if (r->token != UNIT) return "";
  const char *text = copy(r, r->text, r->length, false);
  next(r);
  return text;
}
static const char *read_meaning(reader *r) { return r->token == STRING ? read_string(r, "") : ""; }

static void end_line(reader *r) {
  if (r->token != LINE_END && r->token != END) EXPECTED(r, "an operator or the end of the line");
  next(r);
}

static void read_model(reader *r) {
  if (r->model->name) {
    FAIL(r, "a second model: a text has one");
    return;
  }
  next(r);
  if (r->token != NAME) {
    EXPECTED(r, "the name of the model");
    return;
  }
  if (r->length > NAME_MAX_BYTES) FAIL(r, "a name of more than %d characters", NAME_MAX_BYTES);
  r->model->name = copy(r, r->text, r->length, false);
  next(r);
  r->model->title = r->token == STRING ? read_string(r, "") : r->model->name;
}

static void read_parameter(reader *r) {
  const int32_t number = r->model->parameters;
  next(r);
  if (number == PARAMETERS_MAX) FAIL(r, "more than %d parameters", PARAMETERS_MAX);
  for (int k = 0; k < NETWORK_COUNT; k++)
    if (is(r, NETWORKS[k])) FAIL(r, "a parameter cannot be called '%s', which every network has besides", NETWORKS[k]);
  name *n = declare(r, PARAMETER, number);
  if (!n) return;
  dn_model_parameter *p = &r->parameters[number];
  *p = (dn_model_parameter){.name = n->text, .symbol = n->text, .lowest = -INFINITY, .highest = INFINITY};
  n->node = dn_leaf(&r->e->graph, DN_LEAF_PARAMETER, number, DN_NONE);
  expect(r, "=");
  p->value = read_value(r);
  if (!r->failed && !isfinite(p->value)) FAIL(r, "a parameter's default has to be finite");
  if (accept(r, "in")) read_range(r, &p->lowest, &p->highest);
  p->unit = read_unit(r);
  p->meaning = read_meaning(r);
  if (accept(r, "symbol")) p->symbol = read_string(r, "the symbol in quotes");
  r->model->parameters++;
}

static void read_state(reader *r) {
  const int32_t number = r->model->states;
  next(r);
  if (number == STATES_MAX) FAIL(r, "more than %d states", STATES_MAX);
  name *n = declare(r, STATE, number);
  if (!n) return;
  const int32_t line = n->line, column = n->column;
  dn_model_variable *s = &r->states[number];
  *s = (dn_model_variable){.name = n->text, .lower = -INFINITY, .upper = INFINITY};
  n->node = dn_leaf(&r->e->graph, DN_LEAF_INPUT, DN_NOW, number);
  r->drift[number] = DN_NONE;
  if (accept(r, ">=")) s->lower = read_value(r);
  if (accept(r, "<=")) s->upper = read_value(r);
  if (!r->failed && !(s->lower < s->upper)) fail_at(r, line, column, "bounds that leave '%s' no room", n->text);
  if (accept(r, "periodic")) s->periodic = 1;
  if (!r->failed && s->periodic && (s->lower != -INFINITY || s->upper != INFINITY))
    fail_at(r, line, column, "'%s' is periodic, and lies in -pi ... pi: it has no other bounds", n->text);
  if (accept(r, "from")) {
    read_range(r, &s->initial_low, &s->initial_high);
    if (!r->failed && (!isfinite(s->initial_low) || !isfinite(s->initial_high)))
      fail_at(r, line, column, "the range of initial values of '%s' has to be finite", n->text);
  } else {
    s->initial_low = s->initial_high = fmin(fmax(0, s->lower), s->upper);
  }
  s->unit = read_unit(r);
  s->meaning = read_meaning(r);
  r->model->states++;
}

static void read_coupling(reader *r) {
  const int32_t number = r->model->couplings;
  next(r);
  if (number == COUPLINGS_MAX) FAIL(r, "more than %d coupling variables", COUPLINGS_MAX);
  name *n = declare(r, COUPLING, number);
  if (!n) return;
  dn_model_variable *c = &r->couplings[number];
  const int32_t place = (int32_t)(n - r->names);
  *c = (dn_model_variable){
      .name = n->text, .lower = -INFINITY, .upper = INFINITY, .initial_low = NAN, .initial_high = NAN};
  expect(r, "of");
  const int32_t line = r->token_line, column = r->token_column;
  r->sent[number] = read_written(r, &c->expression);
  if (!r->failed && reads_coupling(r, r->sent[number]))
    fail_at(r, line, column, "what is sent depends on states and parameters, not on what arrives");
  c->unit = read_unit(r);
  c->meaning = read_meaning(r);
  // Known from here on: what a node sends cannot be made of what arrives.
  dn_expressions *g = &r->e->graph;
  r->names[place].node =
      dn_multiply(g, dn_leaf(g, DN_LEAF_COUPLING, DN_NONE, DN_NONE), dn_leaf(g, DN_LEAF_INPUT, DN_COUPLED, number));
  r->model->couplings++;
}

static void read_output(reader *r) {
  const int32_t number = r->model->outputs;
  next(r);
  if (number == OUTPUTS_MAX) FAIL(r, "more than %d outputs", OUTPUTS_MAX);
  name *n = declare(r, OUTPUT, number);
  if (!n) return;
  dn_model_variable *o = &r->outputs[number];
  *o = (dn_model_variable){
      .name = n->text, .lower = -INFINITY, .upper = INFINITY, .initial_low = NAN, .initial_high = NAN};
  expect(r, "=");
  const int32_t line = r->token_line, column = r->token_column;
  r->output[number] = read_written(r, &o->expression);
  if (!r->failed && reads_coupling(r, r->output[number]))
    fail_at(r, line, column, "an output depends on states and parameters, not on what arrives");
  o->unit = read_unit(r);
  o->meaning = read_meaning(r);
  r->model->outputs++;
}

// x' = …, dx/dt = …: the name stands in `text`, and what follows is "=".
static void read_derivative(reader *r, const char *text, size_t length, int32_t line, int32_t column) {
  const name *n = find(r, text, length);
  if (!n || n->kind != STATE) {
    if (n) fail_at(r, line, column, "'%s' is %s: only states have derivatives", n->text, KINDS[n->kind]);
    else
      fail_at(r, line, column, "an equation for '%.*s', which is not a state", (int)(length < 60 ? length : 60), text);
    return;
  }
  const int32_t number = n->number;
  if (r->drift[number] >= 0) fail_at(r, line, column, "a second equation for '%s'", n->text);
  expect(r, "=");
  if (!r->failed) r->drift[number] = read_written(r, &r->states[number].expression);
}

static void read_equation(reader *r) {
  const char *text = r->text;
  const size_t length = r->length;
  const int32_t line = r->token_line, column = r->token_column;
  const reader before = {
      .at = r->at, .line = r->line, .line_start = r->line_start, .token = r->token, .length = length};
  next(r);
  if (accept(r, "'")) {
    read_derivative(r, text, length, line, column);
    return;
  }
  // dx/dt, unless there is an intermediate of that name: it could not stand before a division here.
  if (length > 1 && *text == 'd' && is(r, "/")) {
    next(r);
    expect(r, "dt");
    if (!r->failed) read_derivative(r, text + 1, length - 1, line, column);
    return;
  }
  if (!is(r, "=")) {
    EXPECTED(r, "'=', \"'\" or a statement (model, source, parameter, state, coupling, output)");
    return;
  }
  // Back to the name: it is declared, and known behind its expression.
  r->at = before.at;
  r->line = before.line;
  r->line_start = before.line_start;
  r->token = NAME;
  r->text = text;
  r->length = length;
  r->token_line = line;
  r->token_column = column;
  const name *state = find(r, text, length);
  if (state && state->kind == STATE) {
    FAIL(r, "'%s' is a state: its equation begins with %s'", state->text, state->text);
    return;
  }
  name *n = declare(r, INTERMEDIATE, 0);
  if (!n) return;
  const int32_t place = (int32_t)(n - r->names);
  expect(r, "=");
  // Not known in its own expression.
  const char *kept = n->text, *expression;
  r->names[place].text = "";
  const dn_ref value = read_written(r, &expression);
  r->names[place].text = kept;
  r->names[place].node = value;
}

static void read_statement(reader *r) {
  if (r->token == LINE_END) {
    next(r);
    return;
  }
  if (is(r, "model")) read_model(r);
  else if (is(r, "source")) {
    next(r);
    if (r->model->source) FAIL(r, "a second source");
    r->model->source = read_string(r, "the source in quotes");
  } else if (is(r, "parameter")) read_parameter(r);
  else if (is(r, "state")) read_state(r);
  else if (is(r, "coupling")) read_coupling(r);
  else if (is(r, "output")) read_output(r);
  else if (r->token == NAME) read_equation(r);
  else EXPECTED(r, "a name or a statement at the beginning of a line");
  end_line(r);
}

// ---- A text --------------------------------------------------------------------------------------------------------

// The parameter that alone multiplies what arrives, wherever it is read; -1: none.
static int32_t gain_of(const dn_expressions *g, dn_ref coupled, dn_ref top) {
  int32_t gain = -1;
  for (dn_ref n = 0; n <= top; n++) {
    const dn_node x = g->node[n];
    const dn_ref arguments[] = {x.a, x.b, x.c};
    for (int k = 0; k < dn_arguments(x.code) && g->marked[n]; k++) {
      if (arguments[k] != coupled) continue;
      const bool factor =
          x.code == DN_OP_MULTIPLY || ((x.code == DN_OP_FMA || x.code == DN_OP_FMS || x.code == DN_OP_FNMA) && k < 2);
      const dn_node by = g->node[factor ? arguments[1 - k] : 0];
      if (by.code != DN_OP_MULTIPLY) return -1;
      const dn_node one = g->node[by.a], other = g->node[by.b];
      const int32_t found = one.code == DN_LEAF_PARAMETER && other.code == DN_LEAF_COUPLING   ? one.a
                            : other.code == DN_LEAF_PARAMETER && one.code == DN_LEAF_COUPLING ? other.a
                                                                                              : -1;
      if (found < 0 || (gain >= 0 && gain != found)) return -1;
      gain = found;
    }
  }
  return gain;
}

static void *kept(reader *r, const void *from, int32_t count, size_t size) {
  void *to = take(r, count + 1, size);
  if (to && count > 0) memcpy(to, from, (size_t)count * size);
  return to;
}

static void finish(reader *r) {
  dn_model *m = r->model;
  dn_equations *e = r->e;
  if (!r->failed && !m->name) fail_at(r, 0, 0, "no model: a text begins with 'model NAME \"title\"'");
  if (!r->failed && m->states == 0) fail_at(r, 0, 0, "a model without states");
  if (!r->failed && m->couplings == 0)
    fail_at(r, 0, 0, "a model without a coupling variable: 'coupling NAME of EXPRESSION'");
  for (int32_t k = 0; k < r->name_count && !r->failed; k++) {
    const name *n = &r->names[k];
    if (n->kind == STATE && r->drift[n->number] < 0)
      fail_at(r, n->line, n->column, "'%s' has no equation: %s' = ...", n->text, n->text);
    if (n->kind == COUPLING && !n->used)
      fail_at(r, n->line, n->column, "no equation reads the coupling variable '%s'", n->text);
  }
  if (r->failed) return;
  if (!m->source) m->source = "";
  m->state = kept(r, r->states, m->states, sizeof *r->states);
  m->coupling = kept(r, r->couplings, m->couplings, sizeof *r->couplings);
  m->output = kept(r, r->outputs, m->outputs, sizeof *r->outputs);
  m->parameter = kept(r, r->parameters, m->parameters, sizeof *r->parameters);
  e->states = m->states;
  e->couplings = m->couplings;
  e->outputs = m->outputs;
  e->parameters = m->parameters;
  e->drift = kept(r, r->drift, m->states, sizeof *r->drift);
  e->sent = kept(r, r->sent, m->couplings, sizeof *r->sent);
  e->output = kept(r, r->output, m->outputs, sizeof *r->output);
  double *lower = take(r, m->states, sizeof *lower), *upper = take(r, m->states, sizeof *upper);
  int32_t *periodic = take(r, m->states, sizeof *periodic);
  e->gain = take(r, m->couplings, sizeof *e->gain);
  if (r->failed) return;
  for (int32_t k = 0; k < m->states; k++) {
    lower[k] = m->state[k].lower;
    upper[k] = m->state[k].upper;
    periodic[k] = m->state[k].periodic;
  }
  e->lower = lower;
  e->upper = upper;
  e->periodic = periodic;
  const dn_ref top = dn_mark(&e->graph, e->drift, m->states);
  for (int32_t k = 0; k < m->couplings; k++)
    e->gain[k] = gain_of(&e->graph, dn_leaf(&e->graph, DN_LEAF_INPUT, DN_COUPLED, k), top);
}

dn_status dn_text_read(const char *text, size_t length, dn_pool *pool, dn_model *model, dn_equations *equations,
                       dn_text_error *error) {
  *error = (dn_text_error){0};
  if (length > BYTES_MAX) {
    snprintf(error->message, sizeof error->message, "a text of more than %d bytes", BYTES_MAX);
    return DN_BAD_TEXT;
  }
  reader *r = dn_pool_take(equations->graph.pool, 1, sizeof *r);
  if (!r) return DN_NO_MEMORY;
  *r = (reader){.at = text,
                .end = text + length,
                .line = 1,
                .line_start = text,
                .pool = pool,
                .model = model,
                .e = equations,
                .error = error};
  next(r);
  while (!r->failed && r->token != END) read_statement(r);
  finish(r);
  if (r->no_memory || equations->graph.failed) return DN_NO_MEMORY;
  return r->failed ? DN_BAD_TEXT : DN_OK;
}
