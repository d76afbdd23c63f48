// DelayNet: networks whose nodes talk to each other with delays, simulated and differentiated exactly.
// This header is the whole public C interface.
//
// Letters, used in every comment and shape below:
//   N nodes   E edges   H history columns before step 0   T steps   D largest delay of the network, D <= H
//   i target node   j source node   e edge   t step   d delay in steps, 0 <= d <= H   R runs of one call
//
// Arrays are row-major with time innermost: a series is (N, T), row i is node i's time series. A row may be a part of a
// longer one: every (N, .) array comes with a stride, the number of elements from one row to the next. Pointers need no
// more alignment than their element type. Structs are to be zero-initialised before their members are set.
//
// The library never prints, never exits and holds no global state. One exception is not ours: where the system refuses to
// make a thread, the OpenMP runtime ends the process. One thread makes none.
//
// A call is: make a plan of the network's topology and delays once (dn_plan_create), then run any number of times with
// any weights and inputs. A plan is immutable and may be shared between threads; a workspace belongs to one call at a time.
#ifndef DELAYNET_H
#define DELAYNET_H

#include <stddef.h>
#include <stdint.h>

// The version of this header; dn_version() tells the library's own.
#define DN_VERSION_MAJOR 0
#define DN_VERSION_MINOR 1
#define DN_VERSION_PATCH 0

#if defined(__GNUC__)
#define DN_API __attribute__((visibility("default")))
#else
#define DN_API
#endif

// Pointers are not NULL unless marked so; Swift reads the marks.
#if defined(__clang__)
#define DN_NULLABLE _Nullable
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#pragma clang assume_nonnull begin
#else
#define DN_NULLABLE
#endif

