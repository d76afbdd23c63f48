// What a pass over a run begins with, and the delayed sums of its blocks. Included by network_f32.c and network_f64.c.

// y of n rows of states.
static void net_observe(const net_run *f, ptrdiff_t n, const DN_REAL *states, DN_REAL *y) {
  f->model->observe(f->text, f->row, f->lo, f->hi, n, f->in->parameters, states, y);
}

// This worker's share of the rings over one of the plan's graphs.
static ring_share net_ring_of(const net_run *f, const dn_graph *graph, const DN_REAL *weights, const bool *active) {
  return (ring_share){.plan = f->plan,
                      .kernels = f->kernels,
                      .worker = f->worker,
                      .graph = graph,
                      .weights = weights,
                      .next_weights = f->sets > 1 ? f->plan->edges : 0,
                      .channels = f->C,
                      .active = active,
                      .row_begin = f->lo,
                      .row_end = f->end,
                      .sector_begin = dn_share_begin(f->worker, graph->sectors),
                      .sector_end = dn_share_end(f->worker, graph->sectors)};
}

// A monitor's gain matrix less its reference, in padded rows. The reference is as linear as the rest.
static void net_fill_gain(const dn_monitor *monitor, ptrdiff_t N, ptrdiff_t row, double *to) {
  const ptrdiff_t rows = monitor->rows, reference = monitor->reference;
  for (ptrdiff_t i = 0; i < N; i++) {
    double less = reference > 0 ? monitor->gain[(reference - 1) * N + i] : 0;
    for (ptrdiff_t r = 0; r < rows && reference == DN_REFERENCE_MEAN; r++)
      less += monitor->gain[r * N + i] / (double)rows;
    for (ptrdiff_t r = 0; r < rows; r++) to[r * row + i] = monitor->gain[r * N + i] - less;
  }
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t i = N; i < row; i++) to[r * row + i] = 0;
}

// What a run's arrays hold before its first step; rows start as zeros, so that what stands behind the nodes stays finite.
static void net_fill(const net_run *f, ptrdiff_t rows, bool all_couplings) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  const net_arrays *a = &f->a;
  const ptrdiff_t row = f->row, N = f->N;
  const size_t size = sizeof(DN_REAL);
  // A coupling variable whose gain is 0 for every node adds exact zeros.
  for (int32_t c = 0; c < f->C; c++) {
    const int32_t gain = p->model->implementation->gain[c];
    a->active[c] = all_couplings || gain < 0;
    for (ptrdiff_t i = 0; i < N && !a->active[c]; i++) a->active[c] = f->in->parameters[gain * row + i] != 0;
  }
  if (rows) {
    memset(a->states, 0, (size_t)(rows * f->S * row) * size);
    memset(a->coupled, 0, (size_t)(rows * f->C * row) * size);
    if (a->coupled_predicted) memset(a->coupled_predicted, 0, (size_t)(rows * f->C * row) * size);
  }
  memset(a->predictor, 0, (size_t)(f->S * row) * size);
  memset(a->column, 0, (size_t)row * size);
  memset(a->monitored, 0, (size_t)(net_monitored_rows(p) * row) * size);
  for (ptrdiff_t k = 0; k < net_monitored_rows(p) && p->monitored && N > 0; k++)
    memcpy(a->monitored + k * row, p->monitored + k * N, (size_t)N * size);
  double *gain = a->gains;
  for (int32_t k = 0; k < p->monitor_count; k++) {
    dn_monitor_prepare(&p->monitors[k], p->time_step, a->constants + k * DN_MONITOR_CONSTANTS);
    if (!dn_monitor_describe(p->monitors[k].kind)->projects) continue;
    net_fill_gain(&p->monitors[k], N, row, gain);
    gain += p->monitors[k].rows * row;
  }
  memset(a->seen, 0, (size_t)((DN_RECENT + DN_LEAF) * f->C * row) * size);
}

// A run over arrays that are cut from the arena, its inputs made ready.
static void net_prepare(net_run *f, net_inputs *in, const DN_NAME(dn_network_primal) *p, const dn_worker *worker,
                        ptrdiff_t rows, bool all_couplings, dn_arena *arena) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t N = plan->nodes, row = net_row(plan), leaves = row / DN_LEAF;
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
      .sets = net_sets(p),
      .rows = net_parameter_rows(p->model),
      .difference = p->coupling_kind == DN_COUPLING_DIFFERENCE,
      .recent = plan->forward.recent.slices > 0,
      .zero = net_reads_now(p),
      .late = dn_scheme_describe(p->scheme)->stages == 2,
      .split = net_splits(p),
      .dt = (DN_REAL)p->time_step,
      .in = in,
      .worker = worker,
      .lo = dn_share_begin(worker, leaves) * DN_LEAF,
      .hi = dn_share_end(worker, leaves) * DN_LEAF,
  };
  f->end = f->hi < N ? f->hi : N;
  net_take(p, rows, arena, &f->a);
  net_inputs_take(p, arena, in);
  net_start_text(f);
  f->ring = net_ring_of(f, &plan->forward, in->weights, f->a.active);
  net_inputs_prepare(f);
  if (net_leads(f)) net_fill(f, rows, all_couplings);
  net_meet(f);
}

// ---- Delayed sums --------------------------------------------------------------------------------------------------

// Adds each node's own coupling variables, for differences: sum_i += self_i y_i; the same rows the other way round.
static void net_apply_self(const net_run *f, const DN_REAL *self, const DN_REAL *y, DN_REAL *sum) {
  for (int32_t c = 0; c < f->C && f->difference; c++)
    if (f->ring.active[c]) net_multiply_add(f, 1, self + net_set(f, c) * f->row, y + c * f->row, sum + c * f->row);
}

// Adds the edges of lanes to the sums of one column, rows of nodes; `at` is the same column of what they read, with the
// DN_RECENT columns before it where they read these. What is read is everybody's: all have met since it was written.
static void net_apply_lanes(const net_run *f, const net_lanes *lanes, const DN_REAL *w, const DN_REAL *at,
                            DN_REAL *sum) {
  if (lanes->lanes->slices == 0) return;
  if (lanes->elsewhere) net_meet(f);
  for (int32_t c = 0; c < f->C; c++)
    if (f->ring.active[c])
      f->kernels->apply_lanes(lanes->lanes, lanes->begin, lanes->end, lanes->offset,
                              w + net_set(f, c) * net_lane_count(lanes->lanes), at + c * f->row, sum + c * f->row);
  if (lanes->elsewhere) net_meet(f);
}

// What a step reads of y at its own time, added to the sums: zero-delay edges, and the nodes' own for differences.
static void net_apply_now(const net_run *f, const DN_REAL *y, DN_REAL *sum) {
  net_apply_lanes(f, &f->in->now, f->in->now.weights, y, sum);
  net_apply_self(f, f->in->self, y, sum);
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
