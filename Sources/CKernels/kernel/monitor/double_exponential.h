// BOLD by a difference of two damped sines,
//
//   h(t) = scale (amp_1 e^{-t / tau_1} sin(2 pi f_1 t) - amp_2 e^{-t / tau_2} sin(2 pi f_2 t))
//
// The Virtual Brain and tvboptim divide h by the largest value that it has on their grid of times, and multiply it by 0.1.
#define DN_MONITOR double_exponential
#define DN_MONITOR_TITLE "BOLD, difference of two damped sines"
#define DN_MONITOR_SOURCE                                                                                          \
  "Polonsky, Blake, Braun, Heeger, Neuronal activity in human primary visual cortex, Nat. Neurosci. 3, 1153-1159 " \
  "(2000)"
#define DN_MONITOR_MEMORY 9
#define DN_MONITOR_PERIODIC 0
#define DN_MONITOR_INTERIM

#if DN_PASS == DN_PASS_DESCRIBE
static const dn_model_parameter double_exponential_parameters[] = {
    {"tau_1", "τ₁", "s", "decay of the first sine", 7.22, 1.0, 20.0},
    {"f_1", "f₁", "Hz", "frequency of the first sine", 0.03, 0.0, 0.5},
    {"amp_1", "a₁", "", "amplitude of the first sine", 0.1, 0.0, 1.0},
    {"tau_2", "τ₂", "s", "decay of the second sine", 7.4, 1.0, 20.0},
    {"f_2", "f₂", "Hz", "frequency of the second sine", 0.12, 0.0, 0.5},
    {"amp_2", "a₂", "", "amplitude of the second sine", 0.1, 0.0, 1.0},
    {"scale", "a", "", "by which the kernel is multiplied", 1.0, 0.0, 10.0},
};
static int32_t double_exponential_prepare(const double *p, double interim, double *c) {
  c[0] = 0;
  for (int32_t k = 0; k < 2; k++) {
    if (!(p[3 * k] > 0)) return 3 * k;
    damped_turn(-interim / p[3 * k], 6.283185307179586 * p[3 * k + 1] * interim, &c[1 + 3 * k], &c[2 + 3 * k]);
    c[3 + 3 * k] = (k ? -p[6] : p[6]) * p[3 * k + 2];
  }
  return -1;
}
#elif DN_PASS == DN_PASS_KERNELS
static void double_exponential_advance(const dn_monitor_step *m) { oscillators_advance(m, 2, 0); }
static void double_exponential_advance_vjp(const dn_monitor_step_vjp *m) { oscillators_advance_vjp(m, 2); }
static void double_exponential_advance_jvp(const dn_monitor_step *m) { oscillators_advance(m, 2, 0); }
#endif
#include "../monitor_end.h"
