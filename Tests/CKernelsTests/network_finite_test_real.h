// The tests of network_finite_test.c for one precision.
static const DN_REAL DN_NAME(bad_values)[] = {(DN_REAL)NAN, (DN_REAL)INFINITY, -(DN_REAL)INFINITY};

static DN_NAME(net_trial)
    DN_NAME(trial_of)(const char *model, const network *net, const dn_plan *plan, int v, ptrdiff_t steps) {
  net_setup setup = net_setup_of(v, steps);
  setup.first_step = 1000;
  DN_NAME(net_trial)
  t = DN_NAME(net_trial_make)(ref_model_find(model), net, plan->fractional, &setup, 5, (layout){1, 1, false});
  t.plan = plan;
  for (int k = 0; k < t.q.model->parameters; k++) t.is_default[k] = false;
  return t;
}

// Calls with the spoiled run alone, and with a good one before it.
static void DN_NAME(expect)(entry which, DN_NAME(net_trial) *bad, dn_status want, dn_place where) {
  for (int k = 0; k < 3; k++) {
    const ptrdiff_t runs = k ? 2 : 1;
    const dn_run_options options = {.threads = k == 1 ? 1 : 2};
    DN_NAME(net_trial) two[2];
    if (k) {
      two[0] = DN_NAME(trial_of)("linear", bad->net, bad->plan, 0, 30);
      if (which != ENTRY_JVP) DN_NAME(net_trial_record)(&two[0], 0);
      if (which == ENTRY_VJP) CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &two[0], NULL), DN_OK);
    }
    two[runs - 1] = *bad;
    dn_place got = {77, 77, 77, 77, 77, 77, 77, 77};
    const dn_status status = DN_NAME(net_trials_call)(which, runs, two, &options, &got);
    const bool right = status == want && got.run == runs - 1 && got.edge == where.edge && got.node == where.node &&
                       got.step == where.step && got.state == where.state && got.parameter == where.parameter &&
                       got.pulse == where.pulse;
    CHECK(
        right,
        "%s, %td runs: status %d at run %td edge %td node %td step %lld state %d parameter %d, expected %d at %td %td "
        "%lld %d %d",
        entry_names[which], runs, status, got.run, got.edge, got.node, (long long)got.step, got.state, got.parameter,
        want, where.edge, where.node, (long long)where.step, where.state, where.parameter);
    bad->result = two[runs - 1].result;
    bad->columns = two[runs - 1].columns;
    if (k) DN_NAME(net_trial_free)(&two[0]);
  }
}

#define NOWHERE .run = -1, .edge = -1, .node = -1, .step = -1, .state = -1, .parameter = -1, .pulse = -1
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winitializer-overrides"

