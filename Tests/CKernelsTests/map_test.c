// The forward map against the reference, in every memory layout and with every plan option.
#include "trial.h"

#define TESTS "map_test_real.h"
#include "both_precisions.h"

static void float_follows_double(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    trial_f64 q = trial_make_f64(&net, 129, 0.75, 3, (layout){0});
    trial_f32 p = trial_make_f32(&net, 129, 0.75, 3, (layout){0});
    check_about("%s", net.name);
    CHECK_STATUS(trial_call_f64(ENTRY_RUN, plan, &q, NULL), DN_OK);
    CHECK_STATUS(trial_call_f32(ENTRY_RUN, plan, &p, NULL), DN_OK);
    double worst = 0;
    for (ptrdiff_t k = 0; k < net.nodes * 129; k++)
      worst = worse_of(worst, fabs(q.series.at[k] - (double)p.series.at[k]));
    // Values stay below 0.75 / (1 - 0.95) = 15.
    CHECK(worst < 15 * TOLERANCE_F32, "differ by %g", worst);
    trial_free_f64(&q);
    trial_free_f32(&p);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

#define EACH_TEST(test) \
  test(forward) test(layouts) test(one_buffer) test(plan_options) test(no_noise) test(large_parameters) test(no_results)

int main(int argc, char **argv) {
  const check_test tests[] = {
      EACH_TEST(CHECK_BOTH){"float_follows_double", float_follows_double},
  };
  return CHECK_MAIN(argc, argv, tests);
}
