// Edges with the shortest delays as rows of targets, made once when a plan is: see dn_lanes.
#include "internal.h"

// A row of a dense slice costs about a quarter of one whose lanes all have keys of their own.
#define DENSE_ROWS_PER_ROW 4

// The edges of some lists by target, those of one target in plan order, while lanes are made.
typedef struct edges {
  int32_t count;
  int32_t *row;       // (N + 1) first edge of a target
  int32_t *position;  // (count)
  uint64_t *key;      // (count) list, delay and source: ascending where a target's sources are
  int32_t *order;     // (N) targets of the pool
  int32_t *bin;       // (count + 2)
  int32_t *rows;      // (slices of consecutive targets) of a dense slice, or -1
} edges;

static int32_t source_of(uint64_t key) { return (int32_t)(key & INT32_MAX); }
static int32_t delay_of(uint64_t key) { return (int32_t)(key >> 32 & 255); }

static uint64_t key_of(const dn_plan *plan, int32_t list, int32_t offset, ptrdiff_t zero_stride) {
  // offset is source * stride - delay, the delay less than the stride.
  const ptrdiff_t source = list == 0 ? offset / zero_stride : (offset + plan->stride - 1) / plan->stride;
  const ptrdiff_t delay = list == 0 ? 0 : source * plan->stride - offset;
  return (uint64_t)list << 40 | (uint64_t)delay << 32 | (uint64_t)source;
}

// Calls place for every position of the lists, in plan order.
static void each_edge(const dn_plan *plan, const dn_graph *graph, int32_t first, int32_t last, ptrdiff_t zero_stride,
                      edges *e, void (*place)(edges *e, int32_t target, int32_t position, uint64_t key)) {
  for (int32_t l = first; l <= last; l++) {
    const dn_list *list = &graph->list[l];
    if (list->longest > 0) {  // a short list is flat
      for (int32_t k = list->begin; k < list->begin + list->count; k++)
        place(e, (int32_t)(graph->short_target[k - graph->short_begin] / plan->stride), k,
              key_of(plan, l, graph->offset[k], zero_stride));
      continue;
    }
    for (int32_t g = list->sector_group[0]; g < list->sector_group[graph->sectors]; g++)
      for (int32_t k = graph->group[g].begin; k < graph->group[g + 1].begin; k++)
        place(e, graph->group[g].target, k, key_of(plan, l, graph->offset[k], zero_stride));
  }
}

static void count_edge(edges *e, int32_t target, int32_t position, uint64_t key) {
  (void)position, (void)key;
  e->row[target + 1]++;
}

// row[target] counts up to the begin of the next target while edges are placed.
static void place_edge(edges *e, int32_t target, int32_t position, uint64_t key) {
  const int32_t at = e->row[target]++;
  e->position[at] = position;
  e->key[at] = key;
}

// Walks over the union of the keys of `lanes` targets from `first` on, in ascending order, row after row: position gets the
// edge of each lane that has the row's key, or -1; source and delay get the key. Returns the rows; at NULL only counts.
static int32_t merge(const edges *e, int32_t first, int32_t lanes, int32_t *position, int32_t *source, int32_t *delay) {
  int32_t next[DN_LEAF], rows = 0;
  for (int32_t m = 0; m < lanes; m++) next[m] = e->row[first + m];
  for (;; rows++) {
    uint64_t least = UINT64_MAX;
    for (int32_t m = 0; m < lanes; m++)
      if (next[m] < e->row[first + m + 1] && e->key[next[m]] < least) least = e->key[next[m]];
    if (least == UINT64_MAX) return rows;
    for (int32_t m = 0; m < DN_LEAF; m++) {
      const bool has = m < lanes && next[m] < e->row[first + m + 1] && e->key[next[m]] == least;
      if (position) position[(ptrdiff_t)rows * DN_LEAF + m] = has ? e->position[next[m]] : -1;
      if (has) next[m]++;
    }
    if (!position) continue;
    source[rows] = source_of(least);
    delay[rows] = delay_of(least);
  }
}

