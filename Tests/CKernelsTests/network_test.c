// Networks of neural masses against the plain reference: series, tangents, cotangents, in double; bits across instruction
// sets, chunks, threads and tapes. Every registered model, every scheme, every topology of network_cases.
#include "network_trial.h"

static double largest(const double *a, ptrdiff_t count) {
  double most = 0;
  for (ptrdiff_t i = 0; i < count; i++) most = fmax(most, fabs(a[i]));
  return most;
}
static double apart(const double *a, const double *b, ptrdiff_t count) {
  double most = 0;
  for (ptrdiff_t i = 0; i < count; i++) most = worse_of(most, fabs(a[i] - b[i]));
  return most;
}

static net_setup setup_of(int model, int spec, int variant) {
  const int odd = (model + spec + variant) % 3;
  const ptrdiff_t steps[] = {129, 17, 300, 16};
  net_setup setup = net_setup_of(variant, steps[spec % 4]);
  setup.first_step = odd * 3;
  setup.every = odd == 1 ? 7 : 1;
  setup.monitor = spec % 2 ? DN_MONITOR_AVERAGE : DN_MONITOR_SUBSAMPLE;
  setup.sigma = odd == 0 ? SIGMA_STATE : SIGMA_NODE;
  setup.rough = odd == 2;
  return setup;
}

static void registered(void) {
  CHECK_THAT(dn_model_count() >= ref_model_count);
  for (int32_t m = 0; m < ref_model_count; m++) {
    const dn_model *model = dn_model_at(m);
    const ref_model *reference = ref_model_find(model->name);
    check_about("%s", model->name);
    CHECK_THAT(dn_model_find(model->name) == model);
    if (!CHECK_THAT(reference != NULL)) continue;
    CHECK_THAT(model->states == reference->states && model->couplings == reference->couplings);
    if (!CHECK_THAT(model->parameters == reference->parameters)) continue;
    for (int k = 0; k < model->states; k++)
      CHECK(model->state[k].lower == reference->lower[k] && model->state[k].upper == reference->upper[k] &&
                (model->state[k].periodic != 0) == reference->periodic[k],
            "state %d", k);
    for (int k = 0; k < model->parameters; k++) {
      const dn_model_parameter *p = &model->parameter[k];
      CHECK(strcmp(p->name, reference->parameter[k]) == 0, "%s", p->name);
      CHECK(p->value == reference->published[k], "%s is %g, published %g", p->name, p->value, reference->published[k]);
      CHECK(p->lowest <= p->value && p->value <= p->highest, "%s outside its range", p->name);
    }
  }
  CHECK_THAT(dn_model_at(-1) == NULL && dn_model_at(dn_model_count()) == NULL && dn_model_find("none") == NULL);
}

