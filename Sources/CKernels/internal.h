// What the C files share: the plan, the workspace, what computes a model. What has a precision is in f32.h and f64.h.
//
// Letters: N nodes, E edges, B columns of a block, i target, j source, e edge, t step, k position in a plan's edge order.
#ifndef DN_INTERNAL_H
#define DN_INTERNAL_H

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "delaynet.h"

#define DN_JOIN_(a, b) a##_##b
#define DN_JOIN(a, b) DN_JOIN_(a, b)
#define DN_INLINE static inline __attribute__((always_inline))

// Vector tails and short classes work on leaves of 16 columns; every block starts at a multiple of it.
#define DN_LEAF 16
// One rounding, for float and double alike.
#define DN_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
// Blocks that a window of the ring holds before it slides back.
#define DN_WINDOW_BLOCKS 2
#define DN_CACHE_LINE 64
// Delays up to this one may have lanes over targets: vectors over time have no room in their classes.
#define DN_RECENT 7
// Pairs of rows whose products are added at once.
#define DN_PAIRS_MAX 64

// ---- Plan ----------------------------------------------------------------------------------------------------------

// The edges of one target in one list, positions begin ... begin of the next group.
typedef struct dn_group {
  int32_t target;
  int32_t begin;
} dn_group;

// Edges that are applied together. Each list adds to x_i(t) once for each t, in the order in which the lists stand in
// dn_graph, whatever block or chunk t lies in: that order, and with it every bit, is a property of the plan.
typedef struct dn_list {
  int32_t shortest, longest;  // the delays it may hold, both included
  int32_t begin, count;       // positions in edge order
  int32_t group_begin;        // first group; unused by short lists (longest < DN_LEAF, not the zero list)
  int32_t *sector_group;      // (S + 1) group numbers: sector s owns groups sector_group[s] ... sector_group[s + 1] - 1
} dn_list;
static inline bool dn_list_is_short(const dn_list *list) { return list->longest > 0 && list->longest < DN_LEAF; }

// Edges with the shortest delays once more, as rows of DN_LEAF targets: a step that reads what was computed a moment ago has
// no time to run vectors over, so they run over targets. Each target's edges stand in plan order.
//
// Where DN_LEAF consecutive targets have much the same sources (a dense network), a row has one key, which all of them read,
// and targets that do not have it the weight 0. The other targets are sorted by their number of edges, and each lane of a
// row has a key of its own; a lane with fewer edges than its slice has rows reads its last one again, with the weight 0.
typedef struct dn_slice {
  int32_t row_begin, rows;
  int32_t key_begin;  // a key a row, or, if `targets`, DN_LEAF a row
  int32_t lanes;      // targets; what lanes behind them compute is left alone, or belongs to no node
  int32_t target;     // the first of consecutive targets; -1: they stand in `targets`
  int32_t targets;    // number of their first one in dn_lanes
  int32_t shared;     // so many slices from this one on have the same keys
} dn_slice;
typedef struct dn_lanes {
  int32_t slices, rows, keys, targets;
  dn_slice *slice;
  int32_t *position;        // (rows, DN_LEAF) in edge order; -1: none
  int32_t *source, *delay;  // (keys)
  int32_t *target;          // (targets) of slices whose targets are not consecutive
} dn_lanes;

// The network's edges for one direction of time: as given (the forward run), or transposed (the adjoint).
// "target" is the row that is written, "source" the row that is read.
typedef struct dn_graph {
  int32_t lists;
  dn_list list[DN_CLASSES_MAX];  // zero, far, then the halving classes downwards
  int32_t *edge;                 // (E) position -> the user's edge
  int32_t *offset;               // (E) source * stride - delay: where to read, relative to a column of row 0
  int32_t *delay;                // (E) delays; kept for the transposed graph only
  int32_t *short_target;         // target * stride of the short lists' edges, counted from short_begin
  int32_t short_begin;
  dn_lanes now, recent;    // delay 0; delays 1 ... recent_longest
  int32_t recent_longest;  // at most DN_RECENT
  int32_t step_quiet;      // no delay from recent_longest + 1 to step_quiet - 1: networks need no recursion below it
  bool leaf_lanes;         // the delay map's leaves are faster with lanes
  dn_group *group;         // all lists' groups, and one behind the last
  int32_t sectors;         // S: ranges of targets, the unit that is split over threads
  int32_t *sector_target;  // (S + 1) first target of each sector
} dn_graph;

