// Any bytes are a model or a mistake with a place; what becomes of a model is programs that read and write rows that are there.
// The parser, the derivatives and what writes programs are instrumented; the kernels that run them are not here: text_test
// runs mutated texts under the address sanitizer.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CKernels/text/model.h"

void dn_text_kernels_f32(const struct dn_model_kernels_f32 *kernels[DN_ISA_AVX512 + 1]) { (void)kernels; }
void dn_text_kernels_f64(const struct dn_model_kernels_f64 *kernels[DN_ISA_AVX512 + 1]) { (void)kernels; }

#define REQUIRE(condition) \
  if (!(condition)) fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition), abort()

// Whether every instruction reads rows that are there, and scratch only where it has been written before.
static void examine(const dn_text_model *m, const dn_program *p) {
  bool *written = calloc((size_t)m->registers, sizeof *written);
  REQUIRE(p->scratch <= m->scratch);
  for (int32_t k = 0; k < p->count; k++) {
    const dn_instruction *i = &p->instruction[k];
    const uint16_t read[] = {i->a, i->b, i->c};
    REQUIRE(i->code < DN_OPERATIONS && i->to < m->registers);
    for (int r = 0; r < dn_arguments(i->code); r++) {
      REQUIRE(read[r] < m->registers);
      REQUIRE(read[r] < m->first[DN_SCRATCH] || written[read[r]]);
    }
    written[i->to] = true;
  }
  free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  dn_model *model;
  dn_text_error error;
  const dn_status status = dn_model_parse((const char *)bytes, length, NULL, &model, &error);
  if (status != DN_OK) {
    REQUIRE(status == DN_BAD_TEXT && model == NULL);
    REQUIRE(*error.message && memchr(error.message, 0, sizeof error.message) && error.line >= 0 && error.column >= 0);
    return 0;
  }
  const dn_text_model *m = model->implementation->text;
  for (dn_scheme s = 0; s < dn_scheme_count(); s++) {
#define X(name) examine(m, &m->scheme[s].name);
    DN_STEP_PROGRAMS(X)
#undef X
  }
#define X(name) examine(m, &m->name);
  DN_MODEL_PROGRAMS(X)
#undef X
  dn_model_destroy(model);
  return 0;
}
