// Progress and cancellation: who calls back, with which numbers, and that a cancelled run can be finished bit for bit.
#include "trial.h"
#include "watch.h"

static const case_spec wide_spec = {"150 nodes 0..90", 150, 2000, 0, 90, 95, DELAYS_UNIFORM, false};

// The tests are in double; a precision has no part in this.
#define RUNS 5

static int64_t make_runs(const network *net, ptrdiff_t runs, trial_f64 *trials, bool in_place) {
  int64_t total = 0;
  for (ptrdiff_t r = 0; r < runs; r++) {
    trials[r] = trial_make_f64(net, 700 - 100 * r, 0.75, (uint64_t)r, (layout){0, 0, in_place});
    total += trials[r].steps;
  }
  return total;
}

static void free_runs(ptrdiff_t runs, trial_f64 *trials) {
  for (ptrdiff_t r = 0; r < runs; r++) trial_free_f64(&trials[r]);
}

static void numbers(void) {
  network net = network_make(&wide_spec, 1);
  dn_plan *plan = plan_make(&net, NULL);
  dn_plan_report report;
  dn_plan_describe(plan, &report);
  for (int k = 0; k < ENTRY_COUNT; k++)
    for (int kind = 0; kind < 6; kind++) {
      const ptrdiff_t runs = kind & 1 ? RUNS : 1;
      const int32_t threads = kind / 2 == 0 ? 1 : kind / 2 == 1 ? 4 : 8;
      check_about("%s, %td runs, %d threads", entry_names[k], runs, threads);
      trial_f64 q[RUNS];
      watch w = watch_make(make_runs(&net, runs, q, false));
      if (k != ENTRY_RUN) CHECK_STATUS(trials_call_f64(ENTRY_RUN, plan, runs, q, NULL, NULL), DN_OK);
      dn_run_options options = {.threads = threads, .progress = watch_progress, .context = &w};
      CHECK_STATUS(trials_call_f64((entry)k, plan, runs, q, &options, NULL), DN_OK);
      check_watch(&w);
      CHECK(w.last == w.expected_total, "ended at %lld of %lld", (long long)w.last, (long long)w.expected_total);
      // At block ends: a block each for one run; with several threads the others' blocks may be reported together.
      const long blocks = (700 + report.block - 1) / report.block;
      CHECK(w.calls >= (runs == 1 ? blocks : 1) && w.calls <= w.expected_total, "%ld calls", w.calls);
      free_runs(runs, q);
    }
  dn_plan_destroy(plan);
  network_free(&net);
}

// A cancellation at each call in turn.
static void cancel(void) {
  network net = network_make(&wide_spec, 1);
  for (int kind = 0; kind < 16; kind++) {
    const ptrdiff_t runs = kind & 1 ? RUNS : 1;
    const int32_t threads = kind & 2 ? 4 : 1;
    const bool in_place = kind & 4;
    dn_plan *plan = plan_make(&net, &(dn_plan_options){.block = kind & 8 ? 32 : 0});
    dn_plan_report report;
    dn_plan_describe(plan, &report);
    trial_f64 whole[RUNS];
    make_runs(&net, runs, whole, false);
    CHECK_STATUS(trials_call_f64(ENTRY_RUN, plan, runs, whole, NULL, NULL), DN_OK);
    for (long at = 1;; at += 1 + at / 3) {
      check_about("%td runs, %d threads%s, block %d, cancelled at call %ld", runs, threads,
                  in_place ? ", in place" : "", report.block, at);
      trial_f64 q[RUNS];
      watch w = watch_make(make_runs(&net, runs, q, in_place));
      w.cancel_at = at;
      dn_run_options options = {.threads = threads, .progress = watch_progress, .context = &w};
      dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
      dn_status status = trials_call_f64(ENTRY_RUN, plan, runs, q, &options, &place);
      check_watch(&w);
      // After the last step there is nothing left to cancel.
      const bool over = w.cancelled_at == 0 || w.cancelled_at == w.expected_total;
      CHECK(status == DN_CANCELLED || (over && status == DN_OK), "status %d", status);
      int64_t done = 0;
      for (ptrdiff_t r = 0; r < runs; r++) {
        const ptrdiff_t steps = q[r].result.steps_done;
        CHECK(steps % report.block == 0 || steps == q[r].steps, "run %td: %td of %td steps", r, steps, q[r].steps);
        done += steps;
      }
      CHECK(done >= w.cancelled_at, "%lld steps done, %lld reported", (long long)done, (long long)w.cancelled_at);
      if (status == DN_CANCELLED) {
        CHECK_THAT(done < w.expected_total);
        CHECK_THAT(place.edge == -1 && place.node == -1);
        if (runs == 1) CHECK(done <= w.cancelled_at + report.block, "%lld steps done", (long long)done);
      }
      for (ptrdiff_t r = 0; r < runs; r++) trial_finish_f64(plan, &q[r], &whole[r]);
      free_runs(runs, q);
      if (w.cancelled_at == 0) break;
    }
    free_runs(runs, whole);
    dn_plan_destroy(plan);
  }
  network_free(&net);
}

