// Memory: the caller's allocator, arenas that are counted before they are cut, and the workspace that runs reuse.
#include <stdlib.h>

#include "internal.h"

void *dn_allocate(const dn_allocator *allocator, size_t bytes) {
  return allocator->allocate ? allocator->allocate(allocator->context, bytes) : malloc(bytes);
}

void dn_release(const dn_allocator *allocator, void *memory) {
  if (!memory) return;
  if (allocator->release) allocator->release(allocator->context, memory);
  else free(memory);
}

void *dn_arena_take(dn_arena *arena, ptrdiff_t count, size_t size) {
  size_t bytes, end;
  if (count < 0 || __builtin_mul_overflow((size_t)count, size, &bytes) ||
      __builtin_add_overflow(bytes, (size_t)DN_CACHE_LINE - 1, &bytes) ||
      __builtin_add_overflow(arena->used, bytes & ~(size_t)(DN_CACHE_LINE - 1), &end)) {
    arena->overflow = true;
    return NULL;
  }
  void *taken = arena->base ? arena->base + arena->used : NULL;
  arena->used = end;
  return taken;
}

dn_status dn_workspace_create(const dn_plan *plan, dn_workspace **workspace) {
  if (!workspace) return DN_NULL_POINTER;
  *workspace = NULL;
  if (!plan) return DN_NULL_POINTER;
  dn_workspace *made = dn_allocate(&plan->allocator, sizeof *made);
  if (!made) return DN_NO_MEMORY;
  *made = (dn_workspace){.plan = plan};
  *workspace = made;
  return DN_OK;
}

void dn_workspace_destroy(dn_workspace *workspace) {
  if (!workspace) return;
  const dn_allocator allocator = workspace->plan->allocator;
  dn_release(&allocator, workspace->memory);
  dn_release(&allocator, workspace);
}

dn_status dn_workspace_reserve(dn_workspace *workspace, size_t bytes) {
  if (bytes <= workspace->bytes) return DN_OK;
  const dn_allocator *allocator = &workspace->plan->allocator;
  dn_release(allocator, workspace->memory);
  workspace->bytes = 0;
  workspace->memory = dn_allocate(allocator, bytes);
  if (!workspace->memory) return DN_NO_MEMORY;
  workspace->bytes = bytes;
  return DN_OK;
}
