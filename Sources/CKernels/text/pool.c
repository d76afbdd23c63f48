// Memory of models that are read from text.
#include "pool.h"

#define DN_POOL_BLOCK 65536
#define DN_POOL_ALIGNMENT 16

void *dn_pool_take(dn_pool *pool, ptrdiff_t count, size_t size) {
  size_t bytes;
  if (count < 0 || __builtin_mul_overflow((size_t)count, size, &bytes) || bytes > SIZE_MAX / 2) return NULL;
  bytes = (bytes + DN_POOL_ALIGNMENT - 1) / DN_POOL_ALIGNMENT * DN_POOL_ALIGNMENT;
  const size_t head = (sizeof(dn_pool_block) + DN_POOL_ALIGNMENT - 1) / DN_POOL_ALIGNMENT * DN_POOL_ALIGNMENT;
  if (!pool->blocks || pool->size - pool->used < bytes) {
    const size_t wanted = head + (bytes > DN_POOL_BLOCK - head ? bytes : DN_POOL_BLOCK - head);
    dn_pool_block *block = dn_allocate(&pool->allocator, wanted);
    if (!block) return NULL;
    block->next = pool->blocks;
    pool->blocks = block;
    pool->used = head;
    pool->size = wanted;
  }
  void *memory = (char *)pool->blocks + pool->used;
  pool->used += bytes;
  return memset(memory, 0, bytes);
}

void dn_pool_release(dn_pool *pool) {
  while (pool->blocks) {
    dn_pool_block *next = pool->blocks->next;
    dn_release(&pool->allocator, pool->blocks);
    pool->blocks = next;
  }
}
