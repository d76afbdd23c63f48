// Double precision. A translation unit has one: what it defines for itself has plain names, and only what other files
// see ends in _f64.
#ifndef DN_PRECISION_H
#define DN_PRECISION_H

#include "internal.h"
#include "text/model.h"

#define DN_REAL double
#define DN_REAL_IS_FLOAT 0
#define DN_WORD uint64_t  // as many random bits as fit into a number
#define DN_INTEGER int64_t
#define DN_NAME(name) DN_JOIN(name, f64)

#include "kernel/table.h"

#endif
