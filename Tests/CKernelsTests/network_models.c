// The node models, each from its paper. c: what arrives at the node, times G.
#include <math.h>
#include <string.h>

#include "network_reference.h"

#define PI 3.14159265358979323846

// ---- Linear --------------------------------------------------------------------------------------------------------

static void linear_drift(const ref_number *s, const ref_number *c, const ref_number *p, ref_number *f) {
  const ref_number lambda = p[0], mu = p[1];
  f[0] = -lambda * s[0] + mu + c[0];
}

static void first_state(const ref_number *s, const ref_number *p, ref_number *y) {
  (void)p;
  y[0] = s[0];
}

static void first_two_states(const ref_number *s, const ref_number *p, ref_number *y) {
  (void)p;
  y[0] = s[0];
  y[1] = s[1];
}

// ---- Stuart, Landau: dz/dt = (a + i omega - |z|^2) z + c, z = x + i y -------------------------------------------------

static void stuart_landau_drift(const ref_number *s, const ref_number *c, const ref_number *p, ref_number *f) {
  const ref_number x = s[0], y = s[1], a = p[0], omega = p[1], cx = p[2], cy = p[3];
  f[0] = (a - x * x - y * y) * x - omega * y + cx * c[0];
  f[1] = (a - x * x - y * y) * y + omega * x + cy * c[1];
}

// ---- Kuramoto: sum of w sin(theta_j - theta_i), by the sine of a difference ------------------------------------------

static void kuramoto_drift(const ref_number *s, const ref_number *c, const ref_number *p, ref_number *f) {
  f[0] = p[0] + c[0] * ccos(s[0]) - c[1] * csin(s[0]);
}

static void kuramoto_observe(const ref_number *s, const ref_number *p, ref_number *y) {
  (void)p;
  y[0] = csin(s[0]);
  y[1] = ccos(s[0]);
}

// ---- Montbrio, Pazo, Roxin 2015, eq. 12 ------------------------------------------------------------------------------

static void mpr_drift(const ref_number *s, const ref_number *c, const ref_number *p, ref_number *f) {
  const ref_number r = s[0], v = s[1];
  const ref_number tau = p[0], current = p[1], delta = p[2], j = p[3], eta = p[4], cr = p[5], cv = p[6];
  const ref_number k = cr * c[0] + cv * c[1], u = PI * tau * r;
  f[0] = (delta / (PI * tau) + 2 * r * v) / tau;
  f[1] = (v * v - u * u + eta + j * tau * r + current + k) / tau;
}

// ---- Wong, Wang 2006, reduced by Deco et al. 2013 --------------------------------------------------------------------

// z / (1 - exp(-z)); near 0 its series, where the quotient would lose digits.
static ref_number rectifier(ref_number z) {
  if (fabs(creal(z)) > 0.1) return z / (1 - cexp(-z));
  const ref_number q = z * z;
  return 1 + z / 2 + q / 12 - q * q / 720 + q * q * q / 30240 - q * q * q * q / 1209600;
}

static void wong_wang_drift(const ref_number *s, const ref_number *c, const ref_number *p, ref_number *f) {
  const ref_number a = p[0], b = p[1], d = p[2], gamma = p[3], tau = p[4], w = p[5], jn = p[6], io = p[7];
  const ref_number x = w * jn * s[0] + jn * c[0] + io;
  const ref_number rate = rectifier(d * (a * x - b)) / d;
  f[0] = -s[0] / tau + (1 - s[0]) * gamma * rate;
}

// ---- Wilson, Cowan 1972, as in The Virtual Brain ----------------------------------------------------------------------

static ref_number wilson_cowan_sigmoid(ref_number x, ref_number height, ref_number slope, ref_number middle,
                                       ref_number shift) {
  return height * (1 / (1 + cexp(-slope * (x - middle))) - shift / (1 + cexp(slope * middle)));
}

static void wilson_cowan_drift(const ref_number *s, const ref_number *c, const ref_number *p, ref_number *f) {
  const ref_number e = s[0], i = s[1];
  const ref_number c_ee = p[0], c_ei = p[1], c_ie = p[2], c_ii = p[3], tau_e = p[4], tau_i = p[5];
  const ref_number a_e = p[6], b_e = p[7], c_e = p[8], theta_e = p[9];
  const ref_number a_i = p[10], b_i = p[11], c_i = p[12], theta_i = p[13];
  const ref_number r_e = p[14], r_i = p[15], k_e = p[16], k_i = p[17], drive_e = p[18], drive_i = p[19];
  const ref_number alpha_e = p[20], alpha_i = p[21], shift = p[22];
  const ref_number x_e = alpha_e * (c_ee * e - c_ei * i + drive_e - theta_e + c[0]);
  const ref_number x_i = alpha_i * (c_ie * e - c_ii * i + drive_i - theta_i);
  f[0] = (-e + (k_e - r_e * e) * wilson_cowan_sigmoid(x_e, c_e, a_e, b_e, shift)) / tau_e;
  f[1] = (-i + (k_i - r_i * i) * wilson_cowan_sigmoid(x_i, c_i, a_i, b_i, shift)) / tau_i;
}

