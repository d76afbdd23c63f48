// Included by text_test.c for each DN_REAL: runs of models from text beside those of the same models' own kernels.

#define AGREE (sizeof(DN_REAL) == 4 ? 2e-4 : 1e-10)

typedef struct DN_NAME(arrays) {
  DN_REAL weights[EDGES], parameters[PARAMETERS_MAX][NODES], sigma[STATES_MAX], initial[STATES_MAX * NODES],
      history[COUPLINGS_MAX * NODES * HISTORY], series[STATES_MAX * NODES * STEPS], column[STATES_MAX * NODES];
  DN_REAL coupling;
} DN_NAME(arrays);

static void DN_NAME(fill)(const dn_model *m, DN_NAME(arrays) *a, uint64_t seed, bool tangent) {
  const dn_key key = dn_key_create(seed);
  memset(a, 0, sizeof *a);
  DN_NAME(dn_random_uniform)(dn_key_fold_in(key, 0), 0, EDGES, tangent ? -1 : 0, 1, a->weights);
  DN_NAME(dn_random_uniform)(dn_key_fold_in(key, 1), 0, COUPLINGS_MAX * NODES * HISTORY, -1, 1, a->history);
  DN_NAME(dn_random_uniform)(dn_key_fold_in(key, 2), 0, STATES_MAX * NODES, -1, 1, a->initial);
  DN_NAME(dn_random_uniform)(dn_key_fold_in(key, 3), 0, STATES_MAX * NODES * STEPS, -1, 1, a->series);
  DN_NAME(dn_random_uniform)(dn_key_fold_in(key, 4), 0, STATES_MAX * NODES, -1, 1, a->column);
  DN_NAME(dn_random_uniform)(dn_key_fold_in(key, 5), 0, STATES_MAX, 0, (DN_REAL)0.02, a->sigma);
  for (int k = 0; k < m->parameters; k++) {
    DN_NAME(dn_random_uniform)(dn_key_fold_in(key, 6 + (uint64_t)k), 0, NODES, -1, 1, a->parameters[k]);
    for (int i = 0; i < NODES && !tangent; i++)
      a->parameters[k][i] =
          (DN_REAL)(m->parameter[k].value + 0.02 * fabs(m->parameter[k].value) * (double)a->parameters[k][i]);
  }
  a->coupling = tangent ? 1 : (DN_REAL)0.05;
  if (tangent) return;
  for (int e = 0; e < EDGES; e++) a->weights[e] /= (DN_REAL)NODES;
  for (int k = 0; k < m->states; k++)
    for (int i = 0; i < NODES; i++) {
      const double low = m->state[k].initial_low, high = m->state[k].initial_high;
      a->initial[k * NODES + i] = (DN_REAL)((low + high) / 2 + (high - low) / 4 * (double)a->initial[k * NODES + i]);
    }
}

// One run in one setting: series, gradients and tangents.
typedef struct DN_NAME(outcome) {
  DN_REAL series[STATES_MAX * NODES * STEPS], tangent[STATES_MAX * NODES * STEPS];
  DN_NAME(arrays) cotangent;
  int64_t clamps;
  dn_status run, vjp, jvp;
} DN_NAME(outcome);

