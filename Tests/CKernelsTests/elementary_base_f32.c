#include "../../Sources/CKernels/f32.h"
#pragma STDC FP_CONTRACT OFF

#define DN_VECTOR_BYTES 16
#define ELEMENTARY elementary_base_f32
#include "elementary_real.h"
