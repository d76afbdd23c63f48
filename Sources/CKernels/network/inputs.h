// The inputs of a run, one beside the other: what is checked of each, how a run reads it, its tangent, its cotangent. Included
// by network_f32.c and network_f64.c.

#include <stdlib.h>

// Every input that is one array of a primal p, which is of `plan` with N nodes, E edges, S states and C coupling variables:
//   X(member, values, need, rows, columns, stride of the values, stride of the derivatives, twin)
// `member` is what the tangent and the cotangent call theirs. The model's parameters are an array each: see below.
#define NET_INPUTS(X)                                                                                           \
  X(weights, p->weights, needed, net_sets(p), E, E, E, 0)                                                       \
  X(delays, p->fractions, plan->fractional ? needed : DN_OPTIONAL, 1, E, E, E, 0)                               \
  X(coupling, &p->coupling, DN_REQUIRED, 1, 1, 1, 1, 0)                                                         \
  X(sigma, p->sigma, needed, 1, p->sigma_count, p->sigma_count, p->sigma_count, 0)                              \
  X(noise, p->noise, DN_OPTIONAL, p->steps, (S * N), (S * N), (S * N), 0)                                       \
  X(stimulus, p->stimulus, DN_OPTIONAL, (S * N), p->steps, p->stimulus_stride, d->stimulus_stride, 0)           \
  X(pulses, p->pulses, DN_REQUIRED, 1, p->pulse_count, p->pulse_count, p->pulse_count, 0)                       \
  X(initial, p->initial, needed, S, N, N, N, 1)                                                                 \
  X(history, p->history, plan->delay_max > 0 ? needed : DN_OPTIONAL, (C * N), plan->history, p->history_stride, \
    d->history_stride, 2)

// ---- Checks --------------------------------------------------------------------------------------------------------

// The edges of the caller.
static ptrdiff_t net_edges(const dn_plan *plan) { return plan->fractional ? plan->edges / 2 : plan->edges; }

// How many values of parameter k a run has; 1 for a default, whose derivative is that of one value.
static ptrdiff_t net_parameter_count(const DN_NAME(dn_network_primal) *p, int32_t k) {
  return p->parameters && p->parameters[k].count ? p->parameters[k].count : 1;
}

// The arrays of the values, of tangents and of cotangents.
static void net_view_inputs(const DN_NAME(dn_network_primal) *p, dn_views *views) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t N = plan->nodes, E = net_edges(plan), S = p->model->states, C = p->model->couplings;
  const dn_need needed = p->steps > 0 ? DN_REQUIRED : DN_OPTIONAL;
  const bool counts = p->sigma_count == 0 || p->sigma_count == S || p->sigma_count == S * N;
  const bool sets = p->weight_sets == 0 || p->weight_sets == 1 || p->weight_sets == C;
  if (views->status == DN_OK && (!counts || !sets || p->pulse_count < 0 || (p->fractions && !plan->fractional)))
    views->status = DN_BAD_SIZE;
  if (views->status == DN_OK && p->pulse_count > INT32_MAX) views->status = DN_TOO_LARGE;
  for (int32_t k = 0; p->parameters && k < p->model->parameters; k++) {
    const DN_NAME(dn_parameter) *given = &p->parameters[k];
    if (given->count != 0 && given->count != 1 && given->count != N && views->status == DN_OK)
      views->status = DN_BAD_SIZE;
    else if (given->count > 0)
      dn_views_add(views, given->values, 1, given->count, given->count, sizeof(DN_REAL), needed, false, 0);
  }
#define VIEW(member, values, need, rows, columns, stride, derivatives, twin) \
  dn_views_add(views, values, rows, columns, stride, sizeof *(values), need, false, twin);
  NET_INPUTS(VIEW)
#undef VIEW
}
static void net_view_tangents(const DN_NAME(dn_network_primal) *p, const DN_NAME(dn_network_tangent) *d,
                              dn_views *views) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t N = plan->nodes, E = net_edges(plan), S = p->model->states, C = p->model->couplings;
  if (d->delays && !plan->fractional) views->status = DN_NOT_DIFFERENTIABLE;
  for (int32_t k = 0; d->parameters && k < p->model->parameters; k++) {
    const ptrdiff_t count = net_parameter_count(p, k);
    dn_views_add(views, d->parameters[k], 1, count, count, sizeof(DN_REAL), DN_OPTIONAL, false, 0);
  }
