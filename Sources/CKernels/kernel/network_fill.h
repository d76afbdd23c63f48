// The table of network kernels for one instruction set and precision. Included by all.h behind everything else.

#define DN_TABLE_NAME(name) DN_PASTE3(name, DN_REAL_SUFFIX, DN_ISA_SUFFIX)
#define DN_TABLE_TYPE_(suffix) dn_network_kernels_##suffix
#define DN_TABLE_TYPE(suffix) DN_TABLE_TYPE_(suffix)
extern const DN_TABLE_TYPE(DN_REAL_SUFFIX) DN_TABLE_NAME(dn_network_kernels);
const DN_TABLE_TYPE(DN_REAL_SUFFIX) DN_TABLE_NAME(dn_network_kernels) = {
    .model = K(models),
    .transpose = K(transpose),
    .apply_class = K(apply_class),
    .apply_lanes = K(apply_lanes),
    .dot_lanes = K(dot_lanes),
    .normals = DN_PASTE3(normals, DN_REAL_SUFFIX, DN_ISA_SUFFIX),
    .multiply_add = K(multiply_add),
    .multiply_add_user = K(multiply_add_user),
    .scale_add = K(scale_add),
    .multiply = K(multiply),
};
#undef DN_TABLE_NAME
#undef DN_TABLE_TYPE
#undef DN_TABLE_TYPE_
