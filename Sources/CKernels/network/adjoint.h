// The adjoint of a run: its recorded stretches read backwards. Included by network_f32.c and network_f64.c.
//
// With g(tau) the cotangent of c(tau) and lam(tau) that of s(tau), for tau = T ... 0 (reversed column r = T - tau):
//
//   ybar_j(tau) = sum over e from j, d_e > 0, of w_e g_{i_e}(tau + d_e)       + zero-delay edges: see net_adjoint_leaf
//   lam(tau)   += dseries(tau) + (dy/ds)^T ybar(tau);   the step from tau - 1 gives lam(tau - 1) and its share of g
//
// The first line is the block recursion on the transposed graph: the ring holds ybar(tau) until the leaf, then g(tau).

typedef struct net_adjoint {
  net_run *f;    // inputs of the run; what the forward stretches are computed with
  net_run back;  // the same with the coupling variables whose cotangents are not exactly zero
  net_inputs_vjp in;
  const net_record *record;
  bool *active;                         // (C) of `back`
  DN_REAL *weights;                     // (sets, E) in the order of the transposed graph
  DN_REAL *ring, *known;                // (C, N, stride)
  DN_REAL *block;                       // (C, N, block_stride) g in natural time
  DN_REAL *state, *predictor, *drift;   // (S, row)
  DN_REAL *coupled_now, *coupled_next;  // (C, row)
  DN_REAL *series;                      // (DN_LEAF, rows of all plain monitors, row) cotangents of their columns
  DN_REAL *monitored;                   // what monitors keep, cotangents
  DN_REAL *of_column;                   // (row) cotangent of a monitor's column,
  double *of_rows;                      //   while it is summed over the rows of a gain matrix
  DN_REAL *observed;                    // (DN_LEAF, C, row)
  DN_REAL *seen, *g;         // (DN_RECENT + DN_LEAF, C, row) g of the columns before a leaf and of the leaf's
  net_lanes now, recent;     // of the transposed graph
  DN_REAL *pair_g, *pair_y;  // (sets, DN_PAIRS_MAX, row)
  ptrdiff_t pairs;           // of each set, whose products are not yet in now_sum
  ptrdiff_t moved;           // columns of the last leaf
  ptrdiff_t known_from;
  ptrdiff_t r, column;  // the next block's reversed column, and where it stands in the ring
  DN_REAL *x;
} net_adjoint;

// Rows that plain monitors give out at a step.
static ptrdiff_t net_plain_rows(const DN_NAME(dn_network_primal) *p) {
  ptrdiff_t rows = 0;
  for (int32_t k = 0; k < p->monitor_count; k++)
    if (net_is_plain(p, &p->monitors[k])) rows += dn_monitor_states(p->model, &p->monitors[k]);
  return rows;
}

static void net_adjoint_take(const DN_NAME(dn_network_primal) *p, dn_arena *arena, net_adjoint *b) {
  const dn_plan *plan = p->plan;
  const ptrdiff_t row = net_row(plan), S = p->model->states * row, C = p->model->couplings * row,
                  nodes = p->model->couplings * plan->nodes, sets = net_sets(p);
  const size_t size = sizeof(DN_REAL);
  b->weights = dn_arena_take(arena, sets * plan->edges, size);
  b->active = dn_arena_take(arena, p->model->couplings, sizeof(bool));
  b->ring = dn_arena_take(arena, nodes * plan->stride, size);
  b->known = dn_arena_take(arena, nodes * plan->stride, size);
  b->block = dn_arena_take(arena, nodes * plan->block_stride, size);
  // From here on everything starts as zeros, in one piece.
  net_inputs_vjp_take(p, arena, &b->in);
  DN_REAL **zeroed[] = {&b->state, &b->predictor, &b->drift};
  for (size_t k = 0; k < sizeof zeroed / sizeof *zeroed; k++) *zeroed[k] = dn_arena_take(arena, S, size);
  b->coupled_now = dn_arena_take(arena, C, size);
  b->coupled_next = dn_arena_take(arena, C, size);
  b->series = dn_arena_take(arena, DN_LEAF * net_plain_rows(p) * row, size);
  b->monitored = dn_arena_take(arena, net_monitored_rows(p) * row, size);
  b->of_column = dn_arena_take(arena, row, size);
  b->of_rows = dn_arena_take(arena, row, sizeof(double));
  b->observed = dn_arena_take(arena, DN_LEAF * C, size);
  b->seen = dn_arena_take(arena, (DN_RECENT + DN_LEAF) * C, size);
  if (b->seen) b->g = b->seen + DN_RECENT * C;
  b->now = net_take_lanes(&plan->transposed.now, sets, arena);
  b->recent = net_take_lanes(&plan->transposed.recent, sets, arena);
  const ptrdiff_t pairs = plan->zero_edges ? sets * DN_PAIRS_MAX * row : 0;
  b->pair_g = dn_arena_take(arena, pairs, size);
  b->pair_y = dn_arena_take(arena, pairs, size);
}

