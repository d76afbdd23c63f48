// The table of coupling and row kernels for one instruction set and precision. Included by all.h behind them.

#define DN_NAME_(suffix, isa) dn_kernels_##suffix##_##isa
#define DN_NAME_OF(suffix, isa) DN_NAME_(suffix, isa)
#define DN_TABLE_(suffix) dn_kernels_##suffix
#define DN_TABLE(suffix) DN_TABLE_(suffix)
extern const DN_TABLE(DN_REAL_SUFFIX) DN_NAME_OF(DN_REAL_SUFFIX, DN_ISA_SUFFIX);
const DN_TABLE(DN_REAL_SUFFIX) DN_NAME_OF(DN_REAL_SUFFIX, DN_ISA_SUFFIX) = {
    .pack = K(pack),
    .pack_jvp = K(pack_jvp),
    .apply = K(apply),
    .apply_between = K(apply_between),
    .apply_short = K(apply_short),
    .solve_leaf = K(solve_leaf),
    .solve_leaf_lanes = K(solve_leaf_lanes),
    .dot = K(dot),
    .dot_short = K(dot_short),
    .dot_rows = K(dot_rows),
    .scale_row = K(scale_row),
    .add_scaled_row = K(add_scaled_row),
    .reverse_row = K(reverse_row),
    .add_reversed_row = K(add_reversed_row),
    .store_row = K(store_row),
    .first_not_finite = K(first_not_finite),
};
#undef DN_NAME_
#undef DN_NAME_OF
#undef DN_TABLE_
#undef DN_TABLE
