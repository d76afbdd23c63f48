// Tests of every registered node model through the kernel tables: steps against the equations written plainly in double,
// derivatives against differences of those and against one another, the same bits on every instruction set, the register.
// A model that is added to models.def needs its equation in EQUATIONS.
#include <float.h>

#include "check.h"
#include "kernels.h"

#pragma STDC FP_CONTRACT OFF

// ---- The equations: s states, c coupling times G, p parameters, f drift, y coupling variables -----------------------

static void linear(const double *s, const double *c, const double *p, double *f) { f[0] = -p[0] * s[0] + p[1] + c[0]; }

static void mpr(const double *s, const double *c, const double *p, double *f) {
  const double pi = 3.14159265358979323846, tau = p[0], I = p[1], Delta = p[2], J = p[3], eta = p[4], r = s[0],
               V = s[1];
  f[0] = (Delta / (pi * tau) + 2 * r * V) / tau;
  f[1] = (V * V - pow(pi * tau * r, 2) + eta + J * tau * r + I + p[5] * c[0] + p[6] * c[1]) / tau;
}

static void stuart_landau(const double *s, const double *c, const double *p, double *f) {
  const double x = s[0], y = s[1], a = p[0], omega = p[1];
  f[0] = (a - x * x - y * y) * x - omega * y + p[2] * c[0];
  f[1] = (a - x * x - y * y) * y + omega * x + p[3] * c[1];
}

static void kuramoto(const double *s, const double *c, const double *p, double *f) {
  f[0] = p[0] + cos(s[0]) * c[0] - sin(s[0]) * c[1];
}
static void kuramoto_observe(const double *s, const double *p, double *y) {
  (void)p;
  y[0] = sin(s[0]);
  y[1] = cos(s[0]);
}

static void wong_wang(const double *s, const double *c, const double *p, double *f) {
  const double a = p[0], b = p[1], d = p[2], gamma = p[3], tau_s = p[4], w = p[5], J_N = p[6], I_o = p[7];
  const double x = w * J_N * s[0] + J_N * c[0] + I_o, u = a * x - b, R = u == 0 ? 1 / d : -u / expm1(-d * u);
  f[0] = -s[0] / tau_s + (1 - s[0]) * gamma * R;
}

static void wilson_cowan(const double *s, const double *c, const double *p, double *f) {
  const double c_ee = p[0], c_ei = p[1], c_ie = p[2], c_ii = p[3], tau_e = p[4], tau_i = p[5], a_e = p[6], b_e = p[7],
               c_e = p[8], theta_e = p[9], a_i = p[10], b_i = p[11], c_i = p[12], theta_i = p[13], r_e = p[14],
               r_i = p[15], k_e = p[16], k_i = p[17], P = p[18], Q = p[19], alpha_e = p[20], alpha_i = p[21],
               shift = p[22];
  const double E = s[0], I = s[1];
  const double x_e = alpha_e * (c_ee * E - c_ei * I + P - theta_e + c[0]);
  const double x_i = alpha_i * (c_ie * E - c_ii * I + Q - theta_i);
  const double S_e = c_e * (1 / (1 + exp(-a_e * (x_e - b_e))) - shift / (1 + exp(a_e * b_e)));
  const double S_i = c_i * (1 / (1 + exp(-a_i * (x_i - b_i))) - shift / (1 + exp(a_i * b_i)));
  f[0] = (-E + (k_e - r_e * E) * S_e) / tau_e;
  f[1] = (-I + (k_i - r_i * I) * S_i) / tau_i;
}

static double jansen_rit_sigmoid(double v, const double *p) { return 2 * p[5] / (1 + exp(p[6] * (p[4] - v))); }
static void jansen_rit(const double *s, const double *c, const double *p, double *f) {
  const double A = p[0], B = p[1], a = p[2], b = p[3], J = p[7], a_1 = p[8], a_2 = p[9], a_3 = p[10], a_4 = p[11];
  f[0] = s[3];
  f[1] = s[4];
  f[2] = s[5];
  f[3] = A * a * jansen_rit_sigmoid(s[1] - s[2], p) - 2 * a * s[3] - a * a * s[0];
  f[4] = A * a * (p[12] + a_2 * J * jansen_rit_sigmoid(a_1 * J * s[0], p) + c[0]) - 2 * a * s[4] - a * a * s[1];
  f[5] = B * b * a_4 * J * jansen_rit_sigmoid(a_3 * J * s[0], p) - 2 * b * s[5] - b * b * s[2];
}
static void jansen_rit_observe(const double *s, const double *p, double *y) {
  y[0] = p[13] + (p[14] - p[13]) / (1 + exp(p[16] * (p[15] - s[1] + s[2])));
}

