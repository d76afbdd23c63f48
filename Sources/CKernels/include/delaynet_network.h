// Networks of neural masses in one precision: included by delaynet.h once with DN_REAL float (suffix _f32), once with
// double (_f64).
//
// s(0) is `initial`, history columns hold y(-H) ... y(-1), column t of a monitor of every step holds s(t + 1).
// N = 0 and T = 0 succeed; arrays may then be NULL. With T = 0 nothing is computed, and the carry is what was given.

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// Values of one model parameter: count 1, the same for all nodes; count N, one a node; count 0, the model's default.
typedef struct DN_NAME(dn_parameter) {
  const DN_REAL *DN_NULLABLE values;
  ptrdiff_t count;
} DN_NAME(dn_parameter);

// A stimulus that is constant for a while: `amplitude` is added to the drift of one state of one node in the absolute steps
// begin ... end - 1, 0 <= begin <= end.
typedef struct DN_NAME(dn_pulse) {
  int32_t state, node;
  int64_t begin, end;
  DN_REAL amplitude;
} DN_NAME(dn_pulse);

// Where the columns of a monitor go.
typedef struct DN_NAME(dn_columns) {
  DN_REAL
  *DN_NULLABLE series;  // (V, N, K) out, K = dn_outputs(first_step, T, every); NULL: nowhere. N is dn_monitor_rows
  ptrdiff_t stride;     // >= K
  ptrdiff_t done;       // out: K, or less where a run ends early
} DN_NAME(dn_columns);

// The cotangents of a monitor's columns.
typedef struct DN_NAME(dn_columns_cotangent) {
  const DN_REAL *DN_NULLABLE series;  // (V, N, K - first) in; NULL: zero
  ptrdiff_t stride;                   // >= K - first
  const DN_REAL
      *DN_NULLABLE column;  // (V, N) in: what every column from `first` on has besides; of a mean over time, for
                            //   instance, it takes no memory in T. NULL: zero
  ptrdiff_t first;          // 0 ... K: the columns before it have none, as those of a transient
} DN_NAME(dn_columns_cotangent);

// One run: its inputs. Everything that is read must stay unchanged until the last dn_network_vjp of the run.
typedef struct DN_NAME(dn_network_primal) {
  const dn_plan *plan;    // runs of one call may have different plans, over any numbers of nodes
  const dn_model *model;  // of dn_model_at or dn_model_find
  dn_scheme scheme;
  dn_stage stage;
  double time_step;                      // dt > 0, in the model's unit of time
  const DN_REAL *DN_NULLABLE weights;    // (E), of all coupling variables; or (C, E), each its own: weight_sets
  const DN_REAL *DN_NULLABLE fractions;  // (E) in 0 ... 1 for a fractional plan, else NULL: edge e reads at its
                                         //   delay plus fractions[e], between two columns
  int32_t weight_sets;  // 0 or 1: `weights` is (E); the model's C: (C, E), in the order of its coupling variables, on
                        //   the same edges with the same delays; anything else is DN_BAD_SIZE
  dn_coupling_kind coupling_kind;
  DN_REAL coupling;                                     // G
  const DN_NAME(dn_parameter) *DN_NULLABLE parameters;  // (P), or NULL: all defaults
  const DN_REAL *DN_NULLABLE sigma;                     // noise: (sigma_count), per square root of the unit of time
  ptrdiff_t sigma_count;                                // 0: no noise; S: one a state; S * N: (S, N)
  const DN_REAL *DN_NULLABLE noise;                     // (T, S, N) standard normal numbers, or NULL: drawn from
  dn_key key;                                           //   the key, by member, state, node and absolute step:
  uint64_t member;                                      //   see dn_network_noise
  const DN_REAL *DN_NULLABLE stimulus;          // u: (S, N, T), added to the drift from step t to t + 1; NULL: none
  ptrdiff_t stimulus_stride;                    // >= T
  const DN_NAME(dn_pulse) *DN_NULLABLE pulses;  // (pulse_count), any order, added to u; they take no memory in T
  ptrdiff_t pulse_count;
  const DN_REAL *DN_NULLABLE initial;      // (S, N)
  const DN_REAL *DN_NULLABLE history;      // (C, N, H), oldest first; may be NULL when no edge has a delay
  ptrdiff_t history_stride;                // >= H
  ptrdiff_t steps;                         // T
  int64_t first_step;                      // >= 0, absolute number of step 0: of noise, columns and places
  const dn_monitor *DN_NULLABLE monitors;  // (monitor_count) what the run returns
  int32_t monitor_count;
  const DN_REAL *DN_NULLABLE monitored;  // (dn_monitored_count) what the run before left in next_monitored; NULL: zeros
} DN_NAME(dn_network_primal);

