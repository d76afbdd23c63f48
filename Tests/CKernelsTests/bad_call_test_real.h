// The tests of bad_call_test.c for one precision.

// Two runs of a network of three nodes, with all their arrays; calls are spoiled through the structs.
typedef struct DN_NAME(pair) {
  network net;
  dn_plan *plan;
  DN_NAME(trial) trial[2];
  DN_NAME(dn_map_primal) primal[2];
  DN_NAME(dn_map_result) result[2];
  DN_NAME(dn_map_tangent) tangent[2];
  DN_NAME(dn_map_cotangent) cotangent[2];
} DN_NAME(pair);

static const case_spec DN_NAME(pair_spec) = {"3 nodes 0..4", 3, DENSE, 0, 4, 6, DELAYS_UNIFORM, false};

static DN_NAME(pair) *DN_NAME(pair_make)(entry which) {
  DN_NAME(pair) *p = calloc(1, sizeof *p);
  p->net = network_make(&DN_NAME(pair_spec), 1);
  p->plan = plan_make(&p->net, NULL);
  for (int r = 0; r < 2; r++) {
    DN_NAME(trial) *q = &p->trial[r];
    *q = DN_NAME(trial_make)(&p->net, 20, 0.75, 60 + (uint64_t)r, (layout){0});
    if (which != ENTRY_RUN) DN_NAME(trial_call)(ENTRY_RUN, p->plan, q, NULL);
    p->primal[r] = DN_NAME(trial_primal)(q, which);
    p->result[r] = (DN_NAME(dn_map_result)){q->next.at, q->next.stride, -7};
    p->tangent[r] = DN_NAME(trial_tangent)(q);
    p->cotangent[r] = DN_NAME(trial_cotangent)(q);
  }
  return p;
}

static void DN_NAME(pair_free)(DN_NAME(pair) *p) {
  for (int r = 0; r < 2; r++) DN_NAME(trial_free)(&p->trial[r]);
  dn_plan_destroy(p->plan);
  network_free(&p->net);
  free(p);
}

static dn_status DN_NAME(pair_call)(DN_NAME(pair) *p, entry which, ptrdiff_t runs, const dn_run_options *options,
                                    dn_place *place) {
  if (which == ENTRY_RUN) return DN_NAME(dn_map_run)(p->plan, runs, p->primal, p->result, options, place);
  if (which == ENTRY_JVP) return DN_NAME(dn_map_jvp)(p->plan, runs, p->primal, p->tangent, options, place);
  return DN_NAME(dn_map_vjp)(p->plan, runs, p->primal, p->cotangent, options, place);
}

// A call that is refused leaves every output as it was.
static void DN_NAME(pair_expect)(DN_NAME(pair) *p, entry which, const char *what, dn_status want, ptrdiff_t run) {
  for (int runs = 1; runs <= 2; runs++) {
    if (run >= runs) continue;
    check_about("%s: %s, %d runs", entry_names[which], what, runs);
    uint64_t before = FNV_START, after = FNV_START;
#define EACH(name)            \
  for (int r = 0; r < 2; r++) \
    before = fnv1a(before, p->trial[r].name.memory, (size_t)p->trial[r].name.size * sizeof(DN_REAL));
    TRIAL_GRIDS(EACH)
#undef EACH
    dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
    dn_status status = DN_NAME(pair_call)(p, which, runs, NULL, &place);
    CHECK(status == want, "status %d, expected %d", status, want);
    if (want == DN_OK || status != want) continue;
#define EACH(name)            \
  for (int r = 0; r < 2; r++) \
    after = fnv1a(after, p->trial[r].name.memory, (size_t)p->trial[r].name.size * sizeof(DN_REAL));
    TRIAL_GRIDS(EACH)
#undef EACH
    CHECK(before == after, "an array was written");
    CHECK(place.run == run, "run %td, expected %td", place.run, run);
    CHECK_THAT(place.edge == -1 && place.node == -1 && place.step == -1);
    CHECK_STATUS(DN_NAME(pair_call)(p, which, runs, NULL, NULL), want);
  }
}

