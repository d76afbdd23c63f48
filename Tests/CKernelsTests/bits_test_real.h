// The tests of bits_test.c for one precision.
static void DN_NAME(threads)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    for (int k = 0; k < 2; k++) {
      ptrdiff_t steps = k ? 277 : 17;
      DN_NAME(trial) one = DN_NAME(trial_make)(&net, steps, 0.75, 31, (layout){0});
      DN_NAME(trial) many = DN_NAME(trial_make)(&net, steps, 0.75, 31, (layout){0});
      DN_NAME(trial_call_all)(plan, &one, &(dn_run_options){.threads = 1});
      const int32_t counts[] = {2, 3, 4, 5, 6, 7, 8, 0};
      for (int c = 0; c < 8; c++) {
        if (!case_specs[n].long_run && c % 3 != n % 3) continue;
        check_about("%s, %td steps, %d threads", net.name, steps, counts[c]);
        DN_NAME(trial_call_all)(plan, &many, &(dn_run_options){.threads = counts[c]});
        CHECK_THAT(DN_NAME(trial_same)(&one, &many));
      }
      DN_NAME(trial_free)(&one);
      DN_NAME(trial_free)(&many);
    }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

static void DN_NAME(isas)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *base = plan_make(&net, &(dn_plan_options){.isa = DN_ISA_BASE});
    for (dn_isa isa = DN_ISA_AUTO; isa <= DN_ISA_AVX512; isa++) {
      if (!dn_isa_available(isa)) continue;
      dn_plan *plan = plan_make(&net, &(dn_plan_options){.isa = isa});
      for (int k = 0; k < 3; k++) {
        ptrdiff_t steps = k == 0 ? 277 : k == 1 ? 129 : 7;
        check_about("%s, %td steps, %s", net.name, steps, dn_isa_name(isa));
        DN_NAME(trial) slow = DN_NAME(trial_make)(&net, steps, 0.75, 31, (layout){0});
        DN_NAME(trial) fast = DN_NAME(trial_make)(&net, steps, 0.75, 31, (layout){0});
        DN_NAME(trial_call_all)(base, &slow, NULL);
        DN_NAME(trial_call_all)(plan, &fast, NULL);
        CHECK_THAT(DN_NAME(trial_same)(&slow, &fast));
        DN_NAME(trial_free)(&slow);
        DN_NAME(trial_free)(&fast);
      }
      dn_plan_destroy(plan);
    }
    dn_plan_destroy(base);
    network_free(&net);
  }
}

// ---- Chunks --------------------------------------------------------------------------------------------------------

#if !defined(CHUNK_KINDS)
#define CHUNK_KINDS 6
#define CHUNK_STEPS 390
// Chunk number c of a kind: a fixed length, or lengths that follow no rhythm, empty chunks among them.
static ptrdiff_t chunk_length(int kind, int c, ptrdiff_t left) {
  const ptrdiff_t lengths[] = {1, 3, 16, 100, 129}, odd[] = {5, 64, 0, 17, 1, 150, 31, 2};
  ptrdiff_t length = kind < 5 ? lengths[kind] : odd[c % 8];
  return length < left ? length : left;
}
#endif

// Runs `p` chunk by chunk. The history goes back and forth between `p->history` and `p->next`, or stays in place.
static void DN_NAME(run_in_chunks)(const dn_plan *plan, DN_NAME(trial) *p, int kind, bool history_in_place,
                                   const dn_run_options *options) {
  DN_NAME(grid) *now = &p->history, *then = history_in_place ? now : &p->next;
  int c = 0;
  for (ptrdiff_t t = 0; t < p->steps; c++) {
    DN_NAME(dn_map_primal) primal = DN_NAME(trial_primal)(p, ENTRY_RUN);
    DN_NAME(dn_map_result) result = {then->at, then->stride, -7};
    primal.history = now->at;
    primal.noise += t;
    primal.series += t;
    primal.steps = chunk_length(kind, c, p->steps - t);
    primal.first_step = t;
    CHECK_STATUS(DN_NAME(dn_map_run)(plan, 1, &primal, &result, options, NULL), DN_OK);
    if (!CHECK_THAT(result.steps_done == primal.steps)) break;
    t += primal.steps;
    DN_NAME(grid) *swap = now;
    now = then;
    then = swap;
  }
  if (now != &p->next) DN_NAME(grid_copy)(&p->next, now, 0);
}

