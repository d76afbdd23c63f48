// Networks of neural masses against the plain reference: series, tangents, cotangents, in double; bits across instruction
// sets, chunks, threads and tapes. Every registered model, every scheme, every topology of network_cases.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "network_cases.h"

typedef struct variant {
  dn_scheme scheme;
  dn_stage stage;
} variant;
static const variant variants[] = {
    {DN_SCHEME_HEUN, DN_STAGE_AWARE}, {DN_SCHEME_HEUN, DN_STAGE_FROZEN}, {DN_SCHEME_EULER, DN_STAGE_AWARE}};
#define VARIANTS ((int)(sizeof variants / sizeof *variants))

// A problem of the reference as the library takes it.
typedef struct trial {
  network net;
  ref_problem q;
  ref_arrays values;
  dn_plan *plan;
  dn_parameter_f64 parameters[REF_PARAMETERS_MAX];
  dn_network_primal_f64 primal;
  ptrdiff_t elements;  // S N K of the series
} trial;

static trial trial_make(const ref_model *model, const case_spec *spec, bool fractional, net_setup setup, dn_isa isa) {
  trial t = {.net = fractional ? network_make_fractional(spec, 1) : network_make(spec, 1)};
  t.q = ref_problem_make(model, &t.net, fractional, &setup);
  t.values = ref_values_make(&t.q, &setup, 5);
  CHECK_STATUS(dn_plan_create(&t.net.view, &(dn_plan_options){.isa = isa}, &t.plan, NULL), DN_OK);
  double *const *part = t.values.part;
  const double *next = part[REF_PARAMETERS];
  for (int k = 0; k < model->parameters; k++) {
    const ptrdiff_t count = t.q.per_node[k] ? t.net.nodes : 1;
    if (!ref_is_default(&t.q, &setup, k)) t.parameters[k] = (dn_parameter_f64){next, count};
    next += count;
  }
  const ptrdiff_t T = t.q.steps, N = t.net.nodes;
  t.primal = (dn_network_primal_f64){.plan = t.plan,
                                     .model = dn_model_find(model->name),
                                     .scheme = t.q.scheme,
                                     .stage = t.q.stage,
                                     .time_step = t.q.time_step,
                                     .weights = part[REF_WEIGHTS],
                                     .fractions = fractional ? part[REF_DELAYS] : NULL,
                                     .coupling = *part[REF_COUPLING],
                                     .sigma = part[REF_SIGMA],
                                     .sigma_count = t.q.sigma_count,
                                     .noise = part[REF_NOISE],
                                     .stimulus = part[REF_STIMULUS],
                                     .stimulus_stride = T,
                                     .initial = part[REF_INITIAL],
                                     .history = part[REF_HISTORY],
                                     .history_stride = t.net.view.history,
                                     .steps = T,
                                     .first_step = t.q.first_step,
                                     .every = t.q.every,
                                     .thinning = t.q.thinning};
  t.elements = model->states * N * dn_outputs(t.q.first_step, T, t.q.every);
  return t;
}
// The parameters' array stands in the trial itself.
static dn_network_primal_f64 primal_of(const trial *t) {
  dn_network_primal_f64 p = t->primal;
  p.parameters = t->parameters;
  return p;
}
static void trial_free(trial *t) {
  dn_plan_destroy(t->plan);
  ref_arrays_free(&t->values);
  network_free(&t->net);
}

static ptrdiff_t columns(const trial *t) { return dn_outputs(t->q.first_step, t->q.steps, t->q.every); }
static double *zeros(ptrdiff_t count) { return calloc((size_t)count + 1, sizeof(double)); }
static double largest(const double *a, ptrdiff_t count) {
  double most = 0;
  for (ptrdiff_t i = 0; i < count; i++) most = fmax(most, fabs(a[i]));
  return most;
}
static double apart(const double *a, const double *b, ptrdiff_t count) {
  double most = 0;
  for (ptrdiff_t i = 0; i < count; i++) most = fabs(a[i] - b[i]) <= most ? most : fabs(a[i] - b[i]);
  return most;
}
static bool equal(const double *a, const double *b, ptrdiff_t count) {
  return memcmp(a, b, (size_t)count * sizeof *a) == 0;
}

