// The tables through which drivers call the kernels of one instruction set in one precision, and what they hand to them. What
// each kernel does stands at its definition. Included by f32.h and f64.h, which define DN_REAL and DN_NAME.

// ---- Node dynamics: scheme/*.h -------------------------------------------------------------------------------------

// Rows: all nodes of one variable at one time, `row` elements apart, a multiple of DN_LEAF. Elements from `nodes` on
// belong to no node: they are computed like the others and mean nothing.

// A run of a model that is computed from its text, of one worker: where the rows of its programs are.
typedef struct DN_NAME(dn_text_run) {
  const struct dn_text_model *model;
  const struct dn_step_programs *scheme;
  DN_REAL **at;             // (registers)
  ptrdiff_t chunk;          // elements that go through a program at once, a multiple of DN_LEAF
  const DN_REAL *bound[3];  // parameters, sums and tangents that `at` has
} dn_text_run;

// Steps of all nodes. s, c, n: state, coupling before it is multiplied by G, increment sigma sqrt(dt) z + dt u.
typedef struct DN_NAME(dn_step) {
  ptrdiff_t nodes, row;
  ptrdiff_t begin, end;         // elements of each row that are computed, multiples of DN_LEAF
  DN_REAL time_step, coupling;  // dt, G
  const DN_REAL *parameters;    // (P, row)
  const DN_REAL *now;           // (S, row) s(t)
  const DN_REAL *coupled_now;   // (C, row) c(t)
  const DN_REAL *coupled_next;  // (C, row) what the corrector is coupled to
  const DN_REAL *increment;     // (S, row) n(t)
  DN_REAL *predictor;           // (S, row) out of predict, into correct
  dn_text_run *text;            // of a model from text; (P, row) is then (its rows, row), and G is among them
} dn_step;

// The adjoint of a step. Cotangents with "in out" are read and overwritten, "out" overwritten, "sum" added into.
typedef struct DN_NAME(dn_step_vjp) {
  dn_step step;
  bool frozen;            // coupled_next is coupled_now
  DN_REAL *state;         // (S, row) in out: of s(t + 1), then of s(t)
  DN_REAL *coupled_now;   // (C, row) out
  DN_REAL *coupled_next;  // (C, row) out; zero when frozen
  DN_REAL *increment;     // (S, row) out
  DN_REAL *predictor;     // (S, row) between the halves of a step: of p,
  DN_REAL *drift;         // (S, row)   and of F(s, c(t))
  DN_REAL *parameters;    // (P, row) sum
  DN_REAL *coupling;      // (row) sum
} dn_step_vjp;

// Tangents of a step.
typedef struct DN_NAME(dn_step_jvp) {
  dn_step step;
  DN_REAL coupling;
  const DN_REAL *parameters;    // (P, row)
  const DN_REAL *now;           // (S, row)
  const DN_REAL *coupled_now;   // (C, row)
  const DN_REAL *coupled_next;  // (C, row)
  const DN_REAL *increment;     // (S, row)
  DN_REAL *predictor;           // (S, row) out of predict_jvp, into correct_jvp
} dn_step_jvp;

// A scheme's steps of one model. A whole step knows every coupling beforehand; the halves of one with two stages, else NULL,
// let the driver form the coupling that the corrector reads from the predictors of other nodes. Steps return how often a
// state was clamped.
typedef struct DN_NAME(dn_scheme_kernels) {
  int64_t (*step)(const dn_step *step, ptrdiff_t steps, DN_REAL *next);
  void (*step_vjp)(const dn_step_vjp *d);
  void (*step_jvp)(const dn_step_jvp *d, DN_REAL *next);
  int64_t (*predict)(const dn_step *step, DN_REAL *next);
  void (*predict_vjp)(const dn_step_vjp *d);
  void (*predict_jvp)(const dn_step_jvp *d, DN_REAL *next);
  int64_t (*correct)(const dn_step *step, DN_REAL *next);
  void (*correct_vjp)(const dn_step_vjp *d);
  void (*correct_jvp)(const dn_step_jvp *d, DN_REAL *next);
} dn_scheme_kernels;