struct dn_plan {
  ptrdiff_t nodes, edges, history;  // fractional: 2 E edges, of which E + e is edge e a step later
  bool fractional;
  int32_t delay_min, delay_max;
  double delay_median;
  dn_isa isa;
  int32_t block;  // B
  int32_t tiles, tile_sources;
  int32_t quiet;           // no delay from 1 to quiet - 1: blocks of this length need no recursion
  ptrdiff_t lead;          // columns of history before a window, a multiple of DN_LEAF, at least delay_max
  ptrdiff_t window;        // columns behind the lead
  ptrdiff_t stride;        // of the ring's rows: lead + window + a leaf of slack, an odd number of DN_LEAFs
  ptrdiff_t block_stride;  // of a block's rows
  bool zero_edges;
  double work_a_thread;  // multiply-adds of a network's step from which a further thread pays
  dn_graph forward, transposed;
  dn_allocator allocator;
  size_t bytes;  // of the plan and its arrays
};

// The target of each edge of the forward graph, (E) in plan order.
void dn_plan_targets(const dn_plan *plan, int32_t *target);

// Memory that belongs to the plan; NULL when there is none.
void *dn_plan_take(dn_plan *plan, ptrdiff_t count, size_t size);

// The edges of lists first ... last as lanes; zero_stride as for graph_create.
dn_status dn_lanes_create(dn_plan *plan, const dn_graph *graph, int32_t first, int32_t last, ptrdiff_t zero_stride,
                          dn_lanes *lanes);
void dn_lanes_destroy(const dn_allocator *allocator, const dn_lanes *lanes);

// Workspace of one run of the delay map, and of a pullback that asks for everything.
void dn_map_bytes_f32(const dn_plan *plan, size_t *run, size_t *vjp);
void dn_map_bytes_f64(const dn_plan *plan, size_t *run, size_t *vjp);

// ---- Memory --------------------------------------------------------------------------------------------------------

struct dn_workspace {
  const dn_plan *plan;
  void *memory;
  size_t bytes;
};

// A run's arrays are cut from one allocation: first counted with base NULL, then taken.
typedef struct dn_arena {
  char *base;
  size_t used;
  bool overflow;
} dn_arena;

// `count` elements of `size` bytes, aligned to a cache line; NULL while counting.
void *dn_arena_take(dn_arena *arena, ptrdiff_t count, size_t size);

void *dn_allocate(const dn_allocator *allocator, size_t bytes);
void dn_release(const dn_allocator *allocator, void *memory);

// Makes the workspace at least `bytes` large; what was in it is lost when it grows.
dn_status dn_workspace_reserve(dn_workspace *workspace, size_t bytes);

// ---- Models --------------------------------------------------------------------------------------------------------

// What computes a model: the parameter that alone multiplies each coupling variable (or -1), and the kernels of each
// instruction set, NULL where this build lacks it.
struct dn_implementation {
  const int32_t *gain;  // (C)
  const struct dn_model_kernels_f32 *kernels_f32[DN_ISA_AVX512 + 1];
  const struct dn_model_kernels_f64 *kernels_f64[DN_ISA_AVX512 + 1];
  const struct dn_text_model *text;  // NULL: they are its own
};

// The kernels that run the programs of models from text.
void dn_text_kernels_f32(const struct dn_model_kernels_f32 *kernels[DN_ISA_AVX512 + 1]);
void dn_text_kernels_f64(const struct dn_model_kernels_f64 *kernels[DN_ISA_AVX512 + 1]);

// ---- Monitors ------------------------------------------------------------------------------------------------------

// Numbers that a kind makes of its constants and the length of an interim mean before a run begins.
#define DN_MONITOR_CONSTANTS 20

// Makes them. Returns the number of the constant that is outside its range, or -1.
int32_t dn_monitor_prepare(const dn_monitor *monitor, double time_step, double constants[DN_MONITOR_CONSTANTS]);

// How many rows of what a kind keeps its derivatives need as they were before each interim's end (0: it is linear in the states),
// and the first of them.
int32_t dn_monitor_recorded(dn_monitor_kind kind, int32_t *first);

static inline ptrdiff_t dn_monitor_states(const dn_model *model, const dn_monitor *monitor) {
  return monitor->states ? monitor->state_count : model->states;
}
static inline int32_t dn_monitor_state(const dn_monitor *monitor, ptrdiff_t v) {
  return monitor->states ? monitor->states[v] : (int32_t)v;
}

#endif
