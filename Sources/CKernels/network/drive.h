// Calls of networks: checks, memory, and the order of passes. Included by network_f32.c and network_f64.c.

// Multiply-adds that the dynamics of a node are worth.
#define DN_NODE_WORK 8

typedef struct net_call {
  dn_frame frame;
  const DN_NAME(dn_network_primal) *primals;
  DN_NAME(dn_network_result) *outs;
  const DN_NAME(dn_network_tangent) *tangents;
  const DN_NAME(dn_network_cotangent) *cotangents;
  dn_tape *const *tapes;
} net_call;

// ---- Checks --------------------------------------------------------------------------------------------------------

// The first periodic state that a monitor reads which has no use for one, or -1.
static int32_t net_averaged_angle(const DN_NAME(dn_network_primal) *p) {
  for (int32_t k = 0; k < p->monitor_count; k++) {
    const dn_monitor *monitor = &p->monitors[k];
    const dn_monitor_description *kind = dn_monitor_describe(monitor->kind);
    const bool combines = net_every(monitor) > 1 || kind->interim || kind->projects;
    for (ptrdiff_t v = 0; v < dn_monitor_states(p->model, monitor) && combines; v++)
      if (dn_monitor_state(monitor, v) < p->model->states && p->model->state[dn_monitor_state(monitor, v)].periodic &&
          !kind->periodic)
        return dn_monitor_state(monitor, v);
  }
  return -1;
}

// Of a kind with constants, and of one with a gain matrix; on an error `where` has its place.
static dn_status net_check_constants(const DN_NAME(dn_network_primal) *p, const dn_monitor *monitor, dn_place *where) {
  const dn_monitor_description *kind = dn_monitor_describe(monitor->kind);
  if (monitor->parameter_count != 0 && monitor->parameter_count != kind->parameters) return DN_BAD_SIZE;
  if (monitor->parameter_count > 0 && !monitor->parameters) return DN_NULL_POINTER;
  if (kind->interim && monitor->interim < 0) return DN_BAD_SIZE;
  if (kind->interim && (monitor->interim == 0 || net_every(monitor) % monitor->interim != 0)) return DN_BAD_INTERIM;
  double constants[DN_MONITOR_CONSTANTS];
  where->parameter = dn_monitor_prepare(monitor, p->time_step, constants);
  if (where->parameter >= 0) return DN_BAD_MONITOR;
  if (!kind->projects) return DN_OK;
  const ptrdiff_t N = p->plan->nodes;
  ptrdiff_t count;
  if (monitor->rows < 1) return DN_BAD_SIZE;
  if (monitor->rows > INT32_MAX || __builtin_mul_overflow(monitor->rows, N, &count)) return DN_TOO_LARGE;
  if (monitor->reference < DN_REFERENCE_MEAN || monitor->reference > monitor->rows) return DN_BAD_OPTION;
  if (count > 0 && !monitor->gain) return DN_NULL_POINTER;
  for (ptrdiff_t i = 0; i < count; i++)
    if (!isfinite(monitor->gain[i])) {
      where->node = i % N;
      return DN_BAD_GAIN;
    }
  return DN_OK;
}

static dn_status net_check_monitors(const DN_NAME(dn_network_primal) *p, dn_place *where) {
  if (p->monitor_count < 0) return DN_BAD_SIZE;
  if (p->monitor_count > 0 && !p->monitors) return DN_NULL_POINTER;
  for (int32_t k = 0; k < p->monitor_count; k++) {
    const dn_monitor *monitor = &p->monitors[k];
    if (!dn_monitor_describe(monitor->kind)) return DN_BAD_OPTION;
    if (monitor->every < 0 || monitor->state_count < 0) return DN_BAD_SIZE;
    for (int32_t v = 0; monitor->states && v < monitor->state_count; v++)
      if (monitor->states[v] < 0 || monitor->states[v] >= p->model->states + p->model->outputs) return DN_BAD_OPTION;
    where->monitor = k;
    const dn_status status = net_check_constants(p, monitor, where);
    if (status != DN_OK) return status;
  }
  where->monitor = -1;
  return DN_OK;
}