#define VIEW(member, values, need, rows, columns, stride, derivatives, twin) \
  dn_views_add(views, d->member, rows, columns, derivatives, sizeof(DN_REAL), DN_OPTIONAL, false, 0);
  NET_INPUTS(VIEW)
#undef VIEW
}
static void net_view_cotangents(const DN_NAME(dn_network_primal) *p, const DN_NAME(dn_network_cotangent) *d,
                                dn_views *views) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t N = plan->nodes, E = net_edges(plan), S = p->model->states, C = p->model->couplings;
  if (d->delays && !plan->fractional && views->status == DN_OK) views->status = DN_NOT_DIFFERENTIABLE;
  for (int32_t k = 0; d->parameters && k < p->model->parameters; k++) {
    const ptrdiff_t count = net_parameter_count(p, k);
    dn_views_add(views, d->parameters[k], 1, count, count, sizeof(DN_REAL), DN_OPTIONAL, true, 0);
  }
#define VIEW(member, values, need, rows, columns, stride, derivatives, twin) \
  dn_views_add(views, d->member, rows, columns, derivatives, sizeof(DN_REAL), DN_OPTIONAL, true, 0);
  NET_INPUTS(VIEW)
#undef VIEW
}

// What a tape knows the inputs by: of each, whether there is one and how many numbers it has.
static uint64_t net_hash_inputs(const DN_NAME(dn_network_primal) *p) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t N = plan->nodes, E = net_edges(plan), S = p->model->states, C = p->model->couplings;
  const dn_need needed = DN_OPTIONAL;
  uint64_t hash = DN_HASH;
  for (int32_t k = 0; k < p->model->parameters; k++)
    dn_hash(&hash, (uint64_t)(p->parameters ? p->parameters[k].count : 0));
#define HASH(member, values, need, rows, columns, stride, derivatives, twin) \
  (void)(need), dn_hash(&hash, (values) ? (uint64_t)(rows) * (uint64_t)(columns) : 0);
  NET_INPUTS(HASH)
#undef HASH
  return hash;
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
  for (ptrdiff_t e = 0; e < net_sets(p) * E && p->weights; e++)
    if (!isfinite(p->weights[e])) {
      where->edge = e % E;
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

// ---- Made ready ----------------------------------------------------------------------------------------------------

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

// What a run reads of its inputs, in arrays that are cut from the workspace.
typedef struct net_inputs {
  DN_REAL *expanded;      // (sets, E) weights of a run with fractional delays, in the caller's order
  DN_REAL *weights;       // (sets, E) in plan order
  net_lanes now, recent;  // edges without delay, and recent ones
  DN_REAL *self;          // (sets, row) difference coupling: minus the sum of each node's weights
  int32_t *edge_target;   // (E) difference coupling: targets in plan order
  DN_REAL *parameters;    // (rows of parameters, row)
  DN_REAL *amplitude;     // (S, row) sigma sqrt(dt)
  DN_REAL *noise;         // (DN_NOISE_ROWS, S, row)
  DN_REAL *increment;     // (DN_LEAF, S, row)
  DN_REAL *stimulus;      // (DN_LEAF, S, row)
  net_beginning *pulses;  // (pulse_count) in the order in which they begin
  bool has_noise;
  dn_key key, low;  // of noise; of its lower bits in double
  int64_t epoch;    // that the keys belong to
  ptrdiff_t noise_from, noise_to;
  int64_t longest_pulse;
} net_inputs;

static void net_inputs_take(const DN_NAME(dn_network_primal) *p, dn_arena *arena, net_inputs *in) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t row = net_row(plan), S = p->model->states * row, E = plan->edges, sets = net_sets(p);
  const size_t size = sizeof(DN_REAL);
  const bool difference = p->coupling_kind == DN_COUPLING_DIFFERENCE;
  *in = (net_inputs){
      .expanded = plan->fractional ? dn_arena_take(arena, sets * E, size) : NULL,
      .weights = dn_arena_take(arena, sets * E, size),
      .now = net_take_lanes(&plan->forward.now, sets, arena),
      .recent = net_take_lanes(&plan->forward.recent, sets, arena),
      .self = difference ? dn_arena_take(arena, sets * row, size) : NULL,
      .edge_target = difference ? dn_arena_take(arena, E, sizeof(int32_t)) : NULL,
      .parameters = dn_arena_take(arena, net_parameter_rows(p->model) * row, size),
      .amplitude = dn_arena_take(arena, S, size),
      .noise = dn_arena_take(arena, DN_NOISE_ROWS * S, size),
      .increment = dn_arena_take(arena, DN_LEAF * S, size),
      .stimulus = p->stimulus ? dn_arena_take(arena, DN_LEAF * S, size) : NULL,
      .pulses = dn_arena_take(arena, p->pulse_count, sizeof(net_beginning)),
      .epoch = -1,
  };
}

