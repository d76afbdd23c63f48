// Sensors: y = L (mean of the states over m steps), less one row of it or the mean over its rows. Lead fields of EEG, MEG and
// sEEG, masks of regions, the global mean. Its node's part is that of an average: the driver multiplies the mean by L where a
// column ends, when all workers have theirs, and the column's cotangent by L transposed.
#define DN_MONITOR projection
#define DN_MONITOR_TITLE "Gain matrix times mean over m steps"
#define DN_MONITOR_SOURCE ""
#define DN_MONITOR_MEMORY 1
#define DN_MONITOR_PERIODIC 0
#define DN_MONITOR_PROJECTS

#if DN_PASS == DN_PASS_KERNELS
static void projection_advance(const dn_monitor_step *m) { average_advance(m); }
static void projection_advance_vjp(const dn_monitor_step_vjp *m) { average_advance_vjp(m); }
static void projection_advance_jvp(const dn_monitor_step *m) { average_advance_jvp(m); }
#endif
#include "../monitor_end.h"
