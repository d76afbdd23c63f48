// The tests of derivative_test.c for one precision.

// A trial whose forward run is done.
static DN_NAME(trial) DN_NAME(finished)(const dn_plan *plan, const network *net, ptrdiff_t steps, double gain,
                                        uint64_t seed, layout how) {
  DN_NAME(trial) q = DN_NAME(trial_make)(net, steps, gain, seed, how);
  CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &q, NULL), DN_OK);
  return q;
}

static void DN_NAME(check_tangent)(const dn_plan *plan, DN_NAME(trial) *q) {
  const network *net = q->net;
  ptrdiff_t N = net->nodes, H = net->history, T = q->steps;
  CHECK_STATUS(DN_NAME(trial_call)(ENTRY_JVP, plan, q, NULL), DN_OK);
  ref_inputs in = DN_NAME(trial_inputs)(q), tan = DN_NAME(trial_tangents)(q);
  ref_inputs in_size = ref_inputs_absolute(net, T, &in), tan_size = ref_inputs_absolute(net, T, &tan);
  double *series = ref_array(N, T), *series_size = ref_array(N, T), *want = ref_array(N, T), *size = ref_array(N, T);
  ref_forward(net, T, &in, series);
  ref_forward(net, T, &in_size, series_size);
  ref_tangent(net, T, &in, series, &tan, want);
  ref_tangent(net, T, &in_size, series_size, &tan_size, size);
  DN_NAME(grid_near)(&q->tan_series, want, size, "tangent of the series", __FILE__, __LINE__);
  bool same = true;
  for (ptrdiff_t i = 0; i < N; i++)
    for (ptrdiff_t k = 0; k < H; k++) {
      ptrdiff_t t = T - H + k;
      DN_REAL value = t >= 0                       ? DN_NAME(grid_row)(&q->tan_series, i)[t]
                      : q->tangents & PART_HISTORY ? DN_NAME(grid_row)(&q->tan_history, i)[H + t]
                                                   : 0;
      same &= value == DN_NAME(grid_row)(&q->tan_next, i)[k];
    }
  CHECK(same, "tangent of next_history");
  CHECK_THAT(DN_NAME(trial_intact)(q));
  free(series);
  free(series_size);
  free(want);
  free(size);
  ref_inputs_free(&in);
  ref_inputs_free(&tan);
  ref_inputs_free(&in_size);
  ref_inputs_free(&tan_size);
}

static void DN_NAME(check_cotangent)(const dn_plan *plan, DN_NAME(trial) *q) {
  const network *net = q->net;
  ptrdiff_t N = net->nodes, T = q->steps, D = net->longest;
  CHECK_STATUS(DN_NAME(trial_call)(ENTRY_VJP, plan, q, NULL), DN_OK);
  ref_inputs in = DN_NAME(trial_inputs)(q), in_size = ref_inputs_absolute(net, T, &in);
  ref_inputs out = ref_inputs_make(net, T), out_size = ref_inputs_make(net, T);
  double *series = ref_array(N, T), *series_size = ref_array(N, T);
  double *cot = ref_array(N, T), *cot_size = ref_array(N, T), *after = ref_array(N, D), *after_size = ref_array(N, D);
  double *first = ref_array(N, D), *first_size = ref_array(N, D);
  ref_forward(net, T, &in, series);
  ref_forward(net, T, &in_size, series_size);
  if (!q->hide_cotangent) DN_NAME(grid_to_doubles)(&q->cot_series, cot);
  if (q->has_after) DN_NAME(grid_to_doubles)(&q->cot_after, after);
  for (ptrdiff_t k = 0; k < N * T; k++) cot_size[k] = fabs(cot[k]);
  for (ptrdiff_t k = 0; k < N * D; k++) after_size[k] = fabs(after[k]);
  ref_cotangent(net, T, &in, series, cot, after, &out, first);
  ref_cotangent(net, T, &in_size, series_size, cot_size, after_size, &out_size, first_size);
#define NEAR(grid, member, what) \
  DN_NAME(grid_near)(&q->grid, out.member, out_size.member, "cotangent of the " what, __FILE__, __LINE__)
  if (q->cotangents & PART_HISTORY) NEAR(cot_history, history, "history");
  if (q->cotangents & PART_NOISE) NEAR(cot_noise, noise, "noise");
  if (q->cotangents & PART_WEIGHTS) NEAR(cot_weights, weights, "weights");
#undef NEAR
#define NEAR(grid, member, what) \
  DN_NAME(grid_near)(&q->grid, &out.member, &out_size.member, "cotangent of the " what, __FILE__, __LINE__)
  if (q->cotangents & PART_SCALE) NEAR(cot_scale, scale, "scale");
  if (q->cotangents & PART_GAIN) NEAR(cot_gain, gain, "noise gain");
#undef NEAR
  if (q->cotangents & PART_FIRST)
    DN_NAME(grid_near)(&q->cot_first, first, first_size, "adjoint_first", __FILE__, __LINE__);
  CHECK_THAT(DN_NAME(trial_intact)(q));
  double *arrays[] = {series, series_size, cot, cot_size, after, after_size, first, first_size};
  for (int n = 0; n < 8; n++) free(arrays[n]);
  ref_inputs_free(&in);
  ref_inputs_free(&in_size);
  ref_inputs_free(&out);
  ref_inputs_free(&out_size);
}

