// The register of node models.
#include "internal.h"
#include "kernel/passes.h"

#define M(name) DN_JOIN(DN_MODEL, name)
#define DN_MODEL_TABLE(suffix) DN_JOIN(DN_JOIN(dn, DN_MODEL), suffix)

#define DN_PASS DN_PASS_DESCRIBE
#include "models.def"
#undef DN_PASS

static const dn_model *const models[] = {
#define DN_PASS DN_PASS_LIST
#include "models.def"
#undef DN_PASS
};
enum { MODELS = sizeof models / sizeof *models };

int32_t dn_model_count(void) { return MODELS; }

const dn_model *dn_model_at(int32_t index) { return index >= 0 && index < MODELS ? models[index] : NULL; }

const dn_model *dn_model_find(const char *name) {
  for (int32_t m = 0; name && m < MODELS; m++)
    if (strcmp(models[m]->name, name) == 0) return models[m];
  return NULL;
}
