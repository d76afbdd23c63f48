// The graph of expressions: nodes, the rules by which they become simpler, substitution.
#include "../tape.h"
#include "graph.h"

const int8_t dn_argument_counts[DN_CODES] = {
#define X(name, arguments, value) [DN_OP_##name] = arguments,
#include "operations.def"
#undef X
};

static bool is_operation(const dn_expressions *g, dn_ref a, dn_code code) { return g->node[a].code == code; }
static bool is_fixed(const dn_expressions *g, dn_ref a) { return g->node[a].code == DN_LEAF_CONSTANT; }

void dn_expressions_begin(dn_expressions *g, dn_pool *pool) {
  *g = (dn_expressions){.pool = pool, .capacity = 1024, .slots = 2048};
  g->node = dn_pool_take(pool, g->capacity, sizeof *g->node);
  g->table = dn_pool_take(pool, g->slots, sizeof *g->table);
  g->marked = dn_pool_take(pool, g->capacity, sizeof *g->marked);
  g->failed = !g->node || !g->table || !g->marked;
  if (g->failed) return;
  // Node 0 is the constant 0: what a failed graph answers with is a node. A slot of 0 is empty.
  g->node[0] = (dn_node){.code = DN_LEAF_CONSTANT, .level = DN_FIXED, .a = DN_NONE, .b = DN_NONE, .c = DN_NONE};
  g->count = 1;
}

static uint64_t hash_of(const dn_node *n) {
  uint64_t bits, hash = DN_HASH;
  memcpy(&bits, &n->value, sizeof bits);
  dn_hash(&hash, n->code);
  dn_hash(&hash, (uint64_t)(uint32_t)n->a | (uint64_t)(uint32_t)n->b << 32);
  dn_hash(&hash, (uint64_t)(uint32_t)n->c);
  dn_hash(&hash, bits);
  return hash ^ hash >> 29;
}

static bool same(const dn_node *x, const dn_node *y) {
  return x->code == y->code && x->a == y->a && x->b == y->b && x->c == y->c &&
         memcmp(&x->value, &y->value, sizeof x->value) == 0;
}

// Twice as much room; what was there stays in the pool.
static void grow(dn_expressions *g) {
  const int32_t capacity = 2 * g->capacity, slots = 2 * g->slots;
  dn_node *node = dn_pool_take(g->pool, capacity, sizeof *node);
  dn_ref *table = dn_pool_take(g->pool, slots, sizeof *table);
  bool *marked = dn_pool_take(g->pool, capacity, sizeof *marked);
  if (!node || !table || !marked || g->count >= DN_NODES_MAX) {
    g->failed = true;
    return;
  }
  memcpy(node, g->node, (size_t)g->count * sizeof *node);
  memcpy(marked, g->marked, (size_t)g->count * sizeof *marked);
  for (dn_ref n = 1; n < g->count; n++) {
    uint64_t at = hash_of(&node[n]);
    while (table[at & (uint64_t)(slots - 1)]) at++;
    table[at & (uint64_t)(slots - 1)] = n;
  }
  g->node = node;
  g->marked = marked;
  g->table = table;
  g->capacity = capacity;
  g->slots = slots;
}

static dn_ref intern(dn_expressions *g, dn_node n) {
  if (g->failed) return 0;
  uint64_t at = hash_of(&n);
  for (dn_ref found; (found = g->table[at & (uint64_t)(g->slots - 1)]); at++)
    if (same(&g->node[found], &n)) return found;
  if (g->count == g->capacity || g->count >= DN_NODES_MAX) {
    grow(g);
    return intern(g, n);
  }
  g->table[at & (uint64_t)(g->slots - 1)] = g->count;
  g->node[g->count] = n;
  return g->count++;
}

dn_ref dn_constant(dn_expressions *g, double value) {
  if (value == 0) return 0;
  return intern(
      g,
      (dn_node){.code = DN_LEAF_CONSTANT, .level = DN_FIXED, .a = DN_NONE, .b = DN_NONE, .c = DN_NONE, .value = value});
}

dn_ref dn_leaf(dn_expressions *g, dn_code code, int32_t a, int32_t b) {
  const dn_level level = code == DN_LEAF_TIME_STEP                               ? DN_TIMED
                         : code == DN_LEAF_PARAMETER || code == DN_LEAF_COUPLING ? DN_GIVEN
                                                                                 : DN_VARYING;
  return intern(g, (dn_node){.code = (uint8_t)code, .level = level, .a = a, .b = b, .c = DN_NONE});
}

static dn_ref make(dn_expressions *g, dn_code code, dn_ref a, dn_ref b, dn_ref c) {
  // A function of constants is not folded: libraries round it differently. It is computed once a run.
  int level = DN_TIMED;
  const dn_ref arguments[] = {a, b, c};
  for (int k = 0; k < dn_arguments(code); k++)
    if (dn_level_of(g, arguments[k]) > level) level = dn_level_of(g, arguments[k]);
  return intern(g, (dn_node){.code = (uint8_t)code, .level = (uint8_t)level, .a = a, .b = b, .c = c});
}

