// A forward pass from one state to a later one: dn_network_run's whole run, or a stretch that is computed
// again for the adjoint. Included by network_f32.c and network_f64.c.

// What is kept of a stretch for its adjoint: states and coupling at tau = from ... to as rows of nodes, and the coupling
// variables at the D columns before as rows of time.
typedef struct net_record {
  DN_REAL *states, *coupled, *coupled_predicted;  // (to - from + 1, S or C, row)
  DN_REAL *before;                                // (C, N, D) y at from - D ... from - 1
  DN_REAL *monitored;                             // of each nonlinear monitor net_record_rows of `capacity` steps
  ptrdiff_t from, to, capacity;
} net_record;

// A state from which a run can be continued: s(tau) (S, row), what nonlinear monitors keep (net_nonlinear_rows, row), and
// y(tau - D) ... y(tau - 1) (C, N, D).
typedef struct net_mark {
  DN_REAL *state, *monitored, *observed;
} net_mark;

typedef struct net_pass {
  net_run *f;
  ptrdiff_t from, to;
  bool reports;                // progress, and hears of cancellation: a run, not a stretch computed again
  net_record *record;          // NULL: nothing is kept
  DN_NAME(dn_columns) *given;  // (monitor_count) where columns go; NULL: nowhere
  bool tangents;               // of a run: the same states are tangents, which monitors carry on
  const DN_REAL *primal;       //   beside those that they are tangents of, which nonlinear monitors have to see as well
  const DN_REAL *parameters;   //   and tangents of the parameters' rows
  bool again;                  // a stretch: linear monitors do not look
  DN_REAL *monitored;          // what monitors keep; NULL: they do not look
  dn_outcome lost;             // the first node whose nonlinear monitor this worker has lost
  dn_tape *tape;               // NULL: no marks. Otherwise those of its level `level` are set,
  int32_t level;               //   for a piece that ends at `end` (the run's end when 0)
  ptrdiff_t end;
  // Of the block: tau of its first column, that column in the ring, and the rows of tau - 1.
  ptrdiff_t tau;
  DN_REAL *x, *states, *coupled, *coupled_predicted;
  ptrdiff_t seen;  // columns of the last leaf: how far the rows of a.seen move before the next
  int64_t clamps;
} net_pass;

static void net_add(void *context, int32_t l, ptrdiff_t from, ptrdiff_t n) {
  const net_pass *pass = context;
  ring_add(&pass->f->ring, l, pass->x + from, pass->x + from, n);
}

