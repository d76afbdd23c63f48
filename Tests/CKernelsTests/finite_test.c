// Numbers that are not finite: refused with the place, or the run stops at the first bad step and can be resumed there.
#include "trial.h"

static const case_spec wide_spec = {"150 nodes 1..90", 150, 2000, 0, 90, 95, DELAYS_UNIFORM, false};
static const case_spec no_zero_spec = {"17 nodes 1..40", 17, 120, 1, 40, 41, DELAYS_UNIFORM, false};
static const int32_t team_sizes[] = {1, 2, 4};
#define TEAM_SIZES 3

#define TESTS "finite_test_real.h"
#include "both_precisions.h"

#define EACH_TEST(test)                                                                                            \
  test(parameters) test(weights) test(history) test(noise) test(unread) test(overflow) test(resume) test(ensemble) \
      test(tangents) test(cotangents) test(sums)

int main(int argc, char **argv) {
  const check_test tests[] = {EACH_TEST(CHECK_BOTH)};
  return CHECK_MAIN(argc, argv, tests);
}