// A row of `row` elements from values of count 1 or N; elements behind the nodes repeat the last one.
static void net_spread(const DN_REAL *values, ptrdiff_t count, ptrdiff_t N, ptrdiff_t row, DN_REAL *to) {
  for (ptrdiff_t i = 0; i < row; i++) to[i] = values[count == 1 ? 0 : i < N ? i : N - 1];
}

// Difference coupling reads a node's own coupling variables with minus the sum of its weights, here of those in plan order.
static void net_self(const net_run *f, const DN_REAL *w, DN_REAL *self) {
  const ptrdiff_t E = f->plan->edges;
  memset(self, 0, (size_t)(f->sets * f->row) * sizeof *self);
  for (ptrdiff_t set = 0; set < f->sets; set++, w += E, self += f->row)
    for (ptrdiff_t k = 0; k < E; k++) self[f->in->edge_target[k]] -= w[k];
}

// Fills the arrays but the weights, which net_pack does; what stands behind the nodes in a row stays finite.
static void net_inputs_fill(const net_run *f) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  const net_inputs *in = f->in;
  const ptrdiff_t row = f->row, N = f->N;
  const size_t size = sizeof(DN_REAL);
  net_fill_lanes(f, &in->now, in->weights);
  net_fill_lanes(f, &in->recent, in->weights);
  if (f->difference) {
    dn_plan_targets(f->plan, in->edge_target);
    net_self(f, in->weights, in->self);
  }
  for (int32_t k = 0; k < f->P; k++) {
    const DN_NAME(dn_parameter) *given = p->parameters ? &p->parameters[k] : NULL;
    const DN_REAL value = (DN_REAL)p->model->parameter[k].value;
    if (given && given->count > 0) net_spread(given->values, given->count, N, row, in->parameters + k * row);
    else net_spread(&value, 1, N, row, in->parameters + k * row);
  }
  if (f->text) {
    net_spread(&p->coupling, 1, N, row, in->parameters + DN_ROW_COUPLING(f->P) * row);
    net_spread(&f->dt, 1, N, row, in->parameters + DN_ROW_TIME_STEP(f->P) * row);
    f->model->derive(f->text, row, in->parameters);
  }
  const double root = sqrt(p->time_step);
  memset(in->amplitude, 0, (size_t)(f->S * row) * size);
  for (ptrdiff_t s = 0; s < f->S && p->sigma_count > 0; s++)
    for (ptrdiff_t i = 0; i < N; i++)
      in->amplitude[s * row + i] = (DN_REAL)(root * (double)p->sigma[p->sigma_count == f->S ? s : s * N + i]);
  memset(in->noise, 0, (size_t)(DN_NOISE_ROWS * f->S * row) * size);
  memset(in->increment, 0, (size_t)(DN_LEAF * f->S * row) * size);
  if (in->stimulus) memset(in->stimulus, 0, (size_t)(DN_LEAF * f->S * row) * size);
  for (ptrdiff_t k = 0; k < p->pulse_count; k++)
    in->pulses[k] = (net_beginning){.begin = p->pulses[k].begin, .pulse = (int32_t)k};
  if (p->pulse_count > 1) qsort(in->pulses, (size_t)p->pulse_count, sizeof *in->pulses, net_earlier);
}

// The run's inputs made ready by its workers together; all have met when it returns.
static void net_inputs_prepare(net_run *f) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  net_inputs *in = f->in;
  const ptrdiff_t E = f->plan->edges, N = f->N;
  net_share_lanes(f, &in->now);
  net_share_lanes(f, &in->recent);
  const DN_REAL *weights = p->weights;
  if (f->plan->fractional) {
    DN_REAL *to = in->expanded;
    for (ptrdiff_t set = 0; set < f->sets && net_leads(f); set++, weights += E / 2, to += E)
      for (ptrdiff_t e = 0; e < E / 2; e++) {
        to[e] = weights[e] * (1 - p->fractions[e]);
        to[E / 2 + e] = weights[e] * p->fractions[e];
      }
    weights = in->expanded;
    net_meet(f);
  }
  net_pack(f, &f->plan->forward, weights, in->weights);
  if (net_leads(f)) net_inputs_fill(f);
  net_meet(f);
  for (ptrdiff_t s = 0; s < f->S; s++)
    for (ptrdiff_t i = 0; i < N && !in->has_noise; i++) in->has_noise = in->amplitude[s * f->row + i] != 0;
  for (ptrdiff_t k = 0; k < p->pulse_count; k++)
    if (p->pulses[k].end - p->pulses[k].begin > in->longest_pulse)
      in->longest_pulse = p->pulses[k].end - p->pulses[k].begin;
}