// Each input in turn is refused by all three calls, with its place; nothing is written.
static void DN_NAME(inputs)(void) {
  network net = network_make(&small_spec, 1), split = network_make_fractional(&small_spec, 1);
  dn_plan *plan = plan_make(&net, NULL), *split_plan = plan_make(&split, NULL);
  plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
  for (int value = 0; value < 3; value++)
    for (int k = 0; k < ENTRY_COUNT; k++) {
      const DN_REAL bad = DN_NAME(bad_values)[value];
      // mpr: per node are the parameters 0, 3 and 6.
      DN_NAME(net_trial)
      t = DN_NAME(trial_of)("mpr", &net, plan, 0, 20), s = DN_NAME(trial_of)("mpr", &split, split_plan, 0, 20);
      DN_NAME(net_trial_call_all)(&t, NULL);
      DN_NAME(net_trial_call_all)(&s, NULL);
      uint64_t before = FNV_START, after = FNV_START;
      before = DN_NAME(grid_hash)(&t.series, DN_NAME(grid_hash)(&t.cot[REF_INITIAL], before));
#define SPOIL(trial, part, element, status, ...)                                          \
  do {                                                                                    \
    DN_REAL *x = &(trial).in[part].at[element], kept = *x;                                \
    check_about("%s %td is %g", ref_part_names[part], (ptrdiff_t)(element), (double)bad); \
    *x = bad;                                                                             \
    DN_NAME(expect)((entry)k, &(trial), status, (dn_place){NOWHERE, __VA_ARGS__});        \
    *x = kept;                                                                            \
  } while (0)
      SPOIL(t, REF_WEIGHTS, 0, DN_NOT_FINITE_WEIGHT, .edge = 0);
      SPOIL(t, REF_WEIGHTS, 13, DN_NOT_FINITE_WEIGHT, .edge = 13);
      SPOIL(s, REF_WEIGHTS, 13, DN_NOT_FINITE_WEIGHT, .edge = 13);
      SPOIL(s, REF_DELAYS, 6, DN_BAD_FRACTION, .edge = 6);
      SPOIL(t, REF_COUPLING, 0, DN_NOT_FINITE_PARAMETER, .edge = -1);
      SPOIL(t, REF_PARAMETERS, 3, DN_NOT_FINITE_PARAMETER, .parameter = 0, .node = 3);
      SPOIL(t, REF_PARAMETERS, 5, DN_NOT_FINITE_PARAMETER, .parameter = 1);
      SPOIL(t, REF_PARAMETERS, 9, DN_NOT_FINITE_PARAMETER, .parameter = 3, .node = 2);
      SPOIL(t, REF_SIGMA, 7, DN_NOT_FINITE_PARAMETER, .state = 1, .node = 2);
      SPOIL(t, REF_INITIAL, 9, DN_NOT_FINITE_INITIAL, .state = 1, .node = 4, .step = 1000);
      // The history's stride is 9 here: row 7 is node 2 of the second coupling variable.
      SPOIL(t, REF_HISTORY, 7 * 9 + 3, DN_NOT_FINITE_HISTORY, .node = 2, .step = 1000 - 8 + 3);
      // A pullback reads what the recorded run has read.
      if (k != ENTRY_VJP) {
        SPOIL(t, REF_NOISE, 3 * 10 + 7, DN_NOT_FINITE_NOISE, .state = 1, .node = 2, .step = 1003);
        SPOIL(t, REF_STIMULUS, 7 * t.in[REF_STIMULUS].stride + 4, DN_NOT_FINITE_STIMULUS, .state = 1, .node = 2,
              .step = 1004);
      }
      after = DN_NAME(grid_hash)(&t.series, DN_NAME(grid_hash)(&t.cot[REF_INITIAL], after));
      CHECK_THAT(before == after && DN_NAME(net_trial_intact)(&t));

      // One sigma for each state.
      t.q.sigma_count = 2;
      if (k == ENTRY_VJP) CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &t, NULL), DN_OK);
      SPOIL(t, REF_SIGMA, 1, DN_NOT_FINITE_PARAMETER, .state = 1);
#undef SPOIL
      const DN_REAL fractions[] = {(DN_REAL)-0.0625, (DN_REAL)1.0625};
      for (int f = 0; f < 2; f++) {
        check_about("fraction %g", (double)fractions[f]);
        const DN_REAL kept = s.in[REF_DELAYS].at[2];
        s.in[REF_DELAYS].at[2] = fractions[f];
        DN_NAME(expect)((entry)k, &s, DN_BAD_FRACTION, (dn_place){NOWHERE, .edge = 2});
        s.in[REF_DELAYS].at[2] = kept;
      }
      DN_NAME(net_trial_free)(&t);
      DN_NAME(net_trial_free)(&s);
    }
  dn_plan_destroy(plan);
  dn_plan_destroy(split_plan);
  network_free(&net);
  network_free(&split);
}

// Adds a flood at a step of a run that begins at 1000.
static void DN_NAME(flood)(DN_NAME(net_trial) *t, ptrdiff_t state, ptrdiff_t node, ptrdiff_t step, DN_REAL sign) {
  t->flood[t->floods].state = (int32_t)state;
  t->flood[t->floods].node = (int32_t)node;
  t->flood[t->floods].step = 1000 + step;
  t->flood[t->floods++].sign = sign;
}

