// Included by each elementary_*.c, which defines DN_VECTOR_BYTES and ELEMENTARY.
#include "../../Sources/CKernels/kernel/vec.h"
#include "../../Sources/CKernels/kernel/math.h"
#include "../../Sources/CKernels/kernel/functions.h"
#include "elementary.h"

void ELEMENTARY(const DN_REAL *x, const DN_REAL *y, ptrdiff_t count, DN_REAL *const out[OUTPUTS]) {
  for (ptrdiff_t n = 0; n < count; n += VL) {
    const vec v = vec_load(x + n);
    vec sine, cosine, slope, exprel_slope;
    vec_sincos(v, &sine, &cosine);
    const vec level = vec_logistic_slope(v, &slope), exprel = vec_exprel_slope(v, &exprel_slope);
    vec_store(out[EXP] + n, vec_exp(v));
    vec_store(out[LOGISTIC] + n, level);
    vec_store(out[SLOPE] + n, slope);
    vec_store(out[SIN] + n, sine);
    vec_store(out[COS] + n, cosine);
    vec_store(out[TAN] + n, vec_tan(v));
    vec_store(out[WRAP] + n, vec_wrap(v));
    vec_store(out[LOG] + n, vec_log(v));
    vec_store(out[LN] + n, vec_ln(v));
    vec_store(out[EXPM1] + n, vec_expm1(v));
    vec_store(out[SINH] + n, vec_sinh(v));
    vec_store(out[COSH] + n, vec_cosh(v));
    vec_store(out[TANH] + n, vec_tanh(v));
    vec_store(out[EXPREL] + n, exprel);
    vec_store(out[EXPREL_SLOPE] + n, exprel_slope);
    vec_store(out[ATAN] + n, vec_atan(v));
    vec_store(out[ERF] + n, vec_erf(v));
    vec_store(out[ERFC] + n, vec_erfc(v));
    vec_store(out[POWER] + n, vec_power(v, vec_load(y + n)));
    vec_store(out[SIGN] + n, vec_sign(v));
  }
}
