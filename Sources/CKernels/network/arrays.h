// What the drivers of networks share: the private arrays of a run, parameters and weights made ready,
// noise, the delayed sums of a block. Included by network_f32.c and network_f64.c.
//
// tau counts states of a run: s(0) is the initial one, step t leads from tau = t to t + 1. Column tau of the ring holds
// c(tau) while it is being summed, then y(tau).

#include <stdlib.h>

#include "../ring.h"
#include "../tape.h"

// Rows of noise kept at once; even, since steps are drawn in pairs.
#define DN_NOISE_ROWS 34

// Pulses by when they begin; those of one step as they were given, so that sums have one order.
typedef struct net_beginning {
  int64_t begin;
  int32_t pulse;
} net_beginning;
static int net_earlier(const void *a, const void *b) {
  const net_beginning *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return x->pulse < y->pulse ? -1 : 1;
}

// Lanes of a run: where their keys stand in rows of nodes, and weights for them.
typedef struct net_lanes {
  const dn_lanes *lanes;
  int32_t begin, end;  // this worker's slices
  bool elsewhere;      // some of them may have targets that are not this worker's
  int32_t *offset;     // (keys)
  DN_REAL *weights;    // (rows, DN_LEAF)
} net_lanes;

static DN_REAL *net_take_lane_weights(const dn_lanes *lanes, dn_arena *arena) {
  return dn_arena_take(arena, (ptrdiff_t)lanes->rows * DN_LEAF, sizeof(DN_REAL));
}
static net_lanes net_take_lanes(const dn_lanes *lanes, dn_arena *arena) {
  return (net_lanes){.lanes = lanes,
                     .offset = dn_arena_take(arena, lanes->keys, sizeof(int32_t)),
                     .weights = net_take_lane_weights(lanes, arena)};
}

// Weights in plan order as lanes; a lane without an edge has the weight 0.
static void net_lane_weights(const dn_lanes *lanes, const DN_REAL *w, DN_REAL *to) {
  for (ptrdiff_t k = 0; k < (ptrdiff_t)lanes->rows * DN_LEAF; k++)
    to[k] = lanes->position[k] < 0 ? 0 : w[lanes->position[k]];
}
// `width`: elements from a row of nodes to the one a step later.
static void net_fill_lanes(const net_lanes *to, const DN_REAL *w, ptrdiff_t width) {
  for (int32_t k = 0; k < to->lanes->keys; k++)
    to->offset[k] = (int32_t)(to->lanes->source[k] - to->lanes->delay[k] * width);
  net_lane_weights(to->lanes, w, to->weights);
}

// A forward run's private arrays, cut from the workspace.
typedef struct net_arrays {
  DN_REAL *expanded;           // (E) weights of a run with fractional delays, in the caller's order
  DN_REAL *weights;            // (E) in plan order
  DN_REAL *ring;               // (C, N, stride)
  DN_REAL *parameters;         // (P, row)
  bool *active;                // (C) whether a coupling variable\'s sum can matter
  DN_REAL *amplitude;          // (S, row) sigma sqrt(dt)
  DN_REAL *states;             // (B + 1, S, row) s, the first row from the block before
  DN_REAL *coupled;            // (B + 1, C, row) c
  DN_REAL *coupled_predicted;  // (B + 1, C, row) what correctors read, where zero-delay edges make it differ from c
  DN_REAL *noise;              // (DN_NOISE_ROWS, S, row)
  DN_REAL *increment;          // (DN_LEAF, S, row)
  DN_REAL *stimulus;           // (DN_LEAF, S, row)
  DN_REAL *seen;               // (DN_RECENT + DN_LEAF, C, row) y, of the columns before a leaf and of the leaf's
  DN_REAL *observed;           // the leaf's rows of it
  DN_REAL *predictor;          // (S, row)
  DN_REAL *monitored;          // (rows of all monitors' memory, row)
  DN_REAL *column;             // (row) of a monitor
  net_lanes now, recent;       // edges without delay, and recent ones
  DN_REAL *self;               // (row) difference coupling: minus the sum of each node's weights
  int32_t *edge_target;        // (E) difference coupling: targets in plan order
  net_beginning *pulses;       // (pulse_count) in the order in which they begin
} net_arrays;