// A stimulus whose parts are numbers, and their sum is not: the state is named by node, state and step. The steps before are
// there, and what is returned with them carries on.
static void DN_NAME(states)(void) {
  static const int steps[] = {0, 1, 15, 16, 31, 32, 33, 64, 77, 119};
  network nets[] = {network_make(net_spec_named("17 nodes 0..40"), 1),
                    network_make(net_spec_named("17 nodes, 60 edges 16..40"), 1), network_make(&small_spec, 1)};
  static const char *const models[] = {"mpr", "jansen_rit", "stuart_landau"};
  for (int n = 0; n < 3; n++)
    for (int v = 0; v < NET_VARIANTS; v++)
      for (int k = 0; k < 10; k++) {
        dn_plan *plan = plan_make(&nets[n], &(dn_plan_options){.block = 16 << k % 3});
        plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
        net_setup setup = net_setup_of(v, 120);
        setup.first_step = 1000;
        setup.every = k % 3 == 1 ? 7 : 1;
        setup.monitor = k % 2 ? DN_MONITOR_AVERAGE : DN_MONITOR_SUBSAMPLE;
        setup.rough = n == 0;
        DN_NAME(net_trial) t[2];
        for (int w = 0; w < 2; w++) {
          t[w] = DN_NAME(net_trial_make)(ref_model_find(models[n]), &nets[n], false, &setup, 5, (layout){w, w, false});
          t[w].plan = plan;
        }
        check_about("%s, %s, %s, step %d", models[n], nets[n].name, net_variants[v].name, steps[k]);
        CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &t[1], NULL), DN_OK);
        const ptrdiff_t N = nets[n].nodes, S = t[0].q.model->states, at = steps[k], state = S - 1, node = k % N;
        // The last state of all three models has no bounds. The other two are later, or at a later node.
        const struct { ptrdiff_t node, at; } floods[NET_FLOODS] = {{node, at}, {0, at + 1}, {node + 1, at}};
        const DN_REAL sign = k % 2 ? 1 : -1;
        DN_NAME(net_trial) every = t[0];
        every.in[REF_NOISE] = DN_NAME(net_part_make)(&every.q, REF_NOISE, (layout){0});
        DN_NAME(grid_copy)(&every.in[REF_NOISE], &t[0].in[REF_NOISE], 0);
        for (int f = 0; f < NET_FLOODS; f++) {
          if (floods[f].node >= N || floods[f].at >= 120) continue;
          every.in[REF_NOISE].at[(floods[f].at * S + state) * N + floods[f].node] = sign * (DN_REAL)INFINITY;
          DN_NAME(flood)(&t[0], state, floods[f].node, floods[f].at, sign);
        }
        // Through the corrector it reaches other states and, without delay, other nodes: by state, then by node, the first.
        every.q.every = 1;
        every.tangents = 0;
        ref_result want = DN_NAME(net_reference)(&every);
        DN_NAME(grid_free)(&every.in[REF_NOISE]);
        ptrdiff_t first = 0;
        while (first < S * N - 1 && isfinite(want.series[first * want.columns + at])) first++;
        for (ptrdiff_t i = 0; i < S * N && at > 0; i++) CHECK_THAT(isfinite(want.series[i * want.columns + at - 1]));
        ref_result_free(&want);
        const dn_place where = {NOWHERE, .node = first % N, .state = (int32_t)(first / N), .step = 1000 + at + 1};
        DN_NAME(expect)(ENTRY_RUN, &t[0], DN_NOT_FINITE_STATE, where);
        CHECK(t[0].result.steps_done == at, "%td steps done", t[0].result.steps_done);
        DN_NAME(net_trial_finish)(&t[0], &t[1]);
        DN_NAME(expect)(ENTRY_JVP, &t[0], DN_NOT_FINITE_STATE, where);
        // The tape of a run that stopped is none.
        DN_NAME(net_trial_record)(&t[0], 0);
        CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &t[0], NULL), DN_NOT_FINITE_STATE);
        CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_VJP, &t[0], NULL), DN_BAD_TAPE);
        DN_NAME(net_trial_free)(&t[0]);
        DN_NAME(net_trial_free)(&t[1]);
        dn_plan_destroy(plan);
      }
  for (int n = 0; n < 3; n++) network_free(&nets[n]);
}

