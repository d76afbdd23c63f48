// Included by network_trial.h for each DN_REAL.

typedef struct DN_NAME(net_trial) {
  const network *net;
  const dn_plan *plan;
  ref_problem q;
  bool is_default[REF_PARAMETERS_MAX];
  bool drawn;  // noise from the key and member, not from the array
  dn_key key;
  uint64_t member;
  unsigned tangents, cotangents;  // NET_BIT of those that are given, or asked for
  bool hide_series, hide_final;   // cotangents that are NULL
  dn_tape *tape;                  // records when there is one
  DN_NAME(grid) in[REF_PARTS], tan[REF_PARTS], cot[REF_PARTS], monitored;
  DN_NAME(grid) series, next_initial, next_history, next_monitored, tan_series, cot_series, cot_final;
  DN_NAME(dn_network_result) result;
  DN_NAME(dn_columns) columns, tan_columns;  // of its only monitor
  DN_NAME(dn_columns_cotangent) cot_columns;
  dn_monitor monitor;
  struct {
    int32_t state, node;
    int64_t step;
    DN_REAL sign;
  } flood[NET_FLOODS];  // where the state leaves the finite numbers though every input is one
  int floods;
  // What the structs of a call point to.
  DN_NAME(dn_pulse) pulses[REF_PULSES_MAX + NET_FLOODS * NET_FLOOD_PULSES];
  DN_NAME(dn_parameter) parameters[REF_PARAMETERS_MAX];
  const DN_REAL *tan_parameters[REF_PARAMETERS_MAX];
  DN_REAL *cot_parameters[REF_PARAMETERS_MAX];
} DN_NAME(net_trial);

// Calls each(grid) for every grid of a trial.
#define NET_TRIAL_GRIDS(each)                                                                              \
  for (int part_ = 0; part_ < REF_PARTS; part_++) {                                                        \
    each(in[part_]) each(tan[part_]) each(cot[part_])                                                      \
  }                                                                                                        \
  each(monitored) each(series) each(next_initial) each(next_history) each(next_monitored) each(tan_series) \
      each(cot_series) each(cot_final)

static inline ptrdiff_t DN_NAME(net_columns)(const DN_NAME(net_trial) *t) {
  return dn_outputs(t->q.first_step, t->q.steps, t->q.every);
}

static inline dn_monitor DN_NAME(net_monitor)(const DN_NAME(net_trial) *t) {
  return (dn_monitor){.kind = t->q.monitor,
                      .every = t->q.every,
                      .parameter_count = dn_monitor_describe(t->q.monitor)->parameters,
                      .parameters = t->q.constants,
                      .interim = t->q.interim,
                      .gain = t->q.gain,
                      .rows = t->q.rows,
                      .reference = t->q.reference};
}

// A part's grid: rows of time where they have a stride.
static inline DN_NAME(grid) DN_NAME(net_part_make)(const ref_problem *q, ref_part part, layout how) {
  const ptrdiff_t N = q->net->nodes;
  const layout compact = {0, how.offset, false};
  if (part == REF_STIMULUS) return DN_NAME(grid_make)(q->model->states * N, q->steps, how);
  if (part == REF_HISTORY) return DN_NAME(grid_make)(q->model->couplings * N, q->net->history, how);
  return DN_NAME(grid_make)(1, ref_count(q, part), compact);
}

static inline void DN_NAME(net_part_fill)(DN_NAME(grid) *g, const double *values) {
  for (ptrdiff_t i = 0; i < g->rows; i++)
    for (ptrdiff_t t = 0; t < g->columns; t++) g->at[i * g->stride + t] = (DN_REAL)values[i * g->columns + t];
}

static inline void DN_NAME(net_part_fill_all)(DN_NAME(grid) *grids, const ref_arrays *values) {
  for (int part = 0; part < REF_PARTS; part++) DN_NAME(net_part_fill)(&grids[part], values->part[part]);
}

// Puts every output into the state before a call: cotangents to `start`, the rest to NaN.
static inline void DN_NAME(net_trial_reset)(DN_NAME(net_trial) *t, DN_REAL start) {
  DN_NAME(grid) *outputs[] = {&t->series, &t->next_initial, &t->next_history, &t->next_monitored, &t->tan_series};
  for (int k = 0; k < 5; k++) DN_NAME(grid_set)(outputs[k], (DN_REAL)NAN);
  for (int part = 0; part < REF_PARTS; part++) DN_NAME(grid_set)(&t->cot[part], start);
}

