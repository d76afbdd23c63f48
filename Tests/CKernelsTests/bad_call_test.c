// Bad input to run, jvp and vjp: pointers, sizes, options and overlaps; and what is legal though it looks odd.
#include "trial.h"

#define TESTS "bad_call_test_real.h"
#include "both_precisions.h"

#define EACH_TEST(test) \
  test(pointers) test(sizes) test(options) test(overlaps) test(shared) test(interleaved) test(nothing)

int main(int argc, char **argv) {
  const check_test tests[] = {EACH_TEST(CHECK_BOTH)};
  return CHECK_MAIN(argc, argv, tests);
}
