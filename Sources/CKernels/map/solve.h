// The delay map: what its drivers share, forward, tangent and adjoint.
//
//   x_i(t) = sum over e -> i of (scale w_e) b(j_e, t - d_e) + noise_gain z_i(t)
//
// A run walks over blocks of B columns in a private ring: N compact rows of `lead` columns of history and a window of
// blocks; at the window's end the last `lead` columns slide back to the front. In a block far edges (d >= B) are applied
// at once, the halving classes by recursion: class h to the first h columns, solve these, class h to the next h columns,
// solve those. This is the schedule of relaxed (online) convolution: van der Hoeven, "Relax, but don't be too lazy",
// J. Symb. Comput. 34 (2002).
//
// Here: the arrays of a run, the ring, the block recursion, the checks of a call.
#include <limits.h>

#include "../call.h"

// A run's private arrays, cut from the workspace; those a driver does not ask for are NULL.
typedef struct map_arrays {
  DN_REAL *weights;          // (E) scaled, in plan order
  DN_REAL *tangent_weights;  // (E) the jvp's: scale dw + dscale w
  DN_REAL *ring;             // (N, stride) what the recursion computes: x, its tangent, or its adjoint (time reversed)
  DN_REAL *known;            // (N, stride) the finished series, where a derivative reads it
  DN_REAL *noise_block;      // (N, block_stride) noise samples of the block, for zero-delay edges
  DN_REAL *tangent_block;    // (N, block_stride) their tangents
  DN_REAL *adjoint_block;    // (N, block_stride) the block's adjoint in natural time, zero behind its last column
  DN_REAL *sum_block;        // (N, block_stride) sums that may not stand in the ring
  DN_REAL *edge_sum;         // (E) dot products in plan order
  DN_REAL *gain_sum;         // (N)
  dn_leaf_lanes lanes;       // of the graph that the recursion walks over, where its leaves have lanes
} map_arrays;

// One run as every worker of its team sees it.
typedef struct map_state {
  const dn_plan *plan;
  const dn_kernels *kernels;
  const DN_NAME(dn_map_primal) *primal;
  map_arrays arrays;
} map_state;

// ---- One worker's share --------------------------------------------------------------------------------------------

// The sectors of `graph` that a worker owns: the rows it fills, stores and slides, and the groups it applies.
typedef struct map_share {
  const map_state *state;
  const dn_worker *worker;
  const dn_graph *graph;
  ptrdiff_t sector_begin, sector_end;
  ptrdiff_t row_begin, row_end;
  const DN_REAL *weights;
  bool zeros_before;  // everything before column 0 of this block is zero
} map_share;

static map_share map_share_of(const map_state *state, const dn_worker *worker, const dn_graph *graph) {
  const ptrdiff_t begin = dn_share_begin(worker, graph->sectors), end = dn_share_end(worker, graph->sectors);
  return (map_share){.state = state,
                     .worker = worker,
                     .graph = graph,
                     .sector_begin = begin,
                     .sector_end = end,
                     .row_begin = graph->sector_target[begin],
                     .row_end = graph->sector_target[end],
                     .weights = state->arrays.weights};
}

// Adds a list's edges to n columns, this worker's targets. A short list is added as a whole by rank 0, to rows of the
// other workers too: all wait before and after.
static void map_apply(const map_share *share, int32_t l, const DN_REAL *src, DN_REAL *dst, ptrdiff_t dst_stride,
                      ptrdiff_t n) {
  const dn_list *list = &share->graph->list[l];
  if (list->count == 0) return;
  if (list->longest > 0 && list->longest < DN_LEAF) {
    dn_wait(share->worker);
    if (share->worker->rank == 0)
      share->state->kernels->apply_short(share->graph, list, share->weights, src, share->state->plan->stride, dst,
                                         dst_stride, n);
    dn_wait(share->worker);
    return;
  }
  share->state->kernels->apply(share->graph, list->sector_group[share->sector_begin],
                               list->sector_group[share->sector_end], share->weights, src, dst, dst_stride, n);
}

