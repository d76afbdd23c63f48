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
// Two threads meet in some 0.3 us, at each leaf of a network's recursion twice: less than a tenth of what this many
// multiply-adds a step take for a leaf's sixteen steps.
#define WORK_A_THREAD 12000

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

// ---- Sorting -------------------------------------------------------------------------------------------------------

// What only the creation of a plan needs. Fresh memory costs more than the sorting itself, so that the big arrays are few:
// a page of it costs as much as to sort hundreds of edges.
typedef struct scratch {
  const dn_network *net;
  int32_t *by_target;              // (E) edges; in a dense network their sources, which tell the same
  int32_t *row;                    // (N + 2) first edge of a target in by_target
  int32_t *edge, *source, *delay;  // (E) of one target, see load_row
  uint64_t *key, *other_key;       // (E) of one target
  int32_t *group_target, *group_bucket, *group_count, *group_next;  // (E), by number of group
  int32_t *order, *other;                                           // (E), numbers of groups being sorted
  int32_t *rank;                                                    // (E), see place_short
  int32_t *tile_of, *sector_of;                                     // (N)
  int32_t *seen, *slot;                                             // (tiles + DN_CLASSES_MAX), see group_of
  int32_t *count;                                                   // (as many as the most keys of a pass, + 2)
} scratch;

// Turns counts in count[1] ... count[keys] into positions: count[v] is where the first element with key v goes.
static void count_to_begin(int32_t *count, ptrdiff_t keys) {
  for (ptrdiff_t v = 0; v < keys; v++) count[v + 1] += count[v];
}

// out = in, stably sorted by key[in[k]], 0 <= key < keys.
static void sort_pass(const int32_t *key, ptrdiff_t keys, const int32_t *in, int32_t *out, ptrdiff_t n,
                      int32_t *count) {
  memset(count, 0, (size_t)(keys + 1) * sizeof *count);
  for (ptrdiff_t k = 0; k < n; k++) count[key[in[k]] + 1]++;
  count_to_begin(count, keys);
  for (ptrdiff_t k = 0; k < n; k++) out[count[key[in[k]]]++] = in[k];
}

// The edges by target, those of one target as they stand in the network. "Target" is the source, if transposed. Target i's
// are row[i] ... row[i + 1] - 1.
static void sort_by_target(scratch *s, bool transpose) {
  const dn_network *net = s->net;
  const ptrdiff_t N = net->nodes, E = net->edges;
  const int32_t *target = transpose ? net->sources : net->targets;
  // The begin of target v goes to next[v], that is row[v + 1], and has become its end when all are placed.
  int32_t *next = s->row + 1;
  memset(s->row, 0, (size_t)(N + 2) * sizeof *s->row);
  if (target) {
    for (ptrdiff_t e = 0; e < E; e++) next[target[e] + 1]++;
    count_to_begin(next, N);
    for (ptrdiff_t e = 0; e < E; e++) s->by_target[next[target[e]]++] = (int32_t)e;
  } else {
    for (ptrdiff_t i = 0, k = 0; i < N && E > 0; i++) {
      for (ptrdiff_t j = 0; j < N; j++) s->by_target[k++] = (int32_t)j;
      next[i] = (int32_t)k;
    }
  }
}

// Edge, source and delay of target i's edges, as they stand in by_target; returns how many. A loop of its own: without
// branches the loads from all over the network's arrays wait for each other least.
static ptrdiff_t load_row(const scratch *s, ptrdiff_t i, bool transpose) {
  const int32_t *from = s->by_target + s->row[i], *source = transpose ? s->net->targets : s->net->sources;
  const ptrdiff_t n = s->row[i + 1] - s->row[i], N = s->net->nodes;
  for (ptrdiff_t k = 0; k < n; k++) {
    const ptrdiff_t e = source ? from[k] : transpose ? from[k] * N + i : i * N + from[k];
    s->edge[k] = (int32_t)e;
    s->source[k] = source ? source[e] : from[k];
    s->delay[k] = s->net->delays[e];
  }
  return n;
}

