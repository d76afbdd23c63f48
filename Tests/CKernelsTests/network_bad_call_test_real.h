// The tests of network_bad_call_test.c for one precision.

// Two runs of a network of three nodes, with all their arrays; calls are spoiled through the structs. Run 1 has fractional
// delays.
typedef struct DN_NAME(pair) {
  network net[2];
  dn_plan *plan[2];
  DN_NAME(net_trial) trial[2];
  DN_NAME(dn_network_primal) primal[2];
  DN_NAME(dn_network_result) result[2];
  DN_NAME(dn_network_tangent) tangent[2];
  DN_NAME(dn_network_cotangent) cotangent[2];
  dn_tape *tape[2];
} DN_NAME(pair);

#define DN_H 7
#define DN_T 20

static DN_NAME(pair) *DN_NAME(pair_make)(entry which) {
  DN_NAME(pair) *p = calloc(1, sizeof *p);
  const case_spec spec = {"3 nodes 0..4", 3, DENSE, 0, 4, DN_H, DELAYS_UNIFORM, false};
  p->net[0] = network_make(&spec, 1);
  p->net[1] = network_make_fractional(&spec, 1);
  for (int r = 0; r < 2; r++) {
    net_setup setup = net_setup_of(r, DN_T);
    setup.parameters = PARAMETERS_MIXED;
    p->plan[r] = plan_make(&p->net[r], NULL);
    DN_NAME(net_trial) *t = &p->trial[r];
    *t = DN_NAME(net_trial_make)(ref_model_find("mpr"), &p->net[r], r, &setup, 60 + (uint64_t)r, (layout){0});
    t->plan = p->plan[r];
    DN_NAME(net_trial_record)(t, 0);
    if (which != ENTRY_RUN) CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, t, NULL), DN_OK);
    p->primal[r] = DN_NAME(net_trial_primal)(t);
    p->result[r] = DN_NAME(net_trial_result)(t);
    p->tangent[r] = DN_NAME(net_trial_tangent)(t);
    p->cotangent[r] = DN_NAME(net_trial_cotangent)(t);
    p->tape[r] = t->tape;
  }
  return p;
}

static void DN_NAME(pair_free)(DN_NAME(pair) *p) {
  for (int r = 0; r < 2; r++) {
    DN_NAME(net_trial_free)(&p->trial[r]);
    dn_plan_destroy(p->plan[r]);
    network_free(&p->net[r]);
  }
  free(p);
}

static dn_status DN_NAME(pair_call)(DN_NAME(pair) *p, entry which, ptrdiff_t first, ptrdiff_t runs,
                                    const dn_run_options *options, dn_place *place) {
  const DN_NAME(dn_network_primal) *primals = p->primal + first;
  if (which == ENTRY_RUN) return DN_NAME(dn_network_run)(runs, primals, p->result + first, options, place);
  if (which == ENTRY_JVP) return DN_NAME(dn_network_jvp)(runs, primals, p->tangent + first, options, place);
  return DN_NAME(dn_network_vjp)(runs, primals, p->tape + first, p->cotangent + first, options, place);
}

static uint64_t DN_NAME(pair_hash)(const DN_NAME(pair) *p) {
  uint64_t hash = FNV_START;
  for (int r = 0; r < 2; r++) {
    const DN_NAME(net_trial) *t = &p->trial[r];
#define EACH(name) hash = fnv1a(hash, t->name.memory, (size_t)t->name.size * sizeof(DN_REAL));
    NET_TRIAL_GRIDS(EACH)
#undef EACH
  }
  return hash;
}

// The spoiled run `r` by itself, and both runs. A call that is refused leaves every array as it was.
static void DN_NAME(pair_expect)(DN_NAME(pair) *p, entry which, const char *what, dn_status want, ptrdiff_t r) {
  for (ptrdiff_t runs = 1; runs <= 2; runs++) {
    const ptrdiff_t first = runs == 1 ? r : 0;
    check_about("%s: %s, run %td, %td runs", entry_names[which], what, r, runs);
    const uint64_t before = DN_NAME(pair_hash)(p);
    dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
    const dn_status status = DN_NAME(pair_call)(p, which, first, runs, NULL, &place);
    CHECK(status == want, "status %d, expected %d", status, want);
    if (want == DN_OK || status != want) continue;
    CHECK(before == DN_NAME(pair_hash)(p), "an array was written");
    CHECK(place.run == r - first, "run %td", place.run);
    CHECK_THAT(place.edge == -1 && place.node == -1 && place.step == -1 && place.state == -1 && place.parameter == -1 &&
               place.pulse == -1 && place.monitor == -1);
    CHECK_STATUS(DN_NAME(pair_call)(p, which, first, runs, NULL, NULL), want);
  }
}

// `entries` is a sum of RUN, JVP and VJP: the entry points for which the statements spoil the call. They spoil run `r`.
#define RUN 1
#define JVP 2
#define VJP 4
#define ALL 7
#define SPOILED(entries, what, want, ...)                  \
  for (int k_ = 0; k_ < ENTRY_COUNT; k_++)                 \
    for (int r = 0; r < 2 && ((entries) >> k_ & 1); r++) { \
      DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k_);    \
      DN_NAME(net_trial) *t = &p->trial[r];                \
      (void)t;                                             \
      __VA_ARGS__;                                         \
      DN_NAME(pair_expect)(p, (entry)k_, what, (want), r); \
      DN_NAME(pair_free)(p);                               \
    }