static inline DN_NAME(net_trial) DN_NAME(net_trial_make)(const ref_model *model, const network *net, bool fractional,
                                                         const net_setup *setup, uint64_t seed, layout how) {
  DN_NAME(net_trial) t = {.net = net, .tangents = NET_INPUTS, .cotangents = NET_INPUTS};
  t.q = ref_problem_make(model, net, fractional, setup);
  for (int k = 0; k < model->parameters; k++) t.is_default[k] = ref_is_default(&t.q, setup, k);
  t.key = dn_key_create(seed);
  ref_arrays values = ref_values_make(&t.q, setup, seed), directions = ref_directions_make(&t.q, &values, seed + 1);
  for (int part = 0; part < REF_PARTS; part++) {
    t.in[part] = DN_NAME(net_part_make)(&t.q, (ref_part)part, how);
    t.tan[part] = DN_NAME(net_part_make)(&t.q, (ref_part)part, how);
    t.cot[part] = DN_NAME(net_part_make)(&t.q, (ref_part)part, how);
  }
  DN_NAME(net_part_fill_all)(t.in, &values);
  DN_NAME(net_part_fill_all)(t.tan, &directions);
  if (!fractional) t.tangents = t.cotangents = NET_INPUTS & ~NET_BIT(REF_DELAYS);
  ref_arrays_free(&values);
  ref_arrays_free(&directions);
  const ptrdiff_t states = model->states * net->nodes, K = dn_outputs(t.q.first_step, t.q.steps, t.q.every);
  t.monitor = DN_NAME(net_monitor)(&t);
  const ptrdiff_t kept = dn_monitored_count(dn_model_find(model->name), net->nodes, &t.monitor, 1),
                  rows = model->states * dn_monitor_rows(&t.monitor, net->nodes);
  const layout compact = {0, how.offset, false};
  // What it keeps between steps; of a kind that keeps nothing, not looked at.
  t.monitored = DN_NAME(grid_make)(1, kept > 0 ? kept : states, compact);
  t.series = DN_NAME(grid_make)(rows, K, how);
  t.next_initial = DN_NAME(grid_make)(1, states, compact);
  t.next_history = DN_NAME(grid_make)(model->couplings * net->nodes, net->history, how);
  t.next_monitored = DN_NAME(grid_make)(1, kept > 0 ? kept : states, compact);
  t.tan_series = DN_NAME(grid_make)(rows, K, how);
  t.cot_series = DN_NAME(grid_make)(rows, K, how);
  t.cot_final = DN_NAME(grid_make)(1, states, compact);
  rng r = rng_make(seed + 2);
  DN_NAME(grid_set)(&t.monitored, 0);
  // A balloon begins away from rest: f, v and q are numbers 1, 2 and 3 of two rows each, behind the interim's sum.
  for (ptrdiff_t i = 0; i < 3 * net->nodes * model->states && t.q.monitor == DN_MONITOR_BALLOON; i++) {
    const ptrdiff_t node = i % net->nodes, number = i / net->nodes % 3, state = i / net->nodes / 3;
    t.monitored.at[(9 * state + 3 + 2 * number) * net->nodes + node] = (DN_REAL)ref_balloon[number];
  }
  DN_NAME(grid_fill)(&t.cot_series, &r);
  DN_NAME(grid_fill)(&t.cot_final, &r);
  DN_NAME(net_trial_reset)(&t, 0);
  return t;
}

static inline void DN_NAME(net_trial_free)(DN_NAME(net_trial) *t) {
#define FREE(name) DN_NAME(grid_free)(&t->name);
  NET_TRIAL_GRIDS(FREE)
#undef FREE
  dn_tape_destroy(t->tape);
  t->tape = NULL;
}

static inline bool DN_NAME(net_trial_intact)(const DN_NAME(net_trial) *t) {
  bool intact = true;
#define INTACT(name) intact &= DN_NAME(grid_intact)(&t->name);
  NET_TRIAL_GRIDS(INTACT)
#undef INTACT
  return intact;
}

// Whether two trials came to the same bits; names what differs.
static inline bool DN_NAME(net_trial_same)(const DN_NAME(net_trial) *a, const DN_NAME(net_trial) *b) {
  bool same = true;
#define SAME(name) same &= CHECK(DN_NAME(grid_same)(&a->name, &b->name), #name);
  SAME(series)
  SAME(next_initial)
  SAME(next_history)
  SAME(next_monitored)
  SAME(tan_series)
#undef SAME
  for (int part = 0; part < REF_PARTS; part++)
    same &= CHECK(DN_NAME(grid_same)(&a->cot[part], &b->cot[part]), "cotangent of %s", ref_part_names[part]);
  return same & CHECK_THAT(a->result.clamps == b->result.clamps && a->result.steps_done == b->result.steps_done &&
                           a->columns.done == b->columns.done);
}