// The cotangents of plain monitors' columns tau = from + 1 ... high, as rows of nodes in `series`.
static void net_load_series(net_adjoint *b, ptrdiff_t from, ptrdiff_t high) {
  const net_run *f = b->f;
  const DN_NAME(dn_network_primal) *p = f->primal;
  const ptrdiff_t width = net_plain_rows(p) * f->row;
  DN_REAL *to = b->series;
  for (int32_t k = 0; k < p->monitor_count; k++) {
    const dn_monitor *monitor = &p->monitors[k];
    const DN_NAME(dn_columns_cotangent) *d = &b->in.d->columns[k];
    if (!net_is_plain(p, monitor)) continue;
    const ptrdiff_t begin = from > d->first ? from : d->first;
    for (ptrdiff_t v = 0; v < dn_monitor_states(p->model, monitor); v++, to += f->row)
      if (d->series && begin < high)
        net_to_nodes(f, d->series + v * f->N * d->stride + begin - d->first, d->stride, to + (begin - from) * width,
                     width, high - begin);
  }
}

// The cotangent of row r of a monitor's column.
static double net_of_column(const DN_NAME(dn_columns_cotangent) *d, ptrdiff_t r, ptrdiff_t column) {
  return (double)((d->series ? d->series[r * d->stride + column] : 0) + (d->column ? d->column[r] : 0));
}