// The inputs of a run.
static void net_check_primal(const DN_NAME(dn_network_primal) *p, dn_views *views) {
  const dn_plan *plan = p->plan;
  const size_t size = sizeof(DN_REAL);
  int64_t end;
  dn_place where;
  if (!plan || !p->model || !p->model->implementation) {
    views->status = !plan || !p->model ? DN_NULL_POINTER : DN_BAD_OPTION;
    return;
  }
  const ptrdiff_t N = plan->nodes, T = p->steps, S = p->model->states;
  if (T < 0 || p->first_step < 0) views->status = DN_BAD_SIZE;
  else if (__builtin_add_overflow(p->first_step, (int64_t)T, &end) || end > INT64_MAX - 2 * DN_NOISE_ROWS ||
           S * N > (ptrdiff_t)UINT32_MAX)
    views->status = DN_TOO_LARGE;
  else if (!dn_scheme_describe(p->scheme) || (p->stage != DN_STAGE_AWARE && p->stage != DN_STAGE_FROZEN) ||
           (p->coupling_kind != DN_COUPLING_LINEAR && p->coupling_kind != DN_COUPLING_DIFFERENCE))
    views->status = DN_BAD_OPTION;
  else if (!(p->time_step > 0 && isfinite(p->time_step))) views->status = DN_BAD_TIME_STEP;
  else if (net_check_monitors(p, &where) != DN_OK) views->status = net_check_monitors(p, &where);
  else if (net_averaged_angle(p) >= 0) views->status = DN_PERIODIC_AVERAGE;
  net_view_inputs(p, views);
  if (views->status != DN_OK) return;
  dn_views_add(views, p->monitored, net_monitored_rows(p), N, N, size, DN_OPTIONAL, false, 3);
  for (int32_t k = 0; k < p->monitor_count; k++)
    if (dn_monitor_describe(p->monitors[k].kind)->projects)
      dn_views_add(views, p->monitors[k].gain, p->monitors[k].rows, N, N, sizeof(double), DN_REQUIRED, false, 0);
}

// What the run is known by on a tape.
static dn_recorded net_recorded(const DN_NAME(dn_network_primal) *p) {
  dn_recorded r = {
      .plan = p->plan,
      .model = p->model,
      .scheme = p->scheme,
      .stage = p->stage,
      .coupling_kind = p->coupling_kind,
      .key = p->key,
      .member = p->member,
      .first_step = p->first_step,
      .steps = p->steps,
      .time_step = p->time_step,
      .coupling = (double)p->coupling,
      .real = sizeof(DN_REAL),
      .inputs = net_hash_inputs(p),
      .monitors = DN_HASH,
  };
  for (int32_t k = 0; k < p->monitor_count; k++) {
    const dn_monitor *monitor = &p->monitors[k];
    dn_hash(&r.monitors, (uint64_t)monitor->kind);
    dn_hash(&r.monitors, (uint64_t)net_every(monitor));
    for (ptrdiff_t v = 0; v < dn_monitor_states(p->model, monitor); v++)
      dn_hash(&r.monitors, (uint64_t)dn_monitor_state(monitor, v));
    const dn_monitor_description *kind = dn_monitor_describe(monitor->kind);
    if (kind->interim) dn_hash(&r.monitors, (uint64_t)monitor->interim);
    for (int32_t n = 0; n < kind->parameters; n++) {
      const double value = monitor->parameter_count > 0 ? monitor->parameters[n] : kind->parameter[n].value;
      uint64_t bits;
      memcpy(&bits, &value, sizeof bits);
      dn_hash(&r.monitors, bits);
    }
    if (kind->projects) dn_hash(&r.monitors, (uint64_t)monitor->rows);
    if (kind->projects) dn_hash(&r.monitors, (uint64_t)monitor->reference);
  }
  return r;
}

// The columns of monitor k.
static ptrdiff_t net_columns(const DN_NAME(dn_network_primal) *p, int32_t k) {
  return dn_outputs(p->first_step, p->steps, net_every(&p->monitors[k]));
}

static void net_view_columns(const DN_NAME(dn_network_primal) *p, const DN_NAME(dn_columns) *columns, dn_views *views) {
  for (int32_t k = 0; columns && k < p->monitor_count; k++)
    dn_views_add(views, columns[k].series,
                 dn_monitor_states(p->model, &p->monitors[k]) * dn_monitor_rows(&p->monitors[k], p->plan->nodes),
                 net_columns(p, k), columns[k].stride, sizeof(DN_REAL), DN_OPTIONAL, true, 0);
}

