// What the C files share: the plan, the workspace, and the tables through which drivers call kernels.
//
// Letters: N nodes, E edges, B columns of a block, i target, j source, e edge, t step, k position in a plan's edge order.
#ifndef DN_INTERNAL_H
#define DN_INTERNAL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "delaynet.h"

#define DN_INLINE static inline __attribute__((always_inline))

// ---- Kernel tables -------------------------------------------------------------------------------------------------

// Random fills: the public functions of the same names, on one instruction set.
typedef struct dn_random_kernels {
  void (*bits_u32)(dn_key key, uint64_t first, ptrdiff_t count, uint32_t *out);
  void (*bits_u64)(dn_key key, uint64_t first, ptrdiff_t count, uint64_t *out);
  void (*uniform_f32)(dn_key key, uint64_t first, ptrdiff_t count, float lo, float hi, float *out);
  void (*uniform_f64)(dn_key key, uint64_t first, ptrdiff_t count, double lo, double hi, double *out);
  void (*integers_i32)(dn_key key, uint64_t first, ptrdiff_t count, int32_t lo, int32_t hi, int32_t *out);
  void (*integers_i64)(dn_key key, uint64_t first, ptrdiff_t count, int64_t lo, int64_t hi, int64_t *out);
  void (*normal_f32)(dn_key key, uint64_t first, ptrdiff_t count, float *out);
  void (*normal_f64)(dn_key key, uint64_t first, ptrdiff_t count, double *out);
} dn_random_kernels;

// NULL when this CPU or this build lacks the instruction set.
const dn_random_kernels *dn_random_kernels_of(dn_isa isa);

#endif
