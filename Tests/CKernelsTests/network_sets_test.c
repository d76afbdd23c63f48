// Weights of each coupling variable's own: against the plain reference, against runs whose variables share them, and against
// differences of runs; the same bits however they are computed.
#include "../../Sources/CKernels/internal.h"
#include "network_trial.h"

// Delays for every kind of list: none, lanes of them dense and sparse, short and long ones, one far from the rest.
static const char *const net_names[] = {"no edges, history",
                                        "2 nodes 0..3",
                                        "1 node, 9 edges 0..20",
                                        "3 nodes, all zero",
                                        "3 nodes 0..40",
                                        "17 nodes, all zero",
                                        "17 nodes, all 1",
                                        "17 nodes, all 5",
                                        "17 nodes 0, 1, 2, 7, 8",
                                        "17 nodes, 60 edges 0..40",
                                        "17 nodes, 60 edges 16..40",
                                        "17 nodes, 90 edges, powers",
                                        "17 nodes, one short",
                                        "84 nodes, 700 edges 0, 1, 2, 7, 8",
                                        "17 nodes, 40 edges 128..150"};
#define NET_NAMES ((int)(sizeof net_names / sizeof *net_names))

static network network_of(const char *name, bool fractional) {
  return fractional ? network_make_fractional(net_spec_named(name), 1) : network_make(net_spec_named(name), 1);
}

// Every model with more than one coupling variable.
#define EACH_MODEL                          \
  for (int m = 0; m < ref_model_count; m++) \
    if (ref_models[m].couplings > 1)        \
      for (int v = 0; v < NET_VARIANTS; v++)

#define TESTS "network_sets_test_real.h"
#include "both_precisions.h"

// ---- Differences of runs -------------------------------------------------------------------------------------------

// The series' product with its cotangent, of a run with one weight moved.
static double moved(net_trial_f64 *t, ptrdiff_t k, double by) {
  const double kept = t->in[REF_WEIGHTS].at[k];
  t->in[REF_WEIGHTS].at[k] = kept + by;
  CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, t, NULL), DN_OK);
  t->in[REF_WEIGHTS].at[k] = kept;
  double sum = 0;
  for (ptrdiff_t i = 0; i < t->series.rows; i++)
    for (ptrdiff_t c = 0; c < t->series.columns; c++)
      sum += grid_row_f64(&t->series, i)[c] * grid_row_f64(&t->cot_series, i)[c];
  return sum;
}

static void differences(void) {
  EACH_MODEL
  for (int n = 1; n < NET_NAMES; n++) {
    const bool fractional = (m + v + n) % 3 == 0;
    network net = network_of(net_names[n], fractional);
    dn_plan *plan = plan_make(&net, NULL);
    net_setup setup = net_setup_of(v, 45);
    setup.sets = true;
    check_about("%s, %s, %s", ref_models[m].name, net_names[n], net_variants[v].name);
    net_trial_f64 t = net_trial_make_f64(&ref_models[m], &net, fractional, &setup, 5, (layout){0});
    t.plan = plan;
    t.hide_final = true;
    t.cotangents = NET_BIT(REF_WEIGHTS);
    net_trial_call_all_f64(&t, NULL);
    const ptrdiff_t count = t.in[REF_WEIGHTS].columns, E = count / t.q.sets;
    double most = 0, worst = 0;
    for (ptrdiff_t k = 0; k < count; k++) most = fmax(most, fabs(t.cot[REF_WEIGHTS].at[k]));
    for (int set = 0; set < t.q.sets; set++)
      for (int pick = 0; pick < 3; pick++) {
        const ptrdiff_t k = set * E + pick * (E - 1) / 2;
        // Fourth order: the error of the step's fifth power and that of rounding are both below 1e-8 of the sum's size.
        const double h = 1.0 / 1024;
        const double slope =
            (8 * (moved(&t, k, h) - moved(&t, k, -h)) - moved(&t, k, 2 * h) + moved(&t, k, -2 * h)) / (12 * h);
        worst = worse_of(worst, fabs(slope - t.cot[REF_WEIGHTS].at[k]));
      }
    CHECK(most > 0 && worst <= 1e-7 * most, "off by %g of %g", worst, most);
    CHECK_THAT(net_trial_intact_f64(&t));
    net_trial_free_f64(&t);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

#define EACH_TEST(test) \
  test(reference) test(equal) test(idle) test(isas) test(teams) test(budgets) test(chunks) test(layouts) test(refused)

int main(int argc, char **argv) {
  const check_test tests[] = {EACH_TEST(CHECK_BOTH){"differences", differences}};
  return CHECK_MAIN(argc, argv, tests);
}
