// What the drivers of networks share: a run, its private arrays, and what is done to rows of nodes. Included by network_f32.c
// and network_f64.c, before inputs.h and sums.h.
//
// tau counts states of a run: s(0) is the initial one, step t leads from tau = t to t + 1. Column tau of the ring holds
// c(tau) while it is being summed, then y(tau).

#include "../ring.h"
#include "../tape.h"

// How many sets of weights a run has: one for each coupling variable, or one for all.
static ptrdiff_t net_sets(const DN_NAME(dn_network_primal) *p) { return p->weight_sets > 1 ? p->weight_sets : 1; }

// Lanes of a run: where their keys stand in rows of nodes, and weights for them.
typedef struct net_lanes {
  const dn_lanes *lanes;
  int32_t begin, end;  // this worker's slices
  bool elsewhere;      // some of them may have targets that are not this worker's
  int32_t *offset;     // (keys)
  DN_REAL *weights;    // (sets, rows, DN_LEAF)
} net_lanes;

// Elements of a set's.
static ptrdiff_t net_lane_count(const dn_lanes *lanes) { return (ptrdiff_t)lanes->rows * DN_LEAF; }

static DN_REAL *net_take_lane_weights(const dn_lanes *lanes, ptrdiff_t sets, dn_arena *arena) {
  return dn_arena_take(arena, sets * net_lane_count(lanes), sizeof(DN_REAL));
}
static net_lanes net_take_lanes(const dn_lanes *lanes, ptrdiff_t sets, dn_arena *arena) {
  return (net_lanes){.lanes = lanes,
                     .offset = dn_arena_take(arena, lanes->keys, sizeof(int32_t)),
                     .weights = net_take_lane_weights(lanes, sets, arena)};
}

// A forward run's private arrays, cut from the workspace.
typedef struct net_arrays {
  DN_REAL *ring;               // (C, N, stride)
  bool *active;                // (C) whether a coupling variable's sum can matter
  DN_REAL *states;             // (B + 1, S, row) s, the first row from the block before
  DN_REAL *coupled;            // (B + 1, C, row) c
  DN_REAL *coupled_predicted;  // (B + 1, C, row) what correctors read, where zero-delay edges make it differ from c
  DN_REAL *seen;               // (DN_RECENT + DN_LEAF, C, row) y, of the columns before a leaf and of the leaf's
  DN_REAL *observed;           // the leaf's rows of it
  DN_REAL *predictor;          // (S, row)
  DN_REAL *monitored;          // (rows of all monitors' memory, row)
  DN_REAL *column;             // (row) of a monitor
  double *constants;           // (monitor_count, DN_MONITOR_CONSTANTS)
  double *gains;               // (rows of all gain matrices, row), less their references; zeros behind the nodes
  // Of models from text: outputs of a state, and of its tangent; rows of programs, each worker's own, and where they are.
  DN_REAL *outputs, *output_tangents;  // (O, row)
  DN_REAL *text_rows;                  // (constants and scratch, row)
  DN_REAL **text_at;                   // (leaves of a row, registers)
} net_arrays;

// One run with everything that its forward pass, its tangent and its adjoint need to know.
typedef struct net_run {
  const dn_plan *plan;
  const DN_NAME(dn_network_primal) *primal;
  const dn_kernels *kernels;
  const dn_model_kernels *model;
  const dn_scheme_kernels *scheme;
  ptrdiff_t N, row, S, C, P;
  ptrdiff_t sets;   // of weights
  bool difference;  // nodes are coupled to differences
  bool recent;      // there are recent edges
  bool zero;        // steps read y(t): by edges without delay, or for differences
  bool late;        // the scheme has a second stage, coupled to the next column or frozen
  bool split;       // correctors read another coupling than the next step's predictors
  bool backward;    // steps are visited from the last to the first
  ptrdiff_t rows;   // of parameters: P, or more where some are derived
  DN_REAL dt;
  net_arrays a;
  dn_text_run *text;     // NULL: the model has kernels of its own; otherwise
  dn_text_run text_run;  //   this

  struct net_inputs *in;  // made ready: inputs.h
  // Several workers may share a run. Each goes through all of it, with its part of every row of nodes and of the plan's
  // sectors of targets; arrays are everybody's, this struct is each one's own.
  const dn_worker *worker;
  ptrdiff_t lo, hi;  // elements of a row, multiples of DN_LEAF
  ptrdiff_t end;     // nodes are lo ... end - 1
  ring_share ring;   // of the forward graph; its active coupling variables are those of net_arrays
} net_run;

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