static void DN_NAME(compute)(const dn_model *m, const dn_plan *plan, const setting *s, const DN_NAME(arrays) *a,
                             const DN_NAME(arrays) *t, int32_t threads, DN_NAME(outcome) *o) {
  memset(o, 0, sizeof *o);
  DN_NAME(dn_parameter) parameters[PARAMETERS_MAX];
  const DN_REAL *dparameters[PARAMETERS_MAX];
  DN_REAL *cparameters[PARAMETERS_MAX];
  for (int k = 0; k < m->parameters; k++) {
    parameters[k] = (DN_NAME(dn_parameter)){.values = a->parameters[k], .count = NODES};
    dparameters[k] = t->parameters[k];
    cparameters[k] = o->cotangent.parameters[k];
  }
  const dn_monitor monitor = {.kind = DN_MONITOR_SUBSAMPLE};
  const DN_NAME(dn_network_primal) p = {.plan = plan,
                                        .model = m,
                                        .scheme = s->scheme,
                                        .stage = s->stage,
                                        .time_step = s->time_step,
                                        .weights = a->weights,
                                        .coupling_kind = s->kind,
                                        .coupling = a->coupling,
                                        .parameters = parameters,
                                        .sigma = a->sigma,
                                        .sigma_count = m->states,
                                        .key = dn_key_create(17),
                                        .initial = a->initial,
                                        .history = a->history,
                                        .history_stride = HISTORY,
                                        .steps = STEPS,
                                        .monitors = &monitor,
                                        .monitor_count = 1};
  dn_tape *tape = NULL;
  dn_tape_create(0, NULL, &tape);
  DN_NAME(dn_columns) columns = {.series = o->series, .stride = STEPS},
                      tangents = {.series = o->tangent, .stride = STEPS};
  DN_NAME(dn_network_result) result = {.columns = &columns, .tape = tape};
  const dn_run_options options = {.threads = threads};
  o->run = DN_NAME(dn_network_run)(1, &p, &result, &options, NULL);
  o->clamps = result.clamps;
  const DN_NAME(dn_columns_cotangent) cotangents = {.series = t->series, .stride = STEPS};
  const DN_NAME(dn_network_cotangent) d = {.columns = &cotangents,
                                           .final_state = t->column,
                                           .weights = o->cotangent.weights,
                                           .coupling = &o->cotangent.coupling,
                                           .parameters = cparameters,
                                           .sigma = o->cotangent.sigma,
                                           .initial = o->cotangent.initial,
                                           .history = o->cotangent.history,
                                           .history_stride = HISTORY};
  o->vjp = DN_NAME(dn_network_vjp)(1, &p, &tape, &d, &options, NULL);
  const DN_NAME(dn_network_tangent) v = {.weights = t->weights,
                                         .coupling = &t->coupling,
                                         .parameters = dparameters,
                                         .sigma = t->sigma,
                                         .initial = t->initial,
                                         .history = t->history,
                                         .history_stride = HISTORY,
                                         .columns = &tangents};
  o->jvp = DN_NAME(dn_network_jvp)(1, &p, &v, &options, NULL);
  dn_tape_destroy(tape);
}

// Relative to the largest of the array.
static void DN_NAME(near)(const char *what, const DN_REAL *got, const DN_REAL *expected, int count, double tolerance) {
  double largest = 0, worst = 0;
  int at = 0;
  for (int k = 0; k < count; k++) {
    largest = fmax(largest, fabs((double)expected[k]));
    const double error = fabs((double)got[k] - (double)expected[k]);
    if (!(error <= worst)) worst = error, at = k;
  }
  CHECK(worst <= tolerance * fmax(largest, 1e-3), "%s: element %d is %.17g, expected %.17g (largest %.3g)", what, at,
        (double)got[at], (double)expected[at], largest);
}

static void DN_NAME(test_native)(void) {
  static DN_NAME(arrays) a, t;
  static DN_NAME(outcome) own, text, again;
  for (int n = 0; n < dn_model_count(); n++) {
    const dn_model *m = dn_model_at(n);
    if (m->implementation->text) continue;
    dn_model *parsed = parse(m->text);
    if (!parsed) continue;
    DN_NAME(fill)(m, &a, 1, false);
    DN_NAME(fill)(m, &t, 2, true);
    for (size_t k = 0; k < sizeof SETTINGS / sizeof *SETTINGS; k++) {
      const setting *s = &SETTINGS[k];
      check_about("%s, setting %d", m->name, (int)k);
      dn_plan *plan = plan_of(s, DN_ISA_AUTO);
      DN_NAME(compute)(m, plan, s, &a, &t, 1, &own);
      DN_NAME(compute)(parsed, plan, s, &a, &t, 1, &text);
      CHECK_THAT(own.run == DN_OK && own.vjp == DN_OK && own.jvp == DN_OK);
      CHECK(text.run == DN_OK && text.vjp == DN_OK && text.jvp == DN_OK, "%s, %s, %s", dn_status_string(text.run),
            dn_status_string(text.vjp), dn_status_string(text.jvp));
      CHECK(own.clamps == text.clamps, "clamps: %lld, expected %lld", (long long)text.clamps, (long long)own.clamps);
      DN_NAME(near)("series", text.series, own.series, m->states * NODES * STEPS, AGREE);
      DN_NAME(near)("tangent", text.tangent, own.tangent, m->states * NODES * STEPS, AGREE);
      DN_NAME(near)("weights", text.cotangent.weights, own.cotangent.weights, EDGES, AGREE);
      DN_NAME(near)("coupling", &text.cotangent.coupling, &own.cotangent.coupling, 1, AGREE);
      for (int p = 0; p < m->parameters; p++)
        DN_NAME(near)(m->parameter[p].name, text.cotangent.parameters[p], own.cotangent.parameters[p], NODES, AGREE);
      DN_NAME(near)("sigma", text.cotangent.sigma, own.cotangent.sigma, m->states, AGREE);
      DN_NAME(near)("initial", text.cotangent.initial, own.cotangent.initial, m->states * NODES, AGREE);
      DN_NAME(near)("history", text.cotangent.history, own.cotangent.history, m->couplings * NODES * HISTORY, AGREE);
      dn_plan_destroy(plan);
      // The same bits on every instruction set and any number of threads.
      for (dn_isa isa = DN_ISA_BASE; isa <= DN_ISA_AVX512; isa++) {
        if (!dn_isa_available(isa)) continue;
        plan = plan_of(s, isa);
        DN_NAME(compute)(parsed, plan, s, &a, &t, isa == DN_ISA_BASE ? 3 : 1, &again);
        CHECK(memcmp(&again, &text, sizeof text) == 0, "bits of instruction set %s", dn_isa_name(isa));
        dn_plan_destroy(plan);
      }
    }
    dn_model_destroy(parsed);
  }
}

