// dn_map_vjp: the run read backwards. Included by map_f32.c and map_f64.c.
//
// With g(t) the cotangent of x(t) when everything later has been added to it:
//
//   g_j(s)          = dseries_j(s) + sum over e from j, d_e > 0, of (scale w_e) g_{i_e}(s + d_e)      s = T-1 ... 0
//   dhistory_j(s)  += the same sum without dseries                                                    s = -1 ... -H
//   dnoise_j(t)    += noise_gain g_j(t) + sum over e from j, d_e = 0, of (scale w_e) g_{i_e}(t)
//   dweights_e     += scale * dot_e,   dscale += sum over e of w_e dot_e,   dot_e = sum over t of g_{i_e}(t) b(j_e, t - d_e)
//   dnoise_gain    += sum over i, t of g_i(t) z_i(t)
//
// In reversed time r = T-1-s the first line is the forward run of the transposed graph, on the same ring, blocks and
// recursion. The history's columns are r = T ... T+H-1, where nothing is fed back: every class is applied to whole blocks.

// ---- The parts of a block ------------------------------------------------------------------------------------------

// What the workers of one run know besides the state.
typedef struct map_vjp {
  const map_state *state;
  const DN_NAME(dn_map_cotangent) *d;
  map_share share;    // of the transposed graph: sources own rows
  map_share forward;  // of the forward graph: targets own dot products
  bool wants_dots, wants_gain, wants_noise;
  ptrdiff_t known_from;  // natural step of the first column behind the lead in `known`
} map_vjp;

// Loads the series into `known` so that columns lead ... lead + window - 1 are the natural steps from ... from + window
// - 1; before step 0 stands the history, behind step T - 1 zeros.
static void map_vjp_load_known(map_vjp *v, ptrdiff_t from) {
  const dn_plan *plan = v->state->plan;
  const DN_NAME(dn_map_primal) *p = v->state->primal;
  const ptrdiff_t T = p->steps, H = plan->history, first = from - plan->lead;
  const ptrdiff_t h0 = first > -H ? first : -H;  // history columns h0 ... -1
  const ptrdiff_t s0 = first > 0 ? first : 0;    // series columns s0 ... s1 - 1
  const ptrdiff_t s1 = from + plan->window < T ? from + plan->window : T;
  for (ptrdiff_t i = v->share.ring.row_begin; i < v->share.ring.row_end; i++) {
    DN_REAL *row = v->state->arrays.known + i * plan->stride - first;  // indexed by natural step
    if (h0 > first) memset(row + first, 0, (size_t)(h0 - first) * sizeof *row);
    if (h0 < 0) memcpy(row + h0, p->history + i * p->history_stride + H + h0, (size_t)-h0 * sizeof *row);
    if (s1 > s0) memcpy(row + s0, p->series + i * p->series_stride + s0, (size_t)(s1 - s0) * sizeof *row);
    const ptrdiff_t end = first + plan->stride, zeros = s1 > s0 ? s1 : s0;
    if (end > zeros) memset(row + zeros, 0, (size_t)(end - zeros) * sizeof *row);
  }
  v->known_from = from;
}

// Adds the block's share to the dot products: natural steps t ... t + n - 1, adjoint in adjoint_block.
static void map_vjp_dots(map_vjp *v, ptrdiff_t t, ptrdiff_t n) {
  const dn_plan *plan = v->state->plan;
  const dn_graph *graph = &plan->forward;
  const map_arrays *a = &v->state->arrays;
  const DN_REAL *known = a->known + plan->lead + t - v->known_from;
  const dn_list *zero = &graph->list[0];
  if (zero->count > 0)
    v->state->kernels->dot(graph, zero->sector_group[v->forward.ring.sector_begin],
                           zero->sector_group[v->forward.ring.sector_end], a->adjoint_block, plan->block_stride,
                           a->noise_block, n, a->edge_sum);
  ring_dot(&v->forward.ring, a->adjoint_block, known, n, a->edge_sum);
}

