// The tests of map_test.c for one precision.

// What next_history has to hold: the last H columns of history and series together.
static bool DN_NAME(next_is_right)(const DN_NAME(trial) *q, ptrdiff_t done) {
  ptrdiff_t H = q->net->history;
  for (ptrdiff_t i = 0; i < q->net->nodes; i++)
    for (ptrdiff_t k = 0; k < H; k++) {
      ptrdiff_t t = done - H + k;
      DN_REAL want = t < 0 ? q->history.at[i * q->history.stride + H + t] : q->series.at[i * q->series.stride + t];
      if (memcmp(&want, q->next.at + i * q->next.stride + k, sizeof want) != 0) return false;
    }
  return true;
}

static void DN_NAME(check_forward)(const dn_plan *plan, DN_NAME(trial) *q) {
  const network *net = q->net;
  CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, q, NULL), DN_OK);
  ref_inputs in = DN_NAME(trial_inputs)(q), size = ref_inputs_absolute(net, q->steps, &in);
  double *want = ref_array(net->nodes, q->steps), *magnitude = ref_array(net->nodes, q->steps);
  ref_forward(net, q->steps, &in, want);
  ref_forward(net, q->steps, &size, magnitude);
  DN_NAME(grid_near)(&q->series, want, magnitude, "series", __FILE__, __LINE__);
  CHECK_THAT(q->result.steps_done == q->steps);
  CHECK_THAT(DN_NAME(next_is_right)(q, q->steps));
  CHECK_THAT(DN_NAME(trial_intact)(q));
  free(want);
  free(magnitude);
  ref_inputs_free(&in);
  ref_inputs_free(&size);
}

static void DN_NAME(forward)(void) {
  const double gains[] = {0, 0.75, 1};
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    int lengths = case_specs[n].long_run ? CASE_STEPS_LONG : CASE_STEPS;
    for (int k = 0; k < lengths; k++) {
      double gain = gains[(n + k) % 3];
      check_about("%s, %d steps, gain %g", net.name, case_steps[k], gain);
      DN_NAME(trial) q = DN_NAME(trial_make)(&net, case_steps[k], gain, (uint64_t)(100 * n + k), (layout){0});
      DN_NAME(check_forward)(plan, &q);
      DN_NAME(trial_free)(&q);
    }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

static void DN_NAME(layouts)(void) {
  const layout layouts[] = {{0, 1, false},   {1, 0, false}, {3, 1, false}, {64, 0, false},
                            {997, 3, false}, {0, 0, true},  {3, 1, true},  {256, 2, true}};
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    for (int k = 0; k < CASE_STEPS; k++) {
      DN_NAME(trial) plain = DN_NAME(trial_make)(&net, case_steps[k], 0.75, 5, (layout){0});
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &plain, NULL), DN_OK);
      for (size_t l = 0; l < sizeof layouts / sizeof layouts[0]; l++) {
        layout how = layouts[l];
        check_about("%s, %d steps, gap %td, offset %td%s", net.name, case_steps[k], how.gap, how.offset,
                    how.in_place ? ", in place" : "");
        DN_NAME(trial) q = DN_NAME(trial_make)(&net, case_steps[k], 0.75, 5, how);
        CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &q, NULL), DN_OK);
        CHECK_THAT(DN_NAME(grid_same)(&q.series, &plain.series));
        CHECK_THAT(DN_NAME(grid_same)(&q.next, &plain.next));
        CHECK_THAT(DN_NAME(trial_intact)(&q));
        DN_NAME(trial_free)(&q);
      }
      DN_NAME(trial_free)(&plain);
    }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// History and series side by side in one (N, H + T) buffer, as the map is defined.
static void DN_NAME(one_buffer)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    ptrdiff_t N = net.nodes, H = net.history, T = 129;
    dn_plan *plan = plan_make(&net, NULL);
    check_about("%s", net.name);
    DN_NAME(trial) q = DN_NAME(trial_make)(&net, T, 1, 6, (layout){0});
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &q, NULL), DN_OK);
    DN_NAME(grid) buffer = DN_NAME(grid_make)(N, H + T, (layout){0});
    DN_NAME(grid) history = buffer, series = buffer;
    history.columns = H;
    series.columns = T;
    series.at += H;
    DN_NAME(grid_copy)(&history, &q.history, 0);
    DN_NAME(grid_copy)(&series, &q.noise, 0);
    DN_NAME(dn_map_primal) primal = DN_NAME(trial_primal)(&q, ENTRY_RUN);
    primal.history = history.at;
    primal.noise = primal.series = series.at;
    primal.history_stride = primal.noise_stride = primal.series_stride = H + T;
    dn_place place;
    CHECK_STATUS(DN_NAME(dn_map_run)(plan, 1, &primal, NULL, NULL, &place), DN_OK);
    CHECK_THAT(DN_NAME(grid_same)(&series, &q.series));
    CHECK_THAT(DN_NAME(grid_same)(&history, &q.history));
    DN_NAME(grid_free)(&buffer);
    DN_NAME(trial_free)(&q);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// Another block or tile is another order of sums: right, not bit for bit the same.
