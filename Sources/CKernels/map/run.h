// dn_map_run. Included by map_f32.c and map_f64.c.

// What every worker of the run's team does.
static void map_run_work(void *context, ptrdiff_t run, const dn_worker *worker, dn_outcome *result) {
  const map_call *c = context;
  const map_state state = map_state_of(c, run, worker);
  const dn_plan *plan = state.plan;
  const dn_kernels *kernels = state.kernels;
  const DN_NAME(dn_map_primal) *p = state.primal;
  const map_arrays *a = &state.arrays;
  const map_share share = map_share_of(&state, worker, &plan->forward);
  const ptrdiff_t T = p->steps, B = plan->block, H = plan->history, stride = plan->stride;
  DN_NAME(dn_map_result) *out = c->run_results ? &c->run_results[run] : NULL;

  dn_outcome mine = map_pack(&share);
  for (ptrdiff_t i = share.ring.row_begin; i < share.ring.row_end && H > 0; i++) {
    const ptrdiff_t bad = kernels->first_not_finite(p->history + i * p->history_stride, H);
    if (bad >= 0 && (mine.status == DN_OK || bad - H < mine.step))
      mine = (dn_outcome){.status = DN_NOT_FINITE_HISTORY, .node = i, .step = bad - H};
  }
  map_load_history(&share, p->history, p->history_stride, a->ring);
  *result = dn_block_end(worker, mine, 0);
  if (result->status != DN_OK && result->status != DN_CANCELLED) {
    if (out && worker->rank == 0) out->steps_done = 0;
    return;
  }
  map_pack_lanes(&share);

  ptrdiff_t t = 0, column = plan->lead;
  while (t < T && result->status == DN_OK) {
    const ptrdiff_t n = T - t < B ? T - t : B;
    if (ring_is_full(plan, column)) column = ring_slide(&share.ring, NULL, a->ring, column);
    DN_REAL *x = a->ring + column;

    // The row starts as the noise's share; with a gain of 0 the noise is not read at all.
    for (ptrdiff_t i = share.ring.row_begin; i < share.ring.row_end; i++) {
      if (p->noise_gain != 0) kernels->scale_row(p->noise + i * p->noise_stride + t, p->noise_gain, x + i * stride, n);
      else memset(x + i * stride, 0, (size_t)n * sizeof *x);
    }
    if (plan->zero_edges) map_load_noise(&share, p->noise + t, p->noise_stride, a->noise_block, n);
    if (plan->zero_edges || column == plan->lead) dn_wait(worker);
    if (plan->zero_edges) ring_add_to(&share.ring, 0, a->noise_block, x, stride, n);
    ring_add(&share.ring, 1, x, x, n);
    map_solve(&share, x, n);

    mine = (dn_outcome){.status = DN_OK};
    for (ptrdiff_t i = share.ring.row_begin; i < share.ring.row_end; i++) {
      const ptrdiff_t bad = kernels->first_not_finite(x + i * stride, n);
      if (bad >= 0 && (mine.status == DN_OK || t + bad < mine.step))
        mine = (dn_outcome){.status = DN_NOT_FINITE_SERIES, .node = i, .step = t + bad};
    }
    *result = dn_block_end(worker, mine, n);
    const ptrdiff_t good = result->status == DN_NOT_FINITE_SERIES ? result->step - t : n;
    for (ptrdiff_t i = share.ring.row_begin; i < share.ring.row_end; i++)
      memcpy(p->series + i * p->series_stride + t, x + i * stride, (size_t)good * sizeof *x);
    t += good;
    column += n;
  }

  if (result->status == DN_CANCELLED) result->step = t;
  if (!out) return;
  map_store_history(&share, p->history, p->history_stride, p->series, p->series_stride, t, out->next_history,
                    out->next_history_stride);
  if (worker->rank == 0) out->steps_done = t;
}

static void map_run_check(const void *context, ptrdiff_t run, dn_views *views) {
  const map_call *c = context;
  const dn_plan *plan = c->frame.call.plan;
  const DN_NAME(dn_map_primal) *p = &c->primals[run];
  const DN_NAME(dn_map_result) *out = c->run_results ? &c->run_results[run] : NULL;
  map_check_primal(plan, p, true, plan->zero_edges || p->noise_gain != 0, views);
  if (out)
    dn_views_add(views, out->next_history, plan->nodes, plan->history, out->next_history_stride, sizeof(DN_REAL),
                 DN_OPTIONAL, true, 1);
}

dn_status DN_NAME(dn_map_run)(const dn_plan *plan, ptrdiff_t runs, const DN_NAME(dn_map_primal) *primals,
                              DN_NAME(dn_map_result) *results, const dn_run_options *options, dn_place *place) {
  map_call c = {.primals = primals, .run_results = results};
  if (plan) c.needs.noise_block = plan->zero_edges;
  if (results)
    for (ptrdiff_t r = 0; r < runs; r++) results[r].steps_done = 0;
  const dn_status status = map_begin(&c, plan, runs, options, map_run_check, place);
  if (status != DN_OK) return status;
  return map_end(&c, map_run_work, place);
}
