// Random fills for one instruction set: JAX's default generator. Included once by kernel/all.h, after vec.h and math.h for
// both precisions.
//
//   (b0, b1) = threefry(key, n)     n the element's index, 64 bits
//   32 random bits b0 ^ b1, 64 random bits b0 << 32 | b1
//
// Threefry-2x32 with 20 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
// Every element is computed from its index alone and by the same instructions, wherever it falls in a vector or a tail:
// the bits depend neither on the vector's width nor on how an array is cut.

#define R(name) DN_PASTE2(name##_, DN_ISA_SUFFIX)
#define F32(name) DN_PASTE3(name, f32, DN_ISA_SUFFIX)
#define F64(name) DN_PASTE3(name, f64, DN_ISA_SUFFIX)

// A vector holds LANES elements of 32 bits or LANES / 2 of 64.
#define LANES ((int)(DN_VECTOR_BYTES / 4))
// Vectors in flight: one vector's rounds are a chain of 60 dependent instructions.
#define UNROLL 4

typedef uint32_t R(u32) __attribute__((ext_vector_type(DN_VECTOR_BYTES / 4)));
typedef uint32_t R(u32_half) __attribute__((ext_vector_type(DN_VECTOR_BYTES / 8)));
typedef uint64_t R(u64) __attribute__((ext_vector_type(DN_VECTOR_BYTES / 8)));
typedef uint32_t R(u32_unaligned) __attribute__((ext_vector_type(DN_VECTOR_BYTES / 4), aligned(4)));
typedef uint64_t R(u64_unaligned) __attribute__((ext_vector_type(DN_VECTOR_BYTES / 8), aligned(8)));

DN_INLINE void R(store_u32)(void *p, R(u32) v) { *(R(u32_unaligned) *)p = v; }
DN_INLINE void R(store_u64)(void *p, R(u64) v) { *(R(u64_unaligned) *)p = v; }

// ---- Threefry ------------------------------------------------------------------------------------------------------

// The two words of elements first ... first + vectors * LANES - 1.
DN_INLINE void R(threefry)(dn_key key, uint64_t first, int vectors, R(u32) * b0, R(u32) * b1) {
  static const uint32_t ROTATION[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  const uint32_t words[3] = {key.word[0], key.word[1], key.word[0] ^ key.word[1] ^ 0x1BD11BDAu};
  R(u32) lane;
#pragma clang loop unroll(full)
  for (int l = 0; l < LANES; l++) lane[l] = (uint32_t)l;
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    uint64_t n = first + (uint64_t)(v * LANES);
    R(u32) low = lane + (uint32_t)n;
    // The comparison is -1 in the lanes whose index has passed a multiple of 2^32.
    R(u32) high = (uint32_t)(n >> 32) - (R(u32))(low < (R(u32))((uint32_t)n));
    b0[v] = high + words[0];
    b1[v] = low + words[1];
  }
#pragma clang loop unroll(full)
  for (int group = 0; group < 5; group++) {
#pragma clang loop unroll(full)
    for (int round = 0; round < 4; round++) {
      const uint32_t left = ROTATION[group % 2][round];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) {
        b0[v] += b1[v];
        b1[v] = (b1[v] << left | b1[v] >> (32 - left)) ^ b0[v];
      }
    }
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      b0[v] += words[(group + 1) % 3];
      b1[v] += words[(group + 2) % 3] + (uint32_t)(group + 1);
    }
  }
}

// 64 random bits of the elements in the lower and the upper half of a vector.
DN_INLINE R(u64) R(bits_low)(R(u32) b0, R(u32) b1) {
  return __builtin_convertvector(b0.lo, R(u64)) << 32 | __builtin_convertvector(b1.lo, R(u64));
}
DN_INLINE R(u64) R(bits_high)(R(u32) b0, R(u32) b1) {
  return __builtin_convertvector(b0.hi, R(u64)) << 32 | __builtin_convertvector(b1.hi, R(u64));
}

// ---- Distributions -------------------------------------------------------------------------------------------------

