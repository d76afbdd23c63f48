// How runs are cut: sizes of any length, refused rather than overflowed and without a wait; tapes of another precision.
#include "network_trial.h"

// A plan of three nodes and what a run of T steps needs, in one precision.
#define PRIMAL(suffix, T)                                                                                      \
  (dn_network_primal_##suffix) {                                                                               \
    .plan = plan, .model = dn_model_find("mpr"), .time_step = 0.1, .steps = (T), .weights = w, .initial = (w), \
    .history = (w), .history_stride = 3                                                                        \
  }

static network three_nodes(void) {
  return network_make(&(case_spec){"three nodes", 3, DENSE, 0, 2, 3, DELAYS_UNIFORM, false}, 1);
}

// The bytes of everything grow by the same amount with each step until they cannot be counted; the least stay small.
static void any_length(void) {
  network net = three_nodes();
  dn_plan *plan = plan_make(&net, NULL);
  double w[40] = {0};
  size_t first, second, everything, least;
  const dn_network_primal_f64 short_run = PRIMAL(f64, 1000), longer = PRIMAL(f64, 1001);
  CHECK_STATUS(dn_network_tape_bytes_f64(&short_run, &first, &least), DN_OK);
  CHECK_STATUS(dn_network_tape_bytes_f64(&longer, &second, &least), DN_OK);
  const ptrdiff_t lengths[] = {1000000, 1000000000000, PTRDIFF_MAX / 4096, PTRDIFF_MAX / 2, PTRDIFF_MAX - (1 << 20)};
  size_t before = least;
  for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
    check_about("%td steps", lengths[n]);
    const dn_network_primal_f64 primal = PRIMAL(f64, lengths[n]);
    CHECK_STATUS(dn_network_tape_bytes_f64(&primal, &everything, &least), DN_OK);
    size_t expected = PTRDIFF_MAX, growth;
    if (!__builtin_mul_overflow(second - first, (size_t)lengths[n] - 1000, &growth) && growth < PTRDIFF_MAX - first)
      expected = first + growth;
    CHECK(everything == expected, "%zu bytes, expected %zu", everything, expected);
    CHECK(least >= before && least < 16 << 20, "%zu bytes at least", least);
    before = least;

    // A run that keeps more than there is, or has less than it needs, is refused before its first step.
    dn_tape *tape;
    dn_place place;
    dn_network_result_f64 result = {0};
    if (n > 0) {
      CHECK_STATUS(dn_tape_create(0, NULL, &tape), DN_OK);
      result.tape = tape;
      if (everything == PTRDIFF_MAX) CHECK_STATUS(dn_network_run_f64(1, &primal, &result, NULL, &place), DN_NO_MEMORY);
      dn_tape_destroy(tape);
    }
    CHECK_STATUS(dn_tape_create(least - 1, NULL, &tape), DN_OK);
    result.tape = tape;
    CHECK_STATUS(dn_network_run_f64(1, &primal, &result, NULL, &place), DN_BUDGET_TOO_SMALL);
    CHECK_THAT(place.run == 0 && result.steps_done == 0);
    dn_tape_destroy(tape);
  }
  dn_plan_destroy(plan);
  network_free(&net);
}

// The same run in the other precision is another run.
static void another_precision(void) {
  network net = three_nodes();
  dn_plan *plan = plan_make(&net, NULL);
  dn_tape *tape;
  CHECK_STATUS(dn_tape_create(0, NULL, &tape), DN_OK);
  {
    float w[40] = {0};
    const dn_network_primal_f32 primal = PRIMAL(f32, 5);
    dn_network_result_f32 result = {.tape = tape};
    const dn_network_cotangent_f32 cotangent = {0};
    CHECK_STATUS(dn_network_run_f32(1, &primal, &result, NULL, NULL), DN_OK);
    CHECK_STATUS(dn_network_vjp_f32(1, &primal, &tape, &cotangent, NULL, NULL), DN_OK);
  }
  double w[40] = {0};
  const dn_network_primal_f64 primal = PRIMAL(f64, 5);
  const dn_network_cotangent_f64 cotangent = {0};
  CHECK_STATUS(dn_network_vjp_f64(1, &primal, &tape, &cotangent, NULL, NULL), DN_BAD_TAPE);
  dn_tape_destroy(tape);
  dn_plan_destroy(plan);
  network_free(&net);
}

int main(int argc, char **argv) {
  const check_test tests[] = {{"any_length", any_length}, {"another_precision", another_precision}};
  return CHECK_MAIN(argc, argv, tests);
}