// `entries` is a sum of RUN, JVP and VJP: the entry points for which the statements spoil the call. They spoil run `r`.
#define RUN 1
#define JVP 2
#define VJP 4
#define ALL 7
#define SPOILED(entries, what, want, statements)           \
  for (int k_ = 0; k_ < ENTRY_COUNT; k_++)                 \
    for (int r = 0; r < 2 && ((entries) >> k_ & 1); r++) { \
      DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k_);    \
      DN_NAME(trial) *q = &p->trial[r];                    \
      (void)q;                                             \
      statements;                                          \
      DN_NAME(pair_expect)(p, (entry)k_, what, (want), r); \
      DN_NAME(pair_free)(p);                               \
    }

static void DN_NAME(pointers)(void) {
  SPOILED(ALL, "good", DN_OK, );
  SPOILED(ALL, "no weights", DN_NULL_POINTER, p->primal[r].weights = NULL);
  SPOILED(ALL, "no history", DN_NULL_POINTER, p->primal[r].history = NULL);
  SPOILED(RUN, "no noise, zero delays", DN_NULL_POINTER, p->primal[r].noise = NULL; p->primal[r].noise_gain = 0);
  SPOILED(JVP | VJP, "no noise", DN_NULL_POINTER, p->primal[r].noise = NULL);
  SPOILED(ALL, "no series", DN_NULL_POINTER, p->primal[r].series = NULL);
  SPOILED(JVP, "no tangent series", DN_NULL_POINTER, p->tangent[r].series = NULL);
  SPOILED(JVP, "noise for the gain alone", DN_NULL_POINTER, p->primal[r].noise = NULL; p->tangent[r].weights = NULL;
          p->tangent[r].scale = 0);
  SPOILED(JVP, "no noise, not needed", DN_OK, p->primal[r].noise = NULL; p->tangent[r].weights = NULL;
          p->tangent[r].scale = p->tangent[r].noise_gain = 0);
  SPOILED(VJP, "noise for the gain alone", DN_NULL_POINTER, p->primal[r].noise = NULL; p->cotangent[r].weights = NULL;
          p->cotangent[r].scale = NULL);
  SPOILED(VJP, "noise for the scale alone", DN_NULL_POINTER, p->primal[r].noise = NULL; p->cotangent[r].weights = NULL;
          p->cotangent[r].noise_gain = NULL);
  SPOILED(VJP, "no noise, not needed", DN_OK, p->primal[r].noise = NULL; p->cotangent[r].weights = NULL;
          p->cotangent[r].scale = p->cotangent[r].noise_gain = NULL);
  SPOILED(VJP, "nothing asked for", DN_OK, p->cotangent[r] = (DN_NAME(dn_map_cotangent)){0});

  for (int k = 0; k < ENTRY_COUNT; k++) {
    DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k);
    check_about("%s", entry_names[k]);
    dn_plan *plan = p->plan;
    p->plan = NULL;
    CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 1, NULL, NULL), DN_NULL_POINTER);
    p->plan = plan;
    // Through variables: the compiler warns of a NULL that it sees.
    const DN_NAME(dn_map_primal) *no_primal = NULL;
    const DN_NAME(dn_map_tangent) *no_tangent = NULL;
    const DN_NAME(dn_map_cotangent) *no_cotangent = NULL;
    dn_status status = k == ENTRY_RUN   ? DN_NAME(dn_map_run)(plan, 1, no_primal, NULL, NULL, NULL)
                       : k == ENTRY_JVP ? DN_NAME(dn_map_jvp)(plan, 1, no_primal, p->tangent, NULL, NULL)
                                        : DN_NAME(dn_map_vjp)(plan, 1, no_primal, p->cotangent, NULL, NULL);
    CHECK_STATUS(status, DN_NULL_POINTER);
    if (k == ENTRY_JVP) CHECK_STATUS(DN_NAME(dn_map_jvp)(plan, 1, p->primal, no_tangent, NULL, NULL), DN_NULL_POINTER);
    if (k == ENTRY_VJP)
      CHECK_STATUS(DN_NAME(dn_map_vjp)(plan, 1, p->primal, no_cotangent, NULL, NULL), DN_NULL_POINTER);
    DN_NAME(pair_free)(p);
  }
}

