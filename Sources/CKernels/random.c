// Random numbers: keys, and the public fills on the best instruction set of this CPU.
#include "internal.h"

// One element of the stream, as in kernel/random.h: keys are made one at a time.
static dn_key threefry(dn_key key, uint64_t n) {
  static const uint32_t rotation[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  const uint32_t words[3] = {key.word[0], key.word[1], key.word[0] ^ key.word[1] ^ 0x1BD11BDAu};
  uint32_t b0 = (uint32_t)(n >> 32) + words[0], b1 = (uint32_t)n + words[1];
  for (uint32_t group = 0; group < 5; group++) {
    for (int round = 0; round < 4; round++) {
      const uint32_t left = rotation[group % 2][round];
      b0 += b1;
      b1 = (b1 << left | b1 >> (32 - left)) ^ b0;
    }
    b0 += words[(group + 1) % 3];
    b1 += words[(group + 2) % 3] + group + 1;
  }
  return (dn_key){{b0, b1}};
}

dn_key dn_key_create(uint64_t seed) { return (dn_key){{(uint32_t)(seed >> 32), (uint32_t)seed}}; }

// threefry(key, key(data)), and key(data) is data's own two words.
dn_key dn_key_fold_in(dn_key key, uint64_t data) { return threefry(key, data); }

void dn_key_split(dn_key key, uint64_t first, ptrdiff_t count, dn_key *out) {
  for (ptrdiff_t k = 0; k < count; k++) out[k] = threefry(key, first + (uint64_t)k);
}

extern const dn_random_kernels dn_random_base;
#if defined(__x86_64__)
extern const dn_random_kernels dn_random_avx2, dn_random_avx512;
#endif

const dn_random_kernels *dn_random_kernels_of(dn_isa isa) {
  if (isa == DN_ISA_AUTO) isa = dn_isa_best();
  if (!dn_isa_available(isa)) return NULL;
  switch (isa) {
    case DN_ISA_BASE: return &dn_random_base;
#if defined(__x86_64__)
    case DN_ISA_AVX2: return &dn_random_avx2;
    case DN_ISA_AVX512: return &dn_random_avx512;
#endif
    default: return NULL;
  }
}

static const dn_random_kernels *best(void) { return dn_random_kernels_of(DN_ISA_AUTO); }

void dn_random_bits_u32(dn_key key, uint64_t first, ptrdiff_t count, uint32_t *out) {
  best()->bits_u32(key, first, count, out);
}
void dn_random_bits_u64(dn_key key, uint64_t first, ptrdiff_t count, uint64_t *out) {
  best()->bits_u64(key, first, count, out);
}
void dn_random_uniform_f32(dn_key key, uint64_t first, ptrdiff_t count, float lo, float hi, float *out) {
  best()->uniform_f32(key, first, count, lo, hi, out);
}
void dn_random_uniform_f64(dn_key key, uint64_t first, ptrdiff_t count, double lo, double hi, double *out) {
  best()->uniform_f64(key, first, count, lo, hi, out);
}
void dn_random_integers_i32(dn_key key, uint64_t first, ptrdiff_t count, int32_t lo, int32_t hi, int32_t *out) {
  best()->integers_i32(key, first, count, lo, hi, out);
}
void dn_random_integers_i64(dn_key key, uint64_t first, ptrdiff_t count, int64_t lo, int64_t hi, int64_t *out) {
  best()->integers_i64(key, first, count, lo, hi, out);
}
void dn_random_normal_f32(dn_key key, uint64_t first, ptrdiff_t count, float *out) {
  best()->normal_f32(key, first, count, out);
}
void dn_random_normal_f64(dn_key key, uint64_t first, ptrdiff_t count, double *out) {
  best()->normal_f64(key, first, count, out);
}