// A tape of any budget for the trial.
static inline void DN_NAME(net_trial_record)(DN_NAME(net_trial) *t, size_t budget) {
  dn_tape_destroy(t->tape);
  CHECK_STATUS(dn_tape_create(budget, NULL, &t->tape), DN_OK);
}

// ---- Calls ---------------------------------------------------------------------------------------------------------

static inline DN_NAME(dn_network_primal) DN_NAME(net_trial_primal)(DN_NAME(net_trial) *t) {
  DN_REAL *parameter = t->in[REF_PARAMETERS].at;
  for (int k = 0; k < t->q.model->parameters; k++) {
    const ptrdiff_t count = t->q.per_node[k] ? t->net->nodes : 1;
    t->parameters[k] = (DN_NAME(dn_parameter)){t->is_default[k] ? NULL : parameter, t->is_default[k] ? 0 : count};
    parameter += count;
  }
  for (ptrdiff_t k = 0; k < t->q.pulse_count; k++) {
    const dn_pulse_f64 *pulse = &t->q.pulse[k];
    t->pulses[k] = (DN_NAME(dn_pulse)){pulse->state, pulse->node, pulse->begin, pulse->end, t->in[REF_PULSES].at[k]};
  }
  // The largest number, so often at once that their sum is infinite for any time step from 2^-7 on.
  ptrdiff_t pulses = t->q.pulse_count;
  for (int f = 0; f < t->floods; f++)
    for (int k = 0; k < NET_FLOOD_PULSES; k++)
      t->pulses[pulses++] =
          (DN_NAME(dn_pulse)){t->flood[f].state, t->flood[f].node, t->flood[f].step, t->flood[f].step + 1,
                              t->flood[f].sign * (sizeof(DN_REAL) == 4 ? (DN_REAL)FLT_MAX : (DN_REAL)DBL_MAX)};
  t->monitor = DN_NAME(net_monitor)(t);
  return (DN_NAME(dn_network_primal)){.plan = t->plan,
                                      .model = dn_model_find(t->q.model->name),
                                      .scheme = t->q.scheme,
                                      .stage = t->q.stage,
                                      .coupling_kind = t->q.coupling_kind,
                                      .time_step = t->q.time_step,
                                      .weights = t->in[REF_WEIGHTS].at,
                                      .fractions = t->q.fractional ? t->in[REF_DELAYS].at : NULL,
                                      .weight_sets = t->q.sets > 1 ? t->q.sets : 0,
                                      .coupling = t->in[REF_COUPLING].at[0],
                                      .parameters = t->parameters,
                                      .sigma = t->in[REF_SIGMA].at,
                                      .sigma_count = t->q.sigma_count,
                                      .noise = t->drawn ? NULL : t->in[REF_NOISE].at,
                                      .key = t->key,
                                      .member = t->member,
                                      .stimulus = t->in[REF_STIMULUS].at,
                                      .stimulus_stride = t->in[REF_STIMULUS].stride,
                                      .pulses = t->pulses,
                                      .pulse_count = pulses,
                                      .initial = t->in[REF_INITIAL].at,
                                      .history = t->in[REF_HISTORY].at,
                                      .history_stride = t->in[REF_HISTORY].stride,
                                      .steps = t->q.steps,
                                      .first_step = t->q.first_step,
                                      .monitors = &t->monitor,
                                      .monitor_count = 1,
                                      .monitored = t->monitored.at};
}

static inline DN_NAME(dn_network_result) DN_NAME(net_trial_result)(DN_NAME(net_trial) *t) {
  t->columns = (DN_NAME(dn_columns)){.series = t->series.at, .stride = t->series.stride, .done = -7};
  return (DN_NAME(dn_network_result)){.columns = &t->columns,
                                      .next_initial = t->next_initial.at,
                                      .next_history = t->next_history.at,
                                      .next_history_stride = t->next_history.stride,
                                      .next_monitored = t->next_monitored.at,
                                      .tape = t->tape,
                                      .steps_done = -7,
                                      .clamps = -7};
}

