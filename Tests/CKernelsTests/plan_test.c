// What a plan reports about itself, against counts by brute force and against the memory that it really takes.
#include "trial.h"

typedef struct meter {
  size_t live, peak;
} meter;

static void *meter_allocate(void *context, size_t bytes) {
  meter *m = context;
  size_t *memory = malloc(bytes + 16);
  if (!memory) return NULL;
  memory[0] = bytes;
  m->live += bytes;
  if (m->live > m->peak) m->peak = m->live;
  return memory + 2;
}

static void meter_release(void *context, void *memory) {
  meter *m = context;
  size_t *start = (size_t *)memory - 2;
  m->live -= start[0];
  free(start);
}

static int by_value(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

static double median_of(const network *net) {
  if (net->edges == 0) return 0;
  int32_t *sorted = malloc((size_t)net->edges * sizeof *sorted);
  memcpy(sorted, net->delays, (size_t)net->edges * sizeof *sorted);
  qsort(sorted, (size_t)net->edges, sizeof *sorted, by_value);
  double median = ((double)sorted[(net->edges - 1) / 2] + (double)sorted[net->edges / 2]) / 2;
  free(sorted);
  return median;
}

static void check_classes(const network *net, const dn_plan_report *report) {
  CHECK(report->classes >= 0 && report->classes <= DN_CLASSES_MAX, "%d classes", report->classes);
  ptrdiff_t sum = 0;
  for (int c = 0; c < report->classes; c++) {
    const int32_t shortest = report->class_shortest[c], longest = report->class_longest[c];
    ptrdiff_t count = 0;
    for (ptrdiff_t e = 0; e < net->edges; e++) count += net->delays[e] >= shortest && net->delays[e] <= longest;
    CHECK(report->class_edges[c] == count, "class %d, %d to %d: %td edges, not %td", c, shortest, longest,
          report->class_edges[c], count);
    CHECK(shortest >= 0 && shortest <= longest, "class %d, %d to %d", c, shortest, longest);
    sum += report->class_edges[c];
    for (int b = 0; b < c; b++)
      CHECK(longest < report->class_shortest[b] || shortest > report->class_longest[b], "classes %d and %d meet", b, c);
  }
  CHECK(sum == net->edges, "%td edges in classes, %td in all", sum, net->edges);
  // Zero first, then far, then downwards.
  int c = 0;
  if (c < report->classes && report->class_longest[c] == 0) c++;
  if (c < report->classes && report->class_shortest[c] >= report->block) c++;
  for (; c < report->classes; c++) {
    CHECK(report->class_longest[c] < report->block && report->class_shortest[c] >= 1, "class %d", c);
    if (c > 0 && report->class_shortest[c - 1] > 0)
      CHECK(report->class_longest[c] < report->class_shortest[c - 1], "class %d is not below the one before", c);
  }
}

static void reports(void) {
  const int32_t blocks[] = {0, 16, 32, 64, 128, 256}, tiles[] = {0, 1, 5, 84, 1000};
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    int32_t shortest = net.edges ? INT32_MAX : 0;
    for (ptrdiff_t e = 0; e < net.edges; e++) shortest = net.delays[e] < shortest ? net.delays[e] : shortest;
    for (int b = 0; b < 6; b++) {
      meter m = {0};
      dn_plan_options options = {
          .block = blocks[b], .tile_sources = tiles[(n + b) % 5], .allocator = {meter_allocate, meter_release, &m}};
      check_about("%s, block %d, tile %d", net.name, options.block, options.tile_sources);
      dn_plan *plan = plan_make(&net, &options);
      dn_plan_report report;
      memset(&report, 0x5A, sizeof report);
      dn_plan_describe(plan, &report);
      CHECK_THAT(report.nodes == net.nodes && report.edges == net.edges && report.history == net.history);
      CHECK_THAT(report.delay_min == shortest && report.delay_max == net.longest);
      CHECK(report.delay_median == median_of(&net), "%g, not %g", report.delay_median, median_of(&net));
      const int32_t block = report.block;
      CHECK_THAT(blocks[b] ? block == blocks[b] : block >= 16 && block <= 256 && (block & (block - 1)) == 0);
      CHECK_THAT(report.tile_sources >= 1 && report.tiles >= 1);
      CHECK_THAT((ptrdiff_t)report.tiles * report.tile_sources >= net.nodes);
      if (options.tile_sources && options.tile_sources <= net.nodes)
        CHECK_THAT(report.tile_sources == options.tile_sources);
      check_classes(&net, &report);
      // Arrays of no elements may be allocated as a few bytes that are not counted.
      CHECK(report.plan_bytes <= m.live && m.live <= report.plan_bytes + 64, "%zu bytes, %zu allocated",
            report.plan_bytes, m.live);
      CHECK_THAT(report.operations_per_step == 2.0 * (double)net.edges);
      CHECK_THAT(report.expected_ns_per_step_f32 >= 0 && isfinite(report.expected_ns_per_step_f32));
      CHECK_THAT(report.expected_ns_per_step_f64 >= report.expected_ns_per_step_f32);
      if (net.edges) CHECK_THAT(report.expected_ns_per_step_f32 > 0 && isfinite(report.expected_ns_per_step_f64));
      dn_plan_destroy(plan);
      CHECK_THAT(m.live == 0);
    }
    network_free(&net);
  }
}

