// Monitors that keep more than a sum: BOLD and projections. Values and tangents against the plain reference, which sums over
// kernels as they are written; cotangents by their dot product with the reference's tangents; the same bits for every
// instruction set, number of threads, budget and cut, and over the years; float against double; bad calls. Several at once:
// network_test.c.
//
// `network_monitor_test --print > Tests/CKernelsTests/network_monitor_hashes.inc` renews the hashes, as network_bits_test does.
#include "../../Sources/CKernels/internal.h"
#include "network_trial.h"

typedef struct monitor_case {
  const char *name;
  dn_monitor_kind kind;
  int64_t every, interim;
  ptrdiff_t reference;
} monitor_case;
static const monitor_case monitor_cases[] = {
    {"projection of every step", DN_MONITOR_PROJECTION, 1, 0, DN_REFERENCE_NONE},
    {"projection of means", DN_MONITOR_PROJECTION, 7, 0, DN_REFERENCE_NONE},
    {"projection less a row", DN_MONITOR_PROJECTION, 5, 0, 3},
    {"projection less the mean", DN_MONITOR_PROJECTION, 16, 0, DN_REFERENCE_MEAN},
    {"Volterra", DN_MONITOR_VOLTERRA, 12, 4, 0},
    {"Volterra of every step", DN_MONITOR_VOLTERRA, 1, 1, 0},
    {"gamma", DN_MONITOR_GAMMA, 10, 5, 0},
    {"mixture", DN_MONITOR_MIXTURE, 6, 2, 0},
    {"double exponential", DN_MONITOR_DOUBLE_EXPONENTIAL, 14, 7, 0},
    {"balloon", DN_MONITOR_BALLOON, 12, 4, 0},
    {"balloon of every step", DN_MONITOR_BALLOON, 1, 1, 0},
    {"balloon of rare columns", DN_MONITOR_BALLOON, 40, 8, 0},
};
enum { MONITOR_CASES = sizeof monitor_cases / sizeof *monitor_cases };

// A model without angles.
static int model_of(int number) {
  int m = number % ref_model_count;
  while (ref_models[m].periodic[0]) m = (m + 1) % ref_model_count;
  return m;
}
static net_setup monitor_setup(const monitor_case *c, int number, ptrdiff_t steps) {
  net_setup setup = net_setup_of(number % NET_VARIANTS, steps);
  setup.monitor = c->kind;
  setup.every = c->every;
  setup.interim = c->interim;
  setup.reference = c->reference;
  setup.quick = number % 3 != 2;
  setup.first_step = 3 * (number % 3);
  if (number % 2) setup.parameters = PARAMETERS_GLOBAL;
  return setup;
}
static network network_of(const char *name, bool fractional) {
  return fractional ? network_make_fractional(net_spec_named(name), 1) : network_make(net_spec_named(name), 1);
}

typedef struct monitor_hash_case {
  const char *name;
  int bytes;  // of an element
  uint64_t run, jvp, vjp;
} monitor_hash_case;
static const monitor_hash_case hashes_kept[] = {
#include "network_monitor_hashes.inc"
};

#define TESTS "network_monitor_test_real.h"
#include "both_precisions.h"

