// The tests of finite_test.c for one precision.
static const DN_REAL DN_NAME(bad_values)[] = {(DN_REAL)NAN, (DN_REAL)INFINITY, -(DN_REAL)INFINITY};

// Calls with one good run before the spoiled one, and with the spoiled one alone.
static void DN_NAME(expect)(entry which, const dn_plan *plan, DN_NAME(trial) *bad, dn_status want, ptrdiff_t edge,
                            ptrdiff_t node, int64_t step) {
  for (int k = 0; k < 2 * TEAM_SIZES; k++) {
    const ptrdiff_t runs = 1 + k / TEAM_SIZES;
    const dn_run_options options = {.threads = team_sizes[k % TEAM_SIZES]};
    DN_NAME(trial) two[2];
    two[runs - 1] = *bad;
    if (runs == 2) {
      two[0] = DN_NAME(trial_make)(bad->net, bad->steps, 0.75, 5, (layout){0});
      if (which != ENTRY_RUN) DN_NAME(trial_call)(ENTRY_RUN, plan, &two[0], NULL);
    }
    dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
    dn_status status = DN_NAME(trials_call)(which, plan, runs, two, &options, &place);
    bool right =
        status == want && place.run == runs - 1 && place.edge == edge && place.node == node && place.step == step;
    CHECK(right,
          "%s, %td runs, %d threads: status %d at run %td edge %td node %td step %lld, expected %d at %td %td %lld",
          entry_names[which], runs, options.threads, status, place.run, place.edge, place.node, (long long)place.step,
          want, edge, node, (long long)step);
    bad->result = two[runs - 1].result;
    if (runs == 2) DN_NAME(trial_free)(&two[0]);
  }
}

static void DN_NAME(parameters)(void) {
  network net = network_make(&no_zero_spec, 1);
  dn_plan *plan = plan_make(&net, NULL);
  for (int v = 0; v < 3; v++)
    for (int k = 0; k < ENTRY_COUNT; k++) {
      DN_NAME(trial) q = DN_NAME(trial_make)(&net, 40, 0.75, 5, (layout){0});
      DN_NAME(trial_call)(ENTRY_RUN, plan, &q, NULL);
      DN_REAL scale = q.scale, gain = q.gain;
      check_about("scale %g", (double)DN_NAME(bad_values)[v]);
      q.scale = DN_NAME(bad_values)[v];
      DN_NAME(expect)((entry)k, plan, &q, DN_NOT_FINITE_PARAMETER, -1, -1, -1);
      check_about("gain %g", (double)DN_NAME(bad_values)[v]);
      q.scale = scale;
      q.gain = DN_NAME(bad_values)[v];
      DN_NAME(expect)((entry)k, plan, &q, DN_NOT_FINITE_PARAMETER, -1, -1, -1);
      q.gain = gain;
      if (k == ENTRY_JVP) {
        check_about("tangent scale or gain %g", (double)DN_NAME(bad_values)[v]);
        q.tan_scale = DN_NAME(bad_values)[v];
        CHECK_THAT(DN_NAME(trial_call)(ENTRY_JVP, plan, &q, NULL) < DN_OK);
        q.tan_scale = 1;
        q.tan_gain = DN_NAME(bad_values)[v];
        CHECK_THAT(DN_NAME(trial_call)(ENTRY_JVP, plan, &q, NULL) < DN_OK);
      }
      DN_NAME(trial_free)(&q);
    }
  dn_plan_destroy(plan);
  network_free(&net);
}