static void net_check_run(const void *context, ptrdiff_t run, dn_views *views) {
  const net_call *c = context;
  const DN_NAME(dn_network_primal) *p = &c->primals[run];
  net_check_primal(p, views);
  if (views->status != DN_OK) return;
  const size_t size = sizeof(DN_REAL);
  const ptrdiff_t N = p->plan->nodes, S = p->model->states, H = p->plan->history, nodes = p->model->couplings * N;
  if (c->outs) {
    const DN_NAME(dn_network_result) *out = &c->outs[run];
    net_view_columns(p, out->columns, views);
    dn_views_add(views, out->next_initial, S, N, N, size, DN_OPTIONAL, true, 1);
    dn_views_add(views, out->next_history, nodes, H, out->next_history_stride, size, DN_OPTIONAL, true, 2);
    dn_views_add(views, out->next_monitored, net_monitored_rows(p), N, N, size, DN_OPTIONAL, true, 3);
  }
  if (c->tangents) {
    const DN_NAME(dn_network_tangent) *d = &c->tangents[run];
    net_view_tangents(p, d, views);
    net_view_columns(p, d->columns, views);
  }
  if (c->cotangents) {
    const DN_NAME(dn_network_cotangent) *d = &c->cotangents[run];
    for (int32_t k = 0; d->columns && k < p->monitor_count; k++) {
      const ptrdiff_t V = dn_monitor_states(p->model, &p->monitors[k]), first = d->columns[k].first;
      const ptrdiff_t rows = dn_monitor_rows(&p->monitors[k], N);
      if ((first < 0 || first > net_columns(p, k)) && views->status == DN_OK) views->status = DN_BAD_SIZE;
      dn_views_add(views, d->columns[k].series, V * rows, net_columns(p, k) - first, d->columns[k].stride, size,
                   DN_OPTIONAL, false, 0);
      dn_views_add(views, d->columns[k].column, V, rows, rows, size, DN_OPTIONAL, false, 0);
    }
    dn_views_add(views, d->final_state, S, N, N, size, DN_OPTIONAL, false, 0);
    net_view_cotangents(p, d, views);
    const dn_tape *tape = c->tapes ? c->tapes[run] : NULL;
    const dn_recorded recorded = net_recorded(p);
    if (views->status == DN_OK && (!tape || !tape->finished || !dn_recorded_same(&tape->recorded, &recorded)))
      views->status = DN_BAD_TAPE;
  }
}

// ---- Memory --------------------------------------------------------------------------------------------------------

// The bytes of a forward run's arrays, and of an adjoint's.
static size_t net_bytes(const DN_NAME(dn_network_primal) *p, bool adjoint, bool *overflow) {
  dn_arena arena = {0};
  net_arrays a;
  net_inputs in;
  net_adjoint b;
  net_take(p, p->plan->block + 1, &arena, &a);
  net_inputs_take(p, &arena, &in);
  if (adjoint) net_adjoint_take(p, &arena, &b);
  *overflow |= arena.overflow;
  return arena.used;
}

static void net_record_take(const DN_NAME(dn_network_primal) *p, ptrdiff_t steps, dn_arena *arena, net_record *record) {
  const ptrdiff_t row = net_row(p->plan), C = p->model->couplings, size = sizeof(DN_REAL);
  record->states = dn_arena_take(arena, (steps + 1) * p->model->states * row, (size_t)size);
  record->coupled = dn_arena_take(arena, (steps + 1) * C * row, (size_t)size);
  record->coupled_predicted = net_splits(p) ? dn_arena_take(arena, (steps + 1) * C * row, (size_t)size) : NULL;
  record->before = dn_arena_take(arena, C * p->plan->nodes * p->plan->delay_max, (size_t)size);
  ptrdiff_t monitored = 0;
  for (int32_t k = 0; k < p->monitor_count; k++) monitored += net_record_rows(p, &p->monitors[k], steps);
  record->monitored = dn_arena_take(arena, monitored * row, (size_t)size);
  record->capacity = steps;
}

static dn_status net_layout(const DN_NAME(dn_network_primal) *p, size_t budget, dn_layout *layout, size_t *least) {
  const ptrdiff_t row = net_row(p->plan), C = p->model->couplings, N = p->plan->nodes, D = p->plan->delay_max;
  dn_arena base = {0}, hundred = {0}, mark = {0};
  net_record record;
  bool overflow = false;
  net_record_take(p, 0, &base, &record);
  net_record_take(p, 16, &hundred, &record);
  dn_arena_take(&mark, (p->model->states + net_nonlinear_rows(p)) * row + C * N * D, sizeof(DN_REAL));
  // Interim means are not whole steps: a bound for those of any number of steps. Their rows are whole cache lines.
  size_t monitored_step = 0;
  for (int32_t k = 0; k < p->monitor_count; k++) {
    const size_t mean = (size_t)(net_record_rows(p, &p->monitors[k], 0) * row) * sizeof(DN_REAL);
    if (mean == 0) continue;
    hundred.used -= (size_t)(net_record_rows(p, &p->monitors[k], 16) * row) * sizeof(DN_REAL) - mean;
    monitored_step += mean / (size_t)p->monitors[k].interim + 1;
  }
  *layout = (dn_layout){.mark_bytes = mark.used, .fixed_bytes = net_bytes(p, true, &overflow)};
  if (overflow || base.overflow || mark.overflow) return DN_TOO_LARGE;
  // Rows of nodes are whole cache lines; the rows of time are rounded up once.
  return dn_layout_choose(layout, budget, p->steps, p->plan->block,
                          (hundred.used - base.used + 15) / 16 + monitored_step, base.used + 4 * DN_CACHE_LINE, least);
}

