// Array checks, teams and progress of a call. OpenMP lives here alone: clang drops a function's target attribute when it
// outlines a parallel region, so no region may stand around vector code.
#include "call.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#ifdef DN_OPENMP
// omp.h is not on clang's path where only the runtime of another LLVM is installed.
int omp_get_num_procs(void);
#endif

int32_t dn_threads_available(void) {
#ifdef DN_OPENMP
  return (int32_t)omp_get_num_procs();
#else
  return 1;
#endif
}

// ---- Arrays --------------------------------------------------------------------------------------------------------

void dn_views_add(dn_views *views, const void *memory, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, size_t size,
                  dn_need need, bool written, int8_t twin) {
  if (views->status != DN_OK) return;
  if (!memory) {
    if (need == DN_REQUIRED && rows > 0 && columns > 0) views->status = DN_NULL_POINTER;
    return;
  }
  ptrdiff_t row_bytes, stride_bytes, bytes;
  if (rows > 1 && stride < columns) {
    views->status = DN_BAD_SIZE;
  } else if (__builtin_mul_overflow(columns, (ptrdiff_t)size, &row_bytes) ||
             __builtin_mul_overflow(rows > 1 ? stride : columns, (ptrdiff_t)size, &stride_bytes) ||
             __builtin_mul_overflow(rows, stride_bytes, &bytes)) {
    views->status = DN_TOO_LARGE;
  } else if (rows > 0 && columns > 0) {
    if (views->view)
      views->view[views->count] = (dn_view){.memory = memory,
                                            .rows = rows,
                                            .row_bytes = row_bytes,
                                            .stride_bytes = stride_bytes,
                                            .written = written,
                                            .twin = twin,
                                            .run = views->run};
    views->count++;
  }
}

static uintptr_t begin_of(const dn_view *v) { return (uintptr_t)v->memory; }
static uintptr_t end_of(const dn_view *v) {
  return (uintptr_t)v->memory + (uintptr_t)((v->rows - 1) * v->stride_bytes + v->row_bytes);
}

// Whether two views whose ranges meet share an element. Arrays of equal stride may interleave: columns of one buffer.
static bool meet(const dn_view *a, const dn_view *b) {
  if (begin_of(a) > begin_of(b)) return meet(b, a);
  if (a->rows > 1 && b->rows > 1 && a->stride_bytes == b->stride_bytes) {
    const ptrdiff_t shift = (ptrdiff_t)((begin_of(b) - begin_of(a)) % (uintptr_t)a->stride_bytes);
    return shift < a->row_bytes || shift + b->row_bytes > a->stride_bytes;
  }
  if (a->rows > 1 && b->rows == 1) {
    const ptrdiff_t shift = (ptrdiff_t)((begin_of(b) - begin_of(a)) % (uintptr_t)a->stride_bytes);
    const uintptr_t next_row = begin_of(b) - (uintptr_t)shift + (uintptr_t)a->stride_bytes;
    return shift < a->row_bytes || (next_row < end_of(a) && shift + b->row_bytes > a->stride_bytes);
  }
  return true;
}

static int by_begin(const void *a, const void *b) {
  const uintptr_t x = begin_of(a), y = begin_of(b);
  return x < y ? -1 : x > y;
}

dn_status dn_views_check(dn_view *view, ptrdiff_t count, ptrdiff_t *run) {
  qsort(view, (size_t)count, sizeof *view, by_begin);
  // `first` is the first view that may still reach the current one: ends grow along `furthest`.
  for (ptrdiff_t v = 1, first = 0; v < count; v++) {
    while (first < v && end_of(&view[first]) <= begin_of(&view[v])) first++;
    for (ptrdiff_t u = first; u < v; u++) {
      const dn_view *a = &view[u], *b = &view[v];
      if (!a->written && !b->written) continue;
      if (end_of(a) <= begin_of(b)) continue;
      if (a->twin && a->twin == b->twin && a->run == b->run && a->memory == b->memory && a->rows == b->rows &&
          a->stride_bytes == b->stride_bytes)
        continue;
      if (!meet(a, b)) continue;
      *run = a->run > b->run ? a->run : b->run;
      return DN_OVERLAP;
    }
  }
  return DN_OK;
}

// ---- Teams ---------------------------------------------------------------------------------------------------------

