// Random fills in single precision: numbers of 32 bits. Included by all.h behind math.h; see threefry.h.
#include "threefry.h"

DN_INLINE void store_bits(void *p, u32 v) { *(u32_unaligned *)p = v; }

// ---- Distributions -------------------------------------------------------------------------------------------------

// k 2^-23: random bits in the mantissa of a number in [1, 2), minus 1.
DN_INLINE vec unit(u32 bits) { return (vec)(bits >> 9 | 0x3f800000u) - 1.0f; }

// XLA contracts f * (hi - lo) + lo into one fused multiply-add on every CPU that has it.
DN_INLINE vec between(u32 bits, float lo, float hi) {
  vec u = vec_fma(unit(bits), vec_splat(hi - lo), vec_splat(lo));
  return u < lo ? vec_splat(lo) : u;
}

// sqrt(2) erfinv(u), u uniform in [nextafter(-1, 0), 1); hi - lo rounds to 2, so that u >= lo needs no maximum.
DN_INLINE void to_normals(const u32 bits[], int vectors, float *out) {
  vec u[UNROLL], w[UNROLL], p[UNROLL];
  vec_mask tail = {0};
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    u[v] = vec_fma(unit(bits[v]), vec_splat(2.0f), vec_splat(-0x1.fffffep-1f));
    p[v] = erfinv_centre(u[v], &w[v]);
    tail |= erfinv_in_tail(w[v]);
  }
  if (__builtin_expect(any(tail), 0)) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) p[v] = erfinv_with_tail(w[v], p[v]);
  }
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) vec_store(out + v * LANES, p[v] * u[v] * 0x1.6a09e6p0f);
}

// Remainders by an invariant divisor: Granlund and Montgomery, "Division by invariant integers using multiplication",
// PLDI 1994, figure 4.1; every divisor from 1 to the largest.
typedef struct {
  uint32_t divisor, multiplier, shift1, shift2;
} divider;

DN_INLINE divider divider_create(uint32_t divisor) {
  const int bits = divisor > 1 ? 32 - __builtin_clz(divisor - 1) : 0;  // ceil(log2(divisor))
  const uint64_t excess = ((uint64_t)1 << bits) - divisor;
  const uint32_t multiplier = (uint32_t)((excess << 32) / divisor + 1);
  return (divider){divisor, multiplier, bits > 0, bits > 0 ? (uint32_t)bits - 1 : 0};
}

// The upper half of the product. Even and odd lanes apart: each product of 32 bits by 32 has a lane of 64 to itself.
DN_INLINE u32 multiply_high(u32 x, uint32_t y) {
  u64 pairs = (u64)x;
  u64 even = (pairs & 0xffffffffu) * (uint64_t)y;
  u64 odd = (pairs >> 32) * (uint64_t)y;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "lanes are taken apart in little-endian order"
#endif
  return (u32)(even >> 32 | (odd & 0xffffffff00000000u));
}
DN_INLINE u32 modulo(u32 x, divider by) {
  u32 high = multiply_high(x, by.multiplier);
  return x - ((high + ((x - high) >> by.shift1)) >> by.shift2) * by.divisor;
}

// ---- Fills ---------------------------------------------------------------------------------------------------------

// A block whose vectors of `bits` become VALUE, stored by STORE.
#define DN_BLOCK_32(STORE, VALUE)                                        \
  u32 b0[UNROLL], b1[UNROLL];                                            \
  threefry(key, first, vectors, b0, b1);                                 \
  _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) { \
    const u32 bits = b0[v] ^ b1[v];                                      \
    STORE(out + v * LANES, VALUE);                                       \
  }

DN_INLINE void block_bits(dn_key key, uint64_t first, int vectors, uint32_t *out) { DN_BLOCK_32(store_bits, bits) }
static void random_bits(dn_key key, uint64_t first, ptrdiff_t count,
                        uint32_t *out){DN_FILL(uint32_t, block_bits(key, first, vectors, to))}

DN_INLINE void block_uniform(dn_key key, uint64_t first, int vectors, float lo, float hi, float *out) {
  DN_BLOCK_32(vec_store, between(bits, lo, hi))
}
static void random_uniform(dn_key key, uint64_t first, ptrdiff_t count, float lo, float hi,
                           float *out){DN_FILL(float, block_uniform(key, first, vectors, lo, hi, to))}

DN_INLINE void block_normal(dn_key key, uint64_t first, int vectors, float *out) {
  u32 b0[UNROLL], b1[UNROLL];
  threefry(key, first, vectors, b0, b1);
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) b0[v] ^= b1[v];
  to_normals(b0, vectors, out);
}
static void random_normal(dn_key key, uint64_t first, ptrdiff_t count,
                          float *out){DN_FILL(float, block_normal(key, first, vectors, to))}

// The normal numbers of two consecutive steps from one draw: element n's words belong to the even and the odd step. In
// double the lower 32 bits come from a second key, so that both precisions see the same realisation.
DN_INLINE void block_normals(dn_key key, uint64_t first, int vectors, float *even, float *odd) {
  u32 b0[UNROLL], b1[UNROLL];
  threefry(key, first, vectors, b0, b1);
  to_normals(b0, vectors, even);
  to_normals(b1, vectors, odd);
}
static void random_normals(dn_key key, dn_key low, uint64_t first, ptrdiff_t count, float *even, float *odd) {
  (void)low;
  ptrdiff_t i = 0;
  for (; i + UNROLL * LANES <= count; i += UNROLL * LANES)
    block_normals(key, first + (uint64_t)i, UNROLL, even + i, odd + i);
  for (; i + 2 * LANES <= count; i += 2 * LANES) block_normals(key, first + (uint64_t)i, 2, even + i, odd + i);
  for (; i < count; i += LANES) block_normals(key, first + (uint64_t)i, 1, even + i, odd + i);
}

// Integers in [lo, hi): the 64 (128) bits high 2^32 + low, high and low drawn with the two keys of a split, modulo hi - lo.
// The arithmetic wraps where JAX's does: a power of two takes the low bits alone.

DN_INLINE void block_integers(dn_key k1, dn_key k2, divider by, uint32_t multiplier, uint64_t first, int vectors,
                              int32_t lo, int32_t *out) {
  u32 high0[UNROLL], high1[UNROLL], low0[UNROLL], low1[UNROLL];
  threefry(k1, first, vectors, high0, high1);
  threefry(k2, first, vectors, low0, low1);
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    u32 high = modulo(high0[v] ^ high1[v], by), low = modulo(low0[v] ^ low1[v], by);
    store_bits(out + v * LANES, modulo(high * multiplier + low, by) + (uint32_t)lo);
  }
}
static void random_integers(dn_key key, uint64_t first, ptrdiff_t count, int32_t lo, int32_t hi, int32_t *out) {
  dn_key k1, k2;
  key_split2(key, &k1, &k2);
  const uint32_t span = hi > lo ? (uint32_t)hi - (uint32_t)lo : 1;
  const uint32_t root = ((uint32_t)1 << 16) % span, multiplier = root * root % span;
  const divider by = divider_create(span);
  DN_FILL(int32_t, block_integers(k1, k2, by, multiplier, first, vectors, lo, to))
}

#undef DN_BLOCK_32
#undef DN_FILL
#undef UNROLL
#undef LANES