static void DN_NAME(pointers)(void) {
  SPOILED(ALL, "good", DN_OK, );
  SPOILED(ALL, "no plan", DN_NULL_POINTER, p->primal[r].plan = NULL);
  SPOILED(ALL, "no model", DN_NULL_POINTER, p->primal[r].model = NULL);
  SPOILED(ALL, "no weights", DN_NULL_POINTER, p->primal[r].weights = NULL);
  SPOILED(ALL, "no weights of two sets", DN_NULL_POINTER, p->primal[r].weights = NULL; p->primal[r].weight_sets = 2);
  SPOILED(ALL, "no initial", DN_NULL_POINTER, p->primal[r].initial = NULL);
  SPOILED(ALL, "no history", DN_NULL_POINTER, p->primal[r].history = NULL);
  SPOILED(ALL, "no sigma", DN_NULL_POINTER, p->primal[r].sigma = NULL);
  SPOILED(ALL, "no pulses", DN_NULL_POINTER, p->primal[r].pulses = NULL; p->primal[r].pulse_count = 1);
  SPOILED(ALL, "no values of a parameter", DN_NULL_POINTER, t->parameters[3].values = NULL);
  SPOILED(RUN | JVP, "no noise, stimulus, partial, parameters", DN_OK, p->primal[r].noise = NULL;
          p->primal[r].stimulus = p->primal[r].monitored = NULL; p->tangent[r].parameters = NULL;
          p->primal[r].parameters = NULL);
  SPOILED(RUN, "nothing given out", DN_OK, p->result[r] = (DN_NAME(dn_network_result)){0});
  SPOILED(JVP, "no tangents, no series", DN_OK, p->tangent[r] = (DN_NAME(dn_network_tangent)){0});
  SPOILED(VJP, "nothing asked for", DN_OK, p->cotangent[r] = (DN_NAME(dn_network_cotangent)){0});
  SPOILED(JVP, "no tangent of a parameter", DN_OK, t->tan_parameters[1] = NULL);
  SPOILED(VJP, "no cotangent of a parameter", DN_OK, t->cot_parameters[1] = NULL);
  SPOILED(JVP, "tangent of whole delays", r ? DN_OK : DN_NOT_DIFFERENTIABLE,
          p->tangent[r].delays = t->tan[REF_WEIGHTS].at);
  SPOILED(VJP, "cotangent of whole delays", r ? DN_OK : DN_NOT_DIFFERENTIABLE,
          p->cotangent[r].delays = r ? t->cot[REF_DELAYS].at : t->cot[REF_NOISE].at;
          p->cotangent[r].noise = NULL);
  SPOILED(JVP | VJP, "whole delays, none asked for", DN_OK, );

  for (int k = 0; k < ENTRY_COUNT; k++) {
    DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k);
    check_about("%s", entry_names[k]);
    // Through variables: the compiler warns of a NULL that it sees.
    const DN_NAME(dn_network_primal) *no_primal = NULL;
    DN_NAME(dn_network_result) *no_result = NULL;
    const DN_NAME(dn_network_tangent) *no_tangent = NULL;
    const DN_NAME(dn_network_cotangent) *no_cotangent = NULL;
    dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
    if (k == ENTRY_RUN) {
      CHECK_STATUS(DN_NAME(dn_network_run)(1, no_primal, p->result, NULL, NULL), DN_NULL_POINTER);
      CHECK_STATUS(DN_NAME(dn_network_run)(1, p->primal, no_result, NULL, &place), DN_NULL_POINTER);
    } else if (k == ENTRY_JVP) {
      CHECK_STATUS(DN_NAME(dn_network_jvp)(1, no_primal, p->tangent, NULL, NULL), DN_NULL_POINTER);
      CHECK_STATUS(DN_NAME(dn_network_jvp)(1, p->primal, no_tangent, NULL, &place), DN_NULL_POINTER);
    } else {
      CHECK_STATUS(DN_NAME(dn_network_vjp)(1, no_primal, p->tape, p->cotangent, NULL, NULL), DN_NULL_POINTER);
      CHECK_STATUS(DN_NAME(dn_network_vjp)(1, p->primal, NULL, p->cotangent, NULL, NULL), DN_NULL_POINTER);
      CHECK_STATUS(DN_NAME(dn_network_vjp)(1, p->primal, p->tape, no_cotangent, NULL, &place), DN_NULL_POINTER);
    }
    CHECK_THAT(place.run == -1 && place.edge == -1 && place.parameter == -1 && place.pulse == -1);
    size_t bytes;
    CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(no_primal, &bytes, &bytes), DN_NULL_POINTER);
    p->primal[0].weights = NULL;
    CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(p->primal, &bytes, &bytes), DN_NULL_POINTER);
    p->primal[0].steps = -1;
    CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(p->primal, &bytes, &bytes), DN_BAD_SIZE);
    DN_NAME(pair_free)(p);
  }
  CHECK_STATUS(dn_tape_create(0, NULL, NULL), DN_NULL_POINTER);
}

// What one mistake of a run is called, and where it is said to be.
static void DN_NAME(expect_place)(DN_NAME(pair) *p, entry which, const char *what, dn_status want, int32_t state,
                                  ptrdiff_t pulse) {
  check_about("%s: %s", entry_names[which], what);
  const uint64_t before = DN_NAME(pair_hash)(p);
  dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
  CHECK_STATUS(DN_NAME(pair_call)(p, which, 0, 1, NULL, &place), want);
  CHECK(before == DN_NAME(pair_hash)(p), "an array was written");
  CHECK(place.run == 0 && place.state == state && place.pulse == pulse, "run %td state %d pulse %td", place.run,
        place.state, place.pulse);
}

