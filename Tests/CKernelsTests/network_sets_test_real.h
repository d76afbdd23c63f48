// The tests of network_sets_test.c for one precision.

static DN_NAME(net_trial) DN_NAME(sets_trial)(int m, int v, const network *net, bool fractional, const dn_plan *plan,
                                              ptrdiff_t steps, layout how) {
  net_setup setup = net_setup_of(v, steps);
  setup.sets = true;
  setup.first_step = 3 * (m % 3);
  setup.every = m % 2 ? 5 : 1;
  DN_NAME(net_trial)
  t = DN_NAME(net_trial_make)(&ref_models[m], net, fractional, &setup, 31 + (uint64_t)m, how);
  t.plan = plan;
  t.drawn = v % 2;
  return t;
}

static double DN_NAME(grid_apart)(const DN_NAME(grid) *a, const double *b, double *size) {
  double worst = 0;
  *size = 0;
  for (ptrdiff_t i = 0; i < a->rows; i++)
    for (ptrdiff_t k = 0; k < a->columns; k++) {
      worst = worse_of(worst, fabs((double)a->at[i * a->stride + k] - b[i * a->columns + k]));
      *size = fmax(*size, fabs(b[i * a->columns + k]));
    }
  return worst;
}

// <u, J v> and <J^T u, v> of the parts that have tangents; `size` is that of their terms, as of rounding errors.
static void DN_NAME(check_products)(const DN_NAME(net_trial) *t, const char *what) {
  double left = 0, right = 0, size = 0, other = 0;
#define ADD(sum, of, a, b)                                                                             \
  for (ptrdiff_t i = 0; i < (a)->rows; i++)                                                            \
    for (ptrdiff_t k = 0; k < (a)->columns; k++) {                                                     \
      const double term = (double)(a)->at[i * (a)->stride + k] * (double)(b)->at[i * (b)->stride + k]; \
      sum += term;                                                                                     \
      of += fabs(term);                                                                                \
    }
  ADD(left, size, &t->cot_series, &t->tan_series)
  for (int part = 0; part < REF_PARTS; part++)
    if (t->tangents & NET_BIT(part)) ADD(right, other, &t->cot[part], &t->tan[part])
#undef ADD
  size = fmax(size, other);
  CHECK(fabs(left - right) <= (sizeof(DN_REAL) == 8 ? 1e-12 : 2e-5) * size, "%s: %.17g and %.17g, size %g", what, left,
        right, size);
}