static void DN_NAME(chunks)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan_options plan_options = {.block = n % 3 ? 0 : 16 << n % 5};
    dn_plan *plan = plan_make(&net, &plan_options);
    DN_NAME(trial) whole = DN_NAME(trial_make)(&net, CHUNK_STEPS, 0.75, 31, (layout){0});
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &whole, NULL), DN_OK);
    for (int kind = 0; kind < CHUNK_KINDS; kind++) {
      if (kind < 2 && net.edges > 3000 && !case_specs[n].long_run) continue;
      bool history_in_place = (kind + n) % 2;
      dn_run_options options = {.threads = kind % 3 == 2 ? 2 : 1};
      check_about("%s, kind %d%s", net.name, kind, history_in_place ? ", history in place" : "");
      DN_NAME(trial) p =
          DN_NAME(trial_make)(&net, CHUNK_STEPS, 0.75, 31, (layout){kind, kind & 1, (kind + n / 2) % 2 != 0});
      DN_NAME(run_in_chunks)(plan, &p, kind, history_in_place, &options);
      CHECK_THAT(DN_NAME(grid_same)(&whole.series, &p.series));
      CHECK_THAT(DN_NAME(grid_same)(&whole.next, &p.next));
      CHECK_THAT(DN_NAME(trial_intact)(&p));
      DN_NAME(trial_free)(&p);
    }
    DN_NAME(trial_free)(&whole);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// For sums that are taken in another order: differences relative to the largest entry, or to the size of the terms.
static void DN_NAME(check_about_same)(const DN_NAME(grid) *a, const DN_NAME(grid) *b, double terms, const char *what) {
  double worst = 0, size = fmax(1, terms);
  for (ptrdiff_t i = 0; i < a->rows; i++)
    for (ptrdiff_t t = 0; t < a->columns; t++) {
      double x = (double)a->at[i * a->stride + t], y = (double)b->at[i * b->stride + t];
      size = fmax(size, fabs(x));
      worst = worse_of(worst, fabs(x - y));
    }
  CHECK(worst <= (sizeof(DN_REAL) == 8 ? 1e-12 : 1e-4) * size, "%s: differ by %g of %g", what, worst, size);
}

// History and series of a finished trial side by side, so that every chunk finds its history before it.
static DN_NAME(grid) DN_NAME(joined)(const DN_NAME(trial) *q) {
  DN_NAME(grid) buffer = DN_NAME(grid_make)(q->net->nodes, q->net->history + q->steps, (layout){0}), part = buffer;
  part.columns = q->net->history;
  DN_NAME(grid_copy)(&part, &q->history, 0);
  part.columns = q->steps;
  part.at += q->net->history;
  DN_NAME(grid_copy)(&part, &q->series, 0);
  return buffer;
}

static void DN_NAME(adjoint_in_chunks)(const dn_plan *plan, DN_NAME(trial) *q, int kind,
                                       const dn_run_options *options) {
  ptrdiff_t H = q->net->history;
  DN_NAME(grid) buffer = DN_NAME(joined)(q);
  DN_NAME(grid) adjoints[2] = {DN_NAME(grid_make)(q->net->nodes, q->net->longest, (layout){0}),
                               DN_NAME(grid_make)(q->net->nodes, q->net->longest, (layout){0})};
  int c = 0;
  for (ptrdiff_t end = q->steps; end > 0; c++) {
    ptrdiff_t steps = chunk_length(kind, c, end), t = end - steps;
    DN_NAME(dn_map_primal) primal = DN_NAME(trial_primal)(q, ENTRY_VJP);
    DN_NAME(dn_map_cotangent) cotangent = DN_NAME(trial_cotangent)(q);
    primal.history = buffer.at + t;
    primal.series = buffer.at + H + t;
    primal.history_stride = primal.series_stride = buffer.stride;
    primal.noise += t;
    primal.steps = steps;
    primal.first_step = t;
    cotangent.series += t;
    cotangent.noise += t;
    if (c > 0) cotangent.adjoint_after = adjoints[(c - 1) % 2].at;
    cotangent.adjoint_first = t > 0 ? adjoints[c % 2].at : q->cot_first.at;
    if (t > 0) cotangent.history = NULL;
    CHECK_STATUS(DN_NAME(dn_map_vjp)(plan, 1, &primal, &cotangent, options, NULL), DN_OK);
    end = t;
  }
  DN_NAME(grid_free)(&adjoints[0]);
  DN_NAME(grid_free)(&adjoints[1]);
  DN_NAME(grid_free)(&buffer);
}