// Sorts by_target's n edges of target i, which are loaded, by delay, those of equal delay as they stood. Source and delay
// are sorted with them.
static void sort_row(const scratch *s, ptrdiff_t i, ptrdiff_t n, bool transpose) {
  const int32_t *source = transpose ? s->net->targets : s->net->sources;
  int32_t *row = s->by_target + s->row[i];
  uint64_t *key = s->key, *other = s->other_key, all = 0;
  for (ptrdiff_t k = 0; k < n; k++) {
    key[k] = (uint64_t)s->delay[k] << 32 | (uint32_t)row[k];
    all |= key[k];
  }
  if (n <= 24) {
    for (ptrdiff_t k = 1; k < n; k++) {
      const uint64_t moving = key[k];
      ptrdiff_t to = k;
      for (; to > 0 && key[to - 1] > moving; to--) key[to] = key[to - 1];
      key[to] = moving;
    }
  } else {
    for (int32_t shift = 32; shift < 64 && all >> shift; shift += 8) {  // a byte of the delays a pass
      int32_t count[257] = {0};
      for (ptrdiff_t k = 0; k < n; k++) count[(key[k] >> shift & 255) + 1]++;
      count_to_begin(count, 256);
      for (ptrdiff_t k = 0; k < n; k++) other[count[key[k] >> shift & 255]++] = key[k];
      uint64_t *t = key;
      key = other;
      other = t;
    }
  }
  for (ptrdiff_t k = 0; k < n; k++) {
    row[k] = (int32_t)(uint32_t)key[k];
    s->source[k] = source ? source[row[k]] : row[k];
    s->delay[k] = (int32_t)(key[k] >> 32);
  }
}

// ---- One graph -----------------------------------------------------------------------------------------------------

void *dn_plan_take(dn_plan *plan, ptrdiff_t count, size_t size) {
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
  dn_lanes_destroy(allocator, &graph->now);
  dn_lanes_destroy(allocator, &graph->recent);
  dn_release(allocator, graph->group);
  dn_release(allocator, graph->sector_target);
  dn_release(allocator, graph->list[0].sector_group);  // one allocation for all lists
}

// Sectors are consecutive targets with about equal numbers of edges.
static void make_sectors(const dn_plan *plan, dn_graph *graph, scratch *s) {
  const ptrdiff_t N = plan->nodes, E = plan->edges;
  ptrdiff_t c = 0;
  graph->sector_target[0] = 0;
  for (ptrdiff_t i = 0; i < N; i++) {
    // Targets without edges count as well: they have rows to copy.
    while (c + 1 < graph->sectors && (s->row[i] + i) * graph->sectors >= (c + 1) * (E + N))
      graph->sector_target[++c] = (int32_t)i;
    s->sector_of[i] = (int32_t)c;
  }
  while (c < graph->sectors) graph->sector_target[++c] = (int32_t)N;
}

// A target's group of edges is told by its list, in the far list by its tile too: by a cell.
static int32_t cell_of(const dn_plan *plan, const scratch *s, int32_t source, int32_t delay) {
  const int32_t l = list_of(plan, delay);
  return l == 1 ? DN_CLASSES_MAX + s->tile_of[source] : l;
}

// The number of the group of target i in `cell`. Numbers are given in the order in which a walk over by_target meets the
// groups, so that every walk gives the same; *groups counts them.
static int32_t group_of(scratch *s, int32_t i, int32_t cell, int32_t *groups) {
  if (s->seen[cell] != i) {
    s->seen[cell] = i;
    s->slot[cell] = (*groups)++;
  }
  return s->slot[cell];
}

static void begin_walk(const dn_plan *plan, scratch *s) {
  memset(s->seen, -1, (size_t)(plan->tiles + DN_CLASSES_MAX) * sizeof *s->seen);
}

// A short list's edges go round-robin: all first edges of the targets, then all second ones. Its groups are order[g] ...
// order[end - 1], sorted by size, and its positions begin at k. Edge number r of the group m places behind g goes to
// rank[r] + m; a group's m is left in group_next. Returns the number of ranks.
static int32_t place_short(scratch *s, int32_t g, int32_t end, ptrdiff_t k, int32_t *rank) {
  const int32_t ranks = g < end ? s->group_count[s->order[end - 1]] : 0;
  for (int32_t r = 0, m = g; r < ranks; r++) {
    while (s->group_count[s->order[m]] <= r) m++;  // those that have no edge of this rank
    rank[r] = (int32_t)(k - (m - g));
    k += end - m;
  }
  for (int32_t m = g; m < end; m++) {
    s->group_next[s->order[m]] = m - g;
    s->group_count[s->order[m]] = 0;  // from here on: edges placed
  }
  return ranks;
}

