// BOLD by a mixture of two gamma functions of whole orders from 1 to 13,
//
//   h(t) = (l t)^(a_1 - 1) e^{-l t} / (a_1 - 1)! - c (l t)^(a_2 - 1) e^{-l t} / (a_2 - 1)!
#define DN_MONITOR mixture
#define DN_MONITOR_TITLE "BOLD, mixture of two gamma functions"
#define DN_MONITOR_SOURCE \
  "Glover, Deconvolution of impulse response in event-related BOLD fMRI, NeuroImage 9, 416-429 (1999)"
#define DN_MONITOR_MEMORY 27
#define DN_MONITOR_PERIODIC 0
#define DN_MONITOR_INTERIM

#if DN_PASS == DN_PASS_DESCRIBE
static const dn_model_parameter mixture_parameters[] = {
    {"a_1", "a₁", "", "order of the first function, a whole number from 1 to 13", 6.0, 1.0, 13.0},
    {"a_2", "a₂", "", "order of the second function, a whole number from 1 to 13", 13.0, 1.0, 13.0},
    {"l", "λ", "1/s", "rate of both", 1.0, 0.5, 2.0},
    {"c", "c", "", "weight of the second", 0.4, 0.0, 1.0},
};
static int32_t mixture_prepare(const double *p, double interim, double *c) {
  for (int32_t k = 0; k < 2; k++)
    if (!(p[k] >= 1 && p[k] <= 13 && p[k] == floor(p[k]))) return k;
  if (!(p[2] > 0)) return 2;
  const double x = interim * p[2];
  chain_start(x, 13, c);
  chain_weigh((int32_t)p[0] - 1, x, 1, c);
  chain_weigh((int32_t)p[1] - 1, x, -p[3], c);
  return -1;
}
#elif DN_PASS == DN_PASS_KERNELS
static void mixture_advance(const dn_monitor_step *m) { chain_advance(m, 13); }
static void mixture_advance_vjp(const dn_monitor_step_vjp *m) { chain_advance_vjp(m, 13); }
static void mixture_advance_jvp(const dn_monitor_step *m) { chain_advance(m, 13); }
#endif
#include "../monitor_end.h"
