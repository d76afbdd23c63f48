// Every registered model's kernels for one instruction set and precision, and their table. Included by kernel/all.h.
#define M(name) K(DN_JOIN(DN_MODEL, name))
// dn_step_f32 and so on: the structs of internal.h.
#define DN_NAME_OF(name) DN_JOIN(name, DN_REAL_SUFFIX)
#define DN_JOIN_(a, b) a##_##b
#define DN_JOIN(a, b) DN_JOIN_(a, b)

// Every loop over the model's variables is unrolled: the vectors stay in registers.
#define DN_EACH(k, count) _Pragma("clang loop unroll(full)") for (int k = 0; k < (count); k++)

#define DN_PASS_DESCRIBE 0
#define DN_PASS_LIST 1
#define DN_PASS_KERNELS 2
#define DN_PASS_TABLE 3

#define DN_PASS DN_PASS_KERNELS
#include "../models.def"
#undef DN_PASS

static const DN_NAME_OF(dn_model_kernels) K(models)[] = {
#define DN_PASS DN_PASS_TABLE
#include "../models.def"
#undef DN_PASS
};

#undef DN_EACH
#undef DN_NAME_OF
#undef DN_JOIN
#undef DN_JOIN_
#undef M
