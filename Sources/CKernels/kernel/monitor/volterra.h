// BOLD by the first Volterra kernel of the balloon model: B = k_1 V_0 (sum of h u - 1),
//
//   h(t) = e^{-t / (2 tau_s)} sin(w t) / (3 w),   w^2 = 1 / tau_f - 1 / (4 tau_s^2)
//
// as The Virtual Brain has it (its FirstOrderVolterra), t in seconds.
#define DN_MONITOR volterra
#define DN_MONITOR_TITLE "BOLD, first Volterra kernel"
#define DN_MONITOR_SOURCE "Friston, Mechelli, Turner, Price, Nonlinear responses in fMRI, NeuroImage 12, 466-477 (2000)"
#define DN_MONITOR_MEMORY 5
#define DN_MONITOR_PERIODIC 0
#define DN_MONITOR_INTERIM

#if DN_PASS == DN_PASS_DESCRIBE
static const dn_model_parameter volterra_parameters[] = {
    {"tau_s", "τₛ", "s", "decay of the signal; 4 τₛ² > τ_f, so that it oscillates", 0.8, 0.3, 2.0},
    {"tau_f", "τ_f", "s²", "feedback of the flow", 0.4, 0.1, 2.0},
    {"k_1", "k₁", "", "coefficient of the first kernel", 5.6, 1.0, 10.0},
    {"V_0", "V₀", "", "blood volume at rest, as a fraction", 0.02, 0.01, 0.05},
};
static int32_t volterra_prepare(const double *p, double interim, double *c) {
  if (!(p[0] > 0)) return 0;
  const double square = 1 / p[1] - 1 / (4 * p[0] * p[0]);
  if (!(p[1] > 0 && square > 0)) return 1;
  const double w = sqrt(square);
  c[0] = -p[2] * p[3];
  damped_turn(-interim / (2 * p[0]), w * interim, &c[1], &c[2]);
  c[3] = p[2] * p[3] / (3 * w);
  return -1;
}
#elif DN_PASS == DN_PASS_KERNELS
static void volterra_advance(const dn_monitor_step *m) { oscillators_advance(m, 1, m->constants[0]); }
static void volterra_advance_vjp(const dn_monitor_step_vjp *m) { oscillators_advance_vjp(m, 1); }
static void volterra_advance_jvp(const dn_monitor_step *m) { oscillators_advance(m, 1, 0); }
#endif
#include "../monitor_end.h"