// Dynamics of columns first ... first + n - 1 of the block, at most DN_LEAF, whose delayed sums are complete.
static void net_leaf(void *context, ptrdiff_t first, ptrdiff_t n) {
  net_pass *pass = context;
  net_run *f = pass->f;
  const DN_NAME(dn_network_primal) *p = f->primal;
  const dn_plan *plan = f->plan;
  const ptrdiff_t S = f->S * f->row, C = f->C * f->row, stride = plan->stride, channel = f->N * stride;
  DN_REAL *c = pass->coupled + first * C, *s = pass->states + first * S;  // rows of the column before
  net_meet(f);
  for (int32_t k = 0; k < f->C; k++)
    if (f->ring.active[k]) net_to_nodes(f, pass->x + k * channel + first, stride, c + C + k * f->row, C, n);

  const ptrdiff_t tau = pass->tau + first;
  const ptrdiff_t known = tau == pass->from ? 1 : 0;  // the pass's first state is given
  if (n > known) net_increments(f, tau + known - 1, tau + n - 1);
  dn_step step = {.nodes = f->N,
                  .row = f->row,
                  .begin = f->lo,
                  .end = f->hi,
                  .time_step = f->dt,
                  .coupling = p->coupling,
                  .parameters = f->in->parameters,
                  .increment = f->in->increment,
                  .predictor = f->a.predictor,
                  .text = f->text};
  if (!f->zero && !f->recent) {
    step.now = s + known * S;
    step.coupled_now = c + known * C;
    step.coupled_next = step.coupled_now + (p->stage == DN_STAGE_FROZEN ? 0 : C);
    DN_REAL *next = s + (known + 1) * S;
    pass->clamps += f->scheme->step(&step, n - known, next);
    net_observe(f, n, s + S, f->a.observed);
  } else {
    net_move_seen(f, f->a.seen, pass->seen);
    pass->seen = n;
    if (f->recent) net_meet(f);
    for (ptrdiff_t j = 0; j < n; j++, s += S, c += C) {
      DN_REAL *y = f->a.observed + j * C;
      net_apply_lanes(f, &f->in->recent, f->in->recent.weights, y, c + C);
      if (j >= known) {
        step.now = s;
        step.coupled_now = c;
        step.coupled_next = p->stage == DN_STAGE_FROZEN ? c : c + C;
        step.increment = f->in->increment + (j - known) * S;
        if (!f->split) {
          pass->clamps += f->scheme->step(&step, 1, s + S);
        } else {
          pass->clamps += f->scheme->predict(&step, f->a.predictor);
          DN_REAL *predicted = pass->coupled_predicted + (first + j + 1) * C;
          net_copy(f, f->C, c + C, predicted);
          net_observe(f, 1, f->a.predictor, y);
          net_meet(f);
          net_apply_now(f, y, predicted);
          step.coupled_next = predicted;
          pass->clamps += f->scheme->correct(&step, s + S);
          net_meet(f);
        }
      }
      net_observe(f, 1, s + S, y);
      net_meet(f);
      net_apply_now(f, y, c + C);
    }
  }
  for (int32_t k = 0; k < f->C; k++)
    net_to_time(f, f->a.observed + k * f->row, C, pass->x + k * channel + first, stride, n);
  net_meet(f);
}

// Rows of a projection's column, from the means that all workers leave in a.column; nowhere when `to` is NULL.
static void net_project(const net_run *f, const double *gain, ptrdiff_t rows, DN_REAL *to, ptrdiff_t stride) {
  for (ptrdiff_t i = f->end > f->lo ? f->end : f->lo; i < f->hi; i++) f->a.column[i] = 0;
  net_meet(f);
  if (to)
    f->kernels->project(gain, f->row, dn_share_begin(f->worker, rows), dn_share_end(f->worker, rows), f->a.column, to,
                        stride);
  net_meet(f);
}

// Where the tape keeps mark m of a level: at the start of the piece that ends m pieces before the end.
static net_mark net_tape_mark(const DN_NAME(dn_network_primal) *p, dn_tape *tape, int32_t level, ptrdiff_t m) {
  const uintptr_t begin = ((uintptr_t)tape->memory + DN_CACHE_LINE - 1) & ~(uintptr_t)(DN_CACHE_LINE - 1);
  const uintptr_t marks = begin + ((tape->layout.record_bytes + DN_CACHE_LINE - 1) & ~(size_t)(DN_CACHE_LINE - 1));
  const size_t number = (size_t)((level - 1) * (tape->layout.pieces - 1) + m);
  DN_REAL *state = (DN_REAL *)(marks + number * tape->layout.mark_bytes);
  DN_REAL *monitored = state + p->model->states * net_row(p->plan);
  return (net_mark){
      .state = state, .monitored = monitored, .observed = monitored + net_nonlinear_rows(p) * net_row(p->plan)};
}

// What nonlinear monitors keep at tau, to the mark that is set there, if one is; monitor k's, which stands behind `before` rows of
// others'.
static void net_mark_monitored(const net_pass *pass, ptrdiff_t tau, ptrdiff_t before, ptrdiff_t rows,
                               const DN_REAL *memory) {
  if (!pass->tape || tau <= pass->from) return;
  const ptrdiff_t end = pass->end ? pass->end : pass->f->primal->steps,
                  piece = dn_layout_piece(&pass->tape->layout, pass->level - 1);
  if (tau >= end || (end - tau) % piece != 0) return;
  const net_mark mark = net_tape_mark(pass->f->primal, pass->tape, pass->level, (end - tau) / piece - 1);
  net_copy(pass->f, rows, memory, mark.monitored + before * pass->f->row);
}

