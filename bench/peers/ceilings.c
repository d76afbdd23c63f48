// What this core can do at most: fused multiply-adds from registers, and fed by one load each. Compiled with -O3 for this
// CPU. An edge of a network costs, per vector of steps, one load from anywhere and one fused multiply-add: the rate of
// unaligned loads from L1, or from L2, is the roof over a delayed sum.
#include <stddef.h>

// Independent accumulators: more than latency times throughput of the multiply-add units, and with two operands no more
// than AVX2's sixteen registers.
#define CHAINS 12

#define BITS 256
#define NAME(name) name##_256
#include "ceilings_width.h"
#undef BITS
#undef NAME

#define BITS 512
#define NAME(name) name##_512
#include "ceilings_width.h"