typedef struct equation {
  const char *name;
  void (*drift)(const double *s, const double *c, const double *p, double *f);
  void (*observe)(const double *s, const double *p, double *y);  // NULL: the first states
} equation;
static const equation EQUATIONS[] = {
    {"linear", linear, NULL},
    {"mpr", mpr, NULL},
    {"stuart_landau", stuart_landau, NULL},
    {"kuramoto", kuramoto, kuramoto_observe},
    {"wong_wang", wong_wang, NULL},
    {"wilson_cowan", wilson_cowan, NULL},
    {"jansen_rit", jansen_rit, jansen_rit_observe},
};

static const equation *equation_of(const dn_model *model) {
  for (size_t n = 0; n < sizeof EQUATIONS / sizeof *EQUATIONS; n++)
    if (strcmp(EQUATIONS[n].name, model->name) == 0) return &EQUATIONS[n];
  return NULL;
}

// ---- One node's step in double -------------------------------------------------------------------------------------

enum {
  NODES = 37,
  ROW = 48,
  STATES_MAX = 8,
  COUPLINGS_MAX = 2,
  PARAMETERS_MAX = 32,
  INPUTS_MAX = 2 * STATES_MAX + 5 + PARAMETERS_MAX
};

// What a node's step depends on, in the order of `input`: states, c(t), c', increments, parameters, G.
typedef struct layout {
  int now, coupled_now, coupled_next, increment, parameters, coupling, count;
} layout;
static layout layout_of(const dn_model *m) {
  layout l = {0};
  l.coupled_now = m->states;
  l.coupled_next = l.coupled_now + m->couplings;
  l.increment = l.coupled_next + m->couplings;
  l.parameters = l.increment + m->states;
  l.coupling = l.parameters + m->parameters;
  l.count = l.coupling + 1;
  return l;
}

typedef enum { EULER, HEUN, HEUN_FROZEN } scheme_kind;
static const char *const SCHEMES[] = {"Euler-Maruyama", "Heun", "Heun, frozen"};

static int clamp(const dn_model *m, double *s) {
  int clamps = 0;
  for (int k = 0; k < m->states; k++) {
    if (m->state[k].periodic) s[k] -= 2 * 3.14159265358979323846 * floor(s[k] / (2 * 3.14159265358979323846) + 0.5);
    const double raw = s[k];
    s[k] = fmin(fmax(raw, m->state[k].lower), m->state[k].upper);
    clamps += s[k] != raw;
  }
  return clamps;
}
static int step_plainly(const dn_model *m, scheme_kind scheme, double dt, const double *input, double *next) {
  const layout l = layout_of(m);
  const equation *e = equation_of(m);
  const double *s = input, *n = input + l.increment, *p = input + l.parameters;
  double c[COUPLINGS_MAX], f[STATES_MAX], g[STATES_MAX], q[STATES_MAX];
  for (int k = 0; k < m->couplings; k++) c[k] = input[l.coupling] * input[l.coupled_now + k];
  e->drift(s, c, p, f);
  for (int k = 0; k < m->states; k++) q[k] = s[k] + dt * f[k] + n[k];
  int clamps = clamp(m, q);
  if (scheme == EULER) {
    memcpy(next, q, (size_t)m->states * sizeof *q);
    return clamps;
  }
  for (int k = 0; k < m->couplings && scheme == HEUN; k++) c[k] = input[l.coupling] * input[l.coupled_next + k];
  e->drift(q, c, p, g);
  for (int k = 0; k < m->states; k++) next[k] = s[k] + dt / 2 * (f[k] + g[k]) + n[k];
  return clamps + clamp(m, next);
}

// ---- Inputs --------------------------------------------------------------------------------------------------------