typedef struct DN_NAME(dn_model_kernels) {
  const dn_scheme_kernels *scheme;  // (dn_scheme_count())
  void (*observe)(dn_text_run *text, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t steps,
                  const DN_REAL *parameters, const DN_REAL *s, DN_REAL *y);
  void (*observe_vjp)(dn_text_run *text, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *parameters,
                      const DN_REAL *s, const DN_REAL *dy, DN_REAL *ds, DN_REAL *dparameters);
  void (*observe_jvp)(dn_text_run *text, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *parameters,
                      const DN_REAL *s, const DN_REAL *dparameters, const DN_REAL *ds, DN_REAL *dy);
  // Of models from text, else NULL: (O, row) outputs, and rows that depend on parameters alone.
  void (*output)(dn_text_run *text, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t steps,
                 const DN_REAL *parameters, const DN_REAL *s, DN_REAL *o);
  void (*output_vjp)(dn_text_run *text, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *parameters,
                     const DN_REAL *s, const DN_REAL *d_o, DN_REAL *ds, DN_REAL *dparameters);
  void (*output_jvp)(dn_text_run *text, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *parameters,
                     const DN_REAL *s, const DN_REAL *dparameters, const DN_REAL *ds, DN_REAL *d_o);
  void (*derive)(dn_text_run *text, ptrdiff_t row, DN_REAL *parameters);
  void (*derive_vjp)(dn_text_run *text, ptrdiff_t row, const DN_REAL *parameters, DN_REAL *sums);
  void (*derive_jvp)(dn_text_run *text, ptrdiff_t row, const DN_REAL *parameters, DN_REAL *tangents);
} dn_model_kernels;

// ---- Monitors: monitor/*.h -----------------------------------------------------------------------------------------

// A monitor and one state of all nodes, after a step. Rows as above.
typedef struct DN_NAME(dn_monitor_step) {
  ptrdiff_t row, begin, end;
  ptrdiff_t nodes;  // end of the elements that are nodes
  int64_t every, interim;
  bool ends;                // a column ends with this step,
  bool pauses;              //   and an interim mean
  const double *constants;  // of dn_monitor_prepare
  const DN_REAL *recorded;  // of tangents, where an interim mean ends: the rows of dn_monitor_recorded before this step
  const DN_REAL *state;     // (row)
  DN_REAL *memory;          // (memory, row) in out: what it keeps
  DN_REAL *column;          // (row) out, where it ends
} dn_monitor_step;

// The same step backwards: cotangents.
typedef struct DN_NAME(dn_monitor_step_vjp) {
  ptrdiff_t row, begin, end, nodes;
  int64_t every, interim;
  bool ends, pauses;
  const double *constants;
  const DN_REAL *recorded;
  const DN_REAL *column;  // (row) where it ends
  DN_REAL *memory;        // (memory, row) in out
  DN_REAL *state;         // (row) sum
} dn_monitor_step_vjp;

typedef struct DN_NAME(dn_monitor_kernels) {
  void (*advance)(const dn_monitor_step *m);
  void (*advance_vjp)(const dn_monitor_step_vjp *m);
  void (*advance_jvp)(const dn_monitor_step *m);
} dn_monitor_kernels;

// ---- Everything else -----------------------------------------------------------------------------------------------

// The recent edges of a graph as solve_leaf_lanes takes them.
typedef struct DN_NAME(dn_leaf_lanes) {
  int32_t *offset;   // (keys) source - delay * row
  DN_REAL *weights;  // (rows, DN_LEAF)
  DN_REAL *rows;     // (DN_RECENT + DN_LEAF, row) columns of the ring as rows of nodes
  ptrdiff_t row;     // a multiple of DN_LEAF
} dn_leaf_lanes;

