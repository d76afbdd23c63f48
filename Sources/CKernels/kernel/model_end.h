// The end of every model file: makes of its definitions what the pass over the register asks for, and undefines them.
#if DN_PASS == DN_PASS_DESCRIBE
extern const struct dn_model_kernels_f32 DN_MODEL_TABLE(base_f32);
extern const struct dn_model_kernels_f64 DN_MODEL_TABLE(base_f64);
#if defined(__x86_64__)
extern const struct dn_model_kernels_f32 DN_MODEL_TABLE(avx2_f32), DN_MODEL_TABLE(avx512_f32);
extern const struct dn_model_kernels_f64 DN_MODEL_TABLE(avx2_f64), DN_MODEL_TABLE(avx512_f64);
#endif
static const dn_implementation M(implementation) = {
    .gain = M(gains),
    .kernels_f32[DN_ISA_BASE] = &DN_MODEL_TABLE(base_f32),
    .kernels_f64[DN_ISA_BASE] = &DN_MODEL_TABLE(base_f64),
#if defined(__x86_64__)
    .kernels_f32[DN_ISA_AVX2] = &DN_MODEL_TABLE(avx2_f32),
    .kernels_f64[DN_ISA_AVX2] = &DN_MODEL_TABLE(avx2_f64),
    .kernels_f32[DN_ISA_AVX512] = &DN_MODEL_TABLE(avx512_f32),
    .kernels_f64[DN_ISA_AVX512] = &DN_MODEL_TABLE(avx512_f64),
#endif
};
extern const char DN_JOIN(dn_text, DN_MODEL)[];
static const dn_model M(model) = {
    .name = DN_TEXT(DN_MODEL),
    .title = DN_TITLE,
    .source = DN_SOURCE,
    .states = DN_STATES,
    .couplings = DN_COUPLINGS,
    .parameters = DN_PARAMETERS,
    .state = M(state),
    .coupling = M(coupling),
    .parameter = M(parameter),
    .implementation = &M(implementation),
    .text = DN_JOIN(dn_text, DN_MODEL),
};

#elif DN_PASS == DN_PASS_LIST
&M(model),

#elif DN_PASS == DN_PASS_KERNELS
#include "scheme/step.h"
#include "scheme/predictor.h"
#include "../schemes.def"
static const dn_scheme_kernels M(schemes)[] = {
#undef DN_PASS
#define DN_PASS DN_PASS_TABLE
#include "../schemes.def"
#undef DN_PASS
#define DN_PASS DN_PASS_KERNELS
};
extern const dn_model_kernels DN_TABLE(DN_JOIN(dn, DN_MODEL));
const dn_model_kernels DN_TABLE(DN_JOIN(dn, DN_MODEL)) = {
    .scheme = M(schemes),
    .observe = M(observe_rows),
    .observe_vjp = M(observe_vjp_row),
    .observe_jvp = M(observe_jvp_row),
};
#endif

#undef DN_MODEL
#undef DN_TITLE
#undef DN_SOURCE
#undef DN_STATE_LIST
#undef DN_COUPLING_LIST
#undef DN_PARAMETER_LIST
#undef DN_OBSERVED_FROM
#undef DN_ONE
#undef DN_STATES
#undef DN_COUPLINGS
#undef DN_PARAMETERS