static inline DN_NAME(dn_network_tangent) DN_NAME(net_trial_tangent)(DN_NAME(net_trial) *t) {
  const DN_REAL *parameter = t->tan[REF_PARAMETERS].at;
  for (int k = 0; k < t->q.model->parameters; k++) {
    t->tan_parameters[k] = parameter;
    parameter += t->q.per_node[k] ? t->net->nodes : 1;
  }
  t->tan_columns = (DN_NAME(dn_columns)){.series = t->tan_series.at, .stride = t->tan_series.stride};
#define GIVEN(part) (t->tangents & NET_BIT(part) ? t->tan[part].at : NULL)
  return (DN_NAME(dn_network_tangent)){.weights = GIVEN(REF_WEIGHTS),
                                       .delays = GIVEN(REF_DELAYS),
                                       .coupling = GIVEN(REF_COUPLING),
                                       .parameters = t->tangents & NET_BIT(REF_PARAMETERS) ? t->tan_parameters : NULL,
                                       .sigma = GIVEN(REF_SIGMA),
                                       .noise = GIVEN(REF_NOISE),
                                       .stimulus = GIVEN(REF_STIMULUS),
                                       .stimulus_stride = t->tan[REF_STIMULUS].stride,
                                       .pulses = t->floods ? NULL : GIVEN(REF_PULSES),
                                       .initial = GIVEN(REF_INITIAL),
                                       .history = GIVEN(REF_HISTORY),
                                       .history_stride = t->tan[REF_HISTORY].stride,
                                       .columns = &t->tan_columns};
#undef GIVEN
}

static inline DN_NAME(dn_network_cotangent) DN_NAME(net_trial_cotangent)(DN_NAME(net_trial) *t) {
  DN_REAL *parameter = t->cot[REF_PARAMETERS].at;
  for (int k = 0; k < t->q.model->parameters; k++) {
    t->cot_parameters[k] = parameter;
    parameter += t->q.per_node[k] ? t->net->nodes : 1;
  }
#define WANTED(part) (t->cotangents & NET_BIT(part) ? t->cot[part].at : NULL)
  t->cot_columns = (DN_NAME(dn_columns_cotangent)){.series = t->hide_series ? NULL : t->cot_series.at,
                                                   .stride = t->cot_series.stride};
  return (DN_NAME(dn_network_cotangent)){.columns = &t->cot_columns,
                                         .final_state = t->hide_final ? NULL : t->cot_final.at,
                                         .weights = WANTED(REF_WEIGHTS),
                                         .delays = WANTED(REF_DELAYS),
                                         .coupling = WANTED(REF_COUPLING),
                                         .parameters =
                                             t->cotangents & NET_BIT(REF_PARAMETERS) ? t->cot_parameters : NULL,
                                         .sigma = WANTED(REF_SIGMA),
                                         .noise = WANTED(REF_NOISE),
                                         .stimulus = WANTED(REF_STIMULUS),
                                         .stimulus_stride = t->cot[REF_STIMULUS].stride,
                                         .pulses = t->floods ? NULL : WANTED(REF_PULSES),
                                         .initial = WANTED(REF_INITIAL),
                                         .history = WANTED(REF_HISTORY),
                                         .history_stride = t->cot[REF_HISTORY].stride};
#undef WANTED
}

// Runs of one call; what a run returns beside its arrays stands in its trial.
static inline dn_status DN_NAME(net_trials_call)(entry which, ptrdiff_t runs, DN_NAME(net_trial) *trials,
                                                 const dn_run_options *options, dn_place *place) {
  const size_t count = (size_t)runs + 1;
  DN_NAME(dn_network_primal) *primals = calloc(count, sizeof *primals);
  DN_NAME(dn_network_result) *results = calloc(count, sizeof *results);
  DN_NAME(dn_network_tangent) *tangents = calloc(count, sizeof *tangents);
  DN_NAME(dn_network_cotangent) *cotangents = calloc(count, sizeof *cotangents);
  dn_tape **tapes = calloc(count, sizeof *tapes);
  for (ptrdiff_t r = 0; r < runs; r++) {
    primals[r] = DN_NAME(net_trial_primal)(&trials[r]);
    if (which == ENTRY_RUN) results[r] = DN_NAME(net_trial_result)(&trials[r]);
    tangents[r] = DN_NAME(net_trial_tangent)(&trials[r]);
    cotangents[r] = DN_NAME(net_trial_cotangent)(&trials[r]);
    tapes[r] = trials[r].tape;
  }
  dn_status status = DN_OK;
  if (which == ENTRY_RUN) status = DN_NAME(dn_network_run)(runs, primals, results, options, place);
  if (which == ENTRY_JVP) status = DN_NAME(dn_network_jvp)(runs, primals, tangents, options, place);
  if (which == ENTRY_VJP) status = DN_NAME(dn_network_vjp)(runs, primals, tapes, cotangents, options, place);
  for (ptrdiff_t r = 0; r < runs && which == ENTRY_RUN; r++) trials[r].result = results[r];
  free(primals);
  free(results);
  free(tangents);
  free(cotangents);
  free(tapes);
  return status;
}