// What a workspace takes for one kind of call is what the report said, give or take what a call itself needs.
static void check_workspace(const network *net, entry which, bool is_double, ptrdiff_t steps) {
  meter m = {0};
  dn_plan *plan = plan_make(net, &(dn_plan_options){.allocator = {meter_allocate, meter_release, &m}});
  dn_plan_report report;
  dn_plan_describe(plan, &report);
  dn_run_options options = {.threads = 1};
  const size_t before = m.live;
  CHECK_STATUS(dn_workspace_create(plan, &options.workspace), DN_OK);
  size_t reported;
  if (is_double) {
    trial_f64 q = trial_make_f64(net, steps, 0.75, 1, (layout){0});
    if (which != ENTRY_RUN) CHECK_STATUS(trial_call_f64(ENTRY_RUN, plan, &q, NULL), DN_OK);
    CHECK_STATUS(trial_call_f64(which, plan, &q, &options), DN_OK);
    reported = which == ENTRY_RUN ? report.run_bytes_f64 : report.vjp_bytes_f64;
    trial_free_f64(&q);
  } else {
    trial_f32 q = trial_make_f32(net, steps, 0.75, 1, (layout){0});
    if (which != ENTRY_RUN) CHECK_STATUS(trial_call_f32(ENTRY_RUN, plan, &q, NULL), DN_OK);
    CHECK_STATUS(trial_call_f32(which, plan, &q, &options), DN_OK);
    reported = which == ENTRY_RUN ? report.run_bytes_f32 : report.vjp_bytes_f32;
    trial_free_f32(&q);
  }
  const size_t taken = m.live - before;
  check_about("%s, %s, %s, %td steps", net->name, entry_names[which], is_double ? "double" : "float", steps);
  CHECK(taken <= reported + 4096 && reported <= taken + 4096, "%zu bytes reported, %zu taken", reported, taken);
  dn_workspace_destroy(options.workspace);
  dn_plan_destroy(plan);
  CHECK_THAT(m.live == 0);
}

static void workspaces(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    for (int is_double = 0; is_double < 2; is_double++)
      for (int k = 0; k < 2; k++) {
        check_workspace(&net, ENTRY_RUN, is_double, k ? 900 : 1);
        check_workspace(&net, ENTRY_VJP, is_double, k ? 900 : 1);
      }
    network_free(&net);
  }
}

// "About 36 bytes an edge": a plan of many edges stays below half as much again.
static void bytes_an_edge(void) {
  network net =
      network_make(&(case_spec){"300 nodes, 200000 edges", 300, 200000, 1, 250, 250, DELAYS_UNIFORM, false}, 1);
  meter m = {0};
  dn_plan *plan = plan_make(&net, &(dn_plan_options){.allocator = {meter_allocate, meter_release, &m}});
  check_about("%s", net.name);
  CHECK(m.live <= 54 * (size_t)net.edges, "%g bytes an edge", (double)m.live / (double)net.edges);
  CHECK(m.peak <= 160 * (size_t)net.edges, "%g bytes an edge while it is made", (double)m.peak / (double)net.edges);
  dn_plan_destroy(plan);
  network_free(&net);
}

// A forced instruction set is the one that is reported.
static void forced(void) {
  network net = network_make(&case_specs[15], 1);
  for (dn_isa isa = DN_ISA_AUTO; isa <= DN_ISA_AVX512; isa++) {
    check_about("%s", dn_isa_name(isa));
    if (!dn_isa_available(isa)) continue;
    dn_plan *plan = NULL;
    if (!CHECK_THAT(dn_plan_create(&net.view, &(dn_plan_options){.isa = isa}, &plan, NULL) == DN_OK)) continue;
    dn_plan_report report;
    dn_plan_describe(plan, &report);
    CHECK_THAT(report.isa == (isa == DN_ISA_AUTO ? dn_isa_best() : isa));
    dn_plan_destroy(plan);
  }
  network_free(&net);
}

// The network's arrays are not needed once the plan is made.
static void arrays_released(void) {
  network net = network_make(&case_specs[15], 1), spoiled = network_make(&case_specs[15], 1);
  dn_plan *plan = plan_make(&net, NULL), *other = plan_make(&spoiled, NULL);
  for (ptrdiff_t e = 0; e < net.edges; e++) spoiled.targets[e] = spoiled.sources[e] = spoiled.delays[e] = -99;
  trial_f64 p = trial_make_f64(&net, 100, 0.75, 1, (layout){0}), q = trial_make_f64(&net, 100, 0.75, 1, (layout){0});
  trial_call_all_f64(plan, &p, NULL);
  trial_call_all_f64(other, &q, NULL);
  check_about("%s", net.name);
  CHECK_THAT(trial_same_f64(&p, &q));
  trial_free_f64(&p);
  trial_free_f64(&q);
  dn_plan_destroy(plan);
  dn_plan_destroy(other);
  network_free(&net);
  network_free(&spoiled);
}

int main(int argc, char **argv) {
  const check_test tests[] = {
      {"reports", reports}, {"workspaces", workspaces},           {"bytes_an_edge", bytes_an_edge},
      {"forced", forced},   {"arrays_released", arrays_released},
  };
  return CHECK_MAIN(argc, argv, tests);
}
