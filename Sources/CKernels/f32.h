// Single precision. A translation unit has one: what it defines for itself has plain names, and only what other files
// see ends in _f32.
#ifndef DN_PRECISION_H
#define DN_PRECISION_H

#include "internal.h"
#include "text/model.h"

#define DN_REAL float
#define DN_REAL_IS_FLOAT 1
#define DN_WORD uint32_t  // as many random bits as fit into a number
#define DN_INTEGER int32_t
#define DN_NAME(name) DN_JOIN(name, f32)

#include "kernel/table.h"

#endif
