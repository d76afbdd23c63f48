// The plan: validates a network, sorts its edges into delay classes and source tiles, for it and for its transpose.
//
// Edge order of a graph: lists (zero, far, then the halving classes downwards); in a list sectors of targets; in the far
// list tiles of sources; then groups of one target's edges, those of equal size together (so that the inner loop's exit
// is predicted); in a group by delay. Short lists, whose edges cover less than a leaf, are flat: round-robin over their
// targets, so that no store is read back at once.
#include <limits.h>

#include "internal.h"

// Half of a 32 KiB L1 data cache for the windows of one tile. A constant, not this CPU's size: it decides the order of
// additions, and that must not depend on the machine.
#define TILE_BYTES 16384
// A tile has so many sources that a target's group in it has at least this many edges on average.
#define TILE_MIN_GROUP 12
#define SECTOR_TARGETS 32
#define SECTORS_MAX 64

// ---- Sizes ---------------------------------------------------------------------------------------------------------

static ptrdiff_t round_up(ptrdiff_t n, ptrdiff_t unit) { return (n + unit - 1) / unit * unit; }

// An odd number of leaves: a stride that is a multiple of a power of two lets rows evict each other from the cache.
static ptrdiff_t odd_stride(ptrdiff_t columns) { return (round_up(columns, DN_LEAF) / DN_LEAF | 1) * DN_LEAF; }

static int32_t floor_log2(int32_t n) { return 31 - __builtin_clz((uint32_t)n); }

static int32_t list_of(const dn_plan *plan, int32_t delay) {
  if (delay == 0) return 0;
  if (delay >= plan->block) return 1;
  return 1 + floor_log2(plan->block) - floor_log2(delay);
}

static bool is_short(const dn_list *list) { return list->longest > 0 && list->longest < DN_LEAF; }

// ---- Sorting -------------------------------------------------------------------------------------------------------

// Arrays that only the creation of a plan needs, each (E + 1) unless said.
typedef struct scratch {
  int32_t *target, *source, *delay;  // of the user's edges
  int32_t *order, *other, *key;
  int32_t *group_target, *group_begin, *group_count, *group_key;
  int32_t *count;      // (as many as the most keys of a pass)
  int32_t *sector_of;  // (N)
} scratch;

// out = in, stably sorted by key[in[k]], 0 <= key < keys.
static void sort_pass(const int32_t *key, ptrdiff_t keys, const int32_t *in, int32_t *out, ptrdiff_t n,
                      int32_t *count) {
  memset(count, 0, (size_t)(keys + 1) * sizeof *count);
  for (ptrdiff_t k = 0; k < n; k++) count[key[in[k]] + 1]++;
  for (ptrdiff_t v = 0; v < keys; v++) count[v + 1] += count[v];
  for (ptrdiff_t k = 0; k < n; k++) out[count[key[in[k]]]++] = in[k];
}

static void swap(int32_t **a, int32_t **b) {
  int32_t *t = *a;
  *a = *b;
  *b = t;
}

// ---- One graph -----------------------------------------------------------------------------------------------------

static void *plan_take(dn_plan *plan, ptrdiff_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow((size_t)count, size, &bytes)) return NULL;
  void *memory = dn_allocate(&plan->allocator, bytes ? bytes : 1);
  if (memory) plan->bytes += bytes;
  return memory;
}

static void graph_destroy(const dn_allocator *allocator, dn_graph *graph) {
  dn_release(allocator, graph->edge);
  dn_release(allocator, graph->offset);
  dn_release(allocator, graph->delay);
  dn_release(allocator, graph->short_target);
  dn_release(allocator, graph->group);
  dn_release(allocator, graph->sector_target);
  dn_release(allocator, graph->list[0].sector_group);  // one allocation for all lists
}

// Sectors are consecutive targets with about equal numbers of edges.
static void make_sectors(const dn_plan *plan, dn_graph *graph, const int32_t *target, int32_t *degree) {
  const ptrdiff_t N = plan->nodes, E = plan->edges;
  memset(degree, 0, (size_t)N * sizeof *degree);
  for (ptrdiff_t e = 0; e < E; e++) degree[target[e]]++;
  ptrdiff_t seen = 0, s = 0;
  graph->sector_target[0] = 0;
  for (ptrdiff_t i = 0; i < N; i++) {
    // Targets without edges count as well: they have rows to copy.
    while (s + 1 < graph->sectors && (seen + i) * graph->sectors >= (s + 1) * (E + N))
      graph->sector_target[++s] = (int32_t)i;
    seen += degree[i];
  }
  while (s < graph->sectors) graph->sector_target[++s] = (int32_t)N;
}

