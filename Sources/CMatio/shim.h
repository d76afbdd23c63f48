// A server of the variables of MATLAB files, versions 5 and 7.3: see apart.h.
#ifndef CMATIO_SHIM_H
#define CMATIO_SHIM_H
#include <matio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../CApart/include/apart.h"

static inline int dn_mat_put(int out, uint64_t value) { return dn_apart_write(out, &value, sizeof value); }

// Element k of a variable's data, whatever they are stored as: numbers, or characters of one, two or four bytes.
static inline int dn_mat_element(const matvar_t *v, uint64_t k, double *value) {
#define DN_MAT_ELEMENT(id, type)                     \
  case id:                                           \
    if (v->data_size != (int)sizeof(type)) return 0; \
    *value = (double)((const type *)v->data)[k];     \
    return 1;
  switch (v->data_type) {
    DN_MAT_ELEMENT(MAT_T_DOUBLE, double)
    DN_MAT_ELEMENT(MAT_T_SINGLE, float)
    DN_MAT_ELEMENT(MAT_T_INT8, mat_int8_t)
    DN_MAT_ELEMENT(MAT_T_UINT8, mat_uint8_t)
    DN_MAT_ELEMENT(MAT_T_INT16, mat_int16_t)
    DN_MAT_ELEMENT(MAT_T_UINT16, mat_uint16_t)
    DN_MAT_ELEMENT(MAT_T_INT32, mat_int32_t)
    DN_MAT_ELEMENT(MAT_T_UINT32, mat_uint32_t)
    DN_MAT_ELEMENT(MAT_T_INT64, mat_int64_t)
    DN_MAT_ELEMENT(MAT_T_UINT64, mat_uint64_t)
    DN_MAT_ELEMENT(MAT_T_UTF8, mat_uint8_t)
    DN_MAT_ELEMENT(MAT_T_UTF16, mat_uint16_t)
    DN_MAT_ELEMENT(MAT_T_UTF32, mat_uint32_t)
    default: return 0;
  }
#undef DN_MAT_ELEMENT
}

static inline int dn_mat_is_number(const matvar_t *v) {
  switch (v->class_type) {
    case MAT_C_DOUBLE:
    case MAT_C_SINGLE:
    case MAT_C_INT8:
    case MAT_C_UINT8:
    case MAT_C_INT16:
    case MAT_C_UINT16:
    case MAT_C_INT32:
    case MAT_C_UINT32:
    case MAT_C_INT64:
    case MAT_C_UINT64: return !v->isComplex;
    default: return 0;
  }
}

// The elements of a variable with two axes or fewer, or UINT64_MAX.
static inline uint64_t dn_mat_count(const matvar_t *v, uint64_t *rows, uint64_t *columns) {
  if (v->rank != 2 || !v->dims) return UINT64_MAX;
  uint64_t count;
  *rows = v->dims[0];
  *columns = v->dims[1];
  return __builtin_mul_overflow(*rows, *columns, &count) ? UINT64_MAX : count;
}

// The `count` characters of a variable, column by column: of UTF-8 one after the other, whatever their bytes.
static inline int dn_mat_characters(const matvar_t *v, uint64_t count, uint32_t *codes) {
  const unsigned char *bytes = v->data;
  size_t place = 0;
  for (uint64_t k = 0; k < count; k++) {
    double unit;
    if (!v->data ||
        (v->data_type != MAT_T_UTF8 && ((k + 1) * (size_t)v->data_size > v->nbytes || !dn_mat_element(v, k, &unit))))
      return 0;
    if (v->data_type != MAT_T_UTF8) {
      codes[k] = (uint32_t)unit;
      continue;
    }
    if (place >= v->nbytes) return 0;
    const unsigned char first = bytes[place++];
    const int more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t code = more == 0 ? first : first & (0x3f >> more);
    for (int b = 0; b < more; b++) {
      if (place >= v->nbytes || (bytes[place] & 0xc0) != 0x80) return 0;
      code = code << 6 | (bytes[place++] & 0x3f);
    }
    codes[k] = code;
  }
  return 1;
}

