// The register of node models: those with kernels of their own, then those that are computed from their texts.
#include <stdatomic.h>

#include "kernel/passes.h"
#include "text/model.h"

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
enum { OWN = sizeof models / sizeof *models };

// The others are parsed when they are asked for first, and then stay.
enum { TEXTS_MAX = 64 };
static _Atomic(dn_model *) parsed[TEXTS_MAX];

static const dn_model *parsed_at(int32_t index) {
  dn_model *model = atomic_load(&parsed[index]);
  if (model) return model;
  const dn_model_text *text = &dn_model_texts[index];
  if (dn_model_parse(text->text, text->length, NULL, &model, NULL) != DN_OK) return NULL;
  // Another thread may have been faster.
  dn_model *first = NULL;
  if (atomic_compare_exchange_strong(&parsed[index], &first, model)) return model;
  dn_model_destroy(model);
  return first;
}

int32_t dn_model_count(void) { return OWN + (dn_model_text_count < TEXTS_MAX ? dn_model_text_count : TEXTS_MAX); }

const dn_model *dn_model_at(int32_t index) {
  if (index < 0 || index >= dn_model_count()) return NULL;
  return index < OWN ? models[index] : parsed_at(index - OWN);
}

const dn_model *dn_model_find(const char *name) {
  for (int32_t m = 0; name && m < OWN; m++)
    if (strcmp(models[m]->name, name) == 0) return models[m];
  for (int32_t m = OWN; name && m < dn_model_count(); m++)
    if (strcmp(dn_model_texts[m - OWN].name, name) == 0) return dn_model_at(m);
  return NULL;
}
