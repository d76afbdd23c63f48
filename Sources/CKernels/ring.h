// Delayed sums in rings: what the delay map and networks share, forward, tangent and adjoint. One precision a file.
//
// A run walks over blocks of B columns in a private ring of each coupling variable: N compact rows of `lead` columns of
// history and a window of blocks; at the window's end the last `lead` columns slide back to the front. In a block far
// edges (d >= B) are added at once, the halving classes by recursion: class h to the first h columns, solve these, class h
// to the next h columns, solve those. This is the schedule of relaxed (online) convolution: van der Hoeven, "Relax, but
// don't be too lazy", J. Symb. Comput. 34 (2002). An adjoint is the same recursion over the transposed graph in reversed
// time.
#ifndef DN_RING_H
#define DN_RING_H

#include <limits.h>

#include "call.h"

// What one worker of a run's team knows of its rings: the graph whose sectors it owns the targets of, and the rows that it
// clears, slides and stores.
typedef struct ring_share {
  const dn_plan *plan;
  const dn_kernels *kernels;
  const dn_worker *worker;
  const dn_graph *graph;   // forward, or of an adjoint the transposed one
  const DN_REAL *weights;  // (E) in the graph's order, of channel 0
  ptrdiff_t next_weights;  // elements from one channel's to the next one's; 0: they are the same
  ptrdiff_t channels;      // C rings of N rows, one behind the other
  const bool *active;      // (C) whether anything is added to them; NULL: to all
  ptrdiff_t row_begin, row_end;
  ptrdiff_t sector_begin, sector_end;
} ring_share;

static bool ring_is_active(const ring_share *r, ptrdiff_t channel) { return !r->active || r->active[channel]; }
static const DN_REAL *ring_weights(const ring_share *r, ptrdiff_t channel) {
  return r->weights + channel * r->next_weights;
}

// ---- Adding lists --------------------------------------------------------------------------------------------------

// Adds a list's edges to n columns of every active ring, this worker's targets; `src` and `x` are their first column in
// row 0. A list of delays shorter than a leaf is added as a whole by one worker, to rows of the others too: these have to
// have finished with them, and wait before they read them.
static void ring_add(const ring_share *r, int32_t l, const DN_REAL *src, DN_REAL *x, ptrdiff_t n) {
  const dn_list *list = &r->graph->list[l];
  const ptrdiff_t stride = r->plan->stride, channel = r->plan->nodes * stride;
  if (list->count == 0) return;
  const bool is_short = dn_list_is_short(list);
  if (is_short) dn_wait(r->worker);
  if (is_short && r->worker->rank != 0) return;
  for (ptrdiff_t c = 0; c < r->channels; c++) {
    if (!ring_is_active(r, c)) continue;
    const DN_REAL *w = ring_weights(r, c);
    if (is_short) r->kernels->apply_class(r->graph, list, w, src + c * channel, x + c * channel);
    else
      r->kernels->apply(r->graph, list->sector_group[r->sector_begin], list->sector_group[r->sector_end], w,
                        src + c * channel, x + c * channel, stride, n);
  }
}

// The same from and to any array of one channel, with the weights of channel 0; columns behind n stay as they are. For a
// short list all wait before and after.
static void ring_add_to(const ring_share *r, int32_t l, const DN_REAL *src, DN_REAL *dst, ptrdiff_t dst_stride,
                        ptrdiff_t n) {
  const dn_list *list = &r->graph->list[l];
  if (list->count == 0) return;
  if (dn_list_is_short(list)) {
    dn_wait(r->worker);
    if (r->worker->rank == 0)
      r->kernels->apply_short(r->graph, list, r->weights, src, r->plan->stride, dst, dst_stride, n);
    dn_wait(r->worker);
    return;
  }
  r->kernels->apply(r->graph, list->sector_group[r->sector_begin], list->sector_group[r->sector_end], r->weights, src,
                    dst, dst_stride, n);
}

// The same for the edges with shortest <= d <= longest of a grouped list of the transposed graph.
static void ring_add_between(const ring_share *r, int32_t l, const DN_REAL *src, DN_REAL *dst, ptrdiff_t dst_stride,
                             ptrdiff_t n, ptrdiff_t shortest, ptrdiff_t longest) {
  const dn_list *list = &r->graph->list[l];
  if (list->count == 0 || longest < shortest || longest < list->shortest) return;
  r->kernels->apply_between(r->graph, list->sector_group[r->sector_begin], list->sector_group[r->sector_end],
                            r->weights, src, dst, dst_stride, n, (int32_t)shortest,
                            longest < INT32_MAX ? (int32_t)longest : INT32_MAX - 1);
}

// ---- The recursion -------------------------------------------------------------------------------------------------

// How a driver solves a block: `add` adds list l to columns from ... from + n - 1, `leaf` makes values of the sums of
// columns to which everything but edges shorter than `quiet` has been added.
typedef struct ring_solver {
  void (*add)(void *context, int32_t l, ptrdiff_t from, ptrdiff_t n);
  void (*leaf)(void *context, ptrdiff_t from, ptrdiff_t n);
  void *context;
  ptrdiff_t quiet;
  ptrdiff_t widest;  // the most columns of a leaf
} ring_solver;

// Solves columns from ... from + length - 1 of a block, n of which are wanted: edges shorter than `length` are missing, all
// longer ones have been added. l is the list of the class length / 2.
static void ring_solve(const ring_solver *s, int32_t l, ptrdiff_t from, ptrdiff_t length, ptrdiff_t n) {
  if (n <= 0) return;
  if (length <= s->quiet) {
    for (ptrdiff_t c = 0; c < n; c += s->widest) s->leaf(s->context, from + c, n - c < s->widest ? n - c : s->widest);
    return;
  }
  const ptrdiff_t half = length / 2;
  s->add(s->context, l, from, n < half ? n : half);
  ring_solve(s, l + 1, from, half, n < half ? n : half);
  if (n <= half) return;
  s->add(s->context, l, from + half, n - half);
  ring_solve(s, l + 1, from + half, half, n - half);
}

