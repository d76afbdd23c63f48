// A test program is a table of named tests. check_main runs all of them, or those named on the command line, prints the
// place of each failed check, and ends with the line "N passed, N failed", counting checks.
#ifndef DN_CHECK_H
#define DN_CHECK_H

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHECK_ADDRESS_SANITIZER 1
#endif
#if __has_feature(thread_sanitizer)
#define CHECK_THREAD_SANITIZER 1
#endif
#endif

#if defined(CHECK_ADDRESS_SANITIZER)
// libomp keeps the teams of threads that have ended.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libomp.so"; }
#endif

typedef struct check_test {
  const char *name;
  void (*run)(void);
} check_test;

static struct {
  const char *test;
  char context[200];
  long passed, failed, failed_here;
} check_state;

#define CHECK_PRINTED_MAX 12

// Says what the following checks are about; printed with each failure.
__attribute__((format(printf, 1, 2))) static inline void check_about(const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(check_state.context, sizeof check_state.context, format, list);
  va_end(list);
}

__attribute__((format(printf, 5, 6))) static inline bool check_note(bool ok, const char *file, int line,
                                                                    const char *text, const char *format, ...) {
  if (ok) {
    check_state.passed++;
    return true;
  }
  check_state.failed++;
  if (++check_state.failed_here > CHECK_PRINTED_MAX) return false;
  printf("%s:%d: %s [%s]: %s", file, line, check_state.test, check_state.context, text);
  char detail[300];
  va_list list;
  va_start(list, format);
  vsnprintf(detail, sizeof detail, format, list);
  va_end(list);
  printf("%s%s\n", detail[0] ? ": " : "", detail);
  return false;
}

// CHECK(condition, "format", ...) counts, and on failure prints place, context, condition and the formatted detail.
#define CHECK(condition, ...) check_note((condition), __FILE__, __LINE__, #condition, __VA_ARGS__)
#define CHECK_THAT(condition) check_note((condition), __FILE__, __LINE__, #condition, "%s", "")
#define CHECK_STATUS(got, want) check_status((got), (want), __FILE__, __LINE__, #got)

static inline bool check_status(int got, int want, const char *file, int line, const char *text) {
  return check_note(got == want, file, line, text, "status %d, expected %d", got, want);
}

static inline void check_crashed(int number) {
  // Not async-signal-safe, but the process is lost anyway and the place is worth more.
  printf("%s [%s]: crashed with signal %d\n%ld passed, %ld failed\n", check_state.test, check_state.context, number,
         check_state.passed, check_state.failed + 1);
  fflush(stdout);
  _exit(1);
}

static inline int check_main(int argc, char **argv, const check_test *tests, size_t count) {
#if !defined(CHECK_ADDRESS_SANITIZER) && !defined(CHECK_THREAD_SANITIZER)
  signal(SIGSEGV, check_crashed);
  signal(SIGBUS, check_crashed);
  signal(SIGFPE, check_crashed);
  signal(SIGILL, check_crashed);
  signal(SIGABRT, check_crashed);
#endif
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int a = 1; a < argc; a++) {
    bool known = false;
    for (size_t n = 0; n < count; n++) known |= strcmp(argv[a], tests[n].name) == 0;
    if (known) continue;
    printf("no test is called '%s'; there are:\n", argv[a]);
    for (size_t n = 0; n < count; n++) printf("  %s\n", tests[n].name);
    return 2;
  }
  for (size_t n = 0; n < count; n++) {
    bool wanted = argc < 2;
    for (int a = 1; a < argc; a++) wanted |= strcmp(argv[a], tests[n].name) == 0;
    if (!wanted) continue;
    check_state.test = tests[n].name;
    check_state.context[0] = 0;
    check_state.failed_here = 0;
    tests[n].run();
    if (check_state.failed_here > CHECK_PRINTED_MAX)
      printf("%s: %ld more failed\n", tests[n].name, check_state.failed_here - CHECK_PRINTED_MAX);
  }
  printf("%ld passed, %ld failed\n", check_state.passed, check_state.failed);
  return check_state.failed != 0;
}

// Of a test that both_precisions.h has compiled, both entries of a list.
#define CHECK_BOTH(test) {#test "_f32", test##_f32}, {#test "_f64", test##_f64},

#define CHECK_MAIN(argc, argv, tests) check_main(argc, argv, tests, sizeof(tests) / sizeof(tests)[0])

#endif