static void forward(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int s = 0; s < net_spec_count; s++)
      for (int v = 0; v < NET_VARIANTS; v++) {
        network net = network_make(&net_specs[s], 1);
        const net_setup setup = setup_of(m, s, v);
        check_about("%s, %s, %s", ref_models[m].name, net_specs[s].name, net_variants[v].name);
        net_trial_f64 t = net_trial_make_f64(&ref_models[m], &net, false, &setup, 5, (layout){0});
        t.tangents = 0;
        ref_result want = net_reference_f64(&t);
        const ptrdiff_t elements = t.series.rows * t.series.columns;
        uint64_t first = 0;
        for (int isa = DN_ISA_BASE; isa <= DN_ISA_AVX512; isa++) {
          if (!dn_isa_available((dn_isa)isa)) continue;
          dn_plan *plan = plan_make(&net, &(dn_plan_options){.isa = (dn_isa)isa});
          t.plan = plan;
          net_trial_reset_f64(&t, 0);
          CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, &t, NULL), DN_OK);
          const double error = apart(t.series.at, want.series, elements), scale = largest(want.series, elements);
          CHECK(error <= 2e-12 * (scale + 1e-3), "error %g of %g", error, scale);
          CHECK(t.result.clamps == want.clamps, "%lld clamps, %lld wanted", (long long)t.result.clamps,
                (long long)want.clamps);
          CHECK_THAT(t.result.steps_done == t.q.steps && t.columns.done == want.columns);
          const uint64_t hash = grid_hash_f64(&t.next_history, grid_hash_f64(&t.series, FNV_START));
          if (isa == DN_ISA_BASE) first = hash;
          else CHECK(hash == first, "other bits on %s", dn_isa_name((dn_isa)isa));
          dn_plan_destroy(plan);
        }
        // The carry: s(T), and what the next chunk's delays reach.
        CHECK_THAT(apart(t.next_initial.at, want.final, t.next_initial.columns) <=
                   2e-12 * (largest(want.final, t.next_initial.columns) + 1e-3));
        // Of means only.
        if (t.monitor.kind == DN_MONITOR_AVERAGE)
          CHECK_THAT(apart(t.next_monitored.at, want.partial, t.next_monitored.columns) <=
                     2e-12 * (largest(want.partial, t.next_monitored.columns) + 1e-3));
        const ptrdiff_t H = net.history, D = net.longest;
        for (ptrdiff_t i = 0; i < t.next_history.rows; i++) {
          const double *got = t.next_history.at + i * H + H - D, *right = want.history + i * H + H - D;
          CHECK_THAT(apart(got, right, D) <= 2e-12 * (largest(right, D) + 1e-3) && largest(got - (H - D), H - D) == 0);
        }
        CHECK_THAT(net_trial_intact_f64(&t));
        ref_result_free(&want);
        net_trial_free_f64(&t);
        network_free(&net);
      }
}

// A cotangent that all columns share has the bits of a series of such columns, alone and beside another series to rounding.
static void columns(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int s = 0; s < net_spec_count; s++) {
      const int v = (m + s) % NET_VARIANTS;
      if (net_specs[s].nodes > 20 && m % 4) continue;
      network net = network_make(&net_specs[s], 1);
      dn_plan *plan = plan_make(&net, NULL);
      net_setup setup = setup_of(m, s, v);
      check_about("%s, %s, %s, every %lld", ref_models[m].name, net_specs[s].name, net_variants[v].name,
                  (long long)setup.every);
      net_trial_f64 t = net_trial_make_f64(&ref_models[m], &net, false, &setup, 5, (layout){0});
      t.plan = plan;
      const ptrdiff_t states = t.series.rows, K = t.series.columns;
      double *column = ref_array(states, 1);
      for (ptrdiff_t i = 0; i < states; i++) {
        column[i] = t.cot_final.at[i];
        for (ptrdiff_t k = 0; k < K; k++) grid_row_f64(&t.cot_series, i)[k] = column[i];
      }
      net_trial_record_f64(&t, 0);
      net_trial_reset_f64(&t, 0);
      CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, &t, NULL), DN_OK);
      CHECK_STATUS(net_trial_call_f64(ENTRY_VJP, &t, NULL), DN_OK);
      uint64_t hash = FNV_START, other = FNV_START;
      double half[REF_PARTS];
      for (int part = 0; part < REF_PARTS; part++) {
        hash = grid_hash_f64(&t.cot[part], hash);
        half[part] = largest(t.cot[part].at, t.cot[part].rows * t.cot[part].columns);
      }
      net_trial_reset_f64(&t, 0);
      const dn_network_primal_f64 primal = net_trial_primal_f64(&t);
      const dn_network_cotangent_f64 d = net_trial_cotangent_f64(&t);
      t.cot_columns.column = column;
      t.cot_columns.series = NULL;
      CHECK_STATUS(dn_network_vjp_f64(1, &primal, &t.tape, &d, NULL, NULL), DN_OK);
      for (int part = 0; part < REF_PARTS; part++) other = grid_hash_f64(&t.cot[part], other);
      CHECK_THAT(hash == other);
      // Both: twice as much, and the final state's once.
      for (ptrdiff_t i = 0; i < states; i++) t.cot_final.at[i] = 2 * column[i];
      net_trial_reset_f64(&t, 0);
      t.cot_columns.series = t.cot_series.at;
      CHECK_STATUS(dn_network_vjp_f64(1, &primal, &t.tape, &d, NULL, NULL), DN_OK);
      for (int part = 0; part < REF_PARTS; part++) {
        const double both = largest(t.cot[part].at, t.cot[part].rows * t.cot[part].columns);
        CHECK(fabs(both - 2 * half[part]) <= 2e-12 * both, "%s: %g, twice %g", ref_part_names[part], both, half[part]);
      }
      free(column);
      net_trial_free_f64(&t);
      dn_plan_destroy(plan);
      network_free(&net);
    }
}