static void DN_NAME(weights)(void) {
  const case_spec specs[] = {wide_spec, {"17 nodes 0..40", 17, DENSE, 0, 40, 41, DELAYS_UNIFORM, false}};
  for (int n = 0; n < 2; n++) {
    network net = network_make(&specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    for (int v = 0; v < 4; v++)
      for (int k = 0; k < ENTRY_COUNT; k++) {
        DN_NAME(trial) q = DN_NAME(trial_make)(&net, 40, 0.75, 5, (layout){0});
        DN_NAME(trial_call)(ENTRY_RUN, plan, &q, NULL);
        ptrdiff_t e = v == 0 ? 0 : v == 1 ? net.edges - 1 : 100 + 7 * v;
        check_about("%s, edge %td, kind %d", net.name, e, v);
        if (v < 3) {
          q.weights.at[e] = DN_NAME(bad_values)[v];
        } else {
          // Finite, but not once it is scaled.
          q.weights.at[e] = sizeof(DN_REAL) == 4 ? (DN_REAL)FLT_MAX : (DN_REAL)DBL_MAX;
          q.scale = 2;
        }
        DN_NAME(expect)((entry)k, plan, &q, DN_NOT_FINITE_WEIGHT, e, -1, -1);
        if (k == ENTRY_RUN) CHECK_THAT(q.result.steps_done == 0);
        DN_NAME(trial_free)(&q);
      }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

static void DN_NAME(history)(void) {
  network net = network_make(&wide_spec, 1);
  dn_plan *plan = plan_make(&net, NULL);
  // The last columns, which are read whatever H is.
  const ptrdiff_t columns[] = {94, 60, 10}, nodes[] = {0, 149, 77};
  for (int n = 0; n < 3; n++) {
    check_about("node %td column %td", nodes[n], columns[n]);
    DN_NAME(trial) q = DN_NAME(trial_make)(&net, 40, 0.75, 5, (layout){0});
    q.first_step = 1000000000000;
    DN_NAME(grid_row)(&q.history, nodes[n])[columns[n]] = DN_NAME(bad_values)[n];
    DN_NAME(expect)(ENTRY_RUN, plan, &q, DN_NOT_FINITE_HISTORY, -1, nodes[n], q.first_step - 95 + columns[n]);
    CHECK_THAT(q.result.steps_done == 0);
    DN_NAME(trial_free)(&q);
  }
  check_about("two bad values: the earlier one");
  DN_NAME(trial) q = DN_NAME(trial_make)(&net, 40, 0.75, 5, (layout){0});
  DN_NAME(grid_row)(&q.history, 3)[94] = (DN_REAL)NAN;
  DN_NAME(grid_row)(&q.history, 140)[90] = (DN_REAL)NAN;
  DN_NAME(expect)(ENTRY_RUN, plan, &q, DN_NOT_FINITE_HISTORY, -1, 140, -5);
  DN_NAME(trial_free)(&q);
  dn_plan_destroy(plan);
  network_free(&net);
}

// A sample that is read makes the series not finite at its own step, and the run stops there.
static void DN_NAME(noise)(void) {
  const int32_t steps[] = {0, 1, 15, 16, 127, 128, 129, 255, 256, 299};
  network net = network_make(&no_zero_spec, 1), wide = network_make(&wide_spec, 1);
  for (int n = 0; n < 10; n++) {
    dn_plan_options plan_options = {.block = n % 3 == 0 ? 0 : 16 << n % 5};
    dn_plan *plan = plan_make(&net, &plan_options), *wide_plan = plan_make(&wide, &plan_options);
    check_about("step %d, block %d", steps[n], plan_options.block);
    DN_NAME(trial) q = DN_NAME(trial_make)(&net, 300, 0.75, 5, (layout){0});
    q.first_step = 7000;
    DN_NAME(grid_row)(&q.noise, n)[steps[n]] = DN_NAME(bad_values)[n % 3];
    // Later and elsewhere: not the first.
    if (steps[n] < 299) DN_NAME(grid_row)(&q.noise, 0)[steps[n] + 1] = (DN_REAL)NAN;
    DN_NAME(expect)(ENTRY_RUN, plan, &q, DN_NOT_FINITE_SERIES, -1, n, 7000 + steps[n]);
    CHECK(q.result.steps_done <= steps[n], "%td steps done", q.result.steps_done);
    DN_NAME(trial_free)(&q);

    check_about("%s, step %d, block %d", wide.name, steps[n], plan_options.block);
    DN_NAME(trial) p = DN_NAME(trial_make)(&wide, 300, 0.75, 5, (layout){0});
    p.first_step = -50;
    ptrdiff_t node = n % 2 ? 149 : 0;  // isolated, so that nobody reads its sample
    DN_NAME(grid_row)(&p.noise, node)[steps[n]] = DN_NAME(bad_values)[n % 3];
    DN_NAME(grid_row)(&p.noise, 149 - node)[299] = (DN_REAL)NAN;
    if (steps[n] < 299) DN_NAME(expect)(ENTRY_RUN, wide_plan, &p, DN_NOT_FINITE_SERIES, -1, node, steps[n] - 50);
    DN_NAME(trial_free)(&p);
    dn_plan_destroy(plan);
    dn_plan_destroy(wide_plan);
  }

  // The lowest of several nodes, whichever thread owns it.
  dn_plan *wide_plan = plan_make(&wide, NULL);
  check_about("two nodes at one step");
  DN_NAME(trial) both = DN_NAME(trial_make)(&wide, 300, 0.75, 5, (layout){0});
  DN_NAME(grid_row)(&both.noise, 0)[200] = DN_NAME(grid_row)(&both.noise, 149)[200] = (DN_REAL)NAN;
  DN_NAME(expect)(ENTRY_RUN, wide_plan, &both, DN_NOT_FINITE_SERIES, -1, 0, 200);
  DN_NAME(trial_free)(&both);
  dn_plan_destroy(wide_plan);
  network_free(&net);
  network_free(&wide);

  // A zero-delay edge reads its source's sample, even with weight 0; the target is the bad node.
  int32_t target = 0, source = 1, delay = 0;
  network one = {.name = "one edge",
                 .nodes = 3,
                 .edges = 1,
                 .scale = 1,
                 .targets = &target,
                 .sources = &source,
                 .delays = &delay,
                 .weights = (double[]){0},
                 .view = {3, 1, 0, &target, &source, &delay, 0}};
  dn_plan *plan = plan_make(&one, NULL);
  check_about("zero delay");
  DN_NAME(trial) q = DN_NAME(trial_make)(&one, 50, 0, 5, (layout){0});
  DN_NAME(grid_row)(&q.noise, 1)[20] = (DN_REAL)NAN;
  DN_NAME(grid_row)(&q.noise, 0)[3] = (DN_REAL)NAN;
  DN_NAME(grid_row)(&q.noise, 2)[4] = (DN_REAL)NAN;
  DN_NAME(expect)(ENTRY_RUN, plan, &q, DN_NOT_FINITE_SERIES, -1, 0, 20);
  DN_NAME(trial_free)(&q);
  dn_plan_destroy(plan);
}

// Noise that nobody reads does not matter, whatever it holds.
static void DN_NAME(unread)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    bool *read = calloc((size_t)net.nodes + 1, sizeof *read);
    for (ptrdiff_t e = 0; e < net.edges; e++)
      if (net.delays[e] == 0) read[net.sources[e]] = true;
    dn_plan *plan = plan_make(&net, NULL);
    for (int in_place = 0; in_place < 2; in_place++) {
      check_about("%s%s", net.name, in_place ? ", in place" : "");
      DN_NAME(trial) clean = DN_NAME(trial_make)(&net, 140, 0, 5, (layout){2, 1, in_place != 0});
      DN_NAME(trial) q = DN_NAME(trial_make)(&net, 140, 0, 5, (layout){2, 1, in_place != 0});
      for (ptrdiff_t i = 0; i < net.nodes; i++)
        for (ptrdiff_t t = 0; t < 140 && !read[i]; t++) DN_NAME(grid_row)(&q.noise, i)[t] = DN_NAME(bad_values)[t % 3];
      DN_NAME(trial_reset)(&q, 0);
      clean.tangents = q.tangents = PART_INPUTS & ~PART_GAIN;
      clean.cotangents = q.cotangents = PART_ALL & ~PART_GAIN;
      DN_NAME(trial_call_all)(plan, &clean, NULL);
      DN_NAME(trial_call_all)(plan, &q, NULL);
      DN_NAME(grid_copy)(&q.noise, &clean.noise, 0);
      CHECK_THAT(DN_NAME(trial_same)(&clean, &q));
      DN_NAME(trial_free)(&clean);
      DN_NAME(trial_free)(&q);
    }
    free(read);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// x(t) = 4^(t + 1) leaves the numbers at 2^128 and 2^1024.
static void DN_NAME(overflow)(void) {
  const ptrdiff_t last = sizeof(DN_REAL) == 4 ? 63 : 511;
  network net = network_make(&(case_spec){"growing", 1, DENSE, 1, 1, 1, DELAYS_UNIFORM, false}, 1);
  for (int32_t block = 16; block <= 256; block *= 2) {
    dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = block});
    check_about("block %d", block);
    DN_NAME(trial) q = DN_NAME(trial_make)(&net, 600, 0, 5, (layout){0});
    q.weights.at[0] = 8;
    q.scale = (DN_REAL)0.5;
    q.history.at[0] = 1;
    dn_place place;
    CHECK_STATUS(DN_NAME(trials_call)(ENTRY_RUN, plan, 1, &q, NULL, &place), DN_NOT_FINITE_SERIES);
    CHECK(place.step == last && place.node == 0, "step %lld node %td", (long long)place.step, place.node);
    ptrdiff_t done = q.result.steps_done;
    CHECK_THAT(done <= last);
    if (done > 0)
      CHECK_THAT(q.series.at[done - 1] == (DN_REAL)ldexp(1, 2 * (int)done) && q.next.at[0] == q.series.at[done - 1]);
    DN_NAME(trial_free)(&q);
    dn_plan_destroy(plan);
  }
  network_free(&net);
}

static void DN_NAME(resume)(void) {
  const ptrdiff_t steps[] = {0, 1, 40, 128, 200, 299};
  for (int n = 0; n < 6; n++)
    for (int k = 0; k < 2 * TEAM_SIZES; k++) {
      network net = network_make(&wide_spec, 1);
      dn_plan *plan = plan_make(&net, NULL);
      const layout how = {k, k & 1, k >= TEAM_SIZES};
      const dn_run_options options = {.threads = team_sizes[k % TEAM_SIZES]};
      check_about("step %td, %d threads%s", steps[n], options.threads, how.in_place ? ", in place" : "");
      DN_NAME(trial) whole = DN_NAME(trial_make)(&net, 300, 0.75, 5, (layout){0});
      DN_NAME(trial) q = DN_NAME(trial_make)(&net, 300, 0.75, 5, how);
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &whole, NULL), DN_OK);
      DN_NAME(grid_row)(&q.noise, 77)[steps[n]] = (DN_REAL)NAN;
      DN_NAME(trial_reset)(&q, 0);
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &q, &options), DN_NOT_FINITE_SERIES);
      DN_NAME(trial_finish)(plan, &q, &whole);
      DN_NAME(trial_free)(&whole);
      DN_NAME(trial_free)(&q);
      dn_plan_destroy(plan);
      network_free(&net);
    }
}

