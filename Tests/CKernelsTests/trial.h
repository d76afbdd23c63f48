// One run of the map with all its arrays, in both precisions: trial_f32 and trial_f64.
#ifndef DN_TRIAL_H
#define DN_TRIAL_H

#include <float.h>
#include <math.h>

#include "check.h"
#include "reference.h"

// How the (N, .) arrays lie in memory: columns between rows, elements before the first; series in the noise's place.
typedef struct layout {
  ptrdiff_t gap, offset;
  bool in_place;
} layout;

// Which inputs have a tangent, which cotangents are asked for.
typedef enum part {
  PART_HISTORY = 1,
  PART_NOISE = 2,
  PART_WEIGHTS = 4,
  PART_SCALE = 8,
  PART_GAIN = 16,
  PART_FIRST = 32,  // cotangents only: adjoint_first
  PART_INPUTS = 31,
  PART_ALL = 63,
} part;
#define PART_COUNT 6

static const char *const part_names[PART_COUNT] = {"history", "noise",      "weights",
                                                   "scale",   "noise gain", "adjoint_first"};

typedef enum entry { ENTRY_RUN, ENTRY_JVP, ENTRY_VJP } entry;
#define ENTRY_COUNT 3
static const char *const entry_names[ENTRY_COUNT] = {"run", "jvp", "vjp"};

#define FNV_START 0xCBF29CE484222325u

static inline uint64_t fnv1a(uint64_t hash, const void *bytes, size_t count) {
  for (size_t n = 0; n < count; n++) hash = (hash ^ ((const unsigned char *)bytes)[n]) * 0x100000001B3u;
  return hash;
}

// A bound on rounding errors, relative to the same sums over absolute values: some 800 rounding errors in double and
// 160 in float. The longest sums have 84 terms; that a map is a contraction keeps earlier steps' errors from adding up.
#define TOLERANCE_F32 1e-5
#define TOLERANCE_F64 1e-13

// The larger of two errors; a NaN is larger than any.
static inline double worse_of(double a, double b) { return a >= b || a != a ? a : b; }

static inline dn_plan *plan_make(const network *net, const dn_plan_options *options) {
  dn_plan *plan = NULL;
  dn_place place;
#if defined(CHECK_THREAD_SANITIZER)
  // ThreadSanitizer sees accesses of up to 16 bytes: on wider vectors it would miss every race.
  dn_plan_options base = options ? *options : (dn_plan_options){0};
  if (base.isa == DN_ISA_AUTO) base.isa = DN_ISA_BASE;
  options = &base;
#endif
  dn_status status = dn_plan_create(&net->view, options, &plan, &place);
  CHECK(status == DN_OK && plan, "status %d: %s", status, dn_status_string(status));
  return plan;
}

#define DN_REAL float
#define DN_NAME(name) name##_f32
#define DN_UINT uint32_t
#include "trial_real.h"
#undef DN_REAL
#undef DN_NAME
#undef DN_UINT

#define DN_REAL double
#define DN_NAME(name) name##_f64
#define DN_UINT uint64_t
#include "trial_real.h"
#undef DN_REAL
#undef DN_NAME
#undef DN_UINT

#endif