// The same for the edges with shortest <= d <= longest of a grouped list of the transposed graph.
static void map_apply_between(const map_share *share, int32_t l, const DN_REAL *src, DN_REAL *dst, ptrdiff_t dst_stride,
                              ptrdiff_t n, ptrdiff_t shortest, ptrdiff_t longest) {
  const dn_list *list = &share->graph->list[l];
  if (list->count == 0 || longest < shortest || longest < list->shortest) return;
  share->state->kernels->apply_between(share->graph, list->sector_group[share->sector_begin],
                                       list->sector_group[share->sector_end], share->weights, src, dst, dst_stride, n,
                                       (int32_t)shortest, longest < INT32_MAX ? (int32_t)longest : INT32_MAX - 1);
}

// ---- The recursion -------------------------------------------------------------------------------------------------

// Solves columns from ... from + length - 1 of a block, n of which are wanted: edges shorter than `length` are missing,
// all longer ones have been added. `x` is column 0 of the block, row 0. l is the list of the class length / 2.
static void map_solve(const map_share *share, int32_t l, DN_REAL *x, ptrdiff_t from, ptrdiff_t length, ptrdiff_t n) {
  const dn_plan *plan = share->state->plan;
  if (length <= plan->quiet) {
    dn_wait(share->worker);
    return;
  }
  if (length == DN_LEAF) {
    dn_wait(share->worker);
    if (share->worker->rank == 0 && share->graph->leaf_lanes)
      share->state->kernels->solve_leaf_lanes(share->graph, share->weights, &share->state->arrays.lanes, x + from,
                                              plan->stride, plan->nodes, n < length ? n : length);
    else if (share->worker->rank == 0)
      share->state->kernels->solve_leaf(share->graph, share->weights, x + from, n < length ? n : length);
    dn_wait(share->worker);
    return;
  }
  const ptrdiff_t half = length / 2;
  // The class reads the columns up to `from` - 1, which may be known to be zeros.
  if (!(share->zeros_before && from == 0)) map_apply(share, l, x + from, x + from, plan->stride, n < half ? n : half);
  map_solve(share, l + 1, x, from, half, n);
  if (n <= half) return;
  map_apply(share, l, x + from + half, x + from + half, plan->stride, n - half < half ? n - half : half);
  map_solve(share, l + 1, x, from + half, half, n - half);
}

// Moves the `lead` columns before `column` to the front of this worker's rows; returns the column behind them. The other
// workers must have finished with the ring; the next wait makes the rows theirs to read.
static ptrdiff_t map_slide(const map_share *share, DN_REAL *ring, ptrdiff_t column) {
  const dn_plan *plan = share->state->plan;
  for (ptrdiff_t i = share->row_begin; i < share->row_end; i++) {
    DN_REAL *row = ring + i * plan->stride;
    memmove(row, row + column - plan->lead, (size_t)plan->lead * sizeof *row);
  }
  return plan->lead;
}

// ---- Pieces that all drivers begin with ----------------------------------------------------------------------------

// This worker's part of the weights, scaled, in the order of its graph.
static dn_outcome map_pack(const map_share *share) {
  const DN_NAME(dn_map_primal) *primal = share->state->primal;
  const ptrdiff_t E = share->state->plan->edges;
  const ptrdiff_t bad =
      share->state->kernels->pack(share->graph->edge, dn_share_begin(share->worker, E), dn_share_end(share->worker, E),
                                  primal->weights, primal->scale, share->state->arrays.weights);
  return (dn_outcome){.status = bad < 0 ? DN_OK : DN_NOT_FINITE_WEIGHT};
}

// This worker's part of the leaves' lanes, when all have packed the weights; the next wait makes them the solver's.
static void map_pack_lanes(const map_share *share) {
  const dn_lanes *recent = &share->graph->recent;
  const dn_leaf_lanes *lanes = &share->state->arrays.lanes;
  const ptrdiff_t weights = (ptrdiff_t)recent->rows * DN_LEAF;
  if (!share->graph->leaf_lanes) return;
  for (ptrdiff_t k = dn_share_begin(share->worker, recent->keys); k < dn_share_end(share->worker, recent->keys); k++)
    lanes->offset[k] = (int32_t)(recent->source[k] - recent->delay[k] * lanes->row);
  for (ptrdiff_t k = dn_share_begin(share->worker, weights); k < dn_share_end(share->worker, weights); k++)
    lanes->weights[k] = recent->position[k] < 0 ? 0 : share->weights[recent->position[k]];
  // What stands behind the nodes is computed like a node, and never read.
  if (share->worker->rank == 0)
    memset(lanes->rows, 0, (size_t)((DN_RECENT + DN_LEAF) * lanes->row) * sizeof *lanes->rows);
}