// Sorts the edges of `graph`, whose rows written are `target` and rows read are `source`; zero_stride is the row stride
// of what zero-delay edges read.
static dn_status graph_create(dn_plan *plan, dn_graph *graph, const int32_t *target, const int32_t *source, scratch *s,
                              ptrdiff_t zero_stride, bool keep_delays) {
  const ptrdiff_t N = plan->nodes, E = plan->edges;
  const int32_t S = graph->sectors, lists = graph->lists;

  graph->edge = plan_take(plan, E, sizeof(int32_t));
  graph->offset = plan_take(plan, E, sizeof(int32_t));
  graph->sector_target = plan_take(plan, S + 1, sizeof(int32_t));
  int32_t *sector_group = plan_take(plan, (ptrdiff_t)lists * (S + 1), sizeof(int32_t));
  graph->list[0].sector_group = sector_group;
  if (!graph->edge || !graph->offset || !graph->sector_target || !sector_group) return DN_NO_MEMORY;
  if (keep_delays && !(graph->delay = plan_take(plan, E, sizeof(int32_t)))) return DN_NO_MEMORY;
  make_sectors(plan, graph, target, s->count);

  // Buckets: a number for each (list, sector, tile), in the order in which they are to stand.
  int32_t *sector_of = s->sector_of;
  for (int32_t c = 0; c < S; c++)
    for (int32_t i = graph->sector_target[c]; i < graph->sector_target[c + 1]; i++) sector_of[i] = c;
  int32_t bucket[DN_CLASSES_MAX + 1];
  bucket[0] = 0;
  for (int32_t l = 0; l < lists; l++)
    bucket[l + 1] = bucket[l] + (is_short(&graph->list[l]) ? 1 : S * (l == 1 ? plan->tiles : 1));

  for (ptrdiff_t e = 0; e < E; e++) {
    const int32_t l = list_of(plan, s->delay[e]);
    int32_t key = bucket[l];
    if (l == 1) key += sector_of[target[e]] * plan->tiles + source[e] / plan->tile_sources;
    else if (!is_short(&graph->list[l])) key += sector_of[target[e]];
    s->key[e] = key;
    s->other[e] = (int32_t)e;
  }
  sort_pass(s->delay, plan->delay_max + 1, s->other, s->order, E, s->count);
  sort_pass(target, N, s->order, s->other, E, s->count);
  sort_pass(s->key, bucket[lists], s->other, s->order, E, s->count);

  // Groups: runs of one bucket and one target. A short list's edges get their rank in the group as key.
  ptrdiff_t groups = 0, shorts = 0;
  for (ptrdiff_t k = 0; k < E; k++) {
    const int32_t e = s->order[k];
    const bool same = k > 0 && s->key[s->order[k - 1]] == s->key[e] && target[s->order[k - 1]] == target[e];
    if (!same) {
      s->group_target[groups] = target[e];
      s->group_begin[groups] = (int32_t)k;
      s->group_count[groups] = 0;
      s->group_key[groups] = s->key[e];
      groups++;
    }
    s->group_count[groups - 1]++;
    shorts += is_short(&graph->list[list_of(plan, s->delay[e])]);
  }
  graph->short_begin = (int32_t)(E - shorts);
  graph->short_target = plan_take(plan, shorts, sizeof(int32_t));
  if (!graph->short_target) return DN_NO_MEMORY;

  // Groups of equal size stand together in their bucket.
  int32_t *group_order = s->other, *group_other = s->key;
  for (ptrdiff_t g = 0; g < groups; g++) group_other[g] = (int32_t)g;
  sort_pass(s->group_count, E + 1, group_other, group_order, groups, s->count);
  sort_pass(s->group_key, bucket[lists], group_order, group_other, groups, s->count);
  swap(&group_order, &group_other);

  ptrdiff_t grouped = 0;
  for (ptrdiff_t g = 0; g < groups; g++)
    grouped += !is_short(&graph->list[list_of(plan, s->delay[s->order[s->group_begin[g]]])]);
  graph->group = plan_take(plan, grouped + 1, sizeof(dn_group));
  if (!graph->group) return DN_NO_MEMORY;

  // Write the final order. Grouped lists first (they precede the short ones in bucket order).
  ptrdiff_t k = 0;
  for (int32_t l = 0, g = 0; l < lists; l++) {
    dn_list *list = &graph->list[l];
    list->sector_group = sector_group + l * (S + 1);
    list->begin = (int32_t)k;
    list->group_begin = g;
    if (is_short(list)) {
      const ptrdiff_t first = k;
      int32_t ranks = 0;
      // Round-robin: all first edges of the targets, then all second ones.
      for (int32_t h = g; h < groups && s->group_key[group_order[h]] == bucket[l]; h++)
        if (s->group_count[group_order[h]] > ranks) ranks = s->group_count[group_order[h]];
      for (int32_t rank = 0; rank < ranks; rank++) {
        // Groups are sorted by size: skip those that have no edge of this rank.
        int32_t h = g;
        while (s->group_count[group_order[h]] <= rank) h++;
        for (; h < groups && s->group_key[group_order[h]] == bucket[l]; h++)
          graph->edge[k++] = s->order[s->group_begin[group_order[h]] + rank];
      }
      while (g < groups && s->group_key[group_order[g]] == bucket[l]) g++;
      for (ptrdiff_t m = first; m < k; m++)
        graph->short_target[m - graph->short_begin] = (int32_t)(target[graph->edge[m]] * plan->stride);
      for (int32_t c = 0; c <= S; c++) list->sector_group[c] = 0;
    } else {
      for (int32_t c = 0; c < S; c++) {
        list->sector_group[c] = g;
        for (; g < groups && s->group_key[group_order[g]] < bucket[l + 1] &&
               sector_of[s->group_target[group_order[g]]] == c;
             g++) {
          const int32_t from = group_order[g];
          graph->group[g] = (dn_group){.target = s->group_target[from], .begin = (int32_t)k};
          for (int32_t m = 0; m < s->group_count[from]; m++) graph->edge[k++] = s->order[s->group_begin[from] + m];
        }
      }
      list->sector_group[S] = g;
      graph->group[g] = (dn_group){.target = -1, .begin = (int32_t)k};
    }
    list->count = (int32_t)k - list->begin;
  }
  assert(k == E);

  for (k = 0; k < E; k++) {
    const int32_t e = graph->edge[k], d = s->delay[e];
    graph->offset[k] = d == 0 ? (int32_t)(source[e] * zero_stride) : (int32_t)(source[e] * plan->stride - d);
    if (keep_delays) graph->delay[k] = d;
  }
  return DN_OK;
}