static void DN_NAME(adjoint_chunks)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan_options plan_options = {.block = n % 3 ? 0 : 16 << n % 5};
    dn_plan *plan = plan_make(&net, &plan_options);
    DN_NAME(trial) whole = DN_NAME(trial_make)(&net, CHUNK_STEPS, 0.75, 31, (layout){0});
    DN_NAME(trial) p = DN_NAME(trial_make)(&net, CHUNK_STEPS, 0.75, 31, (layout){0});
    for (int kind = 0; kind < CHUNK_KINDS; kind++) {
      if (kind < 2 && net.edges > 3000 && !case_specs[n].long_run) continue;
      check_about("%s, kind %d", net.name, kind);
      dn_run_options options = {.threads = kind % 3 == 2 ? 2 : 1};
      whole.has_after = p.has_after = kind % 2;
      DN_NAME(trial_call_all)(plan, &whole, NULL);
      DN_NAME(trial_call_all)(plan, &p, NULL);
      for (int o = 0; o < 5; o++) DN_NAME(grid_set)(DN_NAME(trial_output)(&p, 1u << o), 0);
      DN_NAME(grid_set)(&p.cot_first, 7);
      DN_NAME(adjoint_in_chunks)(plan, &p, kind, &options);
      CHECK_THAT(DN_NAME(grid_same)(&whole.cot_history, &p.cot_history));
      CHECK_THAT(DN_NAME(grid_same)(&whole.cot_noise, &p.cot_noise));
      CHECK_THAT(DN_NAME(grid_same)(&whole.cot_first, &p.cot_first));
      double terms = 0;
      for (ptrdiff_t e = 0; e < net.edges; e++)
        terms += fabs((double)(whole.weights.at[e] * whole.cot_weights.at[e] / whole.scale));
      DN_NAME(check_about_same)(&whole.cot_weights, &p.cot_weights, 0, "weights");
      DN_NAME(check_about_same)(&whole.cot_scale, &p.cot_scale, terms, "scale");
      DN_NAME(check_about_same)(&whole.cot_gain, &p.cot_gain, (double)(net.nodes * CHUNK_STEPS) / 8, "noise gain");
      CHECK_THAT(DN_NAME(trial_intact)(&p));
    }
    DN_NAME(trial_free)(&whole);
    DN_NAME(trial_free)(&p);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// The tangent of next_history carries a tangent over chunks.
static void DN_NAME(tangent_chunks)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    check_about("%s", net.name);
    DN_NAME(trial) whole = DN_NAME(trial_make)(&net, CHUNK_STEPS, 0.75, 31, (layout){0});
    DN_NAME(trial) p = DN_NAME(trial_make)(&net, CHUNK_STEPS, 0.75, 31, (layout){0});
    DN_NAME(trial_call_all)(plan, &whole, NULL);
    CHECK_STATUS(DN_NAME(trial_call)(ENTRY_RUN, plan, &p, NULL), DN_OK);
    DN_NAME(grid) buffer = DN_NAME(joined)(&p), *now = &p.tan_history, *then = &p.tan_next;
    int c = 0;
    for (ptrdiff_t t = 0; t < p.steps; c++) {
      DN_NAME(dn_map_primal) primal = DN_NAME(trial_primal)(&p, ENTRY_JVP);
      DN_NAME(dn_map_tangent) tangent = DN_NAME(trial_tangent)(&p);
      primal.history = buffer.at + t;
      primal.series = buffer.at + net.history + t;
      primal.history_stride = primal.series_stride = buffer.stride;
      primal.noise += t;
      primal.steps = chunk_length(5, c, p.steps - t);
      primal.first_step = t;
      tangent.noise += t;
      tangent.series += t;
      tangent.history = now->at;
      tangent.next_history = then->at;
      CHECK_STATUS(DN_NAME(dn_map_jvp)(plan, 1, &primal, &tangent, NULL, NULL), DN_OK);
      t += primal.steps;
      DN_NAME(grid) *swap = now;
      now = then;
      then = swap;
    }
    DN_NAME(check_about_same)(&whole.tan_series, &p.tan_series, 0, "tangent of the series");
    DN_NAME(check_about_same)(&whole.tan_next, now, 0, "tangent of next_history");
    DN_NAME(grid_free)(&buffer);
    DN_NAME(trial_free)(&whole);
    DN_NAME(trial_free)(&p);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// ---- Company -------------------------------------------------------------------------------------------------------

