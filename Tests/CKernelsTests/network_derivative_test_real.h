// The tests of network_derivative_test.c for one precision.

// A trial of one of the small networks, chosen by a number; it has a plan.
static DN_NAME(net_trial)
    DN_NAME(chosen)(int m, int v, int number, network *net, dn_plan **plan, net_setup setup, dn_isa isa) {
  static const char *const names[] = {"1 node, 9 edges 0..20",  "3 nodes 0..40",      "17 nodes, 60 edges 0..40",
                                      "17 nodes 0, 1, 2, 7, 8", "17 nodes, all zero", "17 nodes, all 1",
                                      "2 nodes, all 16",        "no edges, history"};
  const case_spec *spec = net_spec_named(names[number % 8]);
  const bool fractional = number / 8 % 2;
  *net = fractional ? network_make_fractional(spec, 1) : network_make(spec, 1);
  *plan = plan_make(net, &(dn_plan_options){.isa = isa});
  check_about("%s, %s%s, %s, %s", ref_models[m].name, spec->name, fractional ? ", fractional" : "",
              net_variants[v].name, dn_isa_name(isa));
  DN_NAME(net_trial)
  t = DN_NAME(net_trial_make)(&ref_models[m], net, fractional, &setup, 5 + (uint64_t)number, (layout){0});
  t.plan = *plan;
  return t;
}

static void DN_NAME(done)(DN_NAME(net_trial) *t, dn_plan *plan, network *net) {
  CHECK_THAT(DN_NAME(net_trial_intact)(t));
  DN_NAME(net_trial_free)(t);
  dn_plan_destroy(plan);
  network_free(net);
}

#define EACH_MODEL                          \
  for (int m = 0; m < ref_model_count; m++) \
    for (int v = 0; v < NET_VARIANTS; v++)

// ---- <u, J v> = <J^T u, v> -----------------------------------------------------------------------------------------

typedef struct DN_NAME(inner) {
  double value, size;
} DN_NAME(inner);

static void DN_NAME(inner_add)(DN_NAME(inner) *sum, const DN_NAME(grid) *a, const DN_NAME(grid) *b) {
  for (ptrdiff_t i = 0; i < a->rows; i++)
    for (ptrdiff_t k = 0; k < a->columns; k++) {
      const double term = (double)a->at[i * a->stride + k] * (double)b->at[i * b->stride + k];
      sum->value += term;
      sum->size += fabs(term);
    }
}

// The size of the terms is that of the sums' rounding errors; 2e-5 is some 160 of them in float.
static void DN_NAME(check_inner)(const DN_NAME(net_trial) *t, DN_NAME(inner) left, const char *what) {
  DN_NAME(inner) right = {0};
  for (int part = 0; part < REF_PARTS; part++)
    if (t->tangents & NET_BIT(part)) DN_NAME(inner_add)(&right, &t->cot[part], &t->tan[part]);
  const double size = fmax(left.size, right.size);
  CHECK(fabs(left.value - right.value) <= (sizeof(DN_REAL) == 8 ? 1e-12 : 2e-5) * size, "%s: %.17g and %.17g, size %g",
        what, left.value, right.value, size);
}

// The series' cotangent against the tangent; run and tape as they are.
static void DN_NAME(check_dot)(DN_NAME(net_trial) *t, unsigned parts, const char *what) {
  t->tangents = t->cotangents = parts;
  t->hide_final = true;
  DN_NAME(net_trial_call_all)(t, NULL);
  DN_NAME(inner) left = {0};
  DN_NAME(inner_add)(&left, &t->cot_series, &t->tan_series);
  DN_NAME(check_inner)(t, left, what);
}