dn_status DN_NAME(dn_network_tape_bytes)(const DN_NAME(dn_network_primal) *primal, size_t *everything, size_t *least) {
  dn_views views = {.count = 0};
  if (!primal || !everything || !least) return DN_NULL_POINTER;
  net_check_primal(primal, &views);
  if (views.status != DN_OK) return views.status;
  dn_layout layout;
  dn_status status = net_layout(primal, 0, &layout, NULL);
  *everything = layout.bytes;
  if (status == DN_OK) status = net_layout(primal, 0, &layout, least);
  return status;
}

// The stretch that the tape records.
static net_record net_tape_record(const DN_NAME(dn_network_primal) *p, dn_tape *tape) {
  dn_arena arena = {.base = (char *)(((uintptr_t)tape->memory + DN_CACHE_LINE - 1) & ~(uintptr_t)(DN_CACHE_LINE - 1))};
  net_record record = {0};
  net_record_take(p, tape->layout.segment, &arena, &record);
  return record;
}

// ---- A call --------------------------------------------------------------------------------------------------------

static dn_tape *net_tape_of(const net_call *c, ptrdiff_t run) {
  return c->outs ? c->outs[run].tape : c->tapes ? c->tapes[run] : NULL;
}

// The threads of a call. One run is shared by as many as have enough to do in a step; unless the caller asks for them, by none
// where forming a team would take as long as the run.
static int32_t net_threads(const net_call *c, const dn_run_options *options) {
#ifdef DN_OPENMP
  const dn_plan *plan = c->frame.call.plan;
  const double work = (double)(plan->edges + DN_NODE_WORK * plan->nodes);
  const int32_t wanted = options ? options->threads : 0;
  if (c->frame.runs > 1) return dn_call_threads(plan, options, c->frame.runs, 0);
  if (wanted == 0 && work * (double)c->primals[0].steps < 1e7) return 1;
  const double most = fmin(work / plan->work_a_thread, (double)net_row(plan) / DN_LEAF);
  const int32_t threads = wanted == 0 ? dn_threads_available() : wanted;
  return threads <= most ? threads : most < 1 ? 1 : (int32_t)most;
#else
  (void)c, (void)options;
  return 1;
#endif
}

static dn_status net_begin(net_call *c, ptrdiff_t runs, const dn_run_options *options,
                           size_t (*bytes)(const DN_NAME(dn_network_primal) *, bool *), dn_place *place) {
  dn_finish(place, DN_OK, -1);
  if (runs > 0 && !c->primals) return dn_finish(place, DN_NULL_POINTER, -1);
  dn_status status = dn_frame_begin(&c->frame, runs > 0 ? c->primals[0].plan : NULL, runs, options);
  if (status != DN_OK) return dn_finish(place, status, -1);
  bool overflow = false;
  for (ptrdiff_t r = 0; r < runs; r++) {
    const DN_NAME(dn_network_primal) *p = &c->primals[r];
    status = dn_frame_count(&c->frame, net_check_run, c, r, p->steps);
    if (status != DN_OK) {
      dn_finish(place, status, r);
      if (place && status == DN_PERIODIC_AVERAGE) place->state = net_averaged_angle(p);
      if (place && (status == DN_BAD_INTERIM || status == DN_BAD_MONITOR || status == DN_BAD_GAIN))
        net_check_monitors(p, place);
      return status;
    }
    dn_place found = {
        .run = r, .edge = -1, .node = -1, .step = -1, .state = -1, .parameter = -1, .pulse = -1, .monitor = -1};
    status = net_check_values(p, &found);
    if (status == DN_OK && !c->cotangents) status = net_check_steps(p, &found);
    if (status != DN_OK) {
      if (place) *place = found;
      return status;
    }
    const size_t needed = bytes(p, &overflow);
    if (needed > c->frame.arena_bytes) c->frame.arena_bytes = needed;
  }
  // A tape that two runs share.
  for (ptrdiff_t r = 0; r < runs; r++)
    if (net_tape_of(c, r)) net_tape_of(c, r)->run = r;
  for (ptrdiff_t r = 0; r < runs; r++) {
    const dn_tape *tape = net_tape_of(c, r);
    if (tape && tape->run != r) return dn_finish(place, DN_OVERLAP, tape->run);
  }
  if (overflow) return dn_finish(place, DN_TOO_LARGE, -1);
  if (runs == 0) return DN_OK;
  c->frame.threads = net_threads(c, options);
  return dn_frame_open(&c->frame, options, net_check_run, c, place);
}

