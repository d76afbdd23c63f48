// The sentences of statuses, and the library's version.
#include "internal.h"

const char *dn_status_string(dn_status status) {
  switch (status) {
#define DN_STATUS_CASE(name, value, sentence) \
  case name:                                  \
    return sentence;
    DN_STATUS_LIST(DN_STATUS_CASE)
#undef DN_STATUS_CASE
  }
  return "unknown status";
}

const char *dn_version(void) { return "0.1.0"; }
