// The register of node models.
#include "internal.h"

#define DN_PASS_DESCRIBE 0
#define DN_PASS_LIST 1
#define DN_PASS_KERNELS 2
#define DN_PASS_TABLE 3
#define DN_TEXT_(name) #name
#define DN_TEXT(name) DN_TEXT_(name)
#define DN_JOIN_(a, b) a##_##b
#define DN_JOIN(a, b) DN_JOIN_(a, b)
#define DN_MODEL_NAME(part) DN_JOIN(DN_MODEL, part)

#define DN_PASS DN_PASS_DESCRIBE
#include "models.def"
#undef DN_PASS

static const dn_registered *const models[] = {
#define DN_PASS DN_PASS_LIST
#include "models.def"
#undef DN_PASS
};
enum { MODELS = sizeof models / sizeof *models };

int32_t dn_model_count(void) { return MODELS; }

const dn_model *dn_model_at(int32_t index) { return index >= 0 && index < MODELS ? &models[index]->model : NULL; }

const dn_model *dn_model_find(const char *name) {
  for (int32_t m = 0; name && m < MODELS; m++)
    if (strcmp(models[m]->model.name, name) == 0) return &models[m]->model;
  return NULL;
}

int32_t dn_model_index(const dn_model *model) {
  for (int32_t m = 0; m < MODELS; m++)
    if (&models[m]->model == model) return m;
  return -1;
}

const int32_t *dn_model_gains(int32_t index) { return models[index]->gain; }