// The lanes of a graph. Classes of 4, 2 and 1 come last; where delays of one row of targets differ, so that lanes gather
// what they read one by one, class 4's vectors over time are faster.
static dn_status make_lanes(dn_plan *plan, dn_graph *graph, ptrdiff_t zero_stride) {
  const int32_t lists = graph->lists;
  dn_status status = dn_lanes_create(plan, graph, 0, 0, zero_stride, &graph->now);
  for (int32_t classes = 3; classes >= 2 && status == DN_OK; classes--) {
    const size_t bytes = plan->bytes;
    graph->recent_longest = (1 << classes) - 1;
    status = dn_lanes_create(plan, graph, lists - classes, lists - 1, zero_stride, &graph->recent);
    if (status != DN_OK || classes == 2 || graph->recent.targets == 0 || graph->list[lists - 3].count == 0) break;
    dn_lanes_destroy(&plan->allocator, &graph->recent);
    plan->bytes = bytes;
  }
  if (status != DN_OK) return status;
  graph->step_quiet = graph->recent_longest + 1;
  while (graph->step_quiet < plan->block && graph->list[lists - 1 - floor_log2(graph->step_quiet)].count == 0)
    graph->step_quiet *= 2;
  // The map's leaf turns its columns into rows of nodes and back for lanes, about a nanosecond a node and step; without
  // them it visits each edge once in as many steps as its class is wide, about a nanosecond a visit. Lanes that gather take
  // more than half of that.
  double visits = 0, gathered = 0;
  for (int32_t w = 1; w <= graph->recent_longest; w *= 2)
    visits += (double)graph->list[lists - 1 - floor_log2(w)].count / w;
  for (int32_t s = 0; s < graph->recent.slices; s++)
    if (graph->recent.slice[s].target < 0) gathered += DN_LEAF * (double)graph->recent.slice[s].rows;
  graph->leaf_lanes = visits > (double)plan->nodes + 0.6 * gathered;
  return DN_OK;
}

// Buckets are the places of groups: a number for each (list, sector, tile), in the order in which they are to stand.
typedef struct buckets {
  int32_t begin[DN_CLASSES_MAX + 1];  // of each list, and behind the last one
  int32_t first_short;                // the first of the short lists, which are the last ones; each is one bucket
} buckets;

static buckets make_buckets(const dn_plan *plan, const dn_graph *graph) {
  buckets b = {.first_short = graph->lists};
  for (int32_t l = 0; l < graph->lists; l++) {
    const bool is_short = dn_list_is_short(&graph->list[l]);
    b.begin[l + 1] = b.begin[l] + (is_short ? 1 : graph->sectors * (l == 1 ? plan->tiles : 1));
  }
  while (b.first_short > 1 && dn_list_is_short(&graph->list[b.first_short - 1])) b.first_short--;
  return b;
}

// How many groups the edges make: in all, in lists that keep them, and the edges of the others.
typedef struct group_counts {
  int32_t groups;
  ptrdiff_t grouped, short_edges;
} group_counts;

// Finds the groups: group_target, group_bucket and group_count of each, and their order by bucket, in a bucket by size,
// those of equal size by target. Rows are left sorted.
static group_counts find_groups(const dn_plan *plan, scratch *s, bool transpose, const buckets *b, int32_t lists) {
  group_counts counts = {0};
  int32_t largest = 0;
  begin_walk(plan, s);
  for (int32_t i = 0; i < plan->nodes; i++) {
    const int32_t first = counts.groups;
    const ptrdiff_t n = load_row(s, i, transpose);
    sort_row(s, i, n, transpose);
    for (ptrdiff_t m = 0; m < n; m++) {
      const int32_t cell = cell_of(plan, s, s->source[m], s->delay[m]), before = counts.groups;
      const int32_t g = group_of(s, i, cell, &counts.groups);
      if (g == before) {
        const int32_t l = cell < DN_CLASSES_MAX ? cell : 1, c = s->sector_of[i];
        s->group_target[g] = i;
        s->group_count[g] = 0;
        s->group_bucket[g] = b->begin[l];
        if (l == 1) s->group_bucket[g] += c * plan->tiles + cell - DN_CLASSES_MAX;
        else if (l < b->first_short) s->group_bucket[g] += c;
      }
      s->group_count[g]++;
    }
    for (int32_t g = first; g < counts.groups; g++)
      if (s->group_count[g] > largest) largest = s->group_count[g];
  }
  for (int32_t g = 0; g < counts.groups; g++) {
    if (s->group_bucket[g] < b->begin[b->first_short]) counts.grouped++;
    else counts.short_edges += s->group_count[g];
  }
  for (int32_t g = 0; g < counts.groups; g++) s->order[g] = g;
  sort_pass(s->group_count, largest + 1, s->order, s->other, counts.groups, s->count);
  sort_pass(s->group_bucket, b->begin[lists], s->other, s->order, counts.groups, s->count);
  return counts;
}

