// Tapes: their memory, and how a run is cut into stretches under a budget.
//
// With L levels of m pieces over stretches of K steps, m^L K >= T: each level computes the run once more, and costs m - 1
// marks. Griewank, Walther, Evaluating Derivatives (2008), section 12.2: multilevel checkpointing.
#include "tape.h"

dn_status dn_tape_create(size_t budget, const dn_allocator *allocator, dn_tape **tape) {
  static const dn_allocator standard;
  if (!tape) return DN_NULL_POINTER;
  *tape = NULL;
  if (!allocator) allocator = &standard;
  if (!allocator->allocate != !allocator->release) return DN_BAD_OPTION;
  dn_tape *made = dn_allocate(allocator, sizeof *made);
  if (!made) return DN_NO_MEMORY;
  *made = (dn_tape){.allocator = *allocator, .budget = budget};
  *tape = made;
  return DN_OK;
}

void dn_tape_destroy(dn_tape *tape) {
  if (!tape) return;
  const dn_allocator allocator = tape->allocator;
  dn_release(&allocator, tape->memory);
  dn_release(&allocator, tape);
}

// What is not a number has a status of its own.
static bool same_number(double a, double b) { return a == b || !isfinite(a) || !isfinite(b); }

bool dn_recorded_same(const dn_recorded *a, const dn_recorded *b) {
  return a->plan == b->plan && a->model == b->model && a->scheme == b->scheme && a->stage == b->stage &&
         a->coupling_kind == b->coupling_kind && a->key.word[0] == b->key.word[0] && a->key.word[1] == b->key.word[1] &&
         a->member == b->member && a->first_step == b->first_step && a->monitors == b->monitors &&
         a->inputs == b->inputs && a->steps == b->steps && a->time_step == b->time_step &&
         same_number(a->coupling, b->coupling) && a->real == b->real;
}

dn_status dn_tape_reserve(dn_tape *tape, size_t bytes) {
  if (bytes <= tape->capacity) return DN_OK;
  dn_release(&tape->allocator, tape->memory);
  tape->capacity = 0;
  tape->memory = dn_allocate(&tape->allocator, bytes);
  if (!tape->memory) return DN_NO_MEMORY;
  tape->capacity = bytes;
  return DN_OK;
}

void dn_tape_describe(const dn_tape *tape, dn_tape_report *report) {
  const dn_layout *layout = &tape->layout;
  *report = (dn_tape_report){.bytes = layout->bytes,
                             .levels = layout->levels,
                             .checkpoints = layout->levels * (layout->pieces - 1),
                             .segment = layout->segment,
                             .recomputed = (int64_t)layout->levels * tape->recorded.steps};
}

ptrdiff_t dn_layout_piece(const dn_layout *layout, int32_t level) {
  ptrdiff_t steps = layout->segment;
  for (int32_t l = 0; l < level; l++)
    if (__builtin_mul_overflow(steps, layout->pieces, &steps)) return PTRDIFF_MAX;
  return steps;
}

// a + b c; PTRDIFF_MAX, which no memory is large enough for, where that is more.
static size_t add_times(size_t a, size_t b, size_t c) {
  size_t sum;
  return __builtin_mul_overflow(b, c, &sum) || __builtin_add_overflow(sum, a, &sum) || sum > PTRDIFF_MAX ? PTRDIFF_MAX
                                                                                                         : sum;
}

// The fewest pieces, two or more, whose levels hold T steps: by doubling and bisection, since T may be any number.
static ptrdiff_t fewest_pieces(dn_layout cut, ptrdiff_t steps) {
  ptrdiff_t few = 1, enough = 2;
  for (cut.pieces = enough; dn_layout_piece(&cut, cut.levels) < steps; cut.pieces = enough) {
    few = enough;
    enough = enough > PTRDIFF_MAX / 2 ? PTRDIFF_MAX : 2 * enough;
  }
  while (enough - few > 1) {
    cut.pieces = few + (enough - few) / 2;
    if (dn_layout_piece(&cut, cut.levels) < steps) few = cut.pieces;
    else enough = cut.pieces;
  }
  return enough;
}

dn_status dn_layout_choose(dn_layout *layout, size_t budget, ptrdiff_t steps, ptrdiff_t block, size_t record_step,
                           size_t record_base, size_t *least) {
  const size_t fixed = layout->fixed_bytes, mark = layout->mark_bytes;
  layout->levels = 0;
  layout->segment = steps;
  layout->pieces = 1;
  layout->record_bytes = add_times(record_base, (size_t)steps, record_step);
  layout->bytes = add_times(fixed, layout->record_bytes, 1);
  if (least) *least = layout->bytes;
  else if (budget == 0 || layout->bytes <= budget) return DN_OK;
  for (int32_t levels = 1; levels <= DN_TAPE_LEVELS; levels++) {
    dn_layout best = {.bytes = SIZE_MAX};
    for (ptrdiff_t segment = block; segment < steps; segment *= 2) {
      dn_layout cut = {.levels = levels,
                       .segment = segment,
                       .record_bytes = add_times(record_base, (size_t)segment, record_step),
                       .mark_bytes = mark,
                       .fixed_bytes = fixed};
      cut.pieces = fewest_pieces(cut, steps);
      cut.bytes =
          add_times(add_times(fixed, cut.record_bytes, 1), add_times(0, (size_t)levels, (size_t)cut.pieces - 1), mark);
      if (cut.bytes < best.bytes) best = cut;
      if (segment > PTRDIFF_MAX / 2) break;
    }
    if (least) {
      if (best.bytes < *least) *least = best.bytes;
    } else if (best.bytes <= budget) {
      *layout = best;
      return DN_OK;
    }
  }
  return least ? DN_OK : DN_BUDGET_TOO_SMALL;
}