// ---- Derivatives of every model --------------------------------------------------------------------------------------

static double DN_NAME(dot)(const DN_REAL *a, const DN_REAL *b, int count) {
  double sum = 0;
  for (int k = 0; k < count; k++) sum += (double)a[k] * (double)b[k];
  return sum;
}

// Of two sets of inputs' derivatives.
static double DN_NAME(dot_inputs)(const dn_model *m, const DN_NAME(arrays) *a, const DN_NAME(arrays) *b) {
  double sum = DN_NAME(dot)(a->weights, b->weights, EDGES) + (double)a->coupling * (double)b->coupling +
               DN_NAME(dot)(a->sigma, b->sigma, m->states) + DN_NAME(dot)(a->initial, b->initial, m->states * NODES) +
               DN_NAME(dot)(a->history, b->history, m->couplings * NODES * HISTORY);
  for (int k = 0; k < m->parameters; k++) sum += DN_NAME(dot)(a->parameters[k], b->parameters[k], NODES);
  return sum;
}

// a + h t
static void DN_NAME(move)(const DN_NAME(arrays) *a, const DN_NAME(arrays) *t, double h, DN_NAME(arrays) *to) {
  const DN_REAL *from = (const DN_REAL *)a, *by = (const DN_REAL *)t;
  for (size_t k = 0; k < sizeof *to / sizeof(DN_REAL); k++)
    ((DN_REAL *)to)[k] = (DN_REAL)((double)from[k] + h * (double)by[k]);
}

