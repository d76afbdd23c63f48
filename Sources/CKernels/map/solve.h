// The delay map: what its drivers share, forward, tangent and adjoint.
//
//   x_i(t) = sum over e -> i of (scale w_e) b(j_e, t - d_e) + noise_gain z_i(t)
//
// The ring, its blocks and their recursion are in ring.h. Here: the arrays of a run, its workers, the checks of a call.
#include "../ring.h"

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

// A worker of a run with its share of one of the two graphs: rows are its targets.
typedef struct map_share {
  const map_state *state;
  ring_share ring;
  bool zeros_before;  // everything before column 0 of this block is zero
} map_share;

static map_share map_share_of(const map_state *state, const dn_worker *worker, const dn_graph *graph) {
  const ptrdiff_t begin = dn_share_begin(worker, graph->sectors), end = dn_share_end(worker, graph->sectors);
  return (map_share){.state = state,
                     .ring = {.plan = state->plan,
                              .kernels = state->kernels,
                              .worker = worker,
                              .graph = graph,
                              .weights = state->arrays.weights,
                              .channels = 1,
                              .row_begin = graph->sector_target[begin],
                              .row_end = graph->sector_target[end],
                              .sector_begin = begin,
                              .sector_end = end}};
}

// ---- A block -------------------------------------------------------------------------------------------------------

typedef struct map_block {
  const map_share *share;
  DN_REAL *x;  // column 0 of the block, row 0
} map_block;

static void map_add(void *context, int32_t l, ptrdiff_t from, ptrdiff_t n) {
  const map_block *b = context;
  // The class reads the columns up to `from` - 1, which may be known to be zeros.
  if (!(b->share->zeros_before && from == 0)) ring_add(&b->share->ring, l, b->x + from, b->x + from, n);
}

static void map_leaf(void *context, ptrdiff_t from, ptrdiff_t n) {
  const map_block *b = context;
  const ring_share *r = &b->share->ring;
  dn_wait(r->worker);
  if (r->plan->quiet >= DN_LEAF) return;
  if (r->worker->rank == 0 && r->graph->leaf_lanes)
    r->kernels->solve_leaf_lanes(r->graph, r->weights, &b->share->state->arrays.lanes, b->x + from, r->plan->stride,
                                 r->plan->nodes, n);
  else if (r->worker->rank == 0) r->kernels->solve_leaf(r->graph, r->weights, b->x + from, n);
  dn_wait(r->worker);
}

// Solves n columns of a block, to which all edges of at least a block's length have been added.
static void map_solve(const map_share *share, DN_REAL *x, ptrdiff_t n) {
  const dn_plan *plan = share->ring.plan;
  map_block block = {.share = share, .x = x};
  const ring_solver solver = {.add = map_add,
                              .leaf = map_leaf,
                              .context = &block,
                              .quiet = plan->quiet > DN_LEAF ? plan->quiet : DN_LEAF,
                              .widest = plan->block};
  ring_solve(&solver, 2, 0, plan->block, n);
}

// ---- Pieces that all drivers begin with ----------------------------------------------------------------------------

// This worker's part of the weights, scaled, in the order of its graph.
static dn_outcome map_pack(const map_share *share) {
  const DN_NAME(dn_map_primal) *primal = share->state->primal;
  const ptrdiff_t E = share->state->plan->edges;
  const ptrdiff_t bad = share->state->kernels->pack(share->ring.graph->edge, dn_share_begin(share->ring.worker, E),
                                                    dn_share_end(share->ring.worker, E), primal->weights, primal->scale,
                                                    share->state->arrays.weights);
  return (dn_outcome){.status = bad < 0 ? DN_OK : DN_NOT_FINITE_WEIGHT};
}

// This worker's part of the leaves' lanes, when all have packed the weights; the next wait makes them the solver's.
static void map_pack_lanes(const map_share *share) {
  const dn_lanes *recent = &share->ring.graph->recent;
  const dn_leaf_lanes *lanes = &share->state->arrays.lanes;
  const ptrdiff_t weights = (ptrdiff_t)recent->rows * DN_LEAF;
  if (!share->ring.graph->leaf_lanes) return;
  for (ptrdiff_t k = dn_share_begin(share->ring.worker, recent->keys);
       k < dn_share_end(share->ring.worker, recent->keys); k++)
    lanes->offset[k] = (int32_t)(recent->source[k] - recent->delay[k] * lanes->row);
  for (ptrdiff_t k = dn_share_begin(share->ring.worker, weights); k < dn_share_end(share->ring.worker, weights); k++)
    lanes->weights[k] = recent->position[k] < 0 ? 0 : share->ring.weights[recent->position[k]];
  // What stands behind the nodes is computed like a node, and never read.
  if (share->ring.worker->rank == 0)
    memset(lanes->rows, 0, (size_t)((DN_RECENT + DN_LEAF) * lanes->row) * sizeof *lanes->rows);
}

// The noise samples of a block, this worker's rows, where zero-delay edges read them.
static void map_load_noise(const map_share *share, const DN_REAL *noise, ptrdiff_t noise_stride, DN_REAL *block,
                           ptrdiff_t n) {
  for (ptrdiff_t i = share->ring.row_begin; i < share->ring.row_end; i++)
    memcpy(block + i * share->state->plan->block_stride, noise + i * noise_stride, (size_t)n * sizeof *block);
}

// The last delay_max columns of a history, this worker's rows, to where the ring's first block reads them.
static void map_load_history(const map_share *share, const DN_REAL *history, ptrdiff_t stride, DN_REAL *ring) {
  const dn_plan *plan = share->state->plan;
  const ptrdiff_t D = plan->delay_max;
  if (D == 0) return;
  for (ptrdiff_t i = share->ring.row_begin; i < share->ring.row_end; i++) {
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
  for (ptrdiff_t i = share->ring.row_begin; i < share->ring.row_end; i++) {
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
  if (views->status == DN_OK && !(isfinite(p->scale) && isfinite(p->noise_gain)))
    views->status = DN_NOT_FINITE_PARAMETER;
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
  if (plan->fractional) return dn_finish(place, DN_BAD_OPTION, -1);
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
      for (place->edge = 0; isfinite((DN_REAL)(p->scale * p->weights[place->edge]));) place->edge++;
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
