// The states themselves at every m-th step.
#define DN_MONITOR subsample
#define DN_MONITOR_TITLE "Every m-th step"
#define DN_MONITOR_SOURCE ""
#define DN_MONITOR_MEMORY 0
#define DN_MONITOR_PERIODIC 1

#if DN_PASS == DN_PASS_KERNELS
static void subsample_advance(const dn_monitor_step *m) {
  if (m->ends) memcpy(m->column + m->begin, m->state + m->begin, (size_t)(m->end - m->begin) * sizeof *m->column);
}
static void subsample_advance_vjp(const dn_monitor_step_vjp *m) {
  if (m->ends) scale_add(m->end - m->begin, 1, m->column + m->begin, m->state + m->begin);
}
static void subsample_advance_jvp(const dn_monitor_step *m) { subsample_advance(m); }
#endif
#include "../monitor_end.h"
