// Keys of random numbers; the fills are in kernels_f32.c and kernels_f64.c.
#include "internal.h"

// One element of the stream, as in kernel/threefry.h: keys are made one at a time.
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
