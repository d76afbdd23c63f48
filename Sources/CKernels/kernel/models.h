// Every registered model's kernels for one instruction set in one precision. Included by all.h.
#define M(name) DN_JOIN(DN_MODEL, name)
#define AT(name) M(at_##name)
#define DN_LET_STATE(name, ...) const vec name __attribute__((unused)) = s[AT(name)];
#define DN_LET_COUPLING(name, ...) const vec c_##name __attribute__((unused)) = c[AT(c_##name)];
#define DN_LET_PARAMETER(name, ...) const vec name __attribute__((unused)) = p[AT(name)];
#define DN_LET_PARAMETERS DN_PARAMETER_LIST(DN_LET_PARAMETER)
#define DN_LET_OBSERVED DN_STATE_LIST(DN_LET_STATE) DN_LET_PARAMETERS
#define DN_LET DN_LET_OBSERVED DN_COUPLING_LIST(DN_LET_COUPLING)

// Every loop over the model's variables is unrolled: the vectors stay in registers.
#define DN_EACH(k, count) _Pragma("clang loop unroll(full)") for (int k = 0; k < (count); k++)

#define DN_PASS_DESCRIBE 0
#define DN_PASS_LIST 1
#define DN_PASS_KERNELS 2
#define DN_PASS DN_PASS_KERNELS
#include "../models.def"

#undef DN_EACH
#undef DN_LET
#undef DN_LET_OBSERVED
#undef DN_LET_PARAMETERS
#undef DN_LET_STATE
#undef DN_LET_COUPLING
#undef DN_LET_PARAMETER
#undef AT
#undef M
