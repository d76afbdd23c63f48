// The kernels of each instruction set in single precision, and the random fills of numbers of 32 bits.
#include "f32.h"

#include "kernel/choose.h"

void dn_random_bits_u32(dn_key key, uint64_t first, ptrdiff_t count, uint32_t *out) {
  best()->bits(key, first, count, out);
}
void dn_random_integers_i32(dn_key key, uint64_t first, ptrdiff_t count, int32_t lo, int32_t hi, int32_t *out) {
  best()->integers(key, first, count, lo, hi, out);
}