#define ENSEMBLE 5

static DN_NAME(trial) DN_NAME(member)(const network *net, int r) {
  const int steps[ENSEMBLE] = {129, 40, 0, 200, 17};
  DN_NAME(trial) q = DN_NAME(trial_make)(net, steps[r], 0.25 * r, 40 + (uint64_t)r, (layout){r, r & 1, r == 3});
  for (ptrdiff_t e = 0; e < net->edges; e++) q.weights.at[e] *= (DN_REAL)(1 - 0.125 * r);
  q.scale *= (DN_REAL)(r % 2 ? -1 : 1);
  q.has_after = r != 1;
  return q;
}

static void DN_NAME(ensembles)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    DN_NAME(trial) alone[ENSEMBLE], together[ENSEMBLE];
    for (int r = 0; r < ENSEMBLE; r++) {
      alone[r] = DN_NAME(member)(&net, r);
      together[r] = DN_NAME(member)(&net, r);
      DN_NAME(trial_call_all)(plan, &alone[r], NULL);
    }
    const int32_t counts[] = {1, 2, 4, 8, 0};
    for (int c = 0; c < 5; c++) {
      if (c > 1 && c != 2 + n % 3) continue;
      dn_run_options options = {.threads = counts[c]};
      for (int r = 0; r < ENSEMBLE; r++) DN_NAME(trial_reset)(&together[r], 0);
      for (int k = 0; k < ENTRY_COUNT; k++) {
        check_about("%s, %d threads, %s", net.name, counts[c], entry_names[k]);
        CHECK_STATUS(DN_NAME(trials_call)((entry)k, plan, ENSEMBLE, together, &options, NULL), DN_OK);
        for (int r = 0; k == ENTRY_RUN && r < ENSEMBLE; r++)
          CHECK_THAT(together[r].result.steps_done == together[r].steps);
      }
      for (int r = 0; r < ENSEMBLE; r++) CHECK(DN_NAME(trial_same)(&alone[r], &together[r]), "run %d", r);
    }
    for (int r = 0; r < ENSEMBLE; r++) {
      DN_NAME(trial_free)(&alone[r]);
      DN_NAME(trial_free)(&together[r]);
    }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// A workspace that has served calls of other kinds and sizes leaves no trace in later ones.