// Where dn_network_run leaves what it computes.
typedef struct DN_NAME(dn_network_result) {
  DN_NAME(dn_columns) *DN_NULLABLE columns;  // (monitor_count) out; NULL: nothing is written
  // The carry: initial, history and monitored of the chunk that follows; each may be the primal's own array.
  DN_REAL *DN_NULLABLE next_initial;    // (S, N) out
  DN_REAL *DN_NULLABLE next_history;    // (C, N, H) out; columns older than the plan's longest delay are zeros
  ptrdiff_t next_history_stride;        // >= H
  DN_REAL *DN_NULLABLE next_monitored;  // (dn_monitored_count) out
  dn_tape *DN_NULLABLE tape;            // records the run for dn_network_vjp
  ptrdiff_t steps_done;                 // out: T, or less after DN_CANCELLED and DN_NOT_FINITE_STATE
  int64_t clamps;                       // out: how often a state was clamped (stages, nodes and steps counted)
} DN_NAME(dn_network_result);

// Runs R networks: one shared by several threads where it is large enough, several by one thread each. A run that stops early leaves
// the columns up to there and a carry that belongs to that step: it can be resumed, bit for bit. The bits depend neither
// on threads nor on the instruction set, the chunks or the tape.
// Errors: DN_NULL_POINTER, DN_BAD_SIZE, DN_TOO_LARGE, DN_NO_MEMORY, DN_BAD_OPTION, DN_BAD_TIME_STEP, DN_OVERLAP,
// DN_BUDGET_TOO_SMALL, DN_CANCELLED; with the place's edge DN_NOT_FINITE_WEIGHT (in any set), DN_BAD_FRACTION; with its
// parameter (and node) DN_NOT_FINITE_PARAMETER (coupling and sigma: parameter -1); with node and step DN_NOT_FINITE_HISTORY; with node,
// state and step DN_NOT_FINITE_INITIAL, DN_NOT_FINITE_NOISE, DN_NOT_FINITE_STIMULUS and DN_NOT_FINITE_STATE, whose step is
// that of the state, so that first_step + 1 is what the first step led to; with state DN_PERIODIC_AVERAGE; with the number
// of the pulse DN_BAD_PULSE, and DN_NOT_FINITE_STIMULUS where an amplitude is meant; with the number of the monitor
// DN_BAD_INTERIM, DN_BAD_MONITOR (and its parameter), DN_BAD_GAIN (and the node), and DN_NOT_FINITE_MONITOR with node, state and step: a balloon
// whose flow or volume is driven to zero; its columns are NaN from that step on, and some steps behind it may have been done.
DN_API dn_status DN_NAME(dn_network_run)(ptrdiff_t runs, const DN_NAME(dn_network_primal) *primals,
                                         DN_NAME(dn_network_result) *results, const dn_run_options *DN_NULLABLE options,
                                         dn_place *DN_NULLABLE place);

// Tangents of the inputs (NULL: none), and of the columns, which are overwritten.
typedef struct DN_NAME(dn_network_tangent) {
  const DN_REAL *DN_NULLABLE weights;   // (E) or (C, E), as the primal's
  const DN_REAL *DN_NULLABLE delays;    // (E) needs the primal's fractions: steps
  const DN_REAL *DN_NULLABLE coupling;  // (1)
  const DN_REAL *DN_NULLABLE const
      *DN_NULLABLE parameters;          // (P) pointers, each as long as the primal's values; for a default, 1
  const DN_REAL *DN_NULLABLE sigma;     // (sigma_count)
  const DN_REAL *DN_NULLABLE noise;     // (T, S, N)
  const DN_REAL *DN_NULLABLE stimulus;  // (S, N, T)
  ptrdiff_t stimulus_stride;
  const DN_REAL *DN_NULLABLE pulses;   // (pulse_count) of the amplitudes
  const DN_REAL *DN_NULLABLE initial;  // (S, N)
  const DN_REAL *DN_NULLABLE history;  // (C, N, H)
  ptrdiff_t history_stride;
  DN_NAME(dn_columns) *DN_NULLABLE columns;  // (monitor_count) out
} DN_NAME(dn_network_tangent);