// ---- Creation ------------------------------------------------------------------------------------------------------

static dn_status finish(dn_place *place, dn_status status, ptrdiff_t edge, ptrdiff_t node) {
  if (place) *place = (dn_place){.run = -1, .edge = edge, .node = node, .step = -1, .state = -1, .parameter = -1};
  return status;
}

static dn_status check_network(const dn_network *net, dn_place *place) {
  const ptrdiff_t N = net->nodes, E = net->edges;
  if (N < 0 || E < 0 || net->history < 0) return finish(place, DN_BAD_SIZE, -1, -1);
  if (N >= INT32_MAX || E >= INT32_MAX || net->history >= INT32_MAX / 2) return finish(place, DN_TOO_LARGE, -1, -1);
  const bool dense = E > 0 && !net->targets && !net->sources;
  if (dense && E != N * N) return finish(place, DN_BAD_SIZE, -1, -1);
  if (E > 0 && (!net->delays || (!dense && (!net->targets || !net->sources))))
    return finish(place, DN_NULL_POINTER, -1, -1);
  for (ptrdiff_t e = 0; e < E; e++) {
    if (!dense) {
      const int32_t i = net->targets[e], j = net->sources[e];
      if (i < 0 || i >= N) return finish(place, DN_NODE_OUT_OF_RANGE, e, i);
      if (j < 0 || j >= N) return finish(place, DN_NODE_OUT_OF_RANGE, e, j);
    }
    if (net->delays[e] < 0) return finish(place, DN_NEGATIVE_DELAY, e, dense ? e / N : net->targets[e]);
    if (net->delays[e] > net->history)
      return finish(place, DN_DELAY_EXCEEDS_HISTORY, e, dense ? e / N : net->targets[e]);
  }
  return DN_OK;
}