// Series, carry and tangent against the plain double loop; the cotangents against the tangents, all together, those of the
// weights alone, and of one set alone.
static void DN_NAME(reference)(void) {
  EACH_MODEL
  for (int n = 0; n < 2 * NET_NAMES; n++) {
    const bool fractional = n % 2;
    network net = network_of(net_names[n / 2], fractional);
    dn_plan *plan = plan_make(&net, NULL);
    DN_NAME(net_trial) t = DN_NAME(sets_trial)(m, v, &net, fractional, plan, 20 + 13 * ((m + n) % 5), (layout){0});
    check_about("%s, %s, %s%s", ref_models[m].name, net_variants[v].name, net_names[n / 2],
                fractional ? ", fractional" : "");
    if (t.drawn)
      CHECK_STATUS(DN_NAME(dn_network_noise)(t.key, 0, ref_models[m].states, net.nodes, t.q.first_step, t.q.steps,
                                             t.in[REF_NOISE].at),
                   DN_OK);
    t.hide_final = true;
    const unsigned all = t.tangents;
    DN_NAME(net_trial_call_all)(&t, NULL);
    ref_result want = DN_NAME(net_reference)(&t);
    double size, worst = DN_NAME(grid_apart)(&t.series, want.series, &size);
    CHECK(worst <= (sizeof(DN_REAL) == 8 ? 2e-12 : 1e-4) * (size + 1e-3), "series off by %g of %g", worst, size);
    worst = DN_NAME(grid_apart)(&t.next_initial, want.final, &size);
    CHECK(worst <= (sizeof(DN_REAL) == 8 ? 2e-12 : 1e-4) * (size + 1e-3), "final state off by %g of %g", worst, size);
    worst = DN_NAME(grid_apart)(&t.tan_series, want.series_tangent, &size);
    CHECK(worst <= (sizeof(DN_REAL) == 8 ? 1e-11 : 1e-3) * size, "tangent off by %g of %g", worst, size);
    ref_result_free(&want);
    DN_NAME(check_products)(&t, "everything");

    t.tangents = t.cotangents = all & (NET_BIT(REF_WEIGHTS) | NET_BIT(REF_DELAYS));
    DN_NAME(net_trial_call_all)(&t, NULL);
    DN_NAME(check_products)(&t, "weights and delays");
    t.tangents = t.cotangents = NET_BIT(REF_WEIGHTS);
    const ptrdiff_t E = t.in[REF_WEIGHTS].columns / t.q.sets;
    for (int set = 0; set < t.q.sets; set++) {
      DN_NAME(grid) kept = DN_NAME(grid_make)(1, t.tan[REF_WEIGHTS].columns, (layout){0});
      DN_NAME(grid_copy)(&kept, &t.tan[REF_WEIGHTS], 0);
      for (ptrdiff_t k = 0; k < kept.columns; k++)
        if (k / E != set) t.tan[REF_WEIGHTS].at[k] = 0;
      DN_NAME(net_trial_call_all)(&t, NULL);
      DN_NAME(check_products)(&t, set ? "weights of set 1" : "weights of set 0");
      DN_NAME(grid_copy)(&t.tan[REF_WEIGHTS], &kept, 0);
      DN_NAME(grid_free)(&kept);
    }
    CHECK_THAT(DN_NAME(net_trial_intact)(&t));
    DN_NAME(net_trial_free)(&t);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// Equal sets have the bits of one that is shared. Its cotangent is the sum of theirs, to rounding; so are the delays'.
static void DN_NAME(equal)(void) {
  EACH_MODEL
  for (int n = 0; n < 2 * NET_NAMES; n++) {
    const bool fractional = n % 2;
    network net = network_of(net_names[n / 2], fractional);
    dn_plan *plan = plan_make(&net, NULL);
    net_setup setup = net_setup_of(v, 50);
    check_about("%s, %s, %s%s", ref_models[m].name, net_variants[v].name, net_names[n / 2],
                fractional ? ", fractional" : "");
    DN_NAME(net_trial) one = DN_NAME(net_trial_make)(&ref_models[m], &net, fractional, &setup, 31, (layout){0});
    setup.sets = true;
    DN_NAME(net_trial) t = DN_NAME(net_trial_make)(&ref_models[m], &net, fractional, &setup, 31, (layout){0});
    t.plan = one.plan = plan;
    const ptrdiff_t E = one.in[REF_WEIGHTS].columns;
    CHECK_THAT(t.in[REF_WEIGHTS].columns == t.q.sets * E);
    for (int part = 0; part < REF_PARTS; part++) {
      if (part == REF_WEIGHTS) continue;
      DN_NAME(grid_copy)(&t.in[part], &one.in[part], 0);
      DN_NAME(grid_copy)(&t.tan[part], &one.tan[part], 0);
    }
    for (ptrdiff_t k = 0; k < t.q.sets * E; k++) {
      t.in[REF_WEIGHTS].at[k] = one.in[REF_WEIGHTS].at[k % E];
      t.tan[REF_WEIGHTS].at[k] = one.tan[REF_WEIGHTS].at[k % E];
    }
    DN_NAME(net_trial_call_all)(&one, NULL);
    DN_NAME(net_trial_call_all)(&t, NULL);
    CHECK_THAT(DN_NAME(grid_same)(&t.series, &one.series));
    CHECK_THAT(DN_NAME(grid_same)(&t.next_initial, &one.next_initial));
    CHECK_THAT(DN_NAME(grid_same)(&t.next_history, &one.next_history));
    CHECK_THAT(DN_NAME(grid_same)(&t.tan_series, &one.tan_series));
    for (int part = REF_COUPLING; part < REF_PARTS; part++)
      CHECK(DN_NAME(grid_same)(&t.cot[part], &one.cot[part]), "cotangent of %s", ref_part_names[part]);
    double worst = 0, size = 0;
    for (ptrdiff_t e = 0; e < E; e++) {
      double sum = 0;
      for (int set = 0; set < t.q.sets; set++) {
        sum += (double)t.cot[REF_WEIGHTS].at[set * E + e];
        size = fmax(size, fabs((double)t.cot[REF_WEIGHTS].at[set * E + e]));
      }
      worst = worse_of(worst, fabs(sum - (double)one.cot[REF_WEIGHTS].at[e]));
    }
    CHECK(worst <= (sizeof(DN_REAL) == 8 ? 1e-13 : 1e-4) * size, "weights off by %g of %g", worst, size);
    CHECK(E == 0 || size > 0, "no cotangent of weights");
    worst = 0;
    for (ptrdiff_t e = 0; e < E && fractional; e++)
      worst = worse_of(worst, fabs((double)t.cot[REF_DELAYS].at[e] - (double)one.cot[REF_DELAYS].at[e]));
    CHECK(worst <= (sizeof(DN_REAL) == 8 ? 1e-13 : 1e-4) * size, "delays off by %g of %g", worst, size);

    // A set that is said to be one is no more than none: the same bits, the same memory, and its tape is taken.
    DN_NAME(dn_network_primal) primal = DN_NAME(net_trial_primal)(&one);
    size_t everything[3], least[3];
    const int32_t counts[] = {0, 1, t.q.sets};
    for (int k = 0; k < 3; k++) {
      if (k == 2) primal.weights = t.in[REF_WEIGHTS].at;
      primal.weight_sets = counts[k];
      CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(&primal, &everything[k], &least[k]), DN_OK);
    }
    CHECK_THAT(everything[0] == everything[1] && least[0] == least[1]);
    CHECK_THAT(everything[2] >= everything[0] && least[2] >= least[0]);
    primal.weights = one.in[REF_WEIGHTS].at;
    primal.weight_sets = 1;
    uint64_t hash[2] = {FNV_START, FNV_START};
    for (int k = 0; k < 2; k++) {
      if (k) {
        DN_NAME(net_trial_reset)(&one, 0);
        DN_NAME(dn_network_cotangent) d = DN_NAME(net_trial_cotangent)(&one);
        CHECK_STATUS(DN_NAME(dn_network_vjp)(1, &primal, &one.tape, &d, NULL, NULL), DN_OK);
      }
      for (int part = 0; part < REF_PARTS; part++) hash[k] = DN_NAME(grid_hash)(&one.cot[part], hash[k]);
    }
    CHECK_THAT(hash[0] == hash[1]);
    CHECK_THAT(DN_NAME(net_trial_intact)(&t));
    DN_NAME(net_trial_free)(&t);
    DN_NAME(net_trial_free)(&one);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// A coupling variable that adds nothing: its set changes no bit, and has a cotangent of exactly zero.
static void DN_NAME(idle)(void) {
  for (int v = 0; v < NET_VARIANTS; v++)
    for (int n = 1; n < NET_NAMES; n++) {
      network net = network_of(net_names[n], n % 2);
      dn_plan *plan = plan_make(&net, NULL);
      net_setup setup = net_setup_of(v, 80);
      setup.parameters = PARAMETERS_DEFAULT;  // cv is 0
      check_about("%s, %s", net_variants[v].name, net_names[n]);
      DN_NAME(net_trial)
      one = DN_NAME(net_trial_make)(ref_model_find("mpr"), &net, n % 2, &setup, 31, (layout){0});
      setup.sets = true;
      DN_NAME(net_trial) t = DN_NAME(net_trial_make)(ref_model_find("mpr"), &net, n % 2, &setup, 31, (layout){0});
      t.plan = one.plan = plan;
      for (int part = 0; part < REF_PARTS; part++)
        if (part != REF_WEIGHTS) DN_NAME(grid_copy)(&t.in[part], &one.in[part], 0);
      DN_NAME(net_trial_call_all)(&one, NULL);
      DN_NAME(net_trial_call_all)(&t, NULL);
      CHECK_THAT(DN_NAME(grid_same)(&t.series, &one.series));
      const ptrdiff_t E = one.in[REF_WEIGHTS].columns;
      const DN_REAL *got = t.cot[REF_WEIGHTS].at, *want = one.cot[REF_WEIGHTS].at;
      CHECK_THAT(memcmp(got, want, (size_t)E * sizeof *got) == 0);
      bool zero = true, moves = false;
      for (ptrdiff_t e = 0; e < E; e++) {
        zero &= got[E + e] == 0;
        moves |= got[e] != 0;
      }
      CHECK_THAT(zero && moves);
      DN_NAME(net_trial_free)(&t);
      DN_NAME(net_trial_free)(&one);
      dn_plan_destroy(plan);
      network_free(&net);
    }
}

static void DN_NAME(isas)(void) {
  static const char *const names[] = {"84 nodes, 700 edges 0, 1, 2, 7, 8", "17 nodes, all zero",
                                      "17 nodes, 90 edges, powers", "17 nodes 0..40"};
  EACH_MODEL
  for (int s = 0; s < 4; s++) {
    const bool fractional = (m + v + s) % 2;
    network net = network_of(names[s], fractional);
    dn_plan *base = plan_make(&net, &(dn_plan_options){.isa = DN_ISA_BASE});
    DN_NAME(net_trial) slow = DN_NAME(sets_trial)(m, v, &net, fractional, base, 90, (layout){0});
    DN_NAME(net_trial_call_all)(&slow, NULL);
    for (int isa = DN_ISA_AUTO; isa <= DN_ISA_AVX512; isa++) {
      if (!dn_isa_available((dn_isa)isa)) continue;
      dn_plan *plan = plan_make(&net, &(dn_plan_options){.isa = (dn_isa)isa});
      check_about("%s, %s, %s, %s", ref_models[m].name, net_variants[v].name, names[s], dn_isa_name((dn_isa)isa));
      DN_NAME(net_trial) fast = DN_NAME(sets_trial)(m, v, &net, fractional, plan, 90, (layout){0});
      DN_NAME(net_trial_call_all)(&fast, NULL);
      CHECK_THAT(DN_NAME(net_trial_same)(&slow, &fast));
      DN_NAME(net_trial_free)(&fast);
      dn_plan_destroy(plan);
    }
    DN_NAME(net_trial_free)(&slow);
    dn_plan_destroy(base);
    network_free(&net);
  }
}

// One run shared by several threads, with the whole tape and with the least.
static void DN_NAME(teams)(void) {
  static const char *const names[] = {"84 nodes, 700 edges 0, 1, 2, 7, 8", "84 nodes, 700 edges 16..40",
                                      "17 nodes, all zero", "17 nodes, 60 edges 0..40"};
  EACH_MODEL
  for (int s = 0; s < 4; s++) {
    const bool fractional = (m + v + s) % 2;
    network net = network_of(names[s], fractional);
    dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = s == 1 ? 32 : 0});
    plan->work_a_thread = 1;
    DN_NAME(net_trial) alone = DN_NAME(sets_trial)(m, v, &net, fractional, plan, 90, (layout){0});
    DN_NAME(net_trial_call_all)(&alone, &(dn_run_options){.threads = 1});
    const DN_NAME(dn_network_primal) primal = DN_NAME(net_trial_primal)(&alone);
    size_t everything, least;
    CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(&primal, &everything, &least), DN_OK);
    for (int threads = 2; threads <= 5; threads += 1 + (m + v) % 3) {
      check_about("%s, %s, %s, %d threads", ref_models[m].name, net_variants[v].name, names[s], threads);
      DN_NAME(net_trial) team = DN_NAME(sets_trial)(m, v, &net, fractional, plan, 90, (layout){0});
      DN_NAME(net_trial_record)(&team, threads % 2 ? least : 0);
      DN_NAME(net_trial_call_all)(&team, &(dn_run_options){.threads = threads});
      CHECK_THAT(DN_NAME(net_trial_same)(&alone, &team));
      DN_NAME(net_trial_free)(&team);
    }
    DN_NAME(net_trial_free)(&alone);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// Tapes from the least to everything, and runs with shared weights beside those with their own in one call.
static void DN_NAME(budgets)(void) {
  EACH_MODEL {
    const bool fractional = (m + v) % 2;
    network net = network_of("3 nodes 0..40", fractional);
    dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 16});
    DN_NAME(net_trial) whole = DN_NAME(sets_trial)(m, v, &net, fractional, plan, 400, (layout){0});
    DN_NAME(net_trial_call_all)(&whole, NULL);
    const DN_NAME(dn_network_primal) primal = DN_NAME(net_trial_primal)(&whole);
    size_t everything, least;
    CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(&primal, &everything, &least), DN_OK);
    int32_t levels = 0;
    for (int b = 0; b < 4; b++) {
      const size_t budget = least + (everything - least) / 64 * (size_t)(b < 3 ? b * b : 64);
      check_about("%s, %s, budget %d", ref_models[m].name, net_variants[v].name, b);
      DN_NAME(net_trial) t[2];
      net_setup setup = net_setup_of((v + 1) % NET_VARIANTS, 300);
      t[0] = DN_NAME(sets_trial)(m, v, &net, fractional, plan, 400, (layout){0});
      t[1] = DN_NAME(net_trial_make)(&ref_models[m], &net, fractional, &setup, 7, (layout){0});
      t[1].plan = plan;
      DN_NAME(net_trial_record)(&t[0], budget);
      DN_NAME(net_trial_record)(&t[1], 0);
      for (int k = 0; k < ENTRY_COUNT; k++)
        CHECK_STATUS(DN_NAME(net_trials_call)((entry)k, 2, t, &(dn_run_options){.threads = 2}, NULL), DN_OK);
      CHECK_THAT(DN_NAME(net_trial_same)(&whole, &t[0]));
      dn_tape_report report;
      dn_tape_describe(t[0].tape, &report);
      CHECK_THAT(report.bytes <= budget);
      if (report.levels > levels) levels = report.levels;
      for (int r = 0; r < 2; r++) DN_NAME(net_trial_free)(&t[r]);
    }
    CHECK(levels >= 1, "%d levels at most", levels);
    DN_NAME(net_trial_free)(&whole);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// Two chunks have the bits of one run.
static void DN_NAME(chunks)(void) {
  EACH_MODEL
  for (int n = 0; n < NET_NAMES; n++) {
    const bool fractional = (m + v + n) % 2;
    network net = network_of(net_names[n], fractional);
    dn_plan *plan = plan_make(&net, NULL);
    check_about("%s, %s, %s", ref_models[m].name, net_variants[v].name, net_names[n]);
    DN_NAME(net_trial) whole = DN_NAME(sets_trial)(m, v, &net, fractional, plan, 70, (layout){0});
    DN_NAME(net_trial) t = DN_NAME(sets_trial)(m, v, &net, fractional, plan, 70, (layout){0});
    CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &whole, NULL), DN_OK);
    DN_NAME(dn_network_primal) first = DN_NAME(net_trial_primal)(&t);
    t.result = DN_NAME(net_trial_result)(&t);
    first.steps = 23;
    CHECK_STATUS(DN_NAME(dn_network_run)(1, &first, &t.result, NULL, NULL), DN_OK);
    DN_NAME(net_trial_finish)(&t, &whole);
    DN_NAME(net_trial_free)(&t);
    DN_NAME(net_trial_free)(&whole);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

static void DN_NAME(layouts)(void) {
  EACH_MODEL {
    const bool fractional = (m + v) % 2;
    network net = network_of(v % 2 ? "17 nodes 0..40" : "1 node, 9 edges 0..20", fractional);
    dn_plan *plan = plan_make(&net, NULL);
    DN_NAME(net_trial) plain = DN_NAME(sets_trial)(m, v, &net, fractional, plan, 50, (layout){0});
    DN_NAME(net_trial) t = DN_NAME(sets_trial)(m, v, &net, fractional, plan, 50, (layout){3, 1, false});
    check_about("%s, %s", ref_models[m].name, net_variants[v].name);
    DN_NAME(net_trial_call_all)(&plain, NULL);
    DN_NAME(net_trial_call_all)(&t, NULL);
    CHECK_THAT(DN_NAME(net_trial_same)(&plain, &t));
    CHECK_THAT(DN_NAME(net_trial_intact)(&t));
    DN_NAME(net_trial_free)(&plain);
    DN_NAME(net_trial_free)(&t);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// Numbers of sets that are neither one nor the model's, tapes of another number, and weights that are not finite.
static void DN_NAME(refused)(void) {
  static const char *const models[] = {"linear", "kuramoto"};
  for (int n = 0; n < 2; n++) {
    const ref_model *model = ref_model_find(models[n]);
    const int32_t C = model->couplings, bad[] = {-1, INT32_MIN, C + 1, C + 2, INT32_MAX};
    network net = network_of("3 nodes 0..40", false);
    dn_plan *plan = plan_make(&net, NULL);
    net_setup setup = net_setup_of(0, 30);
    setup.sets = true;
    check_about("%s", model->name);
    DN_NAME(net_trial) t = DN_NAME(net_trial_make)(model, &net, false, &setup, 5, (layout){0});
    t.plan = plan;
    DN_NAME(net_trial_record)(&t, 0);
    DN_NAME(net_trial_call_all)(&t, NULL);
    DN_NAME(dn_network_primal) primal = DN_NAME(net_trial_primal)(&t);
    DN_NAME(dn_network_tangent) tangent = DN_NAME(net_trial_tangent)(&t);
    DN_NAME(dn_network_cotangent) cotangent = DN_NAME(net_trial_cotangent)(&t);
    DN_NAME(dn_network_result) result = DN_NAME(net_trial_result)(&t);
    result.tape = NULL;
    dn_place place;
#define EACH_CALL(want)                                                            \
  CHECK_STATUS(DN_NAME(dn_network_run)(1, &primal, &result, NULL, &place), want);  \
  CHECK_STATUS(DN_NAME(dn_network_jvp)(1, &primal, &tangent, NULL, &place), want); \
  CHECK_STATUS(DN_NAME(dn_network_vjp)(1, &primal, &t.tape, &cotangent, NULL, &place), want)
    for (int k = 0; k < 5; k++) {
      primal.weight_sets = bad[k];
      size_t bytes;
      EACH_CALL(DN_BAD_SIZE);
      CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(&primal, &bytes, &bytes), DN_BAD_SIZE);
    }
    primal.weight_sets = C;
    EACH_CALL(DN_OK);
    const DN_REAL *weights = primal.weights;
    primal.weights = NULL;
    EACH_CALL(DN_NULL_POINTER);
    primal.weights = weights;
    // A cotangent that lies in the last set's weights.
    DN_REAL *initial = cotangent.initial;
    cotangent.initial = t.in[REF_WEIGHTS].at + C * net.edges - 1;
    CHECK_STATUS(DN_NAME(dn_network_vjp)(1, &primal, &t.tape, &cotangent, NULL, &place), DN_OVERLAP);
    cotangent.initial = initial;
    // The tape knows how many there were.
    primal.weight_sets = 0;
    CHECK_STATUS(DN_NAME(dn_network_vjp)(1, &primal, &t.tape, &cotangent, NULL, &place), C > 1 ? DN_BAD_TAPE : DN_OK);
    primal.weight_sets = C;
    for (ptrdiff_t k = 4; k < C * net.edges; k += net.edges) {
      const DN_REAL kept = t.in[REF_WEIGHTS].at[k];
      t.in[REF_WEIGHTS].at[k] = k == 4 ? (DN_REAL)NAN : (DN_REAL)INFINITY;
      EACH_CALL(DN_NOT_FINITE_WEIGHT);
      CHECK(place.edge == 4, "edge %td", place.edge);
      t.in[REF_WEIGHTS].at[k] = kept;
    }
#undef EACH_CALL
    DN_NAME(net_trial_free)(&t);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}
