// The delay map in one precision: included by delaynet.h once with DN_REAL float (suffix _f32), once with double (_f64).
//
//   x_i(t) = sum over e -> i of (scale w_e) b(j_e, t - d_e)  +  noise_gain z_i(t)
//
// b(j, s) is the history for s < 0, the noise sample z_j(t) for s = t (a zero-delay edge reads the sample, whatever the
// order of the nodes), and the computed x_j(s) between. T = 0 and N = 0 succeed and write nothing.

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// One run: the inputs and where its series goes.
typedef struct DN_NAME(dn_map_primal) {
  const DN_REAL *DN_NULLABLE weights;  // (E), in the order in which the plan was given its edges; dense: (N, N)
  DN_REAL scale;                       // 1 for the sum, 1 / N for the mean over a dense row, or any number
  DN_REAL noise_gain;
  const DN_REAL *DN_NULLABLE history;  // (N, H), oldest first; may be NULL when H = 0
  ptrdiff_t history_stride;            // >= H
  const DN_REAL *DN_NULLABLE noise;    // (N, T); may be NULL when noise_gain = 0 and no edge has delay 0
  ptrdiff_t noise_stride;              // >= T
  ptrdiff_t steps;                     // T
  int64_t first_step;                  // absolute number of step 0, for places only
  DN_REAL *DN_NULLABLE series;         // (N, T), x; written by dn_map_run, read by jvp and vjp. It may be the noise
  ptrdiff_t series_stride;             //   itself (same pointer and stride); derivatives that read the noise need both
} DN_NAME(dn_map_primal);

// Where dn_map_run leaves what it returns besides the series.
typedef struct DN_NAME(dn_map_result) {
  DN_REAL *DN_NULLABLE next_history;  // (N, H) out: the history of the next chunk; may be the history itself
  ptrdiff_t next_history_stride;      // >= H
  ptrdiff_t steps_done;               // out: T, or less after DN_CANCELLED and DN_NOT_FINITE_SERIES
} DN_NAME(dn_map_result);

// Runs R maps over one plan, each with its own arrays. One run: its targets are split over the threads. Several runs: one
// run a thread. The bits of a series depend neither on the threads, nor on the instruction set, nor on how a run is cut
// into chunks (first_step and history of a chunk = steps so far and next_history of the one before).
// results: (R) or NULL. After an error or a cancellation the runs that were not finished have steps_done columns, the
// columns behind them are untouched, and next_history belongs to that step: such a run can be resumed from there.
// Errors: DN_NULL_POINTER, DN_BAD_SIZE, DN_TOO_LARGE, DN_NO_MEMORY, DN_BAD_OPTION, DN_OVERLAP, DN_CANCELLED; with the
// place's edge DN_NOT_FINITE_WEIGHT; with node and step DN_NOT_FINITE_HISTORY, DN_NOT_FINITE_SERIES (the first bad step).
DN_API dn_status DN_NAME(dn_map_run)(const dn_plan *plan, ptrdiff_t runs, const DN_NAME(dn_map_primal) *primals,
                                     DN_NAME(dn_map_result) *DN_NULLABLE results,
                                     const dn_run_options *DN_NULLABLE options, dn_place *DN_NULLABLE place);

// Tangents of the inputs (NULL and 0: none), and of the outputs, which are overwritten.
typedef struct DN_NAME(dn_map_tangent) {
  const DN_REAL *DN_NULLABLE weights;  // (E)
  DN_REAL scale;
  DN_REAL noise_gain;
  const DN_REAL *DN_NULLABLE history;  // (N, H)
  ptrdiff_t history_stride;
  const DN_REAL *DN_NULLABLE noise;  // (N, T)
  ptrdiff_t noise_stride;
  DN_REAL *DN_NULLABLE series;  // (N, T) out; may be the noise's tangent itself
  ptrdiff_t series_stride;
  DN_REAL *DN_NULLABLE next_history;  // (N, H) out
  ptrdiff_t next_history_stride;
} DN_NAME(dn_map_tangent);

// Jacobian-vector products of R finished runs: primals[r].series holds what dn_map_run computed.
DN_API dn_status DN_NAME(dn_map_jvp)(const dn_plan *plan, ptrdiff_t runs, const DN_NAME(dn_map_primal) *primals,
                                     const DN_NAME(dn_map_tangent) *tangents, const dn_run_options *DN_NULLABLE options,
                                     dn_place *DN_NULLABLE place);

// Cotangents. Outputs are added into; an output that is NULL is not computed and costs nothing.
typedef struct DN_NAME(dn_map_cotangent) {
  const DN_REAL *DN_NULLABLE series;  // (N, T) in: cotangent of the series; NULL: zero
  ptrdiff_t series_stride;
  const DN_REAL *DN_NULLABLE adjoint_after;  // (N, D) in: what the next chunk's vjp left in adjoint_first; NULL: zero
  DN_REAL
  *DN_NULLABLE adjoint_first;    // (N, D) out, overwritten: the adjoint g of steps 0 ... D-1, for the chunk before
  DN_REAL *DN_NULLABLE history;  // (N, H) out. The history as an input of the series only: a caller whose output
  ptrdiff_t history_stride;      //   holds the history columns too adds their cotangent himself
  DN_REAL *DN_NULLABLE noise;    // (N, T) out
  ptrdiff_t noise_stride;
  DN_REAL *DN_NULLABLE weights;     // (E) out
  DN_REAL *DN_NULLABLE scale;       // (1) out
  DN_REAL *DN_NULLABLE noise_gain;  // (1) out
} DN_NAME(dn_map_cotangent);

// Vector-Jacobian products of R finished runs: primals[r].series holds what dn_map_run computed. With several runs no two
// may share an output. DN_NOT_FINITE_COTANGENT names node and step, or the edge (the node) whose sum for weights and scale
// (for noise_gain) is not finite; outputs may then hold a part of the result. The noise is read for the weights of zero-delay edges and for noise_gain only.
// A long run's adjoint may be taken chunk by chunk, last chunk first: with adjoint_after and adjoint_first handed on, the
// history asked for at the first chunk only, history and noise cotangents have the same bits as in one piece; weights,
// scale and noise_gain are summed chunk by chunk and agree to rounding.
DN_API dn_status DN_NAME(dn_map_vjp)(const dn_plan *plan, ptrdiff_t runs, const DN_NAME(dn_map_primal) *primals,
                                     const DN_NAME(dn_map_cotangent) *cotangents,
                                     const dn_run_options *DN_NULLABLE options, dn_place *DN_NULLABLE place);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