// Delay statistics, block, tiles and the ring's geometry.
static dn_status choose_sizes(dn_plan *plan, const dn_plan_options *options, const int32_t *delay, int32_t *histogram) {
  const ptrdiff_t N = plan->nodes, E = plan->edges;
  ptrdiff_t far = 0;
  int32_t shortest_positive = INT32_MAX;
  plan->delay_min = E ? plan->delay_max : 0;
  for (ptrdiff_t e = 0; e < E; e++) {
    const int32_t d = delay[e];
    if (d < plan->delay_min) plan->delay_min = d;
    if (d > 0 && d < shortest_positive) shortest_positive = d;
    far += d >= plan->block;
  }
  plan->zero_edges = E > 0 && plan->delay_min == 0;

  memset(histogram, 0, (size_t)(plan->delay_max + 1) * sizeof *histogram);
  for (ptrdiff_t e = 0; e < E; e++) histogram[delay[e]]++;
  ptrdiff_t seen = 0;
  for (int32_t d = 0, low = -1; d <= plan->delay_max && E > 0; d++) {
    seen += histogram[d];
    if (low < 0 && seen * 2 >= E) low = d;
    if (seen * 2 > E) {
      plan->delay_median = 0.5 * ((double)low + d);
      break;
    }
  }

  plan->quiet = plan->block;
  while (plan->quiet > 1 && plan->quiet > shortest_positive) plan->quiet /= 2;

  plan->lead = round_up(plan->delay_max, DN_LEAF);
  plan->window = (ptrdiff_t)DN_WINDOW_BLOCKS * plan->block;
  plan->stride = odd_stride(plan->lead + plan->window + DN_LEAF);
  plan->block_stride = odd_stride(plan->block);
  if (N * plan->stride > INT32_MAX) return DN_TOO_LARGE;

  ptrdiff_t tile = TILE_BYTES / ((plan->lead + plan->block) * (ptrdiff_t)sizeof(float));
  if (far > 0) {
    const ptrdiff_t wide = (ptrdiff_t)((double)TILE_MIN_GROUP * (double)N * (double)N / (double)far);
    if (tile < wide) tile = wide;
  }
  if (options->tile_sources > 0) tile = options->tile_sources;
  if (tile < 1) tile = 1;
  if (tile > N) tile = N > 0 ? N : 1;
  plan->tile_sources = (int32_t)tile;
  plan->tiles = N > 0 ? (int32_t)((N + tile - 1) / tile) : 1;

  ptrdiff_t sectors = N / SECTOR_TARGETS;
  if (sectors < 1) sectors = 1;
  if (sectors > SECTORS_MAX) sectors = SECTORS_MAX;
  if (sectors * plan->tiles > INT32_MAX / 2) return DN_TOO_LARGE;

  for (int32_t direction = 0; direction < 2; direction++) {
    dn_graph *graph = direction ? &plan->transposed : &plan->forward;
    graph->sectors = (int32_t)sectors;
    graph->list[0] = (dn_list){.shortest = 0, .longest = 0};
    graph->list[1] = (dn_list){.shortest = plan->block, .longest = INT32_MAX};
    graph->lists = 2;
    for (int32_t h = plan->block / 2; h >= 1; h /= 2)
      graph->list[graph->lists++] = (dn_list){.shortest = h, .longest = 2 * h - 1};
  }
  return DN_OK;
}