// One run with everything that its forward pass, its tangent and its adjoint need to know.
typedef struct net_run {
  const dn_plan *plan;
  const DN_NAME(dn_network_primal) *primal;
  const dn_kernels *kernels;
  const dn_model_kernels *model;
  const dn_scheme_kernels *scheme;
  ptrdiff_t N, row, S, C, P;
  bool difference;  // nodes are coupled to differences
  bool recent;      // there are recent edges
  bool zero;        // steps read y(t): by edges without delay, or for differences
  bool late;        // the scheme has a second stage, coupled to the next column or frozen
  bool split;       // correctors read another coupling than the next step's predictors
  bool has_noise;
  bool backward;  // steps are visited from the last to the first
  DN_REAL dt;
  dn_key key, low;  // of noise; of its lower bits in double
  int64_t epoch;    // that the keys belong to
  ptrdiff_t noise_from, noise_to;
  int64_t longest_pulse;
  net_arrays a;
  // Several workers may share a run. Each goes through all of it, with its part of every row of nodes and of the plan's
  // sectors of targets; arrays are everybody's, this struct is each one's own.
  const dn_worker *worker;
  ptrdiff_t lo, hi;  // elements of a row, multiples of DN_LEAF
  ptrdiff_t end;     // nodes are lo ... end - 1
  ring_share ring;   // of the forward graph; its active coupling variables are those of net_arrays
} net_run;

// The edges of the caller.
static ptrdiff_t net_edges(const dn_plan *plan) { return plan->fractional ? plan->edges / 2 : plan->edges; }

// Where one worker reads what another has written, or overwrites what another has read, all meet first.
static void net_meet(const net_run *f) { dn_wait(f->worker); }
static bool net_leads(const net_run *f) { return f->worker->rank == 0; }

// This worker's elements of a number of rows of nodes: `times` stretches of `count` elements, a row apart, the first at `first`.
typedef struct net_part {
  ptrdiff_t first, count, times;
} net_part;
static net_part net_part_of(const net_run *f, ptrdiff_t rows) {
  if (f->hi - f->lo == f->row) return (net_part){.count = rows * f->row, .times = rows > 0};
  return (net_part){.first = f->lo, .count = f->hi - f->lo, .times = f->hi > f->lo ? rows : 0};
}
static void net_copy(const net_run *f, ptrdiff_t rows, const DN_REAL *from, DN_REAL *to) {
  const net_part part = net_part_of(f, rows);
  for (ptrdiff_t k = 0, i = part.first; k < part.times; k++, i += f->row)
    memcpy(to + i, from + i, (size_t)part.count * sizeof *to);
}
static void net_zero(const net_run *f, ptrdiff_t rows, DN_REAL *to) {
  const net_part part = net_part_of(f, rows);
  for (ptrdiff_t k = 0, i = part.first; k < part.times; k++, i += f->row)
    memset(to + i, 0, (size_t)part.count * sizeof *to);
}
static void net_multiply(const net_run *f, ptrdiff_t rows, const DN_REAL *a, const DN_REAL *b, DN_REAL *product) {
  const net_part part = net_part_of(f, rows);
  for (ptrdiff_t k = 0, i = part.first; k < part.times; k++, i += f->row)
    f->kernels->multiply(part.count, a + i, b + i, product + i);
}
static void net_multiply_add(const net_run *f, ptrdiff_t rows, const DN_REAL *a, const DN_REAL *b, DN_REAL *sum) {
  const net_part part = net_part_of(f, rows);
  for (ptrdiff_t k = 0, i = part.first; k < part.times; k++, i += f->row)
    f->kernels->multiply_add(part.count, a + i, b + i, sum + i);
}
static void net_scale_add(const net_run *f, ptrdiff_t rows, DN_REAL a, const DN_REAL *b, DN_REAL *sum) {
  const net_part part = net_part_of(f, rows);
  for (ptrdiff_t k = 0, i = part.first; k < part.times; k++, i += f->row)
    f->kernels->scale_add(part.count, a, b + i, sum + i);
}

// n columns of this worker's rows of time, `stride` apart, as rows of nodes `width` apart, and back. Both are whole arrays.
static void net_to_nodes(const net_run *f, const DN_REAL *time, ptrdiff_t stride, DN_REAL *nodes, ptrdiff_t width,
                         ptrdiff_t n) {
  if (f->end > f->lo) f->kernels->transpose(time + f->lo * stride, stride, nodes + f->lo, width, f->end - f->lo, n);
}
static void net_to_time(const net_run *f, const DN_REAL *nodes, ptrdiff_t width, DN_REAL *time, ptrdiff_t stride,
                        ptrdiff_t n) {
  if (f->end > f->lo) f->kernels->transpose(nodes + f->lo, width, time + f->lo * stride, stride, n, f->end - f->lo);
}