// h of a node h x where h depends on parameters at most and x on more; else DN_NONE.
static dn_ref factor_of(const dn_expressions *g, dn_ref n, dn_ref *x) {
  if (!is_operation(g, n, DN_OP_MULTIPLY) || dn_level_of(g, n) < DN_VARYING) return DN_NONE;
  const dn_ref a = g->node[n].a, b = g->node[n].b;
  if (dn_level_of(g, a) < DN_VARYING) return *x = b, a;
  if (dn_level_of(g, b) < DN_VARYING) return *x = a, b;
  return DN_NONE;
}

dn_ref dn_negate(dn_expressions *g, dn_ref a) {
  if (is_fixed(g, a)) return dn_constant(g, -g->node[a].value);
  if (is_operation(g, a, DN_OP_NEGATE)) return g->node[a].a;
  if (is_operation(g, a, DN_OP_SUBTRACT)) return make(g, DN_OP_SUBTRACT, g->node[a].b, g->node[a].a, DN_NONE);
  return make(g, DN_OP_NEGATE, a, DN_NONE, DN_NONE);
}

dn_ref dn_add(dn_expressions *g, dn_ref a, dn_ref b) {
  if (is_fixed(g, a) && is_fixed(g, b)) return dn_constant(g, g->node[a].value + g->node[b].value);
  if (dn_is_constant(g, a, 0)) return b;
  if (dn_is_constant(g, b, 0)) return a;
  if (is_operation(g, b, DN_OP_NEGATE)) return dn_subtract(g, a, g->node[b].a);
  if (is_operation(g, a, DN_OP_NEGATE)) return dn_subtract(g, b, g->node[a].a);
  return a < b ? make(g, DN_OP_ADD, a, b, DN_NONE) : make(g, DN_OP_ADD, b, a, DN_NONE);
}

dn_ref dn_subtract(dn_expressions *g, dn_ref a, dn_ref b) {
  if (is_fixed(g, a) && is_fixed(g, b)) return dn_constant(g, g->node[a].value - g->node[b].value);
  if (dn_is_constant(g, b, 0)) return a;
  if (dn_is_constant(g, a, 0)) return dn_negate(g, b);
  if (is_operation(g, b, DN_OP_NEGATE)) return dn_add(g, a, g->node[b].a);
  return make(g, DN_OP_SUBTRACT, a, b, DN_NONE);
}

dn_ref dn_multiply(dn_expressions *g, dn_ref a, dn_ref b) {
  if (is_fixed(g, a) && is_fixed(g, b)) return dn_constant(g, g->node[a].value * g->node[b].value);
  if (dn_is_constant(g, a, 0) || dn_is_constant(g, b, 0)) return 0;
  if (dn_is_constant(g, a, 1)) return b;
  if (dn_is_constant(g, b, 1)) return a;
  if (dn_is_constant(g, a, -1)) return dn_negate(g, b);
  if (dn_is_constant(g, b, -1)) return dn_negate(g, a);
  if (is_operation(g, a, DN_OP_NEGATE)) return dn_negate(g, dn_multiply(g, g->node[a].a, b));
  if (is_operation(g, b, DN_OP_NEGATE)) return dn_negate(g, dn_multiply(g, a, g->node[b].a));
  dn_ref x;
  if (dn_level_of(g, a) < DN_VARYING && factor_of(g, b, &x) >= 0)
    return dn_multiply(g, dn_multiply(g, a, factor_of(g, b, &x)), x);
  if (dn_level_of(g, b) < DN_VARYING && factor_of(g, a, &x) >= 0)
    return dn_multiply(g, dn_multiply(g, b, factor_of(g, a, &x)), x);
  return a < b ? make(g, DN_OP_MULTIPLY, a, b, DN_NONE) : make(g, DN_OP_MULTIPLY, b, a, DN_NONE);
}

dn_ref dn_divide(dn_expressions *g, dn_ref a, dn_ref b) {
  if (is_fixed(g, a) && is_fixed(g, b)) return dn_constant(g, g->node[a].value / g->node[b].value);
  if (dn_is_constant(g, b, 1)) return a;
  if (dn_is_constant(g, a, 0)) return 0;
  if (is_operation(g, a, DN_OP_NEGATE)) return dn_negate(g, dn_divide(g, g->node[a].a, b));
  if (is_operation(g, b, DN_OP_NEGATE)) return dn_negate(g, dn_divide(g, a, g->node[b].a));
  // A division by what is known before the run is a product with its reciprocal.
  if (dn_level_of(g, a) == DN_VARYING && dn_level_of(g, b) < DN_VARYING)
    return dn_multiply(g, dn_divide(g, dn_constant(g, 1), b), a);
  return make(g, DN_OP_DIVIDE, a, b, DN_NONE);
}

