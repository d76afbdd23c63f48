// The tangent of a run: each step beside its derivative, no tape. Included by network_f32.c and network_f64.c.
//
//   dc_i(t) = sum over e -> i of w_e dy(j_e, t - d_e) + dw_e y(j_e, t - d_e)
//
// Two rings: y and dy. The states are those of dn_network_run, bit for bit.

typedef struct net_tangent {
  net_pass pass;  // of the states
  net_run *f;
  net_inputs_jvp in;
  DN_REAL *ring;                                  // (C, N, stride) dy
  DN_REAL *states, *coupled, *coupled_predicted;  // (B + 1, S or C, row)
  DN_REAL *seen, *observed;                       // (DN_RECENT + DN_LEAF, C, row) dy, and the leaf's rows of it
  DN_REAL *predictor;                             // (S, row)
  DN_REAL *monitored;                             // what monitors keep, tangents
  DN_REAL *y, *dy;                                // (C, row) of predictors
  DN_REAL *x;                                     // the block's first column in the ring
  ptrdiff_t moved;                                // columns of the last leaf
} net_tangent;

static void net_tangent_take(const DN_NAME(dn_network_primal) *p, dn_arena *arena, net_tangent *b) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t row = net_row(plan), S = p->model->states * row, C = p->model->couplings * row,
                  rows = plan->block + 1;
  const size_t size = sizeof(DN_REAL);
  net_inputs_jvp_take(p, arena, &b->in);
  b->ring = dn_arena_take(arena, p->model->couplings * plan->nodes * plan->stride, size);
  b->states = dn_arena_take(arena, rows * S, size);
  b->coupled = dn_arena_take(arena, rows * C, size);
  b->coupled_predicted = net_splits(p) ? dn_arena_take(arena, rows * C, size) : NULL;
  b->seen = dn_arena_take(arena, (DN_RECENT + DN_LEAF) * C, size);
  if (b->seen) b->observed = b->seen + DN_RECENT * C;
  b->y = dn_arena_take(arena, C, size);
  b->dy = dn_arena_take(arena, C, size);
  b->predictor = dn_arena_take(arena, S, size);
  b->monitored = dn_arena_take(arena, net_monitored_rows(p) * row, size);
}

// Adds a list's edges to n columns of both rings.
static void net_tangent_add(void *context, int32_t l, ptrdiff_t from, ptrdiff_t n) {
  const net_tangent *b = context;
  ring_share by_weights = b->f->ring;
  by_weights.weights = b->in.weights;
  ring_add(&b->f->ring, l, b->pass.x + from, b->pass.x + from, n);
  ring_add(&b->f->ring, l, b->x + from, b->x + from, n);
  ring_add(&by_weights, l, b->pass.x + from, b->x + from, n);
}

// net_apply_now for both.
static void net_tangent_now(const net_tangent *b, const DN_REAL *y, const DN_REAL *dy, DN_REAL *sum) {
  const net_run *f = b->f;
  net_apply_now(f, dy, sum);
  net_apply_lanes(f, &f->in->now, b->in.now, y, sum);
  net_apply_self(f, b->in.self, y, sum);
}

static void net_tangent_leaf(void *context, ptrdiff_t first, ptrdiff_t n) {
  net_tangent *b = context;
  net_run *f = b->f;
  const DN_NAME(dn_network_primal) *p = f->primal;
  const ptrdiff_t S = f->S * f->row, C = f->C * f->row, stride = f->plan->stride, channel = f->N * stride;
  net_leaf(&b->pass, first, n);
  for (int32_t k = 0; k < f->C; k++)
    net_to_nodes(f, b->x + k * channel + first, stride, b->coupled + (first + 1) * C + k * f->row, C, n);
  net_move_seen(f, b->seen, b->moved);
  b->moved = n;
  if (f->recent) net_meet(f);
  for (ptrdiff_t j = first; j < first + n; j++) {
    const ptrdiff_t tau = b->pass.tau + j;
    const DN_REAL *s = b->pass.states + j * S, *c = b->pass.coupled + j * C, *y = f->a.observed + (j - first) * C;
    DN_REAL *ds = b->states + j * S, *dc = b->coupled + j * C, *dy = b->observed + (j - first) * C;
    net_apply_lanes(f, &f->in->recent, f->in->recent.weights, dy, dc + C);
    net_apply_lanes(f, &f->in->recent, b->in.recent, y, dc + C);
    if (tau > 0) {
      net_increments(f, tau - 1, tau);
      net_increment_jvp(f, &b->in, tau - 1);
      const bool frozen = p->stage == DN_STAGE_FROZEN;
      dn_step_jvp v = {.step = {.nodes = f->N,
                                .row = f->row,
                                .begin = f->lo,
                                .end = f->hi,
                                .time_step = f->dt,
                                .coupling = p->coupling,
                                .parameters = f->in->parameters,
                                .now = s,
                                .coupled_now = c,
                                .coupled_next = frozen ? c : c + C,
                                .increment = f->in->increment,
                                .predictor = f->a.predictor,
                                .text = f->text},
                       .coupling = b->in.d->coupling ? *b->in.d->coupling : 0,
                       .parameters = b->in.parameters,
                       .now = ds,
                       .coupled_now = dc,
                       .coupled_next = frozen ? dc : dc + C,
                       .increment = b->in.increment,
                       .predictor = b->predictor};
      if (!f->split) {
        f->scheme->step_jvp(&v, ds + S);
      } else {
        f->scheme->predict(&v.step, f->a.predictor);
        f->scheme->predict_jvp(&v, b->predictor);
        v.step.coupled_next = b->pass.coupled_predicted + (j + 1) * C;
        DN_REAL *predicted = b->coupled_predicted + (j + 1) * C;
        net_copy(f, f->C, dc + C, predicted);
        net_observe(f, 1, f->a.predictor, b->y);
        f->model->observe_jvp(f->text, f->row, f->lo, f->hi, f->in->parameters, f->a.predictor, b->in.parameters,
                              b->predictor, b->dy);
        net_meet(f);
        net_tangent_now(b, b->y, b->dy, predicted);
        v.coupled_next = predicted;
        f->scheme->correct_jvp(&v, ds + S);
      }
    }
    f->model->observe_jvp(f->text, f->row, f->lo, f->hi, f->in->parameters, s + S, b->in.parameters, ds + S, dy);
    if (f->zero || f->recent) net_meet(f);
    if (f->zero) net_tangent_now(b, y, dy, dc + C);
  }
  for (int32_t k = 0; k < f->C; k++) net_to_time(f, b->observed + k * f->row, C, b->x + k * channel + first, stride, n);
  net_meet(f);
}

