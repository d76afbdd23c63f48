// Models that are computed from their texts: programs of operations on rows of nodes, a loop over vectors for each. Included
// by all.h behind models.h.
//
// Whole rows of nodes go through an operation, or pieces of them that the cache holds with all that a program needs: an
// operation's dispatch is paid once a piece. Elements are independent of each other, and each operation rounds alike at
// every width, so no bit depends on the pieces.

DN_INLINE vec text_truth(vec_mask mask) { return mask ? vec_splat(1) : vec_splat(0); }
DN_INLINE vec text_sin(vec x) {
  vec s, c;
  vec_sincos(x, &s, &c);
  return s;
}
DN_INLINE vec text_cos(vec x) {
  vec s, c;
  vec_sincos(x, &s, &c);
  return c;
}
DN_INLINE vec text_logistic_slope(vec x) {
  vec slope;
  vec_logistic_slope(x, &slope);
  return slope;
}
DN_INLINE vec text_exprel_slope(vec x) {
  vec slope;
  vec_exprel_slope(x, &slope);
  return slope;
}

// n elements, a multiple of DN_LEAF, of each instruction's rows; `nodes` of them, and those behind, are nodes. Returns how often
// one of these was clamped.
static int64_t text_execute(const dn_program *program, DN_REAL *const *at, ptrdiff_t n, ptrdiff_t nodes) {
  int64_t clamps = 0;
  for (int32_t k = 0; k < program->count; k++) {
    const dn_instruction i = program->instruction[k];
    DN_REAL *to = at[i.to];
    const DN_REAL *x = at[i.a], *y = at[i.b], *z = at[i.c];
    switch (i.code) {
#define X(name, arguments, value)                                                                \
  case DN_OP_##name:                                                                             \
    for (ptrdiff_t j = 0; j < n; j += VL) {                                                      \
      const vec a __attribute__((unused)) = vec_load_aligned(x + j);                             \
      vec b __attribute__((unused)) = a, c __attribute__((unused)) = a;                          \
      if (arguments > 1) b = vec_load_aligned(y + j);                                            \
      if (arguments > 2) c = vec_load_aligned(z + j);                                            \
      vec_store_aligned(to + j, value);                                                          \
      if (DN_OP_##name == DN_OP_CLAMP_LOW) clamps += count_lanes((vec_mask)(a < b), nodes - j);  \
      if (DN_OP_##name == DN_OP_CLAMP_HIGH) clamps += count_lanes((vec_mask)(a > b), nodes - j); \
    }                                                                                            \
    break;
#include "../text/operations.def"
#undef X
      default: break;
    }
  }
  return clamps;
}

// ---- Rows ----------------------------------------------------------------------------------------------------------

// The rows of a region are `rows`, from element `begin` on.
DN_INLINE void text_bind(dn_text_run *t, dn_region region, int32_t count, const DN_REAL *rows, ptrdiff_t row,
                         ptrdiff_t begin) {
  DN_REAL **at = t->at + t->model->first[region];
  for (int32_t k = 0; k < count; k++) at[k] = (DN_REAL *)rows + k * row + begin;
}

// Those that stay the same from step to step are bound when they change.
DN_INLINE void text_bind_lasting(dn_text_run *t, int which, dn_region region, const DN_REAL *rows, ptrdiff_t row,
                                 ptrdiff_t begin) {
  if (t->bound[which] == rows + begin) return;
  t->bound[which] = rows + begin;
  text_bind(t, region, t->model->rows, rows, row, begin);
}
DN_INLINE void text_bind_parameters(dn_text_run *t, const DN_REAL *rows, ptrdiff_t row, ptrdiff_t begin) {
  text_bind_lasting(t, 0, DN_PARAMETERS, rows, row, begin);
}
DN_INLINE void text_bind_sums(dn_text_run *t, const DN_REAL *rows, ptrdiff_t row, ptrdiff_t begin) {
  text_bind_lasting(t, 1, DN_SUMS, rows, row, begin);
}
DN_INLINE void text_bind_tangents(dn_text_run *t, const DN_REAL *rows, ptrdiff_t row, ptrdiff_t begin) {
  text_bind_lasting(t, 2, DN_TANGENTS, rows, row, begin);
}

// What a step reads, at its own time.
DN_INLINE void text_bind_step(dn_text_run *t, const dn_step *step, ptrdiff_t begin) {
  const int32_t S = t->model->states, C = t->model->couplings;
  text_bind_parameters(t, step->parameters, step->row, begin);
  text_bind(t, DN_NOW, S, step->now, step->row, begin);
  text_bind(t, DN_INCREMENT, S, step->increment, step->row, begin);
  text_bind(t, DN_COUPLED, C, step->coupled_now, step->row, begin);
  text_bind(t, DN_COUPLED_NEXT, C, step->coupled_next, step->row, begin);
  text_bind(t, DN_PREDICTOR, S, step->predictor, step->row, begin);
}
DN_INLINE void text_bind_vjp(dn_text_run *t, const dn_step_vjp *d, ptrdiff_t begin) {
  const int32_t S = t->model->states, C = t->model->couplings;
  const ptrdiff_t row = d->step.row;
  text_bind_step(t, &d->step, begin);
  text_bind_sums(t, d->parameters, row, begin);
  text_bind(t, DN_D_STATE, S, d->state, row, begin);
  text_bind(t, DN_D_INCREMENT, S, d->increment, row, begin);
  text_bind(t, DN_D_COUPLED, C, d->coupled_now, row, begin);
  text_bind(t, DN_D_COUPLED_NEXT, C, d->coupled_next, row, begin);
  text_bind(t, DN_D_PREDICTOR, S, d->predictor, row, begin);
  text_bind(t, DN_DRIFT, S, d->drift, row, begin);
}
DN_INLINE void text_bind_jvp(dn_text_run *t, const dn_step_jvp *d, DN_REAL *next, ptrdiff_t begin) {
  const int32_t S = t->model->states, C = t->model->couplings;
  const ptrdiff_t row = d->step.row;
  text_bind_step(t, &d->step, begin);
  text_bind_tangents(t, d->parameters, row, begin);
  text_bind(t, DN_T_NOW, S, d->now, row, begin);
  text_bind(t, DN_T_INCREMENT, S, d->increment, row, begin);
  text_bind(t, DN_T_COUPLED, C, d->coupled_now, row, begin);
  text_bind(t, DN_T_COUPLED_NEXT, C, d->coupled_next, row, begin);
  text_bind(t, DN_T_PREDICTOR, S, d->predictor, row, begin);
  text_bind(t, DN_NEXT, S, next, row, begin);
}

// Pieces of this worker's elements.
#define TEXT_PIECES(t, begin, end) \
  for (ptrdiff_t i = (begin), n = 0; i < (end) && (n = (end)-i < (t)->chunk ? (end)-i : (t)->chunk) > 0; i += n)

// ---- Steps, as scheme/*.h has them of other models -----------------------------------------------------------------

static int64_t text_step(const dn_step *step, ptrdiff_t steps, DN_REAL *next) {
  dn_text_run *t = step->text;
  const ptrdiff_t row = step->row, S = t->model->states * row, C = t->model->couplings * row;
  int64_t clamps = 0;
  TEXT_PIECES(t, step->begin, step->end) {
    dn_step one = *step;
    for (ptrdiff_t k = 0; k < steps; k++) {
      text_bind_step(t, &one, i);
      text_bind(t, DN_NEXT, t->model->states, next + k * S, row, i);
      clamps += text_execute(&t->scheme->step, t->at, n, step->nodes - i);
      one.now += S;
      one.coupled_now += C;
      one.coupled_next += C;
      one.increment += S;
    }
  }
  return clamps;
}

static void text_step_vjp(const dn_step_vjp *d) {
  dn_text_run *t = d->step.text;
  TEXT_PIECES(t, d->step.begin, d->step.end) {
    text_bind_vjp(t, d, i);
    text_execute(d->frozen ? &t->scheme->step_vjp_frozen : &t->scheme->step_vjp, t->at, n, 0);
  }
}

static void text_step_jvp(const dn_step_jvp *d, DN_REAL *next) {
  dn_text_run *t = d->step.text;
  TEXT_PIECES(t, d->step.begin, d->step.end) {
    text_bind_jvp(t, d, next, i);
    text_execute(&t->scheme->step_jvp, t->at, n, 0);
  }
}

static int64_t text_half(const dn_step *step, const dn_program *program, DN_REAL *next) {
  dn_text_run *t = step->text;
  int64_t clamps = 0;
  TEXT_PIECES(t, step->begin, step->end) {
    text_bind_step(t, step, i);
    text_bind(t, DN_NEXT, t->model->states, next, step->row, i);
    clamps += text_execute(program, t->at, n, step->nodes - i);
  }
  return clamps;
}
static int64_t text_predict(const dn_step *step, DN_REAL *next) {
  return text_half(step, &step->text->scheme->predict, next);
}
static int64_t text_correct(const dn_step *step, DN_REAL *next) {
  return text_half(step, &step->text->scheme->correct, next);
}

static void text_correct_vjp(const dn_step_vjp *d) {
  dn_text_run *t = d->step.text;
  TEXT_PIECES(t, d->step.begin, d->step.end) {
    text_bind_vjp(t, d, i);
    text_bind(t, DN_NEXT, t->model->states, d->drift, d->step.row, i);
    text_execute(&t->model->drift, t->at, n, 0);
    text_execute(&t->scheme->correct_vjp, t->at, n, 0);
  }
}
static void text_predict_vjp(const dn_step_vjp *d) {
  dn_text_run *t = d->step.text;
  TEXT_PIECES(t, d->step.begin, d->step.end) {
    text_bind_vjp(t, d, i);
    text_execute(&t->scheme->predict_vjp, t->at, n, 0);
  }
}

static void text_predict_jvp(const dn_step_jvp *d, DN_REAL *next) {
  dn_text_run *t = d->step.text;
  TEXT_PIECES(t, d->step.begin, d->step.end) {
    text_bind_jvp(t, d, next, i);
    text_execute(&t->scheme->predict_jvp, t->at, n, 0);
  }
}
static void text_correct_jvp(const dn_step_jvp *d, DN_REAL *next) {
  dn_text_run *t = d->step.text;
  TEXT_PIECES(t, d->step.begin, d->step.end) {
    text_bind_jvp(t, d, next, i);
    text_execute(&t->scheme->correct_jvp, t->at, n, 0);
  }
}

// ---- Expressions of the states: coupling variables and outputs -------------------------------------------------------

static void text_read(dn_text_run *t, const dn_program *program, dn_region region, int32_t count, ptrdiff_t row,
                      ptrdiff_t begin, ptrdiff_t end, ptrdiff_t steps, const DN_REAL *parameters, const DN_REAL *s,
                      DN_REAL *y) {
  TEXT_PIECES(t, begin, end) {
    text_bind_parameters(t, parameters, row, i);
    for (ptrdiff_t k = 0; k < steps; k++) {
      text_bind(t, DN_NOW, t->model->states, s + k * t->model->states * row, row, i);
      text_bind(t, region, count, y + k * count * row, row, i);
      text_execute(program, t->at, n, 0);
    }
  }
}
static void text_read_vjp(dn_text_run *t, const dn_program *program, dn_region region, int32_t count, ptrdiff_t row,
                          ptrdiff_t begin, ptrdiff_t end, const DN_REAL *parameters, const DN_REAL *s,
                          const DN_REAL *dy, DN_REAL *ds, DN_REAL *dparameters) {
  TEXT_PIECES(t, begin, end) {
    text_bind_parameters(t, parameters, row, i);
    text_bind_sums(t, dparameters, row, i);
    text_bind(t, DN_NOW, t->model->states, s, row, i);
    text_bind(t, region, count, dy, row, i);
    text_bind(t, DN_D_STATE, t->model->states, ds, row, i);
    text_execute(program, t->at, n, 0);
  }
}
static void text_read_jvp(dn_text_run *t, const dn_program *program, dn_region region, int32_t count, ptrdiff_t row,
                          ptrdiff_t begin, ptrdiff_t end, const DN_REAL *parameters, const DN_REAL *s,
                          const DN_REAL *dparameters, const DN_REAL *ds, DN_REAL *dy) {
  TEXT_PIECES(t, begin, end) {
    text_bind_parameters(t, parameters, row, i);
    text_bind_tangents(t, dparameters, row, i);
    text_bind(t, DN_NOW, t->model->states, s, row, i);
    text_bind(t, DN_T_NOW, t->model->states, ds, row, i);
    text_bind(t, region, count, dy, row, i);
    text_execute(program, t->at, n, 0);
  }
}

static void text_observe(dn_text_run *t, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t steps,
                         const DN_REAL *parameters, const DN_REAL *s, DN_REAL *y) {
  text_read(t, &t->model->observe, DN_OBSERVED, t->model->couplings, row, begin, end, steps, parameters, s, y);
}
static void text_observe_vjp(dn_text_run *t, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *parameters,
                             const DN_REAL *s, const DN_REAL *dy, DN_REAL *ds, DN_REAL *dparameters) {
  text_read_vjp(t, &t->model->observe_vjp, DN_OBSERVED, t->model->couplings, row, begin, end, parameters, s, dy, ds,
                dparameters);
}
static void text_observe_jvp(dn_text_run *t, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *parameters,
                             const DN_REAL *s, const DN_REAL *dparameters, const DN_REAL *ds, DN_REAL *dy) {
  text_read_jvp(t, &t->model->observe_jvp, DN_OBSERVED, t->model->couplings, row, begin, end, parameters, s,
                dparameters, ds, dy);
}
static void text_output(dn_text_run *t, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t steps,
                        const DN_REAL *parameters, const DN_REAL *s, DN_REAL *o) {
  text_read(t, &t->model->output, DN_OUTPUT, t->model->outputs, row, begin, end, steps, parameters, s, o);
}
static void text_output_vjp(dn_text_run *t, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *parameters,
                            const DN_REAL *s, const DN_REAL *d_o, DN_REAL *ds, DN_REAL *dparameters) {
  text_read_vjp(t, &t->model->output_vjp, DN_OUTPUT, t->model->outputs, row, begin, end, parameters, s, d_o, ds,
                dparameters);
}
static void text_output_jvp(dn_text_run *t, ptrdiff_t row, ptrdiff_t begin, ptrdiff_t end, const DN_REAL *parameters,
                            const DN_REAL *s, const DN_REAL *dparameters, const DN_REAL *ds, DN_REAL *d_o) {
  text_read_jvp(t, &t->model->output_jvp, DN_OUTPUT, t->model->outputs, row, begin, end, parameters, s, dparameters, ds,
                d_o);
}

// ---- What depends on parameters alone ------------------------------------------------------------------------------

// The rows of derived parameters; what their sums give to the parameters'; their tangents.
static void text_derive(dn_text_run *t, ptrdiff_t row, DN_REAL *parameters) {
  TEXT_PIECES(t, 0, row) {
    text_bind_parameters(t, parameters, row, i);
    text_execute(&t->model->derive, t->at, n, 0);
  }
}
static void text_derive_vjp(dn_text_run *t, ptrdiff_t row, const DN_REAL *parameters, DN_REAL *sums) {
  TEXT_PIECES(t, 0, row) {
    text_bind_parameters(t, parameters, row, i);
    text_bind_sums(t, sums, row, i);
    text_execute(&t->model->derive_vjp, t->at, n, 0);
  }
}
static void text_derive_jvp(dn_text_run *t, ptrdiff_t row, const DN_REAL *parameters, DN_REAL *tangents) {
  TEXT_PIECES(t, 0, row) {
    text_bind_parameters(t, parameters, row, i);
    text_bind_tangents(t, tangents, row, i);
    text_execute(&t->model->derive_jvp, t->at, n, 0);
  }
}

#define DN_STEP(name) text_##name
static const dn_scheme_kernels text_schemes[] = {
#define DN_PASS DN_PASS_TABLE
#include "../schemes.def"
#undef DN_PASS
};
#undef DN_STEP
extern const dn_model_kernels DN_TABLE(dn_text);
const dn_model_kernels DN_TABLE(dn_text) = {
    .scheme = text_schemes,
    .observe = text_observe,
    .observe_vjp = text_observe_vjp,
    .observe_jvp = text_observe_jvp,
    .output = text_output,
    .output_vjp = text_output_vjp,
    .output_jvp = text_output_jvp,
    .derive = text_derive,
    .derive_vjp = text_derive_vjp,
    .derive_jvp = text_derive_jvp,
};
