// Allocations that fail one by one: an error, no leak, no crash, and the next call is right. And no allocation
// at all once a workspace has seen a call of its kind.
#include "heap.h"
#include "trial.h"

// Cases of every kind, small ones: failures do not depend on size.
static bool chosen(int n) { return n % 4 == 0 || case_specs[n].nodes == 0; }

static void plans(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    for (int on = 0; on < 2; on++)
      for (long at = 0;; at++) {
        check_about("%s, failure %s %ld", net.name, on ? "from" : "at", at);
        heap h = heap_make();
        heap_fail(&h, at, on);
        dn_plan_options options = {.allocator = heap_allocator(&h)};
        dn_plan *plan = (dn_plan *)&h;
        dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
        dn_status status = dn_plan_create(&net.view, &options, &plan, &place);
        CHECK_STATUS(status, h.failed ? DN_NO_MEMORY : DN_OK);
        CHECK_THAT((plan != NULL) == (status == DN_OK));
        if (status == DN_OK) dn_plan_destroy(plan);
        else CHECK_THAT(place.edge == -1 && place.node == -1);
        CHECK(h.live == 0 && h.live_bytes == 0, "%ld blocks leaked", h.live);
        CHECK_THAT(!h.wrong);
        if (!h.failed) break;
      }
    network_free(&net);
  }
}

// A network that is refused leaves nothing behind.
static void refused(void) {
  int32_t targets[] = {0, 1, 2}, sources[] = {1, 2, 0}, delays[] = {0, 1, 2};
  for (int k = 0; k < 4; k++) {
    heap h = heap_make();
    dn_plan_options options = {.allocator = heap_allocator(&h)};
    dn_network net = {3, 3, k == 3 ? 1 : 2, targets, sources, delays, 0};
    delays[2] = k == 0 ? -1 : 2;
    targets[2] = k == 1 ? 3 : 2;
    sources[2] = k == 2 ? -1 : 0;
    check_about("kind %d", k);
    dn_plan *plan = NULL;
    CHECK_THAT(dn_plan_create(&net, &options, &plan, NULL) < DN_OK);
    CHECK_THAT(h.live == 0 && !h.wrong);
  }
}

static void workspaces(void) {
  network net = network_make(&case_specs[15], 1);
  heap h = heap_make();
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.allocator = heap_allocator(&h)});
  long live = h.live;
  for (int on = 0; on < 2; on++)
    for (long at = 0;; at++) {
      check_about("failure %s %ld", on ? "from" : "at", at);
      heap_fail(&h, at, on);
      dn_workspace *workspace = (dn_workspace *)&h;
      dn_status status = dn_workspace_create(plan, &workspace);
      CHECK_STATUS(status, h.failed ? DN_NO_MEMORY : DN_OK);
      CHECK_THAT((workspace != NULL) == (status == DN_OK));
      dn_workspace_destroy(workspace);
      CHECK_THAT(h.live == live && !h.wrong);
      if (!h.failed) break;
    }
  dn_plan_destroy(plan);
  CHECK_THAT(h.live == 0);
  network_free(&net);
}

#define RUNS 3

// One kind of call with a failure at each allocation in turn, then once more without.
static void check_call(const network *net, entry which, ptrdiff_t runs, int32_t threads, bool with_workspace) {
  heap h = heap_make();
  dn_plan *plan = plan_make(net, &(dn_plan_options){.allocator = heap_allocator(&h)});
  trial_f32 want[RUNS], q[RUNS];
  for (int r = 0; r < RUNS; r++) {
    want[r] = trial_make_f32(net, 40 + 30 * r, 0.75, (uint64_t)r, (layout){0});
    q[r] = trial_make_f32(net, 40 + 30 * r, 0.75, (uint64_t)r, (layout){0});
    trial_call_f32(ENTRY_RUN, plan, &want[r], NULL);
    if (which != ENTRY_RUN) trial_call_f32(ENTRY_RUN, plan, &q[r], NULL);
    if (which != ENTRY_RUN) trial_call_f32(which, plan, &want[r], NULL);
    if (which != ENTRY_RUN) grid_copy_f32(&want[r].next, &q[r].next, 0);
  }
  for (int on = 0; on < 2; on++)
    for (long at = 0;; at++) {
      check_about("%s, %s, %td runs, %d threads%s, failure %s %ld", net->name, entry_names[which], runs, threads,
                  with_workspace ? ", workspace" : "", on ? "from" : "at", at);
      const long before = h.live;
      dn_run_options options = {.threads = threads};
      heap_fail(&h, -1, false);
      if (with_workspace) CHECK_STATUS(dn_workspace_create(plan, &options.workspace), DN_OK);
      const long with = h.live;
      heap_fail(&h, at, on);
      dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
      dn_status status = trials_call_f32(which, plan, runs, q, &options, &place);
      const bool failed = h.failed > 0;
      CHECK_STATUS(status, failed ? DN_NO_MEMORY : DN_OK);
      if (failed) CHECK_THAT(place.edge == -1 && place.node == -1 && place.step == -1);
      if (!with_workspace) CHECK(h.live == with, "%ld blocks leaked", h.live - with);
      heap_fail(&h, -1, false);
      if (failed) CHECK_STATUS(trials_call_f32(which, plan, runs, q, &options, &place), DN_OK);
      for (ptrdiff_t r = 0; r < runs; r++) CHECK(trial_same_f32(&q[r], &want[r]), "run %td", r);
      for (ptrdiff_t r = 0; r < runs && which == ENTRY_VJP; r++)
        for (int o = 0; o < 5; o++) grid_set_f32(trial_output_f32(&q[r], 1u << o), 0);
      dn_workspace_destroy(options.workspace);
      CHECK(h.live == before, "%ld blocks leaked", h.live - before);
      CHECK_THAT(!h.wrong);
      if (!failed) break;
    }
  for (int r = 0; r < RUNS; r++) {
    trial_free_f32(&want[r]);
    trial_free_f32(&q[r]);
  }
  dn_plan_destroy(plan);
  CHECK_THAT(h.live == 0 && h.live_bytes == 0);
}