// Jacobian-vector products: computes each run anew beside its tangent; no tape, memory independent of T.
// The primal's monitored counts as a constant. Errors as of dn_network_run, and DN_NOT_FINITE_TANGENT with node, state, step.
DN_API dn_status DN_NAME(dn_network_jvp)(ptrdiff_t runs, const DN_NAME(dn_network_primal) *primals,
                                         const DN_NAME(dn_network_tangent) *tangents,
                                         const dn_run_options *DN_NULLABLE options, dn_place *DN_NULLABLE place);

// Cotangents. Outputs are added into; an output that is NULL is not computed. Where coupling variables have weights of
// their own, that of a delay is the sum over them.
typedef struct DN_NAME(dn_network_cotangent) {
  const DN_NAME(dn_columns_cotangent) *DN_NULLABLE columns;  // (monitor_count) in; NULL: zero
  const DN_REAL *DN_NULLABLE final_state;                    // (S, N) in: cotangent of s(T); NULL: zero
  DN_REAL *DN_NULLABLE weights;                              // (E) or (C, E) out, as the primal's
  DN_REAL *DN_NULLABLE delays;                               // (E) out; without fractions DN_NOT_DIFFERENTIABLE
  DN_REAL *DN_NULLABLE coupling;                             // (1) out
  DN_REAL *DN_NULLABLE
      *DN_NULLABLE parameters;    // (P) pointers, each NULL or as long as the primal's values (a default: 1)
  DN_REAL *DN_NULLABLE sigma;     // (sigma_count) out
  DN_REAL *DN_NULLABLE noise;     // (T, S, N) out, of the standard normal numbers, drawn or given
  DN_REAL *DN_NULLABLE stimulus;  // (S, N, T) out
  ptrdiff_t stimulus_stride;
  DN_REAL *DN_NULLABLE pulses;   // (pulse_count) out, of the amplitudes
  DN_REAL *DN_NULLABLE initial;  // (S, N) out
  DN_REAL *DN_NULLABLE history;  // (C, N, H) out
  ptrdiff_t history_stride;
} DN_NAME(dn_network_cotangent);

// Vector-Jacobian products of R runs that dn_network_run finished with a tape each. May be called again with other
// cotangents. DN_BAD_TAPE: the tape is missing, holds an unfinished run or one of another plan, model, scheme, stage, kind of
// coupling, time step, length, first step or monitors, with another key or member, another coupling, or other counts of
// values: what the arrays hold is not compared. DN_OVERLAP also where two runs of one call, here or recording, have one
// tape. DN_NOT_FINITE_COTANGENT names node and step, or the edge, or the node and the parameter (sigma: its state;
// coupling: neither); outputs may then hold a part of the result.
DN_API dn_status DN_NAME(dn_network_vjp)(ptrdiff_t runs, const DN_NAME(dn_network_primal) *primals,
                                         dn_tape *DN_NULLABLE const *DN_NULLABLE tapes,
                                         const DN_NAME(dn_network_cotangent) *cotangents,
                                         const dn_run_options *DN_NULLABLE options, dn_place *DN_NULLABLE place);

// What a tape of this run would take: everything kept, and the smallest budget that works.
DN_API dn_status DN_NAME(dn_network_tape_bytes)(const DN_NAME(dn_network_primal) *primal, size_t *everything,
                                                size_t *least);

// The standard normal numbers that a run draws, (T, S, N) into `out`: state s of node i at absolute step t depends on the
// key, the member, s N + i and t alone. With n = (t / 2 mod 2^32) 2^32 + s N + i and k = fold_in(key, member):
// (a0, a1) = threefry(fold_in(k, 2 (t / 2^33)), n), and the number is that of the 32 random bits a_(t mod 2). In double the
// 64 bits a_(t mod 2) 2^32 + b_(t mod 2), b from fold_in(k, 2 (t / 2^33) + 1): the same realisation, to float's resolution.
DN_API dn_status DN_NAME(dn_network_noise)(dn_key key, uint64_t member, ptrdiff_t states, ptrdiff_t nodes,
                                           int64_t first_step, ptrdiff_t steps, DN_REAL *DN_NULLABLE out);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