static void DN_NAME(sizes)(void) {
  SPOILED(ALL, "steps -1", DN_BAD_SIZE, p->primal[r].steps = -1);
  SPOILED(ALL, "steps PTRDIFF_MIN", DN_BAD_SIZE, p->primal[r].steps = PTRDIFF_MIN);
  SPOILED(ALL, "history stride H - 1", DN_BAD_SIZE, p->primal[r].history_stride = 5);
  SPOILED(ALL, "history stride negative", DN_BAD_SIZE, p->primal[r].history_stride = -6);
  SPOILED(ALL, "noise stride T - 1", DN_BAD_SIZE, p->primal[r].noise_stride = 19);
  SPOILED(ALL, "series stride T - 1", DN_BAD_SIZE, p->primal[r].series_stride = 19);
  SPOILED(ALL, "series stride 0", DN_BAD_SIZE, p->primal[r].series_stride = 0);
  SPOILED(RUN, "next history stride H - 1", DN_BAD_SIZE, p->result[r].next_history_stride = 5);
  SPOILED(JVP, "tangent history stride H - 1", DN_BAD_SIZE, p->tangent[r].history_stride = 5);
  SPOILED(JVP, "tangent noise stride T - 1", DN_BAD_SIZE, p->tangent[r].noise_stride = 19);
  SPOILED(JVP, "tangent series stride T - 1", DN_BAD_SIZE, p->tangent[r].series_stride = 19);
  SPOILED(JVP, "tangent next history stride H - 1", DN_BAD_SIZE, p->tangent[r].next_history_stride = 5);
  SPOILED(VJP, "cotangent series stride T - 1", DN_BAD_SIZE, p->cotangent[r].series_stride = 19);
  SPOILED(VJP, "cotangent history stride H - 1", DN_BAD_SIZE, p->cotangent[r].history_stride = 5);
  SPOILED(VJP, "cotangent noise stride T - 1", DN_BAD_SIZE, p->cotangent[r].noise_stride = 19);
  SPOILED(ALL, "steps that overflow", DN_TOO_LARGE, p->primal[r].steps = PTRDIFF_MAX / 2;
          p->primal[r].noise_stride = p->primal[r].series_stride = PTRDIFF_MAX / 2;
          p->tangent[r].noise_stride = p->tangent[r].series_stride = PTRDIFF_MAX / 2;
          p->cotangent[r].noise_stride = p->cotangent[r].series_stride = PTRDIFF_MAX / 2);
  SPOILED(ALL, "history stride that overflows", DN_TOO_LARGE, p->primal[r].history_stride = PTRDIFF_MAX);
  SPOILED(ALL, "series stride that overflows", DN_TOO_LARGE, p->primal[r].series_stride = PTRDIFF_MAX / 4);
  SPOILED(RUN, "next history stride that overflows", DN_TOO_LARGE, p->result[r].next_history_stride = PTRDIFF_MAX / 2);
  SPOILED(JVP, "tangent stride that overflows", DN_TOO_LARGE, p->tangent[r].history_stride = PTRDIFF_MAX / 2);
  SPOILED(VJP, "cotangent stride that overflows", DN_TOO_LARGE, p->cotangent[r].noise_stride = PTRDIFF_MAX / 2);
  for (int k = 0; k < ENTRY_COUNT; k++) {
    DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k);
    check_about("%s", entry_names[k]);
    CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, -1, NULL, NULL), DN_BAD_SIZE);
    CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 0, NULL, NULL), DN_OK);
    DN_NAME(pair_free)(p);
  }
}

