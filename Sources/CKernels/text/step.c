// The programs of a model: steps of every scheme, coupling variables, outputs, derived rows, and the derivatives of all.
#include "model.h"

// ---- Drafts --------------------------------------------------------------------------------------------------------

dn_draft *dn_draft_begin(dn_drafts *drafts, dn_program *program) {
  dn_draft *draft = &drafts->draft[drafts->count < DN_DRAFTS_MAX ? drafts->count : 0];
  if (drafts->count == DN_DRAFTS_MAX) drafts->failed = true;
  else drafts->count++;
  *draft = (dn_draft){.program = program};
  return draft;
}

void dn_draft_result(dn_drafts *drafts, dn_draft *draft, dn_ref node, dn_region region, int32_t index) {
  if (draft->count == draft->capacity) {
    const int32_t capacity = draft->capacity ? 2 * draft->capacity : 32;
    dn_result *result = dn_pool_take(drafts->pool, capacity, sizeof *result);
    if (!result) {
      drafts->failed = true;
      return;
    }
    if (draft->count > 0) memcpy(result, draft->result, (size_t)draft->count * sizeof *result);
    draft->result = result;
    draft->capacity = capacity;
  }
  draft->result[draft->count++] = (dn_result){node, region, index};
}

// A list of nodes, all DN_NONE.
static dn_ref *list(dn_drafts *drafts, int32_t count) {
  dn_ref *nodes = dn_pool_take(drafts->pool, count + 1, sizeof *nodes);
  if (!nodes) drafts->failed = true;
  for (int32_t k = 0; k < count && nodes; k++) nodes[k] = DN_NONE;
  return nodes;
}
static dn_ref *inputs(dn_drafts *drafts, dn_region region, int32_t count) {
  dn_ref *nodes = list(drafts, count);
  for (int32_t k = 0; k < count && nodes; k++)
    nodes[k] = dn_leaf(&drafts->equations->graph, DN_LEAF_INPUT, (int32_t)region, k);
  return nodes;
}
static void results(dn_drafts *drafts, dn_program *program, const dn_ref *nodes, dn_region region, int32_t count) {
  dn_draft *draft = dn_draft_begin(drafts, program);
  for (int32_t k = 0; k < count; k++) dn_draft_result(drafts, draft, nodes[k], region, k);
}

// ---- Derivatives of a list of expressions ---------------------------------------------------------------------------

// Where the cotangents of an input's region go, and whether they are added to what is there.
typedef struct input {
  dn_region region, cotangent, tangent;
  int32_t count;
  bool added;
} input;

// The program that adds to the cotangents of inputs, and to the sums, what cotangents of expressions give.
static void reverse(dn_drafts *drafts, dn_program *program, const dn_ref *roots, const dn_ref *seeds, int32_t count,
                    const input *from, int32_t kinds) {
  dn_expressions *g = &drafts->equations->graph;
  // Leaves are nodes before the adjoint is as long as the graph.
  for (int32_t i = 0; i < kinds; i++) {
    inputs(drafts, from[i].region, from[i].count);
    inputs(drafts, from[i].cotangent, from[i].count);
  }
  const int32_t nodes = g->count;
  dn_ref *adjoint = list(drafts, nodes);
  if (drafts->failed || g->failed) return;
  for (int32_t i = 0; i < kinds; i++)
    for (int32_t k = 0; k < from[i].count && from[i].added; k++)
      adjoint[dn_leaf(g, DN_LEAF_INPUT, (int32_t)from[i].region, k)] =
          dn_leaf(g, DN_LEAF_INPUT, (int32_t)from[i].cotangent, k);
  dn_reverse(g, roots, seeds, count, false, adjoint);
  dn_draft *draft = dn_draft_begin(drafts, program);
  for (int32_t i = 0; i < kinds; i++)
    for (int32_t k = 0; k < from[i].count; k++) {
      const dn_ref sum = adjoint[dn_leaf(g, DN_LEAF_INPUT, (int32_t)from[i].region, k)];
      dn_draft_result(drafts, draft, sum < 0 ? 0 : sum, from[i].cotangent, k);
    }
  for (dn_ref n = 1; n < nodes; n++)
    if (adjoint[n] >= 0 && g->node[n].level == DN_GIVEN) dn_draft_result(drafts, draft, adjoint[n], DN_SUMS, n);
}

