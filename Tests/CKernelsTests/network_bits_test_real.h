// The tests of network_bits_test.c for one precision.
#define EACH_MODEL                          \
  for (int m = 0; m < ref_model_count; m++) \
    for (int v = 0; v < NET_VARIANTS; v++)

static DN_NAME(net_trial) DN_NAME(trial_of)(int m, int v, const network *net, bool fractional, const dn_plan *plan,
                                            ptrdiff_t steps, layout how) {
  net_setup setup = net_setup_of(v, steps);
  setup.first_step = 3 * (m % 3);
  setup.every = m % 2 ? 5 : 1;
  setup.monitor = v % 2 ? DN_MONITOR_AVERAGE : DN_MONITOR_SUBSAMPLE;
  setup.rough = m % 2;
  DN_NAME(net_trial)
  t = DN_NAME(net_trial_make)(&ref_models[m], net, fractional, &setup, 31 + (uint64_t)m, how);
  t.plan = plan;
  t.drawn = v != 1;
  t.member = (uint64_t)m;
  return t;
}

static void DN_NAME(isas)(void) {
  static const char *const names[] = {"3 nodes 0..40", "17 nodes, all zero", "17 nodes, 90 edges, powers",
                                      "84 nodes, 700 edges 0, 1, 2, 7, 8"};
  EACH_MODEL
  for (int s = 0; s < 4; s++) {
    const bool fractional = (m + v + s) % 2;
    network net = network_of(names[s], fractional);
    dn_plan *base = plan_make(&net, &(dn_plan_options){.isa = DN_ISA_BASE});
    DN_NAME(net_trial) slow = DN_NAME(trial_of)(m, v, &net, fractional, base, 140, (layout){0});
    DN_NAME(net_trial_call_all)(&slow, NULL);
    for (int isa = DN_ISA_AUTO; isa <= DN_ISA_AVX512; isa++) {
      if (!dn_isa_available((dn_isa)isa)) continue;
      dn_plan *plan = plan_make(&net, &(dn_plan_options){.isa = (dn_isa)isa});
      check_about("%s, %s, %s, %s", ref_models[m].name, net_variants[v].name, names[s], dn_isa_name((dn_isa)isa));
      DN_NAME(net_trial) fast = DN_NAME(trial_of)(m, v, &net, fractional, plan, 140, (layout){0});
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

// Rows far apart, and pointers aligned to an element and no more.
static void DN_NAME(layouts)(void) {
  const layout layouts[] = {{0, 1, false}, {3, 0, false}, {65, 3, false}};
  EACH_MODEL {
    const bool fractional = (m + v) % 2;
    network net = network_of(v % 2 ? "17 nodes 0..40" : "3 nodes 0..40", fractional);
    dn_plan *plan = plan_make(&net, NULL);
    DN_NAME(net_trial) plain = DN_NAME(trial_of)(m, v, &net, fractional, plan, 50, (layout){0});
    DN_NAME(net_trial_call_all)(&plain, NULL);
    for (int l = 0; l < 3; l++) {
      check_about("%s, %s, gap %td, offset %td", ref_models[m].name, net_variants[v].name, layouts[l].gap,
                  layouts[l].offset);
      DN_NAME(net_trial) t = DN_NAME(trial_of)(m, v, &net, fractional, plan, 50, layouts[l]);
      DN_NAME(net_trial_call_all)(&t, NULL);
      CHECK_THAT(DN_NAME(net_trial_same)(&plain, &t));
      CHECK_THAT(DN_NAME(net_trial_intact)(&t));
      DN_NAME(net_trial_free)(&t);
    }
    DN_NAME(net_trial_free)(&plain);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// Tapes from everything to the least, over runs that take up to several levels of checkpoints, each tape
// recorded twice.
static void DN_NAME(budgets)(void) {
  const ptrdiff_t lengths[] = {1, 16, 17, 700};
  int32_t levels = 0;
  EACH_MODEL
  for (int n = 0; n < 4; n++) {
    const bool fractional = (m + v + n) % 2;
    network net = network_of(n == 3 ? "2 nodes 0..3" : "3 nodes 0..40", fractional);
    dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 16});
    DN_NAME(net_trial) whole = DN_NAME(trial_of)(m, v, &net, fractional, plan, lengths[n], (layout){0});
    DN_NAME(net_trial) t = DN_NAME(trial_of)(m, v, &net, fractional, plan, lengths[n], (layout){0});
    DN_NAME(net_trial_call_all)(&whole, NULL);
    const DN_NAME(dn_network_primal) primal = DN_NAME(net_trial_primal)(&t);
    size_t everything, least;
    CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(&primal, &everything, &least), DN_OK);
    CHECK_THAT(least <= everything);
    for (int b = 0; b < 5; b++) {
      const size_t budget = least + (everything - least) / 64 * (size_t)(b < 4 ? b * b : 64);
      check_about("%s, %s, %td steps, budget %d", ref_models[m].name, net_variants[v].name, lengths[n], b);
      DN_NAME(net_trial_record)(&t, budget);
      for (int round = 0; round < 2; round++) {
        DN_NAME(net_trial_call_all)(&t, NULL);
        CHECK_THAT(DN_NAME(net_trial_same)(&whole, &t));
      }
      dn_tape_report report;
      dn_tape_describe(t.tape, &report);
      CHECK_THAT(report.bytes <= budget && (report.levels == 0) == (report.recomputed == 0));
      if (report.levels > levels) levels = report.levels;
    }
    DN_NAME(net_trial_free)(&whole);
    DN_NAME(net_trial_free)(&t);
    dn_plan_destroy(plan);
    network_free(&net);
  }
  CHECK(levels >= 2, "%d levels at most", levels);
}

// ---- Company -------------------------------------------------------------------------------------------------------

#define ENSEMBLE 6

typedef struct DN_NAME(ensemble) {
  network net[3];
  dn_plan *plan[3];
  DN_NAME(net_trial) trial[ENSEMBLE];
} DN_NAME(ensemble);

// Runs of other models, schemes, lengths and plans, some of them sharing one.
static void DN_NAME(ensemble_make)(DN_NAME(ensemble) *e, int first) {
  static const char *const names[] = {"17 nodes 0..40", "no edges, history", "3 nodes 0..40"};
  const ptrdiff_t steps[ENSEMBLE] = {129, 40, 0, 300, 17, 64};
  for (int n = 0; n < 3; n++) {
    e->net[n] = network_of(names[n], n == 2);
    e->plan[n] = plan_make(&e->net[n], &(dn_plan_options){.block = 16 << n});
  }
  for (int r = 0; r < ENSEMBLE; r++)
    e->trial[r] = DN_NAME(trial_of)((first + r) % ref_model_count, r % NET_VARIANTS, &e->net[r % 3], r % 3 == 2,
                                    e->plan[r % 3], steps[r], (layout){r, r & 1, false});
}

static void DN_NAME(ensemble_free)(DN_NAME(ensemble) *e) {
  for (int r = 0; r < ENSEMBLE; r++) DN_NAME(net_trial_free)(&e->trial[r]);
  for (int n = 0; n < 3; n++) {
    dn_plan_destroy(e->plan[n]);
    network_free(&e->net[n]);
  }
}

static void DN_NAME(ensembles)(void) {
  const int32_t counts[] = {1, 2, 3, 8, 0};
  for (int first = 0; first < ref_model_count; first++) {
    DN_NAME(ensemble) alone, together;
    DN_NAME(ensemble_make)(&alone, first);
    DN_NAME(ensemble_make)(&together, first);
    for (int r = 0; r < ENSEMBLE; r++) DN_NAME(net_trial_call_all)(&alone.trial[r], NULL);
    dn_workspace *workspace;
    CHECK_STATUS(dn_workspace_create(together.plan[0], &workspace), DN_OK);
    for (int c = 0; c < 5; c++) {
      const dn_run_options options = {.threads = counts[c], .workspace = c % 2 ? workspace : NULL};
      check_about("models from %d, %d threads", first, counts[c]);
      for (int r = 0; r < ENSEMBLE; r++) {
        DN_NAME(net_trial_reset)(&together.trial[r], 0);
        if (c == 0) DN_NAME(net_trial_record)(&together.trial[r], 0);
      }
      for (int k = 0; k < ENTRY_COUNT; k++)
        CHECK_STATUS(DN_NAME(net_trials_call)((entry)k, ENSEMBLE, together.trial, &options, NULL), DN_OK);
      for (int r = 0; r < ENSEMBLE; r++) CHECK_THAT(DN_NAME(net_trial_same)(&alone.trial[r], &together.trial[r]));
    }
    dn_workspace_destroy(workspace);
    DN_NAME(ensemble_free)(&alone);
    DN_NAME(ensemble_free)(&together);
  }
}

// Recorded by one number of threads, read by another, by runs in another order.
static void DN_NAME(tapes)(void) {
  for (int first = 0; first < ref_model_count; first += 2)
    for (int kind = 0; kind < 4; kind++) {
      DN_NAME(ensemble) want, e;
      DN_NAME(ensemble_make)(&want, first);
      DN_NAME(ensemble_make)(&e, first);
      check_about("models from %d, kind %d", first, kind);
      for (int r = 0; r < ENSEMBLE; r++) {
        DN_NAME(net_trial) *t = &e.trial[r];
        const DN_NAME(dn_network_primal) primal = DN_NAME(net_trial_primal)(t);
        size_t everything, least;
        CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(&primal, &everything, &least), DN_OK);
        DN_NAME(net_trial_record)(t, r % 2 ? least : 0);
        DN_NAME(net_trial_call_all)(&want.trial[r], NULL);
      }
      CHECK_STATUS(
          DN_NAME(net_trials_call)(ENTRY_RUN, ENSEMBLE, e.trial, &(dn_run_options){.threads = kind % 2 ? 4 : 1}, NULL),
          DN_OK);
      CHECK_STATUS(DN_NAME(net_trials_call)(ENTRY_JVP, ENSEMBLE, e.trial, &(dn_run_options){.threads = 3}, NULL),
                   DN_OK);
      // Two calls, the later runs first.
      const dn_run_options options = {.threads = kind / 2 ? 3 : 1};
      CHECK_STATUS(DN_NAME(net_trials_call)(ENTRY_VJP, ENSEMBLE - 2, e.trial + 2, &options, NULL), DN_OK);
      CHECK_STATUS(DN_NAME(net_trials_call)(ENTRY_VJP, 2, e.trial, &options, NULL), DN_OK);
      for (int r = 0; r < ENSEMBLE; r++) CHECK_THAT(DN_NAME(net_trial_same)(&want.trial[r], &e.trial[r]));
      DN_NAME(ensemble_free)(&want);
      DN_NAME(ensemble_free)(&e);
    }
}

// One run shared by several threads, with the whole tape and with the least: dense and sparse lanes, several sectors, short
// lists. What a thread costs is not asked for.
static void DN_NAME(teams)(void) {
  static const char *const names[] = {"84 nodes, 700 edges 0, 1, 2, 7, 8", "84 nodes, 700 edges 16..40",
                                      "17 nodes, all zero", "17 nodes, 60 edges 0..40"};
  EACH_MODEL
  for (int s = 0; s < 4; s++) {
    const bool fractional = (m + v + s) % 2;
    network net = network_of(names[s], fractional);
    dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = s == 1 ? 32 : 0});
    plan->work_a_thread = 1;
    DN_NAME(net_trial) alone = DN_NAME(trial_of)(m, v, &net, fractional, plan, 90, (layout){0});
    DN_NAME(net_trial_call_all)(&alone, &(dn_run_options){.threads = 1});
    const DN_NAME(dn_network_primal) primal = DN_NAME(net_trial_primal)(&alone);
    size_t everything, least;
    CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(&primal, &everything, &least), DN_OK);
    for (int threads = 2; threads <= 8; threads += 1 + (m + v) % 3) {
      check_about("%s, %s, %s, %d threads", ref_models[m].name, net_variants[v].name, names[s], threads);
      DN_NAME(net_trial) team = DN_NAME(trial_of)(m, v, &net, fractional, plan, 90, (layout){0});
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

static void *DN_NAME(call_from_thread)(void *context) {
  DN_NAME(net_trial) *t = context;
  for (int k = 0; k < ENTRY_COUNT; k++)
    if (DN_NAME(net_trial_call)((entry)k, t, &(dn_run_options){.threads = 2}) != DN_OK) return t;
  return NULL;
}

// Several threads call with the same plan at once.
static void DN_NAME(callers)(void) {
  network net = network_of("17 nodes 0..40", false);
  dn_plan *plan = plan_make(&net, NULL);
  DN_NAME(net_trial) t[4];
  pthread_t threads[4];
  for (int c = 0; c < 4; c++) {
    t[c] = DN_NAME(trial_of)(c, c % NET_VARIANTS, &net, false, plan, 129, (layout){0});
    DN_NAME(net_trial_record)(&t[c], 0);
  }
  for (int c = 0; c < 4; c++) pthread_create(&threads[c], NULL, DN_NAME(call_from_thread), &t[c]);
  for (int c = 0; c < 4; c++) {
    void *failed = NULL;
    pthread_join(threads[c], &failed);
    CHECK_THAT(!failed);
  }
  for (int c = 0; c < 4; c++) {
    check_about("caller %d", c);
    DN_NAME(net_trial) q = DN_NAME(trial_of)(c, c % NET_VARIANTS, &net, false, plan, 129, (layout){0});
    DN_NAME(net_trial_call_all)(&q, NULL);
    CHECK_THAT(DN_NAME(net_trial_same)(&q, &t[c]));
    DN_NAME(net_trial_free)(&q);
    DN_NAME(net_trial_free)(&t[c]);
  }
  dn_plan_destroy(plan);
  network_free(&net);
}

// ---- Hashes --------------------------------------------------------------------------------------------------------

static void DN_NAME(hash_of)(int m, int v, bool print) {
  static const char *const names[] = {"17 nodes, 60 edges 0..40", "3 nodes 0..40", "17 nodes, 90 edges, powers"};
  const bool fractional = (m + v) % 2;
  network net = network_of(names[(m + v) % 3], fractional);
  // Block and tile are fixed, so that another choice of them does not touch the hashes.
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 64, .tile_sources = 20});
  DN_NAME(net_trial) t = DN_NAME(trial_of)(m, v, &net, fractional, plan, 150, (layout){0});
  // Some models' coupling variables are another library's sines.
  rng r = rng_make(60);
  DN_NAME(grid_fill)(&t.in[REF_HISTORY], &r);
  DN_NAME(grid_fill)(&t.tan[REF_HISTORY], &r);
  DN_NAME(net_trial_call_all)(&t, NULL);
  net_hash_case got = {ref_models[m].name, net_variants[v].name, sizeof(DN_REAL), FNV_START, FNV_START, FNV_START};