static void DN_NAME(each_case)(void (*check)(const dn_plan *, DN_NAME(trial) *)) {
  const double gains[] = {0, 0.75, 1};
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    int lengths = case_specs[n].long_run ? CASE_STEPS_LONG : CASE_STEPS;
    for (int k = 0; k < lengths; k++) {
      double gain = gains[(n + k) % 3];
      check_about("%s, %d steps, gain %g", net.name, case_steps[k], gain);
      DN_NAME(trial) q = DN_NAME(finished)(plan, &net, case_steps[k], gain, (uint64_t)(100 * n + k), (layout){0});
      check(plan, &q);
      DN_NAME(trial_free)(&q);
    }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

static void DN_NAME(tangent)(void) { DN_NAME(each_case)(DN_NAME(check_tangent)); }
static void DN_NAME(cotangent)(void) { DN_NAME(each_case)(DN_NAME(check_cotangent)); }

// Each tangent alone, and all but one.
static void DN_NAME(check_tangent_parts)(const dn_plan *plan, DN_NAME(trial) *q) {
  for (int p = 0; p < 10; p++) {
    q->tangents = p < 5 ? 1u << p : PART_INPUTS & ~(1u << (p - 5));
    DN_NAME(trial_reset)(q, 0);
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, q, NULL), DN_OK);
    DN_NAME(check_tangent)(plan, q);
  }
}

static void DN_NAME(tangent_alone)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    if (net.edges < 3000) {
      dn_plan *plan = plan_make(&net, NULL);
      for (int k = 0; k < CASE_STEPS; k++) {
        check_about("%s, %d steps", net.name, case_steps[k]);
        DN_NAME(trial) q = DN_NAME(trial_make)(&net, case_steps[k], 0.75, 8, (layout){0});
        DN_NAME(check_tangent_parts)(plan, &q);
        DN_NAME(trial_free)(&q);
      }
      dn_plan_destroy(plan);
    }
    network_free(&net);
  }
}

// The tangent of the series may take the place of the noise's.
static void DN_NAME(tangent_in_place)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    check_about("%s", net.name);
    DN_NAME(trial) q = DN_NAME(finished)(plan, &net, 129, 0.75, 8, (layout){2, 1, false});
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_JVP, plan, &q, NULL), DN_OK);
    DN_NAME(dn_map_primal) primal = DN_NAME(trial_primal)(&q, ENTRY_JVP);
    DN_NAME(dn_map_tangent) tangent = DN_NAME(trial_tangent)(&q);
    tangent.series = q.tan_noise.at;
    tangent.series_stride = q.tan_noise.stride;
    CHECK_STATUS(DN_NAME(dn_map_jvp)(plan, 1, &primal, &tangent, NULL, NULL), DN_OK);
    CHECK_THAT(DN_NAME(grid_same)(&q.tan_noise, &q.tan_series));
    CHECK_THAT(DN_NAME(trial_intact)(&q));
    DN_NAME(trial_free)(&q);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// Each cotangent alone has the bits that it has among all of them, with and without an adjoint from the next chunk.