// The rows of a dense slice of `lanes` targets from `first` on; -1 where its targets have too little in common, or where
// one's keys do not ascend: their union would change its order.
static int32_t dense_rows(const edges *e, int32_t first, int32_t lanes) {
  for (int32_t m = 0; m < lanes; m++)
    for (int32_t k = e->row[first + m] + 1; k < e->row[first + m + 1]; k++)
      if (e->key[k] < e->key[k - 1]) return -1;
  const int32_t rows = merge(e, first, lanes, NULL, NULL, NULL);
  // Of the last slice's lanes those that have a target: alone in a slice of the others, it would waste as many.
  return (int64_t)rows * lanes <= DENSE_ROWS_PER_ROW * (int64_t)(e->row[first + lanes] - e->row[first]) ? rows : -1;
}

// Targets that are in no dense slice and have edges, those with most edges first; returns how many.
static int32_t sort_pool(const edges *e, int32_t N) {
  int32_t pool = 0;
  memset(e->bin, 0, ((size_t)e->count + 2) * sizeof *e->bin);
  for (int32_t i = 0; i < N; i++)
    if (e->rows[i / DN_LEAF] < 0) e->bin[e->count - (e->row[i + 1] - e->row[i]) + 1]++;
  for (int32_t c = 0; c <= e->count; c++) e->bin[c + 1] += e->bin[c];
  for (int32_t i = 0; i < N; i++) {
    const int32_t degree = e->row[i + 1] - e->row[i];
    if (e->rows[i / DN_LEAF] >= 0) continue;
    e->order[e->bin[e->count - degree]++] = i;
    pool += degree > 0;
  }
  return pool;
}

static void fill(const edges *e, int32_t N, int32_t pool, dn_lanes *lanes) {
  int32_t rows = 0, key = 0, s = 0;
  for (int32_t first = 0; first < N; first += DN_LEAF) {
    const int32_t width = N - first < DN_LEAF ? N - first : DN_LEAF, own = e->rows[first / DN_LEAF];
    if (own <= 0) continue;
    dn_slice *slice = &lanes->slice[s++];
    *slice = (dn_slice){
        .row_begin = rows, .rows = own, .key_begin = key, .lanes = width, .target = first, .targets = -1, .shared = 1};
    int32_t *source = lanes->source + key, *delay = lanes->delay + key;
    merge(e, first, width, lanes->position + (ptrdiff_t)rows * DN_LEAF, source, delay);
    const bool same = s > 1 && slice[-1].rows == own &&
                      !memcmp(source, lanes->source + slice[-1].key_begin, (size_t)own * sizeof *source) &&
                      !memcmp(delay, lanes->delay + slice[-1].key_begin, (size_t)own * sizeof *delay);
    if (same) slice->key_begin = slice[-1].key_begin;
    else key += own;
    rows += own;
  }
  for (int32_t m = s - 1; m > 0; m--)
    if (lanes->slice[m].key_begin == lanes->slice[m - 1].key_begin)
      lanes->slice[m - 1].shared = lanes->slice[m].shared + 1;

  for (int32_t first = 0; first < pool; first += DN_LEAF) {
    const int32_t width = pool - first < DN_LEAF ? pool - first : DN_LEAF;
    const int32_t own = e->row[e->order[first] + 1] - e->row[e->order[first]];
    lanes->slice[s++] = (dn_slice){
        .row_begin = rows, .rows = own, .key_begin = key, .lanes = width, .target = -1, .targets = first, .shared = 1};
    for (int32_t m = 0; m < DN_LEAF; m++) {
      const int32_t i = e->order[m < width ? first + m : first], begin = e->row[i], degree = e->row[i + 1] - begin;
      lanes->target[first + m] = i;
      for (int32_t r = 0; r < own; r++) {
        const uint64_t own_key = e->key[begin + (r < degree ? r : degree - 1)];
        lanes->position[((ptrdiff_t)rows + r) * DN_LEAF + m] = m < width && r < degree ? e->position[begin + r] : -1;
        lanes->source[key + r * DN_LEAF + m] = source_of(own_key);
        lanes->delay[key + r * DN_LEAF + m] = delay_of(own_key);
      }
    }
    rows += own;
    key += own * DN_LEAF;
  }
  lanes->keys = key;
}