// y of n rows of states.
static void net_observe(const net_run *f, ptrdiff_t n, const DN_REAL *states, DN_REAL *y) {
  f->model->observe(f->row, f->lo, f->hi, n, f->a.parameters, states, y);
}

// The slices of lanes that are this worker's when all are shared by their rows.
static void net_slices(const net_run *f, const dn_lanes *lanes, int32_t *begin, int32_t *end) {
  *begin = 0;
  while (*begin < lanes->slices && lanes->slice[*begin].row_begin < dn_share_begin(f->worker, lanes->rows)) ++*begin;
  *end = *begin;
  while (*end < lanes->slices && lanes->slice[*end].row_begin < dn_share_end(f->worker, lanes->rows)) ++*end;
}

// Chooses this worker's slices: those of its own targets where targets are consecutive, else a share.
static void net_share_lanes(const net_run *f, net_lanes *to) {
  const dn_lanes *lanes = to->lanes;
  to->elsewhere = false;
  for (int32_t s = 0; s < lanes->slices; s++) to->elsewhere |= lanes->slice[s].target < 0;
  if (to->elsewhere) {
    net_slices(f, lanes, &to->begin, &to->end);
    return;
  }
  to->begin = 0;
  while (to->begin < lanes->slices && lanes->slice[to->begin].target < f->lo) to->begin++;
  to->end = to->begin;
  while (to->end < lanes->slices && lanes->slice[to->end].target < f->hi) to->end++;
}

// Weights in the plan's order of a graph, a share each; all have met when it returns.
static void net_pack(const net_run *f, const dn_graph *graph, const DN_REAL *weights, DN_REAL *to) {
  const ptrdiff_t E = f->plan->edges;
  f->kernels->pack(graph->edge, dn_share_begin(f->worker, E), dn_share_end(f->worker, E), weights, 1, to);
  net_meet(f);
}

static ptrdiff_t net_row(const dn_plan *plan) { return (plan->nodes + DN_LEAF - 1) / DN_LEAF * DN_LEAF; }

static bool net_reads_now(const DN_NAME(dn_network_primal) *p) {
  return p->plan->zero_edges || p->coupling_kind == DN_COUPLING_DIFFERENCE;
}
static bool net_splits(const DN_NAME(dn_network_primal) *p) {
  return net_reads_now(p) && dn_scheme_describe(p->scheme)->stages == 2 && p->stage == DN_STAGE_AWARE;
}

// Rows of what all monitors keep.
static ptrdiff_t net_monitored_rows(const DN_NAME(dn_network_primal) *p) {
  return dn_monitored_count(p->model, 1, p->monitors, p->monitor_count);
}
static int64_t net_every(const dn_monitor *monitor) { return monitor->every ? monitor->every : 1; }
// A monitor of every step whose columns are the states: it is read and written by blocks of columns.
static bool net_is_plain(const dn_monitor *monitor) {
  return net_every(monitor) == 1 && dn_monitor_describe(monitor->kind)->memory == 0;
}

// `rows`: rows of states and coupling kept here; 0: they are on a tape.
static void net_take(const DN_NAME(dn_network_primal) *p, ptrdiff_t rows, dn_arena *arena, net_arrays *a) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t row = net_row(plan), S = p->model->states, C = p->model->couplings, P = p->model->parameters,
                  E = plan->edges;
  const size_t size = sizeof(DN_REAL);
  *a = (net_arrays){
      .expanded = p->plan->fractional ? dn_arena_take(arena, E, size) : NULL,
      .weights = dn_arena_take(arena, E, size),
      .ring = dn_arena_take(arena, C * plan->nodes * plan->stride, size),
      .parameters = dn_arena_take(arena, P * row, size),
      .active = dn_arena_take(arena, C, sizeof(bool)),
      .amplitude = dn_arena_take(arena, S * row, size),
      .states = rows ? dn_arena_take(arena, rows * S * row, size) : NULL,
      .coupled = rows ? dn_arena_take(arena, rows * C * row, size) : NULL,
      .coupled_predicted = rows && net_splits(p) ? dn_arena_take(arena, rows * C * row, size) : NULL,
      .noise = dn_arena_take(arena, DN_NOISE_ROWS * S * row, size),
      .increment = dn_arena_take(arena, DN_LEAF * S * row, size),
      .stimulus = p->stimulus ? dn_arena_take(arena, DN_LEAF * S * row, size) : NULL,
      .seen = dn_arena_take(arena, (DN_RECENT + DN_LEAF) * C * row, size),
      .predictor = dn_arena_take(arena, S * row, size),
      .monitored = dn_arena_take(arena, net_monitored_rows(p) * row, size),
      .column = dn_arena_take(arena, row, size),
      .now = net_take_lanes(&plan->forward.now, arena),
      .recent = net_take_lanes(&plan->forward.recent, arena),
      .self = p->coupling_kind == DN_COUPLING_DIFFERENCE ? dn_arena_take(arena, row, size) : NULL,
      .edge_target = p->coupling_kind == DN_COUPLING_DIFFERENCE ? dn_arena_take(arena, E, sizeof(int32_t)) : NULL,
      .pulses = dn_arena_take(arena, p->pulse_count, sizeof(net_beginning)),
  };
  if (a->seen) a->observed = a->seen + DN_RECENT * C * row;
}