static void DN_NAME(test_gradients)(void) {
  static DN_NAME(arrays) a, t, moved;
  static DN_NAME(outcome) o, plus, minus;
  const double h = 1e-5, tolerance = sizeof(DN_REAL) == 4 ? 2e-3 : 1e-10;
  for (int n = 0; n < dn_model_count(); n++) {
    const dn_model *m = dn_model_at(n);
    check_about("%s", m->name);
    if (!m->implementation->text) continue;
    if (!CHECK_THAT(m->states <= STATES_MAX && m->couplings <= COUPLINGS_MAX && m->parameters <= PARAMETERS_MAX))
      continue;
    DN_NAME(fill)(m, &a, 1, false);
    DN_NAME(fill)(m, &t, 2, true);
    // A direction in the sizes of parameters and states. Switches, which are 0 or 1, stay.
    for (int k = 0; k < m->parameters; k++)
      for (int i = 0; i < NODES; i++)
        if (m->parameter[k].lowest == 0 && m->parameter[k].highest == 1 && fmod(m->parameter[k].value, 1) == 0)
          t.parameters[k][i] = 0;
        else t.parameters[k][i] *= (DN_REAL)(1e-2 * fmax(fabs(m->parameter[k].value), 1e-3));
    for (int k = 0; k < m->states; k++)
      for (int i = 0; i < NODES; i++)
        t.initial[k * NODES + i] *= (DN_REAL)(1e-2 * fmax(m->state[k].initial_high - m->state[k].initial_low, 1e-3));
    t.coupling = (DN_REAL)0.01;
    for (size_t k = 0; k < sizeof SETTINGS / sizeof *SETTINGS; k++) {
      setting s = SETTINGS[k];
      check_about("%s, setting %d", m->name, (int)k);
      dn_plan *plan = plan_of(&s, DN_ISA_AUTO);
      s.time_step = step_of(m);
      DN_NAME(compute)(m, plan, &s, &a, &t, 1, &o);
      CHECK(o.run == DN_OK && o.vjp == DN_OK && o.jvp == DN_OK, "%s, %s, %s", dn_status_string(o.run),
            dn_status_string(o.vjp), dn_status_string(o.jvp));
      double outputs = DN_NAME(dot)(o.tangent, t.series, m->states * NODES * STEPS), size = 0;
      for (int i = 0; i < m->states * NODES; i++)
        outputs += (double)o.tangent[i * STEPS + STEPS - 1] * (double)t.column[i];
      for (int i = 0; i < m->states * NODES * STEPS; i++) size += fabs((double)o.tangent[i] * (double)t.series[i]);
      const double inputs = DN_NAME(dot_inputs)(m, &o.cotangent, &t);
      CHECK(fabs(outputs - inputs) <= tolerance * size, "<J t, c> = %.17g, <t, J' c> = %.17g, size %.3g", outputs,
            inputs, size);
      // Central differences, in double alone.
      if (sizeof(DN_REAL) == 8) {
        DN_NAME(move)(&a, &t, h, &moved);
        DN_NAME(compute)(m, plan, &s, &moved, &t, 1, &plus);
        DN_NAME(move)(&a, &t, -h, &moved);
        DN_NAME(compute)(m, plan, &s, &moved, &t, 1, &minus);
        double differences = 0;
        for (int i = 0; i < m->states * NODES * STEPS; i++)
          differences += ((double)plus.series[i] - (double)minus.series[i]) / (2 * h) * (double)t.series[i];
        for (int i = STEPS - 1; i < m->states * NODES * STEPS; i += STEPS)
          differences += ((double)plus.series[i] - (double)minus.series[i]) / (2 * h) * (double)t.column[i / STEPS];
        CHECK(fabs(differences - inputs) <= 1e-5 * size, "differences %.17g, gradient %.17g, size %.3g", differences,
              inputs, size);
      }
      dn_plan_destroy(plan);
    }
  }
}

// ---- Outputs --------------------------------------------------------------------------------------------------------