// Several monitors at once, of some of the states, are each of them alone; in pieces they are what they are in one.
static void monitors(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int v = 0; v < NET_VARIANTS; v++) {
      network net = network_make(net_spec_named("17 nodes 0..40"), 1);
      dn_plan *plan = plan_make(&net, NULL);
      net_setup setup = setup_of(m, 1, v);
      setup.steps = 150;
      setup.first_step = 3;
      net_trial_f64 t = net_trial_make_f64(&ref_models[m], &net, false, &setup, 5, (layout){0});
      t.plan = plan;
      t.drawn = true;
      net_trial_record_f64(&t, 0);
      check_about("%s, %s", ref_models[m].name, net_variants[v].name);
      double gain[3 * 17];
      for (int k = 0; k < 3 * 17; k++) gain[k] = sin(1.3 * k * k);
      const int32_t S = ref_models[m].states, last[] = {S - 1}, first[] = {0}, two[] = {S - 1, 0};
      const bool angle = dn_model_find(ref_models[m].name)->state[S - 1].periodic;
      const dn_monitor list[] = {{.kind = DN_MONITOR_SUBSAMPLE, .every = 1, .states = two, .state_count = 2},
                                 {.kind = angle ? DN_MONITOR_SUBSAMPLE : DN_MONITOR_AVERAGE, .every = 7},
                                 {.kind = DN_MONITOR_SUBSAMPLE, .every = 5, .states = last, .state_count = 1},
                                 {.kind = DN_MONITOR_AVERAGE, .every = 1, .states = last, .state_count = 1},
                                 {.kind = angle ? DN_MONITOR_SUBSAMPLE : DN_MONITOR_VOLTERRA, .every = 6, .interim = 2},
                                 {.kind = angle ? DN_MONITOR_SUBSAMPLE : DN_MONITOR_PROJECTION,
                                  .every = 4,
                                  .states = angle ? NULL : two,
                                  .state_count = 2,
                                  .gain = gain,
                                  .rows = 3,
                                  .reference = DN_REFERENCE_MEAN},
                                 {.kind = angle ? DN_MONITOR_SUBSAMPLE : DN_MONITOR_MIXTURE,
                                  .every = 5,
                                  .states = last,
                                  .state_count = 1,
                                  .interim = 1},
                                 {.kind = angle ? DN_MONITOR_SUBSAMPLE : DN_MONITOR_BALLOON,
                                  .every = 8,
                                  .states = first,
                                  .state_count = 1,
                                  .interim = 4},
                                 {.kind = angle ? DN_MONITOR_SUBSAMPLE : DN_MONITOR_PROJECTION,
                                  .every = 1,
                                  .states = last,
                                  .state_count = 1,
                                  .gain = gain,
                                  .rows = 1}};
      enum { MONITORS = sizeof list / sizeof *list };
      grid_f64 alone[MONITORS][2], all[MONITORS][2], cotangent[MONITORS], sum[REF_PARTS], kept[3];
      dn_columns_f64 columns[MONITORS], tangents[MONITORS];
      dn_columns_cotangent_f64 cotangents[MONITORS];
      rng r = rng_make(9);
      for (int k = 0; k < MONITORS; k++) {
        const ptrdiff_t rows = (list[k].states ? list[k].state_count : S) * dn_monitor_rows(&list[k], net.nodes),
                        K = dn_outputs(3, 150, list[k].every);
        for (int what = 0; what < 2; what++) {
          alone[k][what] = grid_make_f64(rows, K, (layout){k, 0, false});
          all[k][what] = grid_make_f64(rows, K, (layout){k, 1, false});
        }
        cotangent[k] = grid_make_f64(rows, K, (layout){k, 0, false});
        grid_fill_f64(&cotangent[k], &r);
        cotangents[k] = (dn_columns_cotangent_f64){.series = cotangent[k].at, .stride = cotangent[k].stride};
      }
      dn_network_primal_f64 p = net_trial_primal_f64(&t);
      dn_network_result_f64 result = net_trial_result_f64(&t);
      dn_network_tangent_f64 d = net_trial_tangent_f64(&t);
      dn_network_cotangent_f64 c = net_trial_cotangent_f64(&t);
      c.final_state = NULL;
      p.monitored = NULL;
      for (int k = 0; k < 3; k++) {
        const ptrdiff_t count = dn_monitored_count(p.model, net.nodes, list, MONITORS);
        CHECK_THAT(count == ((angle ? 0 : S + 5 * S + 2 + 27 + 9 + 1) + 1) * net.nodes);
        kept[k] = grid_make_f64(1, count, (layout){0});
      }
      for (int part = 0; part < REF_PARTS; part++)
        sum[part] = grid_make_f64(t.cot[part].rows, t.cot[part].columns, (layout){0});
      // Each by itself; gradients add up.
      net_trial_reset_f64(&t, 0);
      for (int k = 0; k < MONITORS; k++) {
        columns[k] = (dn_columns_f64){.series = alone[k][0].at, .stride = alone[k][0].stride};
        tangents[k] = (dn_columns_f64){.series = alone[k][1].at, .stride = alone[k][1].stride};
        p.monitors = &list[k], p.monitor_count = 1;
        result.columns = &columns[k], d.columns = &tangents[k], c.columns = &cotangents[k];
        result.next_monitored = NULL;
        CHECK_STATUS(dn_network_run_f64(1, &p, &result, NULL, NULL), DN_OK);
        CHECK_THAT(columns[k].done == alone[k][0].columns);
        CHECK_STATUS(dn_network_jvp_f64(1, &p, &d, NULL, NULL), DN_OK);
        CHECK_STATUS(dn_network_vjp_f64(1, &p, &t.tape, &c, NULL, NULL), DN_OK);
      }
      for (int part = 0; part < REF_PARTS; part++) grid_copy_f64(&sum[part], &t.cot[part], 0);
      // All at once, with the whole tape and with the least.
      p.monitors = list, p.monitor_count = MONITORS;
      size_t everything, least;
      CHECK_STATUS(dn_network_tape_bytes_f64(&p, &everything, &least), DN_OK);
      for (int budget = 0; budget < 2; budget++) {
        net_trial_record_f64(&t, budget ? least : 0);
        net_trial_reset_f64(&t, 0);
        result.tape = t.tape;
        for (int k = 0; k < MONITORS; k++) {
          columns[k] = (dn_columns_f64){.series = all[k][0].at, .stride = all[k][0].stride};
          tangents[k] = (dn_columns_f64){.series = all[k][1].at, .stride = all[k][1].stride};
        }
        result.columns = columns, d.columns = tangents, c.columns = cotangents;
        result.next_monitored = kept[0].at;
        CHECK_STATUS(dn_network_run_f64(1, &p, &result, NULL, NULL), DN_OK);
        CHECK_STATUS(dn_network_jvp_f64(1, &p, &d, NULL, NULL), DN_OK);
        CHECK_STATUS(dn_network_vjp_f64(1, &p, &t.tape, &c, NULL, NULL), DN_OK);
        for (int k = 0; k < MONITORS; k++)
          for (int what = 0; what < 2; what++)
            CHECK(grid_same_f64(&alone[k][what], &all[k][what]), "monitor %d, %s", k, what ? "tangents" : "values");
        for (int part = 0; part < REF_PARTS; part++) {
          const ptrdiff_t count = sum[part].columns;
          for (ptrdiff_t i = 0; i < sum[part].rows; i++)
            CHECK(apart(grid_row_f64(&sum[part], i), grid_row_f64(&t.cot[part], i), count) <=
                      2e-12 * largest(grid_row_f64(&sum[part], i), count) + 1e-12,
                  "cotangent of %s", ref_part_names[part]);
        }
      }
      // Columns before the first have the cotangent zero, of a series as of a column that all have.
      for (ptrdiff_t first = 1; first < 40; first += 13) {
        double *every = calloc((size_t)(S * net.nodes), sizeof *every);
        for (ptrdiff_t i = 0; i < S * net.nodes; i++) every[i] = 2 * rng_unit(&r) - 1;
        grid_f64 zeroed[MONITORS];
        for (int way = 0; way < 2; way++) {
          dn_columns_cotangent_f64 given[MONITORS];
          for (int k = 0; k < MONITORS; k++) {
            const ptrdiff_t K = cotangent[k].columns, skipped = first < K ? first : K;
            if (way == 0) {
              zeroed[k] = grid_make_f64(cotangent[k].rows, K, (layout){0});
              grid_copy_f64(&zeroed[k], &cotangent[k], 0);
              for (ptrdiff_t i = 0; i < zeroed[k].rows; i++)
                for (ptrdiff_t n = 0; n < K; n++)
                  grid_row_f64(&zeroed[k], i)[n] =
                      n < skipped ? 0 : grid_row_f64(&zeroed[k], i)[n] + (k % 2 ? every[i] : 0);
              given[k] = (dn_columns_cotangent_f64){.series = zeroed[k].at, .stride = zeroed[k].stride};
            } else {
              given[k] = (dn_columns_cotangent_f64){.series = cotangent[k].at + skipped,
                                                    .stride = cotangent[k].stride,
                                                    .column = k % 2 ? every : NULL,
                                                    .first = skipped};
            }
          }
          c.columns = given;
          net_trial_reset_f64(&t, 0);
          CHECK_STATUS(dn_network_vjp_f64(1, &p, &t.tape, &c, NULL, NULL), DN_OK);
          for (int part = 0; part < REF_PARTS; part++) {
            if (way == 0) grid_copy_f64(&sum[part], &t.cot[part], 0);
            else
              for (ptrdiff_t i = 0; i < sum[part].rows; i++)
                CHECK(apart(grid_row_f64(&sum[part], i), grid_row_f64(&t.cot[part], i), sum[part].columns) == 0,
                      "cotangent of %s from column %td on", ref_part_names[part], first);
          }
        }
        for (int k = 0; k < MONITORS; k++) grid_free_f64(&zeroed[k]);
        free(every);
      }
      // In two pieces, cut inside columns.
      dn_network_primal_f64 piece = p;
      dn_network_result_f64 part = {.columns = columns,
                                    .next_initial = t.next_initial.at,
                                    .next_history = t.next_history.at,
                                    .next_history_stride = t.next_history.stride,
                                    .next_monitored = kept[1].at};
      for (int k = 0; k < MONITORS; k++) grid_set_f64(&all[k][0], NAN);
      piece.steps = 61;
      CHECK_STATUS(dn_network_run_f64(1, &piece, &part, NULL, NULL), DN_OK);
      for (int k = 0; k < MONITORS; k++) columns[k].series += columns[k].done;
      piece.steps = 89, piece.first_step += 61, piece.stimulus += 61;
      piece.initial = part.next_initial, piece.history = part.next_history;
      piece.history_stride = part.next_history_stride, piece.monitored = kept[1].at;
      part.next_initial = t.in[REF_INITIAL].at, part.next_history = NULL, part.next_monitored = kept[2].at;
      CHECK_STATUS(dn_network_run_f64(1, &piece, &part, NULL, NULL), DN_OK);
      for (int k = 0; k < MONITORS; k++) CHECK(grid_same_f64(&alone[k][0], &all[k][0]), "monitor %d in two pieces", k);
      CHECK_THAT(grid_same_f64(&kept[0], &kept[2]));
      for (int k = 0; k < MONITORS; k++) {
        for (int what = 0; what < 2; what++) {
          grid_free_f64(&alone[k][what]);
          grid_free_f64(&all[k][what]);
        }
        grid_free_f64(&cotangent[k]);
      }
      for (int part_ = 0; part_ < REF_PARTS; part_++) grid_free_f64(&sum[part_]);
      for (int k = 0; k < 3; k++) grid_free_f64(&kept[k]);
      net_trial_free_f64(&t);
      dn_plan_destroy(plan);
      network_free(&net);
    }
}

