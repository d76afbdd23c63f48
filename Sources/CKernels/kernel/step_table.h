// What drivers hand to the kernels of node dynamics, and their tables, in one precision. Included by internal.h with
// DN_REAL and DN_NAME. What each kernel does stands at its definition in scheme/*.h and network.h.
//
// Rows: all nodes of one variable at one time, `row` elements apart, a multiple of DN_LEAF. Elements from `nodes` on
// belong to no node: they are computed like the others and mean nothing.

// Steps of all nodes. s, c, n: state, coupling before it is multiplied by G, increment sigma sqrt(dt) z + dt u.
typedef struct DN_NAME(dn_step) {
  ptrdiff_t nodes, row;
  DN_REAL time_step, coupling;  // dt, G
  const DN_REAL *parameters;    // (P, row)
  const DN_REAL *now;           // (S, row) s(t)
  const DN_REAL *coupled_now;   // (C, row) c(t)
  const DN_REAL *coupled_next;  // (C, row) what the corrector is coupled to
  const DN_REAL *increment;     // (S, row) n(t)
  DN_REAL *predictor;           // (S, row) out of predict, into correct
} DN_NAME(dn_step);

// The adjoint of a step. Cotangents with "in out" are read and overwritten, "out" overwritten, "sum" added into.
typedef struct DN_NAME(dn_step_vjp) {
  DN_NAME(dn_step) step;
  bool frozen;            // coupled_next is coupled_now
  DN_REAL *state;         // (S, row) in out: of s(t + 1), then of s(t)
  DN_REAL *coupled_now;   // (C, row) out
  DN_REAL *coupled_next;  // (C, row) out; zero when frozen
  DN_REAL *increment;     // (S, row) out
  DN_REAL *predictor;     // (S, row) between the halves of a step: of p,
  DN_REAL *drift;         // (S, row)   and of F(s, c(t))
  DN_REAL *parameters;    // (P, row) sum
  DN_REAL *coupling;      // (row) sum
} DN_NAME(dn_step_vjp);

// Tangents of a step.
typedef struct DN_NAME(dn_step_jvp) {
  DN_NAME(dn_step) step;
  DN_REAL coupling;
  const DN_REAL *parameters;    // (P, row)
  const DN_REAL *now;           // (S, row)
  const DN_REAL *coupled_now;   // (C, row)
  const DN_REAL *coupled_next;  // (C, row)
  const DN_REAL *increment;     // (S, row)
  DN_REAL *predictor;           // (S, row) out of predict_jvp, into correct_jvp
} DN_NAME(dn_step_jvp);

typedef struct DN_NAME(dn_model_kernels) {
  int64_t (*heun)(const DN_NAME(dn_step) *step, ptrdiff_t steps, DN_REAL *next);
  int64_t (*predict)(const DN_NAME(dn_step) *step, ptrdiff_t steps, DN_REAL *next);
  int64_t (*correct)(const DN_NAME(dn_step) *step, DN_REAL *next);
  void (*observe)(ptrdiff_t row, ptrdiff_t steps, const DN_REAL *parameters, const DN_REAL *s, DN_REAL *y);
  void (*heun_vjp)(const DN_NAME(dn_step_vjp) *d);
  void (*predict_vjp)(const DN_NAME(dn_step_vjp) *d);
  void (*correct_vjp)(const DN_NAME(dn_step_vjp) *d);
  void (*observe_vjp)(ptrdiff_t row, const DN_REAL *parameters, const DN_REAL *s, const DN_REAL *dy, DN_REAL *ds,
                      DN_REAL *dparameters);
  void (*predict_jvp)(const DN_NAME(dn_step_jvp) *d, DN_REAL *next);
  void (*correct_jvp)(const DN_NAME(dn_step_jvp) *d, DN_REAL *next);
  void (*observe_jvp)(ptrdiff_t row, const DN_REAL *parameters, const DN_REAL *s, const DN_REAL *dparameters,
                      const DN_REAL *ds, DN_REAL *dy);
} DN_NAME(dn_model_kernels);

// Everything of a network's step that is not the model's.
typedef struct DN_NAME(dn_network_kernels) {
  const DN_NAME(dn_model_kernels) *model;  // (dn_model_count())
  void (*transpose)(const DN_REAL *src, ptrdiff_t src_stride, DN_REAL *dst, ptrdiff_t dst_stride, ptrdiff_t rows,
                    ptrdiff_t columns);
  void (*apply_class)(const dn_graph *graph, const dn_list *list, const DN_REAL *w, const DN_REAL *src, DN_REAL *x);
  void (*apply_lanes)(const dn_lanes *lanes, const int32_t *offset, const DN_REAL *w, const DN_REAL *src, DN_REAL *x);
  void (*dot_lanes)(const dn_lanes *lanes, const int32_t *offset, ptrdiff_t count, const DN_REAL *g, const DN_REAL *y,
                    ptrdiff_t stride, DN_REAL *sum);
  void (*normals)(dn_key key, dn_key low, uint64_t first, ptrdiff_t count, DN_REAL *even, DN_REAL *odd);
  void (*multiply_add)(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *sum);
  void (*multiply_add_user)(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *sum);
  void (*scale_add)(ptrdiff_t count, DN_REAL a, const DN_REAL *b, DN_REAL *sum);
  void (*multiply)(ptrdiff_t count, const DN_REAL *a, const DN_REAL *b, DN_REAL *product);
} DN_NAME(dn_network_kernels);

// NULL when this build lacks the instruction set.
const DN_NAME(dn_network_kernels) *DN_NAME(dn_network_kernels_of)(dn_isa isa);