// Before a step of a nonlinear monitor that ends an interim mean: what its derivatives need of what it keeps goes on the record.
static void net_record_monitored(const net_pass *pass, const dn_monitor *monitor, ptrdiff_t mean, ptrdiff_t v,
                                 const DN_REAL *memory, DN_REAL *to) {
  ptrdiff_t first;
  const ptrdiff_t V = dn_monitor_states(pass->f->primal->model, monitor), rows = net_recorded_rows(monitor, &first),
                  row = pass->f->row;
  net_copy(pass->f, rows, memory + first * row, to + (mean * V + v) * rows * row);
}

// Remembers the first node of this worker whose monitor is lost: the first number that it keeps says so.
static void net_look_for_lost(net_pass *pass, int32_t k, ptrdiff_t v, ptrdiff_t tau, const DN_REAL *memory) {
  const net_run *f = pass->f;
  if (pass->lost.status != DN_OK || f->end <= f->lo) return;
  const ptrdiff_t bad = f->kernels->first_not_finite(memory + f->row + f->lo, f->end - f->lo);
  if (bad >= 0)
    pass->lost = (dn_outcome){.status = DN_NOT_FINITE_MONITOR,
                              .node = f->lo + bad,
                              .step = tau,
                              .edge = -1,
                              .state = dn_monitor_state(&f->primal->monitors[k], v),
                              .parameter = -1,
                              .monitor = k};
}

// What nonlinear monitors keep where a stretch begins: that of a mark, or (NULL) of the run.
static void net_restore_monitored(const net_run *f, const DN_REAL *kept) {
  const DN_NAME(dn_network_primal) *p = f->primal;
  ptrdiff_t at = 0, first;
  for (int32_t k = 0; k < p->monitor_count; k++) {
    const ptrdiff_t rows =
        dn_monitor_describe(p->monitors[k].kind)->memory * dn_monitor_states(p->model, &p->monitors[k]);
    DN_REAL *memory = f->a.monitored + at * f->row;
    if (net_recorded_rows(&p->monitors[k], &first) > 0) {
      if (kept) net_copy(f, rows, kept, memory);
      else net_zero(f, rows, memory);
      for (ptrdiff_t r = 0; r < rows && !kept && p->monitored && f->end > f->lo; r++)
        memcpy(memory + r * f->row + f->lo, p->monitored + (at + r) * f->N + f->lo,
               (size_t)(f->end - f->lo) * sizeof *memory);
      if (kept) kept += rows * f->row;
    }
    at += rows;
  }
}