static void registered(void) {
  static const char *const names[] = {"subsample", "average", "projection",         "volterra",
                                      "gamma",     "mixture", "double_exponential", "balloon"};
  CHECK_THAT(dn_monitor_count() == sizeof names / sizeof *names);
  for (int32_t k = 0; k < dn_monitor_count(); k++) {
    const dn_monitor_description *kind = dn_monitor_describe(k);
    check_about("%s", kind->name);
    CHECK_THAT(strcmp(kind->name, names[k]) == 0 && dn_monitor_find(names[k]) == k);
    CHECK_THAT((kind->parameters > 0) == (kind->interim != 0) && kind->title[0]);
    double constants[DN_MONITOR_CONSTANTS];
    CHECK_THAT(dn_monitor_prepare(&(dn_monitor){.kind = k, .interim = 4}, 1, constants) == -1);
    for (int32_t n = 0; n < kind->parameters; n++) {
      const dn_model_parameter *p = &kind->parameter[n];
      CHECK(p->lowest <= p->value && p->value <= p->highest && p->meaning[0] && p->symbol[0], "%s", p->name);
    }
  }
  static const char *const presets[] = {"friston2003", "stephan2007", "vbjax", "tvboptim"};
  const dn_monitor_description *balloon = dn_monitor_describe(DN_MONITOR_BALLOON);
  for (int32_t n = 0; n < balloon->presets; n++) CHECK_THAT(strcmp(balloon->preset[n].name, presets[n]) == 0);
  for (int32_t n = 0; n < balloon->parameters; n++)
    CHECK_THAT(balloon->parameter[n].value == balloon->preset[0].values[n]);
  CHECK_THAT(balloon->presets == 4);
  const dn_monitor projection = {.kind = DN_MONITOR_PROJECTION, .rows = 5}, bold = {.kind = DN_MONITOR_VOLTERRA};
  CHECK_THAT(dn_monitor_rows(&projection, 17) == 5 && dn_monitor_rows(&bold, 17) == 17);
}

// Values, tangents and cotangents against the plain reference. Cotangents: the reference's tangent on the left, so that an error
// that both of the engine's derivatives share shows.
static void reference(void) {
  static const char *const names[] = {"1 node, delay 1", "3 nodes 0..40", "17 nodes, 60 edges 0..40", "no nodes"};
  for (int c = 0; c < MONITOR_CASES; c++)
    for (int s = 0; s < 4; s++)
      for (int round = 0; round < 3; round++) {
        const int number = c + 2 * s + 5 * round, m = model_of(number);
        network net = network_of(names[s], number % 2);
        dn_plan *plan = plan_make(&net, NULL);
        const net_setup setup = monitor_setup(&monitor_cases[c], number, (ptrdiff_t[]){129, 40, 300}[round]);
        check_about("%s, %s, %s", monitor_cases[c].name, names[s], ref_models[m].name);
        net_trial_f64 t = net_trial_make_f64(&ref_models[m], &net, number % 2, &setup, 5, (layout){0});
        t.plan = plan;
        t.hide_final = true;
        ref_result want = net_reference_f64(&t);
        CHECK_THAT(want.columns == t.series.columns);
        net_trial_call_all_f64(&t, NULL);
        CHECK_THAT(t.columns.done == want.columns && net_trial_intact_f64(&t));
        const ptrdiff_t elements = t.series.rows * t.series.columns;
        double worst = 0, scale = 0, tangent_worst = 0, tangent_scale = 0, left = 0, right = 0, size = 1e-300;
        for (ptrdiff_t i = 0; i < elements; i++) {
          worst = worse_of(worst, fabs(t.series.at[i] - want.series[i]));
          scale = fmax(scale, fabs(want.series[i]));
          tangent_worst = worse_of(tangent_worst, fabs(t.tan_series.at[i] - want.series_tangent[i]));
          tangent_scale = fmax(tangent_scale, fabs(want.series_tangent[i]));
          left += t.cot_series.at[i] * want.series_tangent[i];
          size += fabs(t.cot_series.at[i] * want.series_tangent[i]);
        }
        for (int part = 0; part < REF_PARTS; part++)
          for (ptrdiff_t i = 0; i < ref_count(&t.q, (ref_part)part); i++) {
            const double term = t.tan[part].at[i] * t.cot[part].at[i];
            right += term;
            size += fabs(term);
          }
        CHECK(worst <= 2e-11 * scale, "error %g of %g", worst, scale);
        CHECK(tangent_worst <= 1e-9 * tangent_scale, "tangent: error %g of %g", tangent_worst, tangent_scale);
        CHECK(fabs(left - right) <= 1e-10 * size, "dot products %.17g and %.17g, terms %g", left, right, size);
        CHECK_THAT(elements == 0 || net.nodes == 0 || (scale > 0 && tangent_scale > 0));
        ref_result_free(&want);
        net_trial_free_f64(&t);
        dn_plan_destroy(plan);
        network_free(&net);
      }
}

