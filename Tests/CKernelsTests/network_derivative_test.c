// Derivatives of networks: tangents against the reference and cotangents against tangents in both precisions, also where
// states are held by their bounds; what a pullback does to its outputs.
#include "network_trial.h"

#define TESTS "network_derivative_test_real.h"
#include "both_precisions.h"

// ---- Float against double ------------------------------------------------------------------------------------------

// Inputs and the formulas are the same, but for defaults and sqrt(dt) that are no floats: relative to the largest entry of
// an array, the differences are rounding errors that 60 steps carry along. Cotangents of delays are differences of sums.
#define FOLLOWS 1e-4

static void follows(const grid_f32 *a, const grid_f64 *b, const char *what) {
  double worst = 0, size = 0;
  for (ptrdiff_t i = 0; i < a->rows; i++)
    for (ptrdiff_t k = 0; k < a->columns; k++) {
      const double x = (double)a->at[i * a->stride + k], y = b->at[i * b->stride + k];
      worst = worse_of(worst, fabs(x - y));
      size = fmax(size, fabs(y));
    }
  CHECK(worst <= FOLLOWS * size, "%s: float is off by %g of %g", what, worst, size);
}

static void float_follows_double(void) {
  static const char *const names[] = {"1 node, 9 edges 0..20", "3 nodes, all zero", "17 nodes 0..40",
                                      "17 nodes, 60 edges 16..40"};
  for (int m = 0; m < ref_model_count; m++)
    for (int v = 0; v < NET_VARIANTS; v++)
      for (int s = 0; s < 4; s++) {
        const bool fractional = (m + v + s) % 2;
        network net = fractional ? network_make_fractional(net_spec_named(names[s]), 1)
                                 : network_make(net_spec_named(names[s]), 1);
        dn_plan *plan = plan_make(&net, NULL);
        const net_setup setup = net_setup_of(v, 60);
        check_about("%s, %s, %s", ref_models[m].name, names[s], net_variants[v].name);
        net_trial_f32 p = net_trial_make_f32(&ref_models[m], &net, fractional, &setup, 5, (layout){0});
        net_trial_f64 q = net_trial_make_f64(&ref_models[m], &net, fractional, &setup, 5, (layout){0});
        p.plan = q.plan = plan;
        p.drawn = q.drawn = s % 2;
        net_trial_call_all_f32(&p, NULL);
        net_trial_call_all_f64(&q, NULL);
        follows(&p.series, &q.series, "series");
        follows(&p.next_initial, &q.next_initial, "next_initial");
        follows(&p.next_history, &q.next_history, "next_history");
        follows(&p.tan_series, &q.tan_series, "tangent");
        for (int part = 0; part < REF_PARTS; part++) follows(&p.cot[part], &q.cot[part], ref_part_names[part]);
        net_trial_free_f32(&p);
        net_trial_free_f64(&q);
        dn_plan_destroy(plan);
        network_free(&net);
      }
}

#define EACH_TEST(test)                                                                                        \
  test(dot_product) test(dot_product_alone) test(final_state) test(clamps) test(clamped_direction) test(alone) \
      test(adds) test(zero) test(linear) test(again)

int main(int argc, char **argv) {
  const check_test tests[] = {
      EACH_TEST(CHECK_BOTH){"float_follows_double", float_follows_double},
  };
  return CHECK_MAIN(argc, argv, tests);
}
