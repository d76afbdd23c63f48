// The same bits of networks for every instruction set, layout, budget, number of threads and company, and over the years.
//
// `network_bits_test --print > Tests/CKernelsTests/network_hashes.inc` renews the hashes. They change when a formula or the
// order of a sum changes, which a commit has to say; they do not depend on the machine.
#include <pthread.h>

#include "../../Sources/CKernels/internal.h"
#include "network_trial.h"

typedef struct net_hash_case {
  const char *model, *variant;
  int bytes;  // of an element
  uint64_t run, jvp, vjp;
} net_hash_case;

static const net_hash_case hashes_kept[] = {
#include "network_hashes.inc"
};

static network network_of(const char *name, bool fractional) {
  return fractional ? network_make_fractional(net_spec_named(name), 1) : network_make(net_spec_named(name), 1);
}

#define TESTS "network_bits_test_real.h"
#include "both_precisions.h"

#define EACH_TEST(test) \
  test(isas) test(layouts) test(budgets) test(ensembles) test(tapes) test(teams) test(callers) test(hashes)

int main(int argc, char **argv) {
  const check_test tests[] = {EACH_TEST(CHECK_BOTH)};
  if (argc == 2 && strcmp(argv[1], "--print") == 0) {
    printf("// FNV-1a 64 of the outputs of run, jvp and vjp: written by `network_bits_test --print`.\n");
    for (int m = 0; m < ref_model_count; m++)
      for (int v = 0; v < NET_VARIANTS; v++) {
        hash_of_f32(m, v, true);
        hash_of_f64(m, v, true);
      }
    return 0;
  }
  return CHECK_MAIN(argc, argv, tests);
}
