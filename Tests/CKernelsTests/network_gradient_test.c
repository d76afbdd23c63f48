// Derivatives of networks against the engine itself: Taylor remainders along tangents and gradients, and differences entry
// by entry. All in double; network_derivative_test.c compares with the reference, and float with double.
#include "network_trial.h"

// ---- A loss --------------------------------------------------------------------------------------------------------
// With d = x - b, b a run's own series and s(T): sum of c (d + 128 d^2 / largest |b|). The square is most of its second
// derivative, so that a remainder's second order cannot vanish.

static double loss_factor(ptrdiff_t k) { return 0.5 + (double)(k % 7) / 8; }

typedef struct base {
  grid_f64 series, final;
  double largest;
} base;

static base base_make(const net_trial_f64 *t) {
  base b = {.series = grid_make_f64(t->series.rows, t->series.columns, (layout){0}),
            .final = grid_make_f64(t->next_initial.rows, t->next_initial.columns, (layout){0})};
  grid_copy_f64(&b.series, &t->series, 0);
  grid_copy_f64(&b.final, &t->next_initial, 0);
  for (ptrdiff_t k = 0; k < b.series.rows * b.series.columns; k++) b.largest = fmax(b.largest, fabs(b.series.at[k]));
  return b;
}

static void base_free(base *b) {
  grid_free_f64(&b->series);
  grid_free_f64(&b->final);
}

static long double loss_part(const grid_f64 *g, const grid_f64 *b, double largest) {
  long double sum = 0;
  for (ptrdiff_t k = 0; k < g->rows * g->columns; k++) {
    const long double d = (long double)g->at[k] - b->at[k];
    sum += loss_factor(k) * d * (1 + 128 * d / largest);
  }
  return sum;
}
static long double loss_of(const net_trial_f64 *t, const base *b) {
  return loss_part(&t->series, &b->series, b->largest) + loss_part(&t->next_initial, &b->final, b->largest);
}

// The run's base and the gradient of the loss at its inputs, where the loss is 0.
static base loss_gradient(net_trial_f64 *t) {
  net_trial_record_f64(t, 0);
  net_trial_reset_f64(t, 0);
  CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, t, NULL), DN_OK);
  for (ptrdiff_t k = 0; k < t->series.rows * t->series.columns; k++) t->cot_series.at[k] = loss_factor(k);
  for (ptrdiff_t k = 0; k < t->cot_final.columns; k++) t->cot_final.at[k] = loss_factor(k);
  CHECK_STATUS(net_trial_call_f64(ENTRY_VJP, t, NULL), DN_OK);
  dn_tape_destroy(t->tape);
  t->tape = NULL;
  return base_make(t);
}

// An input, or a part of it: values from ... from + count - 1.
typedef struct input {
  const char *name;
  ref_part part;
  ptrdiff_t from, count;
} input;

#define INPUTS_MAX (REF_PARTS + REF_PARAMETERS_MAX)

// Every part but the parameters, and each parameter by itself.
static int inputs_of(const net_trial_f64 *t, input *inputs) {
  int count = 0;
  for (int part = 0; part < REF_PARTS; part++)
    if (part != REF_PARAMETERS)
      inputs[count++] = (input){ref_part_names[part], (ref_part)part, 0, ref_count(&t->q, (ref_part)part)};
  ptrdiff_t from = 0;
  for (int k = 0; k < t->q.model->parameters; k++) {
    const ptrdiff_t values = t->q.per_node[k] ? t->net->nodes : 1;
    inputs[count++] = (input){t->q.model->parameter[k], REF_PARAMETERS, from, values};
    from += values;
  }
  return count;
}

