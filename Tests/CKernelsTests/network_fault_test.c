// Allocations of network calls that fail one by one: an error, no leak, no crash, and the next call is right. No allocation
// once a workspace and a tape have seen a call of their kind.
#include "heap.h"
#include "../../Sources/CKernels/internal.h"
#include "network_trial.h"

#define RUNS 3
#define STEPS 150

typedef enum budget { BUDGET_NONE, BUDGET_WHOLE, BUDGET_LEAST } budget;
static const char *const budget_names[] = {"no tape", "whole tape", "least tape"};

static size_t budget_bytes(net_trial_f64 *t, budget which) {
  size_t everything, least;
  const dn_network_primal_f64 primal = net_trial_primal_f64(t);
  CHECK_STATUS(dn_network_tape_bytes_f64(&primal, &everything, &least), DN_OK);
  return which == BUDGET_LEAST ? least : 0;
}

static void make_runs(const network *net, const dn_plan *plan, ptrdiff_t runs, const heap *h, budget which,
                      net_trial_f64 *q) {
  for (ptrdiff_t r = 0; r < runs; r++) {
    const net_setup setup = net_setup_of((int)r % NET_VARIANTS, STEPS - 20 * r);
    q[r] = net_trial_make_f64(&ref_models[(3 + r) % ref_model_count], net, false, &setup, (uint64_t)r, (layout){0});
    q[r].plan = plan;
    q[r].drawn = true;
    if (!which) continue;
    const dn_allocator allocator = heap_allocator((heap *)h);
    CHECK_STATUS(dn_tape_create(budget_bytes(&q[r], which), h ? &allocator : NULL, &q[r].tape), DN_OK);
  }
}

static void free_runs(ptrdiff_t runs, net_trial_f64 *q) {
  for (ptrdiff_t r = 0; r < runs; r++) net_trial_free_f64(&q[r]);
}

static void tapes(void) {
  for (int on = 0; on < 2; on++)
    for (long at = 0; at < 2; at++) {
      check_about("failure %s %ld", on ? "from" : "at", at);
      heap h = heap_make();
      const dn_allocator allocator = heap_allocator(&h);
      heap_fail(&h, at, on);
      dn_tape *tape = (dn_tape *)&h;
      const dn_status status = dn_tape_create(0, &allocator, &tape);
      CHECK_STATUS(status, h.failed ? DN_NO_MEMORY : DN_OK);
      CHECK_THAT((tape != NULL) == (status == DN_OK) && (at == 0) == (h.failed > 0));
      dn_tape_destroy(tape);
      CHECK_THAT(h.live == 0 && !h.wrong);
    }
  dn_tape_destroy(NULL);
}

// One kind of call with a failure at each allocation in turn, then once more without. Plan, workspace and tapes have one
// heap.
static void check_call(const network *net, entry which, ptrdiff_t runs, int32_t threads, budget tape, bool workspace) {
  heap h = heap_make();
  dn_plan *plan = plan_make(net, &(dn_plan_options){.allocator = heap_allocator(&h)});
  plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
  net_trial_f64 want[RUNS];
  make_runs(net, plan, runs, NULL, BUDGET_WHOLE, want);
  for (ptrdiff_t r = 0; r < runs; r++) net_trial_call_all_f64(&want[r], NULL);
  for (int on = 0; on < 2; on++)
    for (long at = 0;; at++) {
      check_about("%s, %s, %td runs, %d threads, %s%s, failure %s %ld", net->name, entry_names[which], runs, threads,
                  budget_names[tape], workspace ? ", workspace" : "", on ? "from" : "at", at);
      net_trial_f64 q[RUNS];
      const long before = h.live;
      dn_run_options options = {.threads = threads};
      heap_fail(&h, -1, false);
      make_runs(net, plan, runs, &h, tape, q);
      if (which == ENTRY_VJP) CHECK_STATUS(net_trials_call_f64(ENTRY_RUN, runs, q, NULL, NULL), DN_OK);
      if (workspace) CHECK_STATUS(dn_workspace_create(plan, &options.workspace), DN_OK);
      heap_fail(&h, at, on);
      dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
      const dn_status status = net_trials_call_f64(which, runs, q, &options, &place);
      const bool failed = h.failed > 0;
      CHECK_STATUS(status, failed ? DN_NO_MEMORY : DN_OK);
      if (failed)
        CHECK_THAT(place.edge == -1 && place.node == -1 && place.step == -1 && place.parameter == -1 &&
                   place.pulse == -1);
      heap_fail(&h, -1, false);
      // A tape whose run failed holds none.
      if (failed && which == ENTRY_RUN && tape)
        CHECK_STATUS(net_trials_call_f64(ENTRY_VJP, 1, q, NULL, NULL), DN_BAD_TAPE);
      if (failed) CHECK_STATUS(net_trials_call_f64(which, runs, q, &options, &place), DN_OK);
      for (ptrdiff_t r = 0; r < runs; r++) {
        if (which == ENTRY_RUN) CHECK_THAT(grid_same_f64(&q[r].series, &want[r].series));
        if (which == ENTRY_JVP) CHECK_THAT(grid_same_f64(&q[r].tan_series, &want[r].tan_series));
        for (int part = 0; part < REF_PARTS && which == ENTRY_VJP; part++)
          CHECK(grid_same_f64(&q[r].cot[part], &want[r].cot[part]), "run %td: %s", r, ref_part_names[part]);
      }
      free_runs(runs, q);
      dn_workspace_destroy(options.workspace);
      CHECK(h.live == before, "%ld blocks leaked", h.live - before);
      CHECK_THAT(!h.wrong);
      if (!failed) break;
    }
  free_runs(runs, want);
  dn_plan_destroy(plan);
  CHECK_THAT(h.live == 0 && h.live_bytes == 0);
}