static void DN_NAME(options)(void) {
  const int32_t bad[] = {-1, 1025, INT32_MIN, INT32_MAX}, fine[] = {0, 1, 2, 64};
  for (int k = 0; k < ENTRY_COUNT; k++)
    for (int n = 0; n < 4; n++) {
      DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k);
      check_about("%s, %d or %d threads", entry_names[k], bad[n], fine[n]);
      CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 2, &(dn_run_options){.threads = bad[n]}, NULL), DN_BAD_OPTION);
      CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 2, &(dn_run_options){.threads = fine[n]}, NULL), DN_OK);
      DN_NAME(pair_free)(p);
    }
}

static void DN_NAME(overlaps)(void) {
#define OVERLAP(entries, what, statements) SPOILED(entries, what, DN_OVERLAP, statements)
  OVERLAP(RUN, "series = history", p->primal[r].series = q->history.at; p->primal[r].series_stride = 6;
          p->primal[r].steps = 6);
  OVERLAP(RUN, "series in the weights", p->primal[r].series = q->weights.at; p->primal[r].steps = 1;
          p->primal[r].series_stride = 1);
  OVERLAP(RUN, "series one element into the noise", p->primal[r].series = q->noise.at + 1);
  OVERLAP(RUN, "series one element before the noise", p->primal[r].series = q->noise.at - 1);
  OVERLAP(RUN, "series = noise, other stride", p->primal[r].series = q->noise.at; p->primal[r].steps = 10;
          p->primal[r].noise_stride = 10);
  OVERLAP(RUN, "next history = series", p->result[r].next_history = q->series.at);
  OVERLAP(RUN, "next history in the noise", p->result[r].next_history = q->noise.at + 3);
  OVERLAP(RUN, "next history one element into the history", p->result[r].next_history = q->history.at + 1);
  OVERLAP(RUN, "next history = history, other stride", p->result[r].next_history = q->history.at;
          p->result[r].next_history_stride = 7);
  OVERLAP(RUN, "next history ends in the weights", p->result[r].next_history = q->weights.at - 17);
  OVERLAP(JVP, "tangent series = series", p->tangent[r].series = q->series.at);
  OVERLAP(JVP, "tangent series = noise", p->tangent[r].series = q->noise.at);
  OVERLAP(JVP, "tangent series shifted in its noise", p->tangent[r].series = q->tan_noise.at + 1);
  OVERLAP(JVP, "tangent series in its history", p->tangent[r].series = q->tan_history.at);
  OVERLAP(JVP, "tangent series in its weights", p->tangent[r].series = q->tan_weights.at - 1);
  OVERLAP(JVP, "tangent next history = tangent series", p->tangent[r].next_history = q->tan_series.at);
  OVERLAP(JVP, "tangent next history = history", p->tangent[r].next_history = q->history.at);
  OVERLAP(VJP, "cotangent history = history", p->cotangent[r].history = q->history.at);
  OVERLAP(VJP, "cotangent noise = noise", p->cotangent[r].noise = q->noise.at);
  OVERLAP(VJP, "cotangent noise = series", p->cotangent[r].noise = q->series.at);
  OVERLAP(VJP, "cotangent noise = cotangent series", p->cotangent[r].noise = q->cot_series.at);
  OVERLAP(VJP, "cotangent history in cotangent noise", p->cotangent[r].history = q->cot_noise.at + 40);
  OVERLAP(VJP, "cotangent weights = weights", p->cotangent[r].weights = q->weights.at);
  OVERLAP(VJP, "cotangent scale in cotangent weights", p->cotangent[r].scale = q->cot_weights.at + 8);
  OVERLAP(VJP, "cotangent gain = cotangent scale", p->cotangent[r].noise_gain = q->cot_scale.at);
  OVERLAP(VJP, "cotangent gain in the series", p->cotangent[r].noise_gain = q->series.at + 59);
  OVERLAP(VJP, "adjoint_first = cotangent series", p->cotangent[r].adjoint_first = q->cot_series.at);
  OVERLAP(VJP, "adjoint_first shifted in adjoint_after", p->cotangent[r].adjoint_first = q->cot_after.at + 1);
  OVERLAP(VJP, "adjoint_after = cotangent noise", p->cotangent[r].adjoint_after = q->cot_noise.at);
  // Rows that begin in the other array's gap and end in its next row.
  DN_REAL buffer[200] = {0};
  OVERLAP(RUN, "history runs into the next row of the series", p->primal[r].series = buffer;
          p->primal[r].history = buffer + 20; p->primal[r].series_stride = p->primal[r].history_stride = 24);
  OVERLAP(RUN, "weights run into the next row of the series", p->primal[r].series = buffer;
          p->primal[r].weights = buffer + 20; p->primal[r].series_stride = 24);
  OVERLAP(RUN, "weights run into the last row of the series", p->primal[r].series = buffer;
          p->primal[r].weights = buffer + 44; p->primal[r].series_stride = 24);
  OVERLAP(VJP, "cotangent history runs into the next row of the noise's", p->cotangent[r].noise = buffer;
          p->cotangent[r].history = buffer + 20; p->cotangent[r].noise_stride = p->cotangent[r].history_stride = 24);
  OVERLAP(VJP, "cotangent weights run into the next row of the noise's", p->cotangent[r].noise = buffer;
          p->cotangent[r].weights = buffer + 44; p->cotangent[r].noise_stride = 24);
#undef OVERLAP
}