static void DN_NAME(dot_product)(void) {
  EACH_MODEL
  for (int n = 0; n < 16; n++) {
    network net;
    dn_plan *plan;
    net_setup setup = net_setup_of(v, 20 + 13 * ((m + n) % 5));
    setup.sigma = n % 3 ? SIGMA_STATE : SIGMA_NODE;
    setup.first_step = n % 4;
    setup.every = n % 3 == 1 ? 5 : 1;
    setup.monitor = n % 2 ? DN_MONITOR_AVERAGE : DN_MONITOR_SUBSAMPLE;
    DN_NAME(net_trial) t = DN_NAME(chosen)(m, v, n, &net, &plan, setup, DN_ISA_AUTO);
    t.drawn = n % 2;
    DN_NAME(check_dot)(&t, t.tangents, "everything");
    DN_NAME(done)(&t, plan, &net);
  }
}

static void DN_NAME(dot_product_alone)(void) {
  EACH_MODEL
  for (int n = 1 + v; n < 16; n += 3) {
    network net;
    dn_plan *plan;
    DN_NAME(net_trial) t = DN_NAME(chosen)(m, v, n, &net, &plan, net_setup_of(v, 40), DN_ISA_AUTO);
    t.drawn = n % 2;
    const unsigned all = t.tangents;
    for (int part = 0; part < REF_PARTS; part++)
      if (all & NET_BIT(part)) DN_NAME(check_dot)(&t, NET_BIT(part), ref_part_names[part]);
    DN_NAME(done)(&t, plan, &net);
  }
}

// s(T) has a cotangent of its own, which counts where no output column shows s(T).
static void DN_NAME(final_state)(void) {
  EACH_MODEL
  for (int n = v; n < 16; n += 3) {
    network net;
    dn_plan *plan;
    net_setup setup = net_setup_of(v, 33), thin = setup;
    thin.every = 7;
    DN_NAME(net_trial) whole = DN_NAME(chosen)(m, v, n, &net, &plan, setup, DN_ISA_AUTO);
    DN_NAME(net_trial)
    t = DN_NAME(net_trial_make)(&ref_models[m], &net, whole.q.fractional, &thin, 5 + (uint64_t)n, (layout){0});
    t.plan = plan;
    t.drawn = whole.drawn = n % 2;
    DN_NAME(net_trial_call_all)(&whole, NULL);
    DN_NAME(net_trial_call_all)(&t, NULL);
    DN_NAME(inner) left = {0};
    DN_NAME(inner_add)(&left, &t.cot_series, &t.tan_series);
    DN_NAME(grid) last = DN_NAME(grid_make)(1, t.cot_final.columns, (layout){0});
    for (ptrdiff_t i = 0; i < last.columns; i++) last.at[i] = DN_NAME(grid_row)(&whole.tan_series, i)[32];
    DN_NAME(inner_add)(&left, &t.cot_final, &last);
    DN_NAME(check_inner)(&t, left, "series and final state");

    // The same cotangent as that of the last column.
    DN_NAME(grid) kept[REF_PARTS];
    whole.hide_series = true;
    for (int pass = 0; pass < 2; pass++) {
      DN_NAME(net_trial_reset)(&whole, 0);
      CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_VJP, &whole, NULL), DN_OK);
      for (int part = 0; part < REF_PARTS; part++) {
        const DN_NAME(grid) *got = &whole.cot[part];
        if (pass == 1) {
          CHECK(DN_NAME(grid_same)(got, &kept[part]), "%s of the last column", ref_part_names[part]);
          DN_NAME(grid_free)(&kept[part]);
        } else {
          kept[part] = DN_NAME(grid_make)(got->rows, got->columns, (layout){0});
          DN_NAME(grid_copy)(&kept[part], got, 0);
        }
      }
      whole.hide_series = false;
      whole.hide_final = true;
      DN_NAME(grid_set)(&whole.cot_series, 0);
      for (ptrdiff_t i = 0; i < last.columns; i++) DN_NAME(grid_row)(&whole.cot_series, i)[32] = whole.cot_final.at[i];
    }
    DN_NAME(grid_free)(&last);
    DN_NAME(net_trial_free)(&t);
    DN_NAME(done)(&whole, plan, &net);
  }
}