static void calls(void) {
  static const char *const names[] = {"no nodes", "no edges", "3 nodes 0..40"};
  for (int n = 0; n < 3; n++) {
    network net = network_make(net_spec_named(names[n]), 1);
    for (int kind = 0; kind < 8; kind++) {
      const ptrdiff_t runs = kind & 1 ? RUNS : 1;
      const int32_t threads = kind & 2 ? 4 : 1;
      for (int tape = BUDGET_NONE; tape <= BUDGET_LEAST; tape++) {
        check_call(&net, ENTRY_RUN, runs, threads, (budget)tape, kind & 4);
        if (tape) check_call(&net, ENTRY_VJP, runs, threads, (budget)tape, kind & 4);
      }
      check_call(&net, ENTRY_JVP, runs, threads, BUDGET_NONE, kind & 4);
    }
    network_free(&net);
  }
}

// A call that is refused gives back what it took, and leaves a tape with the run that it held.
static void refused_calls(void) {
  network net = network_make(net_spec_named("3 nodes 0..40"), 1);
  heap h = heap_make();
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.allocator = heap_allocator(&h)});
  plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
  const long before = h.live;
  for (int k = 0; k < ENTRY_COUNT; k++)
    for (int kind = 0; kind < 3; kind++) {
      check_about("%s, kind %d", entry_names[k], kind);
      net_trial_f64 q[2];
      make_runs(&net, plan, 2, &h, BUDGET_WHOLE, q);
      CHECK_STATUS(net_trials_call_f64(ENTRY_RUN, 2, q, NULL, NULL), DN_OK);
      const long with = h.live;
      net_trial_f64 bad[2] = {q[0], q[1]};
      if (kind == 0) bad[1].series = bad[1].tan_series = bad[1].cot[REF_WEIGHTS] = bad[1].in[REF_WEIGHTS];
      if (kind == 0) bad[1].series.stride = bad[1].tan_series.stride = bad[1].q.steps;
      if (kind == 1) bad[1].q.time_step = NAN;
      if (kind == 2) bad[1].q.steps = -1;
      CHECK_THAT(net_trials_call_f64((entry)k, 2, bad, NULL, NULL) < DN_OK);
      CHECK(h.live == with, "%ld blocks leaked", h.live - with);
      CHECK_STATUS(net_trials_call_f64(ENTRY_VJP, 2, q, NULL, NULL), DN_OK);
      free_runs(2, q);
      CHECK_THAT(h.live == before);
    }
  dn_plan_destroy(plan);
  CHECK_THAT(h.live == 0 && !h.wrong);
  network_free(&net);
}

// Call after call with one workspace and one tape each: after the first round no allocation.
static void steady(void) {
  static const char *const names[] = {"no nodes", "1 node, delay 0", "17 nodes 0..40"};
  for (int n = 0; n < 3; n++)
    for (int kind = 0; kind < 8; kind++) {
      network net = network_make(net_spec_named(names[n]), 1);
      heap h = heap_make();
      dn_plan *plan = plan_make(&net, &(dn_plan_options){.allocator = heap_allocator(&h)});
      plan->work_a_thread = 1;  // a run is shared where it has more than one leaf of nodes
      dn_run_options options = {.threads = kind & 1 ? 3 : 1};
      const ptrdiff_t runs = kind & 2 ? RUNS : 1;
      net_trial_f64 q[RUNS];
      CHECK_STATUS(dn_workspace_create(plan, &options.workspace), DN_OK);
      make_runs(&net, plan, runs, &h, kind & 4 ? BUDGET_LEAST : BUDGET_WHOLE, q);
      for (int round = 0; round < 3; round++) {
        const long asked = h.asked;
        for (int k = 0; k < ENTRY_COUNT; k++) {
          check_about("%s, %s, kind %d, round %d", net.name, entry_names[k], kind, round);
          CHECK_STATUS(net_trials_call_f64((entry)k, runs, q, &options, NULL), DN_OK);
        }
        if (round > 0) CHECK(h.asked == asked, "%ld allocations", h.asked - asked);
      }
      free_runs(runs, q);
      dn_workspace_destroy(options.workspace);
      dn_plan_destroy(plan);
      CHECK_THAT(h.live == 0 && !h.wrong);
      network_free(&net);
    }
}

int main(int argc, char **argv) {
  const check_test tests[] = {{"tapes", tapes}, {"calls", calls}, {"refused_calls", refused_calls}, {"steady", steady}};
  return CHECK_MAIN(argc, argv, tests);
}