static void DN_NAME(pulses)(void) {
  const DN_NAME(dn_pulse) good = {1, 2, 3, 5, (DN_REAL)0.5};
  for (int k = 0; k < ENTRY_COUNT; k++) {
    DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k);
    DN_NAME(dn_pulse) two[] = {good, good};
    p->primal[0].pulses = two;
    p->primal[0].pulse_count = 2;
    p->tangent[0].pulses = NULL;
    p->cotangent[0].pulses = NULL;
    CHECK_STATUS(DN_NAME(pair_call)(p, ENTRY_RUN, 0, 1, NULL, NULL), DN_OK);
    CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, 1, NULL, NULL), DN_OK);
#define PULSE(what, status, statement) \
  two[1] = good;                       \
  statement;                           \
  DN_NAME(expect_place)(p, (entry)k, "pulse: " what, status, -1, 1)
    PULSE("state 2", DN_BAD_PULSE, two[1].state = 2);
    PULSE("state -1", DN_BAD_PULSE, two[1].state = -1);
    PULSE("node 3", DN_BAD_PULSE, two[1].node = 3);
    PULSE("node -1", DN_BAD_PULSE, two[1].node = -1);
    PULSE("begins before 0", DN_BAD_PULSE, two[1].begin = -1);
    PULSE("ends before it begins", DN_BAD_PULSE, two[1].end = 2);
    PULSE("NaN", DN_NOT_FINITE_STIMULUS, two[1].amplitude = (DN_REAL)NAN);
    PULSE("infinite", DN_NOT_FINITE_STIMULUS, two[1].amplitude = -(DN_REAL)INFINITY);
#undef PULSE
    DN_NAME(pair_free)(p);
  }
}

// The mean of an angle: which state is one.
static void DN_NAME(angles)(void) {
  for (int k = 0; k < ENTRY_COUNT; k++) {
    DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k);
    const DN_REAL initial[3] = {1, 2, 3};
    DN_NAME(dn_network_primal) *q = &p->primal[0];
    q->model = dn_model_find("kuramoto");
    q->parameters = NULL;
    q->sigma_count = 0;
    q->noise = q->stimulus = q->monitored = NULL;
    q->pulse_count = 0;
    q->initial = initial;
    p->trial[0].monitor.every = 2;
    p->result[0] = (DN_NAME(dn_network_result)){0};
    p->tangent[0] = (DN_NAME(dn_network_tangent)){0};
    p->cotangent[0] = (DN_NAME(dn_network_cotangent)){0};
    p->trial[0].monitor.kind = DN_MONITOR_AVERAGE;
    DN_NAME(expect_place)(p, (entry)k, "average of an angle", DN_PERIODIC_AVERAGE, 0, -1);
    p->trial[0].monitor.kind = DN_MONITOR_SUBSAMPLE;
    if (k != ENTRY_VJP) CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, 1, NULL, NULL), DN_OK);
    p->trial[0].monitor.kind = DN_MONITOR_AVERAGE;
    p->trial[0].monitor.every = 1;
    if (k != ENTRY_VJP) CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, 1, NULL, NULL), DN_OK);
    DN_NAME(pair_free)(p);
  }
}

