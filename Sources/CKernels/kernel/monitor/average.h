// Means over m steps.
//
// A monitor file says what it is and how many numbers it keeps for each state and node, and defines for one state's row of nodes,
// elements begin ... end - 1: advance, which sees the state after a step, changes what is kept, and where a column ends writes
// it; advance_vjp, which goes backwards over the same steps and adds to the state's cotangent; advance_jvp, advance of tangents.
#define DN_MONITOR average
#define DN_MONITOR_TITLE "Mean over m steps"
#define DN_MONITOR_SOURCE ""
#define DN_MONITOR_MEMORY 1
#define DN_MONITOR_PERIODIC 0

#if DN_PASS == DN_PASS_KERNELS
// memory: the sum since the last column.
static void average_advance(const dn_monitor_step *m) {
  scale_add(m->end - m->begin, 1, m->state + m->begin, m->memory + m->begin);
  if (!m->ends) return;
  for (ptrdiff_t i = m->begin; i < m->end; i += VL) {
    vec_store_aligned(m->column + i, vec_load_aligned(m->memory + i) / (DN_REAL)m->every);
    vec_store_aligned(m->memory + i, vec_splat(0));
  }
}
// memory: the cotangent of each state that the column met last is a mean of; zero before one is met.
static void average_advance_vjp(const dn_monitor_step_vjp *m) {
  for (ptrdiff_t i = m->begin; i < m->end && m->ends; i += VL)
    vec_store_aligned(m->memory + i, vec_load_aligned(m->column + i) / (DN_REAL)m->every);
  scale_add(m->end - m->begin, 1, m->memory + m->begin, m->state + m->begin);
}
static void average_advance_jvp(const dn_monitor_step *m) { average_advance(m); }
#endif
#include "../monitor_end.h"
