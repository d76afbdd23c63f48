// Included by model_test.c for each DN_REAL.

#define VALUE_TOLERANCE (sizeof(DN_REAL) == 4 ? 1e-5 : 1e-13)
// Of derivatives: of differences of the equations, relative to the largest among the nodes.
#define SLOPE_TOLERANCE (sizeof(DN_REAL) == 4 ? 1e-4 : 1e-7)
#define DOT_TOLERANCE (sizeof(DN_REAL) == 4 ? 1e-5 : 1e-13)

// Everything that the kernels of one model compute from one set of inputs; compared between instruction sets as bytes.
typedef struct DN_NAME(outcome) {
  int64_t clamps[3];
  DN_REAL next[3][STATES_MAX * ROW], next_jvp[3][STATES_MAX * ROW];
  DN_REAL back[3][INPUTS_MAX * ROW], back_split[3][INPUTS_MAX * ROW];  // cotangents, in the order of the inputs
  DN_REAL observed[COUPLINGS_MAX * ROW], observed_jvp[COUPLINGS_MAX * ROW], observed_vjp[INPUTS_MAX * ROW];
} DN_NAME(outcome);

// The rows of all inputs, and tangents in the same order.
static _Alignas(64) DN_REAL DN_NAME(input)[INPUTS_MAX * ROW], DN_NAME(tangent)[INPUTS_MAX * ROW];
static _Alignas(64) DN_REAL DN_NAME(cotangent)[STATES_MAX * ROW];

// Rounds the inputs to DN_REAL, and back: the equations get what the kernels get.
static void DN_NAME(prepare)(const dn_model *m, bool push, double *input) {
  const layout l = layout_of(m);
  make_inputs(m, push, input);
  for (int n = 0; n < l.count * ROW; n++) input[n] = DN_NAME(input)[n] = (DN_REAL)input[n];
  DN_NAME(dn_random_uniform)(dn_key_create(5), 0, INPUTS_MAX * ROW, -1, 1, DN_NAME(tangent));
  for (int i = 0; i < ROW; i++) DN_NAME(tangent)[l.coupling * ROW + i] = DN_NAME(tangent)[l.coupling * ROW];
  DN_NAME(dn_random_uniform)(dn_key_create(6), 0, STATES_MAX * ROW, -1, 1, DN_NAME(cotangent));
}

static const DN_REAL DN_NAME(time_step) = (DN_REAL)0.1;

static DN_NAME(dn_step) DN_NAME(step_of)(const dn_model *m, scheme_kind scheme, DN_REAL *predictor) {
  const layout l = layout_of(m);
  const DN_REAL *input = DN_NAME(input);
  return (DN_NAME(dn_step)){.nodes = NODES,
                            .row = ROW,
                            .end = ROW,
                            .time_step = DN_NAME(time_step),
                            .coupling = input[l.coupling * ROW],
                            .parameters = input + l.parameters * ROW,
                            .now = input,
                            .coupled_now = input + l.coupled_now * ROW,
                            .coupled_next = input + (scheme == HEUN_FROZEN ? l.coupled_now : l.coupled_next) * ROW,
                            .increment = input + l.increment * ROW,
                            .predictor = predictor};
}