static void DN_NAME(workspaces)(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    dn_workspace *workspace = NULL;
    check_about("%s", net.name);
    CHECK_STATUS(dn_workspace_create(plan, &workspace), DN_OK);
    CHECK_THAT(workspace != NULL);
    const ptrdiff_t steps[] = {50, 300, 1, 129, 0, 50};
    for (int k = 0; k < 6; k++) {
      DN_NAME(trial) fresh = DN_NAME(trial_make)(&net, steps[k], 0.75, (uint64_t)k, (layout){0});
      DN_NAME(trial) used = DN_NAME(trial_make)(&net, steps[k], 0.75, (uint64_t)k, (layout){0});
      DN_NAME(trial_call_all)(plan, &fresh, NULL);
      DN_NAME(trial_call_all)(plan, &used, &(dn_run_options){.workspace = workspace, .threads = 1 + k % 2});
      CHECK(DN_NAME(trial_same)(&fresh, &used), "call %d", k);
      DN_NAME(trial_free)(&fresh);
      DN_NAME(trial_free)(&used);
    }
    dn_workspace_destroy(workspace);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

typedef struct DN_NAME(caller) {
  const dn_plan *plan;
  DN_NAME(trial) trial;
} DN_NAME(caller);

static void *DN_NAME(call_from_thread)(void *context) {
  DN_NAME(caller) *c = context;
  for (int k = 0; k < ENTRY_COUNT; k++)
    if (DN_NAME(trial_call)((entry)k, c->plan, &c->trial, &(dn_run_options){.threads = 2}) != DN_OK) return c;
  return NULL;
}

// Several threads run the same plan at once, each with a team of its own.
static void DN_NAME(shared_plan)(void) {
  network net = network_named("84 nodes, 700 edges 0..254");
  dn_plan *plan = plan_make(&net, NULL);
  DN_NAME(caller) callers[4];
  pthread_t threads[4];
  for (int c = 0; c < 4; c++)
    callers[c] = (DN_NAME(caller)){plan, DN_NAME(trial_make)(&net, 129, 0.75, (uint64_t)c, (layout){0})};
  for (int c = 0; c < 4; c++) pthread_create(&threads[c], NULL, DN_NAME(call_from_thread), &callers[c]);
  for (int c = 0; c < 4; c++) {
    void *failed = NULL;
    pthread_join(threads[c], &failed);
    CHECK_THAT(!failed);
  }
  for (int c = 0; c < 4; c++) {
    DN_NAME(trial) q = DN_NAME(trial_make)(&net, 129, 0.75, (uint64_t)c, (layout){0});
    DN_NAME(trial_call_all)(plan, &q, NULL);
    CHECK(DN_NAME(trial_same)(&q, &callers[c].trial), "caller %d", c);
    DN_NAME(trial_free)(&q);
    DN_NAME(trial_free)(&callers[c].trial);
  }
  dn_plan_destroy(plan);
  network_free(&net);
}

// ---- Hashes --------------------------------------------------------------------------------------------------------

static void DN_NAME(hash_of)(size_t n, bool print) {
  network net = network_named(hash_trials[n].name);
  // Block and tile are fixed, so that another choice of them does not touch the hashes.
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 64, .tile_sources = 20});
  DN_NAME(trial) q = DN_NAME(trial_make)(&net, hash_trials[n].steps, hash_trials[n].gain, 50, (layout){0});
  DN_NAME(trial_call_all)(plan, &q, NULL);
  hash_case got = {hash_trials[n].name, sizeof(DN_REAL), FNV_START, FNV_START, FNV_START, FNV_START};
#define ADD(member, name) got.member = DN_NAME(grid_hash)(&q.name, got.member);
  ADD(run, series)
  ADD(run, next)
  ADD(jvp, tan_series)
  ADD(jvp, tan_next)
  ADD(buffer, cot_history)
  ADD(buffer, cot_noise)
  ADD(buffer, cot_first)
  ADD(parameters, cot_weights)
  ADD(parameters, cot_scale)
  ADD(parameters, cot_gain)
#undef ADD
  if (print)
    printf("{\"%s\", %d,\n 0x%016llx, 0x%016llx, 0x%016llx, 0x%016llx},\n", got.name, got.bytes,
           (unsigned long long)got.run, (unsigned long long)got.jvp, (unsigned long long)got.buffer,
           (unsigned long long)got.parameters);
  const hash_case *kept = NULL;
  for (size_t k = 0; k < sizeof hashes_kept / sizeof hashes_kept[0]; k++)
    if (strcmp(hashes_kept[k].name, got.name) == 0 && hashes_kept[k].bytes == got.bytes) kept = &hashes_kept[k];
  check_about("%s", got.name);
  if (!print && CHECK(kept != NULL, "no hashes are kept")) {
    CHECK_THAT(kept->run == got.run);
    CHECK_THAT(kept->jvp == got.jvp);
    CHECK_THAT(kept->buffer == got.buffer);
    CHECK_THAT(kept->parameters == got.parameters);
  }
  DN_NAME(trial_free)(&q);
  dn_plan_destroy(plan);
  network_free(&net);
}

static void DN_NAME(hashes)(void) {
  for (size_t n = 0; n < HASH_TRIALS; n++) DN_NAME(hash_of)(n, false);
}
