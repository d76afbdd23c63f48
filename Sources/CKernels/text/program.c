// Programs from drafts: which rows are derived, which instructions there are, and where their numbers go.
#include "model.h"

typedef struct emission {
  dn_drafts *drafts;
  dn_expressions *g;
  dn_text_model *model;
  dn_pool *pool;
  int32_t *row;                     // of a node that depends on parameters at most: 1 + its row, 0: none yet
  int32_t *constant;                // of a constant: 1 + its number
  int32_t *register_of, *last_use;  // of a node in the program that is being written
  int32_t nodes;
  bool failed;
} emission;

// Arrays over so many nodes; rows and constants that have numbers keep them.
static bool take_numbers(emission *e, int32_t nodes) {
  int32_t *row = dn_pool_take(e->drafts->pool, nodes, sizeof *row),
          *constant = dn_pool_take(e->drafts->pool, nodes, sizeof *constant);
  e->register_of = dn_pool_take(e->drafts->pool, nodes, sizeof *e->register_of);
  e->last_use = dn_pool_take(e->drafts->pool, nodes, sizeof *e->last_use);
  if (!row || !constant || !e->register_of || !e->last_use) return false;
  if (e->row) memcpy(row, e->row, (size_t)e->nodes * sizeof *row);
  if (e->constant) memcpy(constant, e->constant, (size_t)e->nodes * sizeof *constant);
  e->row = row;
  e->constant = constant;
  return true;
}

static bool is_computed(const emission *e, const dn_draft *draft, dn_ref n) {
  return dn_arguments(e->g->node[n].code) > 0 && (draft->derive || e->g->node[n].level == DN_VARYING);
}

// ---- Rows ----------------------------------------------------------------------------------------------------------

static void want_row(emission *e, dn_ref n) {
  const dn_node *x = &e->g->node[n];
  const int32_t P = e->model->parameters;
  if (e->row[n]) return;
  if (x->code == DN_LEAF_PARAMETER) e->row[n] = 1 + x->a;
  else if (x->code == DN_LEAF_COUPLING) e->row[n] = 1 + DN_ROW_COUPLING(P);
  else if (x->code == DN_LEAF_TIME_STEP) e->row[n] = 1 + DN_ROW_TIME_STEP(P);
  else e->row[n] = 1 + e->model->rows++;
}

static void want_operand(emission *e, const dn_draft *draft, dn_ref n) {
  const dn_node *x = &e->g->node[n];
  if (x->code == DN_LEAF_SUM || x->code == DN_LEAF_TANGENT) want_row(e, x->a);
  else if (x->code == DN_LEAF_CONSTANT && !e->constant[n]) e->constant[n] = 1 + e->model->constants++;
  else if (x->code != DN_LEAF_CONSTANT && x->level < DN_VARYING && !is_computed(e, draft, n)) want_row(e, n);
}

// What a draft computes, in order. Every row that it reads or writes has a number from then on.
static void want_rows(emission *e, dn_draft *draft) {
  dn_expressions *g = e->g;
  dn_ref *roots = dn_pool_take(e->drafts->pool, draft->count + 1, sizeof *roots);
  e->failed |= !roots;
  for (int32_t k = 0; k < draft->count && !e->failed; k++) {
    const dn_result *r = &draft->result[k];
    roots[k] = r->node;
    if (r->region == DN_SUMS || r->region == DN_TANGENTS || r->region == DN_PARAMETERS) want_row(e, r->index);
    want_operand(e, draft, r->node);
  }
  if (e->failed) return;
  const dn_ref top = dn_mark(g, roots, draft->count);
  for (dn_ref n = 0; n <= top; n++) draft->length += g->marked[n];
  draft->order = dn_pool_take(e->drafts->pool, draft->length + 1, sizeof *draft->order);
  e->failed |= !draft->order;
  int32_t at = 0;
  for (dn_ref n = 0; n <= top && !e->failed; n++) {
    if (!g->marked[n] || !is_computed(e, draft, n)) continue;
    const dn_ref arguments[] = {g->node[n].a, g->node[n].b, g->node[n].c};
    for (int k = 0; k < dn_arguments(g->node[n].code); k++) want_operand(e, draft, arguments[k]);
    draft->order[at++] = n;
  }
  draft->length = at;
}