// ---- Read by steps -------------------------------------------------------------------------------------------------

// The standard normal numbers of step t, (S, row), this worker's nodes; steps from ... to - 1 are wanted next to it.
static const DN_REAL *net_noise(net_run *f, ptrdiff_t from, ptrdiff_t to) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  const ptrdiff_t width = f->S * f->row, N = f->N, lo = f->lo;
  if (from >= f->in->noise_from && to <= f->in->noise_to) return f->in->noise + (from - f->in->noise_from) * width;
  if (p->noise) {
    f->in->noise_from = from;
    f->in->noise_to = to;
    for (ptrdiff_t t = from; t < to; t++)
      for (ptrdiff_t s = 0; s < f->S; s++)
        if (f->end > lo)
          memcpy(f->in->noise + (t - from) * width + s * f->row + lo, p->noise + (t * f->S + s) * N + lo,
                 (size_t)(f->end - lo) * sizeof(DN_REAL));
    return f->in->noise;
  }
  // Pairs of steps; a step of the pair before 0, or behind T, is drawn and left alone.
  int64_t first = (p->first_step + from) & ~(int64_t)1;
  if (f->backward) first = ((p->first_step + to + 1) & ~(int64_t)1) - DN_NOISE_ROWS;
  if (first < 0) first = 0;
  for (ptrdiff_t r = 0; r < DN_NOISE_ROWS; r += 2) {
    const int64_t t = first + r, epoch = t >> 33;
    if (epoch != f->in->epoch) {
      const dn_key key = dn_key_fold_in(p->key, p->member);
      f->in->key = dn_key_fold_in(key, 2 * (uint64_t)epoch);
      f->in->low = dn_key_fold_in(key, 2 * (uint64_t)epoch + 1);
      f->in->epoch = epoch;
    }
    DN_REAL *even = f->in->noise + r * width;
    for (ptrdiff_t s = 0; s < f->S; s++)
      f->kernels->normals(f->in->key, f->in->low, ((uint64_t)(t >> 1) & 0xffffffffu) << 32 | (uint64_t)(s * N + lo),
                          f->hi - lo, even + s * f->row + lo, even + width + s * f->row + lo);
  }
  f->in->noise_from = (ptrdiff_t)(first - p->first_step);
  f->in->noise_to = f->in->noise_from + DN_NOISE_ROWS;
  return f->in->noise + (from - f->in->noise_from) * width;
}

// The number of pulses, in their order, that begin before step t of the run.
static ptrdiff_t net_pulses_before(const net_run *f, ptrdiff_t t) {
  ptrdiff_t low = 0, high = f->primal->pulse_count;
  while (low < high) {
    const ptrdiff_t middle = low + (high - low) / 2;
    if (f->in->pulses[middle].begin < f->primal->first_step + t) low = middle + 1;
    else high = middle;
  }
  return low;
}
// The first that may still last at step t: none before it is long enough.
static ptrdiff_t net_first_pulse(const net_run *f, ptrdiff_t t) {
  const int64_t earliest = t - f->in->longest_pulse;
  return earliest <= -f->primal->first_step ? 0 : net_pulses_before(f, (ptrdiff_t)earliest);
}

