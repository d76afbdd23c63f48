// The same bits for every number of threads, instruction set, chunking and company in an ensemble, and over the years.
//
// `bits_test --print > Tests/CKernelsTests/hashes.inc` renews the hashes. They change when the order of a sum changes,
// which a commit has to say; they do not depend on the machine.
#include <pthread.h>

#include "trial.h"

typedef struct hash_case {
  const char *name;
  int bytes;  // of an element
  uint64_t run, jvp, buffer, parameters;
} hash_case;

static const hash_case hashes_kept[] = {
#include "hashes.inc"
};

static const struct {
  const char *name;
  int steps;
  double gain;
} hash_trials[] = {
    {"1 node, delay 1", 17, 1},
    {"3 nodes, all zero", 16, 0.75},
    {"3 nodes 1..15", 129, 0.75},
    {"17 nodes 0..40", 277, 0},
    {"17 nodes, 90 edges, powers", 600, 1},
    {"84 nodes 0..254", 100, 0},
    {"84 nodes, 700 edges 0..254", 300, 0.75},
};
#define HASH_TRIALS (sizeof hash_trials / sizeof hash_trials[0])

static network network_named(const char *name) {
  for (int n = 0; n < case_count; n++)
    if (strcmp(case_specs[n].name, name) == 0) return network_make(&case_specs[n], 1);
  abort();
}

#define TESTS "bits_test_real.h"
#include "both_precisions.h"

#define EACH_TEST(test)                                                                                            \
  test(threads) test(isas) test(chunks) test(ensembles) test(adjoint_chunks) test(tangent_chunks) test(workspaces) \
      test(shared_plan) test(hashes)

int main(int argc, char **argv) {
  const check_test tests[] = {EACH_TEST(CHECK_BOTH)};
  if (argc == 2 && strcmp(argv[1], "--print") == 0) {
    printf(
        "// FNV-1a 64 of the outputs of run, jvp, vjp (history, noise, adjoint) and vjp (weights, scale, noise gain):\n"
        "// written by `bits_test --print`.\n");
    for (size_t n = 0; n < HASH_TRIALS; n++) {
      hash_of_f32(n, true);
      hash_of_f64(n, true);
    }
    return 0;
  }
  return CHECK_MAIN(argc, argv, tests);
}
