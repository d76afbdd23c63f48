// The reference simulator of neural masses by itself: its derivatives against differences, its schemes against numbers
// worked out by hand and against their orders of convergence, its chunks against the whole.
#include <math.h>

#include "check.h"
#include "network_cases.h"
#include "reference.h"

// ---- Derivatives ---------------------------------------------------------------------------------------------------

static void check_tangent(const ref_problem *q, ref_arrays *values, const ref_arrays *directions, int part) {
  const ptrdiff_t count = ref_count(q, (ref_part)part);
  ref_arrays along = {0};
  along.part[part] = directions->part[part];
  ref_result base = ref_network_run(q, values, NULL, &along), at[4];
  double *origin = values->part[part], *moved = ref_array(count, 1);
  const double h = 0x1p-13;
  values->part[part] = moved;
  for (int k = 0; k < 4; k++) {
    const double steps[] = {-2, -1, 1, 2};
    for (ptrdiff_t n = 0; n < count; n++) moved[n] = origin[n] + steps[k] * h * directions->part[part][n];
    at[k] = ref_network_run(q, values, NULL, NULL);
  }
  values->part[part] = origin;
  const ptrdiff_t outputs = q->model->states * q->net->nodes * base.columns;
  double worst = 0, size = 0, values_size = 0;
  for (ptrdiff_t n = 0; n < outputs; n++) {
    const double slope = (at[0].series[n] - 8 * at[1].series[n] + 8 * at[2].series[n] - at[3].series[n]) / (12 * h);
    worst = fmax(worst, fabs(slope - base.series_tangent[n]));
    size = fmax(size, fabs(base.series_tangent[n]));
    values_size = fmax(values_size, fabs(base.series[n]));
  }
  // A difference of values loses what their rounding is, over h.
  CHECK(worst <= 1e-9 * size + 1e-12 + 8 * 0x1p-53 * values_size / h, "%s: off by %g of %g", ref_part_names[part],
        worst, size);
  const bool matters = count > 0 && !(part == REF_HISTORY && q->net->longest == 0);
  CHECK(!matters || size > 0, "%s: nothing depends on it", ref_part_names[part]);
  free(moved);
  ref_result_free(&base);
  for (int k = 0; k < 4; k++) ref_result_free(&at[k]);
}

static void tangents(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int kind = 0; kind < 6; kind++) {
      const case_spec *spec = net_spec_named(kind % 2 ? "2 nodes 0..3" : "3 nodes, all zero");
      const bool fractional = kind % 2;
      network net = fractional ? network_make_fractional(spec, 1) : network_make(spec, 1);
      const net_setup setup = {.steps = 24,
                               .scheme = kind < 2 ? DN_SCHEME_EULER : DN_SCHEME_HEUN,
                               .stage = kind < 4 ? DN_STAGE_AWARE : DN_STAGE_FROZEN,
                               .every = 1 + kind % 3,
                               .monitor = DN_MONITOR_AVERAGE,
                               .sigma = SIGMA_NODE,
                               .parameters = PARAMETERS_MIXED};
      check_about("%s, kind %d", ref_models[m].name, kind);
      if (!CHECK_THAT(dn_model_find(ref_models[m].name) != NULL)) continue;
      ref_problem q = ref_problem_make(&ref_models[m], &net, fractional, &setup);
      ref_arrays values = ref_values_make(&q, &setup, 3), directions = ref_directions_make(&q, &values, 4);
      for (int part = 0; part < REF_PARTS; part++) check_tangent(&q, &values, &directions, part);
      ref_arrays_free(&values);
      ref_arrays_free(&directions);
      network_free(&net);
    }
}

// ---- By hand -------------------------------------------------------------------------------------------------------