// Shows this worker's states at tau = first ... last, rows `s` on, to the monitors, which give out the columns that end there.
static void net_emit(net_pass *pass, ptrdiff_t first, ptrdiff_t last, const DN_REAL *s) {
  const net_run *f = pass->f;
  const DN_NAME(dn_network_primal) *p = f->primal;
  const ptrdiff_t S = f->S * f->row;
  DN_REAL *memory = pass->monitored;
  const double *gain = f->a.gains;
  ptrdiff_t marked = 0;
  DN_REAL *recorded = pass->record ? pass->record->monitored : NULL;
  for (int32_t k = 0; k < p->monitor_count; k++) {
    const dn_monitor *monitor = &p->monitors[k];
    const dn_monitor_kernels *kernels = &f->kernels->monitor[monitor->kind];
    const dn_monitor_description *kind = dn_monitor_describe(monitor->kind);
    const ptrdiff_t V = dn_monitor_states(p->model, monitor), own = kind->memory * f->row, rows = monitor->rows;
    const DN_NAME(dn_columns) none = {0}, *out = pass->given ? &pass->given[k] : &none;
    ptrdiff_t first_recorded;
    const bool nonlinear = net_recorded_rows(monitor, &first_recorded) > 0;
    if (pass->again && !nonlinear) {
      memory += V * own;
      continue;
    }
    if (net_is_plain(p, monitor)) {
      for (ptrdiff_t v = 0; v < V && out->series && last >= first; v++)
        net_to_time(f, s + dn_monitor_state(monitor, v) * f->row, S, out->series + v * f->N * out->stride + first - 1,
                    out->stride, last - first + 1);
      continue;
    }
    dn_monitor_step m = {.row = f->row,
                         .begin = f->lo,
                         .end = f->hi,
                         .nodes = f->end,
                         .every = net_every(monitor),
                         .interim = kind->interim ? monitor->interim : 1,
                         .constants = f->a.constants + k * DN_MONITOR_CONSTANTS,
                         .column = f->a.column};
    for (ptrdiff_t tau = first; tau <= last; tau++) {
      const int64_t absolute = p->first_step + tau;
      m.ends = absolute % m.every == 0;
      m.pauses = absolute % m.interim == 0;
      if (own == 0 && !m.ends) continue;
      const ptrdiff_t column = (ptrdiff_t)(absolute / m.every - p->first_step / m.every) - 1;
      const DN_REAL *state = s + (tau - first) * S, *primal = pass->tangents ? pass->primal + (tau - first) * S : state;
      if (net_reads_outputs(p, monitor)) {
        f->model->output(f->text, f->row, f->lo, f->hi, 1, f->in->parameters, primal, f->a.outputs);
        if (pass->tangents)
          f->model->output_jvp(f->text, f->row, f->lo, f->hi, f->in->parameters, primal, pass->parameters, state,
                               f->a.output_tangents);
      }
      for (ptrdiff_t v = 0; v < V; v++) {
        const ptrdiff_t at = dn_monitor_state(monitor, v), output = (at - f->S) * f->row;
        m.state = at < f->S ? state + at * f->row : (pass->tangents ? f->a.output_tangents : f->a.outputs) + output;
        m.memory = memory + v * own;
        // Of tangents: what is kept of the states themselves, which goes on behind them.
        DN_REAL *values = pass->tangents ? f->a.monitored + (m.memory - pass->monitored) : m.memory;
        m.recorded = values + first_recorded * f->row;
        if (nonlinear && m.pauses && pass->record)
          net_record_monitored(pass, monitor,
                               (ptrdiff_t)(absolute / m.interim - (p->first_step + pass->record->from) / m.interim) - 1,
                               v, values, recorded);
        if (pass->tangents) kernels->advance_jvp(&m);
        else kernels->advance(&m);
        if (kind->projects && m.ends)
          net_project(f, gain, rows, out->series ? out->series + v * rows * out->stride + column : NULL, out->stride);
        for (ptrdiff_t i = f->lo; i < f->end && m.ends && out->series && !kind->projects; i++)
          out->series[(v * f->N + i) * out->stride + column] = m.column[i];
        if (!nonlinear) continue;
        if (pass->tangents) {
          dn_monitor_step of_states = m;
          of_states.ends = false;
          of_states.memory = values;
          of_states.state = at < f->S ? primal + at * f->row : f->a.outputs + output;
          kernels->advance(&of_states);
        }
        if (m.pauses) net_look_for_lost(pass, k, v, tau, values);
      }
      if (nonlinear) net_mark_monitored(pass, tau, marked, V * kind->memory, memory);
    }
    if (nonlinear) marked += V * kind->memory;
    if (nonlinear && recorded) recorded += net_record_rows(p, monitor, pass->record->capacity) * f->row;
    memory += V * own;
    if (kind->projects) gain += rows * f->row;
  }
}