// Adds to lam what the columns that s(tau) enters have for it; `row`: plain monitors' rows of that step.
static void net_add_columns(net_adjoint *b, ptrdiff_t tau, const DN_REAL *row, const DN_REAL *s) {
  const net_run *f = b->f;
  const DN_NAME(dn_network_primal) *p = f->primal;
  DN_REAL *memory = b->monitored;
  const double *gain = f->a.gains;
  const DN_REAL *recorded = b->record->monitored;
  bool reads_outputs = false;
  if (f->text) net_zero(f, p->model->outputs, f->a.outputs);
  for (int32_t k = 0; k < p->monitor_count; k++) {
    reads_outputs |= net_reads_outputs(p, &p->monitors[k]);
    const dn_monitor *monitor = &p->monitors[k];
    const DN_NAME(dn_columns_cotangent) *d = &b->in.d->columns[k];
    const bool plain = net_is_plain(p, monitor);
    const dn_monitor_description *kind = dn_monitor_describe(monitor->kind);
    const ptrdiff_t V = dn_monitor_states(p->model, monitor), own = kind->memory * f->row;
    const int64_t interim = kind->interim ? monitor->interim : 1;
    ptrdiff_t unused;
    const ptrdiff_t width = net_recorded_rows(monitor, &unused) * f->row;
    const ptrdiff_t mean =
        (ptrdiff_t)((p->first_step + tau) / interim - (p->first_step + b->record->from) / interim) - 1;
    const int64_t absolute = p->first_step + tau, every = net_every(monitor);
    const bool ends = absolute % every == 0;
    const ptrdiff_t column = (ptrdiff_t)(absolute / every - p->first_step / every) - 1 - d->first;
    for (ptrdiff_t v = 0; v < V && (d->series || d->column) && ((ends && column >= 0) || own > 0); v++) {
      dn_monitor_step_vjp m = {.row = f->row,
                               .begin = f->lo,
                               .end = f->hi,
                               .nodes = f->end,
                               .every = every,
                               .interim = interim,
                               .ends = ends,
                               .pauses = absolute % interim == 0,
                               .constants = f->a.constants + k * DN_MONITOR_CONSTANTS,
                               .recorded = width > 0 ? recorded + (mean * V + v) * width : NULL,
                               .column = b->of_column,
                               .memory = memory + v * own,
                               .state = dn_monitor_state(monitor, v) < f->S
                                            ? b->state + dn_monitor_state(monitor, v) * f->row
                                            : f->a.outputs + (dn_monitor_state(monitor, v) - f->S) * f->row};
      if (plain && d->series && !d->column) {
        m.column = row + v * f->row;
      } else if (kind->projects && ends) {
        for (ptrdiff_t i = f->lo; i < f->hi; i++) b->of_rows[i] = 0;
        for (ptrdiff_t r = 0; r < monitor->rows && column >= 0; r++)
          f->kernels->project_vjp(gain + r * f->row, f->lo, f->hi, net_of_column(d, v * monitor->rows + r, column),
                                  b->of_rows);
        for (ptrdiff_t i = f->lo; i < f->hi; i++) b->of_column[i] = (DN_REAL)b->of_rows[i];
      } else {
        for (ptrdiff_t i = f->lo; i < f->end && ends; i++)
          b->of_column[i] = column < 0 ? 0 : (DN_REAL)net_of_column(d, v * f->N + i, column);
      }
      f->kernels->monitor[monitor->kind].advance_vjp(&m);
    }
    memory += V * own;
    if (plain) row += V * f->row;
    if (kind->projects) gain += monitor->rows * f->row;
    recorded += net_record_rows(p, monitor, b->record->capacity) * f->row;
  }
  if (reads_outputs)
    f->model->output_vjp(f->text, f->row, f->lo, f->hi, f->in->parameters, s, f->a.outputs, b->state, b->in.parameters);
}

// Adds the zero-delay edges' dot products of the pairs that wait: g of their targets times y of their sources.
static void net_add_pairs(net_adjoint *b) {
  const net_run *f = b->f;
  const net_lanes *now = &f->in->now;
  int32_t begin, end;
  net_slices(f, now->lanes, &begin, &end);
  net_meet(f);
  for (ptrdiff_t set = 0; set < f->sets; set++) {
    // Nothing waits for a coupling variable's own set where its cotangents are exactly zero.
    if (f->sets > 1 && !b->active[set]) continue;
    const ptrdiff_t first = set * DN_PAIRS_MAX * f->row;
    f->kernels->dot_lanes(now->lanes, begin, end, now->offset, b->pairs, b->pair_g + first, b->pair_y + first, f->row,
                          b->in.now_sum + set * net_lane_count(now->lanes));
  }
  b->pairs = 0;
}

// What a step read of y at its own time, backwards: dy gets what g returns, the dot products what they read. All have met since
// g was written.
static void net_now_back(net_adjoint *b, const DN_REAL *g, const DN_REAL *state, DN_REAL *dy) {
  const net_run *f = b->f;
  if (b->in.wants_edges) {
    DN_REAL *y = f->a.observed;
    net_observe(f, 1, state, y);
    for (int32_t c = 0; c < f->C; c++) {
      if (!b->active[c]) continue;
      const ptrdiff_t set = net_set(f, c);
      if (f->difference) net_multiply_add(f, 1, g + c * f->row, y + c * f->row, b->in.self + set * f->row);
      if (!f->plan->zero_edges) continue;
      if (b->pairs == DN_PAIRS_MAX) {
        net_add_pairs(b);
        net_meet(f);  // before what was added is overwritten
      }
      const ptrdiff_t at = (set * DN_PAIRS_MAX + b->pairs) * f->row;
      net_copy(f, 1, g + c * f->row, b->pair_g + at);
      net_copy(f, 1, y + c * f->row, b->pair_y + at);
      if (f->sets == 1) b->pairs++;
    }
    // Of own sets, each has got a pair.
    if (f->sets > 1 && f->plan->zero_edges) b->pairs++;
  }
  net_apply_lanes(&b->back, &b->now, b->now.weights, g, dy);
  net_apply_self(&b->back, f->in->self, g, dy);
}

