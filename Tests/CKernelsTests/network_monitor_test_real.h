// The tests of network_monitor_test.c for one precision.

static DN_NAME(net_trial)
    DN_NAME(monitor_trial)(int c, const network *net, bool fractional, const dn_plan *plan, ptrdiff_t steps) {
  const net_setup setup = monitor_setup(&monitor_cases[c], c, steps);
  DN_NAME(net_trial)
  t = DN_NAME(net_trial_make)(&ref_models[model_of(c)], net, fractional, &setup, 31 + (uint64_t)c,
                              (layout){c, c & 1, false});
  t.plan = plan;
  t.drawn = c % 3 != 1;
  return t;
}

// Instruction sets, threads and budgets.
static void DN_NAME(bits)(void) {
  static const char *const names[] = {"3 nodes 0..40", "84 nodes, 700 edges 0, 1, 2, 7, 8"};
  for (int c = 0; c < MONITOR_CASES; c++)
    for (int s = 0; s < 2; s++) {
      const bool fractional = (c + s) % 2;
      network net = network_of(names[s], fractional);
      dn_plan *base = plan_make(&net, &(dn_plan_options){.isa = DN_ISA_BASE, .block = 16});
      base->work_a_thread = 1;
      DN_NAME(net_trial) want = DN_NAME(monitor_trial)(c, &net, fractional, base, 330);
      DN_NAME(net_trial_call_all)(&want, &(dn_run_options){.threads = 1});
      const DN_NAME(dn_network_primal) primal = DN_NAME(net_trial_primal)(&want);
      size_t everything, least;
      CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(&primal, &everything, &least), DN_OK);
      for (int isa = DN_ISA_BASE; isa <= DN_ISA_AVX512; isa++) {
        if (!dn_isa_available((dn_isa)isa)) continue;
        dn_plan *plan = plan_make(&net, &(dn_plan_options){.isa = (dn_isa)isa, .block = 16});
        plan->work_a_thread = 1;
        for (int k = 0; k < 4; k++) {
          const int32_t threads = (int32_t[]){1, 2, 1, 2}[k];
          const size_t budget = (size_t[]){0, least, least + (everything - least) / 8, everything}[k];
          check_about("%s, %s, %s, %d threads, budget %d", monitor_cases[c].name, names[s], dn_isa_name((dn_isa)isa),
                      threads, k);
          DN_NAME(net_trial) t = DN_NAME(monitor_trial)(c, &net, fractional, plan, 330);
          DN_NAME(net_trial_record)(&t, budget);
          DN_NAME(net_trial_call_all)(&t, &(dn_run_options){.threads = threads});
          CHECK_THAT(DN_NAME(net_trial_same)(&want, &t) && DN_NAME(net_trial_intact)(&t));
          dn_tape_report report;
          dn_tape_describe(t.tape, &report);
          CHECK_THAT(budget == 0 || report.bytes <= budget);
          DN_NAME(net_trial_free)(&t);
        }
        dn_plan_destroy(plan);
      }
      DN_NAME(net_trial_free)(&want);
      dn_plan_destroy(base);
      network_free(&net);
    }
}

// Chunks with their carry, cut inside interim means and columns.
static void DN_NAME(cuts)(void) {
  static const ptrdiff_t lengths[] = {1, 45, 0, 16, 2, 131};
  for (int c = 0; c < MONITOR_CASES; c++) {
    network net = network_of("17 nodes, 60 edges 0..40", false);
    dn_plan *plan = plan_make(&net, NULL);
    check_about("%s", monitor_cases[c].name);
    DN_NAME(net_trial) whole = DN_NAME(monitor_trial)(c, &net, false, plan, 195),
                       t = DN_NAME(monitor_trial)(c, &net, false, plan, 195);
    CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &whole, NULL), DN_OK);
    DN_NAME(dn_network_primal) chunk = DN_NAME(net_trial_primal)(&t);
    DN_NAME(dn_network_result) part = DN_NAME(net_trial_result)(&t);
    part.next_initial = t.in[REF_INITIAL].at;
    part.next_history = t.in[REF_HISTORY].at;
    part.next_history_stride = t.in[REF_HISTORY].stride;
    part.next_monitored = t.monitored.at;
    for (int k = 0; k < 6; k++) {
      chunk.steps = lengths[k];
      CHECK_STATUS(DN_NAME(dn_network_run)(1, &chunk, &part, NULL, NULL), DN_OK);
      chunk.first_step += lengths[k];
      chunk.stimulus += lengths[k];
      if (chunk.noise) chunk.noise += lengths[k] * t.in[REF_INITIAL].columns;
      t.columns.series += t.columns.done;
    }
    CHECK_THAT(DN_NAME(grid_same)(&t.series, &whole.series));
    CHECK_THAT(DN_NAME(grid_same)(&t.monitored, &whole.next_monitored));
    for (ptrdiff_t i = 0; i < t.monitored.columns; i++) CHECK_THAT(isfinite(t.monitored.at[i]));
    DN_NAME(net_trial_free)(&t);
    DN_NAME(net_trial_free)(&whole);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// Also of the constants that a kind makes of its own: no mathematical library has a part in them.
static void DN_NAME(hash_of)(int c, bool print) {
  network net = network_of("17 nodes, 60 edges 0..40", c % 2);
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 64, .tile_sources = 20});
  net_setup setup = monitor_setup(&monitor_cases[c], c, 150);
  setup.quick = false;
  DN_NAME(net_trial)
  t = DN_NAME(net_trial_make)(ref_model_find("mpr"), &net, c % 2, &setup, 31 + (uint64_t)c, (layout){0});
  t.plan = plan;
  t.drawn = true;
  DN_NAME(net_trial_call_all)(&t, NULL);
  monitor_hash_case got = {monitor_cases[c].name, sizeof(DN_REAL), FNV_START, FNV_START, FNV_START};
  got.run = DN_NAME(grid_hash)(&t.next_monitored, DN_NAME(grid_hash)(&t.series, got.run));
  got.jvp = DN_NAME(grid_hash)(&t.tan_series, got.jvp);
  for (int part = 0; part < REF_PARTS; part++) got.vjp = DN_NAME(grid_hash)(&t.cot[part], got.vjp);
  if (print)
    printf("{\"%s\", %d,\n 0x%016llx, 0x%016llx, 0x%016llx},\n", got.name, got.bytes, (unsigned long long)got.run,
           (unsigned long long)got.jvp, (unsigned long long)got.vjp);
  const monitor_hash_case *kept = NULL;
  for (size_t k = 0; k < sizeof hashes_kept / sizeof *hashes_kept; k++)
    if (strcmp(hashes_kept[k].name, got.name) == 0 && hashes_kept[k].bytes == got.bytes) kept = &hashes_kept[k];
  check_about("%s", got.name);
  if (!print && CHECK(kept != NULL, "no hashes are kept"))
    CHECK_THAT(kept->run == got.run && kept->jvp == got.jvp && kept->vjp == got.vjp);
  DN_NAME(net_trial_free)(&t);
  dn_plan_destroy(plan);
  network_free(&net);
}

static void DN_NAME(hashes)(void) {
  for (int c = 0; c < MONITOR_CASES; c++) DN_NAME(hash_of)(c, false);
}
