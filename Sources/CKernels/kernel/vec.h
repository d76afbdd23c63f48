// Vectors of DN_REAL: the only file that knows a vector's width. Included by all.h for each instruction set
// (DN_VECTOR_BYTES: 64, 32, 16).
//
// Arithmetic operators work on vectors; fma is always vec_fma: one rounding, on every CPU, so that no result depends on the
// width. Pointers that users gave are read and written by vec_load and vec_store, which assume the alignment of one element.

typedef DN_REAL vec __attribute__((ext_vector_type(DN_VECTOR_BYTES / sizeof(DN_REAL))));
typedef DN_REAL vec_unaligned
    __attribute__((ext_vector_type(DN_VECTOR_BYTES / sizeof(DN_REAL)), aligned(sizeof(DN_REAL))));
#define VL ((ptrdiff_t)(DN_VECTOR_BYTES / sizeof(DN_REAL)))

DN_INLINE vec vec_load(const DN_REAL *p) { return *(const vec_unaligned *)p; }
DN_INLINE void vec_store(DN_REAL *p, vec v) { *(vec_unaligned *)p = v; }
DN_INLINE vec vec_load_aligned(const DN_REAL *p) { return *(const vec *)p; }
DN_INLINE void vec_store_aligned(DN_REAL *p, vec v) { *(vec *)p = v; }
DN_INLINE vec vec_splat(DN_REAL x) { return (vec)(x); }
DN_INLINE vec vec_fma(vec a, vec b, vec c) { return __builtin_elementwise_fma(a, b, c); }