// The first of this worker's states in the block's n columns that is not finite.
static dn_outcome net_bad_state(const net_pass *pass, ptrdiff_t n, dn_status status) {
  const net_run *f = pass->f;
  const ptrdiff_t S = f->S * f->row;
  const dn_outcome fine = {.status = DN_OK, .edge = -1, .state = -1, .parameter = -1};
  const net_part all = net_part_of(f, n * f->S);
  bool finite = true;
  for (ptrdiff_t k = 0, i = all.first; k < all.times && finite; k++, i += f->row)
    finite = f->kernels->first_not_finite(pass->states + S + i, all.count) < 0;
  for (ptrdiff_t j = 0; j < n && !finite; j++)
    for (int32_t k = 0; k < f->S; k++) {
      const ptrdiff_t bad =
          f->kernels->first_not_finite(pass->states + (j + 1) * S + k * f->row + f->lo, f->end - f->lo);
      if (bad >= 0)
        return (dn_outcome){
            .status = status, .node = f->lo + bad, .step = pass->tau + j, .edge = -1, .state = k, .parameter = -1};
    }
  return fine;
}

// The clamps of the block's first `good` columns, counted once more one by one: leaves count theirs together.
static int64_t net_count_clamps(const net_pass *pass, ptrdiff_t good) {
  net_run *f = pass->f;
  const DN_NAME(dn_network_primal) *p = f->primal;
  const ptrdiff_t S = f->S * f->row, C = f->C * f->row;
  const DN_REAL *next = f->split ? pass->coupled_predicted : pass->coupled;
  int64_t clamps = 0;
  for (ptrdiff_t j = pass->tau > pass->from ? 0 : 1; j < good; j++) {
    const DN_REAL *coupled = pass->coupled + j * C;
    net_increments(f, pass->tau + j - 1, pass->tau + j);
    const dn_step step = {.nodes = f->N,
                          .row = f->row,
                          .begin = f->lo,
                          .end = f->hi,
                          .time_step = f->dt,
                          .coupling = p->coupling,
                          .parameters = f->in->parameters,
                          .now = pass->states + j * S,
                          .coupled_now = coupled,
                          .coupled_next = p->stage == DN_STAGE_FROZEN ? coupled : next + (j + 1) * C,
                          .increment = f->in->increment,
                          .predictor = f->a.predictor,
                          .text = f->text};
    clamps += f->scheme->step(&step, 1, f->a.predictor);
  }
  return clamps;
}

// Columns tau - count ... tau - 1 of y of this worker's nodes, from the ring whose column `x` is pass->tau.
static void net_copy_observed(const net_pass *pass, ptrdiff_t tau, ptrdiff_t count, DN_REAL *to, ptrdiff_t to_stride) {
  const net_run *f = pass->f;
  for (ptrdiff_t c = 0; c < f->C && count > 0; c++)
    for (ptrdiff_t i = c * f->N + f->lo; i < c * f->N + f->end; i++)
      memcpy(to + i * to_stride, pass->x + i * f->plan->stride + tau - count - pass->tau, (size_t)count * sizeof *to);
}

// Sets this worker's part of the marks that lie in the block's n columns.
static void net_set_marks(const net_pass *pass, ptrdiff_t n) {
  const net_run *f = pass->f;
  const ptrdiff_t S = f->S * f->row, D = f->plan->delay_max;
  const ptrdiff_t end = pass->end ? pass->end : f->primal->steps,
                  piece = dn_layout_piece(&pass->tape->layout, pass->level - 1);
  for (ptrdiff_t m = (end - pass->tau) / piece; m > 0; m--) {
    const ptrdiff_t tau = end - m * piece;
    if (tau <= pass->from || tau < pass->tau) continue;
    if (tau >= pass->tau + n) return;
    const net_mark mark = net_tape_mark(f->primal, pass->tape, pass->level, m - 1);
    net_copy(f, f->S, pass->states + (tau - pass->tau + 1) * S, mark.state);
    net_copy_observed(pass, tau, D, mark.observed, D);
  }
}