// The small networks: all have more than one node, so that one drowned derivative does not hide.
static net_trial_f64 chosen(int m, int v, int number, ptrdiff_t steps, network *net, dn_plan **plan) {
  static const char *const names[] = {"3 nodes, all zero", "3 nodes 0, 1, 2, 7, 8", "3 nodes 0..40", "2 nodes, all 16"};
  const case_spec *spec = net_spec_named(names[number % 4]);
  const bool fractional = number / 4 % 2;
  *net = fractional ? network_make_fractional(spec, 1) : network_make(spec, 1);
  *plan = plan_make(net, NULL);
  net_setup setup = net_setup_of(v, steps);
  setup.parameters = number % 2 ? PARAMETERS_MIXED : PARAMETERS_GLOBAL;
  setup.sigma = number % 2 ? SIGMA_NODE : SIGMA_STATE;
  check_about("%s, %s, %s%s", ref_models[m].name, net_variants[v].name, spec->name, fractional ? ", fractional" : "");
  net_trial_f64 t = net_trial_make_f64(&ref_models[m], net, fractional, &setup, 21 + (uint64_t)number, (layout){0});
  t.plan = *plan;
  for (int k = 0; k < t.q.model->parameters; k++) t.is_default[k] = false;
  // Away from bounds, where the derivative jumps.
  const ptrdiff_t N = net->nodes;
  for (ptrdiff_t n = 0; n < t.in[REF_INITIAL].columns; n++) {
    const double lower = ref_models[m].lower[n / N], upper = ref_models[m].upper[n / N];
    if (lower > -INFINITY) t.in[REF_INITIAL].at[n] += upper < INFINITY ? 0.25 - t.in[REF_INITIAL].at[n] / 2 : 0.5;
    if (upper < INFINITY && t.q.sigma_count > ref_models[m].states) t.in[REF_SIGMA].at[n] /= 8;
    else if (upper < INFINITY && n % N == 0) t.in[REF_SIGMA].at[n / N] /= 8;
  }
  // Inside the range of fractions, whose ends have one-sided neighbourhoods.
  for (ptrdiff_t e = 0; e < t.in[REF_DELAYS].columns; e++) t.in[REF_DELAYS].at[e] = 0.25 + t.in[REF_DELAYS].at[e] / 2;
  return t;
}

static void done(net_trial_f64 *t, dn_plan *plan, network *net) {
  net_trial_free_f64(t);
  dn_plan_destroy(plan);
  network_free(net);
}

// ---- Taylor remainders ---------------------------------------------------------------------------------------------

// Remainders at steps that shrink by halves: their rates, until rounding errors are a hundredth of them.
static void check_rates(const long double *remainder, long double rounding, const char *name, const char *what) {
  for (int n = 0; n < 4 && remainder[n + 1] > 100 * rounding; n++) {
    const double rate = (double)log2l(remainder[n] / remainder[n + 1]);
    CHECK(rate >= 1.95 && rate <= 2.05, "%s, %s: rate %g at halving %d, remainder %Lg", name, what, rate, n,
          remainder[n]);
  }
}

static void check_taylor(net_trial_f64 *t, input in) {
  grid_f64 *g = &t->in[in.part], *direction = &t->tan[in.part];
  base b = loss_gradient(t);
  const ptrdiff_t outputs = t->series.columns * t->series.rows, all = g->columns * g->rows;
  double *origin = ref_array(all, 1), *along = ref_array(all, 1), norm = 0;
  memcpy(origin, g->at, (size_t)all * sizeof *origin);
  memcpy(along, direction->at, (size_t)all * sizeof *along);
  long double slope = 0;
  for (ptrdiff_t k = 0; k < all; k++) {
    if (k < in.from || k >= in.from + in.count) direction->at[k] = 0;
    slope += (long double)direction->at[k] * t->cot[in.part].at[k];
  }
  const unsigned tangents = t->tangents;
  t->tangents = NET_BIT(in.part);
  CHECK_STATUS(net_trial_call_f64(ENTRY_JVP, t, NULL), DN_OK);
  t->tangents = tangents;
  for (ptrdiff_t k = 0; k < outputs; k++) norm = fmax(norm, fabs(t->tan_series.at[k]));

  // Steps that move the series by 2^-14 of its size at most, and inputs by a 256th of theirs.
  const double start = norm > 0 ? fmin(0x1p-8, ldexp(1, ilogb(b.largest / norm) - 14)) : 0x1p-8;
  long double by_gradient[5], by_tangent[5];
  for (int n = 0; n < 5; n++) {
    const double h = ldexp(start, -n);
    for (ptrdiff_t k = 0; k < all; k++) g->at[k] = origin[k] + h * direction->at[k];
    CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, t, NULL), DN_OK);
    CHECK_THAT(t->result.clamps == 0);
    by_gradient[n] = fabsl(loss_of(t, &b) - h * slope);
    by_tangent[n] = 0;
    for (ptrdiff_t k = 0; k < outputs; k++)
      by_tangent[n] += powl((long double)t->series.at[k] - b.series.at[k] - (long double)h * t->tan_series.at[k], 2);
    by_tangent[n] = sqrtl(by_tangent[n]);
  }
  memcpy(g->at, origin, (size_t)all * sizeof *origin);
  memcpy(direction->at, along, (size_t)all * sizeof *along);
  check_rates(by_gradient, 0x1p-51L * b.largest * sqrtl((long double)outputs), in.name, "gradient");
  check_rates(by_tangent, 0x1p-51L * b.largest * sqrtl((long double)outputs), in.name, "tangent");
  // Also where the series is linear in an input, and no remainder is left but rounding.
  CHECK(by_tangent[0] <= 0.05L * start * norm * sqrtl((long double)outputs) + 0x1p-40L * b.largest,
        "%s: remainder %Lg of %g", in.name, by_tangent[0], start * norm);
  CHECK(fabsl(by_gradient[4]) <= 0.1L * start * norm * outputs + 0x1p-40L * b.largest, "%s: remainder %Lg", in.name,
        by_gradient[4]);
  free(origin);
  free(along);
  base_free(&b);
}

