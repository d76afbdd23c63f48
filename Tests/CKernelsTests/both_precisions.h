// Compiles the file that TESTS names once for each precision.
#define DN_REAL float
#define DN_NAME(name) name##_f32
#include TESTS
#undef DN_REAL
#undef DN_NAME
#define DN_REAL double
#define DN_NAME(name) name##_f64
#include TESTS
#undef DN_REAL
#undef DN_NAME