// ---- Inputs made ready ---------------------------------------------------------------------------------------------

// A row of `row` elements from values of count 1 or N; elements behind the nodes repeat the last one.
static void net_spread(const DN_REAL *values, ptrdiff_t count, ptrdiff_t N, ptrdiff_t row, DN_REAL *to) {
  for (ptrdiff_t i = 0; i < row; i++) to[i] = values[count == 1 ? 0 : i < N ? i : N - 1];
}

// Node and parameter of the first value that is not finite; parameter -1: coupling or sigma.
static dn_status net_check_values(const DN_NAME(dn_network_primal) *p, dn_place *where) {
  const ptrdiff_t N = p->plan->nodes;
  if (!isfinite(p->coupling)) return DN_NOT_FINITE_PARAMETER;
  for (int32_t k = 0; p->parameters && k < p->model->parameters; k++)
    for (ptrdiff_t i = 0; i < p->parameters[k].count && p->parameters[k].values; i++)
      if (!isfinite(p->parameters[k].values[i])) {
        where->parameter = k;
        if (p->parameters[k].count > 1) where->node = i;
        return DN_NOT_FINITE_PARAMETER;
      }
  for (ptrdiff_t i = 0; i < p->sigma_count && p->sigma; i++)
    if (!isfinite(p->sigma[i])) {
      where->state = (int32_t)(p->sigma_count == p->model->states ? i : i / N);
      if (p->sigma_count != p->model->states) where->node = i % N;
      return DN_NOT_FINITE_PARAMETER;
    }
  const ptrdiff_t E = net_edges(p->plan);
  for (ptrdiff_t e = 0; p->fractions && e < E; e++)
    if (!(p->fractions[e] >= 0 && p->fractions[e] <= 1)) {
      where->edge = e;
      return DN_BAD_FRACTION;
    }
  for (ptrdiff_t e = 0; e < E && p->weights; e++)
    if (!isfinite(p->weights[e])) {
      where->edge = e;
      return DN_NOT_FINITE_WEIGHT;
    }
  for (ptrdiff_t i = 0; i < p->model->states * N && p->initial; i++)
    if (!isfinite(p->initial[i])) {
      where->state = (int32_t)(i / N);
      where->node = i % N;
      where->step = p->first_step;
      return DN_NOT_FINITE_INITIAL;
    }
  for (ptrdiff_t c = 0; c < p->model->couplings * N && p->history; c++)
    for (ptrdiff_t h = 0; h < p->plan->history; h++)
      if (!isfinite(p->history[c * p->history_stride + h])) {
        where->node = c % N;
        where->step = p->first_step - p->plan->history + h;
        return DN_NOT_FINITE_HISTORY;
      }
  for (ptrdiff_t k = 0; k < p->pulse_count; k++) {
    const DN_NAME(dn_pulse) *pulse = &p->pulses[k];
    where->pulse = k;
    if (pulse->state < 0 || pulse->state >= p->model->states || pulse->node < 0 || pulse->node >= N ||
        pulse->begin < 0 || pulse->end < pulse->begin)
      return DN_BAD_PULSE;
    if (!isfinite(pulse->amplitude)) return DN_NOT_FINITE_STIMULUS;
  }
  where->pulse = -1;
  return DN_OK;
}

