// Models from text: the public functions.
#include "model.h"

typedef struct parsed {
  dn_model model;
  dn_implementation implementation;
  dn_text_model text;
  dn_pool pool;  // that all this stands in
} parsed;

static dn_status assemble(const char *text, size_t length, parsed *p, dn_pool *passing, dn_text_error *error) {
  dn_equations *equations = dn_pool_take(passing, 1, sizeof *equations);
  dn_drafts *drafts = dn_pool_take(passing, 1, sizeof *drafts);
  char *kept = dn_pool_take(&p->pool, (ptrdiff_t)length + 1, 1);
  if (!equations || !drafts || !kept) return DN_NO_MEMORY;
  memcpy(kept, text, length);
  dn_expressions_begin(&equations->graph, passing);
  if (equations->graph.failed) return DN_NO_MEMORY;
  const dn_status status = dn_text_read(kept, length, &p->pool, &p->model, equations, error);
  if (status != DN_OK) return status;

  p->text = (dn_text_model){.states = p->model.states,
                            .couplings = p->model.couplings,
                            .outputs = p->model.outputs,
                            .parameters = p->model.parameters,
                            .expressions = equations->graph.count};
  p->text.scheme = dn_pool_take(&p->pool, dn_scheme_count(), sizeof *p->text.scheme);
  if (!p->text.scheme) return DN_NO_MEMORY;
  *drafts = (dn_drafts){.equations = equations, .pool = passing};
  dn_text_draft(drafts, &p->text);
  if (!dn_text_emit(drafts, &p->text, &p->pool)) {
    if (equations->graph.count < DN_NODES_MAX && p->text.registers <= UINT16_MAX) return DN_NO_MEMORY;
    *error = (dn_text_error){.message = "the equations and their derivatives are too long"};
    return DN_BAD_TEXT;
  }
  p->implementation = (dn_implementation){.gain = equations->gain, .text = &p->text};
  dn_text_kernels_f32(p->implementation.kernels_f32);
  dn_text_kernels_f64(p->implementation.kernels_f64);
  p->model.implementation = &p->implementation;
  p->model.text = kept;
  return DN_OK;
}

dn_status dn_model_parse(const char *text, size_t length, const dn_allocator *allocator, dn_model **model,
                         dn_text_error *error) {
  dn_text_error unused;
  if (!error) error = &unused;
  *error = (dn_text_error){0};
  if (model) *model = NULL;
  if (!text || !model) return DN_NULL_POINTER;
  dn_pool pool = {.allocator = allocator ? *allocator : (dn_allocator){0}}, passing = {.allocator = pool.allocator};
  parsed *p = dn_pool_take(&pool, 1, sizeof *p);
  dn_status status = DN_NO_MEMORY;
  if (p) {
    p->pool = pool;
    status = assemble(text, length, p, &passing, error);
    pool = p->pool;
  }
  dn_pool_release(&passing);
  if (status == DN_OK) *model = &p->model;
  else dn_pool_release(&pool);
  return status;
}

void dn_model_destroy(dn_model *model) {
  if (!model) return;
  dn_pool pool = ((parsed *)(void *)model)->pool;
  dn_pool_release(&pool);
}

void dn_model_describe(const dn_model *model, dn_model_report *report) {
  *report = (dn_model_report){0};
  const dn_text_model *text = model->implementation ? model->implementation->text : NULL;
  if (!text) return;
  const dn_step_programs *heun = &text->scheme[DN_SCHEME_HEUN];
  *report = (dn_model_report){
      .nodes = text->expressions,
      .derived = text->rows - DN_ROW_DERIVED(text->parameters),
      .operations = heun->step.count,
      .vjp_operations = heun->step_vjp.count,
      .jvp_operations = heun->step_jvp.count,
      .rows = heun->step.scratch,
      .vjp_rows = heun->step_vjp.scratch,
  };
}