static void DN_NAME(check_cotangent_parts)(const dn_plan *plan, DN_NAME(trial) *q) {
  for (int has_after = 0; has_after < 2; has_after++) {
    DN_NAME(grid) kept[PART_COUNT];
    q->has_after = has_after;
    q->cotangents = PART_ALL;
    DN_NAME(grid_set)(&q->cot_first, (DN_REAL)NAN);
    for (int p = 0; p < 5; p++) DN_NAME(grid_set)(DN_NAME(trial_output)(q, 1u << p), 0);
    DN_NAME(check_cotangent)(plan, q);
    for (int p = 0; p < PART_COUNT; p++) {
      const DN_NAME(grid) *all = DN_NAME(trial_output)(q, 1u << p);
      kept[p] = DN_NAME(grid_make)(all->rows, all->columns, (layout){0});
      DN_NAME(grid_copy)(&kept[p], all, 0);
    }
    for (int p = 0; p < PART_COUNT; p++) {
      DN_NAME(grid) *alone = DN_NAME(trial_output)(q, 1u << p);
      q->cotangents = 1u << p;
      DN_NAME(grid_set)(alone, 0);
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_VJP, plan, q, NULL), DN_OK);
      CHECK(DN_NAME(grid_same)(alone, &kept[p]), "%s alone%s", part_names[p], has_after ? ", adjoint_after" : "");
      DN_NAME(grid_free)(&kept[p]);
    }
    q->cotangents = 0;
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_VJP, plan, q, NULL), DN_OK);
    q->cotangents = PART_ALL & ~PART_FIRST;
    q->hide_cotangent = true;
    for (int p = 0; p < 5; p++) DN_NAME(grid_set)(DN_NAME(trial_output)(q, 1u << p), 0);
    DN_NAME(check_cotangent)(plan, q);
    q->hide_cotangent = false;
  }
}

static void DN_NAME(cotangent_alone)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    if (net.edges < 3000 || case_specs[n].delays == DELAYS_ONE_SHORT) {
      dn_plan *plan = plan_make(&net, NULL);
      for (int k = 0; k < CASE_STEPS; k++) {
        check_about("%s, %d steps", net.name, case_steps[k]);
        DN_NAME(trial) q = DN_NAME(finished)(plan, &net, case_steps[k], 0.75, 8, (layout){0});
        DN_NAME(check_cotangent_parts)(plan, &q);
        DN_NAME(trial_free)(&q);
      }
      dn_plan_destroy(plan);
    }
    network_free(&net);
  }
}

static void DN_NAME(derivative_options)(void) {
  const int32_t blocks[] = {16, 32, 64, 128, 256}, tiles[] = {0, 1, 3, 1000};
  for (int n = 0; n < case_count; n++) {
    if (!case_specs[n].long_run) continue;
    network net = network_make(&case_specs[n], 1);
    for (int b = 0; b < 5; b++) {
      dn_plan_options options = {.block = blocks[b], .tile_sources = tiles[(b + n) % 4]};
      dn_plan *plan = plan_make(&net, &options);
      check_about("%s, block %d, tile %d", net.name, options.block, options.tile_sources);
      DN_NAME(trial) q = DN_NAME(finished)(plan, &net, 277, 0.75, 9, (layout){0});
      DN_NAME(check_tangent)(plan, &q);
      DN_NAME(check_cotangent)(plan, &q);
      DN_NAME(trial_free)(&q);
      dn_plan_destroy(plan);
    }
    network_free(&net);
  }
}

// Cotangents are added to what stands there; adjoint_first and tangents are overwritten.
static void DN_NAME(adds)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    check_about("%s", net.name);
    DN_NAME(trial) q = DN_NAME(finished)(plan, &net, 40, 0.75, 8, (layout){0});
    DN_NAME(trial) p = DN_NAME(finished)(plan, &net, 40, 0.75, 8, (layout){0});
    DN_NAME(trial_reset)(&q, 3);
    DN_NAME(trial_reset)(&p, 0);
    DN_NAME(grid_set)(&q.cot_first, 3);
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &q, NULL), DN_OK);
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &p, NULL), DN_OK);
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_VJP, plan, &q, NULL), DN_OK);
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_VJP, plan, &p, NULL), DN_OK);
    for (int o = 0; o < 5; o++) {
      DN_NAME(grid) *more = DN_NAME(trial_output)(&q, 1u << o), *delta = DN_NAME(trial_output)(&p, 1u << o);
      double worst = 0;
      for (ptrdiff_t k = 0; k < more->rows * more->columns; k++) {
        double size = 3 + fabs((double)delta->at[k]);
        worst = worse_of(worst, fabs((double)more->at[k] - 3 - (double)delta->at[k]) / size);
      }
      CHECK(worst <= (sizeof(DN_REAL) == 8 ? TOLERANCE_F64 : TOLERANCE_F32), "%s off by %g", part_names[o], worst);
    }
    CHECK_THAT(DN_NAME(grid_same)(&q.cot_first, &p.cot_first));
    DN_NAME(trial_free)(&q);
    DN_NAME(trial_free)(&p);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// A zero or absent cotangent changes nothing at all; a zero tangent gives exactly zero.