static void DN_NAME(sizes)(void) {
  SPOILED(ALL, "steps -1", DN_BAD_SIZE, p->primal[r].steps = -1);
  SPOILED(ALL, "steps PTRDIFF_MIN", DN_BAD_SIZE, p->primal[r].steps = PTRDIFF_MIN);
  SPOILED(ALL, "first step -1", DN_BAD_SIZE, p->primal[r].first_step = -1);
  SPOILED(ALL, "every -1", DN_BAD_SIZE, p->trial[r].monitor.every = -1);
  SPOILED(ALL, "monitor count -1", DN_BAD_SIZE, p->primal[r].monitor_count = -1);
  SPOILED(ALL, "no monitors", DN_NULL_POINTER, p->primal[r].monitors = NULL);
  SPOILED(ALL, "state count -1", DN_BAD_SIZE, p->trial[r].monitor.states = (int32_t[]){0};
          p->trial[r].monitor.state_count = -1);
  SPOILED(ALL, "a monitor of state S", DN_BAD_OPTION, p->trial[r].monitor.states = (int32_t[]){2};
          p->trial[r].monitor.state_count = 1);
  SPOILED(ALL, "a monitor of state -1", DN_BAD_OPTION, p->trial[r].monitor.states = (int32_t[]){-1};
          p->trial[r].monitor.state_count = 1);
  SPOILED(ALL, "sigma count 1", DN_BAD_SIZE, p->primal[r].sigma_count = 1);
  SPOILED(ALL, "sigma count -2", DN_BAD_SIZE, p->primal[r].sigma_count = -2);
  SPOILED(ALL, "sigma count S N + 1", DN_BAD_SIZE, p->primal[r].sigma_count = 7);
  SPOILED(ALL, "weight sets -1", DN_BAD_SIZE, p->primal[r].weight_sets = -1);
  SPOILED(ALL, "weight sets -2", DN_BAD_SIZE, p->primal[r].weight_sets = -2);
  SPOILED(ALL, "weight sets C + 1", DN_BAD_SIZE, p->primal[r].weight_sets = 3);
  SPOILED(ALL, "weight sets INT32_MAX", DN_BAD_SIZE, p->primal[r].weight_sets = INT32_MAX);
  SPOILED(ALL, "one set", DN_OK, p->primal[r].weight_sets = 1);
  SPOILED(ALL, "pulse count -1", DN_BAD_SIZE, p->primal[r].pulse_count = -1);
  SPOILED(ALL, "pulse count too large", DN_TOO_LARGE, p->primal[r].pulse_count = (ptrdiff_t)INT32_MAX + 1);
  SPOILED(ALL, "parameter count 2", DN_BAD_SIZE, t->parameters[6].count = 2);
  SPOILED(ALL, "parameter count -1", DN_BAD_SIZE, t->parameters[0].count = -1);
  SPOILED(ALL, "parameter count N + 1", DN_BAD_SIZE, t->parameters[0].count = 4);
  SPOILED(ALL, "stimulus stride T - 1", DN_BAD_SIZE, p->primal[r].stimulus_stride = DN_T - 1);
  SPOILED(ALL, "history stride H - 1", DN_BAD_SIZE, p->primal[r].history_stride = DN_H - 1);
  SPOILED(ALL, "history stride negative", DN_BAD_SIZE, p->primal[r].history_stride = -DN_H);
  SPOILED(RUN, "series stride K - 1", DN_BAD_SIZE, p->trial[r].columns.stride = DN_T - 1);
  SPOILED(RUN, "series stride 0", DN_BAD_SIZE, p->trial[r].columns.stride = 0);
  SPOILED(RUN, "series stride K, thinned", DN_OK, p->trial[r].monitor.every = 7; p->trial[r].columns.stride = DN_T / 7);
  SPOILED(RUN, "series stride K - 1, thinned", DN_BAD_SIZE, p->trial[r].monitor.every = 7;
          p->trial[r].columns.stride = DN_T / 7 - 1);
  SPOILED(RUN, "next history stride H - 1", DN_BAD_SIZE, p->result[r].next_history_stride = DN_H - 1);
  SPOILED(JVP, "tangent stimulus stride T - 1", DN_BAD_SIZE, p->tangent[r].stimulus_stride = DN_T - 1);
  SPOILED(JVP, "tangent history stride H - 1", DN_BAD_SIZE, p->tangent[r].history_stride = DN_H - 1);
  SPOILED(JVP, "tangent series stride K - 1", DN_BAD_SIZE, p->trial[r].tan_columns.stride = DN_T - 1);
  SPOILED(VJP, "cotangent series stride K - 1", DN_BAD_SIZE, p->trial[r].cot_columns.stride = DN_T - 1);
  SPOILED(VJP, "cotangent from column -1 on", DN_BAD_SIZE, p->trial[r].cot_columns.first = -1);
  SPOILED(VJP, "cotangent from column K + 1 on", DN_BAD_SIZE, p->trial[r].cot_columns.first = DN_T + 1);
  SPOILED(VJP, "cotangent of no column", DN_OK, p->trial[r].cot_columns.first = DN_T;
          p->trial[r].cot_columns.stride = 0);
  SPOILED(VJP, "cotangent stimulus stride T - 1", DN_BAD_SIZE, p->cotangent[r].stimulus_stride = DN_T - 1);
  SPOILED(VJP, "cotangent history stride H - 1", DN_BAD_SIZE, p->cotangent[r].history_stride = DN_H - 1);
  SPOILED(ALL, "absolute steps that overflow", DN_TOO_LARGE, p->primal[r].first_step = INT64_MAX - DN_T + 1);
  SPOILED(ALL, "absolute steps whose pairs overflow", DN_TOO_LARGE, p->primal[r].first_step = INT64_MAX - DN_T;
          p->primal[r].noise = NULL);
  SPOILED(ALL, "history stride that overflows", DN_TOO_LARGE, p->primal[r].history_stride = PTRDIFF_MAX);
  SPOILED(ALL, "stimulus stride that overflows", DN_TOO_LARGE, p->primal[r].stimulus_stride = PTRDIFF_MAX / 4);
  SPOILED(RUN, "series stride that overflows", DN_TOO_LARGE, p->trial[r].columns.stride = PTRDIFF_MAX / 4);
  SPOILED(RUN, "next history stride that overflows", DN_TOO_LARGE, p->result[r].next_history_stride = PTRDIFF_MAX / 2);
  SPOILED(JVP, "tangent stride that overflows", DN_TOO_LARGE, p->tangent[r].history_stride = PTRDIFF_MAX / 2);
  SPOILED(VJP, "cotangent stride that overflows", DN_TOO_LARGE, p->cotangent[r].history_stride = PTRDIFF_MAX / 2);
  SPOILED(RUN | JVP, "steps that overflow", DN_TOO_LARGE, p->primal[r].steps = PTRDIFF_MAX / 2);
  for (int k = 0; k < ENTRY_COUNT; k++) {
    DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k);
    check_about("%s", entry_names[k]);
    CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, -1, NULL, NULL), DN_BAD_SIZE);
    CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, 0, NULL, NULL), DN_OK);
    // The plan has whole delays.
    p->primal[0].fractions = p->trial[1].in[REF_DELAYS].at;
    CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, 1, NULL, NULL), DN_BAD_SIZE);
    DN_NAME(pair_free)(p);
  }
}