static void taylor(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int v = 0; v < NET_VARIANTS; v++)
      for (int number = (m + v) % 2; number < 8; number += 2) {
        network net;
        dn_plan *plan;
        net_trial_f64 t = chosen(m, v, number, 30, &net, &plan);
        input inputs[INPUTS_MAX];
        const int count = inputs_of(&t, inputs);
        for (int k = 0; k < count; k++)
          if (inputs[k].count > 0) check_taylor(&t, inputs[k]);
        done(&t, plan, &net);
      }
}

// ---- Finite differences, entry by entry ----------------------------------------------------------------------------

static void check_differences(net_trial_f64 *t, input in) {
  grid_f64 *g = &t->in[in.part];
  base b = loss_gradient(t);
  double *gradient = ref_array(in.count, 1), largest = 0;
  memcpy(gradient, t->cot[in.part].at + in.from, (size_t)in.count * sizeof *gradient);
  for (ptrdiff_t k = 0; k < in.count; k++) largest = fmax(largest, fabs(gradient[k]));
  for (ptrdiff_t k = 0; k < in.count; k++) {
    double *x = &g->at[in.from + k];
    const double origin = *x, size = fmax(fabs(origin), fabs(t->tan[in.part].at[in.from + k])),
                 h = ldexp(1, ilogb(size > 0 ? size : 1) - 10);
    long double at[5];
    for (int n = -2; n <= 2; n++) {
      *x = origin + n * h;
      CHECK_STATUS(net_trial_call_f64(ENTRY_RUN, t, NULL), DN_OK);
      at[n + 2] = loss_of(t, &b);
    }
    *x = origin;
    const double slope = (double)((at[0] - 8 * at[1] + 8 * at[3] - at[4]) / (12 * h));
    // Truncation, and the rounding of the series over h.
    const double tolerance = 1e-7 * largest + 64 * 0x1p-53 * b.largest / h;
    CHECK(fabs(slope - gradient[k]) <= tolerance, "%s %td: %.12g, differences give %.12g", in.name, k, gradient[k],
          slope);
  }
  free(gradient);
  base_free(&b);
}

static void differences(void) {
  for (int m = 0; m < ref_model_count; m++)
    for (int v = 0; v < NET_VARIANTS; v++)
      for (int number = (m + v) % 2; number < 6; number += 4) {
        network net;
        dn_plan *plan;
        net_trial_f64 t = chosen(m, v, number + (m % 2 ? 1 : 0), 9, &net, &plan);
        input inputs[INPUTS_MAX];
        const int count = inputs_of(&t, inputs);
        for (int k = 0; k < count; k++) check_differences(&t, inputs[k]);
        CHECK_THAT(t.result.clamps == 0);
        done(&t, plan, &net);
      }
}

int main(int argc, char **argv) {
  const check_test tests[] = {{"taylor", taylor}, {"differences", differences}};
  return CHECK_MAIN(argc, argv, tests);
}