static void DN_NAME(zero)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    for (int hidden = 0; hidden < 2; hidden++) {
      check_about("%s, %s", net.name, hidden ? "absent" : "zero");
      DN_NAME(trial) q = DN_NAME(finished)(plan, &net, 40, 0.75, 8, (layout){0});
      q.hide_cotangent = hidden;
      q.has_after = !hidden;
      DN_NAME(grid_set)(&q.cot_series, 0);
      DN_NAME(grid_set)(&q.cot_after, 0);
      for (int p = 0; p < 5; p++) DN_NAME(grid_set)(DN_NAME(trial_output)(&q, 1u << p), (DN_REAL)0.3);
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_VJP, plan, &q, NULL), DN_OK);
      for (int p = 0; p < 5; p++)
        CHECK(DN_NAME(grid_all)(DN_NAME(trial_output)(&q, 1u << p), (DN_REAL)0.3), "%s", part_names[p]);
      CHECK_THAT(DN_NAME(grid_all)(&q.cot_first, 0));
      q.tangents = hidden ? 0 : PART_INPUTS;
      q.tan_scale = q.tan_gain = 0;
      DN_NAME(grid_set)(&q.tan_weights, 0);
      DN_NAME(grid_set)(&q.tan_history, 0);
      DN_NAME(grid_set)(&q.tan_noise, 0);
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_JVP, plan, &q, NULL), DN_OK);
      CHECK_THAT(DN_NAME(grid_all)(&q.tan_series, 0) && DN_NAME(grid_all)(&q.tan_next, 0));
      DN_NAME(trial_free)(&q);
    }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// vjp(a u + v) = a vjp(u) + vjp(v), and the same for jvp; with a = 2 the products are exact, sums are not.
static void DN_NAME(linear)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    check_about("%s", net.name);
    DN_NAME(trial) q[3];
    for (int k = 0; k < 3; k++) {
      q[k] = DN_NAME(finished)(plan, &net, 70, 0.75, 8, (layout){0});
      if (k == 1) {
        rng r = rng_make(77);
        DN_NAME(grid_fill)(&q[1].cot_series, &r);
        DN_NAME(grid_fill)(&q[1].cot_after, &r);
        DN_NAME(grid_fill)(&q[1].tan_weights, &r);
        DN_NAME(grid_fill)(&q[1].tan_history, &r);
        DN_NAME(grid_fill)(&q[1].tan_noise, &r);
      }
    }
#define MIX(name)                                                    \
  for (ptrdiff_t k = 0; k < q[2].name.rows * q[2].name.columns; k++) \
    q[2].name.at[k] = 2 * q[0].name.at[k] + q[1].name.at[k];
    MIX(cot_series)
    MIX(cot_after)
    MIX(tan_weights)
    MIX(tan_history)
    MIX(tan_noise)
#undef MIX
    q[2].tan_scale = 2 * q[0].tan_scale + q[1].tan_scale;
    q[2].tan_gain = 2 * q[0].tan_gain + q[1].tan_gain;
    for (int k = 0; k < 3; k++) {
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_VJP, plan, &q[k], NULL), DN_OK);
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_JVP, plan, &q[k], NULL), DN_OK);
    }
    for (int o = 0; o <= PART_COUNT; o++) {
      DN_NAME(grid) *g[3];
      for (int k = 0; k < 3; k++) g[k] = o < PART_COUNT ? DN_NAME(trial_output)(&q[k], 1u << o) : &q[k].tan_series;
      double worst = 0, size = 1;
      for (ptrdiff_t k = 0; k < g[0]->rows * g[0]->columns; k++) {
        double want = 2 * (double)g[0]->at[k] + (double)g[1]->at[k];
        size = fmax(size, fabs(want));
        worst = worse_of(worst, fabs((double)g[2]->at[k] - want));
      }
      CHECK(worst <= (sizeof(DN_REAL) == 8 ? 1e-12 : 1e-4) * size, "%s off by %g of %g",
            o < PART_COUNT ? part_names[o] : "jvp", worst, size);
    }
    for (int k = 0; k < 3; k++) DN_NAME(trial_free)(&q[k]);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// A cotangent at the last step alone, or the first alone, counts.
