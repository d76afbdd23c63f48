// Tangents and cotangents against the reference, alone and together, and what the contract says about their outputs.
#include "trial.h"

#define TESTS "derivative_test_real.h"
#include "both_precisions.h"

#define EACH_TEST(test)                                                                                      \
  test(tangent) test(tangent_alone) test(tangent_in_place) test(cotangent) test(cotangent_alone)             \
      test(derivative_options) test(adds) test(zero) test(linear) test(single_step) test(derivative_layouts) \
          test(one_cotangent_buffer)

int main(int argc, char **argv) {
  const check_test tests[] = {EACH_TEST(CHECK_BOTH)};
  return CHECK_MAIN(argc, argv, tests);
}
