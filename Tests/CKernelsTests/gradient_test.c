// The derivatives against each other and against the map itself: dot products, Taylor remainders, finite differences.
// All in double; derivative_test.c compares float with the reference.
#include "trial.h"

// ---- <u, J v> = <J^T u, v> -----------------------------------------------------------------------------------------

typedef struct inner {
  double value, size;
} inner;

static void inner_add(inner *sum, const grid_f64 *a, const grid_f64 *b) {
  for (ptrdiff_t i = 0; i < a->rows; i++)
    for (ptrdiff_t t = 0; t < a->columns; t++) {
      double term = a->at[i * a->stride + t] * b->at[i * b->stride + t];
      sum->value += term;
      sum->size += fabs(term);
    }
}

static void inner_add_scalar(inner *sum, double a, double b) {
  sum->value += a * b;
  sum->size += fabs(a * b);
}

static void check_dot(const dn_plan *plan, trial_f64 *q, unsigned parts) {
  q->tangents = q->cotangents = parts;
  q->has_after = false;
  trial_reset_f64(q, 0);
  CHECK_STATUS(trial_call_f64(ENTRY_RUN, plan, q, NULL), DN_OK);
  CHECK_STATUS(trial_call_f64(ENTRY_JVP, plan, q, NULL), DN_OK);
  CHECK_STATUS(trial_call_f64(ENTRY_VJP, plan, q, NULL), DN_OK);
  inner forward = {0}, backward = {0};
  inner_add(&forward, &q->cot_series, &q->tan_series);
  if (parts & PART_HISTORY) inner_add(&backward, &q->cot_history, &q->tan_history);
  if (parts & PART_NOISE) inner_add(&backward, &q->cot_noise, &q->tan_noise);
  if (parts & PART_WEIGHTS) inner_add(&backward, &q->cot_weights, &q->tan_weights);
  if (parts & PART_SCALE) inner_add_scalar(&backward, q->cot_scale.at[0], q->tan_scale);
  if (parts & PART_GAIN) inner_add_scalar(&backward, q->cot_gain.at[0], q->tan_gain);
  double size = fmax(forward.size, backward.size);
  CHECK(fabs(forward.value - backward.value) <= 1e-12 * size, "parts %u: %.17g and %.17g, size %g", parts,
        forward.value, backward.value, size);
}