static void DN_NAME(compute)(const dn_model *m, const DN_NAME(dn_model_kernels) *kernels, DN_NAME(outcome) *o) {
  static _Alignas(64) DN_REAL predictor[STATES_MAX * ROW], next[STATES_MAX * ROW], dpredictor[STATES_MAX * ROW],
      ddrift[STATES_MAX * ROW], back[INPUTS_MAX * ROW], rows[STATES_MAX * ROW];
  const layout l = layout_of(m);
  const size_t states = (size_t)m->states * ROW * sizeof(DN_REAL);
  memset(o, 0, sizeof *o);
  for (scheme_kind scheme = EULER; scheme <= HEUN_FROZEN; scheme++) {
    check_about("%s, %s", m->name, SCHEMES[scheme]);
    const DN_NAME(dn_scheme_kernels) *steps = &kernels->scheme[scheme == EULER ? DN_SCHEME_EULER : DN_SCHEME_HEUN];
    const bool halves = scheme != EULER;
    DN_NAME(dn_step) step = DN_NAME(step_of)(m, scheme, predictor);
    o->clamps[scheme] = steps->step(&step, 1, next);
    memcpy(o->next[scheme], next, states);
    CHECK(halves == (steps->predict != NULL) && halves == (steps->correct != NULL), "halves");
    if (halves) {
      const int64_t predicted = steps->predict(&step, predictor), corrected = steps->correct(&step, next);
      CHECK(predicted + corrected == o->clamps[scheme], "clamps of the halves");
      CHECK(memcmp(next, o->next[scheme], states) == 0, "the halves are not the step");
    }

    const DN_REAL *tangent = DN_NAME(tangent);
    DN_NAME(dn_step_jvp)
    jvp = {.step = step,
           .coupling = tangent[l.coupling * ROW],
           .parameters = tangent + l.parameters * ROW,
           .now = tangent,
           .coupled_now = tangent + l.coupled_now * ROW,
           .coupled_next = tangent + (scheme == HEUN_FROZEN ? l.coupled_now : l.coupled_next) * ROW,
           .increment = tangent + l.increment * ROW,
           .predictor = dpredictor};
    steps->step_jvp(&jvp, next);
    memcpy(o->next_jvp[scheme], next, states);
    if (halves) {
      steps->predict_jvp(&jvp, dpredictor);
      steps->correct_jvp(&jvp, next);
      CHECK(memcmp(next, o->next_jvp[scheme], states) == 0, "the tangents of the halves are not the step's");
    }

    // Sums start at 1, the rest at rubbish.
    for (int split = 0; split < 2; split++) {
      if (!halves && split) break;
      for (int n = 0; n < l.count * ROW; n++) back[n] = n >= l.parameters * ROW ? 1 : (DN_REAL)77;
      memcpy(back, DN_NAME(cotangent), states);
      DN_NAME(dn_step_vjp)
      vjp = {.step = step,
             .frozen = scheme == HEUN_FROZEN,
             .state = back,
             .coupled_now = back + l.coupled_now * ROW,
             .coupled_next = back + l.coupled_next * ROW,
             .increment = back + l.increment * ROW,
             .predictor = dpredictor,
             .drift = ddrift,
             .parameters = back + l.parameters * ROW,
             .coupling = back + l.coupling * ROW};
      if (split) {
        steps->correct_vjp(&vjp);
        steps->predict_vjp(&vjp);
      } else steps->step_vjp(&vjp);
      // Not written: the corrector has no coupling of its own.
      if (scheme != HEUN) memset(vjp.coupled_next, 0, (size_t)m->couplings * ROW * sizeof(DN_REAL));
      for (int n = l.parameters * ROW; n < l.count * ROW; n++) back[n] -= 1;
      memcpy(split ? o->back_split[scheme] : o->back[scheme], back, (size_t)l.count * ROW * sizeof(DN_REAL));
    }
    if (!halves) memcpy(o->back_split[scheme], o->back[scheme], sizeof o->back[scheme]);
  }
  const DN_REAL *parameters = DN_NAME(input) + l.parameters * ROW;
  kernels->observe(NULL, ROW, 0, ROW, 1, parameters, DN_NAME(input), rows);
  memcpy(o->observed, rows, (size_t)m->couplings * ROW * sizeof(DN_REAL));
  kernels->observe_jvp(NULL, ROW, 0, ROW, parameters, DN_NAME(input), DN_NAME(tangent) + l.parameters * ROW,
                       DN_NAME(tangent), rows);
  memcpy(o->observed_jvp, rows, (size_t)m->couplings * ROW * sizeof(DN_REAL));
  memset(back, 0, sizeof back);
  kernels->observe_vjp(NULL, ROW, 0, ROW, parameters, DN_NAME(input), DN_NAME(cotangent), back,
                       back + l.parameters * ROW);
  memcpy(o->observed_vjp, back, (size_t)l.count * ROW * sizeof(DN_REAL));
}

