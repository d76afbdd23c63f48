// Numbers of a network that are not finite: refused with the place, or the run stops before the first bad state and can be
// resumed there.
#include "../../Sources/CKernels/internal.h"
#include "network_trial.h"

static const case_spec small_spec = {"5 nodes 0..6", 5, 14, 0, 6, 8, DELAYS_UNIFORM, false};

#define TESTS "network_finite_test_real.h"
#include "both_precisions.h"

#define EACH_TEST(test) \
  test(inputs) test(states) test(overflow) test(ensemble) test(tangents) test(cotangents) test(sums) test(unread)

int main(int argc, char **argv) {
  const check_test tests[] = {EACH_TEST(CHECK_BOTH)};
  return CHECK_MAIN(argc, argv, tests);
}