// The same of the arrays with a value for every step; they were looked at when the run was recorded.
static dn_status net_check_steps(const DN_NAME(dn_network_primal) *p, dn_place *where) {
  const dn_kernels *kernels = DN_NAME(dn_kernels_of)(p->plan->isa);
  const ptrdiff_t N = p->plan->nodes, S = p->model->states;
  bool reads_noise = false;
  for (ptrdiff_t i = 0; i < p->sigma_count && p->noise && p->sigma; i++) reads_noise |= p->sigma[i] != 0;
  for (ptrdiff_t t = 0; t < p->steps && reads_noise; t++) {
    const ptrdiff_t bad = kernels->first_not_finite(p->noise + t * S * N, S * N);
    if (bad < 0) continue;
    where->state = (int32_t)(bad / N);
    where->node = bad % N;
    where->step = p->first_step + t;
    return DN_NOT_FINITE_NOISE;
  }
  for (ptrdiff_t i = 0; i < S * N && p->stimulus; i++) {
    const ptrdiff_t bad = kernels->first_not_finite(p->stimulus + i * p->stimulus_stride, p->steps);
    if (bad < 0) continue;
    where->state = (int32_t)(i / N);
    where->node = i % N;
    where->step = p->first_step + bad;
    return DN_NOT_FINITE_STIMULUS;
  }
  return DN_OK;
}

// Difference coupling reads a node's own coupling variables with minus the sum of its weights, here of those in plan order.
static void net_self(const net_run *f, const DN_REAL *w, DN_REAL *self) {
  memset(self, 0, (size_t)f->row * sizeof *self);
  for (ptrdiff_t k = 0; k < f->plan->edges; k++) self[f->a.edge_target[k]] -= w[k];
}

// What a run's arrays hold before its first step; rows start as zeros, so that what stands behind the nodes stays finite.
static void net_fill(const net_run *f, ptrdiff_t rows, bool all_couplings) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  const net_arrays *a = &f->a;
  const ptrdiff_t row = f->row, N = f->N;
  const size_t size = sizeof(DN_REAL);
  for (int32_t k = 0; k < f->P; k++) {
    const DN_NAME(dn_parameter) *given = p->parameters ? &p->parameters[k] : NULL;
    const DN_REAL value = (DN_REAL)p->model->parameter[k].value;
    if (given && given->count > 0) net_spread(given->values, given->count, N, row, a->parameters + k * row);
    else net_spread(&value, 1, N, row, a->parameters + k * row);
  }
  // A coupling variable whose gain is 0 for every node adds exact zeros.
  for (int32_t c = 0; c < f->C; c++) {
    const int32_t gain = p->model->implementation->gain[c];
    a->active[c] = all_couplings || gain < 0;
    for (ptrdiff_t i = 0; i < N && !a->active[c]; i++) a->active[c] = a->parameters[gain * row + i] != 0;
  }
  const double root = sqrt(p->time_step);
  memset(a->amplitude, 0, (size_t)(f->S * row) * size);
  for (ptrdiff_t s = 0; s < f->S && p->sigma_count > 0; s++)
    for (ptrdiff_t i = 0; i < N; i++)
      a->amplitude[s * row + i] = (DN_REAL)(root * (double)p->sigma[p->sigma_count == f->S ? s : s * N + i]);
  if (rows) {
    memset(a->states, 0, (size_t)(rows * f->S * row) * size);
    memset(a->coupled, 0, (size_t)(rows * f->C * row) * size);
    if (a->coupled_predicted) memset(a->coupled_predicted, 0, (size_t)(rows * f->C * row) * size);
  }
  memset(a->noise, 0, (size_t)(DN_NOISE_ROWS * f->S * row) * size);
  memset(a->increment, 0, (size_t)(DN_LEAF * f->S * row) * size);
  if (a->stimulus) memset(a->stimulus, 0, (size_t)(DN_LEAF * f->S * row) * size);
  memset(a->predictor, 0, (size_t)(f->S * row) * size);
  memset(a->column, 0, (size_t)row * size);
  memset(a->monitored, 0, (size_t)(net_monitored_rows(p) * row) * size);
  for (ptrdiff_t k = 0; k < net_monitored_rows(p) && p->monitored && N > 0; k++)
    memcpy(a->monitored + k * row, p->monitored + k * N, (size_t)N * size);
  memset(a->seen, 0, (size_t)((DN_RECENT + DN_LEAF) * f->C * row) * size);
  net_fill_lanes(&a->now, a->weights, f->C * row);
  net_fill_lanes(&a->recent, a->weights, f->C * row);
  if (f->difference) {
    dn_plan_targets(f->plan, a->edge_target);
    net_self(f, a->weights, a->self);
  }
  for (ptrdiff_t k = 0; k < p->pulse_count; k++)
    a->pulses[k] = (net_beginning){.begin = p->pulses[k].begin, .pulse = (int32_t)k};
  if (p->pulse_count > 1) qsort(a->pulses, (size_t)p->pulse_count, sizeof *a->pulses, net_earlier);
}

