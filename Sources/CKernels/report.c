// What a plan tells about itself: its classes, the memory of runs, the time of a step.
#include "internal.h"

// Cycles of lanes that are summed once. Lanes with keys of their own load and insert what they read one by one.
static double lanes_cycles(const dn_lanes *lanes, double width) {
  double cycles = 0;
  for (int32_t s = 0; s < lanes->slices; s++)
    cycles += DN_LEAF * (double)lanes->slice[s].rows * (lanes->slice[s].target < 0 ? 1.4 : 1.4 / width);
  return cycles;
}

// Estimated nanoseconds of a step's delayed sums, one thread, elements of `size` bytes.
static double expected_ns(const dn_plan *plan, size_t size) {
  // Cycles at 3 GHz: an unaligned load and a multiply-add a vector, something for each group's start and end; a load, a
  // multiply-add and a store for each visit of a short edge; rows of time turned into rows of nodes and back. The base
  // instruction set of x86-64 has no multiply-add: each is a call.
  const dn_graph *graph = &plan->forward;
#if defined(__x86_64__)
  const bool calls = plan->isa == DN_ISA_BASE;
#else
  const bool calls = false;
#endif
  const double bytes = plan->isa == DN_ISA_AVX512 ? 64 : plan->isa == DN_ISA_AVX2 ? 32 : 16;
  const double width = calls ? 0.25 : bytes / (double)size;
  double cycles = 4 * (double)plan->nodes / (bytes / (double)size);
  for (int32_t l = 0; l < graph->lists; l++) {
    const dn_list *list = &graph->list[l];
    const double columns = l <= 1 ? plan->block : list->shortest;
    if (dn_list_is_short(list)) {
      if (!graph->leaf_lanes || list->shortest > graph->recent_longest)
        cycles += (calls ? 2.5 * columns / width : 2.5) * list->count / columns;
    } else {
      const double groups = list->sector_group[graph->sectors] - list->sector_group[0];
      cycles += 1.9 * list->count / width + groups * (12 + 2 * columns / width) / columns;
    }
  }
  if (graph->leaf_lanes) cycles += 3 * (double)plan->nodes + lanes_cycles(&graph->recent, width);
  return cycles / 3;
}

void dn_plan_describe(const dn_plan *plan, dn_plan_report *report) {
  const dn_graph *graph = &plan->forward;
  *report = (dn_plan_report){
      .nodes = plan->nodes,
      .edges = plan->edges,
      .history = plan->history,
      .delay_min = plan->delay_min,
      .delay_max = plan->delay_max,
      .delay_median = plan->delay_median,
      .isa = plan->isa,
      .block = plan->block,
      .tiles = plan->tiles,
      .tile_sources = plan->tile_sources,
      .classes = graph->lists,
      .plan_bytes = plan->bytes,
      .operations_per_step = 2.0 * (double)plan->edges,
      .expected_ns_per_step_f32 = expected_ns(plan, sizeof(float)),
      .expected_ns_per_step_f64 = expected_ns(plan, sizeof(double)),
  };
  dn_map_bytes_f32(plan, &report->run_bytes_f32, &report->vjp_bytes_f32);
  dn_map_bytes_f64(plan, &report->run_bytes_f64, &report->vjp_bytes_f64);
  for (int32_t l = 0; l < graph->lists; l++) {
    report->class_shortest[l] = graph->list[l].shortest;
    report->class_longest[l] = graph->list[l].longest;
    report->class_edges[l] = graph->list[l].count;
  }
  // The far class ends at the longest delay that the history allows.
  report->class_longest[1] = plan->history > plan->block ? (int32_t)plan->history : plan->block;
}