// k 2^-23 and k 2^-52: random bits in the mantissa of a number in [1, 2), minus 1.
DN_INLINE F32(vec) R(unit_f32)(R(u32) bits) { return (F32(vec))(bits >> 9 | 0x3f800000u) - 1.0f; }
DN_INLINE F64(vec) R(unit_f64)(R(u64) bits) { return (F64(vec))(bits >> 12 | 0x3ff0000000000000u) - 1.0; }

// XLA contracts f * (hi - lo) + lo into one fused multiply-add on every CPU that has it.
DN_INLINE F32(vec) R(between_f32)(R(u32) bits, float lo, float hi) {
  F32(vec) u = F32(fma)(R(unit_f32)(bits), F32(splat)(hi - lo), F32(splat)(lo));
  return u < lo ? F32(splat)(lo) : u;
}
DN_INLINE F64(vec) R(between_f64)(R(u64) bits, double lo, double hi) {
  F64(vec) u = F64(fma)(R(unit_f64)(bits), F64(splat)(hi - lo), F64(splat)(lo));
  return u < lo ? F64(splat)(lo) : u;
}

// sqrt(2) erfinv(u), u uniform in [nextafter(-1, 0), 1); hi - lo rounds to 2, so that u >= lo needs no maximum.
DN_INLINE void R(to_normals_f32)(const R(u32) bits[], int vectors, float *out) {
  F32(vec) u[UNROLL], w[UNROLL], p[UNROLL];
  F32(mask) tail = {0};
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    u[v] = F32(fma)(R(unit_f32)(bits[v]), F32(splat)(2.0f), F32(splat)(-0x1.fffffep-1f));
    p[v] = F32(erfinv_centre)(u[v], &w[v]);
    tail |= F32(erfinv_in_tail)(w[v]);
  }
  if (__builtin_expect(F32(any)(tail), 0)) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) p[v] = F32(erfinv_with_tail)(w[v], p[v]);
  }
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) F32(store)(out + v * LANES, p[v] * u[v] * 0x1.6a09e6p0f);
}
DN_INLINE F64(vec) R(to_normal_f64)(R(u64) bits) {
  F64(vec) u = F64(fma)(R(unit_f64)(bits), F64(splat)(2.0), F64(splat)(-0x1.fffffffffffffp-1));
  return F64(erfinv)(u) * 0x1.6a09e667f3bcdp0;
}

// Remainders by an invariant divisor: Granlund and Montgomery, "Division by invariant integers using multiplication",
// PLDI 1994, figure 4.1; every divisor from 1 to the largest.
typedef struct {
  uint32_t divisor, multiplier, shift1, shift2;
} R(divider_u32);
typedef struct {
  uint64_t divisor, multiplier, shift1, shift2;
} R(divider_u64);

DN_INLINE R(divider_u32) R(divider_create_u32)(uint32_t divisor) {
  const int bits = divisor > 1 ? 32 - __builtin_clz(divisor - 1) : 0;  // ceil(log2(divisor))
  const uint64_t excess = ((uint64_t)1 << bits) - divisor;
  const uint32_t multiplier = (uint32_t)((excess << 32) / divisor + 1);
  return (R(divider_u32)){divisor, multiplier, bits > 0, bits > 0 ? (uint32_t)bits - 1 : 0};
}
DN_INLINE R(divider_u64) R(divider_create_u64)(uint64_t divisor) {
  const int bits = divisor > 1 ? 64 - __builtin_clzll(divisor - 1) : 0;
  const unsigned __int128 excess = ((unsigned __int128)1 << bits) - divisor;
  const uint64_t multiplier = (uint64_t)((excess << 64) / divisor + 1);
  return (R(divider_u64)){divisor, multiplier, bits > 0, bits > 0 ? (uint64_t)bits - 1 : 0};
}