// Runs that stop at different steps, among runs that do not: each can be resumed, the first that stopped is named.
static void DN_NAME(ensemble)(void) {
  network net = network_make(&no_zero_spec, 1);
  dn_plan *plan = plan_make(&net, NULL);
  for (int k = 0; k < TEAM_SIZES; k++) {
    DN_NAME(trial) q[4], whole[4];
    for (int r = 0; r < 4; r++) {
      q[r] = DN_NAME(trial_make)(&net, 200 - 30 * r, 0.75, (uint64_t)r, (layout){r, 0, r == 1});
      whole[r] = DN_NAME(trial_make)(&net, 200 - 30 * r, 0.75, (uint64_t)r, (layout){0});
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &whole[r], NULL), DN_OK);
    }
    check_about("%d threads", team_sizes[k]);
    DN_NAME(grid_row)(&q[1].noise, 5)[133] = (DN_REAL)NAN;
    DN_NAME(grid_row)(&q[3].noise, 7)[9] = (DN_REAL)NAN;
    DN_NAME(trial_reset)(&q[1], 0);
    dn_place place;
    const dn_run_options options = {.threads = team_sizes[k]};
    CHECK_STATUS(DN_NAME(trials_call)(ENTRY_RUN, plan, 4, q, &options, &place), DN_NOT_FINITE_SERIES);
    bool right = (place.run == 1 && place.node == 5 && place.step == 133) ||
                 (place.run == 3 && place.node == 7 && place.step == 9);
    CHECK(right, "run %td node %td step %lld", place.run, place.node, (long long)place.step);
    CHECK_THAT(q[1].result.steps_done <= 133 && q[3].result.steps_done <= 9);
    for (int r = 0; r < 4; r++) {
      DN_NAME(trial_finish)(plan, &q[r], &whole[r]);
      DN_NAME(trial_free)(&q[r]);
      DN_NAME(trial_free)(&whole[r]);
    }
  }
  dn_plan_destroy(plan);
  network_free(&net);
}