// Does the work of the call, and says where it went wrong.
static dn_status net_end(net_call *c, dn_work work, dn_place *place) {
  ptrdiff_t run;
  const dn_outcome result = dn_frame_run(&c->frame, work, c, &run);
  const dn_status status = dn_finish(place, result.status, run);
  if (status != DN_OK && place) {
    if (result.step >= 0) place->step = c->primals[run].first_step + result.step;
    if (status == DN_NOT_FINITE_COTANGENT) place->edge = result.edge;
    if (status == DN_NOT_FINITE_MONITOR) place->monitor = result.monitor;
    if (status != DN_CANCELLED) {
      place->node = result.node;
      place->state = result.state;
      place->parameter = result.parameter;
    }
  }
  dn_frame_close(&c->frame);
  return status;
}

// Clears what was cut from the arena since it had used `before` bytes, a share each; all have met when it returns.
static void net_clear_arena(const net_run *f, const dn_arena *arena, size_t before) {
  const ptrdiff_t bytes = (ptrdiff_t)(arena->used - before), begin = dn_share_begin(f->worker, bytes);
  memset(arena->base + before + begin, 0, (size_t)(dn_share_end(f->worker, bytes) - begin));
  net_meet(f);
}

// ---- Forward -------------------------------------------------------------------------------------------------------

static size_t net_run_bytes(const DN_NAME(dn_network_primal) *p, bool *overflow) {
  return net_bytes(p, false, overflow);
}

// A run of no steps: its carry is what it was given.
static void net_carry_over(const DN_NAME(dn_network_primal) *p, const DN_NAME(dn_network_result) *out) {
  const ptrdiff_t N = p->plan->nodes, H = p->plan->history, D = p->plan->delay_max;
  const size_t states = (size_t)(p->model->states * N) * sizeof(DN_REAL);
  if (N == 0) return;
  if (out->next_initial && p->initial) memmove(out->next_initial, p->initial, states);
  const size_t monitored = (size_t)(net_monitored_rows(p) * N) * sizeof(DN_REAL);
  if (out->next_monitored && p->monitored) memmove(out->next_monitored, p->monitored, monitored);
  else if (out->next_monitored) memset(out->next_monitored, 0, monitored);
  for (ptrdiff_t i = 0; i < p->model->couplings * N && out->next_history && p->history; i++) {
    DN_REAL *to = out->next_history + i * out->next_history_stride;
    const DN_REAL *from = p->history + i * p->history_stride;
    if (D > 0) memmove(to + H - D, from + H - D, (size_t)D * sizeof *to);
    memset(to, 0, (size_t)(H - D) * sizeof *to);
  }
}