static net_setup setup_of(int model, int spec, int variant) {
  const int odd = (model + spec + variant) % 3;
  return (net_setup){.steps = spec % 4 == 0   ? 129
                              : spec % 4 == 1 ? 17
                              : spec % 4 == 2 ? 300
                                              : 16,
                     .first_step = odd * 3,
                     .every = odd == 1 ? 7 : 1,
                     .thinning = spec % 2 ? DN_THIN_AVERAGE : DN_THIN_SUBSAMPLE,
                     .scheme = variants[variant].scheme,
                     .stage = variants[variant].stage,
                     .sigma = odd == 0 ? SIGMA_STATE : SIGMA_NODE,
                     .parameters = PARAMETERS_MIXED,
                     .rough = odd == 2};
}

static void registered(void) {
  CHECK_THAT(dn_model_count() == ref_model_count);
  for (int32_t m = 0; m < dn_model_count(); m++) {
    const dn_model *model = dn_model_at(m);
    const ref_model *reference = ref_model_find(model->name);
    check_about("%s", model->name);
    CHECK_THAT(dn_model_find(model->name) == model);
    if (!CHECK_THAT(reference != NULL)) continue;
    CHECK_THAT(model->states == reference->states && model->couplings == reference->couplings);
    if (!CHECK_THAT(model->parameters == reference->parameters)) continue;
    for (int k = 0; k < model->states; k++)
      CHECK(model->state[k].lower == reference->lower[k] && model->state[k].upper == reference->upper[k], "state %d",
            k);
    for (int k = 0; k < model->parameters; k++) {
      const dn_model_parameter *p = &model->parameter[k];
      CHECK(strcmp(p->name, reference->parameter[k]) == 0, "%s", p->name);
      CHECK(p->value == reference->published[k], "%s is %g, published %g", p->name, p->value, reference->published[k]);
      CHECK(p->lowest <= p->value && p->value <= p->highest, "%s outside its range", p->name);
    }
  }
  CHECK_THAT(dn_model_at(-1) == NULL && dn_model_at(dn_model_count()) == NULL && dn_model_find("none") == NULL);
}

static void forward(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int s = 0; s < net_spec_count; s++)
      for (int v = 0; v < VARIANTS; v++) {
        trial t = trial_make(&ref_models[m], &net_specs[s], false, setup_of(m, s, v), DN_ISA_AUTO);
        check_about("%s, %s, variant %d", ref_models[m].name, net_specs[s].name, v);
        ref_result want = ref_network_run(&t.q, &t.values, NULL, NULL);
        const dn_network_primal_f64 p = primal_of(&t);
        double *series = zeros(t.elements), *first = zeros(t.elements);
        for (int isa = DN_ISA_BASE; isa <= DN_ISA_AVX512; isa++) {
          if (!dn_isa_available((dn_isa)isa)) continue;
          dn_plan *plan;
          CHECK_STATUS(dn_plan_create(&t.net.view, &(dn_plan_options){.isa = (dn_isa)isa}, &plan, NULL), DN_OK);
          dn_network_primal_f64 own = p;
          own.plan = plan;
          dn_network_result_f64 r = {.series = series, .series_stride = columns(&t)};
          CHECK_STATUS(dn_network_run_f64(1, &own, &r, NULL, NULL), DN_OK);
          const double error = apart(series, want.series, t.elements), scale = largest(want.series, t.elements);
          CHECK(error <= 1e-9 * (scale + 1e-3), "error %g of %g", error, scale);
          CHECK(r.clamps == want.clamps, "%lld clamps, %lld wanted", (long long)r.clamps, (long long)want.clamps);
          CHECK_THAT(r.steps_done == t.q.steps && r.columns_done == want.columns);
          if (isa == DN_ISA_BASE) memcpy(first, series, (size_t)t.elements * sizeof *first);
          else CHECK(equal(series, first, t.elements), "other bits on %s", dn_isa_name((dn_isa)isa));
          dn_plan_destroy(plan);
        }
        free(series);
        free(first);
        ref_result_free(&want);
        trial_free(&t);
      }
}

