// Every registered monitor's kernels for one instruction set in one precision. Included by all.h behind network.h.
#include "gain.h"
#include "haemodynamics.h"
#include "passes.h"
#include "plain.h"

#define DN_PASS DN_PASS_KERNELS
#include "../monitors.def"
#undef DN_PASS

static const dn_monitor_kernels monitors[] = {
#define DN_PASS DN_PASS_TABLE
#include "../monitors.def"
#undef DN_PASS
};
