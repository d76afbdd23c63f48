// Memory that is taken piece by piece and given back at once.
#ifndef DN_TEXT_POOL_H
#define DN_TEXT_POOL_H

#include "../internal.h"

typedef struct dn_pool_block {
  struct dn_pool_block *next;
} dn_pool_block;

typedef struct dn_pool {
  dn_allocator allocator;
  dn_pool_block *blocks;
  size_t used, size;  // of the newest block
} dn_pool;

// `count` elements of `size` bytes, all zero, aligned to 16; NULL when there is no memory.
void *dn_pool_take(dn_pool *pool, ptrdiff_t count, size_t size);
void dn_pool_release(dn_pool *pool);

#endif