static void DN_NAME(options)(void) {
  dn_model own = *dn_model_find("mpr");
  own.implementation = NULL;
  SPOILED(ALL, "a model that nothing computes", DN_BAD_OPTION, p->primal[r].model = &own);
  SPOILED(ALL, "scheme 2", DN_BAD_OPTION, p->primal[r].scheme = (dn_scheme)2);
  SPOILED(ALL, "stage 2", DN_BAD_OPTION, p->primal[r].stage = (dn_stage)2);
  SPOILED(ALL, "coupling kind 2", DN_BAD_OPTION, p->primal[r].coupling_kind = (dn_coupling_kind)2);
  SPOILED(ALL, "a monitor that is not registered", DN_BAD_OPTION, p->trial[r].monitor.kind = 17);
  const double steps[] = {0, -0.25, NAN, INFINITY, -INFINITY};
  for (int n = 0; n < 5; n++) SPOILED(ALL, "time step", DN_BAD_TIME_STEP, p->primal[r].time_step = steps[n]);
  const int32_t bad[] = {-1, 1025, INT32_MIN, INT32_MAX}, fine[] = {0, 1, 2, 64};
  for (int k = 0; k < ENTRY_COUNT; k++)
    for (int n = 0; n < 4; n++) {
      DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k);
      check_about("%s, %d or %d threads", entry_names[k], bad[n], fine[n]);
      CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, 2, &(dn_run_options){.threads = bad[n]}, NULL), DN_BAD_OPTION);
      CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, 2, &(dn_run_options){.threads = fine[n]}, NULL), DN_OK);
      // The workspace has to be of the first run's plan.
      dn_workspace *workspace;
      CHECK_STATUS(dn_workspace_create(p->plan[1], &workspace), DN_OK);
      const dn_run_options options = {.workspace = workspace};
      CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, 2, &options, NULL), DN_BAD_OPTION);
      CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 1, 1, &options, NULL), DN_OK);
      dn_workspace_destroy(workspace);
      DN_NAME(pair_free)(p);
    }
  dn_tape *tape = NULL;
  const dn_allocator half = {.allocate = (void *(*)(void *, size_t))1};
  CHECK_STATUS(dn_tape_create(0, &half, &tape), DN_BAD_OPTION);
  CHECK_THAT(tape == NULL);
}

static void DN_NAME(overlaps)(void) {
#define OVERLAP(entries, what, ...) SPOILED(entries, what, DN_OVERLAP, __VA_ARGS__)
  OVERLAP(RUN, "series = stimulus", p->trial[r].columns.series = t->in[REF_STIMULUS].at);
  OVERLAP(RUN, "series one element into the noise", p->trial[r].columns.series = t->in[REF_NOISE].at + 1);
  OVERLAP(RUN, "series in the weights", p->trial[r].columns.series = t->in[REF_WEIGHTS].at);
  OVERLAP(RUN, "series in sigma", p->trial[r].columns.series = t->in[REF_SIGMA].at);
  OVERLAP(RUN, "next initial in the series", p->result[r].next_initial = t->series.at + 3);
  OVERLAP(RUN, "next initial = monitored", p->trial[r].monitor.kind = DN_MONITOR_AVERAGE;
          p->result[r].next_initial = t->monitored.at);
  OVERLAP(RUN, "next initial one element into initial", p->result[r].next_initial = t->in[REF_INITIAL].at + 1);
  OVERLAP(RUN, "next monitored = initial", p->trial[r].monitor.kind = DN_MONITOR_AVERAGE;
          p->result[r].next_monitored = t->in[REF_INITIAL].at);
  OVERLAP(RUN, "next history = history, other stride", p->result[r].next_history = t->in[REF_HISTORY].at;
          p->result[r].next_history_stride = DN_H + 1);
  OVERLAP(RUN, "next history one element into the history", p->result[r].next_history = t->in[REF_HISTORY].at + 1);
  OVERLAP(RUN, "next history = next initial", p->result[r].next_history = t->next_initial.at);
  SPOILED(RUN, "the carry in its own place", DN_OK, p->result[r].next_history = t->in[REF_HISTORY].at;
          p->result[r].next_initial = t->in[REF_INITIAL].at; p->result[r].next_monitored = t->monitored.at);
  OVERLAP(JVP, "tangent series = its stimulus", p->trial[r].tan_columns.series = t->tan[REF_STIMULUS].at);
  OVERLAP(JVP, "tangent series = stimulus", p->trial[r].tan_columns.series = t->in[REF_STIMULUS].at);
  OVERLAP(JVP, "tangent series in its weights", p->trial[r].tan_columns.series = t->tan[REF_WEIGHTS].at);
  OVERLAP(JVP, "tangent series in its sigma", p->trial[r].tan_columns.series = t->tan[REF_SIGMA].at);
  OVERLAP(JVP, "tangent series in its noise", p->trial[r].tan_columns.series = t->tan[REF_NOISE].at);
  OVERLAP(JVP, "tangent series in its initial", p->trial[r].tan_columns.series = t->tan[REF_INITIAL].at);
  OVERLAP(JVP, "tangent series in its history", p->trial[r].tan_columns.series = t->tan[REF_HISTORY].at);
  OVERLAP(RUN, "series in a parameter", p->trial[r].columns.series = t->in[REF_PARAMETERS].at);
  OVERLAP(JVP, "tangent series in that of a parameter", p->trial[r].tan_columns.series = t->tan[REF_PARAMETERS].at);
  OVERLAP(VJP, "cotangent of a parameter in the parameter", t->cot_parameters[0] = t->in[REF_PARAMETERS].at + 2);
  OVERLAP(VJP, "cotangent of a parameter in that of another", t->cot_parameters[1] = t->cot[REF_PARAMETERS].at + 2);
  OVERLAP(VJP, "cotangent of a default in the weights", t->cot_parameters[2] = t->in[REF_WEIGHTS].at + 8);
  OVERLAP(VJP, "cotangent weights = weights", p->cotangent[r].weights = t->in[REF_WEIGHTS].at);
  OVERLAP(VJP, "cotangent coupling in cotangent weights", p->cotangent[r].coupling = t->cot[REF_WEIGHTS].at + 8);
  OVERLAP(VJP, "cotangent sigma = sigma", p->cotangent[r].sigma = t->in[REF_SIGMA].at);
  OVERLAP(VJP, "cotangent noise = noise", p->cotangent[r].noise = t->in[REF_NOISE].at);
  OVERLAP(VJP, "cotangent noise = cotangent stimulus", p->cotangent[r].noise = t->cot[REF_STIMULUS].at);
  OVERLAP(VJP, "cotangent stimulus = cotangent series", p->cotangent[r].stimulus = t->cot_series.at);
  OVERLAP(VJP, "cotangent initial = column", p->trial[r].cot_columns.column = t->cot[REF_INITIAL].at);
  OVERLAP(VJP, "cotangent initial = final state", p->cotangent[r].initial = t->cot_final.at);
  OVERLAP(VJP, "cotangent initial = initial", p->cotangent[r].initial = t->in[REF_INITIAL].at);
  OVERLAP(VJP, "cotangent history = history", p->cotangent[r].history = t->in[REF_HISTORY].at);
  OVERLAP(VJP, "cotangent history in cotangent noise", p->cotangent[r].history = t->cot[REF_NOISE].at + 40);
#undef OVERLAP
}