// ---- Bounds --------------------------------------------------------------------------------------------------------

static bool DN_NAME(has_bounds)(const ref_model *model) {
  for (int k = 0; k < model->states; k++)
    if (model->lower[k] > -INFINITY || model->upper[k] < INFINITY) return true;
  return false;
}

// Noise that drives states into their bounds, from states that stand on them: tangent against the reference, cotangent
// against the tangent, and both the same bits on every instruction set.
static void DN_NAME(clamps)(void) {
  EACH_MODEL
  for (int n = 0; n < 16; n++) {
    if (!DN_NAME(has_bounds)(&ref_models[m])) continue;
    DN_NAME(net_trial) first = {0};
    network nets[4];
    dn_plan *plans[4];
    for (int isa = DN_ISA_BASE; isa <= DN_ISA_AVX512; isa++) {
      if (!dn_isa_available((dn_isa)isa)) continue;
      net_setup setup = net_setup_of(v, 50);
      setup.rough = true;
      setup.every = n % 3 == 1 ? 4 : 1;
      DN_NAME(net_trial) t = DN_NAME(chosen)(m, v, n, &nets[isa], &plans[isa], setup, (dn_isa)isa);
      for (ptrdiff_t i = 0; i < t.in[REF_INITIAL].columns; i += 2) {
        const int state = (int)(i / nets[isa].nodes);
        const double lower = ref_models[m].lower[state];
        if (lower > -INFINITY) t.in[REF_INITIAL].at[i] = (DN_REAL)lower;
      }
      t.drawn = n % 2;
      if (t.drawn)
        CHECK_STATUS(
            DN_NAME(dn_network_noise)(t.key, 0, ref_models[m].states, nets[isa].nodes, 0, 50, t.in[REF_NOISE].at),
            DN_OK);
      DN_NAME(check_dot)(&t, t.tangents, "everything");
      // One node and state can stay inside by luck; no larger network's can.
      if (nets[isa].nodes > 1) CHECK(t.result.clamps > 0, "no state was clamped");
      if (isa == DN_ISA_BASE) {
        ref_result want = DN_NAME(net_reference)(&t);
        double worst = 0, size = 0;
        const ptrdiff_t K = want.columns;
        for (ptrdiff_t i = 0; i < t.tan_series.rows; i++)
          for (ptrdiff_t k = 0; k < K; k++) {
            worst =
                worse_of(worst, fabs((double)DN_NAME(grid_row)(&t.tan_series, i)[k] - want.series_tangent[i * K + k]));
            size = fmax(size, fabs(want.series_tangent[i * K + k]));
          }
        CHECK(worst <= (sizeof(DN_REAL) == 8 ? 1e-12 : 1e-4) * size, "tangent off by %g of %g", worst, size);
        CHECK(t.result.clamps == want.clamps, "%lld clamps, %lld wanted", (long long)t.result.clamps,
              (long long)want.clamps);
        ref_result_free(&want);
        first = t;
      } else {
        CHECK_THAT(DN_NAME(net_trial_same)(&t, &first));
        DN_NAME(done)(&t, plans[isa], &nets[isa]);
      }
    }
    DN_NAME(done)(&first, plans[DN_ISA_BASE], &nets[DN_ISA_BASE]);
  }
}

