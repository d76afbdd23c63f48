// A server of data sets in the root of HDF5 files: see apart.h. Links to other files are not followed.
#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H
#include <hdf5.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../CApart/include/apart.h"

static inline int dn_h5_put(int out, uint64_t value) { return dn_apart_write(out, &value, sizeof value); }
static inline int dn_h5_put_text(int out, const char *text, size_t length) {
  return dn_h5_put(out, length) && dn_apart_write(out, text, length);
}

static inline int dn_h5_is_dataset(hid_t file, const char *name) {
  H5L_info_t link;
  H5O_info_t info;
  return H5Lget_info(file, name, &link, H5P_DEFAULT) >= 0 && link.type != H5L_TYPE_EXTERNAL &&
         H5Oget_info_by_name(file, name, &info, H5P_DEFAULT) >= 0 && info.type == H5O_TYPE_DATASET;
}

static inline int dn_h5_list(hid_t file, int out) {
  H5G_info_t info;
  if (H5Gget_info(file, &info) < 0) return DN_DAMAGED;
  for (hsize_t k = 0; k < info.nlinks && k < 100000; k++) {
    char name[1025];
    const ssize_t length = H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, k, name, sizeof name, H5P_DEFAULT);
    if (length <= 0 || length >= (ssize_t)sizeof name || !dn_h5_is_dataset(file, name)) continue;
    if (!dn_h5_put_text(out, name, (size_t)length)) return DN_DAMAGED;
  }
  return DN_SERVED;
}

static inline int dn_h5_array(hid_t file, const char *name, uint64_t bytes_max, int out) {
  const hid_t data = dn_h5_is_dataset(file, name) ? H5Dopen2(file, name, H5P_DEFAULT) : -1;
  const hid_t space = data < 0 ? -1 : H5Dget_space(data), type = data < 0 ? -1 : H5Dget_type(data);
  if (space < 0 || type < 0) return DN_DAMAGED;
  // Numbers may be said to stand in any other file of the machine.
  const hid_t made = H5Dget_create_plist(data);
  if (made < 0) return DN_DAMAGED;
  const H5D_layout_t layout = H5Pget_layout(made);
  if (layout == H5D_VIRTUAL || H5Pget_external_count(made) != 0) return DN_UNSUPPORTED;
  hsize_t lengths[H5S_MAX_RANK];
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || rank > H5S_MAX_RANK || (rank > 0 && H5Sget_simple_extent_dims(space, lengths, NULL) != rank))
    return DN_DAMAGED;
  const H5T_class_t kind = H5Tget_class(type);
  const int is_text = kind == H5T_STRING, is_variable = is_text && H5Tis_variable_str(type) > 0;
  // Booleans as h5py writes them are an enumeration over a byte.
  const int is_byte = (kind == H5T_ENUM || kind == H5T_BITFIELD) && H5Tget_size(type) == 1;
  if (!is_text && !is_byte && kind != H5T_FLOAT && kind != H5T_INTEGER) return DN_UNSUPPORTED;
  const uint64_t width = is_text && !is_variable ? H5Tget_size(type) : 8;
  uint64_t count = 1, bytes;
  for (int a = 0; a < rank; a++)
    if (__builtin_mul_overflow(count, lengths[a], &count)) return DN_BEYOND_LIMIT;
  if (width == 0 || __builtin_mul_overflow(count, width, &bytes) || bytes > bytes_max) return DN_BEYOND_LIMIT;
  void *memory = calloc(bytes + 8, 1);
  hid_t as = type;
  if (is_text && !is_variable) {
    as = H5Tcopy(type);
    H5Tset_strpad(as, H5T_STR_NULLPAD);
  } else if (!is_text && !is_byte) {
    as = H5T_NATIVE_DOUBLE;
  }
  if (!memory || (count > 0 && H5Dread(data, as, H5S_ALL, H5S_ALL, H5P_DEFAULT, memory) < 0)) return DN_DAMAGED;
  int ok = dn_h5_put(out, is_text ? 2 : 1) && dn_h5_put(out, (uint64_t)rank);
  for (int a = 0; a < rank; a++) ok = ok && dn_h5_put(out, lengths[a]);
  for (uint64_t k = 0; k < count && ok; k++) {
    const double byte = is_byte ? ((const unsigned char *)memory)[k] : 0;
    const char *text = is_variable ? ((char **)memory)[k] : (const char *)memory + k * width;
    if (is_byte) ok = dn_apart_write(out, &byte, sizeof byte);
    else if (is_text)
      ok = dn_h5_put_text(out, text ? text : "", !text ? 0 : is_variable ? strlen(text) : strnlen(text, width));
  }
  if (!is_text && !is_byte) ok = ok && dn_apart_write(out, memory, bytes);
  return ok ? DN_SERVED : DN_DAMAGED;
}

static int dn_h5_serve(const char *path, const char *name, uint64_t bytes_max, int out) {
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) return DN_DAMAGED;
  return *name ? dn_h5_array(file, name, bytes_max, out) : dn_h5_list(file, out);
}
static inline dn_serve dn_h5_server(void) { return dn_h5_serve; }
#endif