// The programs that compute what is derived, its tangents, and what its cotangents give to the parameters.
static void draft_derived(emission *e) {
  dn_drafts *drafts = e->drafts;
  dn_expressions *g = e->g;
  const int32_t nodes = e->nodes;
  dn_ref *roots = dn_pool_take(e->pool, nodes, sizeof *roots), *seeds = dn_pool_take(e->pool, nodes, sizeof *seeds),
         *adjoint = dn_pool_take(e->pool, nodes, sizeof *adjoint),
         *tangent = dn_pool_take(e->pool, nodes, sizeof *tangent);
  if (!roots || !seeds || !adjoint || !tangent) {
    drafts->failed = true;
    return;
  }
  dn_draft *derive = dn_draft_begin(drafts, &e->model->derive), *vjp = dn_draft_begin(drafts, &e->model->derive_vjp),
           *jvp = dn_draft_begin(drafts, &e->model->derive_jvp);
  derive->derive = vjp->derive = jvp->derive = true;
  int32_t count = 0;
  for (dn_ref n = 1; n < nodes; n++) {
    adjoint[n] = tangent[n] = DN_NONE;
    if (!e->row[n] || dn_arguments(g->node[n].code) == 0) continue;
    dn_draft_result(drafts, derive, n, DN_PARAMETERS, n);
    if (g->node[n].level != DN_GIVEN) continue;
    roots[count] = n;
    seeds[count++] = dn_leaf(g, DN_LEAF_SUM, n, DN_NONE);
  }
  adjoint[0] = tangent[0] = DN_NONE;
  dn_forward(g, roots, count, true, tangent);
  for (int32_t k = 0; k < count; k++)
    dn_draft_result(drafts, jvp, tangent[roots[k]] < 0 ? 0 : tangent[roots[k]], DN_TANGENTS, roots[k]);
  dn_reverse(g, roots, seeds, count, true, adjoint);
  for (dn_ref n = 1; n < nodes; n++)
    if (adjoint[n] >= 0 && dn_arguments(g->node[n].code) == 0 && g->node[n].level == DN_GIVEN)
      dn_draft_result(drafts, vjp, adjoint[n], DN_SUMS, n);
}

// ---- Instructions --------------------------------------------------------------------------------------------------

static int32_t register_for(const emission *e, const dn_draft *draft, dn_ref n) {
  const dn_node *x = &e->g->node[n];
  const int32_t *first = e->model->first;
  if (is_computed(e, draft, n)) return e->register_of[n];
  if (x->code == DN_LEAF_CONSTANT) return first[DN_CONSTANTS] + e->constant[n] - 1;
  if (x->code == DN_LEAF_INPUT) return first[x->a] + x->b;
  if (x->code == DN_LEAF_SUM) return first[DN_SUMS] + e->row[x->a] - 1;
  if (x->code == DN_LEAF_TANGENT) return first[DN_TANGENTS] + e->row[x->a] - 1;
  return first[DN_PARAMETERS] + e->row[n] - 1;
}

static int32_t register_of_result(const emission *e, const dn_result *r) {
  const bool by_node = r->region == DN_SUMS || r->region == DN_TANGENTS || r->region == DN_PARAMETERS;
  return e->model->first[r->region] + (by_node ? e->row[r->index] - 1 : r->index);
}

// Room for the results of a program, and for what its instructions read.
typedef struct writing {
  int32_t *last_read;  // (registers) the last instruction that reads a row which is not scratch; -1: none
  int32_t *free;       // rows of scratch that may be used again
  int32_t free_count, scratch;
  int32_t *moved;  // where each result is read from
} writing;