// What pulse k, in their order, does to steps from ... to - 1: the steps of it that are among them (none, if its node is not
// this worker's), and where its state and node stand in a row.
typedef struct net_touched {
  const DN_NAME(dn_pulse) *pulse;
  ptrdiff_t from, to, element;
} net_touched;
static net_touched net_touch(const net_run *f, ptrdiff_t k, ptrdiff_t from, ptrdiff_t to) {
  const DN_NAME(dn_pulse) *pulse = &f->primal->pulses[f->in->pulses[k].pulse];
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
  DN_REAL *n = f->in->increment;
  if (f->in->has_noise) {
    const DN_REAL *z = net_noise(f, from, to);
    for (ptrdiff_t t = 0; t < steps; t++) net_multiply(f, f->S, f->in->amplitude, z + t * width, n + t * width);
  }
  if (p->stimulus) {
    if (!f->in->has_noise) net_zero(f, steps * f->S, n);
    for (ptrdiff_t s = 0; s < f->S; s++)
      net_to_nodes(f, p->stimulus + s * f->N * p->stimulus_stride + from, p->stimulus_stride,
                   f->in->stimulus + s * f->row, width, steps);
    for (ptrdiff_t t = 0; t < steps; t++) net_scale_add(f, f->S, f->dt, f->in->stimulus + t * width, n + t * width);
  }
  if (p->pulse_count > 0) {
    if (!f->in->has_noise && !p->stimulus) net_zero(f, steps * f->S, n);
    for (ptrdiff_t k = net_first_pulse(f, from); k < net_pulses_before(f, to); k++) {
      const net_touched u = net_touch(f, k, from, to);
      for (ptrdiff_t t = u.from; t < u.to; t++) {
        DN_REAL *at = &n[(t - from) * width + u.element];
        *at = DN_FMA(f->dt, u.pulse->amplitude, *at);
      }
    }
  }
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

// ---- Tangents ------------------------------------------------------------------------------------------------------

typedef struct net_inputs_jvp {
  const DN_NAME(dn_network_tangent) *d;
  DN_REAL *given;         // (sets, E) tangents of the edges' weights in the caller's order,
  DN_REAL *weights;       //   in plan order,
  DN_REAL *now, *recent;  //   as lanes,
  DN_REAL *self;          //   and (sets, row) summed as net_inputs' self
  DN_REAL *parameters;    // (rows of parameters, row)
  DN_REAL *amplitude;     // (S, row)
  DN_REAL *increment;     // (S, row)
} net_inputs_jvp;

static void net_inputs_jvp_take(const DN_NAME(dn_network_primal) *p, dn_arena *arena, net_inputs_jvp *in) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t row = net_row(plan), S = p->model->states * row, sets = net_sets(p);
  const size_t size = sizeof(DN_REAL);
  in->given = dn_arena_take(arena, sets * plan->edges, size);
  in->weights = dn_arena_take(arena, sets * plan->edges, size);
  in->now = net_take_lane_weights(&plan->forward.now, sets, arena);
  in->recent = net_take_lane_weights(&plan->forward.recent, sets, arena);
  in->self = p->coupling_kind == DN_COUPLING_DIFFERENCE ? dn_arena_take(arena, sets * row, size) : NULL;
  in->parameters = dn_arena_take(arena, net_parameter_rows(p->model) * row, size);
  in->amplitude = dn_arena_take(arena, S, size);
  in->increment = dn_arena_take(arena, S, size);
}

// Fills the arrays, which are zeros; all have met when it returns.
static void net_inputs_jvp_prepare(net_run *f, const net_inputs_jvp *in) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  const DN_NAME(dn_network_tangent) *d = in->d;
  const dn_plan *plan = f->plan;
  const ptrdiff_t N = f->N, E = plan->edges;
  for (ptrdiff_t set = 0; set < f->sets && net_leads(f); set++) {
    const ptrdiff_t first = set * net_edges(plan);
    DN_REAL *given = in->given + set * E;
    for (ptrdiff_t e = 0; e < E; e++) {
      const ptrdiff_t user = plan->fractional && e >= E / 2 ? e - E / 2 : e;
      const DN_REAL share = !plan->fractional ? 1 : e == user ? 1 - p->fractions[user] : p->fractions[user];
      if (d->weights) given[e] = share * d->weights[first + user];
      if (d->delays) given[e] += (e == user ? -d->delays[user] : d->delays[user]) * p->weights[first + user];
    }
  }
  net_meet(f);
  net_pack(f, &plan->forward, in->given, in->weights);
  if (net_leads(f)) {
    net_lane_weights(f, f->in->now.lanes, in->weights, in->now);
    net_lane_weights(f, f->in->recent.lanes, in->weights, in->recent);
    if (f->difference) net_self(f, in->weights, in->self);
    for (int32_t k = 0; k < f->P && d->parameters; k++) {
      const ptrdiff_t count = net_parameter_count(p, k);
      if (d->parameters[k] && N > 0) net_spread(d->parameters[k], count, N, f->row, in->parameters + k * f->row);
    }
    if (f->text) {
      if (d->coupling) net_spread(d->coupling, 1, N, f->row, in->parameters + DN_ROW_COUPLING(f->P) * f->row);
      f->model->derive_jvp(f->text, f->row, f->in->parameters, in->parameters);
    }
    const double root = sqrt(p->time_step);
    for (ptrdiff_t s = 0; s < f->S && d->sigma && p->sigma_count > 0; s++)
      for (ptrdiff_t i = 0; i < N; i++)
        in->amplitude[s * f->row + i] = (DN_REAL)(root * (double)d->sigma[p->sigma_count == f->S ? s : s * N + i]);
  }
  net_meet(f);
  f->in->has_noise |= d->sigma != NULL && p->sigma_count > 0;
}

