// Derivatives of expressions: one rule an operation, for both directions.
#include "graph.h"

// What a derivative does to a number x on its way between an operation and one of its arguments.
typedef struct rule {
  enum { NOTHING, PLUS, MINUS, TIMES, MINUS_TIMES, OVER, WHERE, WHERE_NOT } kind;
  dn_ref by;  // the factor, divisor or condition
} rule;

// The derivative of node n by its argument k.
static rule rule_of(dn_expressions *g, dn_ref n, int k) {
  const dn_node x = g->node[n];
  const dn_ref a = x.a, b = x.b;
#define FUNCTION(code, of) dn_operation(g, DN_OP_##code, of, DN_NONE, DN_NONE)
  switch (x.code) {
    case DN_OP_MOVE:
    case DN_OP_WRAP: return (rule){PLUS, 0};
    case DN_OP_NEGATE: return (rule){MINUS, 0};
    case DN_OP_ADD: return (rule){PLUS, 0};
    case DN_OP_SUBTRACT: return (rule){k == 0 ? PLUS : MINUS, 0};
    case DN_OP_MULTIPLY: return (rule){TIMES, k == 0 ? b : a};
    case DN_OP_DIVIDE:
      if (k == 0) return (rule){OVER, b};
      return (rule){MINUS_TIMES, dn_divide(g, n, b)};
    case DN_OP_FMA:
      if (k == 2) return (rule){PLUS, 0};
      return (rule){TIMES, k == 0 ? b : a};
    case DN_OP_FMS:
      if (k == 2) return (rule){MINUS, 0};
      return (rule){TIMES, k == 0 ? b : a};
    case DN_OP_FNMA:
      if (k == 2) return (rule){PLUS, 0};
      return (rule){MINUS_TIMES, k == 0 ? b : a};
    // At a tie the first argument's.
    case DN_OP_MIN: return (rule){k == 0 ? WHERE : WHERE_NOT, dn_operation(g, DN_OP_LESS_EQUAL, a, b, DN_NONE)};
    case DN_OP_MAX: return (rule){k == 0 ? WHERE : WHERE_NOT, dn_operation(g, DN_OP_LESS_EQUAL, b, a, DN_NONE)};
    case DN_OP_ABS: return (rule){TIMES, FUNCTION(SIGN, a)};
    case DN_OP_SQRT: return (rule){OVER, dn_multiply(g, dn_constant(g, 2), n)};
    case DN_OP_EXP: return (rule){TIMES, n};
    case DN_OP_LOG: return (rule){OVER, a};
    case DN_OP_SIN: return (rule){TIMES, FUNCTION(COS, a)};
    case DN_OP_COS: return (rule){MINUS_TIMES, FUNCTION(SIN, a)};
    case DN_OP_TAN: return (rule){TIMES, dn_fused(g, n, n, dn_constant(g, 1))};
    // 1 - tanh^2 would lose its digits in the tails.
    case DN_OP_TANH:
      return (rule){TIMES,
                    dn_multiply(g, dn_constant(g, 4), FUNCTION(LOGISTIC_SLOPE, dn_multiply(g, dn_constant(g, 2), a)))};
    case DN_OP_SINH: return (rule){TIMES, FUNCTION(COSH, a)};
    case DN_OP_COSH: return (rule){TIMES, FUNCTION(SINH, a)};
    case DN_OP_ATAN: return (rule){OVER, dn_fused(g, a, a, dn_constant(g, 1))};
    case DN_OP_ERF:
    case DN_OP_ERFC: {
      const dn_ref bell = FUNCTION(EXP, dn_negate(g, dn_multiply(g, a, a)));
      // 2 / sqrt(pi)
      return (rule){x.code == DN_OP_ERF ? TIMES : MINUS_TIMES,
                    dn_multiply(g, dn_constant(g, 1.1283791670955126), bell)};
    }
    case DN_OP_LOGISTIC: return (rule){TIMES, FUNCTION(LOGISTIC_SLOPE, a)};
    case DN_OP_EXPREL: return (rule){TIMES, FUNCTION(EXPREL_SLOPE, a)};
    case DN_OP_POWER: {
      if (k == 0) {
        const dn_ref below = dn_operation(g, DN_OP_POWER, a, dn_subtract(g, b, dn_constant(g, 1)), DN_NONE);
        return (rule){TIMES, dn_multiply(g, b, below)};
      }
      // a^b log a; 0 at a = 0, where the logarithm is infinite.
      const dn_ref positive = dn_operation(g, DN_OP_LESS, 0, a, DN_NONE);
      return (rule){TIMES, dn_operation(g, DN_OP_SELECT, positive, dn_multiply(g, n, FUNCTION(LOG, a)), 0)};
    }
    case DN_OP_SELECT:
      if (k == 0) return (rule){NOTHING, 0};
      return (rule){k == 1 ? WHERE : WHERE_NOT, a};
    case DN_OP_CLAMP_LOW:
      if (k == 1) return (rule){NOTHING, 0};
      return (rule){WHERE_NOT, dn_operation(g, DN_OP_LESS, a, b, DN_NONE)};
    case DN_OP_CLAMP_HIGH:
      if (k == 1) return (rule){NOTHING, 0};
      return (rule){WHERE_NOT, dn_operation(g, DN_OP_LESS, b, a, DN_NONE)};
  }
#undef FUNCTION
  // Comparisons and signs; slopes stand in derivatives alone.
  return (rule){NOTHING, 0};
}