static void forward(dn_drafts *drafts, dn_program *program, const dn_ref *roots, int32_t count, const input *from,
                    int32_t kinds, dn_region to) {
  dn_expressions *g = &drafts->equations->graph;
  for (int32_t i = 0; i < kinds; i++) {
    inputs(drafts, from[i].region, from[i].count);
    inputs(drafts, from[i].tangent, from[i].count);
  }
  dn_ref *tangent = list(drafts, g->count);
  if (drafts->failed || g->failed) return;
  for (int32_t i = 0; i < kinds; i++)
    for (int32_t k = 0; k < from[i].count; k++)
      tangent[dn_leaf(g, DN_LEAF_INPUT, (int32_t)from[i].region, k)] =
          dn_leaf(g, DN_LEAF_INPUT, (int32_t)from[i].tangent, k);
  dn_forward(g, roots, count, false, tangent);
  dn_draft *draft = dn_draft_begin(drafts, program);
  for (int32_t k = 0; k < count; k++)
    dn_draft_result(drafts, draft, tangent[roots[k]] < 0 ? 0 : tangent[roots[k]], to, k);
}

// ---- Schemes -------------------------------------------------------------------------------------------------------

// What a scheme's file says of its last stage, if it has two: the raw state from s + n, F(s, c) and F of the predictor.
typedef dn_ref (*dn_corrector)(dn_expressions *g, dn_ref start, dn_ref drift, dn_ref predicted_drift);

#include "../kernel/passes.h"
#define DN_PASS DN_PASS_EXPRESSIONS
#include "../schemes.def"
#undef DN_PASS
static const dn_corrector correctors[] = {
#define DN_PASS DN_PASS_CORRECTORS
#include "../schemes.def"
#undef DN_PASS
};

// The states of a step from raw ones.
static void clamped(dn_drafts *drafts, dn_ref *states) {
  const dn_equations *e = drafts->equations;
  dn_expressions *g = &drafts->equations->graph;
  for (int32_t k = 0; k < e->states; k++) {
    if (e->periodic[k]) states[k] = dn_operation(g, DN_OP_WRAP, states[k], DN_NONE, DN_NONE);
    if (e->lower[k] != -INFINITY)
      states[k] = dn_operation(g, DN_OP_CLAMP_LOW, states[k], dn_constant(g, e->lower[k]), DN_NONE);
    if (e->upper[k] != INFINITY)
      states[k] = dn_operation(g, DN_OP_CLAMP_HIGH, states[k], dn_constant(g, e->upper[k]), DN_NONE);
  }
}

// F at other states and coupling variables.
static dn_ref *drift_at(dn_drafts *drafts, const dn_ref *states, dn_region coupled) {
  dn_equations *e = drafts->equations;
  dn_expressions *g = &e->graph;
  inputs(drafts, coupled, e->couplings);
  dn_ref *map = list(drafts, g->count), *drift = list(drafts, e->states);
  if (drafts->failed || g->failed) return drift;
  for (int32_t k = 0; k < e->states; k++) map[dn_leaf(g, DN_LEAF_INPUT, DN_NOW, k)] = states[k];
  for (int32_t k = 0; k < e->couplings; k++)
    map[dn_leaf(g, DN_LEAF_INPUT, DN_COUPLED, k)] = dn_leaf(g, DN_LEAF_INPUT, (int32_t)coupled, k);
  dn_substitute(g, e->drift, e->states, map);
  for (int32_t k = 0; k < e->states; k++) drift[k] = map[e->drift[k]];
  return drift;
}