static void DN_NAME(node)(const dn_model *m, const double *input, int i, double *one) {
  for (int k = 0; k < layout_of(m).count; k++) one[k] = input[k * ROW + i];
}

// ---- Steps ---------------------------------------------------------------------------------------------------------

static void DN_NAME(check_values)(const dn_model *m, const double *input, const DN_NAME(outcome) *o) {
  double one[INPUTS_MAX], next[STATES_MAX], y[COUPLINGS_MAX];
  for (scheme_kind scheme = EULER; scheme <= HEUN_FROZEN; scheme++) {
    int64_t clamps = 0;
    for (int i = 0; i < NODES; i++) {
      DN_NAME(node)(m, input, i, one);
      clamps += step_plainly(m, scheme, DN_NAME(time_step), one, next);
      for (int k = 0; k < m->states; k++) {
        const double got = o->next[scheme][k * ROW + i];
        CHECK(fabs(got - next[k]) <= VALUE_TOLERANCE * fmax(1, fabs(next[k])),
              "%s: state %s of node %d is %.17g, expected %.17g", SCHEMES[scheme], m->state[k].name, i, got, next[k]);
      }
    }
    CHECK(o->clamps[scheme] == clamps, "%s: %lld clamps, expected %lld", SCHEMES[scheme], (long long)o->clamps[scheme],
          (long long)clamps);
  }
  for (int i = 0; i < NODES; i++) {
    DN_NAME(node)(m, input, i, one);
    memcpy(y, one, sizeof y);
    if (equation_of(m)->observe) equation_of(m)->observe(one, one + layout_of(m).parameters, y);
    for (int k = 0; k < m->couplings; k++)
      CHECK(fabs(o->observed[k * ROW + i] - y[k]) <= VALUE_TOLERANCE * fmax(1, fabs(y[k])), "y[%d] of node %d", k, i);
  }
}

// Three steps of one call are three calls.
static void DN_NAME(check_many_steps)(const dn_model *m, const DN_NAME(dn_model_kernels) *kernels) {
  enum { STEPS = 3 };
  static _Alignas(64) DN_REAL run[(STEPS + 1) * STATES_MAX * ROW], single[STATES_MAX * ROW],
      coupled[(STEPS + 1) * COUPLINGS_MAX * ROW], increment[STEPS * STATES_MAX * ROW];
  DN_NAME(dn_random_uniform)(dn_key_create(8), 0, (STEPS + 1) * COUPLINGS_MAX * ROW, -1, 1, coupled);
  DN_NAME(dn_random_uniform)(dn_key_create(9), 0, STEPS * STATES_MAX * ROW, -1, 1, increment);
  for (scheme_kind scheme = EULER; scheme <= HEUN; scheme++) {
    const ptrdiff_t s = m->states * ROW, c = m->couplings * ROW;
    DN_NAME(dn_step) step = DN_NAME(step_of)(m, scheme, NULL);
    memcpy(run, step.now, (size_t)s * sizeof *run);
    step.now = run, step.coupled_now = coupled, step.coupled_next = coupled + c, step.increment = increment;
    const int64_t clamps =
        kernels->scheme[scheme == EULER ? DN_SCHEME_EULER : DN_SCHEME_HEUN].step(&step, STEPS, run + s);
    int64_t sum = 0;
    for (int t = 0; t < STEPS; t++) {
      step.now = run + t * s, step.coupled_now = coupled + t * c, step.coupled_next = coupled + (t + 1) * c;
      step.increment = increment + t * s;
      sum += kernels->scheme[scheme == EULER ? DN_SCHEME_EULER : DN_SCHEME_HEUN].step(&step, 1, single);
      CHECK(memcmp(single, run + (t + 1) * s, (size_t)s * sizeof *run) == 0, "%s: step %d of three", SCHEMES[scheme],
            t);
    }
    CHECK(sum == clamps, "%s: clamps of three steps", SCHEMES[scheme]);
  }
}

