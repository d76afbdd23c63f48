// Random words for one instruction set: JAX's default generator. Included by random_32.h and random_64.h.
//
//   (b0, b1) = threefry(key, n)     n the element's index, 64 bits
//   32 random bits b0 ^ b1, 64 random bits b0 << 32 | b1
//
// Threefry-2x32 with 20 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
// Every element is computed from its index alone and by the same instructions, wherever it falls in a vector or a tail:
// the bits depend neither on the vector's width nor on how an array is cut.

// A vector holds LANES elements of 32 bits or LANES / 2 of 64.
#define LANES ((int)(DN_VECTOR_BYTES / 4))
// Vectors in flight: one vector's rounds are a chain of 60 dependent instructions.
#define UNROLL 4

typedef uint32_t u32 __attribute__((ext_vector_type(DN_VECTOR_BYTES / 4)));
typedef uint64_t u64 __attribute__((ext_vector_type(DN_VECTOR_BYTES / 8)));
typedef uint32_t u32_unaligned __attribute__((ext_vector_type(DN_VECTOR_BYTES / 4), aligned(4)));
typedef uint64_t u64_unaligned __attribute__((ext_vector_type(DN_VECTOR_BYTES / 8), aligned(8)));

// The two words of elements first ... first + vectors * LANES - 1.
DN_INLINE void threefry(dn_key key, uint64_t first, int vectors, u32 *b0, u32 *b1) {
  static const uint32_t ROTATION[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  const uint32_t words[3] = {key.word[0], key.word[1], key.word[0] ^ key.word[1] ^ 0x1BD11BDAu};
  u32 lane;
#pragma clang loop unroll(full)
  for (int l = 0; l < LANES; l++) lane[l] = (uint32_t)l;
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    uint64_t n = first + (uint64_t)(v * LANES);
    u32 low = lane + (uint32_t)n;
    // The comparison is -1 in the lanes whose index has passed a multiple of 2^32.
    u32 high = (uint32_t)(n >> 32) - (u32)(low < (u32)((uint32_t)n));
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

DN_INLINE void key_split2(dn_key key, dn_key *k1, dn_key *k2) {
  u32 b0, b1;
  threefry(key, 0, 1, &b0, &b1);
  *k1 = (dn_key){{b0[0], b1[0]}};
  *k2 = (dn_key){{b0[1], b1[1]}};
}

// ---- Fills ---------------------------------------------------------------------------------------------------------

// Fills `out`: BLOCK writes vectors * LANES elements from number `first` on to `to`. What is left at the end is computed
// vector by vector like the rest, in full, and copied as far as it is asked for.
#define DN_FILL(TYPE, BLOCK)                                                                                 \
  for (; count >= UNROLL * LANES; count -= UNROLL * LANES, first += UNROLL * LANES, out += UNROLL * LANES) { \
    enum { vectors = UNROLL };                                                                               \
    TYPE *to = out;                                                                                          \
    BLOCK;                                                                                                   \
  }                                                                                                          \
  for (; count > 0; count -= LANES, first += LANES, out += LANES) {                                          \
    enum { vectors = 1 };                                                                                    \
    TYPE to[LANES];                                                                                          \
    BLOCK;                                                                                                   \
    memcpy(out, to, (size_t)(count < LANES ? count : LANES) * sizeof(TYPE));                                 \
  }