// sum plus x times the derivative; the sum may be DN_NONE.
static dn_ref add_times(dn_expressions *g, dn_ref sum, dn_ref x, rule r) {
  switch (r.kind) {
    case NOTHING: return sum;
    case PLUS: return sum < 0 ? x : dn_add(g, sum, x);
    case MINUS: return sum < 0 ? dn_negate(g, x) : dn_subtract(g, sum, x);
    case TIMES: return sum < 0 ? dn_multiply(g, x, r.by) : dn_fused(g, x, r.by, sum);
    case MINUS_TIMES: return sum < 0 ? dn_negate(g, dn_multiply(g, x, r.by)) : dn_fused_subtract(g, x, r.by, sum);
    case OVER: {
      // By what is known before the run: times its reciprocal.
      if (dn_level_of(g, r.by) < DN_VARYING)
        return add_times(g, sum, x, (rule){TIMES, dn_divide(g, dn_constant(g, 1), r.by)});
      const dn_ref over = dn_divide(g, x, r.by);
      return sum < 0 ? over : dn_add(g, sum, over);
    }
    case WHERE:
    case WHERE_NOT: {
      const bool where = r.kind == WHERE;
      const dn_ref chosen = dn_operation(g, DN_OP_SELECT, r.by, where ? x : 0, where ? 0 : x);
      return sum < 0 ? chosen : dn_add(g, sum, chosen);
    }
  }
  return sum;
}

// Whether a node is a leaf of derivatives, and whether it has any.
static bool is_leaf(const dn_expressions *g, dn_ref n, bool derive) {
  return dn_arguments(g->node[n].code) == 0 || (!derive && g->node[n].level < DN_VARYING);
}
static bool depends(const dn_expressions *g, dn_ref n) { return g->node[n].level >= DN_GIVEN; }

// What the cotangent of a node begins with: a sum, where there is one.
static dn_ref begun(dn_expressions *g, dn_ref n, bool derive, dn_ref adjoint) {
  if (adjoint >= 0 || g->node[n].level != DN_GIVEN || !is_leaf(g, n, derive)) return adjoint;
  return dn_leaf(g, DN_LEAF_SUM, n, DN_NONE);
}

void dn_reverse(dn_expressions *g, const dn_ref *roots, const dn_ref *seeds, int32_t count, bool derive,
                dn_ref *adjoint) {
  dn_ref top = 0;
  for (int32_t k = 0; k < count; k++) {
    const dn_ref n = roots[k];
    if (!depends(g, n) || dn_is_constant(g, seeds[k], 0)) continue;
    adjoint[n] = add_times(g, begun(g, n, derive, adjoint[n]), seeds[k], (rule){PLUS, 0});
    if (n > top) top = n;
  }
  // Arguments stand before what is made of them.
  for (dn_ref n = top; n > 0; n--) {
    if (adjoint[n] < 0 || is_leaf(g, n, derive)) continue;
    const dn_node x = g->node[n];
    const dn_ref arguments[] = {x.a, x.b, x.c};
    for (int k = 0; k < dn_arguments(x.code); k++) {
      const dn_ref to = arguments[k];
      if (!depends(g, to)) continue;
      const rule r = rule_of(g, n, k);
      if (r.kind != NOTHING) adjoint[to] = add_times(g, begun(g, to, derive, adjoint[to]), adjoint[n], r);
    }
  }
}

void dn_forward(dn_expressions *g, const dn_ref *roots, int32_t count, bool derive, dn_ref *tangent) {
  const dn_ref top = dn_mark(g, roots, count);
  for (dn_ref n = 1; n <= top; n++) {
    if (!g->marked[n] || !depends(g, n) || tangent[n] >= 0) continue;
    const dn_node x = g->node[n];
    if (is_leaf(g, n, derive)) {
      if (x.level == DN_GIVEN) tangent[n] = dn_leaf(g, DN_LEAF_TANGENT, n, DN_NONE);
      continue;
    }
    const dn_ref arguments[] = {x.a, x.b, x.c};
    for (int k = 0; k < dn_arguments(x.code); k++)
      if (tangent[arguments[k]] >= 0) tangent[n] = add_times(g, tangent[n], tangent[arguments[k]], rule_of(g, n, k));
  }
}