// Runs of one call: inputs may be shared, outputs may not, nor may one run's output be another's input.
static void DN_NAME(shared)(void) {
  for (int k = 0; k < ENTRY_COUNT; k++) {
    DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k);
    check_about("%s: shared inputs", entry_names[k]);
    p->primal[1].weights = p->primal[0].weights;
    p->primal[1].history = p->primal[0].history;
    p->primal[1].noise = p->primal[0].noise;
    p->tangent[1].weights = p->tangent[0].weights;
    p->cotangent[1].series = p->cotangent[0].series;
    if (k != ENTRY_RUN) p->primal[1].series = p->primal[0].series;
    CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 2, NULL, NULL), DN_OK);
    DN_NAME(pair_free)(p);
  }
#define SHARED(k, what, statements)                                    \
  do {                                                                 \
    DN_NAME(pair) *p = DN_NAME(pair_make)(k);                          \
    check_about("%s: %s", entry_names[k], what);                       \
    statements;                                                        \
    CHECK_STATUS(DN_NAME(pair_call)(p, k, 2, NULL, NULL), DN_OVERLAP); \
    DN_NAME(pair_free)(p);                                             \
  } while (0)
  SHARED(ENTRY_RUN, "one series", p->primal[1].series = p->primal[0].series);
  SHARED(ENTRY_RUN, "series = the other's noise", p->primal[1].series = p->trial[0].noise.at);
  SHARED(ENTRY_RUN, "series = the other's history", p->primal[0].series = p->trial[1].history.at;
         p->primal[0].steps = 6; p->primal[0].series_stride = 6);
  SHARED(ENTRY_RUN, "both in place on one buffer", p->primal[1].series = p->trial[0].noise.at;
         p->primal[1].noise = p->primal[0].series = p->trial[0].noise.at);
  SHARED(ENTRY_RUN, "one next history", p->result[1].next_history = p->result[0].next_history);
  SHARED(ENTRY_RUN, "next history = a shared history", p->primal[1].history = p->primal[0].history;
         p->result[0].next_history = p->trial[0].history.at);
  SHARED(ENTRY_JVP, "one tangent series", p->tangent[1].series = p->tangent[0].series);
  SHARED(ENTRY_JVP, "tangent series = the other's series", p->tangent[1].series = p->trial[0].series.at);
  SHARED(ENTRY_VJP, "one cotangent history", p->cotangent[1].history = p->cotangent[0].history);
  SHARED(ENTRY_VJP, "one cotangent weights", p->cotangent[1].weights = p->cotangent[0].weights);
  SHARED(ENTRY_VJP, "one cotangent scale", p->cotangent[1].scale = p->cotangent[0].scale);
  SHARED(ENTRY_VJP, "one adjoint_first", p->cotangent[1].adjoint_first = p->cotangent[0].adjoint_first);
