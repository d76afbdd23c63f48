// The kernel tables of both precisions in one translation unit, for tests that compare them: dn_step_f32, dn_step_f64 and so on.
#ifndef KERNELS_H
#define KERNELS_H

#include "../../Sources/CKernels/internal.h"

#define DN_REAL float
#define DN_WORD uint32_t
#define DN_INTEGER int32_t
#define DN_NAME(name) name##_f32
#define dn_text_run dn_text_run_f32
#define dn_step dn_step_f32
#define dn_step_vjp dn_step_vjp_f32
#define dn_step_jvp dn_step_jvp_f32
#define dn_model_kernels dn_model_kernels_f32
#define dn_scheme_kernels dn_scheme_kernels_f32
#define dn_leaf_lanes dn_leaf_lanes_f32
#define dn_monitor_step dn_monitor_step_f32
#define dn_monitor_step_vjp dn_monitor_step_vjp_f32
#define dn_monitor_kernels dn_monitor_kernels_f32
#define dn_kernels dn_kernels_f32
#include "../../Sources/CKernels/kernel/table.h"
#undef DN_REAL
#undef DN_WORD
#undef DN_INTEGER
#undef DN_NAME
#undef dn_text_run
#undef dn_step
#undef dn_step_vjp
#undef dn_step_jvp
#undef dn_model_kernels
#undef dn_scheme_kernels
#undef dn_leaf_lanes
#undef dn_monitor_step
#undef dn_monitor_step_vjp
#undef dn_monitor_kernels
#undef dn_kernels

#define DN_REAL double
#define DN_WORD uint64_t
#define DN_INTEGER int64_t
#define DN_NAME(name) name##_f64
#define dn_text_run dn_text_run_f64
#define dn_step dn_step_f64
#define dn_step_vjp dn_step_vjp_f64
#define dn_step_jvp dn_step_jvp_f64
#define dn_model_kernels dn_model_kernels_f64
#define dn_scheme_kernels dn_scheme_kernels_f64
#define dn_leaf_lanes dn_leaf_lanes_f64
#define dn_monitor_step dn_monitor_step_f64
#define dn_monitor_step_vjp dn_monitor_step_vjp_f64
#define dn_monitor_kernels dn_monitor_kernels_f64
#define dn_kernels dn_kernels_f64
#include "../../Sources/CKernels/kernel/table.h"
#undef DN_REAL
#undef DN_WORD
#undef DN_INTEGER
#undef DN_NAME
#undef dn_text_run
#undef dn_step
#undef dn_step_vjp
#undef dn_step_jvp
#undef dn_model_kernels
#undef dn_scheme_kernels
#undef dn_leaf_lanes
#undef dn_monitor_step
#undef dn_monitor_step_vjp
#undef dn_monitor_kernels
#undef dn_kernels

#endif