static void DN_NAME(plan_options)(void) {
  const int32_t blocks[] = {16, 32, 64, 128, 256}, tiles[] = {0, 1, 3, 7, 16, 1000};
  for (int n = 0; n < case_count; n++) {
    if (!case_specs[n].long_run) continue;
    network net = network_make(&case_specs[n], 1);
    for (int b = 0; b < 5; b++)
      for (int s = 0; s < 6; s++) {
        if (s > 1 && (b + s + n) % 3) continue;
        dn_plan_options options = {.block = blocks[b], .tile_sources = tiles[s]};
        dn_plan *plan = plan_make(&net, &options);
        check_about("%s, block %d, tile %d", net.name, options.block, options.tile_sources);
        dn_plan_report report;
        dn_plan_describe(plan, &report);
        CHECK(report.block == options.block, "reported %d", report.block);
        DN_NAME(trial) q = DN_NAME(trial_make)(&net, 277, 0.75, 9, (layout){0});
        DN_NAME(check_forward)(plan, &q);
        DN_NAME(trial_free)(&q);
        dn_plan_destroy(plan);
      }
    network_free(&net);
  }
}

// Without noise gain and zero delays the noise may be NULL.
static void DN_NAME(no_noise)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    if (!net.zero_delays) {
      dn_plan *plan = plan_make(&net, NULL);
      check_about("%s", net.name);
      DN_NAME(trial) q = DN_NAME(trial_make)(&net, 129, 0, 5, (layout){0});
      q.hide_noise = true;
      DN_NAME(check_forward)(plan, &q);
      DN_NAME(trial_free)(&q);
      dn_plan_destroy(plan);
    }
    network_free(&net);
  }
}

// Scale and gain of every sign and size, a scale of zero included.
static void DN_NAME(large_parameters)(void) {
  const double scales[] = {0, -0.01, 1, 3}, gains[] = {-2, 100};
  for (int n = 0; n < case_count; n++) {
    if (case_specs[n].nodes > 17) continue;
    network net = network_make(&case_specs[n], 2);
    dn_plan *plan = plan_make(&net, NULL);
    for (int k = 0; k < 8; k++) {
      check_about("%s, scale %g, gain %g", net.name, scales[k / 2], gains[k % 2]);
      DN_NAME(trial) q = DN_NAME(trial_make)(&net, 5, gains[k % 2], 5, (layout){0});
      q.scale = (DN_REAL)scales[k / 2];
      DN_NAME(check_forward)(plan, &q);
      DN_NAME(trial_free)(&q);
    }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// results, next_history, options and place may be NULL; no runs are a success.
static void DN_NAME(no_results)(void) {
  network net = network_make(&case_specs[15], 1);
  dn_plan *plan = plan_make(&net, NULL);
  DN_NAME(trial) q = DN_NAME(trial_make)(&net, 50, 1, 5, (layout){0});
  DN_NAME(trial) p = DN_NAME(trial_make)(&net, 50, 1, 5, (layout){0});
  CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &q, NULL), DN_OK);
  DN_NAME(dn_map_primal) primal = DN_NAME(trial_primal)(&p, ENTRY_RUN);
  DN_NAME(dn_map_result) result = {NULL, 0, -7};
  CHECK_STATUS(DN_NAME(dn_map_run)(plan, 1, &primal, &result, NULL, NULL), DN_OK);
  CHECK_THAT(result.steps_done == 50);
  CHECK_THAT(DN_NAME(grid_same)(&q.series, &p.series));
  DN_NAME(trial_reset)(&p, 0);
  CHECK_STATUS(DN_NAME(dn_map_run)(plan, 1, &primal, NULL, NULL, NULL), DN_OK);
  CHECK_THAT(DN_NAME(grid_same)(&q.series, &p.series));
  CHECK_STATUS(DN_NAME(dn_map_run)(plan, 0, &primal, NULL, NULL, NULL), DN_OK);
  DN_NAME(trial_free)(&q);
  DN_NAME(trial_free)(&p);
  dn_plan_destroy(plan);
  network_free(&net);
}
