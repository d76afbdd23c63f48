// What every call that runs a plan does around the numbers: checks arrays, forms a team of threads, reports progress,
// collects where something went wrong. Knows no precision.
#ifndef DN_CALL_H
#define DN_CALL_H

#include "internal.h"

// ---- Arrays of a call ----------------------------------------------------------------------------------------------

// One array as bytes: `rows` rows of `row_bytes`, `stride_bytes` apart.
typedef struct dn_view {
  const char *memory;
  ptrdiff_t rows, row_bytes, stride_bytes;
  bool written;
  int8_t twin;  // views of one run with the same twin > 0 may be the same array (same pointer and stride)
  ptrdiff_t run;
} dn_view;

// Views of one run: counted, and kept where there is room for them.
typedef struct dn_views {
  dn_view *view;  // NULL: they are only counted
  ptrdiff_t count;
  ptrdiff_t run;
  dn_status status;  // the first mistake found while adding
} dn_views;

typedef enum dn_need { DN_OPTIONAL, DN_REQUIRED } dn_need;

// Adds a (rows, columns) array. Mistakes: NULL where required and not empty, a stride below columns, sizes that overflow.
void dn_views_add(dn_views *views, const void *memory, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, size_t size,
                  dn_need need, bool written, int8_t twin);

// DN_OVERLAP when a written view meets another one. Sorts `view`. O(count log count) unless many arrays interleave.
dn_status dn_views_check(dn_view *view, ptrdiff_t count, ptrdiff_t *run);

// ---- A call --------------------------------------------------------------------------------------------------------

// Where a thread, or a run, went wrong. `step` counts from the run's first step, in the order in which the run visits
// them; -1 where no step is meant, and `edge` or `node` (-1: not it) tells which sum is meant.
typedef struct dn_outcome {
  dn_status status;
  ptrdiff_t node;
  ptrdiff_t step;
  ptrdiff_t edge;
  int32_t state, parameter;                                               // -1: none
  int32_t monitor;                                                        // of DN_NOT_FINITE_MONITOR
  char pad[DN_CACHE_LINE - 4 * sizeof(ptrdiff_t) - 3 * sizeof(int32_t)];  // a line each: threads write side by side
} dn_outcome;

typedef struct dn_call {
  const dn_plan *plan;
  dn_progress progress;
  void *context;
  int64_t total;
  int64_t reported;  // what the last call of `progress` was told
  _Atomic int64_t done;
  _Atomic bool cancelled;
  // Of the team that shares a run: how many have come to the present meeting, and how many meetings there were.
  _Atomic int32_t arrived;
  _Atomic uint32_t meetings;
} dn_call;

// One thread's part of one run: rank of size threads.
typedef struct dn_worker {
  int32_t rank, size;
  int32_t slot;  // which of the call's arenas is this run's
  bool caller;   // this is the thread that made the call
  dn_call *call;
  dn_outcome *outcomes;  // (size)
} dn_worker;

// Waits until every worker of the run is here.
void dn_wait(const dn_worker *worker);

// Called by every worker at a block's end, with what it found in it: waits for the others, and returns the earliest
// mistake of all (the same for every worker). Rank 0 counts the `steps` of the block and reports progress first.
dn_outcome dn_block_end(const dn_worker *worker, dn_outcome mine, ptrdiff_t steps);

// The same without progress and cancellation.
dn_outcome dn_agree(const dn_worker *worker, dn_outcome mine);

// ranges of [0, count) for one worker
static inline ptrdiff_t dn_share_begin(const dn_worker *worker, ptrdiff_t count) {
  return count * worker->rank / worker->size;
}
static inline ptrdiff_t dn_share_end(const dn_worker *worker, ptrdiff_t count) {
  return count * (worker->rank + 1) / worker->size;
}

// The threads that a call of the delay map with `runs` runs and `steps` steps in all will use.
int32_t dn_call_threads(const dn_plan *plan, const dn_run_options *options, ptrdiff_t runs, double steps);

// Runs `work` for every run: one run by a team of `threads` workers, or several runs with one worker each.
// outcomes: (threads) shared by the team of one run; results: (runs), the outcome of each.
typedef void (*dn_work)(void *context, ptrdiff_t run, const dn_worker *worker, dn_outcome *result);
void dn_call_run(dn_call *call, int32_t threads, ptrdiff_t runs, dn_work work, void *context, dn_outcome *outcomes,
                 dn_outcome *results);

// ---- What surrounds a call's numbers -------------------------------------------------------------------------------

// A call of R runs: its threads, the memory it works in, how each run ended.
typedef struct dn_frame {
  dn_call call;
  ptrdiff_t runs;
  int32_t threads;
  ptrdiff_t views;                 // arrays of all runs
  dn_workspace *workspace, *own;   // own: made for this call
  size_t arena_bytes;              // what one run works in
  char *arenas;                    // one, or one a thread where there are several runs
  dn_outcome *outcomes, *results;  // (threads), (R)
  int64_t *clamps;                 // (threads)
} dn_frame;

// Adds the arrays of a run to views, or sets their status.
typedef void (*dn_check)(const void *context, ptrdiff_t run, dn_views *views);

// Sets the place of a mistake of a run as a whole, or (-1) of a call; returns its status.
dn_status dn_finish(dn_place *place, dn_status status, ptrdiff_t run);

// The first steps of every call: the numbers that no run is asked for.
dn_status dn_frame_begin(dn_frame *frame, const dn_plan *plan, ptrdiff_t runs, const dn_run_options *options);

// Looks at a run's arrays by themselves, and counts them and its steps.
dn_status dn_frame_count(dn_frame *frame, dn_check check, const void *context, ptrdiff_t run, int64_t steps);

// Makes the workspace large enough, cuts it, and holds all arrays against each other. `threads` and `arena_bytes` are known.
dn_status dn_frame_open(dn_frame *frame, const dn_run_options *options, dn_check check, const void *context,
                        dn_place *place);

// A run's own memory, for the worker that works on it.
static inline dn_arena dn_frame_arena(const dn_frame *frame, const dn_worker *worker) {
  return (dn_arena){.base = frame->arenas + (size_t)worker->slot * frame->arena_bytes};
}

// Runs `work` for every run, and returns the outcome that decides the call's, of `run`: the first mistake, or a cancellation
// where there is none.
dn_outcome dn_frame_run(dn_frame *frame, dn_work work, void *context, ptrdiff_t *run);

// Releases what the call made for itself.
void dn_frame_close(dn_frame *frame);

#endif
