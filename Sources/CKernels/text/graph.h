// Expressions as a graph: every different one is one node, whose arguments are nodes before it. Built by parse.c from a text,
// by step.c and derivative.c from others; turned into programs by program.c.
#ifndef DN_TEXT_GRAPH_H
#define DN_TEXT_GRAPH_H

#include "pool.h"

// A node by its number.
typedef int32_t dn_ref;
#define DN_NONE (-1)

typedef enum dn_code {
#define X(name, arguments, value) DN_OP_##name,
#include "operations.def"
#undef X
  DN_OPERATIONS,
  // Leaves.
  DN_LEAF_CONSTANT = DN_OPERATIONS,  // value
  DN_LEAF_TIME_STEP,                 // dt
  DN_LEAF_COUPLING,                  // G
  DN_LEAF_PARAMETER,                 // a: which
  DN_LEAF_INPUT,                     // a: dn_region, b: which of it
  DN_LEAF_SUM,                       // the sum of the cotangents of node a, which depends on parameters alone
  DN_LEAF_TANGENT,                   // the tangent of such a node
  DN_CODES,
} dn_code;

// Rows of nodes that programs read and write; the counts are a model's numbers of states, coupling variables and outputs.
#define DN_REGIONS(X)          \
  X(NOW, states)               \
  X(COUPLED, couplings)        \
  X(COUPLED_NEXT, couplings)   \
  X(INCREMENT, states)         \
  X(PREDICTOR, states)         \
  X(DRIFT, states)             \
  X(NEXT, states)              \
  X(OBSERVED, couplings)       \
  X(OUTPUT, outputs)           \
  X(D_STATE, states)           \
  X(D_COUPLED, couplings)      \
  X(D_COUPLED_NEXT, couplings) \
  X(D_INCREMENT, states)       \
  X(D_PREDICTOR, states)       \
  X(T_NOW, states)             \
  X(T_COUPLED, couplings)      \
  X(T_COUPLED_NEXT, couplings) \
  X(T_INCREMENT, states)       \
  X(T_PREDICTOR, states)
typedef enum dn_region {
#define X(name, count) DN_##name,
  DN_REGIONS(X)
#undef X
      DN_PARAMETERS,  // parameters, G, dt, and what is derived from them
  DN_SUMS,            // the sums of their cotangents
  DN_TANGENTS,        // their tangents
  DN_CONSTANTS,
  DN_SCRATCH,
  DN_REGION_COUNT
} dn_region;

// What a node depends on, at most.
typedef enum dn_level {
  DN_FIXED,
  DN_TIMED,
  DN_GIVEN,
  DN_VARYING
} dn_level;  // nothing; dt; parameters and G; the state

typedef struct dn_node {
  uint8_t code, level;
  dn_ref a, b, c;
  double value;
} dn_node;

typedef struct dn_expressions {
  dn_pool *pool;
  dn_node *node;
  int32_t count, capacity;
  bool *marked;   // (capacity) by those who walk through it
  dn_ref *table;  // of hashes
  int32_t slots;  // a power of two
  bool failed;    // no memory, or more nodes than there may be; every node is 0 from then on
} dn_expressions;

#define DN_NODES_MAX 60000

void dn_expressions_begin(dn_expressions *g, dn_pool *pool);

// A node; the one that is there already, or a simpler one of the same value. Constants are folded where IEEE arithmetic
// rounds once on every machine.
dn_ref dn_constant(dn_expressions *g, double value);
dn_ref dn_leaf(dn_expressions *g, dn_code code, int32_t a, int32_t b);
dn_ref dn_negate(dn_expressions *g, dn_ref a);
dn_ref dn_add(dn_expressions *g, dn_ref a, dn_ref b);
dn_ref dn_subtract(dn_expressions *g, dn_ref a, dn_ref b);
dn_ref dn_multiply(dn_expressions *g, dn_ref a, dn_ref b);
dn_ref dn_divide(dn_expressions *g, dn_ref a, dn_ref b);
dn_ref dn_fused(dn_expressions *g, dn_ref a, dn_ref b, dn_ref c);           // a b + c, rounded once
dn_ref dn_fused_subtract(dn_expressions *g, dn_ref a, dn_ref b, dn_ref c);  // c - a b
dn_ref dn_operation(dn_expressions *g, dn_code code, dn_ref a, dn_ref b, dn_ref c);

static inline int dn_level_of(const dn_expressions *g, dn_ref a) { return g->node[a].level; }
static inline bool dn_is_constant(const dn_expressions *g, dn_ref a, double value) {
  return g->node[a].code == DN_LEAF_CONSTANT && g->node[a].value == value;
}
// How many arguments an operation has; leaves have none.
extern const int8_t dn_argument_counts[DN_CODES];
static inline int dn_arguments(int code) { return dn_argument_counts[code]; }

// Marks the nodes that expressions consist of, and no others; returns the last. Arguments stand before what is made of them.
dn_ref dn_mark(dn_expressions *g, const dn_ref *roots, int32_t count);

// Expressions with other leaves: map[n] is what node n becomes, filled by the caller for leaves and DN_NONE for the others.
void dn_substitute(dn_expressions *g, const dn_ref *roots, int32_t count, dn_ref *map);

// h (x + y) + rest with what x and y are both multiplied by taken into h.
dn_ref dn_scaled_sum(dn_expressions *g, dn_ref h, dn_ref x, dn_ref y, dn_ref rest);

// ---- Derivatives: derivative.c -------------------------------------------------------------------------------------

// Adds, for every node of a list (`seeds`: their cotangents), to the cotangents of the leaves: adjoint[n], (count of the graph
// when called), DN_NONE or a start on entry. Nodes that depend on parameters alone count as leaves unless `derive`; the
// cotangents of these, or of the parameters, begin with their sums.
void dn_reverse(dn_expressions *g, const dn_ref *roots, const dn_ref *seeds, int32_t count, bool derive,
                dn_ref *adjoint);

// The tangents of nodes: tangent[n], (count of the graph when called), DN_NONE where there is none; inputs' are given. As
// above for `derive`.
void dn_forward(dn_expressions *g, const dn_ref *roots, int32_t count, bool derive, dn_ref *tangent);

#endif