static dn_status fill_plan(dn_plan *plan, const dn_network *net, const dn_plan_options *options) {
  const ptrdiff_t N = plan->nodes, E = plan->edges;
  scratch s = {0};
  int32_t **arrays[] = {&s.target, &s.source,       &s.delay,       &s.order,       &s.other,
                        &s.key,    &s.group_target, &s.group_begin, &s.group_count, &s.group_key};
  enum { ARRAYS = sizeof arrays / sizeof *arrays };
  int32_t *memory = dn_allocate(&plan->allocator, (size_t)(E + 1) * ARRAYS * sizeof(int32_t));
  if (!memory) return DN_NO_MEMORY;
  for (int32_t a = 0; a < ARRAYS; a++) *arrays[a] = memory + a * (E + 1);
  for (ptrdiff_t e = 0; e < E; e++) {
    s.target[e] = net->targets ? net->targets[e] : (int32_t)(e / N);
    s.source[e] = net->targets ? net->sources[e] : (int32_t)(e % N);
    s.delay[e] = net->delays[e];
    if (s.delay[e] > plan->delay_max) plan->delay_max = s.delay[e];
  }

  // Two uses of `count` with sizes that are known one after the other: the histogram of delays, then the sorting passes.
  dn_status status = DN_NO_MEMORY;
  s.count = dn_allocate(&plan->allocator, (size_t)(plan->delay_max + 1) * sizeof(int32_t));
  if (s.count) status = choose_sizes(plan, options, s.delay, s.count);
  dn_release(&plan->allocator, s.count);
  if (status == DN_OK) {
    ptrdiff_t keys = (ptrdiff_t)plan->forward.sectors * (plan->tiles + DN_CLASSES_MAX) + DN_CLASSES_MAX;
    if (keys < N) keys = N;
    if (keys < E + 1) keys = E + 1;
    if (keys < plan->delay_max + 1) keys = plan->delay_max + 1;
    status = DN_NO_MEMORY;
    s.count = dn_allocate(&plan->allocator, (size_t)(keys + 2 + N) * sizeof(int32_t));
    if (s.count) {
      s.sector_of = s.count + keys + 2;
      status = graph_create(plan, &plan->forward, s.target, s.source, &s, plan->block_stride, false);
      if (status == DN_OK) status = graph_create(plan, &plan->transposed, s.source, s.target, &s, plan->stride, true);
    }
    dn_release(&plan->allocator, s.count);
  }
  dn_release(&plan->allocator, memory);
  return status;
}

dn_status dn_plan_create(const dn_network *network, const dn_plan_options *options, dn_plan **plan, dn_place *place) {
  static const dn_plan_options defaults;
  if (!options) options = &defaults;
  if (!plan) return finish(place, DN_NULL_POINTER, -1, -1);
  *plan = NULL;
  if (!network) return finish(place, DN_NULL_POINTER, -1, -1);

  const int32_t B = options->block ? options->block : 128;
  if (B < DN_LEAF || B > 256 || (B & (B - 1)) || options->tile_sources < 0) return finish(place, DN_BAD_OPTION, -1, -1);
  if (options->isa < DN_ISA_AUTO || options->isa > DN_ISA_AVX512) return finish(place, DN_BAD_OPTION, -1, -1);
  if (!options->allocator.allocate != !options->allocator.release) return finish(place, DN_BAD_OPTION, -1, -1);
  if (!dn_isa_available(options->isa)) return finish(place, DN_ISA_UNAVAILABLE, -1, -1);
  dn_status status = check_network(network, place);
  if (status != DN_OK) return status;

  dn_plan *made = dn_allocate(&options->allocator, sizeof *made);
  if (!made) return finish(place, DN_NO_MEMORY, -1, -1);
  *made = (dn_plan){
      .nodes = network->nodes,
      .edges = network->edges,
      .history = network->history,
      .isa = options->isa == DN_ISA_AUTO ? dn_isa_best() : options->isa,
      .block = B,
      .allocator = options->allocator,
      .bytes = sizeof *made,
  };
  status = fill_plan(made, network, options);
  if (status != DN_OK) {
    dn_plan_destroy(made);
    return finish(place, status, -1, -1);
  }
  *plan = made;
  return finish(place, DN_OK, -1, -1);
}

void dn_plan_destroy(dn_plan *plan) {
  if (!plan) return;
  const dn_allocator allocator = plan->allocator;
  graph_destroy(&allocator, &plan->forward);
  graph_destroy(&allocator, &plan->transposed);
  dn_release(&allocator, plan);
}

double dn_plan_expected_ns(const dn_plan *plan) {
  // Cycles at 3 GHz: an unaligned load and a multiply-add a vector, something for each group's start and end, and a load,
  // a multiply-add and a store for each visit of a short edge.
  const double lanes = plan->isa == DN_ISA_AVX512 ? 16 : plan->isa == DN_ISA_AVX2 ? 8 : 4;
  double cycles = 4 * (double)plan->nodes / lanes;
  for (int32_t l = 0; l < plan->forward.lists; l++) {
    const dn_list *list = &plan->forward.list[l];
    const double columns = l <= 1 ? plan->block : list->shortest;
    if (is_short(list)) {
      cycles += 2.5 * list->count / columns;
    } else {
      const double groups = list->sector_group[plan->forward.sectors] - list->sector_group[0];
      cycles += 1.9 * list->count / lanes + groups * (12 + 2 * columns / lanes) / columns;
    }
  }
  return cycles / 3;
}