// One Euler step of one node far outside its bounds: nothing passes, to the last bit; another just inside passes all.
static void DN_NAME(clamped_direction)(void) {
  network net = network_make(&(case_spec){"2 nodes, no edges", 2, 0, 0, 0, 0, DELAYS_UNIFORM, false}, 1);
  dn_plan *plan = plan_make(&net, NULL);
  const net_setup setup = net_setup_of(2, 1);
  check_about("wong_wang, one step");
  DN_NAME(net_trial)
  t = DN_NAME(net_trial_make)(ref_model_find("wong_wang"), &net, false, &setup, 5, (layout){0});
  t.plan = plan;
  DN_NAME(grid_set)(&t.in[REF_SIGMA], 1);
  DN_NAME(grid_set)(&t.in[REF_STIMULUS], 0);
  DN_NAME(grid_set)(&t.in[REF_INITIAL], (DN_REAL)0.5);
  DN_NAME(grid_set)(&t.cot_series, 1);
  DN_NAME(grid_set)(&t.cot_final, 1);
  for (int side = 0; side < 2; side++) {
    t.in[REF_NOISE].at[0] = side ? 3 : -3;
    t.in[REF_NOISE].at[1] = (DN_REAL)0.125;
    DN_NAME(net_trial_call_all)(&t, NULL);
    CHECK_THAT(t.result.clamps == 1 && t.series.at[0] == (DN_REAL)side);
    CHECK_THAT(t.tan_series.at[0] == 0 && t.tan_series.at[1] != 0);
    CHECK_THAT(t.cot[REF_NOISE].at[0] == 0 && t.cot[REF_NOISE].at[1] == 2);
    CHECK_THAT(t.cot[REF_INITIAL].at[0] == 0 && t.cot[REF_INITIAL].at[1] != 0);
    CHECK_THAT(t.cot[REF_STIMULUS].at[0] == 0 && t.cot[REF_STIMULUS].at[1] == 2);
    CHECK_THAT(t.cot[REF_SIGMA].at[0] == 0 && t.cot[REF_SIGMA].at[1] == (DN_REAL)0.25);
  }
  DN_NAME(done)(&t, plan, &net);
}

// ---- Outputs -------------------------------------------------------------------------------------------------------

// Each output alone has the bits that it has among all of them; none at all is fine.
static void DN_NAME(alone)(void) {
  EACH_MODEL
  for (int n = (m + v) % 4; n < 16; n += 4) {
    network net;
    dn_plan *plan;
    DN_NAME(net_trial) t = DN_NAME(chosen)(m, v, n, &net, &plan, net_setup_of(v, 40), DN_ISA_AUTO);
    t.drawn = n % 2;
    DN_NAME(net_trial_record)(&t, 0);
    DN_NAME(net_trial_call_all)(&t, NULL);
    const unsigned all = t.cotangents;
    for (int part = 0; part < REF_PARTS; part++) {
      DN_NAME(grid) *got = &t.cot[part], kept = DN_NAME(grid_make)(got->rows, got->columns, (layout){0});
      DN_NAME(grid_copy)(&kept, got, 0);
      DN_NAME(grid_set)(got, 0);
      if (all & NET_BIT(part)) {
        t.cotangents = NET_BIT(part);
        CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_VJP, &t, NULL), DN_OK);
        CHECK(DN_NAME(grid_same)(got, &kept), "%s alone", ref_part_names[part]);
      }
      DN_NAME(grid_free)(&kept);
    }
    // One parameter of all: the others are neither needed nor written.
    const int last = t.q.model->parameters - 1;
    DN_REAL lone[20] = {0};
    t.cotangents = NET_BIT(REF_PARAMETERS);
    DN_NAME(dn_network_primal) primal = DN_NAME(net_trial_primal)(&t);
    DN_NAME(dn_network_cotangent) cotangent = DN_NAME(net_trial_cotangent)(&t);
    const DN_REAL *kept = t.cot_parameters[last];
    for (int k = 0; k < last; k++) t.cot_parameters[k] = NULL;
    t.cot_parameters[last] = lone;
    CHECK_STATUS(DN_NAME(dn_network_vjp)(1, &primal, &t.tape, &cotangent, NULL, NULL), DN_OK);
    CHECK_THAT(memcmp(lone, kept, (size_t)(t.q.per_node[last] ? net.nodes : 1) * sizeof *lone) == 0);

    t.cotangents = 0;
    CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_VJP, &t, NULL), DN_OK);
    DN_NAME(done)(&t, plan, &net);
  }
}

