#include "../../Sources/CKernels/f64.h"
#pragma STDC FP_CONTRACT OFF

#define DN_VECTOR_BYTES 16
#define ELEMENTARY elementary_base_f64
#include "elementary_real.h"