// Runs of one call: inputs may be shared, outputs may not, nor may one run's output be another's input.
static void DN_NAME(shared)(void) {
  for (int k = 0; k < ENTRY_COUNT; k++) {
    DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k);
    check_about("%s: shared inputs", entry_names[k]);
    p->primal[1].weights = p->primal[0].weights;
    p->primal[1].initial = p->primal[0].initial;
    p->primal[1].noise = p->primal[0].noise;
    p->primal[1].sigma = p->primal[0].sigma;
    p->primal[1].parameters = p->primal[0].parameters;
    p->tangent[1].weights = p->tangent[0].weights;
    p->trial[1].cot_columns.series = p->trial[0].cot_columns.series;
    CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, 2, NULL, NULL), DN_OK);
    DN_NAME(pair_free)(p);
  }
#define SHARED(k, what, statements)                                                    \
  do {                                                                                 \
    DN_NAME(pair) *p = DN_NAME(pair_make)(k);                                          \
    dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};                                 \
    check_about("%s: %s", entry_names[k], what);                                       \
    statements;                                                                        \
    const uint64_t before = DN_NAME(pair_hash)(p);                                     \
    CHECK_STATUS(DN_NAME(pair_call)(p, k, 0, 2, NULL, &place), DN_OVERLAP);            \
    CHECK_THAT(place.run == 1 && place.node == -1 && before == DN_NAME(pair_hash)(p)); \
    DN_NAME(pair_free)(p);                                                             \
  } while (0)
  SHARED(ENTRY_RUN, "one series", p->trial[1].columns.series = p->trial[0].columns.series);
  SHARED(ENTRY_RUN, "series = the other's stimulus", p->trial[1].columns.series = p->trial[0].in[REF_STIMULUS].at);
  SHARED(ENTRY_RUN, "one next initial", p->result[1].next_initial = p->result[0].next_initial);
  SHARED(ENTRY_RUN, "next initial = a shared initial", p->primal[1].initial = p->primal[0].initial;
         p->result[0].next_initial = p->trial[0].in[REF_INITIAL].at);
  SHARED(ENTRY_JVP, "one tangent series", p->trial[1].tan_columns.series = p->trial[0].tan_columns.series);
  SHARED(ENTRY_VJP, "one cotangent weights", p->cotangent[1].weights = p->cotangent[0].weights);
  SHARED(ENTRY_VJP, "one cotangent of a parameter", p->trial[1].cot_parameters[0] = p->trial[0].cot_parameters[0]);
  SHARED(ENTRY_VJP, "one cotangent coupling", p->cotangent[1].coupling = p->cotangent[0].coupling);
  SHARED(ENTRY_VJP, "one cotangent history", p->cotangent[1].history = p->cotangent[0].history);
  SHARED(ENTRY_RUN, "one tape", p->result[1].tape = p->result[0].tape);
  SHARED(ENTRY_VJP, "one tape", p->primal[1] = p->primal[0]; p->tape[1] = p->tape[0];
         p->cotangent[1] = (DN_NAME(dn_network_cotangent)){0});
#undef SHARED
}