#ifdef __cplusplus
extern "C" {
#endif

// ---- Statuses ------------------------------------------------------------------------------------------------------

// Every code with its sentence: X(name, value, sentence). dn_status and dn_status_string are both made from this list.
#define DN_STATUS_LIST(X)                                                                                              \
  X(DN_OK, 0, "success")                                                                                               \
  X(DN_NULL_POINTER, -1, "a required pointer is NULL")                                                                 \
  X(DN_BAD_SIZE, -2, "a size, count or stride is negative or smaller than its row")                                    \
  X(DN_TOO_LARGE, -3, "the sizes overflow what can be addressed")                                                      \
  X(DN_NO_MEMORY, -4, "out of memory")                                                                                 \
  X(DN_NODE_OUT_OF_RANGE, -5, "an edge names a node that does not exist")                                              \
  X(DN_NEGATIVE_DELAY, -6, "an edge has a negative delay")                                                             \
  X(DN_DELAY_EXCEEDS_HISTORY, -7, "an edge's delay exceeds the history")                                               \
  X(DN_BAD_OPTION, -8, "an option is outside its range")                                                               \
  X(DN_ISA_UNAVAILABLE, -9, "this CPU lacks the requested instruction set")                                            \
  X(DN_OVERLAP, -10, "an output array overlaps another array of the call")                                             \
  X(DN_NOT_FINITE_WEIGHT, -11, "an edge's weight, times the scale, is not a finite number")                            \
  X(DN_NOT_FINITE_PARAMETER, -12, "a scale, gain or model parameter is not a finite number")                           \
  X(DN_NOT_FINITE_HISTORY, -13, "the history holds a value that is not a finite number")                               \
  X(DN_NOT_FINITE_SERIES, -14, "the series left the finite numbers")                                                   \
  X(DN_NOT_FINITE_COTANGENT, -15, "the cotangent left the finite numbers")                                             \
  X(DN_NOT_FINITE_TANGENT, -16, "the tangent left the finite numbers")                                                 \
  X(DN_CANCELLED, -17, "cancelled by the progress callback")                                                           \
  X(DN_NOT_FINITE_STATE, -18, "a node's state left the finite numbers")                                                \
  X(DN_BAD_TIME_STEP, -19, "the time step is not a positive finite number")                                            \
  X(DN_BAD_FRACTION, -20, "the fractional part of an edge's delay is not in 0 ... 1")                                  \
  X(DN_NOT_DIFFERENTIABLE, -21, "a whole-step delay has no derivative")                                                \
  X(DN_BUDGET_TOO_SMALL, -22, "the tape's budget is smaller than the least it can do with")                            \
  X(DN_BAD_TAPE, -23, "the tape does not hold this run")                                                               \
  X(DN_NOT_FINITE_INITIAL, -24, "the initial state holds a value that is not a finite number")                         \
  X(DN_NOT_FINITE_NOISE, -25, "the noise holds a value that is not a finite number")                                   \
  X(DN_NOT_FINITE_STIMULUS, -26, "the stimulus holds a value that is not a finite number")                             \
  X(DN_PERIODIC_AVERAGE, -27, "a periodic state has no average: subsample it")                                         \
  X(DN_BAD_PULSE, -28, "a pulse names a state or node that does not exist, or bad steps")                              \
  X(DN_BAD_INTERIM, -29, "a monitor's column does not consist of whole interim means")                                 \
  X(DN_BAD_MONITOR, -30, "a constant of a monitor is outside its range")                                               \
  X(DN_BAD_GAIN, -31, "a monitor's gain matrix holds a value that is not a finite number")                             \
  X(DN_NOT_FINITE_MONITOR, -32, "what a monitor computes from a node's state left the numbers that it is defined for") \
  X(DN_BAD_TEXT, -33, "the text of a model has a mistake")

#define DN_STATUS_MEMBER(name, value, sentence) name = value,
typedef enum dn_status { DN_STATUS_LIST(DN_STATUS_MEMBER) } dn_status;
#undef DN_STATUS_MEMBER

// The sentence of a status; "unknown status" for a value that is none.
DN_API const char *dn_status_string(dn_status status);

// Where a mistake is. Every call that takes a place sets it, on success too; a field that does not apply is -1.
typedef struct dn_place {
  ptrdiff_t run;   // which of the R runs of the call
  ptrdiff_t edge;  // in the order in which the edges were given; dense networks: i * N + j
  ptrdiff_t node;
  int64_t step;       // absolute: first_step + t; history columns are first_step - H ... first_step - 1
  int32_t state;      // of the model, in its order
  int32_t parameter;  // of the model, in its order; of a monitor where that is what is meant
  ptrdiff_t pulse;    // of the run's stimulus, in the order in which they were given
  int32_t monitor;    // of the run, in the order in which they were given
} dn_place;

// ---- Plan ----------------------------------------------------------------------------------------------------------

typedef enum dn_isa {
  DN_ISA_AUTO = 0,    // the best that this CPU has
  DN_ISA_BASE = 1,    // what every CPU of this architecture has: SSE2, NEON
  DN_ISA_AVX2 = 2,    // AVX2 with FMA
  DN_ISA_AVX512 = 3,  // AVX-512 F, DQ, VL, BW
} dn_isa;

// Whether this CPU (and this build) can run the instruction set.
DN_API int dn_isa_available(dn_isa isa);
// "auto", "base", "avx2", "avx512"; NULL for a value that is none.
DN_API const char *DN_NULLABLE dn_isa_name(dn_isa isa);
// The instruction set that DN_ISA_AUTO stands for on this CPU.
DN_API dn_isa dn_isa_best(void);

// "MAJOR.MINOR.PATCH"
DN_API const char *dn_version(void);
// The processors available to the caller; 1 in a build without OpenMP.
DN_API int32_t dn_threads_available(void);

// Memory from the caller instead of malloc and free. `allocate` returns NULL when there is none; `release` takes what
// `allocate` gave. Both are called from the thread that called the library.
typedef struct dn_allocator {
  void *DN_NULLABLE (*DN_NULLABLE allocate)(void *DN_NULLABLE context, size_t bytes);
  void (*DN_NULLABLE release)(void *DN_NULLABLE context, void *memory);
  void *DN_NULLABLE context;
} dn_allocator;

// A network's topology and delays. Duplicate edges and self-connections are allowed.
typedef struct dn_network {
  ptrdiff_t nodes;                     // N, 0 <= N < 2^31
  ptrdiff_t edges;                     // E; N * N when dense
  ptrdiff_t history;                   // H
  const int32_t *DN_NULLABLE targets;  // (E), or NULL together with `sources` for a dense network:
  const int32_t *DN_NULLABLE sources;  //   then edge i * N + j goes from source j to target i
  const int32_t *DN_NULLABLE delays;   // (E), in steps, 0 <= d <= H
  int32_t fractional;  // 1: delays lie between d and d + 1 <= H, for networks of nodes whose every run says
                       //   where: dn_network_primal.fractions. The delay map has whole delays
} dn_network;

typedef struct dn_plan_options {
  dn_isa isa;
  int32_t block;           // columns that far edges cover at once: 16, 32, 64, 128 or 256; 0 chooses
  int32_t tile_sources;    // sources whose windows are kept in cache together; 0 chooses
  dn_allocator allocator;  // all members NULL: malloc and free
} dn_plan_options;

typedef struct dn_plan dn_plan;

// Checks the network, sorts its edges into delay classes and source tiles, for it and for its transpose.
// The arrays of `network` are not needed afterwards. O(E + N + H) time, 20 to 40 bytes an edge.
// Errors: DN_NULL_POINTER, DN_BAD_SIZE, DN_TOO_LARGE, DN_NO_MEMORY, DN_BAD_OPTION, DN_ISA_UNAVAILABLE, and with the
// place's edge DN_NODE_OUT_OF_RANGE, DN_NEGATIVE_DELAY, DN_DELAY_EXCEEDS_HISTORY. On error *plan is NULL.
DN_API dn_status dn_plan_create(const dn_network *network, const dn_plan_options *DN_NULLABLE options,
                                dn_plan *DN_NULLABLE *DN_NULLABLE plan, dn_place *DN_NULLABLE place);
DN_API void dn_plan_destroy(dn_plan *DN_NULLABLE plan);

// Delay classes of a plan, in the order in which their edges are added: zero, far, then the halving classes downwards.
#define DN_CLASSES_MAX 10

typedef struct dn_plan_report {
  ptrdiff_t nodes, edges, history;
  int32_t delay_min, delay_max;  // 0 when there are no edges
  double delay_median;
  dn_isa isa;
  int32_t block;                           // columns that far edges cover at once
  int32_t tiles, tile_sources;             // far edges: number of source tiles, sources in each
  int32_t classes;                         // how many of the entries below are used
  int32_t class_shortest[DN_CLASSES_MAX];  // the class holds delays from here ...
  int32_t class_longest[DN_CLASSES_MAX];   // ... to here, both included
  ptrdiff_t class_edges[DN_CLASSES_MAX];
  size_t plan_bytes;                    // memory of the plan
  size_t run_bytes_f32, run_bytes_f64;  // workspace of one dn_map_run
  size_t vjp_bytes_f32, vjp_bytes_f64;  // workspace of one dn_map_vjp that asks for everything
  double operations_per_step;           // 2 E: a multiplication and an addition an edge
  // A step of dn_map_run, or the delayed sums of one of dn_network_run; one thread, from counted operations at 3 GHz.
  double expected_ns_per_step_f32, expected_ns_per_step_f64;
} dn_plan_report;

DN_API void dn_plan_describe(const dn_plan *plan, dn_plan_report *report);

// ---- Runs ----------------------------------------------------------------------------------------------------------

typedef struct dn_workspace dn_workspace;

// An empty workspace for runs of this plan. It grows on first use and is kept: later calls of the same kind and size
// allocate nothing. It must be destroyed before its plan.
DN_API dn_status dn_workspace_create(const dn_plan *plan, dn_workspace *DN_NULLABLE *DN_NULLABLE workspace);
DN_API void dn_workspace_destroy(dn_workspace *DN_NULLABLE workspace);

// Called at block ends by the thread that made the call; `done` of `total` node-independent steps are finished, summed
// over the runs. A return other than 0 cancels: the call stops at a block end with DN_CANCELLED. The last call, with done
// equal to total, comes when everything is done and cannot cancel.
typedef int (*dn_progress)(void *DN_NULLABLE context, int64_t done, int64_t total);

typedef struct dn_run_options {
  int32_t threads;  // at most this many, up to 1024; 0 chooses: dn_threads_available() for several
                    //   runs or a large network, 1 where forming a team would cost more than it gains
  dn_progress DN_NULLABLE progress;
  void *DN_NULLABLE context;            // of `progress`
  dn_workspace *DN_NULLABLE workspace;  // NULL: one is made for the call
} dn_run_options;

// A key of the random generator below.
typedef struct dn_key {
  uint32_t word[2];
} dn_key;

// ---- Networks of neural masses -------------------------------------------------------------------------------------
//
//   c_i(t)  = sum over e -> i of w_e y_{j_e}(t - d_e)             y: the coupling variables of a node's state;
//             difference coupling: w_e (y_{j_e}(t - d_e) - y_i(t))
//   ds_i    = [F(s_i, G c_i, theta_i) + u_i] dt + sigma_i dW_i
//
// Further letters: S states and C coupling variables of the model, P its parameters, V states that a monitor reads, K its
// columns.

// A state or a coupling variable of a model.
typedef struct dn_model_variable {
  const char *name;
  const char *unit;
  const char *meaning;
  double lower, upper;  // states are clamped to this range after each stage; -INFINITY, INFINITY: they are not
  double initial_low, initial_high;  // usual range of initial values; NaN for coupling variables
  // 1: an angle in radians, wrapped to [-pi, pi) where it starts and after each stage. The derivative of wrapping is 1.
  // Such a state cannot be averaged over time.
  int32_t periodic;
  // Of a model that is computed from its text, as it stands there: the derivative of a state, what a coupling variable sends,
  // an output. NULL otherwise.
  const char *DN_NULLABLE expression;
} dn_model_variable;

typedef struct dn_model_parameter {
  const char *name;  // ASCII
  const char *symbol;
  const char *unit;
  const char *meaning;
  double value;            // default
  double lowest, highest;  // usual range: not enforced
} dn_model_parameter;

typedef struct dn_implementation dn_implementation;

typedef struct dn_model {
  const char *name;  // what the command calls it
  const char *title;
  const char *source;                                   // the paper
  int32_t states, couplings, parameters;                // S, C, P
  const dn_model_variable *state;                       // (S)
  const dn_model_variable *coupling;                    // (C)
  const dn_model_parameter *parameter;                  // (P)
  const dn_implementation *DN_NULLABLE implementation;  // what computes it, the library's own; without it no model runs
  int32_t outputs;                                      // O
  // (O) expressions of the states and parameters, which monitors read by the numbers S ... S + O - 1.
  const dn_model_variable *DN_NULLABLE output;
  const char *DN_NULLABLE text;  // the model in the language of dn_model_parse
} dn_model;

// The register: models with kernels of their own, then those that are computed from their texts.
DN_API int32_t dn_model_count(void);
// NULL where there is none.
DN_API const dn_model *DN_NULLABLE dn_model_at(int32_t index);
DN_API const dn_model *DN_NULLABLE dn_model_find(const char *name);

// Where a text has a mistake, and which: line and column count from 1, columns in bytes; 0 where the whole text is meant.
typedef struct dn_text_error {
  int32_t line, column;
  char message[248];
} dn_text_error;

// Reads a model written as text, `length` bytes of UTF-8. The page "The language of models" has the language. The model is
// computed by programs of operations on rows of nodes, which are made here together with their derivatives: exact, the same
// bits on every instruction set, at a speed near that of the library's own kernels. allocator: NULL for malloc and free; it
// must live as long as the model. Errors: DN_BAD_TEXT, with its place and sentence in `error`, DN_NULL_POINTER,
// DN_NO_MEMORY; on an error *model is NULL.
DN_API dn_status dn_model_parse(const char *text, size_t length, const dn_allocator *DN_NULLABLE allocator,
                                dn_model *DN_NULLABLE *DN_NULLABLE model, dn_text_error *DN_NULLABLE error);
// Of dn_model_parse only; NULL is allowed. No run, and no tape that will be used again, may have it.
DN_API void dn_model_destroy(dn_model *DN_NULLABLE model);

// What the text of a model was made into; zeros for a model with kernels of its own.
typedef struct dn_model_report {
  int32_t nodes;                                       // different expressions in its equations
  int32_t derived;                                     // rows that depend on parameters alone: computed once a run
  int32_t operations, vjp_operations, jvp_operations;  // on rows, of a Heun step and of its derivatives
  int32_t rows, vjp_rows;                              // of scratch that they take
} dn_model_report;
DN_API void dn_model_describe(const dn_model *model, dn_model_report *report);

// How a network is stepped: a scheme, by its number in the register. n = sigma sqrt(dt) z(t) + dt u(t).
typedef int32_t dn_scheme;
enum {
  DN_SCHEME_HEUN = 0,   // p = s + dt F(s, c(t)) + n;  s' = s + dt/2 (F(s, c(t)) + F(p, c(t+1))) + n
  DN_SCHEME_EULER = 1,  // s' = s + dt F(s, c(t)) + n
};

typedef struct dn_scheme_description {
  const char *name;  // what the command calls it
  const char *title;
  const char *source;
  int32_t stages;  // 2: a predictor, and a corrector whose coupling is chosen by dn_stage
} dn_scheme_description;

DN_API int32_t dn_scheme_count(void);
// NULL where there is none.
DN_API const dn_scheme_description *DN_NULLABLE dn_scheme_describe(dn_scheme scheme);
// -1 where there is none.
DN_API dn_scheme dn_scheme_find(const char *name);

// What the second stage of a scheme is coupled to.
typedef enum dn_stage {
  DN_STAGE_AWARE = 0,   // c(t+1): edges of delay 0 read the sources' predictors
  DN_STAGE_FROZEN = 1,  // c(t) once more, as The Virtual Brain does
} dn_stage;

// What a node is coupled to.
typedef enum dn_coupling_kind {
  DN_COUPLING_LINEAR = 0,      // c_i = sum of w_e y_j(t - d_e)
  DN_COUPLING_DIFFERENCE = 1,  // c_i = sum of w_e (y_j(t - d_e) - y_i(t)): diffusive
} dn_coupling_kind;

// What a run returns. A monitor reads some of the states after every step, and writes a column at every absolute multiple
// of `every` steps; a run may have several. Kinds of monitors are numbers in a register.
//
// BOLD: u_n is the mean over interim steps n interim + 1 ... (n + 1) interim, which last Delta = interim dt / 1000 seconds:
// dt counts as milliseconds. A column is B_n at its last step. Before the run u is zero, as before its first chunk. By a
// kernel h, in seconds,
//
//   y_n = sum over k >= 0 of h(k Delta) u_{n-k}
//
// to infinity, by a recursion on a few numbers a node. It is a sum over interim means and no integral, as in The Virtual
// Brain and tvboptim: with an interim half as long it is twice as large. Both of them take 4 ms, and sum over 20 s only. The
// Virtual Brain is one interim mean late: what it returns at a step is y_{n-1}. tvboptim's HRFBold evaluates h at times
// stretched by K / (K - 1), K = duration / interim, and its interim means, unless told otherwise, begin one step late. Gamma
// and double exponential both of them scale to the largest value 0.1: `scale` does.
typedef int32_t dn_monitor_kind;
enum {
  DN_MONITOR_SUBSAMPLE = 0,           // column k is s((k+1) m)
  DN_MONITOR_AVERAGE = 1,             // column k is the mean of s(k m + 1) ... s((k+1) m)
  DN_MONITOR_PROJECTION = 2,          // column k is L times that mean, less a reference
  DN_MONITOR_VOLTERRA = 3,            // BOLD: k_1 V_0 (y - 1)
  DN_MONITOR_GAMMA = 4,               // BOLD: y
  DN_MONITOR_MIXTURE = 5,             // BOLD: y
  DN_MONITOR_DOUBLE_EXPONENTIAL = 6,  // BOLD: y
  DN_MONITOR_BALLOON = 7,             // BOLD: balloon model, an Euler step of length Delta for each u_n
};

// What is subtracted from every row of a projection.
enum {
  DN_REFERENCE_MEAN = -1,  // the mean over its rows
  DN_REFERENCE_NONE = 0,   // nothing; n > 0 is row n - 1
};

typedef struct dn_monitor {
  dn_monitor_kind kind;
  int64_t every;                      // m >= 1; 0 stands for 1
  const int32_t *DN_NULLABLE states;  // (V) of the model, which it reads, in the order of its rows; S + k is output k.
                                      //   NULL: all states, V = S
  int32_t state_count;                // V
  int32_t parameter_count;            // 0: the kind's constants have their defaults; otherwise as many as there are
  const double *DN_NULLABLE parameters;  // (parameter_count)
  int64_t interim;  // BOLD: steps of an interim mean, >= 1, of which `every` is a multiple; else not looked at
  const double *DN_NULLABLE gain;  // projection: L (rows, N); else not looked at
  ptrdiff_t rows;                  //   of L, >= 1
  ptrdiff_t reference;             //   DN_REFERENCE_NONE, DN_REFERENCE_MEAN, or 1 + the row that is subtracted
} dn_monitor;

// Constants of a kind that the literature knows by a name.
typedef struct dn_monitor_preset {
  const char *name;
  const char *source;
  const double *values;  // (parameters)
} dn_monitor_preset;

typedef struct dn_monitor_description {
  const char *name;  // what the command calls it
  const char *title;
  const char *source;
  int32_t memory;                                   // numbers that it keeps for each state and node between steps
  int32_t periodic;                                 // 1: periodic states may be read where m > 1
  int32_t interim;                                  // 1: it reads interim means
  int32_t projects;                                 // 1: its columns have the rows of a gain matrix instead of nodes
  int32_t parameters, presets;                      // how many constants and presets there are
  const dn_model_parameter *DN_NULLABLE parameter;  // (parameters)
  const dn_monitor_preset *DN_NULLABLE preset;      // (presets)
} dn_monitor_description;

DN_API int32_t dn_monitor_count(void);
// NULL where there is none.
DN_API const dn_monitor_description *DN_NULLABLE dn_monitor_describe(dn_monitor_kind kind);
// -1 where there is none.
DN_API dn_monitor_kind dn_monitor_find(const char *name);

// What all monitors of a run keep between steps: so many numbers. They are a part of what a run hands on to the next one.
DN_API ptrdiff_t dn_monitored_count(const dn_model *model, ptrdiff_t nodes, const dn_monitor *DN_NULLABLE monitors,
                                    int32_t count);

// The rows of a monitor's columns for each state that it reads: those of its gain matrix, or the nodes.
DN_API ptrdiff_t dn_monitor_rows(const dn_monitor *monitor, ptrdiff_t nodes);

// Output columns of steps first_step ... first_step + steps - 1: columns end at absolute multiples of `every`. Any numbers
// may be asked about; nothing overflows.
static inline ptrdiff_t dn_outputs(int64_t first_step, ptrdiff_t steps, int64_t every) {
  if (every < 1 || first_step < 0 || steps < 0) return 0;
  return steps / every + (first_step % every >= every - steps % every ? 1 : 0);
}

// What a gradient needs of a forward run: all of it, or checkpoints from which stretches of it are computed again. A tape
// belongs to one run. It grows when a run is recorded and is kept until it is destroyed.
typedef struct dn_tape dn_tape;

// budget: bytes that the tape and the recomputation may take; 0: keep everything. Every budget gives the same bits.
// allocator: NULL for malloc and free.
DN_API dn_status dn_tape_create(size_t budget, const dn_allocator *DN_NULLABLE allocator,
                                dn_tape *DN_NULLABLE *DN_NULLABLE tape);
DN_API void dn_tape_destroy(dn_tape *DN_NULLABLE tape);

typedef struct dn_tape_report {
  size_t bytes;           // memory that the tape holds, with what its pullback will take
  int32_t levels;         // 0: everything is kept; otherwise levels of checkpoints
  ptrdiff_t checkpoints;  // of all levels together
  ptrdiff_t segment;      // steps that are recomputed at once
  int64_t recomputed;     // steps of forward run that one pullback will do again
} dn_tape_report;

DN_API void dn_tape_describe(const dn_tape *tape, dn_tape_report *report);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#define DN_REAL float
#define DN_NAME(name) name##_f32
#include "delaynet_map.h"
#include "delaynet_network.h"
#undef DN_REAL
#undef DN_NAME

#define DN_REAL double
#define DN_NAME(name) name##_f64
#include "delaynet_map.h"
#include "delaynet_network.h"
#undef DN_REAL
#undef DN_NAME

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// ---- Random numbers ------------------------------------------------------------------------------------------------
// JAX's default generator: Threefry-2x32 with 20 rounds (Salmon et al. 2011), "partitionable" counters. Element n of an
// array depends on the key and on n alone, so every function takes the index `first` of its first element and any part of
// an array can be drawn by itself. Bits, uniform numbers and integers equal JAX's; normal numbers are within 4 ulp of
// JAX's and the same bits on every instruction set. All fill `out` with `count` values; count 0 writes nothing.

DN_API dn_key dn_key_create(uint64_t seed);               // jax.random.key(seed)
DN_API dn_key dn_key_fold_in(dn_key key, uint64_t data);  // jax.random.fold_in: data < 2^32 as in JAX
// jax.random.split(key, n)[first ... first + count): a split's n does not change its elements.
DN_API void dn_key_split(dn_key key, uint64_t first, ptrdiff_t count, dn_key *DN_NULLABLE out);

DN_API void dn_random_bits_u32(dn_key key, uint64_t first, ptrdiff_t count, uint32_t *DN_NULLABLE out);
DN_API void dn_random_bits_u64(dn_key key, uint64_t first, ptrdiff_t count, uint64_t *DN_NULLABLE out);
// Uniform in [lo, hi); as in JAX, rounding may give hi itself for some bounds.
DN_API void dn_random_uniform_f32(dn_key key, uint64_t first, ptrdiff_t count, float lo, float hi,
                                  float *DN_NULLABLE out);
DN_API void dn_random_uniform_f64(dn_key key, uint64_t first, ptrdiff_t count, double lo, double hi,
                                  double *DN_NULLABLE out);
// Integers in [lo, hi); lo where hi <= lo, as in JAX.
DN_API void dn_random_integers_i32(dn_key key, uint64_t first, ptrdiff_t count, int32_t lo, int32_t hi,
                                   int32_t *DN_NULLABLE out);
DN_API void dn_random_integers_i64(dn_key key, uint64_t first, ptrdiff_t count, int64_t lo, int64_t hi,
                                   int64_t *DN_NULLABLE out);
// Standard normal: sqrt(2) erfinv(uniform(nextafter(-1, 0), 1)), Giles' polynomials for erfinv.
DN_API void dn_random_normal_f32(dn_key key, uint64_t first, ptrdiff_t count, float *DN_NULLABLE out);
DN_API void dn_random_normal_f64(dn_key key, uint64_t first, ptrdiff_t count, double *DN_NULLABLE out);

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#pragma clang diagnostic pop
#endif

#endif
