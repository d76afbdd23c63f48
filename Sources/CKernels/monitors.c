// The register of monitors, and the constants of those that have some.
#include "internal.h"
#include "kernel/passes.h"
#pragma STDC FP_CONTRACT OFF
#include "kernel/plain.h"

// e^{a + i b} as a sum, of an argument that halving has made small: a mathematical library's functions have other bits on
// another machine.
static void damped_turn(double a, double b, double *re, double *im) {
  int32_t halvings = 0;
  for (; fabs(a) + fabs(b) > 0.5 && halvings < 1100; halvings++) a /= 2, b /= 2;
  // z + z^2 / 2 + ... by Horner's rule, without the 1: squaring then keeps the digits of what is small.
  double x = 0, y = 0;
  for (int32_t k = 18; k >= 1; k--) {
    const double u = (1 + x) / k, v = y / k;
    x = a * u - b * v;
    y = a * v + b * u;
  }
  for (; halvings > 0; halvings--) {
    const double square = x * x - y * y;
    y = 2 * y + 2 * x * y;
    x = 2 * x + square;
  }
  *re = 1 + x;
  *im = y;
}

// Constants of a chain of sections without weights, and the weights of `factor` (k x)^power / power!.
static void chain_start(double x, int32_t sections, double *c) {
  double none;
  damped_turn(-x, 0, &c[0], &none);
  c[1] = c[0] * x;
  for (int32_t j = 0; j < sections; j++) c[2 + j] = 0;
}
static void chain_weigh(int32_t power, double x, double factor, double *c) {
  // j! S(power, j), the surjections onto j, row by row.
  double onto[16] = {1}, factorial = 1, of_x = 1;
  for (int32_t p = 1; p <= power; p++) {
    for (int32_t j = p; j >= 1; j--) onto[j] = j * (onto[j] + onto[j - 1]);
    onto[0] = 0;
    factorial *= p;
  }
  for (int32_t j = power; j >= 0; j--, of_x *= x) c[2 + j] += factor * (onto[j] / factorial) * of_x;
}

#define DN_PASS DN_PASS_DESCRIBE
#include "monitors.def"
#undef DN_PASS

static const struct {
  dn_monitor_description description;
  int32_t (*prepare)(const double *parameters, double interim, double *constants);
  int32_t recorded, recorded_first;
} monitors[] = {
#define DN_PASS DN_PASS_LIST
#include "monitors.def"
#undef DN_PASS
};
enum { MONITORS = sizeof monitors / sizeof *monitors, PARAMETERS_MAX = 16 };

int32_t dn_monitor_count(void) { return MONITORS; }

const dn_monitor_description *dn_monitor_describe(dn_monitor_kind kind) {
  return kind >= 0 && kind < MONITORS ? &monitors[kind].description : NULL;
}

dn_monitor_kind dn_monitor_find(const char *name) {
  for (int32_t k = 0; name && k < MONITORS; k++)
    if (strcmp(monitors[k].description.name, name) == 0) return k;
  return -1;
}

ptrdiff_t dn_monitor_rows(const dn_monitor *monitor, ptrdiff_t nodes) {
  const dn_monitor_description *kind = dn_monitor_describe(monitor->kind);
  return kind && kind->projects ? monitor->rows : nodes;
}

int32_t dn_monitor_recorded(dn_monitor_kind kind, int32_t *first) {
  *first = monitors[kind].recorded_first;
  return monitors[kind].recorded;
}

ptrdiff_t dn_monitored_count(const dn_model *model, ptrdiff_t nodes, const dn_monitor *list, int32_t count) {
  ptrdiff_t rows = 0;
  for (int32_t k = 0; list && k < count; k++) {
    const dn_monitor_description *kind = dn_monitor_describe(list[k].kind);
    if (kind) rows += (ptrdiff_t)kind->memory * dn_monitor_states(model, &list[k]);
  }
  return rows * nodes;
}

int32_t dn_monitor_prepare(const dn_monitor *monitor, double time_step, double constants[DN_MONITOR_CONSTANTS]) {
  const dn_monitor_description *kind = dn_monitor_describe(monitor->kind);
  memset(constants, 0, DN_MONITOR_CONSTANTS * sizeof *constants);
  if (!monitors[monitor->kind].prepare) return -1;
  double values[PARAMETERS_MAX];
  for (int32_t k = 0; k < kind->parameters; k++) {
    values[k] = monitor->parameter_count > 0 ? monitor->parameters[k] : kind->parameter[k].value;
    if (!isfinite(values[k])) return k;
  }
  const int32_t bad = monitors[monitor->kind].prepare(values, (double)monitor->interim * time_step / 1000, constants);
  // Constants that no number can be made of: the first one stands for all.
  for (int32_t k = 0; k < DN_MONITOR_CONSTANTS && bad < 0; k++)
    if (!isfinite(constants[k])) return 0;
  return bad;
}