// Everything that makes a tape another run's, or none's.
static void DN_NAME(tapes)(void) {
  dn_tape *empty;
  CHECK_STATUS(dn_tape_create(0, NULL, &empty), DN_OK);
  SPOILED(VJP, "no tape", DN_BAD_TAPE, p->tape[r] = NULL);
  SPOILED(VJP, "an empty tape", DN_BAD_TAPE, p->tape[r] = empty);
  SPOILED(VJP, "the other run's tape", DN_BAD_TAPE, p->tape[r] = p->tape[1 - r]);
  SPOILED(VJP, "another model", DN_BAD_TAPE, p->primal[r].model = dn_model_find("stuart_landau");
          p->primal[r].parameters = NULL; p->cotangent[r].parameters = NULL);
  SPOILED(VJP, "fewer steps", DN_BAD_TAPE, p->primal[r].steps--);
  SPOILED(VJP, "another scheme", DN_BAD_TAPE, p->primal[r].scheme = DN_SCHEME_EULER);
  SPOILED(VJP, "another stage", DN_BAD_TAPE, p->primal[r].stage = r ? DN_STAGE_AWARE : DN_STAGE_FROZEN);
  SPOILED(VJP, "another kind of coupling", DN_BAD_TAPE, p->primal[r].coupling_kind = DN_COUPLING_DIFFERENCE);
  SPOILED(VJP, "another coupling", DN_BAD_TAPE, p->primal[r].coupling *= 2);
  SPOILED(VJP, "another time step", DN_BAD_TAPE, p->primal[r].time_step *= 2);
  SPOILED(VJP, "another first step", DN_BAD_TAPE, p->primal[r].first_step++);
  SPOILED(VJP, "other columns", DN_BAD_TAPE, p->trial[r].monitor.every = 2);
  SPOILED(VJP, "every step by its other name", DN_OK, p->trial[r].monitor.every = 0);
  SPOILED(VJP, "another state monitored", DN_BAD_TAPE, p->trial[r].monitor.states = (int32_t[]){1, 0};
          p->trial[r].monitor.state_count = 2);
  SPOILED(VJP, "another monitor", DN_BAD_TAPE, p->trial[r].monitor.kind = DN_MONITOR_AVERAGE);
  SPOILED(VJP, "another key", DN_BAD_TAPE, p->primal[r].key.word[0]++);
  SPOILED(VJP, "another key's second half", DN_BAD_TAPE, p->primal[r].key.word[1]++);
  SPOILED(VJP, "another member", DN_BAD_TAPE, p->primal[r].member++);
  SPOILED(VJP, "another count of sigma", DN_BAD_TAPE, p->primal[r].sigma_count = 0);
  SPOILED(VJP, "another count of a parameter", DN_BAD_TAPE, t->parameters[0].count = 1);
  SPOILED(VJP, "drawn noise where it was given", DN_BAD_TAPE, p->primal[r].noise = NULL);
  SPOILED(VJP, "no stimulus where there was one", DN_BAD_TAPE, p->primal[r].stimulus = NULL);
  const DN_NAME(dn_pulse) pulse = {.end = 1};
  SPOILED(VJP, "a pulse where there was none", DN_BAD_TAPE, p->primal[r].pulses = &pulse; p->primal[r].pulse_count = 1);
  SPOILED(VJP, "no fractions of fractional delays", r ? DN_NULL_POINTER : DN_OK, p->primal[r].fractions = NULL;
          p->cotangent[r].delays = NULL; p->primal[r].weights = t->in[REF_NOISE].at; p->cotangent[r].weights = NULL);
  for (int r = 0; r < 2; r++) {
    DN_NAME(pair) *p = DN_NAME(pair_make)(ENTRY_VJP);
    DN_NAME(net_trial) *t = &p->trial[r];
    check_about("run %d", r);
    // A call that is refused leaves the tape with the run that it held; one that fails does not.
    p->primal[r].steps = -1;
    CHECK_STATUS(DN_NAME(pair_call)(p, ENTRY_RUN, r, 1, NULL, NULL), DN_BAD_SIZE);
    p->primal[r].steps = DN_T;
    CHECK_STATUS(DN_NAME(pair_call)(p, ENTRY_VJP, r, 1, NULL, NULL), DN_OK);
    p->tape[r] = NULL;
    // A tape of too small a budget, and of one that does.
    size_t everything, least;
    CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(&p->primal[r], &everything, &least), DN_OK);
    dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
    CHECK_STATUS(dn_tape_create(least - 1, NULL, &p->tape[r]), DN_OK);
    p->result[r].tape = p->tape[r];
    CHECK_STATUS(DN_NAME(pair_call)(p, ENTRY_RUN, r, 1, NULL, &place), DN_BUDGET_TOO_SMALL);
    CHECK_THAT(place.run == 0 && place.node == -1);
    CHECK_STATUS(DN_NAME(pair_call)(p, ENTRY_VJP, r, 1, NULL, &place), DN_BAD_TAPE);
    dn_tape_destroy(p->tape[r]);
    CHECK_STATUS(dn_tape_create(least, NULL, &p->tape[r]), DN_OK);
    p->result[r].tape = p->tape[r];
    CHECK_STATUS(DN_NAME(pair_call)(p, ENTRY_RUN, r, 1, NULL, NULL), DN_OK);
    CHECK_STATUS(DN_NAME(pair_call)(p, ENTRY_VJP, r, 1, NULL, NULL), DN_OK);
    // A plan like the one of the run is not that plan.
    dn_plan *twin = plan_make(&p->net[r], NULL);
    p->primal[r].plan = twin;
    CHECK_STATUS(DN_NAME(pair_call)(p, ENTRY_VJP, r, 1, NULL, NULL), DN_BAD_TAPE);
    dn_plan_destroy(twin);
    dn_tape_destroy(p->tape[r]);
    (void)t;
    DN_NAME(pair_free)(p);
  }
  dn_tape_destroy(empty);
}

static void DN_NAME(noise)(void) {
  DN_REAL out[4] = {5, 5, 5, 5};
  const dn_key key = dn_key_create(1);
  check_about("dn_network_noise");
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, -1, 2, 0, 1, out), DN_BAD_SIZE);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, 1, -2, 0, 1, out), DN_BAD_SIZE);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, 1, 2, -1, 1, out), DN_BAD_SIZE);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, 1, 2, 0, -1, out), DN_BAD_SIZE);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, (ptrdiff_t)1 << 20, (ptrdiff_t)1 << 20, 0, 1, out), DN_TOO_LARGE);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, PTRDIFF_MAX, 2, 0, 1, out), DN_TOO_LARGE);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, 1, 2, INT64_MAX, 2, out), DN_TOO_LARGE);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, 1, 2, 0, 1, NULL), DN_NULL_POINTER);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, 0, 2, 0, 1, NULL), DN_OK);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, 1, 0, 0, 1, NULL), DN_OK);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, 1, 2, 0, 0, NULL), DN_OK);
  CHECK_THAT(out[0] == 5 && out[1] == 5 && out[2] == 5 && out[3] == 5);
  CHECK_STATUS(DN_NAME(dn_network_noise)(key, 0, 1, 2, 7, 1, out), DN_OK);
  CHECK_THAT(out[0] != 5 && out[1] != 5 && out[2] == 5 && out[3] == 5);
}