// The tangent of the increment of step t: dsigma sqrt(dt) z + sigma sqrt(dt) dz + dt du.
static void net_increment_jvp(net_run *f, const net_inputs_jvp *in, ptrdiff_t t) {
  const DN_NAME(dn_network_tangent) *d = in->d;
  const ptrdiff_t N = f->N;
  net_zero(f, f->S, in->increment);
  if (d->sigma && f->primal->sigma_count > 0)
    net_multiply_add(f, f->S, in->amplitude, net_noise(f, t, t + 1), in->increment);
  for (ptrdiff_t s = 0; s < f->S; s++)
    for (ptrdiff_t i = f->lo; i < f->end; i++) {
      DN_REAL *to = &in->increment[s * f->row + i];
      if (d->noise) *to = DN_FMA(f->in->amplitude[s * f->row + i], d->noise[(t * f->S + s) * N + i], *to);
      if (d->stimulus) *to = DN_FMA(f->dt, d->stimulus[(s * N + i) * d->stimulus_stride + t], *to);
    }
  for (ptrdiff_t k = net_first_pulse(f, t); d->pulses && k < net_pulses_before(f, t + 1); k++) {
    const net_touched u = net_touch(f, k, t, t + 1);
    DN_REAL *to = &in->increment[u.element];
    if (u.from < u.to) *to = DN_FMA(f->dt, d->pulses[f->in->pulses[k].pulse], *to);
  }
}

// The first state's tangent into a row of states, and history's into a ring whose column `lead` is the first; both are zeros.
static void net_start_jvp(const net_run *f, const net_inputs_jvp *in, DN_REAL *state, DN_REAL *ring) {
  const DN_NAME(dn_network_tangent) *d = in->d;
  const dn_plan *plan = f->plan;
  const ptrdiff_t D = plan->delay_max, N = f->N;
  for (ptrdiff_t c = 0; c < f->C && d->history && D > 0; c++)
    for (ptrdiff_t i = c * N + f->lo; i < c * N + f->end; i++)
      memcpy(ring + i * plan->stride + plan->lead - D, d->history + i * d->history_stride + plan->history - D,
             (size_t)D * sizeof *ring);
  for (ptrdiff_t s = 0; s < f->S && d->initial && f->end > f->lo; s++)
    memcpy(state + s * f->row + f->lo, d->initial + s * N + f->lo, (size_t)(f->end - f->lo) * sizeof *state);
}

// ---- Cotangents ----------------------------------------------------------------------------------------------------

// Sums of a block in this precision, and of all in double.
typedef struct net_inputs_vjp {
  const DN_NAME(dn_network_cotangent) *d;
  bool wants_edges;
  DN_REAL *edge_sum;  // (sets, E) in plan order, of edges with a delay
  DN_REAL *now_sum;   // (sets, rows of the forward graph's `now`, DN_LEAF) of those without
  DN_REAL *self;      // (sets, row) difference coupling: of g_i y_i
  double *self_total;
  DN_REAL *parameters, *coupling, *sigma;  // (rows of parameters, row), (row), (S, row)
  double *parameters_total, *coupling_total, *sigma_total;
  double *pulses;      // (pulse_count)
  DN_REAL *increment;  // (DN_LEAF, S, row) of a leaf's increments
} net_inputs_vjp;

// Everything starts as zeros, which the caller sees to.
static void net_inputs_vjp_take(const DN_NAME(dn_network_primal) *p, dn_arena *arena, net_inputs_vjp *in) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t row = net_row(plan), S = p->model->states * row, P = net_parameter_rows(p->model) * row;
  const ptrdiff_t sets = net_sets(p);
  const size_t size = sizeof(DN_REAL);
  in->edge_sum = dn_arena_take(arena, sets * plan->edges, size);
  in->now_sum = net_take_lane_weights(&plan->forward.now, sets, arena);
  in->self = dn_arena_take(arena, sets * row, size);
  in->self_total = dn_arena_take(arena, sets * row, sizeof(double));
  in->parameters = dn_arena_take(arena, P, size);
  in->coupling = dn_arena_take(arena, row, size);
  in->sigma = dn_arena_take(arena, S, size);
  in->parameters_total = dn_arena_take(arena, P, sizeof(double));
  in->coupling_total = dn_arena_take(arena, row, sizeof(double));
  in->sigma_total = dn_arena_take(arena, S, sizeof(double));
  in->pulses = dn_arena_take(arena, p->pulse_count, sizeof(double));
  in->increment = dn_arena_take(arena, DN_LEAF * S, size);
}