static void calls(void) {
  for (int n = 0; n < case_count; n++) {
    if (!chosen(n)) continue;
    network net = network_make(&case_specs[n], 1);
    for (int k = 0; k < ENTRY_COUNT; k++)
      for (int kind = 0; kind < 8; kind++) check_call(&net, (entry)k, kind & 1 ? RUNS : 1, kind & 2 ? 4 : 1, kind & 4);
    network_free(&net);
  }
}

// A workspace that could not grow serves calls of the size that it had before, and grows when there is memory again.
static void regrowth(void) {
  network net = network_make(&case_specs[15], 1);
  heap h = heap_make();
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.allocator = heap_allocator(&h)});
  dn_run_options options = {.threads = 1};
  CHECK_STATUS(dn_workspace_create(plan, &options.workspace), DN_OK);
  trial_f32 want = trial_make_f32(&net, 40, 0.75, 1, (layout){0}), q = trial_make_f32(&net, 40, 0.75, 1, (layout){0});
  trial_call_all_f32(plan, &want, NULL);
  CHECK_STATUS(trial_call_f32(ENTRY_RUN, plan, &q, &options), DN_OK);
  for (int round = 0; round < 2; round++) {
    check_about("round %d", round);
    heap_fail(&h, 0, true);
    const dn_status status = trial_call_f32(ENTRY_VJP, plan, &q, &options);
    CHECK_STATUS(status, DN_NO_MEMORY);
    heap_fail(&h, -1, false);
    trial_reset_f32(&q, 0);
    CHECK_STATUS(trial_call_f32(ENTRY_RUN, plan, &q, &options), DN_OK);
  }
  trial_call_all_f32(plan, &q, &options);
  CHECK_THAT(trial_same_f32(&q, &want));
  trial_free_f32(&q);
  trial_free_f32(&want);
  dn_workspace_destroy(options.workspace);
  dn_plan_destroy(plan);
  CHECK_THAT(h.live == 0 && !h.wrong);
  network_free(&net);
}

// A call that is refused after its memory was reserved gives it back.
static void refused_calls(void) {
  network net = network_make(&case_specs[15], 1);
  heap h = heap_make();
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.allocator = heap_allocator(&h)});
  const long before = h.live;
  for (int k = 0; k < ENTRY_COUNT; k++)
    for (int kind = 0; kind < 3; kind++) {
      check_about("%s, kind %d", entry_names[k], kind);
      trial_f64 q[2];
      for (int r = 0; r < 2; r++) {
        q[r] = trial_make_f64(&net, 40, 0.75, 1, (layout){0});
        CHECK_STATUS(trial_call_f64(ENTRY_RUN, plan, &q[r], NULL), DN_OK);
      }
      trial_f64 bad[2] = {q[0], q[1]};
      if (kind == 0) bad[1] = q[0];
      if (kind == 1) bad[1].weights.at[7] = NAN;
      if (kind == 2) bad[1].scale = NAN;
      CHECK_THAT(trials_call_f64((entry)k, plan, 2, bad, NULL, NULL) < DN_OK);
      CHECK(h.live == before, "%ld blocks leaked", h.live - before);
      for (int r = 0; r < 2; r++) trial_free_f64(&q[r]);
    }
  dn_plan_destroy(plan);
  CHECK_THAT(h.live == 0 && !h.wrong);
  network_free(&net);
}

// Chunk after chunk with one workspace: after the first round no allocation.
static void steady(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    heap h = heap_make();
    dn_plan *plan = plan_make(&net, &(dn_plan_options){.allocator = heap_allocator(&h)});
    for (int kind = 0; kind < 4; kind++) {
      dn_run_options options = {.threads = kind & 1 ? 3 : 1};
      const ptrdiff_t runs = kind & 2 ? RUNS : 1;
      CHECK_STATUS(dn_workspace_create(plan, &options.workspace), DN_OK);
      trial_f32 q[RUNS];
      trial_f64 p[RUNS];
      for (int r = 0; r < RUNS; r++) {
        q[r] = trial_make_f32(&net, 100, 0.75, 1, (layout){0});
        p[r] = trial_make_f64(&net, 100, 0.75, 1, (layout){0});
      }
      for (int round = 0; round < 3; round++) {
        const long asked = h.asked;
        for (int k = 0; k < ENTRY_COUNT; k++) {
          check_about("%s, %s, %td runs, %d threads, round %d", net.name, entry_names[k], runs, options.threads, round);
          CHECK_STATUS(trials_call_f32((entry)k, plan, runs, q, &options, NULL), DN_OK);
          CHECK_STATUS(trials_call_f64((entry)k, plan, runs, p, &options, NULL), DN_OK);
        }
        if (round > 0) CHECK(h.asked == asked, "%ld allocations", h.asked - asked);
      }
      for (int r = 0; r < RUNS; r++) {
        trial_free_f32(&q[r]);
        trial_free_f64(&p[r]);
      }
      dn_workspace_destroy(options.workspace);
    }
    dn_plan_destroy(plan);
    CHECK_THAT(h.live == 0 && !h.wrong);
    network_free(&net);
  }
}

int main(int argc, char **argv) {
  const check_test tests[] = {
      {"plans", plans},   {"refused", refused},   {"workspaces", workspaces},
      {"calls", calls},   {"regrowth", regrowth}, {"refused_calls", refused_calls},
      {"steady", steady},
  };
  return CHECK_MAIN(argc, argv, tests);
}