// Adds the block's g, columns `column` on of the ring, to the noise's cotangent at natural steps t ... t + n - 1.
static void map_vjp_noise(const map_vjp *v, ptrdiff_t column, ptrdiff_t t, ptrdiff_t n) {
  const dn_plan *plan = v->state->plan;
  const DN_REAL *g = v->state->arrays.ring + column;
  DN_REAL *sum = v->state->arrays.sum_block;
  const DN_REAL gain = v->state->primal->noise_gain;
  for (ptrdiff_t i = v->share.ring.row_begin; i < v->share.ring.row_end; i++) {
    if (gain != 0) v->state->kernels->scale_row(g + i * plan->stride, gain, sum + i * plan->block_stride, n);
    else memset(sum + i * plan->block_stride, 0, (size_t)n * sizeof *sum);
  }
  ring_add_to(&v->share.ring, 0, g, sum, plan->block_stride, n);
  for (ptrdiff_t i = v->share.ring.row_begin; i < v->share.ring.row_end; i++)
    v->state->kernels->add_reversed_row(sum + i * plan->block_stride, v->d->noise + i * v->d->noise_stride + t, n);
}

// Whether all sums are finite: they are not where the series, the history or the noise that they read was not, or where
// they overflowed. Rank 0 looks at all of them, so that the first one is the same for every number of threads.
static dn_outcome map_vjp_check_sums(const map_vjp *v) {
  const dn_plan *plan = v->state->plan;
  const map_arrays *a = &v->state->arrays;
  if (v->share.ring.worker->rank != 0) return (dn_outcome){.status = DN_OK};
  const ptrdiff_t k = v->wants_dots ? v->state->kernels->first_not_finite(a->edge_sum, plan->edges) : -1;
  if (k >= 0)
    return (dn_outcome){.status = DN_NOT_FINITE_COTANGENT, .step = -1, .edge = plan->forward.edge[k], .node = -1};
  const ptrdiff_t i = v->wants_gain ? v->state->kernels->first_not_finite(a->gain_sum, plan->nodes) : -1;
  if (i >= 0) return (dn_outcome){.status = DN_NOT_FINITE_COTANGENT, .step = -1, .edge = -1, .node = i};
  return (dn_outcome){.status = DN_OK};
}

// Adds dot products to the cotangents of weights, scale and noise gain. Sums over edges and nodes in plan order.
static void map_vjp_reduce(const map_vjp *v) {
  const dn_plan *plan = v->state->plan;
  const DN_NAME(dn_map_primal) *p = v->state->primal;
  const map_arrays *a = &v->state->arrays;
  const int32_t *edge = plan->forward.edge;
  const ptrdiff_t E = plan->edges;
  if (v->d->weights)
    for (ptrdiff_t k = dn_share_begin(v->share.ring.worker, E); k < dn_share_end(v->share.ring.worker, E); k++)
      v->d->weights[edge[k]] += p->scale * a->edge_sum[k];
  if (v->share.ring.worker->rank != 0) return;
  if (v->d->scale) {
    double sum = 0;
    for (ptrdiff_t k = 0; k < E; k++) sum += (double)p->weights[edge[k]] * (double)a->edge_sum[k];
    *v->d->scale += (DN_REAL)sum;
  }
  if (v->d->noise_gain) {
    double sum = 0;
    for (ptrdiff_t i = 0; i < plan->nodes; i++) sum += (double)a->gain_sum[i];
    *v->d->noise_gain += (DN_REAL)sum;
  }
}

// ---- The run -------------------------------------------------------------------------------------------------------