// The noise samples of a block, this worker's rows, where zero-delay edges read them.
static void map_load_noise(const map_share *share, const DN_REAL *noise, ptrdiff_t noise_stride, DN_REAL *block,
                           ptrdiff_t n) {
  for (ptrdiff_t i = share->row_begin; i < share->row_end; i++)
    memcpy(block + i * share->state->plan->block_stride, noise + i * noise_stride, (size_t)n * sizeof *block);
}

// The last delay_max columns of a history, this worker's rows, to where the ring's first block reads them.
static void map_load_history(const map_share *share, const DN_REAL *history, ptrdiff_t stride, DN_REAL *ring) {
  const dn_plan *plan = share->state->plan;
  const ptrdiff_t D = plan->delay_max;
  if (D == 0) return;
  for (ptrdiff_t i = share->row_begin; i < share->row_end; i++) {
    DN_REAL *to = ring + i * plan->stride + plan->lead - D;
    if (history) memcpy(to, history + i * stride + plan->history - D, (size_t)D * sizeof *to);
    else memset(to, 0, (size_t)D * sizeof *to);
  }
}

// next = the last H columns of (history, steps columns of series), row by row; next may be the history itself.
static void map_store_history(const map_share *share, const DN_REAL *history, ptrdiff_t history_stride,
                              const DN_REAL *series, ptrdiff_t series_stride, ptrdiff_t steps, DN_REAL *next,
                              ptrdiff_t next_stride) {
  const ptrdiff_t H = share->state->plan->history;
  const ptrdiff_t fresh = steps < H ? steps : H;
  if (!next || H == 0) return;
  for (ptrdiff_t i = share->row_begin; i < share->row_end; i++) {
    DN_REAL *to = next + i * next_stride;
    if (history) memmove(to, history + i * history_stride + fresh, (size_t)(H - fresh) * sizeof *to);
    else memset(to, 0, (size_t)(H - fresh) * sizeof *to);
    if (fresh > 0) memcpy(to + H - fresh, series + i * series_stride + steps - fresh, (size_t)fresh * sizeof *to);
  }
}

// ---- Checks and memory of a call -----------------------------------------------------------------------------------

// The arrays of a finished or coming run; `written` tells whether this call writes the series.
static void map_check_primal(const dn_plan *plan, const DN_NAME(dn_map_primal) *p, bool written, bool noise_needed,
                             dn_views *views) {
  const ptrdiff_t N = plan->nodes, H = plan->history, T = p->steps, size = sizeof(DN_REAL);
  int64_t end;
  if (T < 0 && views->status == DN_OK) views->status = DN_BAD_SIZE;
  if (__builtin_add_overflow(p->first_step, (int64_t)T, &end) && views->status == DN_OK) views->status = DN_TOO_LARGE;
  if (views->status != DN_OK) return;
  dn_views_add(views, p->weights, 1, plan->edges, plan->edges, (size_t)size, DN_REQUIRED, false, 0);
  dn_views_add(views, p->history, N, H, p->history_stride, (size_t)size, DN_REQUIRED, false, 1);
  dn_views_add(views, p->noise, N, T, p->noise_stride, (size_t)size, noise_needed ? DN_REQUIRED : DN_OPTIONAL, false,
               2);
  dn_views_add(views, p->series, N, T, p->series_stride, (size_t)size, DN_REQUIRED, written, 2);
  if (views->status == DN_OK && !(0 * p->scale == 0 && 0 * p->noise_gain == 0)) views->status = DN_NOT_FINITE_PARAMETER;
}

// Which arrays a driver needs.
typedef struct map_needs {
  bool tangent_weights, known, noise_block, tangent_block, adjoint_block, sum_block, edge_sum, gain_sum;
} map_needs;

