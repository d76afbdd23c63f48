// The delay map's drivers: forward, tangent, adjoint. One text for float and double.
//
//   x_i(t) = sum over e -> i of (scale w_e) b(j_e, t - d_e) + noise_gain z_i(t)
//
// A run walks over blocks of B columns in a private ring: N compact rows of `lead` columns of history and a window of
// blocks; at the window's end the last `lead` columns slide back to the front. In a block far edges (d >= B) are applied
// at once, the halving classes by recursion: class h to the first h columns, solve these, class h to the next h columns,
// solve those. This is the schedule of relaxed (online) convolution: van der Hoeven, "Relax, but don't be too lazy",
// J. Symb. Comput. 34 (2002).
#include <limits.h>

#include "call.h"

#define DN_REAL float
#define DN_NAME(name) name##_f32
#include "map/solve.h"
#include "map/run.h"
#include "map/jvp.h"
#include "map/vjp.h"
#undef DN_REAL
#undef DN_NAME

#define DN_REAL double
#define DN_NAME(name) name##_f64
#include "map/solve.h"
#include "map/run.h"
#include "map/jvp.h"
#include "map/vjp.h"
#undef DN_REAL
#undef DN_NAME

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
      .run_bytes_f32 = map_bytes_f32(plan, (map_needs_f32){.noise_block = plan->zero_edges}),
      .run_bytes_f64 = map_bytes_f64(plan, (map_needs_f64){.noise_block = plan->zero_edges}),
      .vjp_bytes_f32 = map_bytes_f32(plan, map_vjp_needs_f32(plan, true, true, true, true)),
      .vjp_bytes_f64 = map_bytes_f64(plan, map_vjp_needs_f64(plan, true, true, true, true)),
      .operations_per_step = 2.0 * (double)plan->edges,
      .expected_ns_per_step_f32 = dn_plan_expected_ns(plan, sizeof(float)),
      .expected_ns_per_step_f64 = dn_plan_expected_ns(plan, sizeof(double)),
  };
  for (int32_t l = 0; l < graph->lists; l++) {
    report->class_shortest[l] = graph->list[l].shortest;
    report->class_longest[l] = graph->list[l].longest;
    report->class_edges[l] = graph->list[l].count;
  }
  // The far class ends at the longest delay that the history allows.
  report->class_longest[1] = plan->history > plan->block ? (int32_t)plan->history : plan->block;
}