// x(t + 1) = x + dt (-lambda x) = 4 x(t) leaves the numbers at 2^128 and 2^1024.
static void DN_NAME(overflow)(void) {
  const ptrdiff_t last = sizeof(DN_REAL) == 4 ? 64 : 512;
  network net = network_make(&(case_spec){"1 node", 1, 0, 0, 0, 0, DELAYS_UNIFORM, false}, 1);
  for (int32_t block = 16; block <= 256; block *= 2) {
    dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = block});
    plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
    check_about("block %d", block);
    net_setup setup = net_setup_of(2, 600);
    setup.sigma = SIGMA_NONE;
    DN_NAME(net_trial)
    t = DN_NAME(net_trial_make)(ref_model_find("linear"), &net, false, &setup, 5, (layout){0});
    t.plan = plan;
    t.q.time_step = 1;
    t.is_default[0] = t.is_default[1] = false;
    t.in[REF_PARAMETERS].at[0] = -3;
    t.in[REF_PARAMETERS].at[1] = 0;
    t.in[REF_INITIAL].at[0] = 1;
    DN_NAME(grid_set)(&t.in[REF_STIMULUS], 0);
    dn_place place;
    CHECK_STATUS(DN_NAME(net_trials_call)(ENTRY_RUN, 1, &t, NULL, &place), DN_NOT_FINITE_STATE);
    CHECK(place.step == last && place.node == 0 && place.state == 0, "step %lld", (long long)place.step);
    CHECK_THAT(t.result.steps_done == last - 1 && t.columns.done == last - 1);
    CHECK_THAT(t.series.at[last - 2] == (DN_REAL)ldexp(1, 2 * (int)(last - 1)));
    CHECK_THAT(t.next_initial.at[0] == t.series.at[last - 2] && isnan(t.series.at[last - 1]));
    DN_NAME(net_trial_free)(&t);
    dn_plan_destroy(plan);
  }
  network_free(&net);
}

// Runs that stop at different steps, among runs that do not: each can be resumed, the first that stopped is named.
static void DN_NAME(ensemble)(void) {
  network net = network_make(&small_spec, 1);
  dn_plan *plan = plan_make(&net, NULL);
  plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
  for (int threads = 1; threads <= 4; threads++) {
    DN_NAME(net_trial) q[4], whole[4];
    for (int r = 0; r < 4; r++) {
      q[r] = DN_NAME(trial_of)(ref_models[r].name, &net, plan, r % NET_VARIANTS, 90 - 10 * r);
      whole[r] = DN_NAME(trial_of)(ref_models[r].name, &net, plan, r % NET_VARIANTS, 90 - 10 * r);
      CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &whole[r], NULL), DN_OK);
    }
    check_about("%d threads", threads);
    DN_NAME(flood)(&q[1], 0, 3, 70, 1);
    DN_NAME(flood)(&q[3], 1, 2, 9, 1);
    dn_place place;
    const dn_run_options options = {.threads = threads};
    CHECK_STATUS(DN_NAME(net_trials_call)(ENTRY_RUN, 4, q, &options, &place), DN_NOT_FINITE_STATE);
    CHECK(place.run == 1 && place.node == 3 && place.state == 0 && place.step == 1071, "run %td node %td step %lld",
          place.run, place.node, (long long)place.step);
    CHECK_THAT(q[1].result.steps_done == 70 && q[3].result.steps_done == 9);
    for (int r = 0; r < 4; r++) {
      DN_NAME(net_trial_finish)(&q[r], &whole[r]);
      DN_NAME(net_trial_free)(&q[r]);
      DN_NAME(net_trial_free)(&whole[r]);
    }
  }
  dn_plan_destroy(plan);
  network_free(&net);
}

