// Every kernel for one instruction set in one precision, and the table through which drivers call them. Included once by each
// file in isa/, which defines DN_ISA and DN_VECTOR_BYTES and has pushed the target.
#define DN_TABLE(name) DN_NAME(DN_JOIN(name, DN_ISA))

#include "vec.h"
#include "math.h"
#include "functions.h"
#include "rows.h"
#include "coupling.h"
#include "lanes.h"
#include "network.h"
#include "models.h"
#include "text.h"
#include "monitors.h"
#if DN_REAL_IS_FLOAT
#include "random_32.h"
#else
#include "random_64.h"
#endif
#include "table_fill.h"
