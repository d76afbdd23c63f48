// Tests of models from text: the texts of models with kernels of their own compute what these do, with all derivatives, on every
// instruction set; mistakes are told with their place.
#include <math.h>

#include "../../Sources/CKernels/internal.h"
#include "check.h"

#pragma STDC FP_CONTRACT OFF

enum {
  NODES = 21,
  EDGES = NODES * NODES,
  HISTORY = 40,
  STEPS = 50,
  STATES_MAX = 8,
  COUPLINGS_MAX = 2,
  PARAMETERS_MAX = 48
};

typedef struct setting {
  int32_t longest;  // delays are 0 ... longest
  int32_t shortest;
  dn_scheme scheme;
  dn_stage stage;
  dn_coupling_kind kind;
  double time_step;
} setting;
static const setting SETTINGS[] = {
    {40, 20, DN_SCHEME_HEUN, DN_STAGE_AWARE, DN_COUPLING_LINEAR, 0.1},
    {40, 1, DN_SCHEME_HEUN, DN_STAGE_AWARE, DN_COUPLING_LINEAR, 0.1},
    {40, 0, DN_SCHEME_HEUN, DN_STAGE_AWARE, DN_COUPLING_LINEAR, 0.1},
    {0, 0, DN_SCHEME_HEUN, DN_STAGE_AWARE, DN_COUPLING_DIFFERENCE, 0.1},
    {40, 0, DN_SCHEME_HEUN, DN_STAGE_FROZEN, DN_COUPLING_LINEAR, 0.1},
    {40, 0, DN_SCHEME_EULER, DN_STAGE_AWARE, DN_COUPLING_LINEAR, 0.1},
};

static dn_plan *plan_of(const setting *s, dn_isa isa) {
  static int32_t delays[EDGES];
  dn_random_integers_i32(dn_key_create(3), 0, EDGES, s->shortest, s->longest + 1, delays);
  const dn_network network = {.nodes = NODES, .edges = EDGES, .history = HISTORY, .delays = delays};
  const dn_plan_options options = {.isa = isa};
  dn_plan *plan = NULL;
  CHECK_THAT(dn_plan_create(&network, &options, &plan, NULL) == DN_OK);
  return plan;
}

static dn_model *parse(const char *text) {
  dn_model *model = NULL;
  dn_text_error error;
  const dn_status status = dn_model_parse(text, strlen(text), NULL, &model, &error);
  CHECK(status == DN_OK, "%s at %d:%d: %s", dn_status_string(status), error.line, error.column, error.message);
  return model;
}

#define DN_REAL float
#define DN_NAME(name) name##_f32
#include "text_real.h"
#undef DN_REAL
#undef DN_NAME
#undef AGREE

#define DN_REAL double
#define DN_NAME(name) name##_f64
#include "text_real.h"
#undef DN_REAL
#undef DN_NAME

// Every text of the register.
static void test_register(void) {
  for (int n = 0; n < dn_model_count(); n++) {
    check_about("model %d", n);
    const dn_model *m = dn_model_at(n);
    CHECK_THAT(m != NULL && m->text != NULL);
    if (!m || !m->text) continue;
    check_about("%s", m->name);
    dn_model *parsed = parse(m->text);
    if (!parsed) continue;
    CHECK_THAT(strcmp(parsed->name, m->name) == 0 && parsed->states == m->states && parsed->couplings == m->couplings);
    CHECK_THAT(parsed->parameters == m->parameters && dn_model_find(m->name) == m);
    dn_model_report report;
    dn_model_describe(parsed, &report);
    CHECK_THAT(report.operations > 0 && report.vjp_operations > report.operations);
    if (getenv("TEXT_REPORT"))
      printf("%-24s nodes %d derived %d operations %d vjp %d jvp %d rows %d vjp rows %d\n", m->name, report.nodes,
             report.derived, report.operations, report.vjp_operations, report.jvp_operations, report.rows,
             report.vjp_rows);
    dn_model_destroy(parsed);
  }
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      {"register", test_register},
      {"native_f32", test_native_f32},
      {"native_f64", test_native_f64},
  };
  return check_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