// Outputs, read by monitors of two kinds beside the states that they are made of.
static void DN_NAME(test_outputs)(void) {
  dn_model *m =
      parse("model m\nparameter k = 0.5\nstate x >= -2 from -1..1\nstate y from -1..1\ncoupling c of tanh(k*x)\n"
            "x' = y + c\ny' = -x - 0.1*y\noutput o = k*x*y\noutput x_again = x\n");
  if (!m) return;
  enum { N = 20, T = 60, EVERY = 4 };
  static DN_REAL weights[N * N], initial[2 * N], series[2][2 * N * T], tangent[2][2 * N * T], cotangent[2][2 * N * T];
  static const int32_t delays[N * N];
  const dn_network network = {.nodes = N, .edges = N * N, .history = 1, .delays = delays};
  dn_plan *plan = NULL;
  CHECK_THAT(dn_plan_create(&network, NULL, &plan, NULL) == DN_OK);
  DN_NAME(dn_random_uniform)(dn_key_create(1), 0, N * N, 0, (DN_REAL)0.1, weights);
  DN_NAME(dn_random_uniform)(dn_key_create(2), 0, 2 * N, -1, 1, initial);
  DN_NAME(dn_random_uniform)(dn_key_create(3), 0, 4 * N * T, -1, 1, cotangent[0]);
  const int32_t all[] = {0, 1}, outputs[] = {2, 3};
  const int64_t everies[] = {1, EVERY};
  for (int kind = 0; kind < 2; kind++)
    for (int e = 0; e < 2; e++) {
      check_about("kind %d every %d", kind, (int)everies[e]);
      const dn_monitor_kind which = kind ? DN_MONITOR_AVERAGE : DN_MONITOR_SUBSAMPLE;
      const ptrdiff_t columns = T / everies[e];
      const dn_monitor monitors[] = {{.kind = which, .every = everies[e], .states = all, .state_count = 2},
                                     {.kind = which, .every = everies[e], .states = outputs, .state_count = 2}};
      DN_REAL k_value = (DN_REAL)0.5, dk = 0, tk = 1, dinitial[2 * N] = {0}, tinitial[2 * N];
      for (int i = 0; i < 2 * N; i++) tinitial[i] = cotangent[1][i];
      const DN_NAME(dn_parameter) parameter = {.values = &k_value, .count = 1};
      const DN_NAME(dn_network_primal) p = {.plan = plan,
                                            .model = m,
                                            .time_step = 0.1,
                                            .weights = weights,
                                            .coupling = 1,
                                            .parameters = &parameter,
                                            .initial = initial,
                                            .steps = T,
                                            .monitors = monitors,
                                            .monitor_count = 2};
      DN_NAME(dn_columns)
      to[] = {{.series = series[0], .stride = columns}, {.series = series[1], .stride = columns}},
      dto[] = {{.series = tangent[0], .stride = columns}, {.series = tangent[1], .stride = columns}};
      dn_tape *tape = NULL;
      CHECK_THAT(dn_tape_create(0, NULL, &tape) == DN_OK);
      DN_NAME(dn_network_result) result = {.columns = to, .tape = tape};
      CHECK_THAT(DN_NAME(dn_network_run)(1, &p, &result, NULL, NULL) == DN_OK);
      const int rows = (int)(N * columns);
      CHECK(memcmp(series[1] + rows, series[0], (size_t)rows * sizeof(DN_REAL)) == 0, "an output that is a state");
      for (int i = 0; i < rows && which == DN_MONITOR_SUBSAMPLE; i++) {
        const double expected = 0.5 * (double)series[0][i] * (double)series[0][rows + i];
        CHECK(fabs((double)series[1][i] - expected) <= 1e-6, "output %d is %.17g, expected %.17g", i,
              (double)series[1][i], expected);
      }
      DN_REAL *dparameters[] = {&dk};
      const DN_REAL *tparameters[] = {&tk};
      const DN_NAME(dn_columns_cotangent) cot[] = {{.series = cotangent[0], .stride = columns},
                                                   {.series = cotangent[1], .stride = columns}};
      const DN_NAME(dn_network_cotangent) d = {.columns = cot, .parameters = dparameters, .initial = dinitial};
      CHECK_THAT(DN_NAME(dn_network_vjp)(1, &p, &tape, &d, NULL, NULL) == DN_OK);
      const DN_NAME(dn_network_tangent) v = {.parameters = tparameters, .initial = tinitial, .columns = dto};
      CHECK_THAT(DN_NAME(dn_network_jvp)(1, &p, &v, NULL, NULL) == DN_OK);
      const double forwards =
          DN_NAME(dot)(tangent[0], cotangent[0], 2 * rows) + DN_NAME(dot)(tangent[1], cotangent[1], 2 * rows);
      const double backwards = (double)dk + DN_NAME(dot)(dinitial, tinitial, 2 * N);
      CHECK(fabs(forwards - backwards) <= (sizeof(DN_REAL) == 4 ? 1e-4 : 1e-11) * fmax(fabs(forwards), 1),
            "%.17g, %.17g", forwards, backwards);
      CHECK_THAT(dk != 0);
      dn_tape_destroy(tape);
    }
  // Behind the outputs there is nothing.
  check_about("no such output");
  const int32_t behind = 4;
  const dn_monitor monitor = {.kind = DN_MONITOR_SUBSAMPLE, .states = &behind, .state_count = 1};
  const DN_NAME(dn_network_primal) p = {.plan = plan,
                                        .model = m,
                                        .time_step = 0.1,
                                        .weights = weights,
                                        .initial = initial,
                                        .steps = T,
                                        .monitors = &monitor,
                                        .monitor_count = 1};
  DN_NAME(dn_network_result) result = {0};
  CHECK_THAT(DN_NAME(dn_network_run)(1, &p, &result, NULL, NULL) == DN_BAD_OPTION);
  dn_plan_destroy(plan);
  dn_model_destroy(m);
}