// This worker's share of the rings over one of the plan's graphs.
static ring_share net_ring_of(const net_run *f, const dn_graph *graph, const DN_REAL *weights, const bool *active) {
  return (ring_share){.plan = f->plan,
                      .kernels = f->kernels,
                      .worker = f->worker,
                      .graph = graph,
                      .weights = weights,
                      .channels = f->C,
                      .active = active,
                      .row_begin = f->lo,
                      .row_end = f->end,
                      .sector_begin = dn_share_begin(f->worker, graph->sectors),
                      .sector_end = dn_share_end(f->worker, graph->sectors)};
}

// A run over arrays that are cut from the arena: constants, weights, parameters.
static void net_prepare(net_run *f, const DN_NAME(dn_network_primal) *p, const dn_worker *worker, ptrdiff_t rows,
                        bool all_couplings, dn_arena *arena) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t N = plan->nodes, E = plan->edges, row = net_row(plan), leaves = row / DN_LEAF;
  *f = (net_run){
      .plan = plan,
      .primal = p,
      .kernels = DN_NAME(dn_kernels_of)(plan->isa),
      .model = p->model->implementation->DN_NAME(kernels)[plan->isa],
      .scheme = &p->model->implementation->DN_NAME(kernels)[plan->isa]->scheme[p->scheme],
      .N = N,
      .row = row,
      .S = p->model->states,
      .C = p->model->couplings,
      .P = p->model->parameters,
      .difference = p->coupling_kind == DN_COUPLING_DIFFERENCE,
      .recent = plan->forward.recent.slices > 0,
      .zero = net_reads_now(p),
      .late = dn_scheme_describe(p->scheme)->stages == 2,
      .split = net_splits(p),
      .dt = (DN_REAL)p->time_step,
      .epoch = -1,
      .worker = worker,
      .lo = dn_share_begin(worker, leaves) * DN_LEAF,
      .hi = dn_share_end(worker, leaves) * DN_LEAF,
  };
  f->end = f->hi < N ? f->hi : N;
  net_take(p, rows, arena, &f->a);
  net_arrays *a = &f->a;
  f->ring = net_ring_of(f, &plan->forward, a->weights, a->active);
  net_share_lanes(f, &a->now);
  net_share_lanes(f, &a->recent);

  const DN_REAL *weights = p->weights;
  if (plan->fractional) {
    for (ptrdiff_t e = 0; e < E / 2 && net_leads(f); e++) {
      a->expanded[e] = p->weights[e] * (1 - p->fractions[e]);
      a->expanded[E / 2 + e] = p->weights[e] * p->fractions[e];
    }
    weights = a->expanded;
    net_meet(f);
  }
  net_pack(f, &plan->forward, weights, a->weights);
  if (net_leads(f)) net_fill(f, rows, all_couplings);
  net_meet(f);
  for (ptrdiff_t s = 0; s < f->S; s++)
    for (ptrdiff_t i = 0; i < N && !f->has_noise; i++) f->has_noise = a->amplitude[s * row + i] != 0;
  for (ptrdiff_t k = 0; k < p->pulse_count; k++)
    if (p->pulses[k].end - p->pulses[k].begin > f->longest_pulse)
      f->longest_pulse = p->pulses[k].end - p->pulses[k].begin;
}

// ---- Noise ---------------------------------------------------------------------------------------------------------

// The standard normal numbers of step t, (S, row), this worker's nodes; steps from ... to - 1 are wanted next to it.
static const DN_REAL *net_noise(net_run *f, ptrdiff_t from, ptrdiff_t to) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  const ptrdiff_t width = f->S * f->row, N = f->N, lo = f->lo;
  if (from >= f->noise_from && to <= f->noise_to) return f->a.noise + (from - f->noise_from) * width;
  if (p->noise) {
    f->noise_from = from;
    f->noise_to = to;
    for (ptrdiff_t t = from; t < to; t++)
      for (ptrdiff_t s = 0; s < f->S; s++)
        if (f->end > lo)
          memcpy(f->a.noise + (t - from) * width + s * f->row + lo, p->noise + (t * f->S + s) * N + lo,
                 (size_t)(f->end - lo) * sizeof(DN_REAL));
    return f->a.noise;
  }
  // Pairs of steps; a step of the pair before 0, or behind T, is drawn and left alone.
  int64_t first = (p->first_step + from) & ~(int64_t)1;
  if (f->backward) first = ((p->first_step + to + 1) & ~(int64_t)1) - DN_NOISE_ROWS;
  if (first < 0) first = 0;
  for (ptrdiff_t r = 0; r < DN_NOISE_ROWS; r += 2) {
    const int64_t t = first + r, epoch = t >> 33;
    if (epoch != f->epoch) {
      const dn_key key = dn_key_fold_in(p->key, p->member);
      f->key = dn_key_fold_in(key, 2 * (uint64_t)epoch);
      f->low = dn_key_fold_in(key, 2 * (uint64_t)epoch + 1);
      f->epoch = epoch;
    }
    DN_REAL *even = f->a.noise + r * width;
    for (ptrdiff_t s = 0; s < f->S; s++)
      f->kernels->normals(f->key, f->low, ((uint64_t)(t >> 1) & 0xffffffffu) << 32 | (uint64_t)(s * N + lo), f->hi - lo,
                          even + s * f->row + lo, even + width + s * f->row + lo);
  }
  f->noise_from = (ptrdiff_t)(first - p->first_step);
  f->noise_to = f->noise_from + DN_NOISE_ROWS;
  return f->a.noise + (from - f->noise_from) * width;
}