static inline dn_status DN_NAME(net_trial_call)(entry which, DN_NAME(net_trial) *t, const dn_run_options *options) {
  dn_place place;
  return DN_NAME(net_trials_call)(which, 1, t, options, &place);
}

// Run, jvp and vjp, one after the other, into fresh outputs.
static inline void DN_NAME(net_trial_call_all)(DN_NAME(net_trial) *t, const dn_run_options *options) {
  DN_NAME(net_trial_reset)(t, 0);
  if (!t->tape) DN_NAME(net_trial_record)(t, 0);
  for (int k = 0; k < ENTRY_COUNT; k++) CHECK_STATUS(DN_NAME(net_trial_call)((entry)k, t, options), DN_OK);
}

// Runs the rest of a trial that stopped early, from what it returned: the result has to have the bits of `whole`, which ran
// in one piece.
static inline void DN_NAME(net_trial_finish)(DN_NAME(net_trial) *t, DN_NAME(net_trial) *whole) {
  const ptrdiff_t done = t->result.steps_done, columns = t->columns.done;
  if (!CHECK(done >= 0 && done <= t->q.steps, "%td steps done", done)) return;
  CHECK(columns == dn_outputs(t->q.first_step, done, t->q.every), "%td columns after %td steps", columns, done);
  CHECK_THAT(DN_NAME(grid_same_part)(&t->series, &whole->series, columns));
  bool untouched = true;
  for (ptrdiff_t i = 0; i < t->series.rows; i++)
    for (ptrdiff_t k = columns; k < t->series.columns; k++)
      untouched &= isnan(DN_NAME(grid_row)(&t->series, i)[k]) != 0;
  CHECK(untouched, "a column behind the %td done was written", columns);
  DN_NAME(dn_network_primal) rest = DN_NAME(net_trial_primal)(whole);
  DN_NAME(dn_network_result) result = DN_NAME(net_trial_result)(t);
  rest.plan = t->plan;
  rest.initial = t->next_initial.at;
  rest.history = t->next_history.at;
  rest.history_stride = t->next_history.stride;
  rest.monitored = t->next_monitored.at;
  rest.noise = whole->drawn ? NULL : rest.noise + done * t->next_initial.columns;
  rest.stimulus += done;
  rest.steps -= done;
  rest.first_step += done;
  t->columns.series += columns;
  result.tape = NULL;
  CHECK_STATUS(DN_NAME(dn_network_run)(1, &rest, &result, NULL, NULL), DN_OK);
  CHECK_THAT(result.steps_done == rest.steps && columns + t->columns.done == t->series.columns);
  CHECK_THAT(t->result.clamps + result.clamps == whole->result.clamps);
  CHECK_THAT(DN_NAME(grid_same)(&t->series, &whole->series));
  CHECK_THAT(DN_NAME(grid_same)(&t->next_initial, &whole->next_initial));
  CHECK_THAT(DN_NAME(grid_same)(&t->next_history, &whole->next_history));
  CHECK_THAT(DN_NAME(grid_same)(&t->next_monitored, &whole->next_monitored));
  CHECK_THAT(DN_NAME(net_trial_intact)(t));
}

// ---- For the reference ---------------------------------------------------------------------------------------------

static inline ref_arrays DN_NAME(net_arrays_of)(const ref_problem *q, const DN_NAME(grid) *grids, unsigned parts) {
  ref_arrays a = {0};
  for (int part = 0; part < REF_PARTS; part++) {
    a.part[part] = calloc((size_t)ref_count(q, (ref_part)part) + 1, sizeof(double));
    if (parts & NET_BIT(part)) DN_NAME(grid_to_doubles)(&grids[part], a.part[part]);
  }
  return a;
}

static inline ref_result DN_NAME(net_reference)(const DN_NAME(net_trial) *t) {
  ref_arrays values = DN_NAME(net_arrays_of)(&t->q, t->in, NET_INPUTS),
             tangents = DN_NAME(net_arrays_of)(&t->q, t->tan, t->tangents);
  ref_result result = ref_network_run(&t->q, &values, NULL, &tangents);
  ref_arrays_free(&values);
  ref_arrays_free(&tangents);
  return result;
}