static bool write_program(emission *e, const dn_draft *draft, writing *w) {
  dn_expressions *g = e->g;
  const int32_t *first = e->model->first, count = draft->length;
  const dn_result *results = draft->result;
  dn_instruction *to = dn_pool_take(e->pool, count + 2 * draft->count + 1, sizeof *to);
  if (!to) return false;

  // When what is read is read for the last time: by the instructions, or by the moves behind them.
  for (int32_t r = 0; r < first[DN_SCRATCH]; r++) w->last_read[r] = -1;
  for (int32_t at = 0; at < count; at++) {
    const dn_ref n = draft->order[at], arguments[] = {g->node[n].a, g->node[n].b, g->node[n].c};
    e->register_of[n] = e->last_use[n] = -1;
    for (int k = 0; k < dn_arguments(g->node[n].code); k++) {
      if (is_computed(e, draft, arguments[k])) e->last_use[arguments[k]] = at;
      else w->last_read[register_for(e, draft, arguments[k])] = at;
    }
  }
  for (int32_t k = 0; k < draft->count; k++)
    if (!is_computed(e, draft, results[k].node)) w->last_read[register_for(e, draft, results[k].node)] = count;

  // A result is written where it belongs as soon as it is known, unless what stands there is read later. A node that is
  // several results, or cannot be written yet, lasts until it is moved.
  for (int32_t k = 0; k < draft->count; k++) {
    const dn_ref n = results[k].node;
    if (!is_computed(e, draft, n)) continue;
    int32_t low = 0, high = count;
    while (low + 1 < high) {
      const int32_t middle = low + (high - low) / 2;
      if (draft->order[middle] <= n) low = middle;
      else high = middle;
    }
    const int32_t wanted = register_of_result(e, &results[k]);
    if (e->register_of[n] < 0 && w->last_read[wanted] <= low) e->register_of[n] = wanted;
    else e->last_use[n] = count;
  }

  w->free_count = w->scratch = 0;
  int32_t at = 0;
  for (; at < count; at++) {
    const dn_ref n = draft->order[at];
    const dn_node x = g->node[n];
    const dn_ref arguments[] = {x.a, x.b, x.c};
    const int operands = dn_arguments(x.code);
    uint16_t read[3] = {0};
    for (int k = 0; k < operands; k++) read[k] = (uint16_t)register_for(e, draft, arguments[k]);
    for (int k = 0; k < operands; k++) {
      const dn_ref a = arguments[k];
      if (!is_computed(e, draft, a) || e->last_use[a] != at || e->register_of[a] < first[DN_SCRATCH]) continue;
      w->free[w->free_count++] = e->register_of[a];
      e->last_use[a] = -2;  // given back once
    }
    if (e->register_of[n] < 0)
      e->register_of[n] = w->free_count > 0 ? w->free[--w->free_count] : first[DN_SCRATCH] + w->scratch++;
    to[at] = (dn_instruction){x.code, (uint16_t)e->register_of[n], read[0], read[1], read[2]};
  }

  // Results that are read from elsewhere: first those out of the way that stand where another result goes.
  int32_t *from = w->moved;
  for (int32_t k = 0; k < draft->count; k++) {
    from[k] = register_for(e, draft, results[k].node);
    const int32_t wanted = register_of_result(e, &results[k]), stands = from[k];
    bool in_the_way = false;
    for (int32_t other = 0; other < draft->count && stands != wanted && stands < first[DN_SCRATCH]; other++)
      in_the_way |= register_of_result(e, &draft->result[other]) == stands &&
                    register_for(e, draft, results[other].node) != stands;
    if (!in_the_way) continue;
    from[k] = first[DN_SCRATCH] + w->scratch++;
    to[at++] = (dn_instruction){DN_OP_MOVE, (uint16_t)from[k], (uint16_t)stands, 0, 0};
  }
  for (int32_t k = 0; k < draft->count; k++) {
    const int32_t wanted = register_of_result(e, &results[k]);
    if (from[k] != wanted) to[at++] = (dn_instruction){DN_OP_MOVE, (uint16_t)wanted, (uint16_t)from[k], 0, 0};
  }
  *draft->program = (dn_program){.count = at, .scratch = w->scratch, .instruction = to};
  if (w->scratch > e->model->scratch) e->model->scratch = w->scratch;
  return true;
}