#undef SHARED
}

// Arrays that interleave row by row in one allocation share no element.
static void DN_NAME(interleaved)(void) {
  const ptrdiff_t H = 6, T = 20, width = 200;
  for (int k = 0; k < ENTRY_COUNT; k++) {
    DN_NAME(pair) *p = DN_NAME(pair_make)((entry)k), *want = DN_NAME(pair_make)((entry)k);
    DN_NAME(grid) buffer = DN_NAME(grid_make)(3, width, (layout){0});
    DN_NAME(grid_set)(&buffer, 0);
    DN_NAME(trial) *q = &p->trial[0];
    ptrdiff_t at = 0;
    // Moves an array into the buffer, beside those already there.
#define MOVE(pointer, stride_, grid_)        \
  do {                                       \
    DN_NAME(grid) part = buffer;             \
    part.columns = q->grid_.columns;         \
    part.at += at;                           \
    at += part.columns;                      \
    DN_NAME(grid_copy)(&part, &q->grid_, 0); \
    pointer = part.at;                       \
    stride_ = width;                         \
    DN_NAME(grid_free)(&q->grid_);           \
    q->grid_ = part;                         \
    q->grid_.memory = NULL;                  \
  } while (0)
    MOVE(p->primal[0].history, p->primal[0].history_stride, history);
    MOVE(p->primal[0].series, p->primal[0].series_stride, series);
    MOVE(p->primal[0].noise, p->primal[0].noise_stride, noise);
    MOVE(p->result[0].next_history, p->result[0].next_history_stride, next);
    MOVE(p->tangent[0].history, p->tangent[0].history_stride, tan_history);
    MOVE(p->tangent[0].noise, p->tangent[0].noise_stride, tan_noise);
    MOVE(p->tangent[0].series, p->tangent[0].series_stride, tan_series);
    MOVE(p->tangent[0].next_history, p->tangent[0].next_history_stride, tan_next);
    MOVE(p->cotangent[0].history, p->cotangent[0].history_stride, cot_history);
    MOVE(p->cotangent[0].noise, p->cotangent[0].noise_stride, cot_noise);
    MOVE(p->cotangent[0].series, p->cotangent[0].series_stride, cot_series);
#undef MOVE
    // Weights and sums between two rows of the buffer.
    p->cotangent[0].weights = buffer.at + 150;
    p->cotangent[0].scale = buffer.at + 160;
    p->cotangent[0].noise_gain = buffer.at + 161;
    check_about("%s in one buffer", entry_names[k]);
    CHECK_THAT(at <= 150 && H + T < width);
    CHECK_STATUS(DN_NAME(pair_call)(p, (entry)k, 1, NULL, NULL), DN_OK);
    CHECK_STATUS(DN_NAME(pair_call)(want, (entry)k, 1, NULL, NULL), DN_OK);
#define SAME(grid_) CHECK_THAT(DN_NAME(grid_same)(&q->grid_, &want->trial[0].grid_))
    SAME(history);
    SAME(series);
    SAME(noise);
    SAME(next);
    SAME(tan_history);
    SAME(tan_noise);
    SAME(tan_series);
    SAME(tan_next);
    SAME(cot_history);
    SAME(cot_noise);
    SAME(cot_series);
#undef SAME
    if (k == ENTRY_VJP) {
      CHECK_THAT(memcmp(buffer.at + 150, want->trial[0].cot_weights.at, 9 * sizeof(DN_REAL)) == 0);
      CHECK_THAT(buffer.at[160] == want->trial[0].cot_scale.at[0]);
      CHECK_THAT(buffer.at[161] == want->trial[0].cot_gain.at[0]);
    }
    DN_NAME(grid_free)(&buffer);
    DN_NAME(pair_free)(p);
    DN_NAME(pair_free)(want);
  }
}