// The upper half of the product. Even and odd lanes apart: each product of 32 bits by 32 has a lane of 64 to itself.
DN_INLINE R(u32) R(multiply_high_u32)(R(u32) x, uint32_t y) {
  R(u64) pairs = (R(u64))x;
  R(u64) even = (pairs & 0xffffffffu) * (uint64_t)y;
  R(u64) odd = (pairs >> 32) * (uint64_t)y;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "lanes are taken apart in little-endian order"
#endif
  return (R(u32))(even >> 32 | (odd & 0xffffffff00000000u));
}
DN_INLINE R(u64) R(multiply_high_u64)(R(u64) x, uint64_t y) {
  const uint64_t y0 = y & 0xffffffffu, y1 = y >> 32;
  R(u64) x0 = x & 0xffffffffu, x1 = x >> 32;
  R(u64) middle = x1 * y0 + (x0 * y0 >> 32);
  R(u64) other = x0 * y1 + (middle & 0xffffffffu);
  return x1 * y1 + (middle >> 32) + (other >> 32);
}
DN_INLINE R(u32) R(remainder_u32)(R(u32) x, R(divider_u32) by) {
  R(u32) high = R(multiply_high_u32)(x, by.multiplier);
  return x - ((high + ((x - high) >> by.shift1)) >> by.shift2) * by.divisor;
}
DN_INLINE R(u64) R(remainder_u64)(R(u64) x, R(divider_u64) by) {
  R(u64) high = R(multiply_high_u64)(x, by.multiplier);
  return x - ((high + ((x - high) >> by.shift1)) >> by.shift2) * by.divisor;
}

// ---- Fills ---------------------------------------------------------------------------------------------------------

// Fills `out` by BLOCK(first, vectors, destination), which writes vectors * LANES elements. What is left at the end is
// computed vector by vector like the rest, in full, and copied as far as it is asked for.
#define DN_FILL(TYPE, BLOCK)                                                                               \
  for (; count >= UNROLL * LANES; count -= UNROLL * LANES, first += UNROLL * LANES, out += UNROLL * LANES) \
    BLOCK(first, UNROLL, out);                                                                             \
  for (; count > 0; count -= LANES, first += LANES, out += LANES) {                                        \
    TYPE whole[LANES];                                                                                     \
    BLOCK(first, 1, whole);                                                                                \
    memcpy(out, whole, (size_t)(count < LANES ? count : LANES) * sizeof(TYPE));                            \
  }

// A block whose vectors of 32 bits become VALUE(b0, b1), stored by STORE.
#define DN_BLOCK_32(STORE, VALUE)           \
  R(u32) b0[UNROLL], b1[UNROLL];            \
  R(threefry)(key, first, vectors, b0, b1); \
  _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) STORE(out + v * LANES, VALUE(b0[v] ^ b1[v]))

// The same for 64 bits: two vectors from each pair of words.
#define DN_BLOCK_64(STORE, VALUE)                                          \
  R(u32) b0[UNROLL], b1[UNROLL];                                           \
  R(threefry)(key, first, vectors, b0, b1);                                \
  _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) {   \
    STORE(out + v * LANES, VALUE(R(bits_low)(b0[v], b1[v])));              \
    STORE(out + v * LANES + LANES / 2, VALUE(R(bits_high)(b0[v], b1[v]))); \
  }

DN_INLINE void R(block_bits_u32)(dn_key key, uint64_t first, int vectors, uint32_t *out) {
#define VALUE(bits) (bits)
  DN_BLOCK_32(R(store_u32), VALUE);
#undef VALUE
}
static void R(bits_u32)(dn_key key, uint64_t first, ptrdiff_t count, uint32_t *out){
#define BLOCK(n, vectors, to) R(block_bits_u32)(key, n, vectors, to)
    DN_FILL(uint32_t, BLOCK)
#undef BLOCK
}

DN_INLINE void R(block_bits_u64)(dn_key key, uint64_t first, int vectors, uint64_t *out) {
#define VALUE(bits) (bits)
  DN_BLOCK_64(R(store_u64), VALUE)
#undef VALUE
}
static void R(bits_u64)(dn_key key, uint64_t first, ptrdiff_t count, uint64_t *out){
#define BLOCK(n, vectors, to) R(block_bits_u64)(key, n, vectors, to)
    DN_FILL(uint64_t, BLOCK)
#undef BLOCK
}

DN_INLINE void R(block_uniform_f32)(dn_key key, uint64_t first, int vectors, float lo, float hi, float *out) {
#define VALUE(bits) R(between_f32)(bits, lo, hi)
  DN_BLOCK_32(F32(store), VALUE);
#undef VALUE
}
static void R(uniform_f32)(dn_key key, uint64_t first, ptrdiff_t count, float lo, float hi, float *out){
#define BLOCK(n, vectors, to) R(block_uniform_f32)(key, n, vectors, lo, hi, to)
    DN_FILL(float, BLOCK)
#undef BLOCK
}

