// Bad input to network calls: each line of a table spoils one thing. And what is legal though it looks odd.
#include "network_trial.h"

#define TESTS "network_bad_call_test_real.h"
#include "both_precisions.h"

#define EACH_TEST(test)                                                                                      \
  test(pointers) test(sizes) test(pulses) test(angles) test(options) test(overlaps) test(shared) test(tapes) \
      test(noise) test(nothing)

int main(int argc, char **argv) {
  const check_test tests[] = {EACH_TEST(CHECK_BOTH)};
  return CHECK_MAIN(argc, argv, tests);
}