// ---- The window ----------------------------------------------------------------------------------------------------

// Whether another block behind `column` needs the ring to slide.
static bool ring_is_full(const dn_plan *plan, ptrdiff_t column) {
  return column + plan->block > plan->lead + plan->window;
}

// Moves the `lead` columns before `column` to the front of this worker's rows, with `wanted` (C) those of wanted channels
// only; returns the column behind them. The others must have finished with the ring; the next wait makes the rows theirs.
static ptrdiff_t ring_slide(const ring_share *r, const bool *wanted, DN_REAL *ring, ptrdiff_t column) {
  const ptrdiff_t stride = r->plan->stride, lead = r->plan->lead;
  for (ptrdiff_t c = 0; c < r->channels; c++)
    for (ptrdiff_t i = r->row_begin; i < r->row_end && (!wanted || wanted[c]); i++) {
      DN_REAL *row = ring + (c * r->plan->nodes + i) * stride;
      memmove(row, row + column - lead, (size_t)lead * sizeof *row);
    }
  return lead;
}

// Clears n columns of this worker's rows of every active channel, and what vector tails may touch behind them.
static void ring_clear(const ring_share *r, DN_REAL *x, ptrdiff_t n) {
  for (ptrdiff_t c = 0; c < r->channels; c++)
    for (ptrdiff_t i = r->row_begin; i < r->row_end && ring_is_active(r, c); i++)
      memset(x + (c * r->plan->nodes + i) * r->plan->stride, 0, (size_t)n * sizeof *x);
}

// ---- Adjoints ------------------------------------------------------------------------------------------------------

// Adds to each delayed edge's dot product those of n columns, this worker's edges: the target's adjoint with what the edge
// read. `forward` is the share of the forward graph; `adjoint` (N, block_stride) stands in natural time, zero behind its
// last column; column 0 of `known` (rows `stride` apart) is the same step.
static void ring_dot(const ring_share *forward, const DN_REAL *adjoint, const DN_REAL *known, ptrdiff_t n,
                     DN_REAL *edge_sum) {
  const dn_plan *plan = forward->plan;
  const dn_graph *graph = forward->graph;
  for (int32_t l = 1; l < graph->lists; l++) {
    const dn_list *list = &graph->list[l];
    if (list->count == 0 || dn_list_is_short(list)) continue;
    forward->kernels->dot(graph, list->sector_group[forward->sector_begin], list->sector_group[forward->sector_end],
                          adjoint, plan->block_stride, known, n, edge_sum);
  }
  const ptrdiff_t shorts = plan->edges - graph->short_begin;
  forward->kernels->dot_short(graph, graph->short_begin + (int32_t)dn_share_begin(forward->worker, shorts),
                              graph->short_begin + (int32_t)dn_share_end(forward->worker, shorts), adjoint,
                              plan->block_stride, known, plan->stride, n, edge_sum);
}

// Adds the cotangent of the history: the adjoint's columns behind a run's first step, where nothing is fed back, so that
// every list is added to whole blocks. `column` is the ring's first column behind the run; `longest` is the longest delay
// that reads no zero in the column before it, or INT32_MAX; `sum` (N, block_stride) is scratch, `history` (C, N, H).
static void ring_history(const ring_share *r, DN_REAL *ring, ptrdiff_t column, ptrdiff_t longest, DN_REAL *sum,
                         DN_REAL *history, ptrdiff_t history_stride) {
  const dn_plan *plan = r->plan;
  const dn_graph *graph = r->graph;
  const ptrdiff_t D = plan->delay_max, H = plan->history, N = plan->nodes;
  // Short blocks: an edge's T columns fill them better, and edges that read zeros only are left out block by block.
  const ptrdiff_t B = plan->block < 64 ? plan->block : 64;
  for (ptrdiff_t k = 0; k < D; k += B) {
    const ptrdiff_t n = D - k < B ? D - k : B;
    if (column + B + DN_LEAF > plan->stride) column = ring_slide(r, r->active, ring, column);
    ring_clear(r, ring + column, B + DN_LEAF);
    for (ptrdiff_t c = 0; c < r->channels; c++) {
      if (!ring_is_active(r, c)) continue;
      ring_share of = *r;
      of.weights = ring_weights(r, c);
      const DN_REAL *g = ring + c * N * plan->stride + column;
      for (ptrdiff_t i = r->row_begin; i < r->row_end; i++)
        memset(sum + i * plan->block_stride, 0, (size_t)B * sizeof *sum);
      dn_wait(r->worker);
      // Column x stands for r = T + k + x and reads r - d < T: d > k + x; and r - d >= 0, or what stands before.
      ring_add_between(&of, 1, g, sum, plan->block_stride, n, k + 1, longest == INT32_MAX ? longest : longest + k + n);
      for (int32_t l = 2; l < graph->lists; l++) {
        const ptrdiff_t reach = graph->list[l].longest - k;  // columns that read g
        if (reach <= 0) continue;
        ring_add_to(&of, l, g, sum, plan->block_stride, n < reach ? n : reach);
      }
      dn_wait(r->worker);
      for (ptrdiff_t i = r->row_begin; i < r->row_end; i++)
        r->kernels->add_reversed_row(sum + i * plan->block_stride, history + (c * N + i) * history_stride + H - k - n,
                                     n);
    }
    column += n;
  }
}

#endif