static void map_vjp_work(void *context, ptrdiff_t run, const dn_worker *worker, dn_outcome *result) {
  const map_call *c = context;
  const map_state state = map_state_of(c, run, worker);
  const dn_plan *plan = state.plan;
  const dn_kernels *kernels = state.kernels;
  const DN_NAME(dn_map_primal) *p = state.primal;
  const DN_NAME(dn_map_cotangent) *d = &c->cotangents[run];
  const map_arrays *a = &state.arrays;
  map_vjp v = {.state = &state,
               .d = d,
               .share = map_share_of(&state, worker, &plan->transposed),
               .forward = map_share_of(&state, worker, &plan->forward),
               .wants_dots = plan->edges > 0 && (d->weights || d->scale),
               .wants_gain = d->noise_gain,
               .wants_noise = d->noise && (plan->zero_edges || p->noise_gain != 0),
               .known_from = PTRDIFF_MAX};
  const ptrdiff_t T = p->steps, B = plan->block, D = plan->delay_max, E = plan->edges, stride = plan->stride;
  const ptrdiff_t row_begin = v.share.ring.row_begin, row_end = v.share.ring.row_end;

  const dn_outcome packed = map_pack(&v.share);
  for (ptrdiff_t i = row_begin; i < row_end; i++) {
    DN_REAL *before = a->ring + i * stride;
    memset(before, 0, (size_t)plan->lead * sizeof *before);
    if (d->adjoint_after) kernels->reverse_row(d->adjoint_after + i * D, before + plan->lead - D, D);
  }
  if (v.wants_dots)
    memset(a->edge_sum + dn_share_begin(worker, E), 0,
           (size_t)(dn_share_end(worker, E) - dn_share_begin(worker, E)) * sizeof *a->edge_sum);
  if (v.wants_gain) memset(a->gain_sum + row_begin, 0, (size_t)(row_end - row_begin) * sizeof *a->gain_sum);
  *result = dn_block_end(worker, packed, 0);
  map_pack_lanes(&v.share);

  // r is the reversed step of the block's first column, t the natural step of its last one.
  ptrdiff_t column = plan->lead;
  for (ptrdiff_t r = 0, n; r < T && result->status == DN_OK; r += n, column += n) {
    n = T - r < B ? T - r : B;
    const ptrdiff_t t = T - r - n;
    if (ring_is_full(plan, column)) column = ring_slide(&v.share.ring, NULL, a->ring, column);
    DN_REAL *g = a->ring + column;
    for (ptrdiff_t i = row_begin; i < row_end; i++) {
      if (d->series) kernels->reverse_row(d->series + i * d->series_stride + t, g + i * stride, n);
      else memset(g + i * stride, 0, (size_t)n * sizeof *g);
    }
    if (column == plan->lead) dn_wait(worker);
    // In the first blocks a long delay reads what stands before the run's end: zeros, unless a later chunk left its adjoint.
    v.share.zeros_before = r == 0 && !d->adjoint_after;
    if (d->adjoint_after || r >= D) ring_add(&v.share.ring, 1, g, g, n);
    else ring_add_between(&v.share.ring, 1, g, g, stride, n, B, r + n - 1);
    map_solve(&v.share, g, n);

    dn_outcome mine = {.status = DN_OK};
    for (ptrdiff_t i = row_begin; i < row_end; i++) {
      const ptrdiff_t bad = kernels->first_not_finite(g + i * stride, n);
      if (bad >= 0 && (mine.status == DN_OK || r + bad < mine.step))
        mine = (dn_outcome){.status = DN_NOT_FINITE_COTANGENT, .node = i, .step = r + bad};
      if (v.wants_dots || v.wants_gain) {
        DN_REAL *natural = a->adjoint_block + i * plan->block_stride;
        kernels->reverse_row(g + i * stride, natural, n);
        memset(natural + n, 0, (size_t)(-n & (DN_LEAF - 1)) * sizeof *natural);
      }
    }
    if (v.wants_dots && t < v.known_from) map_vjp_load_known(&v, T - r - plan->window);
    if ((v.wants_dots && plan->zero_edges) || v.wants_gain) {
      map_load_noise(&v.share, p->noise + t, p->noise_stride, a->noise_block, n);
      for (ptrdiff_t i = row_begin; i < row_end; i++)
        memset(a->noise_block + i * plan->block_stride + n, 0, (size_t)(-n & (DN_LEAF - 1)) * sizeof *g);
    }
    *result = dn_block_end(worker, mine, n);
    if (result->status != DN_OK && result->status != DN_CANCELLED) {
      result->step = T - 1 - result->step;
      break;
    }

    if (v.wants_noise) map_vjp_noise(&v, column, t, n);
    if (v.wants_dots) map_vjp_dots(&v, t, n);
    if (v.wants_gain)
      kernels->dot_rows(row_end - row_begin, a->adjoint_block + row_begin * plan->block_stride, plan->block_stride,
                        a->noise_block + row_begin * plan->block_stride, plan->block_stride, n,
                        a->gain_sum + row_begin);
    // The next block overwrites what the others may still be reading.
    if (v.wants_dots || v.wants_noise) dn_wait(worker);
    if (result->status == DN_CANCELLED) result->step = t;
  }
  if (result->status != DN_OK) return;

  if (d->adjoint_first)
    for (ptrdiff_t i = row_begin; i < row_end && D > 0; i++)
      kernels->reverse_row(a->ring + i * stride + column - D, d->adjoint_first + i * D, D);
  const bool reaches_history = d->history && D > 0 && (T > 0 || d->adjoint_after);
  if (reaches_history)
    ring_history(&v.share.ring, a->ring, column, d->adjoint_after ? INT32_MAX : T - 1, a->sum_block, d->history,
                 d->history_stride);
  dn_wait(worker);
  *result = dn_block_end(worker, map_vjp_check_sums(&v), 0);
  if (result->status == DN_OK) map_vjp_reduce(&v);
}

