// The register of monitors.
#include "internal.h"
#include "kernel/passes.h"

static const dn_monitor_description monitors[] = {
#define DN_PASS DN_PASS_LIST
#include "monitors.def"
#undef DN_PASS
};
enum { MONITORS = sizeof monitors / sizeof *monitors };

int32_t dn_monitor_count(void) { return MONITORS; }

const dn_monitor_description *dn_monitor_describe(dn_monitor_kind kind) {
  return kind >= 0 && kind < MONITORS ? &monitors[kind] : NULL;
}

dn_monitor_kind dn_monitor_find(const char *name) {
  for (int32_t k = 0; name && k < MONITORS; k++)
    if (strcmp(monitors[k].name, name) == 0) return k;
  return -1;
}

ptrdiff_t dn_monitored_count(const dn_model *model, ptrdiff_t nodes, const dn_monitor *list, int32_t count) {
  ptrdiff_t rows = 0;
  for (int32_t k = 0; list && k < count; k++) {
    const dn_monitor_description *kind = dn_monitor_describe(list[k].kind);
    if (kind) rows += (ptrdiff_t)kind->memory * dn_monitor_states(model, &list[k]);
  }
  return rows * nodes;
}