// Tangents against the reference; cotangents by the dot product with them; every tape's bits.
static void derivatives(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int s = 0; s < net_spec_count; s++)
      for (int v = 0; v < VARIANTS; v++) {
        if (net_specs[s].nodes > 20 && (m + v) % 5) continue;
        const bool fractional = (m + s + v) % 2;
        net_setup setup = setup_of(m, s, v);
        setup.rough = false;
        setup.parameters = (s + v) % 2 ? PARAMETERS_MIXED : PARAMETERS_GLOBAL;
        trial t = trial_make(&ref_models[m], &net_specs[s], fractional, setup, DN_ISA_AUTO);
        check_about("%s, %s, variant %d", ref_models[m].name, net_specs[s].name, v);
        const dn_network_primal_f64 p = primal_of(&t);
        ref_arrays directions = ref_directions_make(&t.q, &t.values, 9), gradient = {0}, again = {0};
        ref_result want = ref_network_run(&t.q, &t.values, NULL, &directions);
        double *const *part = directions.part;
        const double *parameters[REF_PARAMETERS_MAX];
        double *dparameters[REF_PARAMETERS_MAX], *dagain[REF_PARAMETERS_MAX];
        for (int k = 0; k < REF_PARTS; k++) {
          gradient.part[k] = zeros(ref_count(&t.q, (ref_part)k));
          again.part[k] = zeros(ref_count(&t.q, (ref_part)k));
        }
        for (int k = 0, at = 0; k < t.q.model->parameters; k++) {
          parameters[k] = part[REF_PARAMETERS] + at;
          dparameters[k] = gradient.part[REF_PARAMETERS] + at;
          dagain[k] = again.part[REF_PARAMETERS] + at;
          at += (int)(t.q.per_node[k] ? t.net.nodes : 1);
        }
        const ptrdiff_t T = t.q.steps, H = t.net.view.history, K = columns(&t);
        double *series = zeros(t.elements), *tangent = zeros(t.elements), *cotangent = zeros(t.elements);
        const dn_network_tangent_f64 d = {.weights = part[REF_WEIGHTS],
                                          .delays = fractional ? part[REF_DELAYS] : NULL,
                                          .coupling = *part[REF_COUPLING],
                                          .parameters = parameters,
                                          .sigma = part[REF_SIGMA],
                                          .noise = part[REF_NOISE],
                                          .stimulus = part[REF_STIMULUS],
                                          .stimulus_stride = T,
                                          .initial = part[REF_INITIAL],
                                          .history = part[REF_HISTORY],
                                          .history_stride = H,
                                          .series = tangent,
                                          .series_stride = K};
        CHECK_STATUS(dn_network_jvp_f64(1, &p, &d, NULL, NULL), DN_OK);
        const double error = apart(tangent, want.series_tangent, t.elements),
                     scale = largest(want.series_tangent, t.elements);
        CHECK(error <= 1e-8 * (scale + 1e-6), "tangent: error %g of %g", error, scale);

        rng r = rng_make(7);
        double left = 0, right = 0, size = 1e-300;
        for (ptrdiff_t i = 0; i < t.elements; i++) {
          cotangent[i] = rng_unit(&r);
          left += cotangent[i] * tangent[i];
          size += fabs(cotangent[i] * tangent[i]);
        }
        size_t everything, least;
        CHECK_STATUS(dn_network_tape_bytes_f64(&p, &everything, &least), DN_OK);
        CHECK_THAT(least <= everything);
        for (int b = 0; b < 4; b++) {
          const size_t budget = b == 0 ? 0 : b == 1 ? least : b == 2 ? least + (everything - least) / 2 : everything;
          dn_tape *tape;
          CHECK_STATUS(dn_tape_create(budget, NULL, &tape), DN_OK);
          dn_network_result_f64 result = {.series = series, .series_stride = K, .tape = tape};
          CHECK_STATUS(dn_network_run_f64(1, &p, &result, NULL, NULL), DN_OK);
          double *const *g = b == 0 ? gradient.part : again.part;
          const dn_network_cotangent_f64 c = {.series = cotangent,
                                              .series_stride = K,
                                              .weights = g[REF_WEIGHTS],
                                              .delays = fractional ? g[REF_DELAYS] : NULL,
                                              .coupling = g[REF_COUPLING],
                                              .parameters = b == 0 ? dparameters : dagain,
                                              .sigma = g[REF_SIGMA],
                                              .noise = g[REF_NOISE],
                                              .stimulus = g[REF_STIMULUS],
                                              .stimulus_stride = T,
                                              .initial = g[REF_INITIAL],
                                              .history = g[REF_HISTORY],
                                              .history_stride = H};
          CHECK_STATUS(dn_network_vjp_f64(1, &p, &tape, &c, NULL, NULL), DN_OK);
          dn_tape_report report;
          dn_tape_describe(tape, &report);
          CHECK_THAT(budget == 0 || report.bytes <= budget);
          for (int k = 0; k < REF_PARTS && b > 0; k++) {
            CHECK(equal(g[k], gradient.part[k], ref_count(&t.q, (ref_part)k)), "other bits of %s with a budget",
                  ref_part_names[k]);
            memset(again.part[k], 0, (size_t)ref_count(&t.q, (ref_part)k) * sizeof(double));
          }
          dn_tape_destroy(tape);
          if (b == 1 && least > 1) {
            CHECK_STATUS(dn_tape_create(least - 1, NULL, &tape), DN_OK);
            result.tape = tape;
            CHECK_STATUS(dn_network_run_f64(1, &p, &result, NULL, NULL), DN_BUDGET_TOO_SMALL);
            dn_tape_destroy(tape);
          }
        }
        for (int k = 0; k < REF_PARTS; k++)
          for (ptrdiff_t i = 0; i < ref_count(&t.q, (ref_part)k); i++) {
            const double term = part[k][i] * gradient.part[k][i];
            right += term;
            size += fabs(term);
          }
        CHECK(fabs(left - right) <= 1e-12 * size, "dot products %.17g and %.17g, terms %g", left, right, size);
        free(series);
        free(tangent);
        free(cotangent);
        ref_arrays_free(&gradient);
        ref_arrays_free(&again);
        ref_arrays_free(&directions);
        ref_result_free(&want);
        trial_free(&t);
      }
}

