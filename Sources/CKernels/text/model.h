// A model that is computed from its text: its equations as expressions, and the programs that are made of them. Read by
// parse.c; model.c puts it together; step.c makes the programs of the schemes; kernel/text.h runs them.
#ifndef DN_TEXT_MODEL_H
#define DN_TEXT_MODEL_H

#include "graph.h"

// ---- Programs ------------------------------------------------------------------------------------------------------

// Rows are numbered through: those of a region stand one behind the other.
typedef struct dn_instruction {
  uint16_t code;  // dn_code
  uint16_t to, a, b, c;
} dn_instruction;

typedef struct dn_program {
  int32_t count, scratch;  // instructions, rows of scratch
  dn_instruction *instruction;
} dn_program;

// What a scheme needs of a model: X(name). The halves are those of schemes with two stages.
#define DN_STEP_PROGRAMS(X) \
  X(step)                   \
  X(step_vjp)               \
  X(step_vjp_frozen)        \
  X(step_jvp)               \
  X(predict)                \
  X(predict_vjp)            \
  X(predict_jvp)            \
  X(correct)                \
  X(correct_vjp)            \
  X(correct_jvp)
typedef struct dn_step_programs {
#define X(name) dn_program name;
  DN_STEP_PROGRAMS(X)
#undef X
} dn_step_programs;

// Other programs of a model. `derive` computes from parameters and G the rows that depend on nothing else.
#define DN_MODEL_PROGRAMS(X) \
  X(drift)                   \
  X(observe)                 \
  X(observe_vjp)             \
  X(observe_jvp)             \
  X(output)                  \
  X(output_vjp)              \
  X(output_jvp)              \
  X(derive)                  \
  X(derive_vjp)              \
  X(derive_jvp)

// Rows of dn_region DN_PARAMETERS, DN_SUMS and DN_TANGENTS: the parameters, then G, then dt, then what is derived.
#define DN_ROW_COUPLING(P) (P)
#define DN_ROW_TIME_STEP(P) ((P) + 1)
#define DN_ROW_DERIVED(P) ((P) + 2)

typedef struct dn_text_model {
  int32_t states, couplings, outputs, parameters;
  int32_t rows;       // of DN_PARAMETERS
  int32_t constants;  // of DN_CONSTANTS
  int32_t scratch;    // the most that a program takes
  int32_t registers;  // rows of all regions
  int32_t first[DN_REGION_COUNT];
  double *constant;  // (constants)
  dn_step_programs *scheme;
#define X(name) dn_program name;
  DN_MODEL_PROGRAMS(X)
#undef X
  int32_t expressions;  // nodes of the equations
} dn_text_model;

// ---- From a text to programs ---------------------------------------------------------------------------------------

// Equations as expressions of DN_NOW, DN_COUPLED times G, and parameters.
typedef struct dn_equations {
  dn_expressions graph;
  int32_t states, couplings, outputs, parameters;
  const double *lower, *upper;  // (states)
  const int32_t *periodic;      // (states)
  dn_ref *drift, *sent, *output;
  int32_t *gain;  // (couplings) the parameter that alone multiplies the variable, or -1
} dn_equations;

// A program before its rows have numbers: what it leaves where.
typedef struct dn_result {
  dn_ref node;
  dn_region region;
  int32_t index;
} dn_result;
typedef struct dn_draft {
  dn_program *program;
  dn_result *result;
  int32_t count, capacity;
  bool derive;     // computes what others find derived
  dn_ref *order;   // (instructions) the nodes that it computes, arguments first
  int32_t length;  // instructions
} dn_draft;
#define DN_DRAFTS_MAX 64
typedef struct dn_drafts {
  dn_equations *equations;
  dn_pool *pool;
  dn_draft draft[DN_DRAFTS_MAX];
  int32_t count;
  bool failed;
} dn_drafts;

dn_draft *dn_draft_begin(dn_drafts *drafts, dn_program *program);
void dn_draft_result(dn_drafts *drafts, dn_draft *draft, dn_ref node, dn_region region, int32_t index);

// Reads a text into a description and equations; both live in the pool. What fails says so in `error`.
dn_status dn_text_read(const char *text, size_t length, dn_pool *pool, dn_model *model, dn_equations *equations,
                       dn_text_error *error);
// Drafts of everything that runs need.
void dn_text_draft(dn_drafts *drafts, dn_text_model *model);
// Their rows and instructions. False where there is no memory or too many rows.
bool dn_text_emit(dn_drafts *drafts, dn_text_model *model, dn_pool *pool);

// The library's texts, from models/ by models/embed.sh: of models without kernels of their own, in the order of the register.
// Of the others there is dn_text_NAME alone.
typedef struct dn_model_text {
  const char *name, *text;
  size_t length;
} dn_model_text;
extern const dn_model_text dn_model_texts[];
extern const int32_t dn_model_text_count;

#endif
