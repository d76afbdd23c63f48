// The end of every model file: makes of its definitions what the pass over the register asks for, and undefines them.
#if DN_PASS == DN_PASS_DESCRIBE
static const dn_registered DN_MODEL_NAME(registered) = {
    .model = {.name = DN_TEXT(DN_MODEL),
              .title = DN_TITLE,
              .source = DN_SOURCE,
              .states = DN_STATES,
              .couplings = DN_COUPLINGS,
              .parameters = DN_PARAMETERS,
              .state = DN_MODEL_NAME(state),
              .coupling = DN_MODEL_NAME(coupling),
              .parameter = DN_MODEL_NAME(parameter)},
    .gain = DN_COUPLING_GAINS,
};
_Static_assert(sizeof DN_MODEL_NAME(state) / sizeof *DN_MODEL_NAME(state) == DN_STATES, "a line for each state");
_Static_assert(sizeof DN_MODEL_NAME(coupling) / sizeof *DN_MODEL_NAME(coupling) == DN_COUPLINGS, "for each coupling");
_Static_assert(sizeof DN_MODEL_NAME(parameter) / sizeof *DN_MODEL_NAME(parameter) == DN_PARAMETERS, "each parameter");
#undef DN_TITLE
#undef DN_SOURCE
#undef DN_COUPLING_GAINS

#elif DN_PASS == DN_PASS_LIST
&DN_MODEL_NAME(registered),

#elif DN_PASS == DN_PASS_KERNELS
#ifndef DN_PERIODIC
#define DN_PERIODIC \
  { false }
#endif
#ifndef DN_OBSERVED_FROM
#define DN_OBSERVED_FROM DN_PARAMETERS
#endif
#include "scheme/step.h"
#include "scheme/euler_maruyama.h"
#include "scheme/heun.h"

#elif DN_PASS == DN_PASS_TABLE
{
    .heun = M(heun),
    .predict = M(predict),
    .correct = M(correct),
    .observe = M(observe_rows),
    .heun_vjp = M(heun_vjp),
    .predict_vjp = M(predict_vjp),
    .correct_vjp = M(correct_vjp),
    .observe_vjp = M(observe_vjp_row),
    .predict_jvp = M(predict_jvp),
    .correct_jvp = M(correct_jvp),
    .observe_jvp = M(observe_jvp_row),
},
#endif

#undef DN_MODEL
#undef DN_STATES
#undef DN_COUPLINGS
#undef DN_PARAMETERS
#undef DN_LOWER
#undef DN_UPPER
#undef DN_PERIODIC
#undef DN_OBSERVED_FROM