// The texts in the rows of a matrix of characters, without the blanks that fill them up, as UTF-8.
static inline int dn_mat_put_rows(const matvar_t *v, uint64_t rows, uint64_t columns, int out) {
  uint32_t *codes = malloc(rows * columns * sizeof *codes + 1);
  char *text = malloc(4 * columns + 1);
  if (!codes || !text || !dn_mat_characters(v, rows * columns, codes)) return 0;
  for (uint64_t row = 0; row < rows; row++) {
    size_t length = 0, end = 0;
    for (uint64_t column = 0; column < columns; column++) {
      const uint32_t code = codes[column * rows + row];
      if (code < 0x80) {
        text[length++] = (char)code;
      } else if (code < 0x800) {
        text[length++] = (char)(0xc0 | code >> 6);
        text[length++] = (char)(0x80 | (code & 0x3f));
      } else {
        if (code < 0x10000) {
          text[length++] = (char)(0xe0 | code >> 12);
        } else {
          text[length++] = (char)(0xf0 | (code >> 18 & 7));
          text[length++] = (char)(0x80 | (code >> 12 & 0x3f));
        }
        text[length++] = (char)(0x80 | (code >> 6 & 0x3f));
        text[length++] = (char)(0x80 | (code & 0x3f));
      }
      if (code != ' ' && code != 0) end = length;
    }
    if (!dn_mat_put(out, end) || !dn_apart_write(out, text, end)) return 0;
  }
  free(text);
  free(codes);
  return 1;
}

static inline int dn_mat_array(mat_t *file, const char *name, uint64_t bytes_max, int out) {
  matvar_t *v = Mat_VarReadInfo(file, name);
  uint64_t rows, columns, count = v ? dn_mat_count(v, &rows, &columns) : UINT64_MAX;
  if (!v) return DN_DAMAGED;
  if (v->rank != 2) return DN_UNSUPPORTED;
  if (count > bytes_max / 8) return DN_BEYOND_LIMIT;
  v = Mat_VarRead(file, name);
  if (!v || dn_mat_count(v, &rows, &columns) != count) return DN_DAMAGED;
  const int is_text = v->class_type == MAT_C_CHAR, is_cell = v->class_type == MAT_C_CELL;
  if (!is_text && !is_cell && !dn_mat_is_number(v)) return DN_UNSUPPORTED;
  if (count > 0 && (!v->data || v->data_size <= 0 || v->nbytes / (size_t)v->data_size < count)) return DN_DAMAGED;
  int ok = dn_mat_put(out, is_text || is_cell ? 2 : 1);
  if (is_text) {
    ok = ok && dn_mat_put(out, 1) && dn_mat_put(out, rows) && dn_mat_put_rows(v, rows, columns, out);
  } else if (is_cell) {
    ok = ok && dn_mat_put(out, 1) && dn_mat_put(out, count);
    for (uint64_t k = 0; k < count && ok; k++) {
      const matvar_t *cell = ((matvar_t **)v->data)[k];
      uint64_t own_rows, own_columns;
      if (!cell || cell->class_type != MAT_C_CHAR) return DN_UNSUPPORTED;
      const uint64_t own = dn_mat_count(cell, &own_rows, &own_columns);
      if (own == 0 || (own_rows <= 1 && own <= cell->nbytes))
        ok = own == 0 ? dn_mat_put(out, 0) : dn_mat_put_rows(cell, own_rows, own_columns, out);
      else return DN_UNSUPPORTED;
    }
  } else {
    ok = ok && dn_mat_put(out, 2) && dn_mat_put(out, rows) && dn_mat_put(out, columns);
    for (uint64_t row = 0; row < rows && ok; row++)
      for (uint64_t column = 0; column < columns && ok; column++) {
        double value;
        ok = dn_mat_element(v, column * rows + row, &value) && dn_apart_write(out, &value, sizeof value);
      }
  }
  return ok ? DN_SERVED : DN_DAMAGED;
}

static void dn_mat_quiet(int level, char *message) {
  (void)level;
  (void)message;
}

static int dn_mat_serve(const char *path, const char *name, uint64_t bytes_max, int out) {
  Mat_LogInitFunc("delaynet", dn_mat_quiet);
  mat_t *file = Mat_Open(path, MAT_ACC_RDONLY);
  if (!file) return DN_DAMAGED;
  if (*name) return dn_mat_array(file, name, bytes_max, out);
  matvar_t *v;
  for (int k = 0; k < 100000 && (v = Mat_VarReadNextInfo(file)); k++) {
    if (v->name && (!dn_mat_put(out, strlen(v->name)) || !dn_apart_write(out, v->name, strlen(v->name))))
      return DN_DAMAGED;
    Mat_VarFree(v);
  }
  return DN_SERVED;
}
static inline dn_serve dn_mat_server(void) { return dn_mat_serve; }
#endif