static void net_run_work(void *context, ptrdiff_t run, const dn_worker *worker, dn_outcome *result) {
  const net_call *c = context;
  const DN_NAME(dn_network_primal) *p = &c->primals[run];
  DN_NAME(dn_network_result) *out = &c->outs[run];
  dn_tape *tape = out->tape;
  const dn_plan *plan = p->plan;
  const ptrdiff_t N = plan->nodes, T = p->steps, H = plan->history;
  if (worker->rank == 0) {
    out->steps_done = 0;
    for (int32_t k = 0; k < p->monitor_count && out->columns; k++) out->columns[k].done = 0;
    out->clamps = 0;
  }
  if (T == 0) {
    if (worker->rank == 0) net_carry_over(p, out);
    if (worker->rank == 0 && tape) tape->finished = true;
    *result = dn_block_end(worker, (dn_outcome){.status = DN_OK}, 0);
    return;
  }
  dn_arena arena = dn_frame_arena(&c->frame, worker);
  net_run f;
  net_inputs in;
  net_prepare(&f, &in, p, worker, plan->block + 1, tape != NULL, &arena);
  const size_t own = (size_t)(f.end > f.lo ? f.end - f.lo : 0) * sizeof(DN_REAL);

  net_pass pass = {.f = &f, .from = 0, .to = T, .reports = true, .given = out->columns, .monitored = f.a.monitored};
  net_record record;
  if (tape && tape->layout.levels == 0) {
    record = net_tape_record(p, tape);
    record.from = 0;
    record.to = T;
    pass.record = &record;
  } else if (tape) {
    pass.tape = tape;
    pass.level = tape->layout.levels;
  }
  net_advance(&pass, net_start(&f), net_history(p), p->history_stride, result);
  const ptrdiff_t done = pass.to, D = plan->delay_max;
  for (ptrdiff_t s = 0; s < f.S && out->next_initial && done >= 0 && own > 0; s++)
    memcpy(out->next_initial + s * N + f.lo, f.a.predictor + s * f.row + f.lo, own);
  for (ptrdiff_t k = 0; k < net_monitored_rows(p) && out->next_monitored && done >= 0 && own > 0; k++)
    memcpy(out->next_monitored + k * N + f.lo, f.a.monitored + k * f.row + f.lo, own);
  for (ptrdiff_t c = 0; c < f.C && out->next_history && done >= 0; c++)
    for (ptrdiff_t i = c * N + f.lo; i < c * N + f.end; i++) {
      DN_REAL *to = out->next_history + i * out->next_history_stride;
      memset(to, 0, (size_t)(H - D) * sizeof *to);
      if (D > 0) memcpy(to + H - D, pass.x + i * plan->stride + done - D - pass.tau, (size_t)D * sizeof *to);
    }
  if (worker->size > 1) c->frame.clamps[worker->rank] = pass.clamps;
  net_meet(&f);
  if (worker->rank > 0) return;
  for (int32_t other = 1; other < worker->size; other++) pass.clamps += c->frame.clamps[other];
  if (done >= 0) {
    out->steps_done = done;
    for (int32_t k = 0; k < p->monitor_count && out->columns; k++)
      out->columns[k].done = dn_outputs(p->first_step, done, net_every(&p->monitors[k]));
  }
  out->clamps = pass.clamps;
  if (tape) tape->finished = result->status == DN_OK;
}

dn_status DN_NAME(dn_network_run)(ptrdiff_t runs, const DN_NAME(dn_network_primal) *primals,
                                  DN_NAME(dn_network_result) *results, const dn_run_options *options, dn_place *place) {
  net_call c = {.primals = primals, .outs = results};
  if (runs > 0 && !results) return dn_finish(place, DN_NULL_POINTER, -1);
  dn_status status = net_begin(&c, runs, options, net_run_bytes, place);
  if (status != DN_OK || runs == 0) return status;
  for (ptrdiff_t r = 0; r < runs && status == DN_OK; r++) {
    dn_tape *tape = results[r].tape;
    if (!tape) continue;
    tape->finished = false;
    status = net_layout(&primals[r], tape->budget, &tape->layout, NULL);
    if (status == DN_OK)
      status = dn_tape_reserve(tape, tape->layout.bytes - tape->layout.fixed_bytes + 2 * DN_CACHE_LINE);
    tape->recorded = net_recorded(&primals[r]);
    if (status != DN_OK) dn_finish(place, status, r);
  }
  if (status != DN_OK) {
    dn_frame_close(&c.frame);
    return status;
  }
  return net_end(&c, net_run_work, place);
}

// ---- Adjoint -------------------------------------------------------------------------------------------------------

static size_t net_vjp_bytes(const DN_NAME(dn_network_primal) *p, bool *overflow) {
  return net_bytes(p, true, overflow);
}

// What nonlinear monitors keep, made ready for a stretch that begins where they kept `kept`; NULL where all are linear.
static DN_REAL *net_again(const net_run *f, const DN_REAL *kept) {
  if (net_nonlinear_rows(f->primal) == 0) return NULL;
  net_restore_monitored(f, kept);
  return f->a.monitored;
}