typedef struct DN_NAME(dn_kernels) {
  const dn_monitor_kernels *monitor;  // (dn_monitor_count())
  // Gain matrices: gain.h.
  void (*project)(const double *gain, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *from, DN_REAL *to,
                  ptrdiff_t stride);
  void (*project_vjp)(const double *gain, ptrdiff_t begin, ptrdiff_t end, double factor, double *sum);
  // Delayed sums: coupling.h, rows.h. `n` columns from the pointers on are computed; up to the next multiple of DN_LEAF behind
  // them may be overwritten with values that mean nothing.
  ptrdiff_t (*pack)(const int32_t *edge, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *weights, DN_REAL scale,
                    DN_REAL *packed);
  void (*pack_jvp)(const int32_t *edge, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *weights, DN_REAL scale,
                   const DN_REAL *dweights, DN_REAL dscale, DN_REAL *packed);
  void (*apply)(const dn_graph *graph, int32_t group_begin, int32_t group_end, const DN_REAL *w, const DN_REAL *src,
                DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t n);
  void (*apply_between)(const dn_graph *graph, int32_t group_begin, int32_t group_end, const DN_REAL *w,
                        const DN_REAL *src, DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t n, int32_t shortest,
                        int32_t longest);
  void (*apply_short)(const dn_graph *graph, const dn_list *list, const DN_REAL *w, const DN_REAL *src,
                      ptrdiff_t stride, DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t n);
  void (*solve_leaf)(const dn_graph *graph, const DN_REAL *w, DN_REAL *x, ptrdiff_t n);
  void (*solve_leaf_lanes)(const dn_graph *graph, const DN_REAL *w, const dn_leaf_lanes *lanes, DN_REAL *x,
                           ptrdiff_t stride, ptrdiff_t nodes, ptrdiff_t n);
  void (*dot)(const dn_graph *graph, int32_t group_begin, int32_t group_end, const DN_REAL *g, ptrdiff_t g_stride,
              const DN_REAL *src, ptrdiff_t n, DN_REAL *sum);
  void (*dot_short)(const dn_graph *graph, int32_t begin, int32_t end, const DN_REAL *g, ptrdiff_t g_stride,
                    const DN_REAL *src, ptrdiff_t stride, ptrdiff_t n, DN_REAL *sum);
  void (*dot_rows)(ptrdiff_t rows, const DN_REAL *a, ptrdiff_t a_stride, const DN_REAL *b, ptrdiff_t b_stride,
                   ptrdiff_t n, DN_REAL *sum);
  void (*scale_row)(const DN_REAL *src, DN_REAL gain, DN_REAL *dst, ptrdiff_t n);
  void (*add_scaled_row)(const DN_REAL *src, DN_REAL gain, DN_REAL *dst, ptrdiff_t n);
  void (*reverse_row)(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n);
  void (*add_reversed_row)(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n);
  ptrdiff_t (*store_row)(const DN_REAL *src, DN_REAL *dst, ptrdiff_t n);
  ptrdiff_t (*first_not_finite)(const DN_REAL *row, ptrdiff_t n);

  // Rows of nodes: lanes.h, network.h.
  void (*transpose)(const DN_REAL *src, ptrdiff_t src_stride, DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t rows,
                    ptrdiff_t columns);
  void (*apply_class)(const dn_graph *graph, const dn_list *list, const DN_REAL *w, const DN_REAL *src, DN_REAL *x);
  void (*apply_lanes)(const dn_lanes *lanes, int32_t begin, int32_t end, const int32_t *offset, const DN_REAL *w,
                      const DN_REAL *src, DN_REAL *x);
  void (*dot_lanes)(const dn_lanes *lanes, int32_t begin, int32_t end, const int32_t *offset, ptrdiff_t count,
                    const DN_REAL *g, const DN_REAL *y, ptrdiff_t stride, DN_REAL *sum);
  void (*multiply_add)(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *sum);
  void (*multiply_add_user)(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *sum);
  void (*scale_add)(ptrdiff_t count, DN_REAL a, const DN_REAL *b, DN_REAL *sum);
  void (*multiply)(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *product);

  // Random fills: random_32.h, random_64.h.
  void (*bits)(dn_key key, uint64_t first, ptrdiff_t count, DN_WORD *out);
  void (*uniform)(dn_key key, uint64_t first, ptrdiff_t count, DN_REAL lo, DN_REAL hi, DN_REAL *out);
  void (*integers)(dn_key key, uint64_t first, ptrdiff_t count, DN_INTEGER lo, DN_INTEGER hi, DN_INTEGER *out);
  void (*normal)(dn_key key, uint64_t first, ptrdiff_t count, DN_REAL *out);
  void (*normals)(dn_key key, dn_key low, uint64_t first, ptrdiff_t count, DN_REAL *even, DN_REAL *odd);
} dn_kernels;

// NULL when this build lacks the instruction set.
const dn_kernels *DN_NAME(dn_kernels_of)(dn_isa isa);
