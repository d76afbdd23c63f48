// Progress and cancellation of network calls: who calls back, with which numbers, and that a cancelled run can be finished
// bit for bit.
#include "../../Sources/CKernels/internal.h"
#include "network_trial.h"
#include "watch.h"

#define RUNS 4

static const ptrdiff_t steps_of[RUNS] = {400, 333, 60, 17};

// Runs of different models, schemes and lengths; the precision has no part in this.
static int64_t make_runs(const network *net, const dn_plan *plan, ptrdiff_t runs, bool thin, net_trial_f64 *trials) {
  int64_t total = 0;
  for (ptrdiff_t r = 0; r < runs; r++) {
    net_setup setup = net_setup_of((int)r % NET_VARIANTS, steps_of[r]);
    setup.first_step = 10 * r;
    setup.every = thin ? 3 : 1;
    setup.monitor = r % 2 ? DN_MONITOR_SUBSAMPLE : DN_MONITOR_AVERAGE;
    setup.rough = true;
    trials[r] =
        net_trial_make_f64(&ref_models[(3 + r) % ref_model_count], net, false, &setup, (uint64_t)r, (layout){0});
    trials[r].plan = plan;
    trials[r].drawn = r % 2;
    total += steps_of[r];
  }
  return total;
}

static void free_runs(ptrdiff_t runs, net_trial_f64 *trials) {
  for (ptrdiff_t r = 0; r < runs; r++) net_trial_free_f64(&trials[r]);
}

static const char *const networks[] = {"17 nodes 0..40", "17 nodes, 60 edges 16..40", "no edges, history"};
#define NETWORKS 3

static void numbers(void) {
  for (int n = 0; n < NETWORKS; n++) {
    network net = network_make(net_spec_named(networks[n]), 1);
    dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 32});
    plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
    for (int k = 0; k < ENTRY_COUNT; k++)
      for (int kind = 0; kind < 8; kind++) {
        const ptrdiff_t runs = kind & 1 ? RUNS : 1;
        const int32_t threads = kind & 2 ? 4 : 1;
        net_trial_f64 q[RUNS];
        watch w = watch_make(make_runs(&net, plan, runs, kind & 4, q));
        check_about("%s, %s, %td runs, %d threads", net.name, entry_names[k], runs, threads);
        for (ptrdiff_t r = 0; r < runs; r++) net_trial_record_f64(&q[r], 0);
        if (k == ENTRY_VJP) CHECK_STATUS(net_trials_call_f64(ENTRY_RUN, runs, q, NULL, NULL), DN_OK);
        const dn_run_options options = {.threads = threads, .progress = watch_progress, .context = &w};
        CHECK_STATUS(net_trials_call_f64((entry)k, runs, q, &options, NULL), DN_OK);
        check_watch(&w);
        CHECK(w.last == w.expected_total, "ended at %lld of %lld", (long long)w.last, (long long)w.expected_total);
        CHECK(w.calls >= (runs == 1 ? 400 / 32 : 1) && w.calls <= w.expected_total, "%ld calls", w.calls);
        free_runs(runs, q);
      }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// Runs of one block and less: they are told of their own number of steps, and runs of no steps of nothing.
static void short_runs(void) {
  network net = network_make(net_spec_named("17 nodes 0..40"), 1);
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 32});
  plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
  for (ptrdiff_t steps = 0; steps <= 66; steps += steps < 3 || (steps > 29 && steps < 34) ? 1 : 3)
    for (int k = 0; k < ENTRY_COUNT; k++) {
      const net_setup setup = net_setup_of(k, steps);
      check_about("%s, %td steps", entry_names[k], steps);
      net_trial_f64 q = net_trial_make_f64(&ref_models[0], &net, false, &setup, 1, (layout){0});
      q.plan = plan;
      net_trial_record_f64(&q, 0);
      if (k == ENTRY_VJP) CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, &q, NULL), DN_OK);
      watch w = watch_make(steps);
      CHECK_STATUS(net_trial_call_f64((entry)k, &q, &(dn_run_options){.progress = watch_progress, .context = &w}),
                   DN_OK);
      check_watch(&w);
      CHECK(w.last == steps, "ended at %lld", (long long)w.last);
      CHECK_THAT((w.calls == 0) == (steps == 0));
      net_trial_free_f64(&q);
    }
  dn_plan_destroy(plan);
  network_free(&net);
}