// Cotangents are added to what stands there; tangents are overwritten.
static void DN_NAME(adds)(void) {
  EACH_MODEL
  for (int n = (m + v) % 4; n < 16; n += 4) {
    network net;
    dn_plan *plan;
    DN_NAME(net_trial) t = DN_NAME(chosen)(m, v, n, &net, &plan, net_setup_of(v, 40), DN_ISA_AUTO);
    DN_NAME(net_trial_call_all)(&t, NULL);
    for (int part = 0; part < REF_PARTS; part++) {
      DN_NAME(grid) *got = &t.cot[part], once = DN_NAME(grid_make)(got->rows, got->columns, (layout){0});
      DN_NAME(grid_copy)(&once, got, 0);
      const unsigned all = t.cotangents;
      DN_NAME(grid_set)(got, 3);
      t.cotangents &= NET_BIT(part);
      CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_VJP, &t, NULL), DN_OK);
      t.cotangents = all;
      double worst = 0, size = 3;
      for (ptrdiff_t i = 0; i < got->rows && all & NET_BIT(part); i++)
        for (ptrdiff_t k = 0; k < got->columns; k++) {
          const double sum = (double)got->at[i * got->stride + k], more = (double)once.at[i * once.stride + k];
          worst = worse_of(worst, fabs(sum - 3 - more));
          size = fmax(size, fabs(more));
        }
      // Fractional delays add two sums, of either sign, to each weight and delay.
      CHECK(worst <= 8 * (sizeof(DN_REAL) == 8 ? DBL_EPSILON : (double)FLT_EPSILON) * size, "%s off by %g of %g",
            ref_part_names[part], worst, size);
      DN_NAME(grid_free)(&once);
    }
    DN_NAME(done)(&t, plan, &net);
  }
}

// A zero or absent cotangent changes nothing at all; a zero or absent tangent gives exactly zero.
static void DN_NAME(zero)(void) {
  EACH_MODEL
  for (int n = 0; n < 16; n++) {
    network net;
    dn_plan *plan;
    DN_NAME(net_trial) t = DN_NAME(chosen)(m, v, n, &net, &plan, net_setup_of(v, 24), DN_ISA_AUTO);
    DN_NAME(net_trial_call_all)(&t, NULL);
    t.hide_series = n % 2;
    t.hide_final = n / 2 % 2;
    DN_NAME(grid_set)(&t.cot_series, 0);
    DN_NAME(grid_set)(&t.cot_final, 0);
    DN_NAME(net_trial_reset)(&t, (DN_REAL)0.3);
    CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_VJP, &t, NULL), DN_OK);
    for (int part = 0; part < REF_PARTS; part++)
      CHECK(DN_NAME(grid_all)(&t.cot[part], (DN_REAL)0.3), "%s", ref_part_names[part]);
    if (n % 2) t.tangents = 0;
    for (int part = 0; part < REF_PARTS; part++) DN_NAME(grid_set)(&t.tan[part], 0);
    CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_JVP, &t, NULL), DN_OK);
    CHECK_THAT(DN_NAME(grid_all)(&t.tan_series, 0));
    DN_NAME(done)(&t, plan, &net);
  }
}

