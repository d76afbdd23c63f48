// Vectors of DN_REAL: the only file that knows a vector's width. Included by kernel/all.h for each instruction set
// (DN_VECTOR_BYTES: 64, 32, 16) and each DN_REAL.
//
// K(name) is name_f32_avx512 and so on. Arithmetic operators work on vectors; fma is always K(fma): one rounding, on every
// CPU, so that no result depends on the width. Pointers that users gave are read and written by K(load)/K(store), which
// assume the alignment of one element.

typedef DN_REAL K(vec) __attribute__((ext_vector_type(DN_VECTOR_BYTES / sizeof(DN_REAL))));
typedef DN_REAL K(vec_unaligned)
    __attribute__((ext_vector_type(DN_VECTOR_BYTES / sizeof(DN_REAL)), aligned(sizeof(DN_REAL))));
#define VL ((ptrdiff_t)(DN_VECTOR_BYTES / sizeof(DN_REAL)))

DN_INLINE K(vec) K(load)(const DN_REAL *p) { return *(const K(vec_unaligned) *)p; }
DN_INLINE void K(store)(DN_REAL *p, K(vec) v) { *(K(vec_unaligned) *)p = v; }
DN_INLINE K(vec) K(load_aligned)(const DN_REAL *p) { return *(const K(vec) *)p; }
DN_INLINE void K(store_aligned)(DN_REAL *p, K(vec) v) { *(K(vec) *)p = v; }
DN_INLINE K(vec) K(splat)(DN_REAL x) { return (K(vec))(x); }
DN_INLINE K(vec) K(fma)(K(vec) a, K(vec) b, K(vec) c) { return __builtin_elementwise_fma(a, b, c); }