// A tangent that is not finite stops the call at its step.
static void DN_NAME(tangents)(void) {
  network net = network_make(&(case_spec){"5 nodes, no edges", 5, 0, 0, 0, 0, DELAYS_UNIFORM, false}, 1);
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 16});
  plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
  for (int v = 0; v < NET_VARIANTS; v++)
    for (int k = 0; k < 6; k++) {
      DN_NAME(net_trial) t = DN_NAME(trial_of)("stuart_landau", &net, plan, v, 50);
      const ptrdiff_t at = 10 * k - (k == 5), node = k % 5;
      check_about("%s, %td", net_variants[v].name, at);
      DN_NAME(grid_row)(&t.tan[REF_STIMULUS], 5 + node)[at] = DN_NAME(bad_values)[k % 3];
      DN_NAME(expect)(ENTRY_JVP, &t, DN_NOT_FINITE_TANGENT,
                      (dn_place){NOWHERE,  // The corrector carries it to the other state.
                                 .node = node, .state = net_variants[v].scheme == DN_SCHEME_EULER,
                                 .step = 1000 + at + 1});
      DN_NAME(grid_row)(&t.tan[REF_STIMULUS], 5 + node)[at] = 0;
      t.tan[REF_INITIAL].at[node] = DN_NAME(bad_values)[k % 3];
      DN_NAME(expect)(ENTRY_JVP, &t, DN_NOT_FINITE_TANGENT,
                      (dn_place){NOWHERE, .node = node, .state = 0, .step = 1000});
      DN_NAME(net_trial_free)(&t);
    }
  dn_plan_destroy(plan);
  network_free(&net);
}

// A cotangent that is not finite: node and a step of the block in which it was found.
static void DN_NAME(cotangents)(void) {
  network net = network_make(&(case_spec){"5 nodes, no edges", 5, 0, 0, 0, 0, DELAYS_UNIFORM, false}, 1);
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 16});
  plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
  for (int v = 0; v < NET_VARIANTS; v++)
    for (int k = 0; k < 6; k++) {
      DN_NAME(net_trial) t = DN_NAME(trial_of)("stuart_landau", &net, plan, v, 50);
      DN_NAME(net_trial_call_all)(&t, NULL);
      const ptrdiff_t at = 10 * k - (k == 5), node = k % 5;
      check_about("%s, %td", net_variants[v].name, at);
      DN_NAME(grid_row)(&t.cot_series, 5 + node)[at] = DN_NAME(bad_values)[k % 3];
      dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
      CHECK_STATUS(DN_NAME(net_trials_call)(ENTRY_VJP, 1, &t, NULL, &place), DN_NOT_FINITE_COTANGENT);
      CHECK(place.run == 0 && place.node == node && place.edge == -1, "node %td edge %td", place.node, place.edge);
      CHECK(place.step <= 1000 + at + 1 && place.step > 1000 + at + 1 - 16 && place.step >= 1000, "step %lld",
            (long long)place.step);
      DN_NAME(grid_row)(&t.cot_series, 5 + node)[at] = 0;
      t.cot_final.at[node] = DN_NAME(bad_values)[k % 3];
      CHECK_STATUS(DN_NAME(net_trials_call)(ENTRY_VJP, 1, &t, NULL, &place), DN_NOT_FINITE_COTANGENT);
      CHECK_THAT(place.node == node && place.edge == -1 && place.step > 1050 - 16);
      DN_NAME(net_trial_free)(&t);
    }
  dn_plan_destroy(plan);
  network_free(&net);
}