// vjp(2 u + w) = 2 vjp(u) + vjp(w), and the same for jvp.
static void DN_NAME(linear)(void) {
  EACH_MODEL
  for (int n = (m + v) % 3; n < 16; n += 3) {
    network net;
    dn_plan *plan;
    DN_NAME(net_trial) t = DN_NAME(chosen)(m, v, n, &net, &plan, net_setup_of(v, 40), DN_ISA_AUTO);
    // Inputs: tangents, and the cotangents of series and final state. Outputs: cotangents, and the tangent of the series.
#define IN 12
    DN_NAME(grid) in[3][IN], out[3][IN], *live_in[IN] = {&t.cot_series, &t.cot_final}, *live_out[IN] = {&t.tan_series};
    for (int part = 0; part < REF_PARTS; part++) {
      live_in[2 + part] = &t.tan[part];
      live_out[1 + part] = &t.cot[part];
    }
    const int ins = 2 + REF_PARTS, outs = 1 + REF_PARTS;
    rng r = rng_make(77);
    for (int pass = 0; pass < 3; pass++) {
      for (int k = 0; k < ins; k++) {
        DN_NAME(grid) *g = live_in[k];
        in[pass][k] = DN_NAME(grid_make)(g->rows, g->columns, (layout){0});
        for (ptrdiff_t i = 0; i < g->rows; i++)
          for (ptrdiff_t c = 0; c < g->columns; c++) {
            DN_REAL *x = &g->at[i * g->stride + c], *kept = in[pass][k].at + i * g->columns + c;
            // The second one's size is that of the first.
            if (pass == 1) *x *= (DN_REAL)rng_unit(&r);
            if (pass == 2) *x = 2 * in[0][k].at[i * g->columns + c] + in[1][k].at[i * g->columns + c];
            *kept = *x;
          }
      }
      DN_NAME(net_trial_call_all)(&t, NULL);
      for (int k = 0; k < outs; k++) {
        out[pass][k] = DN_NAME(grid_make)(live_out[k]->rows, live_out[k]->columns, (layout){0});
        DN_NAME(grid_copy)(&out[pass][k], live_out[k], 0);
      }
    }
    for (int k = 0; k < outs; k++) {
      double worst = 0, size = 0;
      for (ptrdiff_t i = 0; i < out[0][k].rows * out[0][k].columns; i++) {
        const double a = 2 * (double)out[0][k].at[i], b = (double)out[1][k].at[i];
        worst = worse_of(worst, fabs((double)out[2][k].at[i] - a - b));
        size = fmax(size, fabs(a) + fabs(b));
      }
      CHECK(worst <= (sizeof(DN_REAL) == 8 ? 1e-13 : 1e-4) * size, "%s off by %g of %g",
            k ? ref_part_names[k - 1] : "jvp", worst, size);
    }
    for (int pass = 0; pass < 3; pass++) {
      for (int k = 0; k < ins; k++) DN_NAME(grid_free)(&in[pass][k]);
      for (int k = 0; k < outs; k++) DN_NAME(grid_free)(&out[pass][k]);
    }
    DN_NAME(done)(&t, plan, &net);
  }
}

// A tape serves any number of pullbacks: the bits of the first come back, also after another cotangent's.
static void DN_NAME(again)(void) {
  EACH_MODEL
  for (int n = (m + v) % 2; n < 16; n += 2) {
    network net;
    dn_plan *plan;
    DN_NAME(net_trial) t = DN_NAME(chosen)(m, v, n, &net, &plan, net_setup_of(v, 150), DN_ISA_AUTO);
    t.drawn = true;
    DN_NAME(dn_network_primal) primal = DN_NAME(net_trial_primal)(&t);
    size_t everything, least;
    CHECK_STATUS(DN_NAME(dn_network_tape_bytes)(&primal, &everything, &least), DN_OK);
    DN_NAME(net_trial_record)(&t, n % 3 ? least : 0);
    DN_NAME(net_trial_call_all)(&t, NULL);
    uint64_t hash[3];
    for (int pass = 0; pass < 3; pass++) {
      DN_NAME(net_trial_reset)(&t, 0);
      t.hide_series = pass == 1;
      CHECK_STATUS(DN_NAME(net_trial_call)(ENTRY_VJP, &t, NULL), DN_OK);
      hash[pass] = FNV_START;
      for (int part = 0; part < REF_PARTS; part++) hash[pass] = DN_NAME(grid_hash)(&t.cot[part], hash[pass]);
    }
    CHECK_THAT(hash[0] == hash[2] && hash[0] != hash[1]);
    DN_NAME(done)(&t, plan, &net);
  }
}

#undef EACH_MODEL
#undef IN
