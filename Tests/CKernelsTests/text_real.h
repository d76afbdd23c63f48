// Included by text_test.c for each DN_REAL: runs of models from text beside those of the same models' own kernels.

#define AGREE (sizeof(DN_REAL) == 4 ? 2e-4 : 1e-9)

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
      setting shorter = *s;
      shorter.time_step = m->parameter == NULL ? 0.1 : s->time_step;
      DN_NAME(compute)(m, plan, &shorter, &a, &t, 1, &own);
      DN_NAME(compute)(parsed, plan, &shorter, &a, &t, 1, &text);
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
        DN_NAME(compute)(parsed, plan, &shorter, &a, &t, isa == DN_ISA_BASE ? 3 : 1, &again);
        CHECK(memcmp(&again, &text, sizeof text) == 0, "bits of instruction set %s", dn_isa_name(isa));
        dn_plan_destroy(plan);
      }
    }
    dn_model_destroy(parsed);
  }
}