// ---- Jansen, Rit 1995, as in The Virtual Brain -------------------------------------------------------------------------

static void jansen_rit_drift(const ref_number *s, const ref_number *c, const ref_number *p, ref_number *f) {
  const ref_number gain_e = p[0], gain_i = p[1], a = p[2], b = p[3], v0 = p[4], nu_max = p[5], r = p[6], j = p[7];
  const ref_number a_1 = p[8], a_2 = p[9], a_3 = p[10], a_4 = p[11], mu = p[12];
#define SIGMOID(v) (2 * nu_max / (1 + cexp(r * (v0 - (v)))))
  f[0] = s[3];
  f[1] = s[4];
  f[2] = s[5];
  f[3] = gain_e * a * SIGMOID(s[1] - s[2]) - 2 * a * s[3] - a * a * s[0];
  f[4] = gain_e * a * (mu + a_2 * j * SIGMOID(a_1 * j * s[0]) + c[0]) - 2 * a * s[4] - a * a * s[1];
  f[5] = gain_i * b * a_4 * j * SIGMOID(a_3 * j * s[0]) - 2 * b * s[5] - b * b * s[2];
#undef SIGMOID
}

static void jansen_rit_observe(const ref_number *s, const ref_number *p, ref_number *y) {
  const ref_number cmin = p[13], cmax = p[14], midpoint = p[15], steepness = p[16];
  y[0] = cmin + (cmax - cmin) / (1 + cexp(steepness * (midpoint - (s[1] - s[2]))));
}

// ---- Table ---------------------------------------------------------------------------------------------------------

#define FREE                                                                   \
  .lower = {-INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY}, \
  .upper = {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY}

// Published defaults are those of The Virtual Brain's classes SupHopf, Kuramoto, MontbrioPazoRoxin, ReducedWongWang,
// WilsonCowan and JansenRit, whose v0 is 5.52 mV where the paper has 6 mV. The linear model's are our own.
const ref_model ref_models[] = {
    {"linear", 1, 1, 2, linear_drift, first_state, FREE, {"lambda", "mu"}, {1, 0}, 0.0625, 0.75, {0.25}, {false}},
    {"stuart_landau",
     2,
     2,
     4,
     stuart_landau_drift,
     first_two_states,
     FREE,
     {"a", "omega", "cx", "cy"},
     {-0.5, 1, 1, 1},
     0.0625,
     0.5,
     {0.125, 0.25},
     {false}},
    {"kuramoto", 1, 2, 1, kuramoto_drift, kuramoto_observe, FREE, {"omega"}, {1}, 0.0625, 0.5, {0.25}, {true}},
    {"mpr",
     2,
     2,
     7,
     mpr_drift,
     first_two_states,
     {0, -INFINITY},
     {INFINITY, INFINITY},
     {"tau", "I", "Delta", "J", "eta", "cr", "cv"},
     {1, 0, 1, 15, -5, 1, 0},
     0.0078125,
     1,
     {0.125, 0.25},
     {false}},
    {"wong_wang",
     1,
     1,
     8,
     wong_wang_drift,
     first_state,
     {0},
     {1},
     {"a", "b", "d", "gamma", "tau_s", "w", "J_N", "I_o"},
     {0.270, 0.108, 154, 0.641, 100, 0.6, 0.2609, 0.33},
     1,
     0.5,
     {0.03125},
     {false}},
    {"wilson_cowan",
     2,
     1,
     23,
     wilson_cowan_drift,
     first_state,
     FREE,
     {"c_ee", "c_ei",    "c_ie", "c_ii", "tau_e", "tau_i", "a_e", "b_e", "c_e",     "theta_e", "a_i",  "b_i",
      "c_i",  "theta_i", "r_e",  "r_i",  "k_e",   "k_i",   "P",   "Q",   "alpha_e", "alpha_i", "shift"},
     {12, 4, 13, 11, 10, 10, 1.2, 2.8, 1, 0, 1, 4, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1},
     0.25,
     4,
     {0.0625, 0.03125},
     {false}},
    {"jansen_rit",
     6,
     1,
     17,
     jansen_rit_drift,
     jansen_rit_observe,
     FREE,
     {"A", "B", "a", "b", "v0", "nu_max", "r", "J", "a_1", "a_2", "a_3", "a_4", "mu", "cmin", "cmax", "midpoint",
      "steepness"},
     {3.25, 22, 0.1, 0.05, 5.52, 0.0025, 0.56, 135, 1, 0.8, 0.25, 0.25, 0.22, 0, 0.005, 6, 0.56},
     0.25,
     64,
     {0.0009765625, 0.0009765625, 0.0009765625, 0.03125, 0.0625, 0.03125},
     {false}},
};
const int ref_model_count = sizeof ref_models / sizeof ref_models[0];

const ref_model *ref_model_find(const char *name) {
  for (int m = 0; m < ref_model_count; m++)
    if (strcmp(ref_models[m].name, name) == 0) return &ref_models[m];
  return NULL;
}