// The number of pulses, in their order, that begin before step t of the run.
static ptrdiff_t net_pulses_before(const net_run *f, ptrdiff_t t) {
  ptrdiff_t low = 0, high = f->primal->pulse_count;
  while (low < high) {
    const ptrdiff_t middle = low + (high - low) / 2;
    if (f->a.pulses[middle].begin < f->primal->first_step + t) low = middle + 1;
    else high = middle;
  }
  return low;
}
// The first that may still last at step t: none before it is long enough.
static ptrdiff_t net_first_pulse(const net_run *f, ptrdiff_t t) {
  const int64_t earliest = t - f->longest_pulse;
  return earliest <= -f->primal->first_step ? 0 : net_pulses_before(f, (ptrdiff_t)earliest);
}

// What pulse k, in their order, does to steps from ... to - 1: the steps of it that are among them (none, if its node is not
// this worker's), and where its state and node stand in a row.
typedef struct net_touched {
  const DN_NAME(dn_pulse) *pulse;
  ptrdiff_t from, to, element;
} net_touched;
static net_touched net_touch(const net_run *f, ptrdiff_t k, ptrdiff_t from, ptrdiff_t to) {
  const DN_NAME(dn_pulse) *pulse = &f->primal->pulses[f->a.pulses[k].pulse];
  const int64_t first = f->primal->first_step;
  net_touched touched = {.pulse = pulse,
                         .from = pulse->begin > first + from ? (ptrdiff_t)(pulse->begin - first) : from,
                         .to = pulse->end < first + to ? (ptrdiff_t)(pulse->end - first) : to,
                         .element = pulse->state * f->row + pulse->node};
  // Other workers' nodes are theirs.
  if (pulse->node < f->lo || pulse->node >= f->hi) touched.to = touched.from;
  return touched;
}

// n of steps from ... to - 1, at most DN_LEAF: amplitude z + dt u.
static void net_increments(net_run *f, ptrdiff_t from, ptrdiff_t to) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  const ptrdiff_t width = f->S * f->row, steps = to - from;
  DN_REAL *n = f->a.increment;
  if (f->has_noise) {
    const DN_REAL *z = net_noise(f, from, to);
    for (ptrdiff_t t = 0; t < steps; t++) net_multiply(f, f->S, f->a.amplitude, z + t * width, n + t * width);
  }
  if (p->stimulus) {
    if (!f->has_noise) net_zero(f, steps * f->S, n);
    for (ptrdiff_t s = 0; s < f->S; s++)
      net_to_nodes(f, p->stimulus + s * f->N * p->stimulus_stride + from, p->stimulus_stride,
                   f->a.stimulus + s * f->row, width, steps);
    for (ptrdiff_t t = 0; t < steps; t++) net_scale_add(f, f->S, f->dt, f->a.stimulus + t * width, n + t * width);
  }
  if (p->pulse_count > 0) {
    if (!f->has_noise && !p->stimulus) net_zero(f, steps * f->S, n);
    for (ptrdiff_t k = net_first_pulse(f, from); k < net_pulses_before(f, to); k++) {
      const net_touched u = net_touch(f, k, from, to);
      for (ptrdiff_t t = u.from; t < u.to; t++) {
        DN_REAL *at = &n[(t - from) * width + u.element];
        *at = DN_FMA(f->dt, u.pulse->amplitude, *at);
      }
    }
  }
}

// ---- Delayed sums --------------------------------------------------------------------------------------------------