static void dot_product(void) {
  for (uint64_t seed = 0; seed < 100; seed++) {
    network net = network_make_random(seed);
    dn_plan *plan = plan_make(&net, NULL);
    rng r = rng_make(seed + 1000);
    ptrdiff_t steps = 1 + rng_below(&r, 150);
    check_about("%s: %td nodes, %td edges, delays to %td, %td steps", net.name, net.nodes, net.edges, net.longest,
                steps);
    trial_f64 q = trial_make_f64(&net, steps, rng_unit(&r), seed, (layout){0});
    check_dot(plan, &q, PART_INPUTS);
    for (int p = 0; p < 5; p++) check_dot(plan, &q, 1u << p);
    trial_free_f64(&q);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

static void dot_product_cases(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    check_about("%s", net.name);
    trial_f64 q = trial_make_f64(&net, 300, 0.75, 4, (layout){0});
    check_dot(plan, &q, PART_INPUTS);
    trial_free_f64(&q);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// ---- A loss --------------------------------------------------------------------------------------------------------
// sum c (x^2 / 2 + x^4 / 24): not linear, so that remainders of the linear inputs are of second order too, and convex,
// so that their second-order term cannot vanish.

static double loss_factor(ptrdiff_t k) { return 0.5 + (double)(k % 7) / 8; }

static long double loss_of(const trial_f64 *q) {
  long double sum = 0;
  for (ptrdiff_t k = 0; k < q->net->nodes * q->steps; k++) {
    long double x = q->series.at[k];
    sum += loss_factor(k) * (x * x / 2 + x * x * x * x / 24);
  }
  return sum;
}

static void loss_cotangent(trial_f64 *q) {
  for (ptrdiff_t k = 0; k < q->net->nodes * q->steps; k++) {
    double x = q->series.at[k];
    q->cot_series.at[k] = loss_factor(k) * (x + x * x * x / 6);
  }
}

// The gradient of the loss at a trial's inputs.
static long double loss_gradient(const dn_plan *plan, trial_f64 *q) {
  q->has_after = false;
  q->cotangents = PART_INPUTS;
  trial_reset_f64(q, 0);
  CHECK_STATUS(trial_call_f64(ENTRY_RUN, plan, q, NULL), DN_OK);
  loss_cotangent(q);
  CHECK_STATUS(trial_call_f64(ENTRY_VJP, plan, q, NULL), DN_OK);
  return loss_of(q);
}

// An input as an array, its direction and its gradient.
typedef struct input {
  double *value, *direction, *gradient;
  ptrdiff_t count;
} input;

static input input_of(trial_f64 *q, part which) {
  const network *net = q->net;
  switch (which) {
    case PART_HISTORY: return (input){q->history.at, q->tan_history.at, q->cot_history.at, net->nodes * net->history};
    case PART_NOISE: return (input){q->noise.at, q->tan_noise.at, q->cot_noise.at, net->nodes * q->steps};
    case PART_WEIGHTS: return (input){q->weights.at, q->tan_weights.at, q->cot_weights.at, net->edges};
    case PART_SCALE: return (input){&q->scale, &q->tan_scale, q->cot_scale.at, 1};
    default: return (input){&q->gain, &q->tan_gain, q->cot_gain.at, 1};
  }
}

// ---- Taylor remainders ---------------------------------------------------------------------------------------------

static long double loss_along(const dn_plan *plan, trial_f64 *q, input in, const double *origin, double h) {
  for (ptrdiff_t k = 0; k < in.count; k++) in.value[k] = origin[k] + h * in.direction[k];
  CHECK_STATUS(trial_call_f64(ENTRY_RUN, plan, q, NULL), DN_OK);
  return loss_of(q);
}

static void check_taylor(const dn_plan *plan, trial_f64 *q, part which, const char *name) {
  long double loss = loss_gradient(plan, q), slope = 0;
  input in = input_of(q, which);
  double *origin = ref_array(in.count, 1);
  memcpy(origin, in.value, (size_t)in.count * sizeof(double));
  for (ptrdiff_t k = 0; k < in.count; k++) slope += (long double)in.direction[k] * in.gradient[k];
  long double remainder[5];
  for (int n = 0; n < 5; n++) {
    double h = ldexp(1, -8 - n);
    remainder[n] = fabsl(loss_along(plan, q, in, origin, h) - loss - h * slope);
  }
  memcpy(in.value, origin, (size_t)in.count * sizeof(double));
  free(origin);
  // An input that the series does not depend on.
  if (slope == 0 && remainder[0] == 0) return;
  for (int n = 0; n < 4; n++) {
    double rate = (double)log2l(remainder[n] / remainder[n + 1]);
    CHECK(rate >= 1.95 && rate <= 2.05, "%s: rate %g at halving %d, remainder %Lg of %Lg", name, rate, n, remainder[n],
          loss);
  }
}

static void taylor(void) {
  for (int n = 0; n < case_count; n++) {
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    check_about("%s", net.name);
    trial_f64 q = trial_make_f64(&net, 150, 0.75, 21, (layout){0});
    for (int p = 0; p < 5; p++) check_taylor(plan, &q, 1u << p, part_names[p]);
    trial_free_f64(&q);
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

// ---- Finite differences, entry by entry ----------------------------------------------------------------------------

static void check_differences(const dn_plan *plan, trial_f64 *q, part which, const char *name) {
  const double h = 1e-4;
  loss_gradient(plan, q);
  input in = input_of(q, which);
  for (ptrdiff_t k = 0; k < in.count; k++) {
    double origin = in.value[k];
    long double at[5];
    for (int n = -2; n <= 2; n++) {
      in.value[k] = origin + n * h;
      CHECK_STATUS(trial_call_f64(ENTRY_RUN, plan, q, NULL), DN_OK);
      at[n + 2] = loss_of(q);
    }
    in.value[k] = origin;
    double slope = (double)((at[0] - 8 * at[1] + 8 * at[3] - at[4]) / (12 * h));
    CHECK(fabs(slope - in.gradient[k]) <= 1e-8 * fmax(1, fabs(slope)), "%s %td: %.12g, differences give %.12g", name, k,
          in.gradient[k], slope);
  }
}

static void differences(void) {
  const int steps[] = {1, 17, 40};
  for (int n = 0; n < case_count; n++) {
    if (case_specs[n].nodes > 3) continue;
    network net = network_make(&case_specs[n], 1);
    dn_plan *plan = plan_make(&net, NULL);
    for (int k = 0; k < 3; k++) {
      check_about("%s, %d steps", net.name, steps[k]);
      trial_f64 q = trial_make_f64(&net, steps[k], 0.75, 22, (layout){0});
      for (int p = 0; p < 5; p++) check_differences(plan, &q, 1u << p, part_names[p]);
      trial_free_f64(&q);
    }
    dn_plan_destroy(plan);
    network_free(&net);
  }
}

int main(int argc, char **argv) {
  const check_test tests[] = {
      {"dot_product", dot_product},
      {"dot_product_cases", dot_product_cases},
      {"taylor", taylor},
      {"differences", differences},
  };
  return CHECK_MAIN(argc, argv, tests);
}