// The whole run. The pass's own loop is not used: both rings go block by block together.
static void net_tangent_advance(net_tangent *b, dn_outcome *result) {
  net_run *f = b->f;
  net_pass *pass = &b->pass;
  const DN_NAME(dn_network_tangent) *d = b->in.d;
  const dn_plan *plan = f->plan;
  const ptrdiff_t S = f->S * f->row, C = f->C * f->row, B = plan->block;
  const ptrdiff_t T = f->primal->steps;
  net_fill_history(f, net_history(f->primal), f->primal->history_stride);
  pass->states = f->a.states;
  pass->coupled = f->a.coupled;
  pass->coupled_predicted = f->a.coupled_predicted;
  net_copy(f, f->S, net_start(f), pass->states + S);
  net_start_jvp(f, &b->in, b->states + S, b->ring);
  ptrdiff_t column = plan->lead, n;
  net_load_seen(f, f->a.ring + column, f->a.seen);
  net_load_seen(f, b->ring + column, b->seen);
  const ring_solver solver = {.add = net_tangent_add,
                              .leaf = net_tangent_leaf,
                              .context = b,
                              .quiet = plan->forward.step_quiet,
                              .widest = DN_LEAF};
  for (; pass->tau <= T && result->status == DN_OK; pass->tau += n, column += n) {
    n = T + 1 - pass->tau < B ? T + 1 - pass->tau : B;
    if (ring_is_full(plan, column)) {
      ring_slide(&f->ring, NULL, f->a.ring, column);
      column = ring_slide(&f->ring, NULL, b->ring, column);
    }
    pass->x = f->a.ring + column;
    b->x = b->ring + column;
    ring_clear(&f->ring, pass->x, B);
    ring_clear(&f->ring, b->x, B);
    net_meet(f);
    net_tangent_add(b, 1, 0, n);
    ring_solve(&solver, 2, 0, B, n);

    // The same look at the tangents, and the same way out for them.
    net_pass tangents = *pass;
    tangents.states = b->states;
    tangents.given = d->columns;
    tangents.tangents = true;
    tangents.monitored = b->monitored;
    tangents.parameters = b->in.parameters;
    const ptrdiff_t first = pass->tau > 0 ? pass->tau : 1;
    tangents.primal = pass->states + (first - pass->tau + 1) * S;
    dn_outcome mine = net_bad_state(pass, n, DN_NOT_FINITE_STATE);
    if (mine.status == DN_OK) mine = net_bad_state(&tangents, n, DN_NOT_FINITE_TANGENT);
    if (pass->lost.status != DN_OK) mine = pass->lost;
    *result = dn_block_end(f->worker, mine, pass->tau > 0 ? n : n - 1);
    if ((result->status == DN_OK || result->status == DN_CANCELLED) && d->columns)
      net_emit(&tangents, first, pass->tau + n - 1, b->states + (first - pass->tau + 1) * S);
    pass->lost = tangents.lost;
    net_copy(f, f->S, pass->states + n * S, pass->states);
    net_copy(f, f->C, pass->coupled + n * C, pass->coupled);
    net_copy(f, f->S, b->states + n * S, b->states);
    net_copy(f, f->C, b->coupled + n * C, b->coupled);
  }
  if (result->status == DN_OK && net_nonlinear_rows(f->primal) > 0) *result = dn_agree(f->worker, pass->lost);
}