// Gives every list its edges' positions and its groups, in their order: group_next is where a group's next edge goes, of a
// short list its number among those of rank[list]. Grouped lists precede the short ones.
static void lay_out_lists(dn_graph *graph, scratch *s, const buckets *b, int32_t groups, int32_t **rank) {
  const int32_t S = graph->sectors;
  int32_t *sector_group = graph->list[0].sector_group, *next_rank = s->rank;
  ptrdiff_t k = 0;
  for (int32_t l = 0, g = 0; l < graph->lists; l++) {
    dn_list *list = &graph->list[l];
    list->sector_group = sector_group + l * (S + 1);
    list->begin = (int32_t)k;
    list->group_begin = g;
    if (l >= b->first_short) {
      for (int32_t c = 0; c <= S; c++) list->sector_group[c] = 0;
      while (g < groups && s->group_bucket[s->order[g]] == b->begin[l]) k += s->group_count[s->order[g++]];
      rank[l] = next_rank;
      next_rank += place_short(s, list->group_begin, g, list->begin, next_rank);
    } else {
      for (int32_t c = 0; c < S; c++) {
        list->sector_group[c] = g;
        for (; g < groups && s->group_bucket[s->order[g]] < b->begin[l + 1] &&
               s->sector_of[s->group_target[s->order[g]]] == c;
             g++) {
          const int32_t from = s->order[g];
          graph->group[g] = (dn_group){.target = s->group_target[from], .begin = (int32_t)k};
          s->group_next[from] = (int32_t)k;
          k += s->group_count[from];
        }
      }
      list->sector_group[S] = g;
      graph->group[g] = (dn_group){.target = -1, .begin = (int32_t)k};
    }
    list->count = (int32_t)k - list->begin;
  }
}

// Writes every edge to its position: its number, what it reads, of a short list its target, of an adjoint its delay.
static void place_edges(const dn_plan *plan, dn_graph *graph, scratch *s, bool transpose, ptrdiff_t zero_stride,
                        int32_t first_short, int32_t *const *rank) {
  int32_t groups = 0;
  begin_walk(plan, s);
  for (int32_t i = 0; i < plan->nodes; i++) {
    const ptrdiff_t n = load_row(s, i, transpose);
    for (ptrdiff_t m = 0; m < n; m++) {
      const int32_t d = s->delay[m], j = s->source[m];
      const int32_t cell = cell_of(plan, s, j, d), g = group_of(s, i, cell, &groups);
      ptrdiff_t k;
      if (cell >= first_short && cell < DN_CLASSES_MAX) {
        k = rank[cell][s->group_count[g]++] + s->group_next[g];
        graph->short_target[k - graph->short_begin] = (int32_t)(i * plan->stride);
      } else {
        k = s->group_next[g]++;
      }
      graph->edge[k] = s->edge[m];
      graph->offset[k] = (int32_t)(d == 0 ? j * zero_stride : j * plan->stride - d);
      if (graph->delay) graph->delay[k] = d;
    }
  }
}

