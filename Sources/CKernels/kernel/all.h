// Every kernel for one instruction set, in both precisions, and the table through which drivers call them.
// Included once by each file in isa/, which defines DN_ISA_SUFFIX and DN_VECTOR_BYTES and has pushed the target.

#define DN_PASTE3_(a, b, c) a##_##b##_##c
#define DN_PASTE3(a, b, c) DN_PASTE3_(a, b, c)
#define K(name) DN_PASTE3(name, DN_REAL_SUFFIX, DN_ISA_SUFFIX)

#define DN_REAL float
#define DN_REAL_SUFFIX f32
#include "vec.h"
#include "math.h"
#include "rows.h"
#include "coupling.h"
#include "lanes.h"
#include "table_fill.h"
#include "network.h"
#include "models.h"
#undef VL
#undef DN_REAL
#undef DN_REAL_SUFFIX

#define DN_REAL double
#define DN_REAL_SUFFIX f64
#include "vec.h"
#include "math.h"
#include "rows.h"
#include "coupling.h"
#include "lanes.h"
#include "table_fill.h"
#include "network.h"
#include "models.h"
#undef VL
#undef DN_REAL
#undef DN_REAL_SUFFIX

#include "random.h"

#define DN_REAL float
#define DN_REAL_SUFFIX f32
#include "network_fill.h"
#undef DN_REAL
#undef DN_REAL_SUFFIX

#define DN_REAL double
#define DN_REAL_SUFFIX f64
#include "network_fill.h"
#undef DN_REAL
#undef DN_REAL_SUFFIX

#undef K