static void DN_NAME(test_steps)(void) {
  static double input[INPUTS_MAX * ROW];
  static DN_NAME(outcome) base, other;
  for (int n = 0; n < dn_model_count(); n++) {
    const dn_model *m = dn_model_at(n);
    if (equation_of(m) == NULL) continue;
    for (int push = 0; push < 2; push++) {
      DN_NAME(prepare)(m, push, input);
      for (dn_isa isa = DN_ISA_BASE; isa <= DN_ISA_AVX512; isa++) {
        if (!dn_isa_available(isa)) continue;
        DN_NAME(outcome) *o = isa == DN_ISA_BASE ? &base : &other;
        const DN_NAME(dn_model_kernels) *kernels = m->implementation->DN_NAME(kernels)[isa];
        DN_NAME(compute)(m, kernels, o);
        check_about("%s, %s%s", m->name, dn_isa_name(isa), push ? ", clamped" : "");
        if (isa != DN_ISA_BASE) CHECK(memcmp(&base, &other, sizeof base) == 0, "other bits than base");
        DN_NAME(check_values)(m, input, o);
        DN_NAME(check_many_steps)(m, kernels);
      }
    }
  }
}

// ---- Derivatives ---------------------------------------------------------------------------------------------------

// <cotangent, next> of one node, and of its coupling variables when scheme is negative.
static double DN_NAME(loss)(const dn_model *m, int scheme, const double *one, int i) {
  double out[STATES_MAX] = {0}, sum = 0;
  if (scheme >= 0) step_plainly(m, (scheme_kind)scheme, DN_NAME(time_step), one, out);
  else if (equation_of(m)->observe) equation_of(m)->observe(one, one + layout_of(m).parameters, out);
  else memcpy(out, one, sizeof(double) * (size_t)m->couplings);
  const int count = scheme >= 0 ? m->states : m->couplings;
  for (int k = 0; k < count; k++) sum += (double)DN_NAME(cotangent)[k * ROW + i] * out[k];
  return sum;
}

static void DN_NAME(check_differences)(const dn_model *m, int scheme, const double *input, const DN_REAL *back,
                                       int inputs) {
  const layout l = layout_of(m);
  for (int k = 0; k < inputs; k++) {
    double slope[NODES], largest = 0, scale = 1;
    if (k >= l.parameters && k < l.coupling) {
      const dn_model_parameter *p = &m->parameter[k - l.parameters];
      scale = 0.1 * (p->highest - p->lowest);
    }
    for (int i = 0; i < NODES; i++) {
      double one[INPUTS_MAX];
      DN_NAME(node)(m, input, i, one);
      const double x = one[k], h = 1e-4 * fmax(fabs(x), scale);
      double value[5];
      for (int j = -2; j <= 2; j++) {
        one[k] = x + j * h;
        value[j + 2] = DN_NAME(loss)(m, scheme, one, i);
      }
      slope[i] = (8 * (value[3] - value[1]) - (value[4] - value[0])) / (12 * h);
      largest = fmax(largest, fabs(slope[i]));
    }
    for (int i = 0; i < NODES; i++)
      CHECK(fabs(back[k * ROW + i] - slope[i]) <= SLOPE_TOLERANCE * fmax(largest, 1e-2),
            "%s: input %d of node %d: %.12g, differences %.12g", scheme < 0 ? "observe" : SCHEMES[scheme], k, i,
            (double)back[k * ROW + i], slope[i]);
  }
}