// The adjoint of steps from ... to, from a state, what monitors keep (NULL: as the run was given them) and history at `from`:
// one stretch, or the pieces of a level.
static void net_reverse(net_adjoint *b, dn_tape *tape, int32_t level, ptrdiff_t from, ptrdiff_t to,
                        const DN_REAL *state, const DN_REAL *monitored, const DN_REAL *history,
                        ptrdiff_t history_stride, dn_outcome *result) {
  net_run *f = b->f;
  const DN_NAME(dn_network_primal) *p = f->primal;
  if (level == 0) {
    net_record record = net_tape_record(p, tape);
    record.from = from;
    record.to = to;
    if (tape->layout.levels > 0) {
      net_pass pass = {
          .f = f, .from = from, .to = to, .record = &record, .again = true, .monitored = net_again(f, monitored)};
      net_advance(&pass, state, history, history_stride, result);
      if (result->status != DN_OK) return;
    }
    *result = net_adjoint_stretch(b, &record);
    return;
  }
  const ptrdiff_t piece = dn_layout_piece(&tape->layout, level - 1);
  const ptrdiff_t marks = to > from ? (to - from - 1) / piece : 0;
  // The uppermost level's marks were set by the run itself.
  if (level < tape->layout.levels && marks > 0) {
    net_pass pass = {.f = f,
                     .from = from,
                     .to = to - piece,
                     .again = true,
                     .monitored = net_again(f, monitored),
                     .tape = tape,
                     .level = level,
                     .end = to};
    net_advance(&pass, state, history, history_stride, result);
    if (result->status != DN_OK) return;
  }
  for (ptrdiff_t m = 0; m <= marks && result->status == DN_OK; m++) {
    const ptrdiff_t end = to - m * piece;
    if (m == marks) {
      if (from == 0 && state == f->a.predictor) state = net_start(f);
      net_reverse(b, tape, level - 1, from, end, state, monitored, history, history_stride, result);
    } else {
      const net_mark mark = net_tape_mark(p, tape, level, m);
      net_reverse(b, tape, level - 1, end - piece, end, mark.state, mark.monitored, mark.observed, f->plan->delay_max,
                  result);
    }
  }
}

static void net_vjp_work(void *context, ptrdiff_t run, const dn_worker *worker, dn_outcome *result) {
  const net_call *c = context;
  const DN_NAME(dn_network_primal) *p = &c->primals[run];
  const DN_NAME(dn_network_cotangent) *d = &c->cotangents[run];
  const dn_plan *plan = p->plan;
  if (p->steps == 0) {
    for (ptrdiff_t i = 0; i < p->model->states * plan->nodes && d->initial && d->final_state && worker->rank == 0; i++)
      d->initial[i] += d->final_state[i];
    *result = dn_block_end(worker, (dn_outcome){.status = DN_OK}, 0);
    return;
  }
  dn_arena arena = dn_frame_arena(&c->frame, worker);
  net_run f;
  net_inputs in;
  net_prepare(&f, &in, p, worker, plan->block + 1, true, &arena);
  net_adjoint b = {.f = &f, .in = {.d = d, .wants_edges = d->weights || d->delays}};
  const size_t before = arena.used;
  net_adjoint_take(p, &arena, &b);
  net_clear_arena(&f, &arena, before);
  b.back = f;
  b.back.ring = net_ring_of(&f, &plan->transposed, b.weights, b.active);
  const int32_t *gain = p->model->implementation->gain;
  for (int32_t k = 0; k < f.C && net_leads(&f); k++) {
    b.active[k] = gain[k] < 0;
    for (ptrdiff_t i = 0; i < f.N && !b.active[k]; i++) b.active[k] = f.in->parameters[gain[k] * f.row + i] != 0;
  }
  // The weights once more, in the order of the transposed graph.
  const DN_REAL *weights = plan->fractional ? f.in->expanded : p->weights;
  net_pack(&f, &plan->transposed, weights, b.weights);
  if (net_leads(&f)) {
    net_fill_lanes(&f, &b.now, b.weights);
    net_fill_lanes(&f, &b.recent, b.weights);
  }
  net_share_lanes(&f, &b.now);
  net_share_lanes(&f, &b.recent);
  for (ptrdiff_t s = 0; s < f.S && d->final_state && f.end > f.lo; s++)
    memcpy(b.state + s * f.row + f.lo, d->final_state + s * f.N + f.lo, (size_t)(f.end - f.lo) * sizeof(DN_REAL));
  b.column = plan->lead;
  f.in->has_noise |= d->sigma != NULL && p->sigma_count > 0;

  dn_tape *tape = c->tapes[run];
  net_reverse(&b, tape, tape->layout.levels, 0, p->steps, net_start(&f), NULL, net_history(p), p->history_stride,
              result);
  if (result->status != DN_OK) return;
  if (d->history && plan->delay_max > 0)
    ring_history(&b.back.ring, b.ring, b.column, INT32_MAX, b.block, d->history, d->history_stride);
  net_meet(&f);
  dn_outcome where;
  if (net_leads(&f) && net_inputs_vjp_finish(&f, &b.in, b.state, &where) != DN_OK) *result = where;
}