// What float loses is what it loses of the states, however long the recursions go on: poles next to 1 would show.
static void float_follows_double(void) {
  for (int c = 0; c < MONITOR_CASES; c++) {
    const int m = model_of(1);
    network net = network_of("3 nodes 0..40", false);
    dn_plan *plan = plan_make(&net, NULL);
    net_setup setup = monitor_setup(&monitor_cases[c], 0, 4200);
    setup.parameters = PARAMETERS_GLOBAL;
    setup.sigma = SIGMA_NONE;
    check_about("%s", monitor_cases[c].name);
    net_trial_f32 p = net_trial_make_f32(&ref_models[m], &net, false, &setup, 5, (layout){0});
    net_trial_f64 q = net_trial_make_f64(&ref_models[m], &net, false, &setup, 5, (layout){0});
    p.plan = q.plan = plan;
    p.hide_final = q.hide_final = true;
    net_trial_call_all_f32(&p, NULL);
    net_trial_call_all_f64(&q, NULL);
    double worst = 0, scale = 0;
    for (ptrdiff_t i = 0; i < q.series.rows; i++)
      for (ptrdiff_t k = 0; k < q.series.columns; k++) {
        worst = worse_of(worst, fabs((double)grid_row_f32(&p.series, i)[k] - grid_row_f64(&q.series, i)[k]));
        scale = fmax(scale, fabs(grid_row_f64(&q.series, i)[k]));
      }
    CHECK(worst <= 2e-5 * scale, "float is off by %g of %g", worst, scale);
    for (int part = 0; part < REF_PARTS; part++) {
      worst = scale = 0;
      for (ptrdiff_t i = 0; i < q.cot[part].rows * q.cot[part].columns; i++) {
        worst = worse_of(worst, fabs((double)p.cot[part].at[i] - q.cot[part].at[i]));
        scale = fmax(scale, fabs(q.cot[part].at[i]));
      }
      CHECK(worst <= 2e-3 * scale, "%s: float is off by %g of %g", ref_part_names[part], worst, scale);
    }
    net_trial_free_f32(&p);
    net_trial_free_f64(&q);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// What has no meaning is refused, with the monitor and what is wrong with it.
static void refused(void) {
  network net = network_of("3 nodes 0..40", false);
  dn_plan *plan = plan_make(&net, NULL);
  const net_setup setup = monitor_setup(&monitor_cases[4], 0, 24);
  net_trial_f64 t = net_trial_make_f64(&ref_models[model_of(0)], &net, false, &setup, 5, (layout){0});
  t.plan = plan;
  dn_network_primal_f64 p = net_trial_primal_f64(&t);
  const double gain[] = {1, 2, 3, 4, 5, 6}, holed[] = {1, 2, 3, 4, INFINITY, 6}, slow[] = {0.3, 0.4, 5.6, 0.02},
               vague[] = {NAN, 0.4, 5.6, 0.02}, broken[] = {1.08, 2.5, 1}, high[] = {6, 14, 1, 0.4},
               backward[] = {7, 0.03, 0.1, -7, 0.1, 0.1, 1};
  const struct {
    const char *what;
    dn_status status;
    ptrdiff_t node;
    int32_t parameter;
    dn_monitor monitor;
  } cases[] = {
      {"no interim", DN_BAD_INTERIM, -1, -1, {.kind = DN_MONITOR_VOLTERRA, .every = 12}},
      {"interim -1", DN_BAD_SIZE, -1, -1, {.kind = DN_MONITOR_VOLTERRA, .every = 12, .interim = -1}},
      {"no whole interim", DN_BAD_INTERIM, -1, -1, {.kind = DN_MONITOR_GAMMA, .every = 12, .interim = 5}},
      {"interim of more than a column", DN_BAD_INTERIM, -1, -1, {.kind = DN_MONITOR_MIXTURE, .every = 4, .interim = 8}},
      {"too many constants",
       DN_BAD_SIZE,
       -1,
       -1,
       {.kind = DN_MONITOR_VOLTERRA, .every = 4, .interim = 4, .parameters = slow, .parameter_count = 5}},
      {"constants of a kind without",
       DN_BAD_SIZE,
       -1,
       -1,
       {.kind = DN_MONITOR_AVERAGE, .every = 4, .parameters = slow, .parameter_count = 4}},
      {"no constants",
       DN_NULL_POINTER,
       -1,
       -1,
       {.kind = DN_MONITOR_VOLTERRA, .every = 4, .interim = 4, .parameter_count = 4}},
      {"no oscillation",
       DN_BAD_MONITOR,
       -1,
       1,
       {.kind = DN_MONITOR_VOLTERRA, .every = 4, .interim = 4, .parameters = slow, .parameter_count = 4}},
      {"not a number",
       DN_BAD_MONITOR,
       -1,
       0,
       {.kind = DN_MONITOR_VOLTERRA, .every = 4, .interim = 4, .parameters = vague, .parameter_count = 4}},
      {"a broken order",
       DN_BAD_MONITOR,
       -1,
       1,
       {.kind = DN_MONITOR_GAMMA, .every = 4, .interim = 4, .parameters = broken, .parameter_count = 3}},
      {"a high order",
       DN_BAD_MONITOR,
       -1,
       1,
       {.kind = DN_MONITOR_MIXTURE, .every = 4, .interim = 4, .parameters = high, .parameter_count = 4}},
      {"a growing kernel",
       DN_BAD_MONITOR,
       -1,
       3,
       {.kind = DN_MONITOR_DOUBLE_EXPONENTIAL, .every = 4, .interim = 4, .parameters = backward, .parameter_count = 7}},
      {"no rows", DN_BAD_SIZE, -1, -1, {.kind = DN_MONITOR_PROJECTION, .gain = gain}},
      {"no matrix", DN_NULL_POINTER, -1, -1, {.kind = DN_MONITOR_PROJECTION, .rows = 2}},
      {"too many rows", DN_TOO_LARGE, -1, -1, {.kind = DN_MONITOR_PROJECTION, .rows = PTRDIFF_MAX, .gain = gain}},
      {"no such row", DN_BAD_OPTION, -1, -1, {.kind = DN_MONITOR_PROJECTION, .rows = 2, .gain = gain, .reference = 3}},
      {"no such reference",
       DN_BAD_OPTION,
       -1,
       -1,
       {.kind = DN_MONITOR_PROJECTION, .rows = 2, .gain = gain, .reference = -2}},
      {"infinite gain", DN_BAD_GAIN, 1, -1, {.kind = DN_MONITOR_PROJECTION, .rows = 2, .gain = holed}},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const dn_monitor list[] = {{.kind = DN_MONITOR_SUBSAMPLE}, cases[k].monitor};
    check_about("%s", cases[k].what);
    p.monitors = list;
    p.monitor_count = 2;
    p.monitored = NULL;
    dn_network_result_f64 result = {0};
    dn_place place;
    CHECK_STATUS(dn_network_run_f64(1, &p, &result, NULL, &place), cases[k].status);
    const bool located =
        cases[k].status == DN_BAD_INTERIM || cases[k].status == DN_BAD_MONITOR || cases[k].status == DN_BAD_GAIN;
    CHECK_THAT(place.run == 0 && place.monitor == (located ? 1 : -1));
    CHECK_THAT(place.node == cases[k].node && place.parameter == cases[k].parameter);
    size_t everything, least;
    CHECK_STATUS(dn_network_tape_bytes_f64(&p, &everything, &least), cases[k].status);
  }
  // Angles are neither projected nor averaged, not even over one step.
  p.model = dn_model_find("kuramoto");
  p.sigma_count = 0;
  p.parameters = NULL;
  for (int k = 0; k < 2; k++) {
    const dn_monitor monitor = k ? (dn_monitor){.kind = DN_MONITOR_VOLTERRA, .interim = 1}
                                 : (dn_monitor){.kind = DN_MONITOR_PROJECTION, .rows = 2, .gain = gain};
    p.monitors = &monitor;
    p.monitor_count = 1;
    dn_network_result_f64 result = {0};
    dn_place place;
    CHECK_STATUS(dn_network_run_f64(1, &p, &result, NULL, &place), DN_PERIODIC_AVERAGE);
    CHECK_THAT(place.state == 0);
  }
  // A balloon that is blown out, by where it begins or by what drives it: from that step on there is nothing to see, nor a
  // gradient. Node 1 of the second state, at the second mean; node 2 would come later.
  const net_setup setup_of_balloon = monitor_setup(&monitor_cases[9], 0, 300);
  net_trial_f64 b = net_trial_make_f64(ref_model_find("mpr"), &net, false, &setup_of_balloon, 5, (layout){0});
  b.plan = plan;
  for (int k = 0; k < 9; k++) b.q.constants[k] = dn_monitor_describe(DN_MONITOR_BALLOON)->parameter[k].value;
  grid_set_f64(&b.monitored, 0);
  // Numbers s of two rows each: f falls by Delta s at a step.
  const double delta = 4 * b.q.time_step / 1000;
  b.monitored.at[(9 + 1) * 3 + 1] = -0.75 / delta;
  b.monitored.at[(9 + 1) * 3 + 2] = -0.0125 / delta;
  for (int32_t threads = 1; threads <= 2; threads++)
    for (int which = 0; which < 2; which++) {
      dn_place place;
      check_about("a balloon at zero, %s", which ? "jvp" : "run");
      CHECK_STATUS(
          net_trials_call_f64(which ? ENTRY_JVP : ENTRY_RUN, 1, &b, &(dn_run_options){.threads = threads}, &place),
          DN_NOT_FINITE_MONITOR);
      CHECK(place.monitor == 0 && place.node == 1 && place.state == 1 && place.step == 8,
            "monitor %d node %td state %d step %lld", place.monitor, place.node, place.state, (long long)place.step);
    }
  CHECK_THAT(b.result.steps_done > 8 && b.result.steps_done < 300);
  net_trial_record_f64(&b, 0);
  CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, &b, NULL), DN_NOT_FINITE_MONITOR);
  CHECK_STATUS(net_trial_call_f64(ENTRY_VJP, &b, NULL), DN_BAD_TAPE);
  net_trial_free_f64(&b);
  // A tape knows its monitor's constants.
  net_trial_record_f64(&t, 0);
  CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, &t, NULL), DN_OK);
  CHECK_STATUS(net_trial_call_f64(ENTRY_VJP, &t, NULL), DN_OK);
  t.q.constants[2] *= 2;
  CHECK_STATUS(net_trial_call_f64(ENTRY_VJP, &t, NULL), DN_BAD_TAPE);
  t.q.constants[2] /= 2;
  t.q.interim = 2;
  CHECK_STATUS(net_trial_call_f64(ENTRY_VJP, &t, NULL), DN_BAD_TAPE);
  net_trial_free_f64(&t);
  dn_plan_destroy(plan);
  network_free(&net);
}

#define EACH_TEST(test) test(bits) test(cuts) test(hashes)

int main(int argc, char **argv) {
  const check_test tests[] = {{"registered", registered},
                              {"reference", reference},
                              EACH_TEST(CHECK_BOTH){"float_follows_double", float_follows_double},
                              {"refused", refused}};
  if (argc == 2 && strcmp(argv[1], "--print") == 0) {
    printf("// FNV-1a 64 of the outputs of run, jvp and vjp: written by `network_monitor_test --print`.\n");
    for (int c = 0; c < MONITOR_CASES; c++) {
      hash_of_f32(c, true);
      hash_of_f64(c, true);
    }
    return 0;
  }
  return CHECK_MAIN(argc, argv, tests);
}