static void DN_NAME(check_dot)(const char *what, const DN_REAL *a, const DN_REAL *b, int count, const DN_REAL *c,
                               const DN_REAL *d, int other) {
  double left = 0, right = 0, size = 1;
  for (int k = 0; k < count; k++)
    for (int i = 0; i < NODES; i++) left += (double)a[k * ROW + i] * b[k * ROW + i];
  for (int k = 0; k < other; k++)
    for (int i = 0; i < NODES; i++) {
      right += (double)c[k * ROW + i] * d[k * ROW + i];
      size += fabs((double)c[k * ROW + i] * d[k * ROW + i]);
    }
  CHECK(fabs(left - right) <= DOT_TOLERANCE * size, "%s: <g, J v> = %.17g, <J'g, v> = %.17g", what, left, right);
}

static void DN_NAME(test_derivatives)(void) {
  static double input[INPUTS_MAX * ROW];
  static DN_NAME(outcome) o;
  for (int n = 0; n < dn_model_count(); n++) {
    const dn_model *m = dn_model_at(n);
    const layout l = layout_of(m);
    if (equation_of(m) == NULL) continue;
    for (int push = 0; push < 2; push++) {
      DN_NAME(prepare)(m, push, input);
      for (dn_isa isa = DN_ISA_BASE; isa <= DN_ISA_AVX512; isa++) {
        if (!dn_isa_available(isa)) continue;
        DN_NAME(compute)(m, m->implementation->DN_NAME(kernels)[isa], &o);
        check_about("%s, %s%s", m->name, dn_isa_name(isa), push ? ", clamped" : "");
        for (scheme_kind scheme = EULER; scheme <= HEUN_FROZEN; scheme++) {
          DN_NAME(check_differences)(m, (int)scheme, input, o.back[scheme], l.count);
          DN_NAME(check_differences)(m, (int)scheme, input, o.back_split[scheme], l.count);
          DN_NAME(check_dot)(SCHEMES[scheme], DN_NAME(cotangent), o.next_jvp[scheme], m->states, o.back[scheme],
                             DN_NAME(tangent), l.count);
        }
        DN_NAME(check_differences)(m, -1, input, o.observed_vjp, l.count);
        DN_NAME(check_dot)("observe", DN_NAME(cotangent), o.observed_jvp, m->couplings, o.observed_vjp,
                           DN_NAME(tangent), l.count);
      }
    }
  }
}

// ---- Gains ---------------------------------------------------------------------------------------------------------

// Where the gain of a coupling variable is 0, the sum is not read: its value may not matter.
static void DN_NAME(test_gains)(void) {
  static double input[INPUTS_MAX * ROW];
  static DN_NAME(outcome) with, without;
  for (int n = 0; n < dn_model_count(); n++) {
    const dn_model *m = dn_model_at(n);
    const layout l = layout_of(m);
    if (m->implementation->text) continue;
    const DN_NAME(dn_model_kernels) *kernels = m->implementation->DN_NAME(kernels)[dn_isa_best()];
    for (int k = 0; k < m->couplings; k++) {
      const int gain = m->implementation->gain[k];
      DN_NAME(prepare)(m, false, input);
      if (gain >= 0) memset(DN_NAME(input) + (l.parameters + gain) * ROW, 0, ROW * sizeof(DN_REAL));
      DN_NAME(compute)(m, kernels, &with);
      memset(DN_NAME(input) + (l.coupled_now + k) * ROW, 0, ROW * sizeof(DN_REAL));
      memset(DN_NAME(input) + (l.coupled_next + k) * ROW, 0, ROW * sizeof(DN_REAL));
      DN_NAME(compute)(m, kernels, &without);
      check_about("%s, coupling variable %d, gain %d", m->name, k, gain);
      CHECK_THAT((memcmp(with.next, without.next, sizeof with.next) == 0) == (gain >= 0));
    }
  }
}

#undef VALUE_TOLERANCE
#undef SLOPE_TOLERANCE
#undef DOT_TOLERANCE