// The runs of the other threads stop as well, not only the caller's: two of four runs are another thread's, and would make
// half of the work.
static void cancel_reaches_all(void) {
  const case_spec busy = {"84 nodes, 200000 edges", 84, 200000, 16, 90, 95, DELAYS_UNIFORM, false};
  network net = network_make(&busy, 1);
  dn_plan *plan = plan_make(&net, NULL);
  trial_f32 q[4];
  for (int r = 0; r < 4; r++) q[r] = trial_make_f32(&net, 20000, 0.75, (uint64_t)r, (layout){0});
  watch w = watch_make(80000);
  w.cancel_at = 1;
  dn_run_options options = {.threads = 2, .progress = watch_progress, .context = &w};
  check_about("%s", net.name);
  CHECK_STATUS(trials_call_f32(ENTRY_RUN, plan, 4, q, &options, NULL), DN_CANCELLED);
  ptrdiff_t done = 0;
  for (int r = 0; r < 4; r++) done += q[r].result.steps_done;
  CHECK(done < 32000, "%td of 80000 steps done", done);
  for (int r = 0; r < 4; r++) trial_free_f32(&q[r]);
  dn_plan_destroy(plan);
  network_free(&net);
}

// Derivatives can be cancelled too; the workspace of a cancelled call is good for the next one.
static void cancel_derivatives(void) {
  network net = network_make(&wide_spec, 1);
  dn_plan *plan = plan_make(&net, NULL);
  for (int k = 1; k < ENTRY_COUNT; k++)
    for (int kind = 0; kind < 4; kind++) {
      const ptrdiff_t runs = kind & 1 ? RUNS : 1;
      trial_f64 q[RUNS], whole[RUNS];
      check_about("%s, %td runs, %d threads", entry_names[k], runs, kind & 2 ? 4 : 1);
      make_runs(&net, runs, q, false);
      watch w = watch_make(make_runs(&net, runs, whole, false));
      dn_run_options options = {.threads = kind & 2 ? 4 : 1};
      CHECK_STATUS(dn_workspace_create(plan, &options.workspace), DN_OK);
      CHECK_STATUS(trials_call_f64(ENTRY_RUN, plan, runs, whole, &options, NULL), DN_OK);
      CHECK_STATUS(trials_call_f64((entry)k, plan, runs, whole, &options, NULL), DN_OK);
      CHECK_STATUS(trials_call_f64(ENTRY_RUN, plan, runs, q, &options, NULL), DN_OK);
      w.cancel_at = 2;
      options.progress = watch_progress;
      options.context = &w;
      dn_status status = trials_call_f64((entry)k, plan, runs, q, &options, NULL);
      check_watch(&w);
      CHECK(status == DN_CANCELLED || (w.cancelled_at == 0 || w.cancelled_at == w.expected_total), "status %d", status);
      options.progress = NULL;
      for (ptrdiff_t r = 0; r < runs; r++)
        for (int o = 0; o < 5; o++) grid_set_f64(trial_output_f64(&q[r], 1u << o), 0);
      CHECK_STATUS(trials_call_f64((entry)k, plan, runs, q, &options, NULL), DN_OK);
      for (ptrdiff_t r = 0; r < runs; r++) CHECK(trial_same_f64(&q[r], &whole[r]), "run %td", r);
      dn_workspace_destroy(options.workspace);
      free_runs(runs, q);
      free_runs(runs, whole);
    }
  dn_plan_destroy(plan);
  network_free(&net);
}

int main(int argc, char **argv) {
  const check_test tests[] = {
      {"numbers", numbers},
      {"cancel", cancel},
      {"cancel_reaches_all", cancel_reaches_all},
      {"cancel_derivatives", cancel_derivatives},
  };
  return CHECK_MAIN(argc, argv, tests);
}