// Two linear nodes, x_0' = -x_0 + x_1, x_1' = -x_1 + x_0 / 2, without delay, dt = 1/4, one step from (1, 2), where node 0
// gets the increment 1/2: each number below is exact.
static void by_hand(void) {
  int32_t targets[] = {0, 1}, sources[] = {1, 0}, delays[] = {0, 0};
  const network net = {.nodes = 2, .edges = 2, .targets = targets, .sources = sources, .delays = delays};
  double weights[] = {1, 0.5}, coupling[] = {1}, parameters[] = {1, 0}, sigma[] = {1}, noise[] = {1, 0},
         initial[] = {1, 2};
  ref_arrays values = {{[REF_WEIGHTS] = weights,
                        [REF_COUPLING] = coupling,
                        [REF_PARAMETERS] = parameters,
                        [REF_SIGMA] = sigma,
                        [REF_NOISE] = noise,
                        [REF_INITIAL] = initial}};
  ref_problem q = {
      .model = ref_model_find("linear"), .net = &net, .steps = 1, .every = 1, .time_step = 0.25, .sigma_count = 1};
  // F = (1, -3/2); predictors (1 + 1/4 + 1/2, 2 - 3/8) = (7/4, 13/8).
  const struct {
    dn_scheme scheme;
    dn_stage stage;
    double x[2];
  } want[] = {
      {DN_SCHEME_EULER, DN_STAGE_AWARE, {1.75, 1.625}},
      // Drift of the predictors: -7/4 + 13/8 = -1/8, -13/8 + 7/8 = -3/4.
      {DN_SCHEME_HEUN, DN_STAGE_AWARE, {1 + (1 - 0.125) / 8 + 0.5, 2 + (-1.5 - 0.75) / 8}},
      // Coupled to (2, 1/2) once more: -7/4 + 2 = 1/4, -13/8 + 1/2 = -9/8.
      {DN_SCHEME_HEUN, DN_STAGE_FROZEN, {1 + (1 + 0.25) / 8 + 0.5, 2 + (-1.5 - 1.125) / 8}},
  };
  for (int k = 0; k < 3; k++) {
    check_about("kind %d", k);
    q.scheme = want[k].scheme;
    q.stage = want[k].stage;
    ref_result got = ref_network_run(&q, &values, NULL, NULL);
    for (int i = 0; i < 2; i++) CHECK(got.series[i] == want[k].x[i], "node %d: %.17g", i, got.series[i]);
    ref_result_free(&got);
  }
  // The same through fractional delays: 0 + 1/2 of the current and of the earlier state, which is (3, 5).
  int32_t targets4[] = {0, 1, 0, 1}, sources4[] = {1, 0, 1, 0}, delays4[] = {0, 0, 1, 1};
  const network split = {
      .nodes = 2, .edges = 4, .history = 1, .targets = targets4, .sources = sources4, .delays = delays4};
  double fractions[] = {0.5, 0.25}, history[] = {3, 5};
  values.part[REF_DELAYS] = fractions;
  values.part[REF_HISTORY] = history;
  q.net = &split;
  q.fractional = true;
  q.scheme = DN_SCHEME_EULER;
  ref_result got = ref_network_run(&q, &values, NULL, NULL);
  CHECK_THAT(got.series[0] == 1 + (-1 + 3.5) / 4 + 0.5);
  CHECK_THAT(got.series[1] == 2 + (-2 + (0.75 * 1 + 0.25 * 3) / 2) / 4);
  CHECK_THAT(got.history[0] == 1 && got.history[1] == 2);
  ref_result_free(&got);
}