// Whether a finished program reads rows that are there and writes rows that it may.
static bool is_valid(const dn_text_model *m, const dn_program *p, bool derive) {
  for (int32_t k = 0; k < p->count; k++) {
    const dn_instruction *i = &p->instruction[k];
    const uint16_t read[] = {i->a, i->b, i->c};
    if (i->code >= DN_OPERATIONS || i->to >= m->registers) return false;
    const bool parameter = i->to >= m->first[DN_PARAMETERS] && i->to < m->first[DN_SUMS];
    const bool tangent = i->to >= m->first[DN_TANGENTS] && i->to < m->first[DN_CONSTANTS];
    const bool constant = i->to >= m->first[DN_CONSTANTS] && i->to < m->first[DN_SCRATCH];
    if (constant || (!derive && (parameter || tangent))) return false;
    for (int r = 0; r < dn_arguments(i->code); r++)
      if (read[r] >= m->registers) return false;
  }
  return p->scratch <= m->scratch;
}

bool dn_text_emit(dn_drafts *drafts, dn_text_model *m, dn_pool *pool) {
  dn_expressions *g = &drafts->equations->graph;
  if (drafts->failed || g->failed) return false;
  emission e = {.drafts = drafts, .g = g, .model = m, .pool = drafts->pool, .nodes = g->count};
  if (!take_numbers(&e, g->count)) return false;
  m->rows = DN_ROW_DERIVED(m->parameters);
  for (int32_t k = 0; k < drafts->count; k++) want_rows(&e, &drafts->draft[k]);
  const int32_t given = drafts->count;
  draft_derived(&e);
  // The derivatives of what is derived have added nodes.
  if (drafts->failed || g->failed || !take_numbers(&e, g->count)) return false;
  for (int32_t k = given; k < drafts->count; k++) want_rows(&e, &drafts->draft[k]);
  int32_t results = 0;
  for (int32_t k = 0; k < drafts->count; k++)
    if (drafts->draft[k].count > results) results = drafts->draft[k].count;
  if (e.failed) return false;

  const int32_t counts[DN_REGION_COUNT] = {
#define states m->states
#define couplings m->couplings
#define outputs m->outputs
#define X(name, count) [DN_##name] = count,
      DN_REGIONS(X)
#undef X
#undef states
#undef couplings
#undef outputs
          [DN_PARAMETERS] = m->rows,
      [DN_SUMS] = m->rows,
      [DN_TANGENTS] = m->rows,
      [DN_CONSTANTS] = m->constants,
  };
  int32_t next = 0;
  for (int k = 0; k < DN_REGION_COUNT; k++) {
    m->first[k] = next;
    next += counts[k];
  }
  m->constant = dn_pool_take(pool, m->constants + 1, sizeof *m->constant);
  if (!m->constant) return false;
  for (dn_ref n = 0; n < g->count; n++)
    if (e.constant[n]) m->constant[e.constant[n] - 1] = g->node[n].value;

  writing w = {.last_read = dn_pool_take(drafts->pool, next + 1, sizeof(int32_t)),
               .free = dn_pool_take(drafts->pool, g->count, sizeof(int32_t)),
               .moved = dn_pool_take(drafts->pool, results + 1, sizeof(int32_t))};
  if (!w.last_read || !w.free || !w.moved) return false;
  e.pool = pool;
  for (int32_t k = 0; k < drafts->count; k++)
    if (!write_program(&e, &drafts->draft[k], &w)) return false;
  m->registers = next + m->scratch;
  if (m->registers > UINT16_MAX) return false;
  for (int32_t k = 0; k < drafts->count; k++)
    if (!is_valid(m, drafts->draft[k].program, drafts->draft[k].derive)) return false;
  return true;
}