static void DN_NAME(single_step)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    for (int k = 1; k < CASE_STEPS; k++)
      for (int last = 0; last < 2; last++) {
        check_about("%s, %d steps, cotangent at the %s", net.name, case_steps[k], last ? "last" : "first");
        DN_NAME(trial) q = DN_NAME(finished)(plan, &net, case_steps[k], 0.75, 8, (layout){0});
        q.has_after = false;
        DN_NAME(grid_set)(&q.cot_series, 0);
        for (ptrdiff_t i = 0; i < net.nodes; i++)
          DN_NAME(grid_row)(&q.cot_series, i)[last ? q.steps - 1 : 0] = (DN_REAL)(1 + i % 3);
        DN_NAME(check_cotangent)(plan, &q);
        if (net.nodes > 0) CHECK_THAT(q.cot_gain.at[0] != 0);
        DN_NAME(trial_free)(&q);
      }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

static void DN_NAME(derivative_layouts)(void) {
  const layout layouts[] = {{0, 1, false}, {3, 0, false}, {65, 3, false}, {5, 1, true}};
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    DN_NAME(trial) plain = DN_NAME(finished)(plan, &net, 129, 0.75, 8, (layout){0});
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_JVP, plan, &plain, NULL), DN_OK);
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_VJP, plan, &plain, NULL), DN_OK);
    for (int l = 0; l < 4; l++) {
      check_about("%s, gap %td, offset %td", net.name, layouts[l].gap, layouts[l].offset);
      DN_NAME(trial) q = DN_NAME(finished)(plan, &net, 129, 0.75, 8, layouts[l]);
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_JVP, plan, &q, NULL), DN_OK);
      CHECK_STATUS(DN_NAME(trial_call)(ENTRY_VJP, plan, &q, NULL), DN_OK);
#define SAME(name) CHECK_THAT(DN_NAME(grid_same)(&q.name, &plain.name))
      SAME(tan_series);
      SAME(tan_next);
      SAME(cot_history);
      SAME(cot_noise);
      SAME(cot_weights);
      SAME(cot_scale);
      SAME(cot_gain);
      SAME(cot_first);
#undef SAME
      CHECK_THAT(DN_NAME(trial_intact)(&q));
      DN_NAME(trial_free)(&q);
    }
    DN_NAME(trial_free)(&plain);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// The cotangents of history and noise side by side in one (N, H + T) buffer.
static void DN_NAME(one_cotangent_buffer)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    ptrdiff_t H = net.history, T = 129;
    dn_plan *plan = plan_make(&net, NULL);
    check_about("%s", net.name);
    DN_NAME(trial) q = DN_NAME(finished)(plan, &net, T, 1, 6, (layout){0});
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_VJP, plan, &q, NULL), DN_OK);
    DN_NAME(grid) buffer = DN_NAME(grid_make)(net.nodes, H + T, (layout){0});
    DN_NAME(grid_set)(&buffer, 0);
    DN_NAME(grid) history = buffer, noise = buffer;
    history.columns = H;
    noise.columns = T;
    noise.at += H;
    DN_NAME(dn_map_primal) primal = DN_NAME(trial_primal)(&q, ENTRY_VJP);
    DN_NAME(dn_map_cotangent) cotangent = DN_NAME(trial_cotangent)(&q);
    cotangent.history = history.at;
    cotangent.noise = noise.at;
    cotangent.history_stride = cotangent.noise_stride = H + T;
    CHECK_STATUS(DN_NAME(dn_map_vjp)(plan, 1, &primal, &cotangent, NULL, NULL), DN_OK);
    CHECK_THAT(DN_NAME(grid_same)(&history, &q.cot_history));
    CHECK_THAT(DN_NAME(grid_same)(&noise, &q.cot_noise));
    DN_NAME(grid_free)(&buffer);
    DN_NAME(trial_free)(&q);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}