DN_INLINE void R(block_uniform_f64)(dn_key key, uint64_t first, int vectors, double lo, double hi, double *out) {
#define VALUE(bits) R(between_f64)(bits, lo, hi)
  DN_BLOCK_64(F64(store), VALUE)
#undef VALUE
}
static void R(uniform_f64)(dn_key key, uint64_t first, ptrdiff_t count, double lo, double hi, double *out){
#define BLOCK(n, vectors, to) R(block_uniform_f64)(key, n, vectors, lo, hi, to)
    DN_FILL(double, BLOCK)
#undef BLOCK
}

DN_INLINE void R(block_normal_f32)(dn_key key, uint64_t first, int vectors, float *out) {
  R(u32) b0[UNROLL], b1[UNROLL];
  R(threefry)(key, first, vectors, b0, b1);
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) b0[v] ^= b1[v];
  R(to_normals_f32)(b0, vectors, out);
}
static void R(normal_f32)(dn_key key, uint64_t first, ptrdiff_t count, float *out){
#define BLOCK(n, vectors, to) R(block_normal_f32)(key, n, vectors, to)
    DN_FILL(float, BLOCK)
#undef BLOCK
}

DN_INLINE void R(block_normal_f64)(dn_key key, uint64_t first, int vectors, double *out) {
  DN_BLOCK_64(F64(store), R(to_normal_f64))
}
static void R(normal_f64)(dn_key key, uint64_t first, ptrdiff_t count, double *out){
#define BLOCK(n, vectors, to) R(block_normal_f64)(key, n, vectors, to)
    DN_FILL(double, BLOCK)
#undef BLOCK
}

// The normal numbers of two consecutive steps from one draw: element n's words belong to the even and the odd step. In
// double the lower 32 bits come from a second key, so that both precisions see the same realisation.
DN_INLINE void R(block_normals_f32)(dn_key key, uint64_t first, int vectors, float *even, float *odd) {
  R(u32) b0[UNROLL], b1[UNROLL];
  R(threefry)(key, first, vectors, b0, b1);
  R(to_normals_f32)(b0, vectors, even);
  R(to_normals_f32)(b1, vectors, odd);
}
static void R(normals_f32)(dn_key key, dn_key low, uint64_t first, ptrdiff_t count, float *even, float *odd) {
  (void)low;
  ptrdiff_t i = 0;
  for (; i + UNROLL * LANES <= count; i += UNROLL * LANES)
    R(block_normals_f32)(key, first + (uint64_t)i, UNROLL, even + i, odd + i);
  for (; i + 2 * LANES <= count; i += 2 * LANES) R(block_normals_f32)(key, first + (uint64_t)i, 2, even + i, odd + i);
  for (; i < count; i += LANES) R(block_normals_f32)(key, first + (uint64_t)i, 1, even + i, odd + i);
}
static void R(normals_f64)(dn_key key, dn_key low, uint64_t first, ptrdiff_t count, double *even, double *odd) {
  for (; count > 0; count -= LANES, first += LANES, even += LANES, odd += LANES) {
    R(u32) high0, high1, low0, low1;
    R(threefry)(key, first, 1, &high0, &high1);
    R(threefry)(low, first, 1, &low0, &low1);
    F64(store)(even, R(to_normal_f64)(R(bits_low)(high0, low0)));
    F64(store)(even + LANES / 2, R(to_normal_f64)(R(bits_high)(high0, low0)));
    F64(store)(odd, R(to_normal_f64)(R(bits_low)(high1, low1)));
    F64(store)(odd + LANES / 2, R(to_normal_f64)(R(bits_high)(high1, low1)));
  }
}

// Integers in [lo, hi): the 64 (128) bits high 2^32 + low, high and low drawn with the two keys of a split, modulo hi - lo.
// The arithmetic wraps where JAX's does: a power of two takes the low bits alone.