static void DN_NAME(tangents)(void) {
  network net = network_make(&wide_spec, 1);
  dn_plan *plan = plan_make(&net, NULL);
  DN_NAME(trial) q = DN_NAME(trial_make)(&net, 200, 0.75, 5, (layout){0});
  q.first_step = 100;
  DN_NAME(trial_call)(ENTRY_RUN, plan, &q, NULL);
  check_about("tangent of the noise");
  DN_NAME(grid_row)(&q.tan_noise, 149)[130] = (DN_REAL)NAN;
  DN_NAME(grid_row)(&q.tan_noise, 0)[131] = (DN_REAL)NAN;
  DN_NAME(expect)(ENTRY_JVP, plan, &q, DN_NOT_FINITE_TANGENT, -1, 149, 230);
  DN_NAME(grid_set)(&q.tan_noise, 0);
  check_about("tangent of a weight");
  ptrdiff_t e = 0;
  while (net.delays[e] != 0) e++;
  q.tan_weights.at[e] = (DN_REAL)INFINITY;
  DN_NAME(expect)(ENTRY_JVP, plan, &q, DN_NOT_FINITE_TANGENT, -1, net.targets[e], 100);
  DN_NAME(trial_free)(&q);
  dn_plan_destroy(plan);
  network_free(&net);
}