// What the cotangents of the increments of steps from ... to - 1 mean for sigma, noise and stimulus.
static void net_increments_vjp(net_run *f, const net_inputs_vjp *in, ptrdiff_t from, ptrdiff_t to) {
  const DN_NAME(dn_network_cotangent) *d = in->d;
  const ptrdiff_t S = f->S * f->row;
  if (d->sigma) {
    // Drawn even where sigma is 0: its derivative there is not.
    const DN_REAL *z = net_noise(f, from, to);
    for (ptrdiff_t t = from; t < to; t++)
      net_multiply_add(f, f->S, z + (t - from) * S, in->increment + (t - from) * S, in->sigma);
  }
  for (ptrdiff_t t = from; t < to && d->noise && f->end > f->lo; t++)
    for (ptrdiff_t s = 0, i = f->lo; s < f->S; s++, i += f->row)
      f->kernels->multiply_add_user(f->end - f->lo, f->in->amplitude + i, in->increment + (t - from) * S + i,
                                    d->noise + (t * f->S + s) * f->N + f->lo);
  for (ptrdiff_t t = from; t < to && d->stimulus; t++)
    for (ptrdiff_t s = 0; s < f->S; s++)
      for (ptrdiff_t i = f->lo; i < f->end; i++)
        d->stimulus[(s * f->N + i) * d->stimulus_stride + t] += f->dt * in->increment[(t - from) * S + s * f->row + i];
  for (ptrdiff_t k = net_first_pulse(f, from); d->pulses && k < net_pulses_before(f, to); k++) {
    const net_touched u = net_touch(f, k, from, to);
    for (ptrdiff_t t = u.from; t < u.to; t++)
      in->pulses[f->in->pulses[k].pulse] += (double)in->increment[(t - from) * S + u.element];
  }
}

static void net_total(const net_run *f, ptrdiff_t rows, DN_REAL *sum, double *total) {
  const net_part part = net_part_of(f, rows);
  for (ptrdiff_t k = 0, first = part.first; k < part.times; k++, first += f->row)
    for (ptrdiff_t i = first; i < first + part.count; i++) total[i] += (double)sum[i];
  net_zero(f, rows, sum);
}

// Adds a block's sums to those of all.
static void net_inputs_vjp_total(const net_run *f, const net_inputs_vjp *in) {
  net_total(f, f->rows, in->parameters, in->parameters_total);
  net_total(f, 1, in->coupling, in->coupling_total);
  net_total(f, f->sets, in->self, in->self_total);
  net_total(f, f->S, in->sigma, in->sigma_total);
}

// Adds a sum to what the caller has; whether the sum is a number of this precision.
static bool net_give(double sum, DN_REAL *to) {
  *to += (DN_REAL)sum;
  return isfinite((DN_REAL)sum);
}

// What the sums of derived rows mean for the parameters and G.
static void net_pull_derived(const net_run *f, const net_inputs_vjp *in) {
  const ptrdiff_t row = f->row;
  for (ptrdiff_t i = 0; i < f->rows * row; i++) in->parameters[i] = (DN_REAL)in->parameters_total[i];
  f->model->derive_vjp(f->text, row, f->in->parameters, in->parameters);
  for (ptrdiff_t i = 0; i < f->P * row; i++) in->parameters_total[i] = (double)in->parameters[i];
  for (ptrdiff_t i = 0; i < row; i++) in->coupling_total[i] = (double)in->parameters[DN_ROW_COUPLING(f->P) * row + i];
}