// Adds each node's own coupling variables, for differences: sum_i += self_i y_i; the same rows the other way round.
static void net_apply_self(const net_run *f, const DN_REAL *self, const DN_REAL *y, DN_REAL *sum) {
  for (int32_t c = 0; c < f->C && f->difference; c++)
    if (f->ring.active[c]) net_multiply_add(f, 1, self, y + c * f->row, sum + c * f->row);
}

// Adds the edges of lanes to the sums of one column, rows of nodes; `at` is the same column of what they read, with the
// DN_RECENT columns before it where they read these. What is read is everybody's: all have met since it was written.
static void net_apply_lanes(const net_run *f, const net_lanes *lanes, const DN_REAL *w, const DN_REAL *at,
                            DN_REAL *sum) {
  if (lanes->lanes->slices == 0) return;
  if (lanes->elsewhere) net_meet(f);
  for (int32_t c = 0; c < f->C; c++)
    if (f->ring.active[c])
      f->kernels->apply_lanes(lanes->lanes, lanes->begin, lanes->end, lanes->offset, w, at + c * f->row,
                              sum + c * f->row);
  if (lanes->elsewhere) net_meet(f);
}

// What a step reads of y at its own time, added to the sums: zero-delay edges, and the nodes' own for differences.
static void net_apply_now(const net_run *f, const DN_REAL *y, DN_REAL *sum) {
  net_apply_lanes(f, &f->a.now, f->a.now.weights, y, sum);
  net_apply_self(f, f->a.self, y, sum);
}

// Rows of the last DN_RECENT columns before a leaf, `seen` and what follows, from the `moved` rows that a leaf has left
// behind them.
static void net_move_seen(const net_run *f, DN_REAL *seen, ptrdiff_t moved) {
  const ptrdiff_t width = f->C * f->row;
  if (moved == 0) return;
  if (f->hi - f->lo == f->row) {
    memmove(seen, seen + moved * width, (size_t)(DN_RECENT * width) * sizeof *seen);
    return;
  }
  for (ptrdiff_t t = 0; t < DN_RECENT; t++) net_copy(f, f->C, seen + (t + moved) * width, seen + t * width);
}

// The same rows where a run starts: the columns before `x` of the ring's rows.
static void net_load_seen(const net_run *f, const DN_REAL *x, DN_REAL *seen) {
  const ptrdiff_t width = f->C * f->row, stride = f->plan->stride;
  for (int32_t c = 0; c < f->C && f->recent; c++)
    net_to_nodes(f, x + c * f->N * stride - DN_RECENT, stride, seen + c * f->row, width, DN_RECENT);
}

// ---- Where a run starts --------------------------------------------------------------------------------------------

// A run's first state as a padded row, in the predictor's place, and the D columns of history that it reads.
static const DN_REAL *net_start(const net_run *f) {
  const ptrdiff_t N = f->N;
  net_zero(f, f->S, f->a.predictor);
  for (ptrdiff_t s = 0; s < f->S && f->primal->initial && N > 0; s++) {
    DN_REAL *to = f->a.predictor + s * f->row;
    const bool periodic = f->primal->model->state[s].periodic;
    for (ptrdiff_t i = f->lo; i < f->hi; i++) {
      const DN_REAL pi = (DN_REAL)3.14159265358979323846;
      to[i] = f->primal->initial[s * N + (i < N ? i : N - 1)];
      // remainder is exact: the same on every machine, however large the angle.
      if (!periodic || (to[i] >= -pi && to[i] < pi)) continue;
      to[i] = (DN_REAL)remainder((double)to[i], 6.283185307179586);
      if (to[i] >= pi) to[i] = -pi;
    }
  }
  return f->a.predictor;
}
static const DN_REAL *net_history(const DN_NAME(dn_network_primal) *p) {
  return p->history ? p->history + p->plan->history - p->plan->delay_max : NULL;
}

// The ring's columns before the first block: the D columns of history, rows `stride` apart (NULL: zeros).
static void net_fill_history(const net_run *f, const DN_REAL *history, ptrdiff_t stride) {
  const dn_plan *plan = f->plan;
  const ptrdiff_t D = plan->delay_max;
  for (ptrdiff_t c = 0; c < f->C; c++)
    for (ptrdiff_t i = c * f->N + f->lo; i < c * f->N + f->end; i++) {
      DN_REAL *to = f->a.ring + i * plan->stride;
      memset(to, 0, (size_t)plan->lead * sizeof *to);
      if (history && D > 0) memcpy(to + plan->lead - D, history + i * stride, (size_t)D * sizeof *to);
    }
}