// A cancellation at each call in turn.
static void cancel(void) {
  for (int kind = 0; kind < 8 * NETWORKS; kind++) {
    network net = network_make(net_spec_named(networks[kind / 8]), 1);
    const ptrdiff_t runs = kind & 1 ? RUNS : 1;
    const int32_t threads = kind & 2 ? 4 : 1;
    dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 32});
    plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
    net_trial_f64 whole[RUNS];
    make_runs(&net, plan, runs, kind & 4, whole);
    CHECK_STATUS(net_trials_call_f64(ENTRY_RUN, runs, whole, NULL, NULL), DN_OK);
    for (long at = 1;; at += 1 + at / 4) {
      check_about("%s, %td runs, %d threads, cancelled at call %ld", net.name, runs, threads, at);
      net_trial_f64 q[RUNS];
      watch w = watch_make(make_runs(&net, plan, runs, kind & 4, q));
      for (ptrdiff_t r = 0; r < runs && at % 2; r++) net_trial_record_f64(&q[r], 0);
      w.cancel_at = at;
      const dn_run_options options = {.threads = threads, .progress = watch_progress, .context = &w};
      dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
      const dn_status status = net_trials_call_f64(ENTRY_RUN, runs, q, &options, &place);
      check_watch(&w);
      // After the last step there is nothing left to cancel.
      const bool over = w.cancelled_at == 0 || w.cancelled_at == w.expected_total;
      CHECK(status == DN_CANCELLED || (over && status == DN_OK), "status %d", status);
      int64_t done = 0;
      for (ptrdiff_t r = 0; r < runs; r++) {
        done += q[r].result.steps_done;
        CHECK_THAT(q[r].result.clamps >= 0);
      }
      CHECK(done >= w.cancelled_at, "%lld steps done, %lld reported", (long long)done, (long long)w.cancelled_at);
      if (status == DN_CANCELLED) {
        CHECK_THAT(done < w.expected_total);
        CHECK_THAT(place.edge == -1 && place.node == -1 && place.state == -1 && place.parameter == -1 &&
                   place.pulse == -1);
        if (runs == 1) CHECK(done == w.cancelled_at, "%lld steps done", (long long)done);
        CHECK(place.run >= 0 && place.run < runs &&
                  place.step == q[place.run].q.first_step + q[place.run].result.steps_done,
              "run %td step %lld", place.run, (long long)place.step);
        // An unfinished run's tape is none.
        if (at % 2) CHECK_STATUS(net_trials_call_f64(ENTRY_VJP, runs, q, NULL, NULL), DN_BAD_TAPE);
      }
      for (ptrdiff_t r = 0; r < runs; r++) net_trial_finish_f64(&q[r], &whole[r]);
      free_runs(runs, q);
      if (w.cancelled_at == 0) break;
    }
    free_runs(runs, whole);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// Derivatives can be cancelled too; workspace and tape are good for the next call.
static void cancel_derivatives(void) {
  network net = network_make(net_spec_named(networks[0]), 1);
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = 32});
  plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
  for (int k = 1; k < ENTRY_COUNT; k++)
    for (int kind = 0; kind < 8; kind++) {
      const ptrdiff_t runs = kind & 1 ? RUNS : 1;
      net_trial_f64 q[RUNS], whole[RUNS];
      check_about("%s, %td runs, %d threads", entry_names[k], runs, kind & 2 ? 4 : 1);
      make_runs(&net, plan, runs, false, q);
      watch w = watch_make(make_runs(&net, plan, runs, false, whole));
      for (ptrdiff_t r = 0; r < runs; r++) {
        const dn_network_primal_f64 primal = net_trial_primal_f64(&q[r]);
        size_t everything, least;
        CHECK_STATUS(dn_network_tape_bytes_f64(&primal, &everything, &least), DN_OK);
        net_trial_record_f64(&q[r], kind & 4 ? least : 0);
        net_trial_record_f64(&whole[r], 0);
      }
      dn_run_options options = {.threads = kind & 2 ? 4 : 1};
      CHECK_STATUS(dn_workspace_create(plan, &options.workspace), DN_OK);
      for (int j = 0; j < ENTRY_COUNT; j++)
        CHECK_STATUS(net_trials_call_f64((entry)j, runs, whole, &options, NULL), DN_OK);
      for (int j = 0; j < ENTRY_COUNT; j++)
        if (j != k) CHECK_STATUS(net_trials_call_f64((entry)j, runs, q, &options, NULL), DN_OK);
      w.cancel_at = 2;
      options.progress = watch_progress;
      options.context = &w;
      const dn_status status = net_trials_call_f64((entry)k, runs, q, &options, NULL);
      check_watch(&w);
      CHECK(status == DN_CANCELLED || (w.cancelled_at == 0 || w.cancelled_at == w.expected_total), "status %d", status);
      options.progress = NULL;
      for (ptrdiff_t r = 0; r < runs; r++)
        for (int part = 0; part < REF_PARTS; part++) grid_set_f64(&q[r].cot[part], 0);
      CHECK_STATUS(net_trials_call_f64(ENTRY_JVP, runs, q, &options, NULL), DN_OK);
      CHECK_STATUS(net_trials_call_f64(ENTRY_VJP, runs, q, &options, NULL), DN_OK);
      for (ptrdiff_t r = 0; r < runs; r++) net_trial_same_f64(&q[r], &whole[r]);
      dn_workspace_destroy(options.workspace);
      free_runs(runs, q);
      free_runs(runs, whole);
    }
  dn_plan_destroy(plan);
  network_free(&net);
}

int main(int argc, char **argv) {
  const check_test tests[] = {
      {"numbers", numbers}, {"short_runs", short_runs}, {"cancel", cancel}, {"cancel_derivatives", cancel_derivatives}};
  return CHECK_MAIN(argc, argv, tests);
}