// Drawn noise: chunks with their carry, members over threads, and the same numbers handed in, all have the same bits.
static void chunks(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int v = 0; v < VARIANTS; v++) {
      net_setup setup = setup_of(m, 1, v);
      setup.steps = 137;
      setup.first_step = 3;
      setup.every = 1 + 4 * (v % 2);
      trial t = trial_make(&ref_models[m], net_spec_named("17 nodes 0..40"), false, setup, DN_ISA_AUTO);
      check_about("%s, variant %d", ref_models[m].name, v);
      dn_network_primal_f64 p = primal_of(&t);
      const ptrdiff_t N = t.net.nodes, S = t.q.model->states, C = t.q.model->couplings, H = t.net.view.history,
                      K = columns(&t);
      double *drawn = zeros(137 * S * N), *whole = zeros(t.elements), *series = zeros(4 * t.elements);
      p.key = dn_key_create(42);
      p.member = 1;
      CHECK_STATUS(dn_network_noise_f64(p.key, 1, S, N, 3, 137, drawn), DN_OK);
      p.noise = drawn;
      dn_network_result_f64 r = {.series = whole, .series_stride = K};
      CHECK_STATUS(dn_network_run_f64(1, &p, &r, NULL, NULL), DN_OK);
      p.noise = NULL;

      double *initial = zeros(S * N), *history = zeros(C * N * H), *partial = zeros(S * N);
      memcpy(initial, p.initial, (size_t)(S * N) * sizeof *initial);
      memcpy(history, p.history, (size_t)(C * N * H) * sizeof *history);
      dn_network_primal_f64 chunk = p;
      chunk.initial = initial;
      chunk.history = history;
      chunk.partial = partial;
      static const ptrdiff_t lengths[] = {1, 40, 0, 16, 80};
      for (ptrdiff_t c = 0, done = 0, column = 0; c < 5; done += lengths[c++]) {
        chunk.steps = lengths[c];
        chunk.first_step = 3 + done;
        chunk.stimulus = p.stimulus + done;
        dn_network_result_f64 part = {.series = series + column,
                                      .series_stride = K,
                                      .next_initial = initial,
                                      .next_history = history,
                                      .next_history_stride = H,
                                      .next_partial = partial};
        CHECK_STATUS(dn_network_run_f64(1, &chunk, &part, NULL, NULL), DN_OK);
        column += part.columns_done;
      }
      CHECK_THAT(equal(series, whole, t.elements));

      dn_network_primal_f64 members[4] = {p, p, p, p};
      for (int threads = 1; threads <= 4; threads++) {
        dn_network_result_f64 results[4];
        for (int k = 0; k < 4; k++) {
          members[k].member = (uint64_t)(k % 2);
          results[k] = (dn_network_result_f64){.series = series + k * t.elements, .series_stride = K};
        }
        CHECK_STATUS(dn_network_run_f64(4, members, results, &(dn_run_options){.threads = threads}, NULL), DN_OK);
        CHECK_THAT(equal(series + t.elements, whole, t.elements));
        CHECK_THAT(equal(series + 3 * t.elements, whole, t.elements));
        CHECK_THAT(equal(series, series + 2 * t.elements, t.elements) && !equal(series, whole, t.elements));
      }
      free(drawn);
      free(whole);
      free(series);
      free(initial);
      free(history);
      free(partial);
      trial_free(&t);
    }
}

int main(int argc, char **argv) {
  const check_test tests[] = {
      {"registered", registered}, {"forward", forward}, {"derivatives", derivatives}, {"chunks", chunks}};
  return CHECK_MAIN(argc, argv, tests);
}