// x' = -x(t - 1) from history 1: the method of steps gives x(3) = 1 - 3 + 4/2 - 1/6.
static double delay_equation(dn_scheme scheme, int per_unit) {
  int32_t targets[] = {0}, sources[] = {0}, delays[] = {per_unit};
  const network net = {
      .nodes = 1, .edges = 1, .history = per_unit, .targets = targets, .sources = sources, .delays = delays};
  double weights[] = {-1}, coupling[] = {1}, parameters[] = {0, 0}, initial[] = {1}, *history = ref_array(per_unit, 1);
  for (int h = 0; h < per_unit; h++) history[h] = 1;
  ref_arrays values = {{[REF_WEIGHTS] = weights,
                        [REF_COUPLING] = coupling,
                        [REF_PARAMETERS] = parameters,
                        [REF_INITIAL] = initial,
                        [REF_HISTORY] = history}};
  ref_problem q = {.model = ref_model_find("linear"),
                   .net = &net,
                   .scheme = scheme,
                   .steps = 3 * per_unit,
                   .every = 1,
                   .time_step = 1.0 / per_unit};
  ref_result got = ref_network_run(&q, &values, NULL, NULL);
  const double x = got.final[0];
  ref_result_free(&got);
  free(history);
  return x;
}

static void orders(void) {
  const double exact = 1 - 3 + 2 - 1.0 / 6;
  for (int order = 1; order <= 2; order++) {
    const dn_scheme scheme = order == 1 ? DN_SCHEME_EULER : DN_SCHEME_HEUN;
    double error[3];
    for (int k = 0; k < 3; k++) error[k] = fabs(delay_equation(scheme, 16 << k) - exact);
    for (int k = 0; k < 2; k++) {
      const double rate = log2(error[k] / error[k + 1]);
      CHECK(fabs(rate - order) < 0.1, "order %d: rate %g, errors %g %g", order, rate, error[k], error[k + 1]);
    }
  }
}

// ---- Chunks --------------------------------------------------------------------------------------------------------

static void chunks(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int thinning = 0; thinning < 2; thinning++) {
      network net = network_make(net_spec_named("3 nodes 0..40"), 1);
      net_setup setup = {.steps = 30,
                         .first_step = 4,
                         .every = 7,
                         .monitor = (dn_monitor_kind)thinning,
                         .sigma = SIGMA_STATE,
                         .parameters = PARAMETERS_MIXED};
      check_about("%s, thinning %d", ref_models[m].name, thinning);
      if (!CHECK_THAT(dn_model_find(ref_models[m].name) != NULL)) continue;
      ref_problem q = ref_problem_make(&ref_models[m], &net, false, &setup);
      ref_arrays values = ref_values_make(&q, &setup, 5);
      const ptrdiff_t count = q.model->states * net.nodes;
      memset(values.part[REF_STIMULUS], 0, (size_t)(count * q.steps) * sizeof(double));
      ref_result whole = ref_network_run(&q, &values, NULL, NULL);
      q.steps = 12;
      ref_result first = ref_network_run(&q, &values, NULL, NULL);
      q.steps = 18;
      q.first_step = 16;
      ref_arrays rest = values;
      rest.part[REF_INITIAL] = first.final;
      rest.part[REF_HISTORY] = first.history;
      rest.part[REF_NOISE] = values.part[REF_NOISE] + 12 * count;
      ref_result second = ref_network_run(&q, &rest, first.partial, NULL);
      CHECK_THAT(first.columns == 2 && second.columns == 2 && whole.columns == 4);
      bool same = memcmp(whole.final, second.final, (size_t)count * sizeof(double)) == 0;
      for (ptrdiff_t n = 0; n < count; n++)
        for (int k = 0; k < 4; k++) {
          const ref_result *part = k < 2 ? &first : &second;
          same &= whole.series[n * 4 + k] == part->series[n * 2 + k % 2];
          same &= isfinite(whole.series[n * 4 + k]);
        }
      CHECK_THAT(same);
      CHECK_THAT(whole.clamps == first.clamps + second.clamps);
      ref_result_free(&whole);
      ref_result_free(&first);
      ref_result_free(&second);
      ref_arrays_free(&values);
      network_free(&net);
    }
}

int main(int argc, char **argv) {
  const check_test tests[] = {{"tangents", tangents}, {"by_hand", by_hand}, {"orders", orders}, {"chunks", chunks}};
  return CHECK_MAIN(argc, argv, tests);
}
