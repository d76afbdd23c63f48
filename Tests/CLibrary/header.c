// Compiled as C and as C++ with every warning: the header alone, twice, has to be clean and leave nothing behind.
#include <delaynet.h>
#include <delaynet.h>

#if !defined(DELAYNET_H) || !defined(DN_VERSION_MAJOR)
#error "this is another delaynet.h"
#endif
#if defined(DN_REAL) || defined(DN_NAME)
#error "the header leaves its templates' macros behind"
#endif

// Unmarked pointers behind the header may be NULL: were its "assume nonnull" still in force, clang would warn here.
int *pass(int *pointer);
int *pass(int *pointer) { return pointer; }
int *pass_null(void);
int *pass_null(void) {
#ifdef __cplusplus
  return pass(nullptr);
#else
  return pass(NULL);
#endif
}

// Sizes that callers in other languages rely on.
#ifdef __cplusplus
#define SAME_SIZE(a, b) static_assert(sizeof(a) == sizeof(b), "")
#else
#define SAME_SIZE(a, b) _Static_assert(sizeof(a) == sizeof(b), "")
#endif
SAME_SIZE(dn_status, int32_t);
SAME_SIZE(dn_isa, int32_t);
SAME_SIZE(dn_key, uint64_t);