// ---- Functions: values and derivatives ----------------------------------------------------------------------------------

// f(x) and f'(x) of an expression of x at many points: an output of a model that stands still.
static void DN_NAME(evaluate)(const char *expression, const DN_REAL *x, int count, DN_REAL *value, DN_REAL *slope) {
  char text[400];
  snprintf(text, sizeof text, "model f\nstate x from 0..1\ncoupling c of x\nx' = 0*c\noutput f = %s\n", expression);
  dn_model *m = parse(text);
  if (!m) return;
  const dn_network network = {.nodes = count};
  dn_plan *plan = NULL;
  dn_tape *tape = NULL;
  CHECK_THAT(dn_plan_create(&network, NULL, &plan, NULL) == DN_OK && dn_tape_create(0, NULL, &tape) == DN_OK);
  const int32_t output = 1;
  const dn_monitor monitor = {.kind = DN_MONITOR_SUBSAMPLE, .states = &output, .state_count = 1};
  const DN_NAME(dn_network_primal) p = {
      .plan = plan, .model = m, .time_step = 1, .initial = x, .steps = 1, .monitors = &monitor, .monitor_count = 1};
  DN_NAME(dn_columns) to = {.series = value, .stride = 1};
  DN_NAME(dn_network_result) result = {.columns = &to, .tape = tape};
  CHECK_THAT(DN_NAME(dn_network_run)(1, &p, &result, NULL, NULL) == DN_OK);
  static DN_REAL ones[POINTS];
  for (int i = 0; i < count; i++) ones[i] = 1, slope[i] = 0;
  const DN_NAME(dn_columns_cotangent) cotangent = {.series = ones, .stride = 1};
  const DN_NAME(dn_network_cotangent) d = {.columns = &cotangent, .initial = slope};
  const dn_status status = DN_NAME(dn_network_vjp)(1, &p, &tape, &d, NULL, NULL);
  CHECK(status == DN_OK, "%s: %s", expression, dn_status_string(status));
  dn_tape_destroy(tape);
  dn_plan_destroy(plan);
  dn_model_destroy(m);
}

static double DN_NAME(off)(DN_REAL got, long double expected, double scale) {
  const double epsilon = sizeof(DN_REAL) == 4 ? 0x1p-23 : 0x1p-52;
  if ((long double)got == expected) return 0;
  return (double)(fabsl((long double)got - expected) / fmaxl(fabsl(expected), (long double)scale)) / epsilon;
}

static void DN_NAME(test_functions)(void) {
  static DN_REAL x[POINTS], value[POINTS], slope[POINTS];
  for (size_t k = 0; k < sizeof TRIALS / sizeof *TRIALS; k++) {
    const trial *t = &TRIALS[k];
    check_about("%s", t->text);
    DN_NAME(dn_random_uniform)(dn_key_create(k), 0, POINTS, (DN_REAL)t->low, (DN_REAL)t->high, x);
    DN_NAME(evaluate)(t->text, x, POINTS, value, slope);
    double worst = 0, worst_slope = 0;
    for (int i = 0; i < POINTS; i++) {
      worst = fmax(worst, DN_NAME(off)(value[i], t->value((long double)x[i]), t->scale));
      worst_slope = fmax(worst_slope, DN_NAME(off)(slope[i], t->slope((long double)x[i]), t->scale));
    }
    CHECK(worst <= t->ulp, "the value is %.1f ulp off", worst);
    CHECK(worst_slope <= t->slope_ulp, "the derivative is %.1f ulp off", worst_slope);
  }
  for (size_t k = 0; k < sizeof POINTS_AT / sizeof *POINTS_AT; k++) {
    check_about("%s at %g", POINTS_AT[k].text, POINTS_AT[k].at);
    const DN_REAL at = (DN_REAL)POINTS_AT[k].at;
    DN_REAL f = 0, df = 0;
    DN_NAME(evaluate)(POINTS_AT[k].text, &at, 1, &f, &df);
    CHECK((double)f == POINTS_AT[k].value && (double)df == POINTS_AT[k].slope, "%g with slope %g, expected %g with %g",
          (double)f, (double)df, POINTS_AT[k].value, POINTS_AT[k].slope);
  }
}