// Teams meet every few microseconds, which OpenMP's barrier takes for itself: here the last one to arrive opens the meeting for
// those who look. Where processors are scarcer than threads they stop looking, and let others run.
void dn_wait(const dn_worker *worker) {
  if (worker->size == 1) return;
  dn_call *call = worker->call;
  const uint32_t meeting = call->meetings;
  if (++call->arrived == worker->size) {
    call->arrived = 0;
    call->meetings = meeting + 1;
    return;
  }
  for (int32_t looks = 0; atomic_load_explicit(&call->meetings, memory_order_acquire) == meeting; looks++) {
    if (looks > 100) sched_yield();
#if defined(__x86_64__)
    else __builtin_ia32_pause();
#endif
  }
}

static void report(const dn_worker *worker, ptrdiff_t steps) {
  dn_call *call = worker->call;
  const int64_t done = call->done += steps;
  if (!worker->caller || !call->progress) return;
  call->reported = done;
  if (call->progress(call->context, done, call->total) && done < call->total) call->cancelled = true;
}

dn_outcome dn_block_end(const dn_worker *worker, dn_outcome mine, ptrdiff_t steps) {
  if (worker->rank == 0) {
    if (steps > 0) report(worker, steps);
    if (mine.status == DN_OK && worker->call->cancelled) mine.status = DN_CANCELLED;
  }
  return dn_agree(worker, mine);
}

dn_outcome dn_agree(const dn_worker *worker, dn_outcome mine) {
  worker->outcomes[worker->rank] = mine;
  dn_wait(worker);
  dn_outcome first = worker->outcomes[0];
  for (int32_t r = 1; r < worker->size; r++) {
    const dn_outcome *other = &worker->outcomes[r];
    if (other->status == DN_OK) continue;
    if (first.status == DN_OK || first.status == DN_CANCELLED || other->step < first.step ||
        (other->step == first.step &&
         (other->state < first.state || (other->state == first.state && other->node < first.node))))
      first = *other;
  }
  return first;
}

int32_t dn_call_threads(const dn_plan *plan, const dn_run_options *options, ptrdiff_t runs, double steps) {
#ifdef DN_OPENMP
  int32_t wanted = options ? options->threads : 0;
  const bool chosen_here = wanted == 0;
  if (chosen_here) wanted = dn_threads_available();
  if (runs > 1) return wanted < runs ? wanted : (int32_t)runs;
  // A team costs tens of microseconds to form, and about one at each leaf of the recursion: worth it from about a
  // quarter of a million multiply-adds between two barriers on.
  if (chosen_here && ((double)plan->edges * plan->quiet < 2.5e5 || (double)plan->edges * steps < 1e7)) return 1;
  return wanted < plan->forward.sectors ? wanted : plan->forward.sectors;
#else
  (void)plan, (void)options, (void)runs, (void)steps;
  return 1;
#endif
}

void dn_call_run(dn_call *call, int32_t threads, ptrdiff_t runs, dn_work work, void *context, dn_outcome *outcomes,
                 dn_outcome *results) {
  if (threads == 1) {
    for (ptrdiff_t r = 0; r < runs; r++) {
      const dn_worker worker = {.rank = 0, .size = 1, .caller = true, .call = call, .outcomes = outcomes};
      work(context, r, &worker, &results[r]);
    }
  } else {
#ifdef DN_OPENMP
    // Ranks are counted here, not asked for by omp_get_thread_num: in a program that links another OpenMP runtime as
    // well, that name may be the other's, for whom this team does not exist and every thread has rank 0.
    _Atomic int32_t others = 0;
#pragma omp parallel num_threads(threads)
    {
      dn_outcome alone = {.status = DN_OK};
      int32_t rank = -1;
#pragma omp master
      rank = 0;
      if (rank < 0) rank = ++others;
#pragma omp barrier
      const int32_t size = others + 1;
      if (runs == 1) {
        const dn_worker worker = {.rank = rank, .size = size, .caller = rank == 0, .call = call, .outcomes = outcomes};
        work(context, 0, &worker, rank == 0 ? &results[0] : &alone);
      } else {
        const dn_worker worker = {
            .rank = 0, .size = 1, .slot = rank, .caller = rank == 0, .call = call, .outcomes = outcomes + rank};
        for (ptrdiff_t r = rank; r < runs; r += size) work(context, r, &worker, &results[r]);
      }
    }
#endif
  }
  // The calling thread may have finished its runs before the others did theirs.
  if (call->progress && call->done == call->total && call->reported < call->total)
    call->progress(call->context, call->total, call->total);
}

