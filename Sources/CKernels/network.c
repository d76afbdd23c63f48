// Networks of neural masses: a block's delayed sums by the delay map's recursion, node dynamics at its leaves; the same
// read backwards for the adjoint. One text for float and double.
//
//   network/arrays.h   a run's private arrays, noise, delayed sums of a block
//   network/pass.h     forward, step by step
//   network/adjoint.h  backward, step by step
//   network/tangent.h  a run beside its derivative
//   network/drive.h    the calls: checks, memory, the order of passes
#include <stdlib.h>

#include "call.h"
#include "tape.h"

#define DN_REAL float
#define DN_NAME(name) name##_f32
#include "network/arrays.h"
#include "network/pass.h"
#include "network/adjoint.h"
#include "network/tangent.h"
#include "network/drive.h"
#undef DN_REAL
#undef DN_NAME

#define DN_REAL double
#define DN_NAME(name) name##_f64
#include "network/arrays.h"
#include "network/pass.h"
#include "network/adjoint.h"
#include "network/tangent.h"
#include "network/drive.h"
#undef DN_REAL
#undef DN_NAME
