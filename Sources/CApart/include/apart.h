// Libraries that read files from elsewhere in a process of their own: what a damaged file does to them, it does to that process.
#ifndef DN_APART_H
#define DN_APART_H
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// Writes to `descriptor` what `name` is in the file `path`, or with an empty name the names there are; returns the exit status.
//
// Names: each as a length (uint64) and its bytes. An array: 1 for numbers or 2 for texts, the number of axes, their lengths
// (uint64 each), then the numbers as doubles in row-major order, or each text as a length and its bytes.
typedef int (*dn_serve)(const char *path, const char *name, uint64_t bytes_max, int descriptor);

// Exit statuses of a server.
enum { DN_SERVED = 0, DN_DAMAGED = 1, DN_UNSUPPORTED = 2, DN_BEYOND_LIMIT = 3 };

// Starts a process that calls serve, and returns its number, with the end of the pipe to read from; -1 where it cannot be
// started. The process has no more than a minute.
int dn_apart_begin(dn_serve serve, const char *path, const char *name, uint64_t bytes_max, int *descriptor);

// Waits for the process: its exit status, or -1 if it did not come to its end.
int dn_apart_end(int process);

// For servers: writes all bytes; 0 on failure.
int dn_apart_write(int descriptor, const void *bytes, size_t count);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