// Adds the sums of the edges' products to the cotangents of the weights and delays. Returns the first edge, in plan order and
// set by set, whose sum is not finite, or -1.
static ptrdiff_t net_give_edges(const net_run *f, const net_inputs_vjp *in) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  const DN_NAME(dn_network_cotangent) *d = in->d;
  const dn_lanes *now = &f->plan->forward.now;
  const ptrdiff_t E = f->plan->edges, edges = net_edges(f->plan), lanes = net_lane_count(now);
  for (ptrdiff_t set = 0; set < f->sets; set++) {
    DN_REAL *edge_sum = in->edge_sum + set * E, *weights = d->weights ? d->weights + set * edges : NULL;
    const DN_REAL *values = p->weights + set * edges;
    const double *self = in->self_total + set * f->row;
    for (ptrdiff_t k = 0; k < lanes; k++)
      if (now->position[k] >= 0) edge_sum[now->position[k]] = in->now_sum[set * lanes + k];
    for (ptrdiff_t k = 0; k < E; k++) {
      const ptrdiff_t e = f->plan->forward.edge[k];
      // Of differences: g times what the edge read, less what the target had itself.
      const DN_REAL sum = f->difference ? (DN_REAL)(edge_sum[k] - self[f->in->edge_target[k]]) : edge_sum[k];
      if (!isfinite(sum)) return e;
      if (!f->plan->fractional) {
        if (weights) weights[e] += sum;
        continue;
      }
      const bool later = e >= edges;
      const ptrdiff_t user = later ? e - edges : e;
      const DN_REAL share = later ? p->fractions[user] : 1 - p->fractions[user];
      if (weights) weights[user] += share * sum;
      if (d->delays) d->delays[user] += (later ? values[user] : -values[user]) * edge_sum[k];
    }
  }
  return -1;
}

// Adds the sums, and the first state's cotangent, to the caller's arrays. Returns the first that is not finite: an edge's, or a node's of sigma (its state),
// a parameter or the coupling.
static dn_status net_inputs_vjp_finish(const net_run *f, const net_inputs_vjp *in, const DN_REAL *state,
                                       dn_outcome *where) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  const DN_NAME(dn_network_cotangent) *d = in->d;
  const ptrdiff_t N = f->N;
  *where =
      (dn_outcome){.status = DN_NOT_FINITE_COTANGENT, .node = -1, .step = -1, .edge = -1, .state = -1, .parameter = -1};
  if (in->wants_edges) where->edge = net_give_edges(f, in);
  if (where->edge >= 0) return where->status;
  if (f->text) net_pull_derived(f, in);
  double sum = 0;
  for (ptrdiff_t i = 0; i < N; i++) {
    sum += in->coupling_total[i];
    bool finite = isfinite(in->coupling_total[i]);
    for (int32_t k = 0; k < f->P && d->parameters && finite; k++)
      if (d->parameters[k] && !isfinite(in->parameters_total[k * f->row + i])) {
        where->parameter = k;
        finite = false;
      }
    for (int32_t s = 0; s < f->S && finite; s++)
      if (!isfinite(in->sigma_total[s * f->row + i])) {
        where->state = s;
        finite = false;
      }
    if (!finite) {
      where->node = i;
      return where->status;
    }
  }
  if (d->coupling && !net_give(sum, d->coupling)) return where->status;
  for (int32_t k = 0; k < f->P && d->parameters; k++) {
    if (!d->parameters[k]) continue;
    const double *total = in->parameters_total + k * f->row;
    const bool per_node = p->parameters && p->parameters[k].count > 1;
    sum = 0;
    for (ptrdiff_t i = 0; i < N; i++) {
      sum += total[i];
      if (per_node && !net_give(total[i], &d->parameters[k][i])) where->node = i;
    }
    where->parameter = k;
    if (where->node >= 0 || (!per_node && !net_give(sum, &d->parameters[k][0]))) return where->status;
  }
  where->parameter = -1;
  const double root = sqrt(p->time_step);
  for (ptrdiff_t s = 0; s < f->S && d->sigma && p->sigma_count > 0; s++) {
    sum = 0;
    for (ptrdiff_t i = 0; i < N; i++) {
      sum += in->sigma_total[s * f->row + i];
      if (p->sigma_count != f->S && !net_give(root * in->sigma_total[s * f->row + i], &d->sigma[s * N + i]))
        where->node = i;
    }
    where->state = (int32_t)s;
    if (where->node >= 0 || (p->sigma_count == f->S && !net_give(root * sum, &d->sigma[s]))) return where->status;
  }
  where->state = -1;
  for (ptrdiff_t k = 0; k < p->pulse_count && d->pulses; k++)
    if (!net_give(p->time_step * in->pulses[k], &d->pulses[k])) {
      where->node = p->pulses[k].node;
      where->state = p->pulses[k].state;
      return where->status;
    }
  for (ptrdiff_t s = 0; s < f->S && d->initial; s++)
    for (ptrdiff_t i = 0; i < N; i++) d->initial[s * N + i] += state[s * f->row + i];
  return DN_OK;
}
