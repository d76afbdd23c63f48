// Included by each elementary_*.c, which defines DN_VECTOR_BYTES and ELEMENTARY.
#include "../../Sources/CKernels/kernel/vec.h"
#include "../../Sources/CKernels/kernel/math.h"
#include "elementary.h"

void ELEMENTARY(const DN_REAL *x, ptrdiff_t count, DN_REAL *const out[OUTPUTS]) {
  for (ptrdiff_t n = 0; n < count; n += VL) {
    const vec v = vec_load(x + n);
    vec sine, cosine, slope;
    vec_sincos(v, &sine, &cosine);
    const vec level = vec_logistic_slope(v, &slope);
    vec_store(out[EXP] + n, vec_exp(v));
    vec_store(out[LOGISTIC] + n, level);
    vec_store(out[SLOPE] + n, slope);
    vec_store(out[SIN] + n, sine);
    vec_store(out[COS] + n, cosine);
    vec_store(out[WRAP] + n, vec_wrap(v));
    vec_store(out[LOG] + n, vec_log(v));
  }
}