// Runs the pass from a state (S, row) and history, the D columns of y before it, rows `history_stride` apart (NULL: zeros).
// On an early end result->status says why, and result->step the tau up to which all is well.
static void net_advance(net_pass *pass, const DN_REAL *state, const DN_REAL *history, ptrdiff_t history_stride,
                        dn_outcome *result) {
  net_run *f = pass->f;
  net_record *record = pass->record;
  const dn_plan *plan = f->plan;
  const ptrdiff_t S = f->S * f->row, C = f->C * f->row, B = plan->block, D = plan->delay_max;
  net_fill_history(f, history, history_stride);
  f->in->noise_from = f->in->noise_to = 0;
  *result = (dn_outcome){.status = DN_OK};
  ptrdiff_t column = plan->lead, n;
  // Rows of a stretch that is kept stand on the record; the others are the block's, with the last one before it.
  pass->states = f->a.states;
  pass->coupled = f->a.coupled;
  pass->coupled_predicted = f->a.coupled_predicted;
  if (record) {
    pass->states = record->states - S;
    pass->coupled = record->coupled - C;
    if (f->split) pass->coupled_predicted = record->coupled_predicted - C;
  }
  net_copy(f, f->S, state, pass->states + S);
  pass->x = f->a.ring + column;
  pass->tau = pass->from;
  pass->seen = 0;
  net_load_seen(f, pass->x, f->a.seen);
  if (record) net_copy_observed(pass, pass->from, D, record->before, D);

  const ring_solver solver = {
      .add = net_add, .leaf = net_leaf, .context = pass, .quiet = plan->forward.step_quiet, .widest = DN_LEAF};
  for (; pass->tau <= pass->to; pass->tau += n, column += n) {
    n = pass->to + 1 - pass->tau < B ? pass->to + 1 - pass->tau : B;
    if (ring_is_full(plan, column)) column = ring_slide(&f->ring, NULL, f->a.ring, column);
    pass->x = f->a.ring + column;
    const int64_t clamps = pass->clamps;
    ring_clear(&f->ring, pass->x, B);
    net_meet(f);
    net_add(pass, 1, 0, n);
    ring_solve(&solver, 2, 0, B, n);

    dn_outcome mine = net_bad_state(pass, n, DN_NOT_FINITE_STATE);
    // Of an earlier block, whose columns have come since.
    if (pass->lost.status != DN_OK) mine = pass->lost;
    const ptrdiff_t steps = mine.status != DN_OK ? 0 : pass->tau > pass->from ? n : n - 1;
    *result = pass->reports ? dn_block_end(f->worker, mine, steps) : dn_agree(f->worker, mine);
    ptrdiff_t good = n;
    if (result->status == DN_NOT_FINITE_STATE) {
      good = result->step - pass->tau;
      pass->clamps = clamps + net_count_clamps(pass, good);
    } else if (result->status == DN_NOT_FINITE_MONITOR) {
      good = 0;
      pass->clamps = clamps;
    }
    const ptrdiff_t last = pass->tau + good - 1, first = pass->tau > pass->from ? pass->tau : pass->from + 1;
    if (pass->monitored) net_emit(pass, first, last, pass->states + (first - pass->tau + 1) * S);
    if (pass->tape) net_set_marks(pass, n);
    if (result->status != DN_OK || pass->tau + n > pass->to) {
      if (result->status == DN_CANCELLED) result->step = last;
      if (result->status == DN_OK && pass->monitored && net_nonlinear_rows(f->primal) > 0)
        *result = dn_agree(f->worker, pass->lost);
      // The state where the pass ends, for the carry.
      net_copy(f, f->S, pass->states + (last - pass->tau + 1) * S, f->a.predictor);
      pass->to = last;
      return;
    }
    if (record) {
      pass->states += n * S;
      pass->coupled += n * C;
      if (f->split) pass->coupled_predicted += n * C;
    } else {
      net_copy(f, f->S, pass->states + n * S, pass->states);
      net_copy(f, f->C, pass->coupled + n * C, pass->coupled);
    }
  }
}
