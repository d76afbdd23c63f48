// What dn_network_run leaves for dn_network_vjp: the recorded run, or marks from which stretches are computed again.
#ifndef DN_TAPE_H
#define DN_TAPE_H

#include "internal.h"

#define DN_TAPE_LEVELS 12

// How a run of T steps is cut. Level 0: a stretch of `segment` steps is recorded. Level l: `pieces` pieces of level l - 1,
// with marks at the starts of all but the first. Every piece but the first ends a multiple of its length before T.
typedef struct dn_layout {
  int32_t levels;
  ptrdiff_t segment;
  ptrdiff_t pieces;
  size_t record_bytes, mark_bytes;  // of one stretch, of one mark
  size_t fixed_bytes;               // of everything that does not depend on the cut
  size_t bytes;                     // of all
} dn_layout;

// What a run is known by again without reading its arrays: everything of a primal that is not the values of an array.
typedef struct dn_recorded {
  const dn_plan *plan;
  const dn_model *model;
  dn_scheme scheme;
  dn_stage stage;
  dn_coupling_kind coupling_kind;
  dn_key key;
  uint64_t member;
  int64_t first_step;
  ptrdiff_t steps;
  double time_step, coupling;
  size_t real;                // bytes of a number
  uint64_t inputs, monitors;  // hashes of what they are
} dn_recorded;

struct dn_tape {
  dn_allocator allocator;
  size_t budget;
  char *memory;
  size_t capacity;
  dn_layout layout;
  dn_recorded recorded;  // the run that it holds
  ptrdiff_t run;         // of the call that has it
  bool finished;
};

// FNV-1a of numbers, and where it begins.
#define DN_HASH 0xcbf29ce484222325u
static inline void dn_hash(uint64_t *hash, uint64_t number) {
  for (int32_t byte = 0; byte < 8; byte++) *hash = (*hash ^ (number >> 8 * byte & 255)) * 0x100000001b3u;
}

bool dn_recorded_same(const dn_recorded *a, const dn_recorded *b);

// Makes the tape's memory `bytes` large.
dn_status dn_tape_reserve(dn_tape *tape, size_t bytes);

// The steps of a piece of `level` (0: a segment).
ptrdiff_t dn_layout_piece(const dn_layout *layout, int32_t level);

// Chooses a cut for T steps in blocks of B under a budget (0: none). `record_step`, `record_base`: bytes of a stretch's
// step, and of what it has besides. The fewest levels that fit; among their cuts the smallest. DN_BUDGET_TOO_SMALL when
// none fits. least: NULL or the smallest size of all cuts.
dn_status dn_layout_choose(dn_layout *layout, size_t budget, ptrdiff_t steps, ptrdiff_t block, size_t record_step,
                           size_t record_base, size_t *least);

#endif