dn_status dn_lanes_create(dn_plan *plan, const dn_graph *graph, int32_t first, int32_t last, ptrdiff_t zero_stride,
                          dn_lanes *lanes) {
  const int32_t N = (int32_t)plan->nodes, slices = (N + DN_LEAF - 1) / DN_LEAF;
  edges e = {.count = 0};
  *lanes = (dn_lanes){.slices = 0};
  for (int32_t l = first; l <= last; l++) e.count += graph->list[l].count;
  if (e.count == 0) return DN_OK;
  char *memory = NULL;
  dn_arena arena = {0};
  for (int32_t pass = 0; pass < 2; pass++) {  // counts, then cuts
    e.key = dn_arena_take(&arena, e.count, sizeof *e.key);
    e.position = dn_arena_take(&arena, e.count, sizeof *e.position);
    e.bin = dn_arena_take(&arena, e.count + (ptrdiff_t)2, sizeof *e.bin);
    e.row = dn_arena_take(&arena, N + 1, sizeof *e.row);
    e.order = dn_arena_take(&arena, N, sizeof *e.order);
    e.rows = dn_arena_take(&arena, slices, sizeof *e.rows);
    if (pass > 0) break;
    memory = arena.overflow ? NULL : dn_allocate(&plan->allocator, arena.used);
    if (!memory) return DN_NO_MEMORY;
    arena = (dn_arena){.base = memory};
  }
  memset(e.row, 0, ((size_t)N + 1) * sizeof *e.row);
  each_edge(plan, graph, first, last, zero_stride, &e, count_edge);
  for (int32_t i = 0; i < N; i++) e.row[i + 1] += e.row[i];
  each_edge(plan, graph, first, last, zero_stride, &e, place_edge);
  for (int32_t i = N; i > 0; i--) e.row[i] = e.row[i - 1];
  e.row[0] = 0;

  int64_t rows = 0, dense_keys = 0;
  for (int32_t s = 0; s < slices; s++) {
    const int32_t target = s * DN_LEAF;
    e.rows[s] = dense_rows(&e, target, N - target < DN_LEAF ? N - target : DN_LEAF);
    if (e.rows[s] <= 0) continue;
    rows += e.rows[s];
    dense_keys += e.rows[s];
    lanes->slices++;
  }
  const int32_t pool = sort_pool(&e, N);
  int64_t pool_rows = 0;
  for (int32_t m = 0; m < pool; m += DN_LEAF) pool_rows += e.row[e.order[m] + 1] - e.row[e.order[m]];
  lanes->slices += (pool + DN_LEAF - 1) / DN_LEAF;
  lanes->targets = (pool + DN_LEAF - 1) / DN_LEAF * DN_LEAF;
  rows += pool_rows;
  dn_status status = DN_TOO_LARGE;
  if (rows * DN_LEAF <= INT32_MAX) {
    const ptrdiff_t most_keys = (ptrdiff_t)(dense_keys + pool_rows * DN_LEAF);
    lanes->rows = (int32_t)rows;
    lanes->slice = dn_plan_take(plan, lanes->slices, sizeof *lanes->slice);
    lanes->position = dn_plan_take(plan, (ptrdiff_t)rows * DN_LEAF, sizeof *lanes->position);
    lanes->source = dn_plan_take(plan, most_keys, sizeof *lanes->source);
    lanes->delay = dn_plan_take(plan, most_keys, sizeof *lanes->delay);
    lanes->target = dn_plan_take(plan, lanes->targets, sizeof *lanes->target);
    status = lanes->slice && lanes->position && lanes->source && lanes->delay && lanes->target ? DN_OK : DN_NO_MEMORY;
  }
  if (status == DN_OK) fill(&e, N, pool, lanes);
  dn_release(&plan->allocator, memory);
  return status;
}

void dn_lanes_destroy(const dn_allocator *allocator, const dn_lanes *lanes) {
  dn_release(allocator, lanes->slice);
  dn_release(allocator, lanes->position);
  dn_release(allocator, lanes->source);
  dn_release(allocator, lanes->delay);
  dn_release(allocator, lanes->target);
}