// No nodes, no steps, no edges: success, and no array without elements is needed.
static void DN_NAME(nothing)(void) {
  const case_spec specs[] = {{"no nodes", 0, 0, 0, 0, 3, DELAYS_UNIFORM, false},
                             {"no steps", 3, DENSE, 0, 2, 3, DELAYS_UNIFORM, false},
                             {"no steps, no edges", 3, 0, 0, 0, 0, DELAYS_UNIFORM, false}};
  for (int n = 0; n < 3; n++)
    for (int m = 0; m < ref_model_count; m++)
      for (int v = 0; v < NET_VARIANTS; v++) {
        network net = network_make(&specs[n], 1);
        dn_plan *plan = plan_make(&net, NULL);
        const net_setup setup = net_setup_of(v, net.nodes ? 0 : 50);
        check_about("%s, %s, %s", specs[n].name, ref_models[m].name, net_variants[v].name);
        DN_NAME(net_trial)
        t = DN_NAME(net_trial_make)(&ref_models[m], &net, false, &setup, 5, (layout){3, 1, false});
        t.plan = plan;
        DN_NAME(net_trial_call_all)(&t, NULL);
        CHECK_THAT(t.result.steps_done == t.q.steps && t.columns.done == t.q.steps && t.result.clamps == 0);
        CHECK_THAT(DN_NAME(grid_same)(&t.next_initial, &t.in[REF_INITIAL]));
        if (t.monitor.kind == DN_MONITOR_AVERAGE) CHECK_THAT(DN_NAME(grid_same)(&t.next_monitored, &t.monitored));
        // With no steps s(T) is the initial state.
        CHECK_THAT(DN_NAME(grid_same)(&t.cot[REF_INITIAL], &t.cot_final));
        for (int part = 0; part < REF_PARTS; part++)
          if (part != REF_INITIAL) CHECK(DN_NAME(grid_all)(&t.cot[part], 0), "%s", ref_part_names[part]);
        // The longest delay's columns of the history are those of the next chunk.
        for (ptrdiff_t i = 0; i < t.next_history.rows; i++)
          for (ptrdiff_t h = 0; h < net.history; h++) {
            const DN_REAL was = DN_NAME(grid_row)(&t.in[REF_HISTORY], i)[h];
            CHECK_THAT(DN_NAME(grid_row)(&t.next_history, i)[h] == (h < net.history - net.longest ? 0 : was));
          }
        CHECK_THAT(DN_NAME(net_trial_intact)(&t));
        DN_NAME(net_trial_free)(&t);

        DN_REAL some[40] = {0};
        const DN_NAME(dn_network_primal) primal = {.plan = plan,
                                                   .model = dn_model_at(m),
                                                   .scheme = net_variants[v].scheme,
                                                   .stage = net_variants[v].stage,
                                                   .time_step = 1,
                                                   .steps = setup.steps,
                                                   .weights = net.edges ? some : NULL,
                                                   .initial = net.nodes ? some : NULL,
                                                   .history = net.longest ? some : NULL,
                                                   .history_stride = 3};
        DN_NAME(dn_network_result) result = {0};
        const DN_REAL one = 1;
        const DN_NAME(dn_network_tangent) tangent = {.coupling = &one};
        CHECK_STATUS(DN_NAME(dn_network_run)(1, &primal, &result, NULL, NULL), DN_OK);
        CHECK_STATUS(DN_NAME(dn_network_jvp)(1, &primal, &tangent, NULL, NULL), DN_OK);

        // Neither does a run of nothing need an array.
        const DN_NAME(dn_network_primal) bare = {.plan = plan,
                                                 .model = dn_model_at(m),
                                                 .scheme = net_variants[v].scheme,
                                                 .stage = net_variants[v].stage,
                                                 .coupling_kind = net_variants[v].coupling_kind,
                                                 .time_step = 1,
                                                 .sigma_count = net.nodes ? dn_model_at(m)->states : 0,
                                                 .steps = setup.steps};
        dn_tape *tape;
        CHECK_STATUS(dn_tape_create(0, NULL, &tape), DN_OK);
        result.tape = tape;
        const DN_NAME(dn_network_cotangent) cotangent = {0};
        CHECK_STATUS(DN_NAME(dn_network_run)(1, &bare, &result, NULL, NULL), DN_OK);
        CHECK_STATUS(DN_NAME(dn_network_jvp)(1, &bare, &tangent, NULL, NULL), DN_OK);
        CHECK_STATUS(DN_NAME(dn_network_vjp)(1, &bare, &tape, &cotangent, NULL, NULL), DN_OK);
        CHECK_THAT(result.steps_done == setup.steps);
        dn_tape_destroy(tape);
        dn_plan_destroy(plan);
        network_free(&net);
      }
}

#undef SPOILED
#undef RUN
#undef JVP
#undef VJP
#undef ALL
#undef DN_H
#undef DN_T