DN_INLINE void R(key_split2)(dn_key key, dn_key *k1, dn_key *k2) {
  R(u32) b0, b1;
  R(threefry)(key, 0, 1, &b0, &b1);
  *k1 = (dn_key){{b0[0], b1[0]}};
  *k2 = (dn_key){{b0[1], b1[1]}};
}

DN_INLINE void R(block_integers_i32)(dn_key k1, dn_key k2, R(divider_u32) by, uint32_t multiplier, uint64_t first,
                                     int vectors, int32_t lo, int32_t *out) {
  R(u32) high0[UNROLL], high1[UNROLL], low0[UNROLL], low1[UNROLL];
  R(threefry)(k1, first, vectors, high0, high1);
  R(threefry)(k2, first, vectors, low0, low1);
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    R(u32) high = R(remainder_u32)(high0[v] ^ high1[v], by), low = R(remainder_u32)(low0[v] ^ low1[v], by);
    R(store_u32)(out + v * LANES, R(remainder_u32)(high * multiplier + low, by) + (uint32_t)lo);
  }
}
static void R(integers_i32)(dn_key key, uint64_t first, ptrdiff_t count, int32_t lo, int32_t hi, int32_t *out) {
  dn_key k1, k2;
  R(key_split2)(key, &k1, &k2);
  const uint32_t span = hi > lo ? (uint32_t)hi - (uint32_t)lo : 1;
  const uint32_t root = ((uint32_t)1 << 16) % span, multiplier = root * root % span;
  const R(divider_u32) by = R(divider_create_u32)(span);
#define BLOCK(n, vectors, to) R(block_integers_i32)(k1, k2, by, multiplier, n, vectors, lo, to)
  DN_FILL(int32_t, BLOCK)
#undef BLOCK
}

DN_INLINE R(u64) R(combine_u64)(R(u64) high, R(u64) low, R(divider_u64) by, uint64_t multiplier, int64_t lo) {
  R(u64) sum = R(remainder_u64)(high, by) * multiplier + R(remainder_u64)(low, by);
  return R(remainder_u64)(sum, by) + (uint64_t)lo;
}
DN_INLINE void R(block_integers_i64)(dn_key k1, dn_key k2, R(divider_u64) by, uint64_t multiplier, uint64_t first,
                                     int vectors, int64_t lo, int64_t *out) {
  R(u32) high0[UNROLL], high1[UNROLL], low0[UNROLL], low1[UNROLL];
  R(threefry)(k1, first, vectors, high0, high1);
  R(threefry)(k2, first, vectors, low0, low1);
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    R(store_u64)
    (out + v * LANES,
     R(combine_u64)(R(bits_low)(high0[v], high1[v]), R(bits_low)(low0[v], low1[v]), by, multiplier, lo));
    R(store_u64)
    (out + v * LANES + LANES / 2,
     R(combine_u64)(R(bits_high)(high0[v], high1[v]), R(bits_high)(low0[v], low1[v]), by, multiplier, lo));
  }
}
static void R(integers_i64)(dn_key key, uint64_t first, ptrdiff_t count, int64_t lo, int64_t hi, int64_t *out) {
  dn_key k1, k2;
  R(key_split2)(key, &k1, &k2);
  const uint64_t span = hi > lo ? (uint64_t)hi - (uint64_t)lo : 1;
  const uint64_t root = ((uint64_t)1 << 32) % span, multiplier = root * root % span;
  const R(divider_u64) by = R(divider_create_u64)(span);
#define BLOCK(n, vectors, to) R(block_integers_i64)(k1, k2, by, multiplier, n, vectors, lo, to)
  DN_FILL(int64_t, BLOCK)
#undef BLOCK
}

const dn_random_kernels R(dn_random) = {
    .bits_u32 = R(bits_u32),
    .bits_u64 = R(bits_u64),
    .uniform_f32 = R(uniform_f32),
    .uniform_f64 = R(uniform_f64),
    .integers_i32 = R(integers_i32),
    .integers_i64 = R(integers_i64),
    .normal_f32 = R(normal_f32),
    .normal_f64 = R(normal_f64),
};

#undef DN_BLOCK_64
#undef DN_BLOCK_32
#undef DN_FILL
#undef UNROLL
#undef LANES
#undef F64
#undef F32
#undef R