// Sorts the edges into `graph`, transposed or not; zero_stride is the row stride of what zero-delay edges read.
static dn_status graph_create(dn_plan *plan, dn_graph *graph, scratch *s, bool transpose, ptrdiff_t zero_stride) {
  const ptrdiff_t E = plan->edges, ends = graph->sectors + 1;
  graph->edge = dn_plan_take(plan, E, sizeof(int32_t));
  graph->offset = dn_plan_take(plan, E, sizeof(int32_t));
  graph->sector_target = dn_plan_take(plan, ends, sizeof(int32_t));
  graph->list[0].sector_group = dn_plan_take(plan, graph->lists * ends, sizeof(int32_t));
  if (!graph->edge || !graph->offset || !graph->sector_target || !graph->list[0].sector_group) return DN_NO_MEMORY;
  // The forward run reads zeros nowhere, so only the adjoint searches for delays.
  if (transpose && !(graph->delay = dn_plan_take(plan, E, sizeof(int32_t)))) return DN_NO_MEMORY;

  sort_by_target(s, transpose);
  make_sectors(plan, graph, s);
  const buckets b = make_buckets(plan, graph);
  const group_counts counts = find_groups(plan, s, transpose, &b, graph->lists);
  graph->short_begin = (int32_t)(E - counts.short_edges);
  graph->short_target = dn_plan_take(plan, counts.short_edges, sizeof(int32_t));
  graph->group = dn_plan_take(plan, counts.grouped + 1, sizeof(dn_group));
  if (!graph->short_target || !graph->group) return DN_NO_MEMORY;
  int32_t *rank[DN_CLASSES_MAX];
  lay_out_lists(graph, s, &b, counts.groups, rank);
  place_edges(plan, graph, s, transpose, zero_stride, b.first_short, rank);
  return make_lanes(plan, graph, zero_stride);
}

// ---- Creation ------------------------------------------------------------------------------------------------------

static dn_status finish(dn_place *place, dn_status status, ptrdiff_t edge, ptrdiff_t node) {
  if (place)
    *place = (dn_place){
        .run = -1, .edge = edge, .node = node, .step = -1, .state = -1, .parameter = -1, .pulse = -1, .monitor = -1};
  return status;
}

static dn_status check_network(const dn_network *net, dn_place *place) {
  const ptrdiff_t N = net->nodes, E = net->edges;
  if (N < 0 || E < 0 || net->history < 0) return finish(place, DN_BAD_SIZE, -1, -1);
  if (net->fractional < 0 || net->fractional > 1) return finish(place, DN_BAD_OPTION, -1, -1);
  if (N >= INT32_MAX || E >= INT32_MAX / (1 + net->fractional) || net->history >= INT32_MAX / 2)
    return finish(place, DN_TOO_LARGE, -1, -1);
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
    if (net->delays[e] > net->history - (net->fractional ? 1 : 0))
      return finish(place, DN_DELAY_EXCEEDS_HISTORY, e, dense ? e / N : net->targets[e]);
  }
  return DN_OK;
}

// Delay statistics, block, tiles and the ring's geometry. histogram: (delay_max + 1) edges of each delay.
static dn_status choose_sizes(dn_plan *plan, const dn_plan_options *options, const int32_t *histogram) {
  const ptrdiff_t N = plan->nodes, E = plan->edges;
  // Measured: where a large dense network's rows leave the second cache, blocks of 64 gain a tenth to a fifth; with delays
  // of a thousand steps they lose as much.
  if (!options->block && N >= 256 && E >= 64 * N && plan->delay_max < 512) plan->block = 64;
  ptrdiff_t far = 0, seen = 0;
  int32_t shortest_positive = INT32_MAX;
  plan->delay_min = -1;
  for (int32_t d = 0, low = -1; d <= plan->delay_max && E > 0; d++) {
    if (histogram[d] == 0) continue;
    if (plan->delay_min < 0) plan->delay_min = d;
    if (d > 0 && d < shortest_positive) shortest_positive = d;
    if (d >= plan->block) far += histogram[d];
    const bool below = seen * 2 <= E;  // the upper middle one is not among the delays seen
    seen += histogram[d];
    if (low < 0 && seen * 2 >= E) low = d;
    if (below && seen * 2 > E) plan->delay_median = 0.5 * ((double)low + d);
  }
  if (E == 0) plan->delay_min = 0;
  plan->zero_edges = E > 0 && plan->delay_min == 0;

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
  for (ptrdiff_t e = 0; e < E; e++)
    if (net->delays[e] > plan->delay_max) plan->delay_max = net->delays[e];

  scratch s = {.net = net};
  dn_status status = DN_NO_MEMORY;
  int32_t *histogram = dn_allocate(&plan->allocator, ((size_t)plan->delay_max + 1) * sizeof *histogram);
  if (histogram) {
    memset(histogram, 0, ((size_t)plan->delay_max + 1) * sizeof *histogram);
    for (ptrdiff_t e = 0; e < E; e++) histogram[net->delays[e]]++;
    status = choose_sizes(plan, options, histogram);
  }
  dn_release(&plan->allocator, histogram);
  char *memory = NULL;
  if (status == DN_OK) {
    const ptrdiff_t cells = plan->tiles + DN_CLASSES_MAX;
    ptrdiff_t keys = (ptrdiff_t)plan->forward.sectors * cells;  // buckets, or sizes of groups
    if (keys < E + 1) keys = E + 1;
    dn_arena arena = {0};
    for (int32_t pass = 0; pass < 2; pass++) {  // counts, then cuts
      s.key = dn_arena_take(&arena, E, sizeof(uint64_t));
      s.other_key = dn_arena_take(&arena, E, sizeof(uint64_t));
      int32_t **by_edge[] = {&s.by_target,   &s.edge,       &s.source, &s.delay, &s.group_target, &s.group_bucket,
                             &s.group_count, &s.group_next, &s.order,  &s.other, &s.rank};
      for (size_t a = 0; a < sizeof by_edge / sizeof *by_edge; a++)
        *by_edge[a] = dn_arena_take(&arena, E, sizeof(int32_t));
      s.row = dn_arena_take(&arena, N + 2, sizeof(int32_t));
      s.tile_of = dn_arena_take(&arena, N, sizeof(int32_t));
      s.sector_of = dn_arena_take(&arena, N, sizeof(int32_t));
      s.seen = dn_arena_take(&arena, cells, sizeof(int32_t));
      s.slot = dn_arena_take(&arena, cells, sizeof(int32_t));
      s.count = dn_arena_take(&arena, keys + 2, sizeof(int32_t));
      if (pass > 0) break;
      memory = arena.overflow ? NULL : dn_allocate(&plan->allocator, arena.used);
      if (!memory) break;
      arena = (dn_arena){.base = memory};
    }
    status = memory ? DN_OK : DN_NO_MEMORY;
  }
  if (status == DN_OK) {
    for (ptrdiff_t j = 0; j < N; j++) s.tile_of[j] = (int32_t)(j / plan->tile_sources);
    status = graph_create(plan, &plan->forward, &s, false, plan->block_stride);
  }
  if (status == DN_OK) status = graph_create(plan, &plan->transposed, &s, true, plan->stride);
  dn_release(&plan->allocator, memory);
  return status;
}