#define ADD(member, name) got.member = DN_NAME(grid_hash)(&t.name, got.member);
  ADD(run, series)
  ADD(run, next_initial)
  ADD(run, next_history)
  // A subsample keeps nothing: zeros stand for that.
  if (t.monitor.kind == DN_MONITOR_SUBSAMPLE) DN_NAME(grid_set)(&t.next_monitored, 0);
  ADD(run, next_monitored)
  ADD(jvp, tan_series)
  for (int part = 0; part < REF_PARTS; part++) ADD(vjp, cot[part])
#undef ADD
  if (print)
    printf("{\"%s\", \"%s\", %d,\n 0x%016llx, 0x%016llx, 0x%016llx},\n", got.model, got.variant, got.bytes,
           (unsigned long long)got.run, (unsigned long long)got.jvp, (unsigned long long)got.vjp);
  const net_hash_case *kept = NULL;
  for (size_t k = 0; k < sizeof hashes_kept / sizeof hashes_kept[0]; k++)
    if (strcmp(hashes_kept[k].model, got.model) == 0 && strcmp(hashes_kept[k].variant, got.variant) == 0 &&
        hashes_kept[k].bytes == got.bytes)
      kept = &hashes_kept[k];
  check_about("%s, %s", got.model, got.variant);
  if (!print && CHECK(kept != NULL, "no hashes are kept")) {
    CHECK_THAT(kept->run == got.run);
    CHECK_THAT(kept->jvp == got.jvp);
    CHECK_THAT(kept->vjp == got.vjp);
  }
  DN_NAME(net_trial_free)(&t);
  dn_plan_destroy(plan);
  network_free(&net);
}

static void DN_NAME(hashes)(void) { EACH_MODEL DN_NAME(hash_of)(m, v, false); }

#undef EACH_MODEL