// The set of weights of a coupling variable.
static ptrdiff_t net_set(const net_run *f, ptrdiff_t c) { return f->sets > 1 ? c : 0; }

// Sets of weights in plan order as lanes; a lane without an edge has the weight 0.
static void net_lane_weights(const net_run *f, const dn_lanes *lanes, const DN_REAL *w, DN_REAL *to) {
  const ptrdiff_t count = net_lane_count(lanes);
  for (ptrdiff_t set = 0; set < f->sets; set++, w += f->plan->edges, to += count)
    for (ptrdiff_t k = 0; k < count; k++) to[k] = lanes->position[k] < 0 ? 0 : w[lanes->position[k]];
}
static void net_fill_lanes(const net_run *f, const net_lanes *to, const DN_REAL *w) {
  const ptrdiff_t width = f->C * f->row;  // from a row of nodes to the one a step later
  for (int32_t k = 0; k < to->lanes->keys; k++)
    to->offset[k] = (int32_t)(to->lanes->source[k] - to->lanes->delay[k] * width);
  net_lane_weights(f, to->lanes, w, to->weights);
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

// Sets of weights in the plan's order of a graph, a share each; all have met when it returns.
static void net_pack(const net_run *f, const dn_graph *graph, const DN_REAL *weights, DN_REAL *to) {
  const ptrdiff_t E = f->plan->edges;
  for (ptrdiff_t set = 0; set < f->sets; set++)
    f->kernels->pack(graph->edge, dn_share_begin(f->worker, E), dn_share_end(f->worker, E), weights + set * E, 1,
                     to + set * E);
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
// Rows of all gain matrices.
static ptrdiff_t net_gain_rows(const DN_NAME(dn_network_primal) *p) {
  ptrdiff_t rows = 0;
  for (int32_t k = 0; k < p->monitor_count; k++)
    if (dn_monitor_describe(p->monitors[k].kind)->projects) rows += p->monitors[k].rows;
  return rows;
}
// A nonlinear monitor is carried along by the stretches that are computed again, and what its derivatives need is on their
// record: how many rows for each of its states, and the first of them; 0 for the linear ones.
static ptrdiff_t net_recorded_rows(const dn_monitor *monitor, ptrdiff_t *first) {
  int32_t begin;
  const int32_t rows = dn_monitor_recorded(monitor->kind, &begin);
  *first = begin;
  return rows;
}
// Rows of what nonlinear monitors keep.
static ptrdiff_t net_nonlinear_rows(const DN_NAME(dn_network_primal) *p) {
  ptrdiff_t rows = 0, first;
  for (int32_t k = 0; k < p->monitor_count; k++)
    if (net_recorded_rows(&p->monitors[k], &first) > 0)
      rows += dn_monitor_describe(p->monitors[k].kind)->memory * dn_monitor_states(p->model, &p->monitors[k]);
  return rows;
}
// Rows on the record of a stretch of so many steps for one monitor: (interim means, V, rows).
static ptrdiff_t net_record_rows(const DN_NAME(dn_network_primal) *p, const dn_monitor *monitor, ptrdiff_t steps) {
  ptrdiff_t first;
  const ptrdiff_t rows = net_recorded_rows(monitor, &first) * dn_monitor_states(p->model, monitor);
  return rows > 0 ? (ptrdiff_t)(steps / monitor->interim + 1) * rows : 0;
}

// Whether a monitor reads outputs of the model.
static bool net_reads_outputs(const DN_NAME(dn_network_primal) *p, const dn_monitor *monitor) {
  for (ptrdiff_t v = 0; v < dn_monitor_states(p->model, monitor); v++)
    if (dn_monitor_state(monitor, v) >= p->model->states) return true;
  return false;
}

// A monitor of every step whose columns are the states: it is read and written by blocks of columns.
static bool net_is_plain(const DN_NAME(dn_network_primal) *p, const dn_monitor *monitor) {
  return net_every(monitor) == 1 && dn_monitor_describe(monitor->kind)->memory == 0 && !net_reads_outputs(p, monitor);
}

// Rows of a model's parameters: with what is derived from them, where it is computed from its text.
static ptrdiff_t net_parameter_rows(const dn_model *model) {
  return model->implementation->text ? model->implementation->text->rows : model->parameters;
}

// `rows`: rows of states and coupling kept here; 0: they are on a tape.
static void net_take(const DN_NAME(dn_network_primal) *p, ptrdiff_t rows, dn_arena *arena, net_arrays *a) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t row = net_row(plan), S = p->model->states, C = p->model->couplings;
  const size_t size = sizeof(DN_REAL);
  *a = (net_arrays){
      .ring = dn_arena_take(arena, C * plan->nodes * plan->stride, size),
      .active = dn_arena_take(arena, C, sizeof(bool)),
      .states = rows ? dn_arena_take(arena, rows * S * row, size) : NULL,
      .coupled = rows ? dn_arena_take(arena, rows * C * row, size) : NULL,
      .coupled_predicted = rows && net_splits(p) ? dn_arena_take(arena, rows * C * row, size) : NULL,
      .seen = dn_arena_take(arena, (DN_RECENT + DN_LEAF) * C * row, size),
      .predictor = dn_arena_take(arena, S * row, size),
      .monitored = dn_arena_take(arena, net_monitored_rows(p) * row, size),
      .column = dn_arena_take(arena, row, size),
      .constants = dn_arena_take(arena, (ptrdiff_t)p->monitor_count * DN_MONITOR_CONSTANTS, sizeof(double)),
      .gains = dn_arena_take(arena, net_gain_rows(p) * row, sizeof(double)),
  };
  if (a->seen) a->observed = a->seen + DN_RECENT * C * row;
  const dn_text_model *text = p->model->implementation->text;
  if (!text) return;
  a->outputs = dn_arena_take(arena, p->model->outputs * row, size);
  a->output_tangents = dn_arena_take(arena, p->model->outputs * row, size);
  a->text_rows = dn_arena_take(arena, ((ptrdiff_t)text->constants + text->scratch) * row, size);
  a->text_at = dn_arena_take(arena, row / DN_LEAF * text->registers, sizeof *a->text_at);
}

// Elements that go through a program at once: what its rows fit into a cache with.
#define DN_TEXT_CHUNK 256

// This worker's rows of programs, constants filled in.
static void net_start_text(net_run *f) {
  const dn_text_model *text = f->primal->model->implementation->text;
  const ptrdiff_t own = f->hi - f->lo, chunk = own < DN_TEXT_CHUNK ? own : DN_TEXT_CHUNK;
  if (!text) return;
  f->text = &f->text_run;
  f->text_run = (dn_text_run){.model = text, .scheme = &text->scheme[f->primal->scheme], .chunk = chunk};
  if (chunk == 0) return;
  DN_REAL **at = f->a.text_at + f->lo / DN_LEAF * text->registers,
          *rows = f->a.text_rows + f->lo * ((ptrdiff_t)text->constants + text->scratch);
  for (int32_t k = 0; k < text->first[DN_CONSTANTS]; k++) at[k] = NULL;
  for (int32_t k = 0; k < text->constants + text->scratch; k++, rows += chunk) {
    at[text->first[DN_CONSTANTS] + k] = rows;
    for (ptrdiff_t i = 0; i < chunk; i++) rows[i] = k < text->constants ? (DN_REAL)text->constant[k] : 0;
  }
  f->text_run.at = at;
}