static void draft_scheme(dn_drafts *drafts, dn_step_programs *p, dn_corrector corrector) {
  dn_equations *e = drafts->equations;
  dn_expressions *g = &e->graph;
  const int32_t S = e->states, C = e->couplings;
  const dn_ref *now = inputs(drafts, DN_NOW, S), *increment = inputs(drafts, DN_INCREMENT, S);
  const dn_ref *seeds = inputs(drafts, DN_D_STATE, S);
  dn_ref *predictor = list(drafts, S), *start = list(drafts, S);
  if (drafts->failed || g->failed) return;
  const dn_ref dt = dn_leaf(g, DN_LEAF_TIME_STEP, DN_NONE, DN_NONE);
  for (int32_t k = 0; k < S; k++) {
    start[k] = dn_add(g, now[k], increment[k]);
    predictor[k] = dn_fused(g, dt, e->drift[k], start[k]);
  }
  clamped(drafts, predictor);

  const input state = {DN_NOW, DN_D_STATE, DN_T_NOW, S, false},
              noise = {DN_INCREMENT, DN_D_INCREMENT, DN_T_INCREMENT, S, false},
              coupled = {DN_COUPLED, DN_D_COUPLED, DN_T_COUPLED, C, false},
              coupled_next = {DN_COUPLED_NEXT, DN_D_COUPLED_NEXT, DN_T_COUPLED_NEXT, C, false},
              predicted = {DN_PREDICTOR, DN_D_PREDICTOR, DN_T_PREDICTOR, S, false},
              drifted = {DN_DRIFT, DN_DRIFT, DN_DRIFT, S, false};
  const input euler[] = {state, noise, coupled}, whole[] = {state, noise, coupled, coupled_next};
  if (!corrector) {
    results(drafts, &p->step, predictor, DN_NEXT, S);
    reverse(drafts, &p->step_vjp, predictor, seeds, S, euler, 3);
    reverse(drafts, &p->step_vjp_frozen, predictor, seeds, S, euler, 3);
    forward(drafts, &p->step_jvp, predictor, S, euler, 3, DN_NEXT);
    return;
  }

  dn_ref *next = list(drafts, S), *frozen = list(drafts, S), *corrected = list(drafts, S), *last = list(drafts, S);
  const dn_ref *predictor_given = inputs(drafts, DN_PREDICTOR, S), *drift_given = inputs(drafts, DN_DRIFT, S);
  const dn_ref *aware_drift = drift_at(drafts, predictor, DN_COUPLED_NEXT);
  const dn_ref *frozen_drift = drift_at(drafts, predictor, DN_COUPLED);
  const dn_ref *given_drift = drift_at(drafts, predictor_given, DN_COUPLED_NEXT);
  if (drafts->failed || g->failed) return;
  for (int32_t k = 0; k < S; k++) {
    next[k] = corrector(g, start[k], e->drift[k], aware_drift[k]);
    frozen[k] = corrector(g, start[k], e->drift[k], frozen_drift[k]);
    corrected[k] = corrector(g, start[k], e->drift[k], given_drift[k]);
    last[k] = corrector(g, start[k], drift_given[k], given_drift[k]);
  }
  clamped(drafts, next);
  clamped(drafts, frozen);
  clamped(drafts, corrected);
  clamped(drafts, last);
  results(drafts, &p->step, next, DN_NEXT, S);
  reverse(drafts, &p->step_vjp, next, seeds, S, whole, 4);
  reverse(drafts, &p->step_vjp_frozen, frozen, seeds, S, euler, 3);
  forward(drafts, &p->step_jvp, next, S, whole, 4, DN_NEXT);

  // The halves. Backwards the corrector's comes first, and leaves the cotangents of the predictor and of F(s, c).
  results(drafts, &p->predict, predictor, DN_NEXT, S);
  results(drafts, &p->correct, corrected, DN_NEXT, S);
  const input first[] = {
      {DN_NOW, DN_D_STATE, DN_T_NOW, S, true}, {DN_INCREMENT, DN_D_INCREMENT, DN_T_INCREMENT, S, true}, coupled};
  const input second[] = {state, noise, coupled_next, predicted, drifted};
  const input both[] = {state, noise, coupled, coupled_next, predicted};
  reverse(drafts, &p->correct_vjp, last, seeds, S, second, 5);
  dn_ref *roots = list(drafts, 2 * S), *cotangents = list(drafts, 2 * S);
  if (drafts->failed || g->failed) return;
  for (int32_t k = 0; k < S; k++) {
    roots[k] = predictor[k];
    cotangents[k] = dn_leaf(g, DN_LEAF_INPUT, DN_D_PREDICTOR, k);
    roots[S + k] = e->drift[k];
    cotangents[S + k] = drift_given[k];
  }
  reverse(drafts, &p->predict_vjp, roots, cotangents, 2 * S, first, 3);
  forward(drafts, &p->predict_jvp, predictor, S, euler, 3, DN_NEXT);
  forward(drafts, &p->correct_jvp, corrected, S, both, 5, DN_NEXT);
}

// ---- All of a model ------------------------------------------------------------------------------------------------

void dn_text_draft(dn_drafts *drafts, dn_text_model *m) {
  dn_equations *e = drafts->equations;
  const int32_t S = e->states, C = e->couplings, O = e->outputs;
  for (dn_scheme k = 0; k < dn_scheme_count(); k++) draft_scheme(drafts, &m->scheme[k], correctors[k]);
  results(drafts, &m->drift, e->drift, DN_NEXT, S);
  const input state = {DN_NOW, DN_D_STATE, DN_T_NOW, S, true};
  results(drafts, &m->observe, e->sent, DN_OBSERVED, C);
  reverse(drafts, &m->observe_vjp, e->sent, inputs(drafts, DN_OBSERVED, C), C, &state, 1);
  forward(drafts, &m->observe_jvp, e->sent, C, &state, 1, DN_OBSERVED);
  results(drafts, &m->output, e->output, DN_OUTPUT, O);
  reverse(drafts, &m->output_vjp, e->output, inputs(drafts, DN_OUTPUT, O), O, &state, 1);
  forward(drafts, &m->output_jvp, e->output, O, &state, 1, DN_OUTPUT);
}