// No nodes, no steps, no edges: success, and no array is touched, NULL or not.
static void DN_NAME(nothing)(void) {
  const case_spec specs[] = {{"no nodes", 0, 0, 0, 0, 3, DELAYS_UNIFORM, false},
                             {"no steps", 3, DENSE, 0, 2, 3, DELAYS_UNIFORM, false},
                             {"no steps, no edges", 3, 0, 0, 0, 0, DELAYS_UNIFORM, false}};
  for (int n = 0; n < 3; n++) {
    network net = network_make(&specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    ptrdiff_t steps = net.nodes ? 0 : 50;
    for (int k = 0; k < ENTRY_COUNT; k++)
      for (int threads = 1; threads < 4; threads += 2) {
        check_about("%s, %s, %d threads", specs[n].name, entry_names[k], threads);
        const dn_run_options options = {.threads = threads};
        DN_NAME(trial) q = DN_NAME(trial_make)(&net, steps, 1, 5, (layout){3, 1, false});
        q.has_after = false;
        for (int o = 0; o < 5; o++) DN_NAME(grid_set)(DN_NAME(trial_output)(&q, 1u << o), 5);
        CHECK_STATUS(DN_NAME(trial_call)((entry)k, plan, &q, &options), DN_OK);
        for (int o = 0; o < 5; o++) CHECK_THAT(DN_NAME(grid_all)(DN_NAME(trial_output)(&q, 1u << o), 5));
        CHECK_THAT(DN_NAME(trial_intact)(&q));
        if (k == ENTRY_RUN) CHECK_THAT(q.result.steps_done == steps);
        if (k == ENTRY_RUN) CHECK_THAT(DN_NAME(grid_same)(&q.next, &q.history));
        if (k == ENTRY_JVP) CHECK_THAT(DN_NAME(grid_same)(&q.tan_next, &q.tan_history));
        if (k == ENTRY_VJP) CHECK_THAT(DN_NAME(grid_all)(&q.cot_first, 0));
        DN_NAME(trial_free)(&q);

        // An array without elements may be NULL.
        DN_NAME(dn_map_primal) primal = {.steps = steps, .noise_gain = 1, .scale = 1};
        DN_NAME(dn_map_tangent) tangent = {.scale = 1, .noise_gain = 1};
        DN_NAME(dn_map_cotangent) cotangent = {0};
        DN_REAL weights[9] = {0}, history[9] = {0}, sums[2] = {0};
        if (net.nodes) {
          primal.weights = weights;
          primal.history = history;
          primal.history_stride = 3;
        }
        cotangent.scale = &sums[0];
        cotangent.noise_gain = &sums[1];
        dn_status status = k == ENTRY_RUN   ? DN_NAME(dn_map_run)(plan, 1, &primal, NULL, &options, NULL)
                           : k == ENTRY_JVP ? DN_NAME(dn_map_jvp)(plan, 1, &primal, &tangent, &options, NULL)
                                            : DN_NAME(dn_map_vjp)(plan, 1, &primal, &cotangent, &options, NULL);
        CHECK_STATUS(status, DN_OK);
        CHECK_THAT(sums[0] == 0 && sums[1] == 0);
      }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

#undef SPOILED
#undef RUN
#undef JVP
#undef VJP
#undef ALL
