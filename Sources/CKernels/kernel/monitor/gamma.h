// BOLD by a gamma function of a whole order n from 1 to 6,
//
//   h(t) = scale (t / tau)^(n-1) e^{-t / tau} / (tau (n - 1)!)
//
// The Virtual Brain and tvboptim divide h by the largest value that it has on their grid of times, and multiply it by 0.1.
#define DN_MONITOR gamma
#define DN_MONITOR_TITLE "BOLD, gamma function"
#define DN_MONITOR_SOURCE \
  "Boynton, Engel, Glover, Heeger, Linear systems analysis of fMRI in human V1, J. Neurosci. 16, 4207-4221 (1996)"
#define DN_MONITOR_MEMORY 13
#define DN_MONITOR_PERIODIC 0
#define DN_MONITOR_INTERIM

#if DN_PASS == DN_PASS_DESCRIBE
static const dn_model_parameter gamma_parameters[] = {
    {"tau", "τ", "s", "time constant", 1.08, 0.5, 2.0},
    {"n", "n", "", "order, a whole number from 1 to 6", 3.0, 1.0, 6.0},
    {"scale", "a", "", "by which the kernel is multiplied", 1.0, 0.0, 10.0},
};
static int32_t gamma_prepare(const double *p, double interim, double *c) {
  const double x = interim / p[0];
  if (!(p[0] > 0)) return 0;
  if (!(p[1] >= 1 && p[1] <= 6 && p[1] == floor(p[1]))) return 1;
  chain_start(x, 6, c);
  chain_weigh((int32_t)p[1] - 1, x, p[2] / p[0], c);
  return -1;
}
#elif DN_PASS == DN_PASS_KERNELS
static void gamma_advance(const dn_monitor_step *m) { chain_advance(m, 6); }
static void gamma_advance_vjp(const dn_monitor_step_vjp *m) { chain_advance_vjp(m, 6); }
static void gamma_advance_jvp(const dn_monitor_step *m) { chain_advance(m, 6); }
#endif
#include "../monitor_end.h"