static void map_take(const dn_plan *plan, map_needs needs, dn_arena *arena, map_arrays *a) {
  const ptrdiff_t N = plan->nodes, E = plan->edges, ring = N * plan->stride, block = N * plan->block_stride;
  const size_t size = sizeof(DN_REAL);
  *a = (map_arrays){
      .weights = dn_arena_take(arena, E, size),
      .ring = dn_arena_take(arena, ring, size),
      .tangent_weights = needs.tangent_weights ? dn_arena_take(arena, E, size) : NULL,
      .known = needs.known ? dn_arena_take(arena, ring, size) : NULL,
      .noise_block = needs.noise_block ? dn_arena_take(arena, block, size) : NULL,
      .tangent_block = needs.tangent_block ? dn_arena_take(arena, block, size) : NULL,
      .adjoint_block = needs.adjoint_block ? dn_arena_take(arena, block, size) : NULL,
      .sum_block = needs.sum_block ? dn_arena_take(arena, block, size) : NULL,
      .edge_sum = needs.edge_sum ? dn_arena_take(arena, E, size) : NULL,
      .gain_sum = needs.gain_sum ? dn_arena_take(arena, N, size) : NULL,
  };
  // Either graph's, whichever the driver walks over.
  ptrdiff_t keys = 0, rows = 0;
  for (int32_t transposed = 0; transposed < 2; transposed++) {
    const dn_graph *graph = transposed ? &plan->transposed : &plan->forward;
    if (!graph->leaf_lanes) continue;
    if (graph->recent.keys > keys) keys = graph->recent.keys;
    if (graph->recent.rows > rows) rows = graph->recent.rows;
  }
  if (rows == 0) return;
  const ptrdiff_t row = (N + DN_LEAF - 1) / DN_LEAF * DN_LEAF;
  a->lanes = (dn_leaf_lanes){.offset = dn_arena_take(arena, keys, sizeof(int32_t)),
                             .weights = dn_arena_take(arena, rows * DN_LEAF, size),
                             .rows = dn_arena_take(arena, (DN_RECENT + DN_LEAF) * row, size),
                             .row = row};
}

// A call of one of the three drivers.
typedef struct map_call {
  dn_frame frame;
  const DN_NAME(dn_map_primal) *primals;
  DN_NAME(dn_map_result) *run_results;  // each driver sets its own: run, jvp, vjp
  const DN_NAME(dn_map_tangent) *tangents;
  const DN_NAME(dn_map_cotangent) *cotangents;
  map_needs needs;
} map_call;

// Checks the options and every run's arrays, and makes room.
static dn_status map_begin(map_call *c, const dn_plan *plan, ptrdiff_t runs, const dn_run_options *options,
                           dn_check check, dn_place *place) {
  if (!plan || (runs > 0 && !c->primals)) return dn_finish(place, DN_NULL_POINTER, -1);
  dn_status status = dn_frame_begin(&c->frame, plan, runs, options);
  if (status != DN_OK) return dn_finish(place, status, -1);
  double steps = 0;
  for (ptrdiff_t r = 0; r < runs; r++) {
    status = dn_frame_count(&c->frame, check, c, r, c->primals[r].steps);
    if (status != DN_OK) return dn_finish(place, status, r);
    steps += (double)c->primals[r].steps;
  }
  c->frame.threads = dn_call_threads(plan, options, runs, steps);
  map_arrays counted;
  dn_arena one = {0};
  map_take(plan, c->needs, &one, &counted);
  if (one.overflow) return dn_finish(place, DN_TOO_LARGE, -1);
  c->frame.arena_bytes = one.used;
  return dn_frame_open(&c->frame, options, check, c, place);
}

static map_state map_state_of(const map_call *c, ptrdiff_t run, const dn_worker *worker) {
  const dn_plan *plan = c->frame.call.plan;
  map_state state = {.plan = plan, .kernels = DN_NAME(dn_kernels_of)(plan->isa), .primal = &c->primals[run]};
  dn_arena arena = dn_frame_arena(&c->frame, worker);
  map_take(plan, c->needs, &arena, &state.arrays);
  return state;
}

// Does the work of the call, and says where it went wrong.
static dn_status map_end(map_call *c, dn_work work, dn_place *place) {
  ptrdiff_t run;
  const dn_outcome result = dn_frame_run(&c->frame, work, c, &run);
  const dn_status status = dn_finish(place, result.status, run);
  if (status != DN_OK && place) {
    const DN_NAME(dn_map_primal) *p = &c->primals[run];
    place->step = p->first_step + result.step;
    if (status == DN_NOT_FINITE_WEIGHT) {
      place->step = -1;
      for (place->edge = 0; 0 * (DN_REAL)(p->scale * p->weights[place->edge]) == 0;) place->edge++;
    } else if (status != DN_CANCELLED) {
      place->node = result.node;
      if (result.step == -1 && status == DN_NOT_FINITE_COTANGENT) {
        place->edge = result.edge;
        place->step = -1;
      }
    }
  }
  dn_frame_close(&c->frame);
  return status;
}
