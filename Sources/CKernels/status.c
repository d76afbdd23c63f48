// The sentences of statuses, and the library's version.
#include "internal.h"

const char *dn_status_string(dn_status status) {
  switch (status) {
#define DN_STATUS_CASE(name, value, sentence) \
  case name: return sentence;
    DN_STATUS_LIST(DN_STATUS_CASE)
#undef DN_STATUS_CASE
  }
  return "unknown status";
}

#define DN_TEXT_(number) #number
#define DN_TEXT(number) DN_TEXT_(number)

const char *dn_version(void) {
  return DN_TEXT(DN_VERSION_MAJOR) "." DN_TEXT(DN_VERSION_MINOR) "." DN_TEXT(DN_VERSION_PATCH);
}