static void map_vjp_check(const void *context, ptrdiff_t run, dn_views *views) {
  const map_call *c = context;
  const dn_plan *plan = c->frame.call.plan;
  const DN_NAME(dn_map_primal) *p = &c->primals[run];
  const DN_NAME(dn_map_cotangent) *d = &c->cotangents[run];
  const ptrdiff_t N = plan->nodes, H = plan->history, D = plan->delay_max, T = p->steps;
  const size_t size = sizeof(DN_REAL);
  const bool reads_noise = (plan->zero_edges && (d->weights || d->scale)) || d->noise_gain;
  map_check_primal(plan, p, false, reads_noise, views);
  dn_views_add(views, d->series, N, T, d->series_stride, size, DN_OPTIONAL, false, 0);
  dn_views_add(views, d->adjoint_after, N, D, D, size, DN_OPTIONAL, false, 3);
  dn_views_add(views, d->adjoint_first, N, D, D, size, DN_OPTIONAL, true, 3);
  dn_views_add(views, d->history, N, H, d->history_stride, size, DN_OPTIONAL, true, 0);
  dn_views_add(views, d->noise, N, T, d->noise_stride, size, DN_OPTIONAL, true, 0);
  dn_views_add(views, d->weights, 1, plan->edges, plan->edges, size, DN_OPTIONAL, true, 0);
  dn_views_add(views, d->scale, 1, 1, 1, size, DN_OPTIONAL, true, 0);
  dn_views_add(views, d->noise_gain, 1, 1, 1, size, DN_OPTIONAL, true, 0);
}

static map_needs map_vjp_needs(const dn_plan *plan, bool dots, bool gain, bool noise, bool history) {
  return (map_needs){.known = dots,
                     .edge_sum = dots,
                     .gain_sum = gain,
                     .adjoint_block = dots || gain,
                     .noise_block = (dots && plan->zero_edges) || gain,
                     .sum_block = noise || history};
}

dn_status DN_NAME(dn_map_vjp)(const dn_plan *plan, ptrdiff_t runs, const DN_NAME(dn_map_primal) *primals,
                              const DN_NAME(dn_map_cotangent) *cotangents, const dn_run_options *options,
                              dn_place *place) {
  map_call c = {.primals = primals, .cotangents = cotangents};
  if (runs > 0 && !cotangents) return dn_finish(place, DN_NULL_POINTER, -1);
  bool dots = false, gain = false, noise = false, history = false;
  for (ptrdiff_t r = 0; r < runs; r++) {
    dots |= cotangents[r].weights || cotangents[r].scale;
    gain |= cotangents[r].noise_gain != NULL;
    noise |= cotangents[r].noise != NULL;
    history |= cotangents[r].history != NULL;
  }
  if (plan) c.needs = map_vjp_needs(plan, dots, gain, noise, history);
  const dn_status status = map_begin(&c, plan, runs, options, map_vjp_check, place);
  if (status != DN_OK) return status;
  return map_end(&c, map_vjp_work, place);
}

// Bytes of one run's arrays, and of a pullback's that asks for everything.
static size_t map_bytes(const dn_plan *plan, map_needs needs) {
  map_arrays counted;
  dn_arena arena = {0};
  map_take(plan, needs, &arena, &counted);
  return arena.used;
}
void DN_NAME(dn_map_bytes)(const dn_plan *plan, size_t *run, size_t *vjp) {
  *run = map_bytes(plan, (map_needs){.noise_block = plan->zero_edges});
  *vjp = map_bytes(plan, map_vjp_needs(plan, true, true, true, true));
}