// Output columns of any numbers; those that overflow a sum.
static void outputs(void) {
  CHECK_THAT(dn_outputs(0, 10, 1) == 10 && dn_outputs(7, 10, 5) == 2 && dn_outputs(9, 1, 10) == 1);
  CHECK_THAT(dn_outputs(8, 1, 10) == 0 && dn_outputs(10, 9, 10) == 0 && dn_outputs(10, 10, 10) == 1);
  CHECK_THAT(dn_outputs(INT64_MAX, PTRDIFF_MAX, 1) == PTRDIFF_MAX);
  CHECK_THAT(dn_outputs(INT64_MAX, PTRDIFF_MAX, INT64_MAX) == 1);
  CHECK_THAT(dn_outputs(INT64_MAX - 1, PTRDIFF_MAX - 1, INT64_MAX) == 1 && dn_outputs(5, 5, INT64_MAX) == 0);
  CHECK_THAT(dn_outputs(-1, 5, 1) == 0 && dn_outputs(1, -5, 1) == 0 && dn_outputs(1, 5, 0) == 0);
}

// Tangents against the reference; cotangents by the dot product with them; every tape's bits.
static void derivatives(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int s = 0; s < net_spec_count; s++)
      for (int v = 0; v < NET_VARIANTS; v++) {
        if (net_specs[s].nodes > 20 && (m + v) % 5) continue;
        const bool fractional = (m + s + v) % 2;
        network net = fractional ? network_make_fractional(&net_specs[s], 1) : network_make(&net_specs[s], 1);
        dn_plan *plan = plan_make(&net, NULL);
        net_setup setup = setup_of(m, s, v);
        setup.rough = false;
        setup.parameters = (s + v) % 2 ? PARAMETERS_MIXED : PARAMETERS_GLOBAL;
        check_about("%s, %s, %s", ref_models[m].name, net_specs[s].name, net_variants[v].name);
        net_trial_f64 t = net_trial_make_f64(&ref_models[m], &net, fractional, &setup, 5, (layout){0});
        t.plan = plan;
        t.hide_final = true;
        ref_result want = net_reference_f64(&t);
        const ptrdiff_t elements = t.series.rows * t.series.columns;
        CHECK_STATUS(net_trial_call_f64(ENTRY_JVP, &t, NULL), DN_OK);
        const double error = apart(t.tan_series.at, want.series_tangent, elements),
                     scale = largest(want.series_tangent, elements);
        CHECK(error <= 1e-8 * (scale + 1e-6), "tangent: error %g of %g", error, scale);

        size_t everything, least;
        const dn_network_primal_f64 primal = net_trial_primal_f64(&t);
        CHECK_STATUS(dn_network_tape_bytes_f64(&primal, &everything, &least), DN_OK);
        CHECK_THAT(least <= everything);
        uint64_t first = 0;
        for (int b = 0; b < 4; b++) {
          const size_t budget = b == 0 ? 0 : b == 1 ? least : b == 2 ? least + (everything - least) / 2 : everything;
          net_trial_record_f64(&t, budget);
          net_trial_reset_f64(&t, 0);
          CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, &t, NULL), DN_OK);
          CHECK_STATUS(net_trial_call_f64(ENTRY_VJP, &t, NULL), DN_OK);
          dn_tape_report report;
          dn_tape_describe(t.tape, &report);
          CHECK_THAT(budget == 0 || report.bytes <= budget);
          uint64_t hash = FNV_START;
          for (int part = 0; part < REF_PARTS; part++) hash = grid_hash_f64(&t.cot[part], hash);
          if (b == 0) first = hash;
          else CHECK(hash == first, "other bits with budget %d", b);
          if (b == 1 && least > 1) {
            net_trial_record_f64(&t, least - 1);
            CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, &t, NULL), DN_BUDGET_TOO_SMALL);
          }
        }
        // The reference's tangent on the left: an error that both of the engine's derivatives share shows.
        double left = 0, right = 0, size = 1e-300;
        for (ptrdiff_t i = 0; i < elements; i++) {
          left += t.cot_series.at[i] * want.series_tangent[i];
          size += fabs(t.cot_series.at[i] * want.series_tangent[i]);
        }
        for (int part = 0; part < REF_PARTS; part++)
          for (ptrdiff_t i = 0; i < ref_count(&t.q, (ref_part)part); i++) {
            const double term = t.tan[part].at[i] * t.cot[part].at[i];
            right += term;
            size += fabs(term);
          }
        CHECK(fabs(left - right) <= 1e-11 * size, "dot products %.17g and %.17g, terms %g", left, right, size);
        ref_result_free(&want);
        net_trial_free_f64(&t);
        dn_plan_destroy(plan);
        network_free(&net);
      }
}