static void DN_NAME(cotangents)(void) {
  network net = network_make(&wide_spec, 1);
  dn_plan *plan = plan_make(&net, NULL);
  // Nodes 0 and 149 have no edges: nothing spreads from them.
  const ptrdiff_t steps[] = {0, 37, 128, 199};
  for (int n = 0; n < 4; n++) {
    check_about("step %td", steps[n]);
    DN_NAME(trial) q = DN_NAME(trial_make)(&net, 200, 0.75, 5, (layout){0});
    q.first_step = 100;
    DN_NAME(trial_call)(ENTRY_RUN, plan, &q, NULL);
    DN_NAME(grid_row)(&q.cot_series, 149)[steps[n]] = DN_NAME(bad_values)[n % 3];
    DN_NAME(expect)(ENTRY_VJP, plan, &q, DN_NOT_FINITE_COTANGENT, -1, 149, 100 + steps[n]);
    if (steps[n] >= 130) {
      // Backwards the later step comes first.
      DN_NAME(grid_row)(&q.cot_series, 0)[steps[n] - 1] = (DN_REAL)NAN;
      check_about("two steps");
      DN_NAME(expect)(ENTRY_VJP, plan, &q, DN_NOT_FINITE_COTANGENT, -1, 149, 100 + steps[n]);
    }
    DN_NAME(trial_free)(&q);
  }
  dn_plan_destroy(plan);
  network_free(&net);
}

// A sum that is not finite is not handed out as a success, wherever the bad number came from.
static void DN_NAME(sums)(void) {
  network net = network_make(&no_zero_spec, 1);
  dn_plan *plan = plan_make(&net, NULL);
  const char *what[] = {"history", "series", "noise", "adjoint_after"};
  for (int n = 0; n < 4; n++)
    for (int p = 0; p < 5; p++) {
      DN_NAME(trial) q = DN_NAME(trial_make)(&net, 60, 0.75, 5, (layout){0});
      DN_NAME(trial_call)(ENTRY_RUN, plan, &q, NULL);
      q.cotangents = 1u << p;
      DN_NAME(grid) *bad[] = {&q.history, &q.series, &q.noise, &q.cot_after};
      for (ptrdiff_t i = 0; i < bad[n]->rows; i++) DN_NAME(grid_row)(bad[n], i)[bad[n]->columns - 5] = (DN_REAL)NAN;
      check_about("NaN in %s, cotangent of %s", what[n], part_names[p]);
      dn_status status = DN_NAME(trial_call)(ENTRY_VJP, plan, &q, NULL);
      bool finite = true;
      const DN_NAME(grid) *out = DN_NAME(trial_output)(&q, 1u << p);
      for (ptrdiff_t k = 0; k < out->rows * out->columns; k++) finite &= isfinite(out->at[k]) != 0;
      CHECK(finite || status != DN_OK, "success, but not finite");
      DN_NAME(trial_free)(&q);
    }
  dn_plan_destroy(plan);
  network_free(&net);
}