// The step from tau - 1 to tau backwards: lam(tau) becomes lam(tau - 1), g(tau) is completed into `g`.
static void net_step_back(net_adjoint *b, ptrdiff_t tau, const DN_REAL *increment, DN_REAL *dincrement, DN_REAL *g) {
  net_run *f = b->f;
  const DN_NAME(dn_network_primal) *p = f->primal;
  const ptrdiff_t S = f->S * f->row, C = f->C * f->row, at = tau - b->record->from;
  const bool frozen = p->stage == DN_STAGE_FROZEN;
  const DN_REAL *next = b->record->coupled + at * C;
  if (f->split) next = b->record->coupled_predicted + at * C;
  dn_step_vjp v = {.step = {.nodes = f->N,
                            .row = f->row,
                            .begin = f->lo,
                            .end = f->hi,
                            .time_step = f->dt,
                            .coupling = p->coupling,
                            .parameters = f->in->parameters,
                            .now = b->record->states + (at - 1) * S,
                            .coupled_now = b->record->coupled + (at - 1) * C,
                            .coupled_next = frozen ? b->record->coupled + (at - 1) * C : next,
                            .increment = increment,
                            .predictor = f->a.predictor,
                            .text = f->text},
                   .frozen = frozen,
                   .state = b->state,
                   .coupled_now = b->coupled_now,
                   .coupled_next = b->coupled_next,
                   .increment = dincrement,
                   .predictor = b->predictor,
                   .drift = b->drift,
                   .parameters = b->in.parameters,
                   .coupling = b->in.coupling};
  net_copy(f, f->C, b->coupled_now, g);
  if (!f->split) {
    f->scheme->step_vjp(&v);
  } else {
    // The corrector's coupling reads the predictors of zero-delay sources.
    f->scheme->predict(&v.step, f->a.predictor);
    f->scheme->correct_vjp(&v);
    DN_REAL *dy = f->a.observed + C;
    net_zero(f, f->C, dy);
    net_meet(f);
    net_now_back(b, b->coupled_next, f->a.predictor, dy);
    f->model->observe_vjp(f->text, f->row, f->lo, f->hi, f->in->parameters, f->a.predictor, dy, b->predictor,
                          b->in.parameters);
    f->scheme->predict_vjp(&v);
  }
  if (f->late && !frozen) net_scale_add(f, f->C, 1, b->coupled_next, g);
}

// Asks for the record of a step that comes a few steps later: it is read backwards in rows too short for a prefetcher to
// see.
#define DN_RECORD_AHEAD 4
static void net_prefetch(const net_adjoint *b, ptrdiff_t at) {
  const net_run *f = b->f;
  const ptrdiff_t line = DN_CACHE_LINE / (ptrdiff_t)sizeof(DN_REAL);
  const net_part states = net_part_of(f, f->S), coupled = net_part_of(f, f->C);
  for (ptrdiff_t k = 0, first = at * f->S * f->row + states.first; k < states.times && at >= 0; k++, first += f->row)
    for (ptrdiff_t i = 0; i < states.count; i += line) __builtin_prefetch(b->record->states + first + i);
  for (ptrdiff_t k = 0, first = at * f->C * f->row + coupled.first; k < coupled.times && at >= 0; k++, first += f->row)
    for (ptrdiff_t i = 0; i < coupled.count; i += line) __builtin_prefetch(b->record->coupled + first + i);
}

static void net_adjoint_add(void *context, int32_t l, ptrdiff_t from, ptrdiff_t n) {
  const net_adjoint *b = context;
  ring_add(&b->back.ring, l, b->x + from, b->x + from, n);
}