// ---- What surrounds a call's numbers -------------------------------------------------------------------------------

dn_status dn_finish(dn_place *place, dn_status status, ptrdiff_t run) {
  if (place)
    *place = (dn_place){
        .run = run, .edge = -1, .node = -1, .step = -1, .state = -1, .parameter = -1, .pulse = -1, .monitor = -1};
  return status;
}

dn_status dn_frame_begin(dn_frame *frame, const dn_plan *plan, ptrdiff_t runs, const dn_run_options *options) {
  *frame = (dn_frame){.runs = runs, .threads = 1};
  frame->call.plan = plan;
  if (options) frame->call.progress = options->progress;
  if (options) frame->call.context = options->context;
  if (runs < 0) return DN_BAD_SIZE;
  return options && (options->threads < 0 || options->threads > 1024) ? DN_BAD_OPTION : DN_OK;
}

dn_status dn_frame_count(dn_frame *frame, dn_check check, const void *context, ptrdiff_t run, int64_t steps) {
  dn_views views = {.run = run};
  check(context, run, &views);
  frame->views += views.count;
  if (views.status == DN_OK && __builtin_add_overflow(frame->call.total, steps, &frame->call.total))
    views.status = DN_TOO_LARGE;
  return views.status;
}

// The arrays that every call has, counted (base NULL), then cut.
static void take(dn_frame *frame, dn_arena *arena, dn_view **view) {
  frame->outcomes = dn_arena_take(arena, frame->threads, sizeof(dn_outcome));
  frame->results = dn_arena_take(arena, frame->runs, sizeof(dn_outcome));
  frame->clamps = dn_arena_take(arena, frame->threads, sizeof(int64_t));
  frame->arenas = dn_arena_take(arena, frame->runs == 1 ? 1 : frame->threads, frame->arena_bytes);
  *view = dn_arena_take(arena, frame->views, sizeof(dn_view));
}

dn_status dn_frame_open(dn_frame *frame, const dn_run_options *options, dn_check check, const void *context,
                        dn_place *place) {
  const dn_plan *plan = frame->call.plan;
  dn_view *view;
  dn_arena all = {0};
  take(frame, &all, &view);
  // Room to align the first array to a cache line.
  dn_arena_take(&all, 1, DN_CACHE_LINE);
  if (all.overflow) return dn_finish(place, DN_TOO_LARGE, -1);
  frame->workspace = options ? options->workspace : NULL;
  if (frame->workspace && frame->workspace->plan != plan) return dn_finish(place, DN_BAD_OPTION, -1);
  dn_status status = DN_OK;
  if (!frame->workspace) {
    status = dn_workspace_create(plan, &frame->own);
    frame->workspace = frame->own;
  }
  if (status == DN_OK) status = dn_workspace_reserve(frame->workspace, all.used);
  ptrdiff_t where = -1;
  if (status == DN_OK) {
    const uintptr_t memory = (uintptr_t)frame->workspace->memory;
    dn_arena cut = {.base = (char *)((memory + DN_CACHE_LINE - 1) & ~(uintptr_t)(DN_CACHE_LINE - 1))};
    take(frame, &cut, &view);
    for (ptrdiff_t r = 0, count = 0; r < frame->runs; r++) {
      dn_views views = {.view = view + count, .run = r};
      check(context, r, &views);
      count += views.count;
      frame->results[r] =
          (dn_outcome){.status = DN_OK, .node = -1, .step = -1, .edge = -1, .state = -1, .parameter = -1};
    }
    status = dn_views_check(view, frame->views, &where);
  }
  if (status == DN_OK) return DN_OK;
  dn_frame_close(frame);
  return dn_finish(place, status, where);
}

dn_outcome dn_frame_run(dn_frame *frame, dn_work work, void *context, ptrdiff_t *run) {
  dn_call_run(&frame->call, frame->threads, frame->runs, work, context, frame->outcomes, frame->results);
  dn_outcome decides = {.status = DN_OK};
  *run = -1;
  for (ptrdiff_t r = 0; r < frame->runs; r++) {
    const dn_status status = frame->results[r].status;
    if (status == DN_OK || (decides.status != DN_OK && (decides.status != DN_CANCELLED || status == DN_CANCELLED)))
      continue;
    decides = frame->results[r];
    *run = r;
  }
  return decides;
}

void dn_frame_close(dn_frame *frame) {
  dn_workspace_destroy(frame->own);
  frame->own = NULL;
}
