// Included by trial.h for each DN_REAL.

#define REAL_TOLERANCE (sizeof(DN_REAL) == 4 ? TOLERANCE_F32 : TOLERANCE_F64)
#define REAL_TINY (sizeof(DN_REAL) == 4 ? (double)FLT_MIN : DBL_MIN)

// ---- Grids: (rows, columns) arrays whose surroundings are guarded ---------------------------------------------------

typedef struct DN_NAME(grid) {
  DN_REAL *memory, *at;  // `at` is element (0, 0)
  ptrdiff_t rows, columns, stride, offset, size;
} DN_NAME(grid);

// Guards are NaNs of a strange pattern: reading one shows in the values, writing one in grid_intact.
static inline DN_REAL DN_NAME(grid_guard)(void) {
  DN_UINT bits = sizeof(DN_REAL) == 4 ? (DN_UINT)0x7FD5A3C1u : (DN_UINT)0x7FF8D5A3C1E7B942u;
  DN_REAL value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline DN_NAME(grid) DN_NAME(grid_make)(ptrdiff_t rows, ptrdiff_t columns, layout how) {
#if defined(CHECK_ADDRESS_SANITIZER)
  ptrdiff_t margin = 0;  // the sanitizer guards the end exactly
#else
  ptrdiff_t margin = 70;
#endif
  DN_NAME(grid) g = {.rows = rows, .columns = columns, .stride = columns + how.gap, .offset = margin + how.offset};
  g.size = g.offset + (rows > 0 ? (rows - 1) * g.stride + columns : 0) + margin;
  g.memory = aligned_alloc(64, ((size_t)g.size * sizeof(DN_REAL) + 64) / 64 * 64);
#if defined(CHECK_ADDRESS_SANITIZER)
  free(g.memory);
  g.memory = malloc((size_t)g.size * sizeof(DN_REAL));
#endif
  g.at = g.memory + g.offset;
  for (ptrdiff_t n = 0; n < g.size; n++) g.memory[n] = DN_NAME(grid_guard)();
  return g;
}

static inline void DN_NAME(grid_free)(DN_NAME(grid) *g) {
  free(g->memory);
  *g = (DN_NAME(grid)){0};
}

static inline DN_REAL *DN_NAME(grid_row)(const DN_NAME(grid) *g, ptrdiff_t row) { return g->at + row * g->stride; }

static inline bool DN_NAME(grid_intact)(const DN_NAME(grid) *g) {
  DN_REAL guard = DN_NAME(grid_guard)();
  for (ptrdiff_t n = 0; n < g->size; n++) {
    ptrdiff_t k = n - g->offset, row = k >= 0 && g->stride > 0 ? k / g->stride : 0;
    bool inside = k >= 0 && row < g->rows && k - row * g->stride < g->columns;
    if (!inside && memcmp(g->memory + n, &guard, sizeof guard) != 0) return false;
  }
  return true;
}

static inline void DN_NAME(grid_set)(DN_NAME(grid) *g, DN_REAL value) {
  for (ptrdiff_t i = 0; i < g->rows; i++)
    for (ptrdiff_t t = 0; t < g->columns; t++) g->at[i * g->stride + t] = value;
}

static inline void DN_NAME(grid_fill)(DN_NAME(grid) *g, rng *r) {
  for (ptrdiff_t i = 0; i < g->rows; i++)
    for (ptrdiff_t t = 0; t < g->columns; t++) g->at[i * g->stride + t] = (DN_REAL)rng_unit(r);
}

// Copies columns `from` ... of `source` into all of `g`.
static inline void DN_NAME(grid_copy)(DN_NAME(grid) *g, const DN_NAME(grid) *source, ptrdiff_t from) {
  for (ptrdiff_t i = 0; i < g->rows && g->columns > 0; i++)
    memcpy(g->at + i * g->stride, source->at + i * source->stride + from, (size_t)g->columns * sizeof(DN_REAL));
}

// Whether the first `columns` columns hold the same bits.
static inline bool DN_NAME(grid_same_part)(const DN_NAME(grid) *a, const DN_NAME(grid) *b, ptrdiff_t columns) {
  for (ptrdiff_t i = 0; i < a->rows && columns > 0; i++)
    if (memcmp(a->at + i * a->stride, b->at + i * b->stride, (size_t)columns * sizeof(DN_REAL)) != 0) return false;
  return a->rows == b->rows;
}

static inline bool DN_NAME(grid_same)(const DN_NAME(grid) *a, const DN_NAME(grid) *b) {
  return a->columns == b->columns && DN_NAME(grid_same_part)(a, b, a->columns);
}

static inline bool DN_NAME(grid_all)(const DN_NAME(grid) *g, DN_REAL value) {
  for (ptrdiff_t i = 0; i < g->rows; i++)
    for (ptrdiff_t t = 0; t < g->columns; t++)
      if (!(g->at[i * g->stride + t] == value)) return false;
  return true;
}

static inline uint64_t DN_NAME(grid_hash)(const DN_NAME(grid) *g, uint64_t hash) {
  for (ptrdiff_t i = 0; i < g->rows; i++)
    hash = fnv1a(hash, g->at + i * g->stride, (size_t)g->columns * sizeof(DN_REAL));
  return hash;
}

static inline void DN_NAME(grid_to_doubles)(const DN_NAME(grid) *g, double *out) {
  for (ptrdiff_t i = 0; i < g->rows; i++)
    for (ptrdiff_t t = 0; t < g->columns; t++) out[i * g->columns + t] = (double)g->at[i * g->stride + t];
}

// |grid - want| <= tolerance * magnitude, entry by entry; the worst entry is named.
static inline bool DN_NAME(grid_near)(const DN_NAME(grid) *g, const double *want, const double *magnitude,
                                      const char *what, const char *file, int line) {
  double worst = -1;
  ptrdiff_t row = 0, column = 0;
  for (ptrdiff_t i = 0; i < g->rows; i++)
    for (ptrdiff_t t = 0; t < g->columns; t++) {
      ptrdiff_t k = i * g->columns + t;
      double error = fabs((double)g->at[i * g->stride + t] - want[k]) / (magnitude[k] + REAL_TINY / REAL_TOLERANCE);
      if (error <= worst) continue;
      worst = error;
      row = i;
      column = t;
      if (!(error <= DBL_MAX)) goto found;
    }
found:
  if (worst < 0) return true;
  return check_note(worst <= REAL_TOLERANCE, file, line, what, "row %td column %td: %.17g, expected %.17g (%zu bytes)",
                    row, column, (double)g->at[row * g->stride + column], want[row * g->columns + column],
                    sizeof(DN_REAL));
}

// ---- Trials --------------------------------------------------------------------------------------------------------

typedef struct DN_NAME(trial) {
  const network *net;
  ptrdiff_t steps;
  int64_t first_step;
  DN_REAL scale, gain;
  bool hide_noise;      // hand in NULL
  unsigned tangents;    // part: which inputs have a tangent
  unsigned cotangents;  // part: which outputs are asked for
  bool has_after, hide_cotangent;
  DN_NAME(grid) weights, history, noise, series, next;
  DN_NAME(grid) tan_weights, tan_history, tan_noise, tan_series, tan_next;
  DN_REAL tan_scale, tan_gain;
  DN_NAME(grid) cot_series, cot_after;
  DN_NAME(grid) cot_first, cot_history, cot_noise, cot_weights, cot_scale, cot_gain;
  DN_NAME(dn_map_result) result;
  layout how;
} DN_NAME(trial);

// Calls each(grid) for every grid of a trial.
#define TRIAL_GRIDS(each)                                                                                             \
  each(weights) each(history) each(noise) each(series) each(next) each(tan_weights) each(tan_history) each(tan_noise) \
      each(tan_series) each(tan_next) each(cot_series) each(cot_after) each(cot_first) each(cot_history)              \
          each(cot_noise) each(cot_weights) each(cot_scale) each(cot_gain)

// Puts every output into the state before a call: `series` to its start, cotangents to `start`, the rest to NaN.
static inline void DN_NAME(trial_reset)(DN_NAME(trial) *q, DN_REAL start) {
  if (q->how.in_place) DN_NAME(grid_copy)(&q->series, &q->noise, 0);
  else DN_NAME(grid_set)(&q->series, (DN_REAL)NAN);
  DN_NAME(grid_set)(&q->next, (DN_REAL)NAN);
  DN_NAME(grid_set)(&q->tan_series, (DN_REAL)NAN);
  DN_NAME(grid_set)(&q->tan_next, (DN_REAL)NAN);
  DN_NAME(grid_set)(&q->cot_first, (DN_REAL)NAN);
  DN_NAME(grid_set)(&q->cot_history, start);
  DN_NAME(grid_set)(&q->cot_noise, start);
  DN_NAME(grid_set)(&q->cot_weights, start);
  DN_NAME(grid_set)(&q->cot_scale, start);
  DN_NAME(grid_set)(&q->cot_gain, start);
}

static inline DN_NAME(trial)
    DN_NAME(trial_make)(const network *net, ptrdiff_t steps, double gain, uint64_t seed, layout how) {
  DN_NAME(trial) q = {.net = net, .steps = steps, .scale = (DN_REAL)net->scale, .gain = (DN_REAL)gain, .how = how};
  ptrdiff_t N = net->nodes, E = net->edges, H = net->history, D = net->longest;
  layout vector = {0, how.offset, false};
  q.tangents = PART_INPUTS;
  q.cotangents = PART_ALL;
  q.has_after = true;
  q.weights = DN_NAME(grid_make)(1, E, vector);
  for (ptrdiff_t e = 0; e < E; e++) q.weights.at[e] = (DN_REAL)net->weights[e];
  q.history = DN_NAME(grid_make)(N, H, how);
  q.noise = DN_NAME(grid_make)(N, steps, how);
  q.series = DN_NAME(grid_make)(N, steps, how);
  q.next = DN_NAME(grid_make)(N, H, how);
  q.tan_weights = DN_NAME(grid_make)(1, E, vector);
  q.tan_history = DN_NAME(grid_make)(N, H, how);
  q.tan_noise = DN_NAME(grid_make)(N, steps, how);
  q.tan_series = DN_NAME(grid_make)(N, steps, how);
  q.tan_next = DN_NAME(grid_make)(N, H, how);
  q.cot_series = DN_NAME(grid_make)(N, steps, how);
  q.cot_after = DN_NAME(grid_make)(N, D, vector);
  q.cot_first = DN_NAME(grid_make)(N, D, vector);
  q.cot_history = DN_NAME(grid_make)(N, H, how);
  q.cot_noise = DN_NAME(grid_make)(N, steps, how);
  q.cot_weights = DN_NAME(grid_make)(1, E, vector);
  q.cot_scale = DN_NAME(grid_make)(1, 1, vector);
  q.cot_gain = DN_NAME(grid_make)(1, 1, vector);
  rng r = rng_make(seed);
  DN_NAME(grid_fill)(&q.history, &r);
  DN_NAME(grid_fill)(&q.noise, &r);
  DN_NAME(grid_fill)(&q.tan_weights, &r);
  DN_NAME(grid_fill)(&q.tan_history, &r);
  DN_NAME(grid_fill)(&q.tan_noise, &r);
  DN_NAME(grid_fill)(&q.cot_series, &r);
  DN_NAME(grid_fill)(&q.cot_after, &r);
  q.tan_scale = (DN_REAL)(net->scale * rng_unit(&r));
  q.tan_gain = (DN_REAL)rng_unit(&r);
  DN_NAME(trial_reset)(&q, 0);
  return q;
}

static inline void DN_NAME(trial_free)(DN_NAME(trial) *q) {
#define EACH(name) DN_NAME(grid_free)(&q->name);
  TRIAL_GRIDS(EACH)
#undef EACH
}

static inline bool DN_NAME(trial_intact)(const DN_NAME(trial) *q) {
  bool intact = true;
#define EACH(name) intact &= DN_NAME(grid_intact)(&q->name);
  TRIAL_GRIDS(EACH)
#undef EACH
  return intact;
}

// The noise of a run in place is overwritten; a derivative gets the copy that was kept.
static inline DN_NAME(dn_map_primal) DN_NAME(trial_primal)(DN_NAME(trial) *q, entry which) {
  DN_NAME(grid) *noise = q->how.in_place && which == ENTRY_RUN ? &q->series : &q->noise;
  return (DN_NAME(dn_map_primal)){
      .weights = q->weights.at,
      .scale = q->scale,
      .noise_gain = q->gain,
      .history = q->net->history > 0 ? q->history.at : NULL,
      .history_stride = q->history.stride,
      .noise = q->hide_noise ? NULL : noise->at,
      .noise_stride = noise->stride,
      .steps = q->steps,
      .first_step = q->first_step,
      .series = q->series.at,
      .series_stride = q->series.stride,
  };
}

static inline DN_NAME(dn_map_tangent) DN_NAME(trial_tangent)(DN_NAME(trial) *q) {
  unsigned has = q->tangents;
  return (DN_NAME(dn_map_tangent)){
      .weights = has & PART_WEIGHTS ? q->tan_weights.at : NULL,
      .scale = has & PART_SCALE ? q->tan_scale : 0,
      .noise_gain = has & PART_GAIN ? q->tan_gain : 0,
      .history = has & PART_HISTORY ? q->tan_history.at : NULL,
      .history_stride = q->tan_history.stride,
      .noise = has & PART_NOISE ? q->tan_noise.at : NULL,
      .noise_stride = q->tan_noise.stride,
      .series = q->tan_series.at,
      .series_stride = q->tan_series.stride,
      .next_history = q->tan_next.at,
      .next_history_stride = q->tan_next.stride,
  };
}

static inline DN_NAME(dn_map_cotangent) DN_NAME(trial_cotangent)(DN_NAME(trial) *q) {
  unsigned asks = q->cotangents;
  return (DN_NAME(dn_map_cotangent)){
      .series = q->hide_cotangent ? NULL : q->cot_series.at,
      .series_stride = q->cot_series.stride,
      .adjoint_after = q->has_after ? q->cot_after.at : NULL,
      .adjoint_first = asks & PART_FIRST ? q->cot_first.at : NULL,
      .history = asks & PART_HISTORY ? q->cot_history.at : NULL,
      .history_stride = q->cot_history.stride,
      .noise = asks & PART_NOISE ? q->cot_noise.at : NULL,
      .noise_stride = q->cot_noise.stride,
      .weights = asks & PART_WEIGHTS ? q->cot_weights.at : NULL,
      .scale = asks & PART_SCALE ? q->cot_scale.at : NULL,
      .noise_gain = asks & PART_GAIN ? q->cot_gain.at : NULL,
  };
}

// The grid of one cotangent output.
static inline DN_NAME(grid) *DN_NAME(trial_output)(DN_NAME(trial) *q, part which) {
  switch (which) {
    case PART_HISTORY: return &q->cot_history;
    case PART_NOISE: return &q->cot_noise;
    case PART_WEIGHTS: return &q->cot_weights;
    case PART_SCALE: return &q->cot_scale;
    case PART_GAIN: return &q->cot_gain;
    default: return &q->cot_first;
  }
}

// Whether two trials hold the same bits in every array.
static inline bool DN_NAME(trial_same)(const DN_NAME(trial) *a, const DN_NAME(trial) *b) {
  bool same = true;
#define EACH(name) same &= DN_NAME(grid_same)(&a->name, &b->name);
  TRIAL_GRIDS(EACH)
#undef EACH
  return same;
}

// One call over `runs` trials.
static inline dn_status DN_NAME(trials_call)(entry which, const dn_plan *plan, ptrdiff_t runs, DN_NAME(trial) *trials,
                                             const dn_run_options *options, dn_place *place) {
  size_t count = (size_t)runs + 1;
  DN_NAME(dn_map_primal) *primals = calloc(count, sizeof *primals);
  DN_NAME(dn_map_result) *results = calloc(count, sizeof *results);
  DN_NAME(dn_map_tangent) *tangents = calloc(count, sizeof *tangents);
  DN_NAME(dn_map_cotangent) *cotangents = calloc(count, sizeof *cotangents);
  for (ptrdiff_t r = 0; r < runs; r++) {
    DN_NAME(trial) *q = &trials[r];
    primals[r] = DN_NAME(trial_primal)(q, which);
    results[r] = (DN_NAME(dn_map_result)){q->next.at, q->next.stride, -7};
    tangents[r] = DN_NAME(trial_tangent)(q);
    cotangents[r] = DN_NAME(trial_cotangent)(q);
  }
  dn_status status = DN_OK;
  if (which == ENTRY_RUN) status = DN_NAME(dn_map_run)(plan, runs, primals, results, options, place);
  if (which == ENTRY_JVP) status = DN_NAME(dn_map_jvp)(plan, runs, primals, tangents, options, place);
  if (which == ENTRY_VJP) status = DN_NAME(dn_map_vjp)(plan, runs, primals, cotangents, options, place);
  for (ptrdiff_t r = 0; r < runs; r++) trials[r].result = results[r];
  free(primals);
  free(results);
  free(tangents);
  free(cotangents);
  return status;
}

static inline dn_status DN_NAME(trial_call)(entry which, const dn_plan *plan, DN_NAME(trial) *q,
                                            const dn_run_options *options) {
  dn_place place;
  return DN_NAME(trials_call)(which, plan, 1, q, options, &place);
}

// Run, jvp and vjp, one after the other, into fresh outputs.
static inline void DN_NAME(trial_call_all)(const dn_plan *plan, DN_NAME(trial) *q, const dn_run_options *options) {
  DN_NAME(trial_reset)(q, 0);
  for (int k = 0; k < ENTRY_COUNT; k++) CHECK_STATUS(DN_NAME(trial_call)((entry)k, plan, q, options), DN_OK);
}

// Runs the rest of a trial that stopped early, from its steps_done and next_history, with the noise of `whole`:
// the result has to have the bits of `whole`, which ran in one piece.
static inline void DN_NAME(trial_finish)(const dn_plan *plan, DN_NAME(trial) *q, const DN_NAME(trial) *whole) {
  ptrdiff_t done = q->result.steps_done;
  if (!CHECK(done >= 0 && done <= q->steps, "%td steps done", done)) return;
  CHECK_THAT(DN_NAME(grid_same_part)(&q->series, &whole->series, done));
  if (q->how.in_place)
    for (ptrdiff_t i = 0; i < q->net->nodes; i++) {
      // What was not run holds the noise still; the bad sample is put right.
      const DN_REAL *now = DN_NAME(grid_row)(&q->series, i), *kept = DN_NAME(grid_row)(&q->noise, i);
      CHECK_THAT(memcmp(now + done, kept + done, (size_t)(q->steps - done) * sizeof *now) == 0);
    }
  DN_NAME(grid_copy)(&q->noise, &whole->noise, 0);
  for (ptrdiff_t i = 0; i < q->net->nodes && q->how.in_place; i++)
    memcpy(DN_NAME(grid_row)(&q->series, i) + done, DN_NAME(grid_row)(&q->noise, i) + done,
           (size_t)(q->steps - done) * sizeof(DN_REAL));
  DN_NAME(dn_map_primal) primal = DN_NAME(trial_primal)(q, ENTRY_RUN);
  DN_NAME(dn_map_result) result = {q->next.at, q->next.stride, -7};
  primal.history = q->net->history ? q->next.at : NULL;
  primal.history_stride = q->next.stride;
  primal.noise += done;
  primal.series += done;
  primal.steps -= done;
  primal.first_step += done;
  CHECK_STATUS(DN_NAME(dn_map_run)(plan, 1, &primal, &result, NULL, NULL), DN_OK);
  CHECK_THAT(result.steps_done == primal.steps);
  CHECK_THAT(DN_NAME(grid_same)(&q->series, &whole->series));
  CHECK_THAT(DN_NAME(grid_same)(&q->next, &whole->next));
  CHECK_THAT(DN_NAME(trial_intact)(q));
}

// The trial's inputs, and those tangents that it has, for the reference.
static inline ref_inputs DN_NAME(trial_inputs)(const DN_NAME(trial) *q) {
  ref_inputs in = ref_inputs_make(q->net, q->steps);
  DN_NAME(grid_to_doubles)(&q->weights, in.weights);
  DN_NAME(grid_to_doubles)(&q->history, in.history);
  DN_NAME(grid_to_doubles)(&q->noise, in.noise);
  in.scale = (double)q->scale;
  in.gain = (double)q->gain;
  return in;
}

static inline ref_inputs DN_NAME(trial_tangents)(const DN_NAME(trial) *q) {
  ref_inputs in = ref_inputs_make(q->net, q->steps);
  if (q->tangents & PART_WEIGHTS) DN_NAME(grid_to_doubles)(&q->tan_weights, in.weights);
  if (q->tangents & PART_HISTORY) DN_NAME(grid_to_doubles)(&q->tan_history, in.history);
  if (q->tangents & PART_NOISE) DN_NAME(grid_to_doubles)(&q->tan_noise, in.noise);
  if (q->tangents & PART_SCALE) in.scale = (double)q->tan_scale;
  if (q->tangents & PART_GAIN) in.gain = (double)q->tan_gain;
  return in;
}

#undef REAL_TOLERANCE
#undef REAL_TINY