dn_status DN_NAME(dn_network_vjp)(ptrdiff_t runs, const DN_NAME(dn_network_primal) *primals, dn_tape *const *tapes,
                                  const DN_NAME(dn_network_cotangent) *cotangents, const dn_run_options *options,
                                  dn_place *place) {
  net_call c = {.primals = primals, .tapes = tapes, .cotangents = cotangents};
  if (runs > 0 && (!cotangents || !tapes)) return dn_finish(place, DN_NULL_POINTER, -1);
  const dn_status status = net_begin(&c, runs, options, net_vjp_bytes, place);
  if (status != DN_OK || runs == 0) return status;
  return net_end(&c, net_vjp_work, place);
}

// ---- Tangent -------------------------------------------------------------------------------------------------------

static size_t net_jvp_bytes(const DN_NAME(dn_network_primal) *p, bool *overflow) {
  dn_arena arena = {.used = net_bytes(p, false, overflow)};
  net_tangent b;
  net_tangent_take(p, &arena, &b);
  *overflow |= arena.overflow;
  return arena.used;
}

static void net_jvp_work(void *context, ptrdiff_t run, const dn_worker *worker, dn_outcome *result) {
  const net_call *c = context;
  const DN_NAME(dn_network_primal) *p = &c->primals[run];
  const DN_NAME(dn_network_tangent) *d = &c->tangents[run];
  const dn_plan *plan = p->plan;
  if (p->steps == 0) {
    *result = dn_block_end(worker, (dn_outcome){.status = DN_OK}, 0);
    return;
  }
  dn_arena arena = dn_frame_arena(&c->frame, worker);
  net_run f;
  net_inputs in;
  net_prepare(&f, &in, p, worker, plan->block + 1, true, &arena);
  net_tangent b = {.f = &f, .in = {.d = d}, .pass = {.f = &f, .to = p->steps, .reports = true}};
  const size_t before = arena.used;
  net_tangent_take(p, &arena, &b);
  net_clear_arena(&f, &arena, before);
  net_inputs_jvp_prepare(&f, &b.in);
  net_tangent_advance(&b, result);
}

dn_status DN_NAME(dn_network_jvp)(ptrdiff_t runs, const DN_NAME(dn_network_primal) *primals,
                                  const DN_NAME(dn_network_tangent) *tangents, const dn_run_options *options,
                                  dn_place *place) {
  net_call c = {.primals = primals, .tangents = tangents};
  if (runs > 0 && !tangents) return dn_finish(place, DN_NULL_POINTER, -1);
  const dn_status status = net_begin(&c, runs, options, net_jvp_bytes, place);
  if (status != DN_OK || runs == 0) return status;
  return net_end(&c, net_jvp_work, place);
}

// ---- Noise ---------------------------------------------------------------------------------------------------------

dn_status DN_NAME(dn_network_noise)(dn_key key, uint64_t member, ptrdiff_t states, ptrdiff_t nodes, int64_t first_step,
                                    ptrdiff_t steps, DN_REAL *out) {
  const dn_kernels *kernels = DN_NAME(dn_kernels_of)(dn_isa_best());
  ptrdiff_t width;
  if (states < 0 || nodes < 0 || steps < 0 || first_step < 0) return DN_BAD_SIZE;
  int64_t end;
  if (__builtin_mul_overflow(states, nodes, &width) || width > (ptrdiff_t)UINT32_MAX ||
      __builtin_add_overflow(first_step, (int64_t)steps, &end) || end == INT64_MAX)
    return DN_TOO_LARGE;
  if (width == 0 || steps == 0) return DN_OK;
  if (!out) return DN_NULL_POINTER;
  const dn_key own = dn_key_fold_in(key, member);
  for (int64_t t = first_step & ~(int64_t)1; t < end; t += 2) {
    const dn_key high = dn_key_fold_in(own, 2 * (uint64_t)(t >> 33)),
                 low = dn_key_fold_in(own, 2 * (uint64_t)(t >> 33) + 1);
    for (ptrdiff_t i = 0; i < width; i += DN_LEAF) {
      DN_REAL pair[2][DN_LEAF];
      const size_t n = (size_t)(width - i < DN_LEAF ? width - i : DN_LEAF);
      kernels->normals(high, low, ((uint64_t)(t >> 1) & 0xffffffffu) << 32 | (uint64_t)i, DN_LEAF, pair[0], pair[1]);
      for (int64_t k = 0; k < 2; k++)
        if (t + k >= first_step && t + k < end)
          memcpy(out + (t + k - first_step) * width + i, pair[k], n * sizeof *out);
    }
  }
  return DN_OK;
}