// The edges of a fractional network as whole ones, in three arrays of 2 E: E + e is edge e a step later.
static dn_network double_edges(const dn_network *net, int32_t *memory) {
  const ptrdiff_t E = net->edges, N = net->nodes;
  int32_t *targets = memory, *sources = memory + 2 * E, *delays = memory + 4 * E;
  for (ptrdiff_t e = 0; e < E; e++) {
    targets[e] = targets[E + e] = net->targets ? net->targets[e] : (int32_t)(e / N);
    sources[e] = sources[E + e] = net->sources ? net->sources[e] : (int32_t)(e % N);
    delays[e] = net->delays[e];
    delays[E + e] = net->delays[e] + 1;
  }
  return (dn_network){
      .nodes = N, .edges = 2 * E, .history = net->history, .targets = targets, .sources = sources, .delays = delays};
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
      .edges = (1 + network->fractional) * network->edges,
      .history = network->history,
      .fractional = network->fractional,
      .isa = options->isa == DN_ISA_AUTO ? dn_isa_best() : options->isa,
      .work_a_thread = WORK_A_THREAD,
      .block = B,
      .allocator = options->allocator,
      .bytes = sizeof *made,
  };
  int32_t *memory = NULL;
  dn_network doubled;
  if (network->fractional) {
    memory = dn_allocate(&options->allocator, (size_t)(3 * made->edges + 1) * sizeof *memory);
    status = memory ? DN_OK : DN_NO_MEMORY;
    if (memory) doubled = double_edges(network, memory);
    network = &doubled;
  }
  if (status == DN_OK) status = fill_plan(made, network, options);
  dn_release(&options->allocator, memory);
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

void dn_plan_targets(const dn_plan *plan, int32_t *target) {
  const dn_graph *graph = &plan->forward;
  for (int32_t l = 0; l < graph->lists; l++) {
    const dn_list *list = &graph->list[l];
    if (dn_list_is_short(list)) {
      for (int32_t k = list->begin; k < list->begin + list->count; k++)
        target[k] = (int32_t)(graph->short_target[k - graph->short_begin] / plan->stride);
    } else {
      for (int32_t g = list->sector_group[0]; g < list->sector_group[graph->sectors]; g++)
        for (int32_t k = graph->group[g].begin; k < graph->group[g + 1].begin; k++) target[k] = graph->group[g].target;
    }
  }
}