// Drawn noise: chunks with their carry, members over threads, and the same numbers handed in, all have the same bits.
static void chunks(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int v = 0; v < NET_VARIANTS; v++) {
      network net = network_make(net_spec_named("17 nodes 0..40"), 1);
      dn_plan *plan = plan_make(&net, NULL);
      net_setup setup = setup_of(m, 1, v);
      setup.steps = 137;
      setup.first_step = 3;
      setup.every = 1 + 4 * (v % 2);
      check_about("%s, %s", ref_models[m].name, net_variants[v].name);
      net_trial_f64 t[5];
      for (int k = 0; k < 5; k++) {
        t[k] = net_trial_make_f64(&ref_models[m], &net, false, &setup, 5, (layout){0});
        t[k].plan = plan;
        t[k].drawn = k != 0;
        t[k].member = (uint64_t)(k % 2);
      }
      // The first one's noise is handed in: member 1's.
      CHECK_STATUS(dn_network_noise_f64(t[0].key, 1, ref_models[m].states, net.nodes, 3, 137, t[0].in[REF_NOISE].at),
                   DN_OK);
      CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, &t[0], NULL), DN_OK);

      dn_network_primal_f64 chunk = net_trial_primal_f64(&t[1]);
      dn_network_result_f64 part = net_trial_result_f64(&t[1]);
      part.next_initial = t[1].in[REF_INITIAL].at;
      part.next_history = t[1].in[REF_HISTORY].at;
      part.next_monitored = t[1].monitored.at;
      static const ptrdiff_t lengths[] = {1, 40, 0, 16, 80};
      for (int c = 0; c < 5; c++) {
        chunk.steps = lengths[c];
        CHECK_STATUS(dn_network_run_f64(1, &chunk, &part, NULL, NULL), DN_OK);
        chunk.first_step += lengths[c];
        chunk.stimulus += lengths[c];
        t[1].columns.series += t[1].columns.done;
      }
      CHECK_THAT(grid_same_f64(&t[1].series, &t[0].series));
      CHECK_THAT(grid_same_f64(&t[1].in[REF_INITIAL], &t[0].next_initial));
      CHECK_THAT(grid_same_f64(&t[1].in[REF_HISTORY], &t[0].next_history));
      if (t[0].monitor.kind == DN_MONITOR_AVERAGE) CHECK_THAT(grid_same_f64(&t[1].monitored, &t[0].next_monitored));
      for (int threads = 1; threads <= 4; threads++) {
        for (int k = 2; k < 5; k++) net_trial_reset_f64(&t[k], 0);
        CHECK_STATUS(net_trials_call_f64(ENTRY_RUN, 3, t + 2, &(dn_run_options){.threads = threads}, NULL), DN_OK);
        CHECK_THAT(grid_same_f64(&t[3].series, &t[0].series));
        CHECK_THAT(grid_same_f64(&t[2].series, &t[4].series) && !grid_same_f64(&t[2].series, &t[0].series));
      }
      for (int k = 0; k < 5; k++) net_trial_free_f64(&t[k]);
      dn_plan_destroy(plan);
      network_free(&net);
    }
}

int main(int argc, char **argv) {
  const check_test tests[] = {{"registered", registered}, {"forward", forward}, {"derivatives", derivatives},
                              {"columns", columns},       {"outputs", outputs}, {"chunks", chunks},
                              {"monitors", monitors}};
  return CHECK_MAIN(argc, argv, tests);
}