// Reversed columns first ... first + n - 1 of the block.
static void net_adjoint_leaf(void *context, ptrdiff_t first, ptrdiff_t n) {
  net_adjoint *b = context;
  net_run *f = b->f;
  const bool recent = b->recent.lanes->slices > 0;
  const ptrdiff_t plain = net_plain_rows(f->primal) * f->row;
  const DN_NAME(dn_network_primal) *p = f->primal;
  const ptrdiff_t S = f->S * f->row, C = f->C * f->row, stride = f->plan->stride, channel = f->N * stride;
  const ptrdiff_t high = p->steps - b->r - first, low = high - n + 1, from = low > 0 ? low - 1 : 0;
  net_meet(f);
  for (int32_t k = 0; k < f->C; k++)
    if (b->active[k]) net_to_nodes(f, b->x + k * channel + first, stride, b->observed + k * f->row, C, n);
  if (high > from) net_increments(f, from, high);
  if (b->in.d->columns && high >= 1) net_load_series(b, from, high);
  net_move_seen(f, b->seen, b->moved);
  b->moved = n;
  if (recent) net_meet(f);
  for (ptrdiff_t j = 0; j < n; j++) {
    const ptrdiff_t tau = high - j, at = tau - b->record->from;
    DN_REAL *dy = b->observed + j * C, *g = b->g + j * C;
    const DN_REAL *s = b->record->states + at * S;
    net_prefetch(b, at - DN_RECORD_AHEAD);
    if (tau > 0 && b->in.d->columns) net_add_columns(b, tau, b->series + (tau - 1 - from) * plain, s);
    net_apply_lanes(&b->back, &b->recent, b->recent.weights, g, dy);
    // c(tau) of the step from tau on reads y(tau) without delay.
    if (f->zero) {
      net_meet(f);
      net_now_back(b, b->coupled_now, s, dy);
      net_meet(f);
    }
    f->model->observe_vjp(f->text, f->row, f->lo, f->hi, f->in->parameters, s, dy, b->state, b->in.parameters);
    if (tau > 0)
      net_step_back(b, tau, f->in->increment + (tau - 1 - from) * S, b->in.increment + (tau - 1 - from) * S, g);
    else net_copy(f, f->C, b->coupled_now, g);
    if (recent) net_meet(f);
  }
  if (b->pairs > 0) net_add_pairs(b);
  for (int32_t k = 0; k < f->C; k++)
    if (b->active[k]) net_to_time(f, b->g + k * f->row, C, b->x + k * channel + first, stride, n);
  net_meet(f);

  if (high > from) net_increments_vjp(f, &b->in, from, high);
}

// y of this worker's nodes at tau = begin ... end - 1 into `known`, from the record; zeros before what it has.
static void net_fill_known(net_adjoint *b, ptrdiff_t begin, ptrdiff_t end) {
  const net_run *f = b->f;
  const net_record *record = b->record;
  const dn_plan *plan = f->plan;
  const ptrdiff_t C = f->C * f->row, D = plan->delay_max, channel = f->N * plan->stride;
  DN_REAL *known = b->known + plan->lead - b->known_from;  // its column tau
  ptrdiff_t n;
  for (ptrdiff_t c = 0; c < f->C && begin < record->from; c++)
    for (ptrdiff_t i = c * f->N + f->lo; i < c * f->N + f->end && b->active[c]; i++) {
      const ptrdiff_t first = record->from - D;
      for (ptrdiff_t tau = begin; tau < end && tau < record->from; tau++)
        known[i * plan->stride + tau] = tau < first ? 0 : record->before[i * D + tau - first];
    }
  for (ptrdiff_t tau = begin > record->from ? begin : record->from; tau < end; tau += n) {
    n = end - tau < DN_LEAF ? end - tau : DN_LEAF;
    net_observe(f, n, record->states + (tau - record->from) * f->S * f->row, f->a.observed);
    for (int32_t k = 0; k < f->C; k++)
      if (b->active[k]) net_to_time(f, f->a.observed + k * f->row, C, known + k * channel + tau, plan->stride, n);
  }
}

