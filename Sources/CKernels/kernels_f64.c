// The kernels of each instruction set in double precision, and the random fills of numbers of 64 bits.
#include "f64.h"

#include "kernel/choose.h"

void dn_random_bits_u64(dn_key key, uint64_t first, ptrdiff_t count, uint64_t *out) {
  best()->bits(key, first, count, out);
}
void dn_random_integers_i64(dn_key key, uint64_t first, ptrdiff_t count, int64_t lo, int64_t hi, int64_t *out) {
  best()->integers(key, first, count, lo, hi, out);
}