// Cotangents that are finite, with a sum that is not: the edge, or the node and the parameter.
static void DN_NAME(sums)(void) {
  const DN_REAL huge = (DN_REAL)(sizeof(DN_REAL) == 4 ? FLT_MAX / 8 : DBL_MAX / 8);
  network net = network_make(&(case_spec){"3 nodes, delay 1", 3, DENSE, 1, 1, 1, DELAYS_UNIFORM, false}, 1);
  dn_plan *plan = plan_make(&net, NULL);
  plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
  DN_NAME(net_trial) t = DN_NAME(trial_of)("linear", &net, plan, 2, 1);
  t.q.time_step = 1;
  DN_NAME(grid_set)(&t.in[REF_WEIGHTS], 0);
  DN_NAME(grid_set)(&t.in[REF_HISTORY], 1);
  DN_NAME(grid_set)(&t.in[REF_INITIAL], 1);
  t.in[REF_INITIAL].at[1] = 100;
  t.in[REF_COUPLING].at[0] = 1;
  DN_NAME(grid_set)(&t.cot_series, 0);
  DN_NAME(grid_set)(&t.cot_final, 0);
  DN_NAME(net_trial_record)(&t, 0);
  CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &t, NULL), DN_OK);
  t.cot_final.at[2] = huge;
  // c(0) reads y(-1) = 1: finite. With a source of 100, dw = huge 100 is not.
  DN_NAME(grid_row)(&t.in[REF_HISTORY], 1)[0] = 100;
  CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &t, NULL), DN_OK);
  check_about("an edge");
  t.cotangents = NET_BIT(REF_WEIGHTS);
  DN_NAME(expect)(ENTRY_VJP, &t, DN_NOT_FINITE_COTANGENT, (dn_place){NOWHERE, .edge = 2 * 3 + 1});
  // dlambda of node 1 is -100 huge.
  check_about("a parameter");
  t.cot_final.at[2] = 0;
  t.cot_final.at[1] = huge;
  t.in[REF_PARAMETERS].at[0] = t.in[REF_PARAMETERS].at[1] = 1;
  t.in[REF_PARAMETERS].at[2] = 1;
  DN_NAME(grid_row)(&t.in[REF_HISTORY], 1)[0] = 1;
  CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &t, NULL), DN_OK);
  t.cotangents = NET_BIT(REF_PARAMETERS);
  dn_status status = DN_NAME(net_trial_call)(ENTRY_VJP, &t, NULL);
  CHECK_STATUS(status, DN_NOT_FINITE_COTANGENT);
  DN_NAME(expect)(ENTRY_VJP, &t, DN_NOT_FINITE_COTANGENT, (dn_place){NOWHERE, .node = 1, .parameter = 0});
  // Each node's share of dG is 3 huge, which three of are more than the largest number.
  check_about("G, over the nodes");
  DN_NAME(grid_set)(&t.in[REF_WEIGHTS], 1);
  DN_NAME(grid_set)(&t.cot_final, huge);
  t.in[REF_INITIAL].at[1] = 1;
  CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &t, NULL), DN_OK);
  t.cotangents = NET_BIT(REF_COUPLING);
  DN_NAME(expect)(ENTRY_VJP, &t, DN_NOT_FINITE_COTANGENT, (dn_place){NOWHERE});
  DN_NAME(net_trial_free)(&t);
  dn_plan_destroy(plan);
  network_free(&net);
}

// Arrays that a run has no use for may hold anything: noise without sigma, history columns behind the longest delay are
// checked all the same.
static void DN_NAME(unread)(void) {
  network net = network_make(&small_spec, 1);
  dn_plan *plan = plan_make(&net, NULL);
  plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
  for (int v = 0; v < NET_VARIANTS; v++) {
    DN_NAME(net_trial) t = DN_NAME(trial_of)("mpr", &net, plan, v, 20);
    check_about("%s", net_variants[v].name);
    t.q.sigma_count = 0;
    DN_NAME(grid_set)(&t.in[REF_NOISE], (DN_REAL)NAN);
    t.tangents &= ~NET_BIT(REF_SIGMA);
    t.cotangents &= ~NET_BIT(REF_SIGMA);
    DN_NAME(net_trial_call_all)(&t, NULL);
    CHECK_THAT(DN_NAME(grid_all)(&t.cot[REF_NOISE], 0));
    // Noise with amplitude 0 is not read by a run either, but sigma's derivative needs it.
    t.q.sigma_count = 10;
    DN_NAME(grid_set)(&t.in[REF_SIGMA], 0);
    CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &t, NULL), DN_OK);
    DN_NAME(grid_row)(&t.in[REF_HISTORY], 0)[0] = (DN_REAL)NAN;
    CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_RUN, &t, NULL), DN_NOT_FINITE_HISTORY);
    DN_NAME(net_trial_free)(&t);
  }
  dn_plan_destroy(plan);
  network_free(&net);
}

#undef NOWHERE
#pragma clang diagnostic pop