// a b + c (minus_product: c - a b), with signs taken out of the factors and of c.
static dn_ref fused(dn_expressions *g, dn_ref a, dn_ref b, dn_ref c, bool minus_product) {
  for (dn_ref *factor = &a; factor; factor = factor == &a ? &b : NULL)
    if (is_operation(g, *factor, DN_OP_NEGATE)) {
      *factor = g->node[*factor].a;
      minus_product = !minus_product;
    }
  dn_ref x;
  if (dn_level_of(g, b) < DN_VARYING) {
    const dn_ref swapped = a;
    a = b;
    b = swapped;
  }
  if (dn_level_of(g, a) < DN_VARYING && factor_of(g, b, &x) >= 0) {
    a = dn_multiply(g, a, factor_of(g, b, &x));
    b = x;
  }
  // Nothing is gained where the product is known before the run, or is not one.
  const bool known = dn_level_of(g, a) < DN_VARYING && dn_level_of(g, b) < DN_VARYING;
  if (known || dn_is_constant(g, a, 0) || dn_is_constant(g, a, 1) || dn_is_constant(g, a, -1) ||
      dn_is_constant(g, b, 0) || dn_is_constant(g, b, 1) || dn_is_constant(g, b, -1) || dn_is_constant(g, c, 0)) {
    const dn_ref product = dn_multiply(g, a, b);
    return minus_product ? dn_subtract(g, c, product) : dn_add(g, product, c);
  }
  if (a > b) {
    const dn_ref swapped = a;
    a = b;
    b = swapped;
  }
  if (is_operation(g, c, DN_OP_NEGATE)) {
    c = g->node[c].a;
    return minus_product ? dn_negate(g, make(g, DN_OP_FMA, a, b, c)) : make(g, DN_OP_FMS, a, b, c);
  }
  return make(g, minus_product ? DN_OP_FNMA : DN_OP_FMA, a, b, c);
}
dn_ref dn_fused(dn_expressions *g, dn_ref a, dn_ref b, dn_ref c) { return fused(g, a, b, c, false); }
dn_ref dn_fused_subtract(dn_expressions *g, dn_ref a, dn_ref b, dn_ref c) { return fused(g, a, b, c, true); }

dn_ref dn_operation(dn_expressions *g, dn_code code, dn_ref a, dn_ref b, dn_ref c) {
  switch ((int)code) {
    case DN_OP_NEGATE: return dn_negate(g, a);
    case DN_OP_ADD: return dn_add(g, a, b);
    case DN_OP_SUBTRACT: return dn_subtract(g, a, b);
    case DN_OP_MULTIPLY: return dn_multiply(g, a, b);
    case DN_OP_DIVIDE: return dn_divide(g, a, b);
    case DN_OP_FMA: return fused(g, a, b, c, false);
    case DN_OP_FMS: return fused(g, a, b, dn_negate(g, c), false);
    case DN_OP_FNMA: return fused(g, a, b, c, true);
    case DN_OP_SQRT:
      if (is_fixed(g, a) && g->node[a].value >= 0) return dn_constant(g, sqrt(g->node[a].value));
      break;
    case DN_OP_SELECT:
      if (is_fixed(g, a)) return g->node[a].value != 0 ? b : c;
      if (b == c) return b;
      break;
    default: break;
  }
  return make(g, code, a, b, c);
}

dn_ref dn_mark(dn_expressions *g, const dn_ref *roots, int32_t count) {
  dn_ref top = 0;
  memset(g->marked, 0, (size_t)g->count * sizeof *g->marked);
  for (int32_t k = 0; k < count; k++) {
    g->marked[roots[k]] = true;
    if (roots[k] > top) top = roots[k];
  }
  for (dn_ref n = top; n > 0; n--) {
    if (!g->marked[n]) continue;
    const dn_ref arguments[] = {g->node[n].a, g->node[n].b, g->node[n].c};
    for (int k = 0; k < dn_arguments(g->node[n].code); k++) g->marked[arguments[k]] = true;
  }
  return top;
}

void dn_substitute(dn_expressions *g, const dn_ref *roots, int32_t count, dn_ref *map) {
  const dn_ref top = dn_mark(g, roots, count);
  for (dn_ref n = 0; n <= top; n++) {
    if (!g->marked[n] || map[n] >= 0) continue;
    const dn_node x = g->node[n];
    const int arguments = dn_arguments(x.code);
    if (x.level < DN_VARYING || arguments == 0) map[n] = n;
    else
      map[n] =
          dn_operation(g, x.code, map[x.a], arguments > 1 ? map[x.b] : DN_NONE, arguments > 2 ? map[x.c] : DN_NONE);
  }
}

dn_ref dn_scaled_sum(dn_expressions *g, dn_ref h, dn_ref x, dn_ref y, dn_ref rest) {
  dn_ref x_rest, y_rest;
  const dn_ref factor = factor_of(g, x, &x_rest);
  if (factor >= 0 && factor_of(g, y, &y_rest) == factor)
    return dn_fused(g, dn_multiply(g, h, factor), dn_add(g, x_rest, y_rest), rest);
  return dn_fused(g, h, dn_add(g, x, y), rest);
}
