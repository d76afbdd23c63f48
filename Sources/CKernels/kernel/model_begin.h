// The start of every model file, behind its lists: counts, bounds and descriptions, all made from the lists, and the names in
// which the equations are written.
//
//   DN_LET             every state, parameter and coupling variable x of a node (the last as c_x) as a vector of its own
//   DN_LET_OBSERVED    the same without coupling variables; DN_LET_PARAMETERS   parameters alone
//   AT(x)              where x stands among its like: ds[AT(r)], dp[AT(eta)], dc[AT(c_r)]
#define DN_ONE(...) +1
#define DN_STATES (0 DN_STATE_LIST(DN_ONE))
#define DN_COUPLINGS (0 DN_COUPLING_LIST(DN_ONE))
#define DN_PARAMETERS (0 DN_PARAMETER_LIST(DN_ONE))

#if DN_PASS == DN_PASS_DESCRIBE
#define DN_STATE_ROW(name, ...) {#name, __VA_ARGS__, NULL},
#define DN_COUPLING_ROW(name, label, unit, meaning, gain) \
  {label, unit, meaning, -INFINITY, INFINITY, NAN, NAN, 0, NULL},
#define DN_PARAMETER_ROW(name, ...) {#name, __VA_ARGS__},
#define DN_GAIN_OF(name, label, unit, meaning, gain) M(gain),
#define DN_PARAMETER_NUMBER(name, ...) M(name),
enum { M(none) = -1, DN_PARAMETER_LIST(DN_PARAMETER_NUMBER) };
static const dn_model_variable M(state)[] = {DN_STATE_LIST(DN_STATE_ROW)};
static const dn_model_variable M(coupling)[] = {DN_COUPLING_LIST(DN_COUPLING_ROW)};
static const dn_model_parameter M(parameter)[] = {DN_PARAMETER_LIST(DN_PARAMETER_ROW)};
static const int32_t M(gains)[] = {DN_COUPLING_LIST(DN_GAIN_OF)};
#undef DN_STATE_ROW
#undef DN_COUPLING_ROW
#undef DN_PARAMETER_ROW
#undef DN_GAIN_OF
#undef DN_PARAMETER_NUMBER

#elif DN_PASS == DN_PASS_KERNELS
#define DN_STATE_NUMBER(name, ...) M(at_##name),
#define DN_COUPLING_NUMBER(name, ...) M(at_c_##name),
enum { DN_STATE_LIST(DN_STATE_NUMBER) };
enum { DN_COUPLING_LIST(DN_COUPLING_NUMBER) };
enum { DN_PARAMETER_LIST(DN_STATE_NUMBER) };
#undef DN_STATE_NUMBER
#undef DN_COUPLING_NUMBER
#define DN_LOWER_OF(name, unit, meaning, lower, ...) lower,
#define DN_UPPER_OF(name, unit, meaning, lower, upper, ...) upper,
#define DN_PERIODIC_OF(name, unit, meaning, lower, upper, low, high, periodic) periodic,
static const DN_REAL M(lower)[] = {DN_STATE_LIST(DN_LOWER_OF)}, M(upper)[] = {DN_STATE_LIST(DN_UPPER_OF)};
static const bool M(periodic)[] = {DN_STATE_LIST(DN_PERIODIC_OF)};
#undef DN_LOWER_OF
#undef DN_UPPER_OF
#undef DN_PERIODIC_OF
#endif