// Element k of node i stands at [k * ROW + i]. `push`: increments that throw states against their bounds.
static void make_inputs(const dn_model *m, bool push, double *input) {
  const layout l = layout_of(m);
  static double u[INPUTS_MAX * ROW];
  dn_random_uniform_f64(dn_key_create(push ? 3 : 4), 0, l.count * ROW, -1, 1, u);
  for (int k = 0; k < l.count; k++)
    for (int i = 0; i < ROW; i++) {
      const double v = u[k * ROW + i];
      double x = v;
      if (k < l.coupled_now) {
        const double low = m->state[k].initial_low, high = m->state[k].initial_high;
        x = (low + high) / 2 + fmin(0.3 * (high - low), 5) * v;
      } else if (k >= l.increment && k < l.parameters) {
        x = push ? (v < 0 ? -10 : 10) + v : 0.01 * v;
      } else if (k >= l.parameters && k < l.coupling) {
        const dn_model_parameter *p = &m->parameter[k - l.parameters];
        x = fmin(fmax(p->value + 0.1 * v * (p->highest - p->lowest), p->lowest), p->highest);
      } else if (k == l.coupling) x = 0.7;
      input[k * ROW + i] = x;
    }
}

#define DN_REAL float
#define DN_NAME(name) name##_f32
#include "model_real.h"
#undef DN_REAL
#undef DN_NAME

#define DN_REAL double
#define DN_NAME(name) name##_f64
#include "model_real.h"
#undef DN_REAL
#undef DN_NAME

// ---- Special points ------------------------------------------------------------------------------------------------

// Wong-Wang's rate through the removable singularity u = 0, at which its slope is 1/2, and far on both sides of it.
static void test_wong_wang_threshold(void) {
  const dn_model *m = dn_model_find("wong_wang");
  const dn_scheme_kernels_f64 *kernels = &m->implementation->kernels_f64[dn_isa_best()]->scheme[DN_SCHEME_HEUN];
  for (int n = -60; n <= 60; n++) {
    // a x - b = u: a = 1, b = 0, S = 0, x = I_o = u.
    const double z = n == 0 ? 0 : (n < 0 ? -1 : 1) * pow(10, (abs(n) - 40) / 10.0), d = 154, u = z / d;
    _Alignas(64) double now[16] = {0}, coupled[16] = {0}, increment[16] = {0}, next[16], p[8 * 16], zero[16] = {0};
    const double values[] = {1, 0, d, 1, 100, 0, 0.3, u};
    for (int k = 0; k < 8; k++)
      for (int i = 0; i < 16; i++) p[k * 16 + i] = values[k];
    for (int i = 0; i < 16; i++) increment[i] = 0.25;
    dn_step_f64 step = {16, 16, 0, 16, 0.001, 1, p, now, coupled, coupled, increment, next};
    kernels->predict(&step, next);
    const double rate = z == 0 ? 1 / d : -u / expm1(-d * u);
    check_about("z = %g", z);
    CHECK(fabs(next[0] - 0.25 - 0.001 * rate) <= 1e-15, "rate %.17g, expected %.17g", (next[0] - 0.25) / 0.001, rate);
    _Alignas(64) double predictor[16], drift[16] = {0}, state[16] = {0}, increments[16] = {0}, now_c[16], next_c[16],
                                       dp[8 * 16] = {0};
    for (int i = 0; i < 16; i++) predictor[i] = 1;
    dn_step_vjp_f64 vjp = {step, false, state, now_c, next_c, increments, predictor, drift, dp, zero};
    kernels->predict_vjp(&vjp);
    // d rate / du, with long double where the two terms cancel.
    const long double t = z, q = expm1l(-t);
    const long double slope = fabs(z) < 1e-3 ? 0.5L + t / 6 - t * t * t / 180 : -1 / q - t * (q + 1) / (q * q);
    const double expected = (double)(z < -600 ? 0 : slope) * 0.001;
    CHECK(fabs(dp[7 * 16] - expected) <= 1e-14 * expected + 1e-18, "slope %.17g, expected %.17g", dp[7 * 16], expected);
  }
}

// ---- The register --------------------------------------------------------------------------------------------------

