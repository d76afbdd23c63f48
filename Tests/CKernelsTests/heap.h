// An allocator that counts, fails on demand, and is as unhelpful as malloc may be.
#ifndef DN_HEAP_H
#define DN_HEAP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "delaynet.h"

typedef struct heap {
  long asked;    // allocations so far
  long fail_at;  // this one fails, counted from 0; -1: none
  bool fail_on;  // and all after it
  long failed;
  long live;
  size_t live_bytes;
  bool wrong;  // called from another thread, or released what was not allocated
  pthread_t caller;
} heap;

typedef struct heap_block {
  uint64_t mark;
  size_t bytes;
} heap_block;
#define HEAP_MARK 0x626C6F636B5F6F6Bu

// Aligned to 16 bytes and not to more, filled with NaNs; nothing for no bytes.
static inline void *heap_allocate(void *context, size_t bytes) {
  heap *h = context;
  h->wrong |= !pthread_equal(h->caller, pthread_self());
  bool fails = h->fail_at >= 0 && (h->fail_on ? h->asked >= h->fail_at : h->asked == h->fail_at);
  h->asked++;
  h->failed += fails;
  if (fails || bytes == 0) return NULL;
  char *memory = aligned_alloc(64, (bytes + sizeof(heap_block) + 127) / 64 * 64);
  if (!memory) return NULL;
  *(heap_block *)memory = (heap_block){HEAP_MARK, bytes};
  memset(memory + sizeof(heap_block), 0xFF, bytes);
  h->live++;
  h->live_bytes += bytes;
  return memory + sizeof(heap_block);
}

static inline void heap_release(void *context, void *memory) {
  heap *h = context;
  h->wrong |= !pthread_equal(h->caller, pthread_self()) || !memory;
  if (!memory) return;
  heap_block *b = (heap_block *)((char *)memory - sizeof(heap_block));
  if (b->mark != HEAP_MARK) {
    h->wrong = true;
    return;
  }
  b->mark = 0;
  h->live--;
  h->live_bytes -= b->bytes;
  memset(memory, 0xFF, b->bytes);
  free(b);
}

static inline heap heap_make(void) { return (heap){.fail_at = -1, .caller = pthread_self()}; }
static inline dn_allocator heap_allocator(heap *h) { return (dn_allocator){heap_allocate, heap_release, h}; }
static inline void heap_fail(heap *h, long at, bool on) {
  h->asked = h->failed = 0;
  h->fail_at = at;
  h->fail_on = on;
}

#endif
