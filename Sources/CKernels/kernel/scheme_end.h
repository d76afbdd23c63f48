// The end of every scheme file: makes of its definitions what the pass over the register asks for, and undefines them.
#if DN_PASS == DN_PASS_LIST
{.name = DN_TEXT(DN_SCHEME), .title = DN_SCHEME_TITLE, .source = DN_SCHEME_SOURCE, .stages = DN_SCHEME_STAGES},

#elif DN_PASS == DN_PASS_TABLE
{
  .step = DN_STEP(step), .step_vjp = DN_STEP(step_vjp), .step_jvp = DN_STEP(step_jvp),
#if DN_SCHEME_STAGES == 2
  .predict = DN_STEP(predict), .predict_vjp = DN_STEP(predict_vjp), .predict_jvp = DN_STEP(predict_jvp),
  .correct = DN_STEP(correct), .correct_vjp = DN_STEP(correct_vjp), .correct_jvp = DN_STEP(correct_jvp),
#endif
}
,

#elif DN_PASS == DN_PASS_CORRECTORS
#if DN_SCHEME_STAGES == 2
DN_JOIN(DN_SCHEME, corrector),
#else
NULL,
#endif
#endif

#undef DN_SCHEME
#undef DN_SCHEME_TITLE
#undef DN_SCHEME_SOURCE
#undef DN_SCHEME_STAGES