static bool ascii(const char *text) {
  if (!*text) return false;
  for (; *text; text++)
    if (*text <= ' ' || *text > '~') return false;
  return true;
}
static void test_register(void) {
  for (int n = 0; n < dn_model_count(); n++) {
    const dn_model *m = dn_model_at(n);
    check_about("%s", m->name);
    CHECK_THAT(dn_model_find(m->name) == m && m->implementation != NULL);
    if (m->implementation->text) continue;  // text_test has these
    CHECK_THAT(ascii(m->name) && *m->title && *m->source);
    CHECK(equation_of(m) != NULL, "no equation in EQUATIONS");
    CHECK_THAT(m->states > 0 && m->states <= STATES_MAX && m->parameters > 0 && m->parameters <= PARAMETERS_MAX);
    CHECK_THAT(m->couplings > 0 && m->couplings <= COUPLINGS_MAX);
    for (int k = 0; k < m->states; k++) {
      const dn_model_variable *v = &m->state[k];
      CHECK(ascii(v->name) && v->unit && *v->meaning, "state %d", k);
      CHECK(v->lower < v->upper, "state %s", v->name);
      CHECK(v->lower <= v->initial_low && v->initial_low < v->initial_high && v->initial_high <= v->upper,
            "initial range of %s", v->name);
      for (int j = 0; j < k; j++) CHECK(strcmp(m->state[j].name, v->name) != 0, "two states %s", v->name);
    }
    for (int k = 0; k < m->couplings; k++) {
      const dn_model_variable *v = &m->coupling[k];
      CHECK(ascii(v->name) && v->unit && *v->meaning, "coupling variable %d", k);
      CHECK(isnan(v->initial_low) && isnan(v->initial_high), "initial range of coupling variable %s", v->name);
      CHECK(m->implementation->gain[k] >= -1 && m->implementation->gain[k] < m->parameters, "gain %d", k);
    }
    for (int k = 0; k < m->parameters; k++) {
      const dn_model_parameter *p = &m->parameter[k];
      CHECK(ascii(p->name) && *p->symbol && p->unit && *p->meaning, "parameter %d", k);
      CHECK(isfinite(p->lowest) && isfinite(p->highest) && p->lowest < p->highest, "range of %s", p->name);
      CHECK(p->lowest <= p->value && p->value <= p->highest, "default of %s", p->name);
      for (int j = 0; j < k; j++) CHECK(strcmp(m->parameter[j].name, p->name) != 0, "two parameters %s", p->name);
    }
  }
  for (int n = 0; n < dn_model_count(); n++)
    for (int j = 0; j < n; j++) CHECK_THAT(strcmp(dn_model_at(n)->name, dn_model_at(j)->name) != 0);
  CHECK_THAT(dn_model_at(-1) == NULL && dn_model_at(dn_model_count()) == NULL && dn_model_find("") == NULL);
}

static void test_schemes(void) {
  CHECK_THAT(dn_scheme_count() >= 2 && dn_scheme_find("heun") == DN_SCHEME_HEUN &&
             dn_scheme_find("euler") == DN_SCHEME_EULER);
  CHECK_THAT(dn_scheme_find("no scheme") == -1 && !dn_scheme_describe(-1) && !dn_scheme_describe(dn_scheme_count()));
  for (dn_scheme s = 0; s < dn_scheme_count(); s++) {
    const dn_scheme_description *d = dn_scheme_describe(s);
    check_about("scheme %d", s);
    if (!CHECK_THAT(d && ascii(d->name))) continue;
    CHECK_THAT(dn_scheme_find(d->name) == s && *d->title && *d->source && d->stages >= 1 && d->stages <= 2);
    for (int n = 0; n < dn_model_count(); n++) {
      const dn_scheme_kernels_f32 *k = &dn_model_at(n)->implementation->kernels_f32[DN_ISA_BASE]->scheme[s];
      CHECK_THAT(k->step && k->step_vjp && k->step_jvp && (d->stages == 2) == (k->correct != NULL));
    }
  }
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      {"register", test_register},
      {"schemes", test_schemes},
      {"steps_f32", test_steps_f32},
      {"steps_f64", test_steps_f64},
      {"derivatives_f32", test_derivatives_f32},
      {"derivatives_f64", test_derivatives_f64},
      {"gains_f32", test_gains_f32},
      {"gains_f64", test_gains_f64},
      {"wong_wang_threshold", test_wong_wang_threshold},
  };
  return CHECK_MAIN(argc, argv, tests);
}
