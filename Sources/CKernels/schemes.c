// The register of schemes.
#include "internal.h"
#include "kernel/passes.h"

static const dn_scheme_description schemes[] = {
#define DN_PASS DN_PASS_LIST
#include "schemes.def"
#undef DN_PASS
};
enum { SCHEMES = sizeof schemes / sizeof *schemes };

int32_t dn_scheme_count(void) { return SCHEMES; }

const dn_scheme_description *dn_scheme_describe(dn_scheme scheme) {
  return scheme >= 0 && scheme < SCHEMES ? &schemes[scheme] : NULL;
}

dn_scheme dn_scheme_find(const char *name) {
  for (int32_t k = 0; name && k < SCHEMES; k++)
    if (strcmp(schemes[k].name, name) == 0) return k;
  return -1;
}
