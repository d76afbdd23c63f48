// Random fills in double precision: numbers of 64 bits, two vectors from each pair of vectors of words. Included by all.h behind
// math.h; see threefry.h.
#include "threefry.h"

DN_INLINE void store_bits(void *p, u64 v) { *(u64_unaligned *)p = v; }

// 64 random bits of the elements in the lower and the upper half of a vector.
DN_INLINE u64 bits_low(u32 b0, u32 b1) {
  return __builtin_convertvector(b0.lo, u64) << 32 | __builtin_convertvector(b1.lo, u64);
}
DN_INLINE u64 bits_high(u32 b0, u32 b1) {
  return __builtin_convertvector(b0.hi, u64) << 32 | __builtin_convertvector(b1.hi, u64);
}

// ---- Distributions -------------------------------------------------------------------------------------------------

// k 2^-52, as in random_32.h.
DN_INLINE vec unit(u64 bits) { return (vec)(bits >> 12 | 0x3ff0000000000000u) - 1.0; }

// XLA contracts f * (hi - lo) + lo into one fused multiply-add on every CPU that has it.
DN_INLINE vec between(u64 bits, double lo, double hi) {
  vec u = vec_fma(unit(bits), vec_splat(hi - lo), vec_splat(lo));
  return u < lo ? vec_splat(lo) : u;
}

// sqrt(2) erfinv(u), as in random_32.h.
DN_INLINE vec to_normal(u64 bits) {
  vec u = vec_fma(unit(bits), vec_splat(2.0), vec_splat(-0x1.fffffffffffffp-1));
  return vec_erfinv(u) * 0x1.6a09e667f3bcdp0;
}

// Remainders by an invariant divisor, as in random_32.h.
typedef struct {
  uint64_t divisor, multiplier, shift1, shift2;
} divider;

DN_INLINE divider divider_create(uint64_t divisor) {
  const int bits = divisor > 1 ? 64 - __builtin_clzll(divisor - 1) : 0;
  const unsigned __int128 excess = ((unsigned __int128)1 << bits) - divisor;
  const uint64_t multiplier = (uint64_t)((excess << 64) / divisor + 1);
  return (divider){divisor, multiplier, bits > 0, bits > 0 ? (uint64_t)bits - 1 : 0};
}

DN_INLINE u64 multiply_high(u64 x, uint64_t y) {
  const uint64_t y0 = y & 0xffffffffu, y1 = y >> 32;
  u64 x0 = x & 0xffffffffu, x1 = x >> 32;
  u64 middle = x1 * y0 + (x0 * y0 >> 32);
  u64 other = x0 * y1 + (middle & 0xffffffffu);
  return x1 * y1 + (middle >> 32) + (other >> 32);
}
DN_INLINE u64 modulo(u64 x, divider by) {
  u64 high = multiply_high(x, by.multiplier);
  return x - ((high + ((x - high) >> by.shift1)) >> by.shift2) * by.divisor;
}

// ---- Fills ---------------------------------------------------------------------------------------------------------

// A block whose vectors of `bits` become VALUE, stored by STORE.
#define DN_BLOCK_64(STORE, VALUE)                                                              \
  u32 b0[UNROLL], b1[UNROLL];                                                                  \
  threefry(key, first, vectors, b0, b1);                                                       \
  _Pragma("clang loop unroll(full)") for (int v = 0; v < 2 * vectors; v++) {                   \
    const u64 bits = v % 2 ? bits_high(b0[v / 2], b1[v / 2]) : bits_low(b0[v / 2], b1[v / 2]); \
    STORE(out + v * (LANES / 2), VALUE);                                                       \
  }

DN_INLINE void block_bits(dn_key key, uint64_t first, int vectors, uint64_t *out) { DN_BLOCK_64(store_bits, bits) }
static void random_bits(dn_key key, uint64_t first, ptrdiff_t count,
                        uint64_t *out){DN_FILL(uint64_t, block_bits(key, first, vectors, to))}

DN_INLINE void block_uniform(dn_key key, uint64_t first, int vectors, double lo, double hi, double *out) {
  DN_BLOCK_64(vec_store, between(bits, lo, hi))
}
static void random_uniform(dn_key key, uint64_t first, ptrdiff_t count, double lo, double hi,
                           double *out){DN_FILL(double, block_uniform(key, first, vectors, lo, hi, to))}

DN_INLINE void block_normal(dn_key key, uint64_t first, int vectors, double *out) {
  DN_BLOCK_64(vec_store, to_normal(bits))
}
static void random_normal(dn_key key, uint64_t first, ptrdiff_t count, double *out) {
  DN_FILL(double, block_normal(key, first, vectors, to))
}

// The normal numbers of two consecutive steps, as in random_32.h; the lower 32 bits come from a second key.
static void random_normals(dn_key key, dn_key low, uint64_t first, ptrdiff_t count, double *even, double *odd) {
  for (; count > 0; count -= LANES, first += LANES, even += LANES, odd += LANES) {
    u32 high0, high1, low0, low1;
    threefry(key, first, 1, &high0, &high1);
    threefry(low, first, 1, &low0, &low1);
    vec_store(even, to_normal(bits_low(high0, low0)));
    vec_store(even + LANES / 2, to_normal(bits_high(high0, low0)));
    vec_store(odd, to_normal(bits_low(high1, low1)));
    vec_store(odd + LANES / 2, to_normal(bits_high(high1, low1)));
  }
}

// Integers in [lo, hi), as in random_32.h.
DN_INLINE u64 combine(u64 high, u64 low, divider by, uint64_t multiplier, int64_t lo) {
  u64 sum = modulo(high, by) * multiplier + modulo(low, by);
  return modulo(sum, by) + (uint64_t)lo;
}
DN_INLINE void block_integers(dn_key k1, dn_key k2, divider by, uint64_t multiplier, uint64_t first, int vectors,
                              int64_t lo, int64_t *out) {
  u32 high0[UNROLL], high1[UNROLL], low0[UNROLL], low1[UNROLL];
  threefry(k1, first, vectors, high0, high1);
  threefry(k2, first, vectors, low0, low1);
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    store_bits(out + v * LANES, combine(bits_low(high0[v], high1[v]), bits_low(low0[v], low1[v]), by, multiplier, lo));
    store_bits(out + v * LANES + LANES / 2,
               combine(bits_high(high0[v], high1[v]), bits_high(low0[v], low1[v]), by, multiplier, lo));
  }
}
static void random_integers(dn_key key, uint64_t first, ptrdiff_t count, int64_t lo, int64_t hi, int64_t *out) {
  dn_key k1, k2;
  key_split2(key, &k1, &k2);
  const uint64_t span = hi > lo ? (uint64_t)hi - (uint64_t)lo : 1;
  const uint64_t root = ((uint64_t)1 << 32) % span, multiplier = root * root % span;
  const divider by = divider_create(span);
  DN_FILL(int64_t, block_integers(k1, k2, by, multiplier, first, vectors, lo, to))
}

#undef DN_BLOCK_64
#undef DN_FILL
#undef UNROLL
#undef LANES
