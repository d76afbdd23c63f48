// dn_map_jvp: the run's recurrence on tangents. Included by map_f32.c and map_f64.c.
//
//   dx_i(t) = sum over e of (scale w_e) db(j_e, t - d_e) + (scale dw_e + dscale w_e) b(j_e, t - d_e)
//             + noise_gain dz_i(t) + dnoise_gain z_i(t)
//
// b is finished, so its sum needs no recursion: every class is applied to whole blocks.

static bool map_jvp_reads_series(const DN_NAME(dn_map_tangent) *d) { return d->weights || d->scale != 0; }

static void map_jvp_work(void *context, ptrdiff_t run, const dn_worker *worker, dn_outcome *result) {
  const map_call *c = context;
  const map_state state = map_state_of(c, run, worker);
  const dn_plan *plan = state.plan;
  const dn_kernels *kernels = state.kernels;
  const DN_NAME(dn_map_primal) *p = state.primal;
  const DN_NAME(dn_map_tangent) *d = &c->tangents[run];
  const map_arrays *a = &state.arrays;
  const map_share share = map_share_of(&state, worker, &plan->forward);
  map_share with_tangent_weights = share;
  with_tangent_weights.ring.weights = a->tangent_weights;
  const bool reads_series = map_jvp_reads_series(d);
  const ptrdiff_t T = p->steps, B = plan->block, E = plan->edges, stride = plan->stride;

  dn_outcome mine = map_pack(&share);
  map_load_history(&share, d->history, d->history_stride, a->ring);
  if (reads_series) {
    kernels->pack_jvp(plan->forward.edge, dn_share_begin(worker, E), dn_share_end(worker, E), p->weights, p->scale,
                      d->weights, d->scale, a->tangent_weights);
    map_load_history(&share, p->history, p->history_stride, a->known);
  }
  *result = dn_block_end(worker, mine, 0);
  map_pack_lanes(&share);

  ptrdiff_t t = 0, column = plan->lead;
  while (t < T && result->status == DN_OK) {
    const ptrdiff_t n = T - t < B ? T - t : B;
    if (ring_is_full(plan, column)) {
      if (reads_series) ring_slide(&share.ring, NULL, a->known, column);
      column = ring_slide(&share.ring, NULL, a->ring, column);
    }
    DN_REAL *dx = a->ring + column;
    for (ptrdiff_t i = share.ring.row_begin; i < share.ring.row_end; i++) {
      if (p->noise_gain != 0 && d->noise)
        kernels->scale_row(d->noise + i * d->noise_stride + t, p->noise_gain, dx + i * stride, n);
      else memset(dx + i * stride, 0, (size_t)n * sizeof *dx);
      if (d->noise_gain != 0)
        kernels->add_scaled_row(p->noise + i * p->noise_stride + t, d->noise_gain, dx + i * stride, n);
      if (reads_series)
        memcpy(a->known + i * stride + column, p->series + i * p->series_stride + t, (size_t)n * sizeof *dx);
    }
    if (plan->zero_edges && reads_series) map_load_noise(&share, p->noise + t, p->noise_stride, a->noise_block, n);
    if (plan->zero_edges && d->noise) map_load_noise(&share, d->noise + t, d->noise_stride, a->tangent_block, n);
    dn_wait(worker);

    if (reads_series) {
      ring_add_to(&with_tangent_weights.ring, 0, a->noise_block, dx, stride, n);
      for (int32_t l = 1; l < plan->forward.lists; l++)
        ring_add_to(&with_tangent_weights.ring, l, a->known + column, dx, stride, n);
    }
    if (d->noise) ring_add_to(&share.ring, 0, a->tangent_block, dx, stride, n);
    ring_add(&share.ring, 1, dx, dx, n);
    map_solve(&share, dx, n);

    mine = (dn_outcome){.status = DN_OK};
    for (ptrdiff_t i = share.ring.row_begin; i < share.ring.row_end; i++) {
      const ptrdiff_t bad = kernels->store_row(dx + i * stride, d->series + i * d->series_stride + t, n);
      if (bad >= 0 && (mine.status == DN_OK || t + bad < mine.step))
        mine = (dn_outcome){.status = DN_NOT_FINITE_TANGENT, .node = i, .step = t + bad};
    }
    t += n;
    column += n;
    *result = dn_block_end(worker, mine, n);
  }
  if (result->status == DN_CANCELLED) result->step = t;
  if (result->status == DN_OK)
    map_store_history(&share, d->history, d->history_stride, d->series, d->series_stride, T, d->next_history,
                      d->next_history_stride);
}

static void map_jvp_check(const void *context, ptrdiff_t run, dn_views *views) {
  const map_call *c = context;
  const dn_plan *plan = c->frame.call.plan;
  const DN_NAME(dn_map_primal) *p = &c->primals[run];
  const DN_NAME(dn_map_tangent) *d = &c->tangents[run];
  const ptrdiff_t N = plan->nodes, H = plan->history, T = p->steps;
  const size_t size = sizeof(DN_REAL);
  const bool reads_noise = (plan->zero_edges && map_jvp_reads_series(d)) || d->noise_gain != 0;
  map_check_primal(plan, p, false, reads_noise, views);
  dn_views_add(views, d->weights, 1, plan->edges, plan->edges, size, DN_OPTIONAL, false, 0);
  dn_views_add(views, d->history, N, H, d->history_stride, size, DN_OPTIONAL, false, 3);
  dn_views_add(views, d->noise, N, T, d->noise_stride, size, DN_OPTIONAL, false, 4);
  dn_views_add(views, d->series, N, T, d->series_stride, size, DN_REQUIRED, true, 4);
  dn_views_add(views, d->next_history, N, H, d->next_history_stride, size, DN_OPTIONAL, true, 3);
  if (views->status == DN_OK && !(isfinite(d->scale) && isfinite(d->noise_gain)))
    views->status = DN_NOT_FINITE_PARAMETER;
}

dn_status DN_NAME(dn_map_jvp)(const dn_plan *plan, ptrdiff_t runs, const DN_NAME(dn_map_primal) *primals,
                              const DN_NAME(dn_map_tangent) *tangents, const dn_run_options *options, dn_place *place) {
  map_call c = {.primals = primals, .tangents = tangents};
  if (runs > 0 && !tangents) return dn_finish(place, DN_NULL_POINTER, -1);
  if (plan)
    for (ptrdiff_t r = 0; r < runs; r++) {
      const bool reads_series = map_jvp_reads_series(&tangents[r]);
      c.needs.tangent_weights |= reads_series;
      c.needs.known |= reads_series;
      c.needs.noise_block |= reads_series && plan->zero_edges;
      c.needs.tangent_block |= tangents[r].noise && plan->zero_edges;
    }
  const dn_status status = map_begin(&c, plan, runs, options, map_jvp_check, place);
  if (status != DN_OK) return status;
  return map_end(&c, map_jvp_work, place);
}