// Makes `known` hold y at tau = low - D ... high, where dot products read it: its column lead is tau = known_from.
static void net_load_known(net_adjoint *b, ptrdiff_t low, ptrdiff_t high) {
  const dn_plan *plan = b->f->plan;
  if (low >= b->known_from) return;
  // Columns that are there already move towards the end.
  const ptrdiff_t from = high + 1 - plan->window, there = b->known_from - plan->lead, first = from - plan->lead;
  const ptrdiff_t kept = there <= high ? high + 1 - there : 0;
  for (ptrdiff_t c = 0; c < b->f->C && kept > 0; c++)
    for (ptrdiff_t i = c * b->f->N + b->f->lo; i < c * b->f->N + b->f->end && b->active[c]; i++)
      memmove(b->known + i * plan->stride + there - first, b->known + i * plan->stride,
              (size_t)kept * sizeof *b->known);
  b->known_from = from;
  net_fill_known(b, first, high + 1 - kept);
}

// All blocks of a recorded stretch; the stretches follow each other from the run's end to its start.
static dn_outcome net_adjoint_stretch(net_adjoint *b, const net_record *record) {
  net_run *f = b->f;
  const dn_plan *plan = f->plan;
  const ptrdiff_t T = f->primal->steps, B = plan->block, channel = f->N * plan->stride;
  const ptrdiff_t end = record->from > 0 ? record->from : -1;  // the last state that this stretch leaves to the next
  b->record = record;
  b->known_from = PTRDIFF_MAX / 2;
  f->in->noise_from = f->in->noise_to = 0;
  f->backward = true;
  const ring_solver solver = {.add = net_adjoint_add,
                              .leaf = net_adjoint_leaf,
                              .context = b,
                              .quiet = plan->transposed.step_quiet,
                              .widest = DN_LEAF};
  dn_outcome result = {.status = DN_OK};
  for (ptrdiff_t n; T - b->r > end && result.status == DN_OK; b->r += n, b->column += n) {
    const ptrdiff_t high = T - b->r;
    n = high - end < B ? high - end : B;
    if (ring_is_full(plan, b->column)) b->column = ring_slide(&b->back.ring, b->active, b->ring, b->column);
    b->x = b->ring + b->column;
    ring_clear(&b->back.ring, b->x, B);
    net_meet(f);
    net_adjoint_add(b, 1, 0, n);
    ring_solve(&solver, 2, 0, B, n);

    dn_outcome mine = {.status = DN_OK, .edge = -1, .state = -1, .parameter = -1};
    for (int32_t s = 0; s < f->S && mine.status == DN_OK; s++) {
      const ptrdiff_t bad = f->kernels->first_not_finite(b->state + s * f->row + f->lo, f->end - f->lo);
      if (bad >= 0)
        mine = (dn_outcome){.status = DN_NOT_FINITE_COTANGENT,
                            .node = f->lo + bad,
                            .step = high - n + 1,
                            .edge = -1,
                            .state = s,
                            .parameter = -1};
    }
    if (b->in.wants_edges) {
      const ptrdiff_t low = high - n + 1;
      net_load_known(b, low, high);
      for (int32_t c = 0; c < f->C; c++) {
        if (!b->active[c]) continue;
        DN_REAL *block = b->block + c * f->N * plan->block_stride;
        for (ptrdiff_t i = f->lo; i < f->end; i++) {
          f->kernels->reverse_row(b->x + c * channel + i * plan->stride, block + i * plan->block_stride, n);
          memset(block + i * plan->block_stride + n, 0, (size_t)(-n & (DN_LEAF - 1)) * sizeof *block);
        }
      }
      net_meet(f);
      for (int32_t c = 0; c < f->C; c++) {
        if (!b->active[c]) continue;
        const DN_REAL *block = b->block + c * f->N * plan->block_stride;
        const DN_REAL *known = b->known + c * channel + plan->lead + low - b->known_from;
        ring_dot(&f->ring, block, known, n, b->in.edge_sum + net_set(f, c) * plan->edges);
      }
    }
    net_inputs_vjp_total(f, &b->in);
    result = dn_block_end(f->worker, mine, high - n < 0 ? n - 1 : n);
  }
  f->backward = false;
  return result;
}
