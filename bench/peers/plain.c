// The notebook's map as anyone would write it first: the yardstick for a compiler alone. Compiled with -O3 for this CPU.
//
//   x_i(t) = scale * sum over j of w_ij b[j, H + t - d_ij];  then b[i, H + t] = x_i(t) for all i
//
// N nodes, H history columns, T steps; buffers are (N, H + T), weights and delays (N, N), row = target.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void plain_run(ptrdiff_t N, ptrdiff_t H, ptrdiff_t T, const float *restrict weights, const int32_t *restrict delays,
               float scale, const float *restrict input, float *restrict output) {
  const ptrdiff_t columns = H + T;
  float *column = malloc((size_t)(N + 1) * sizeof *column);
  memcpy(output, input, (size_t)(N * columns) * sizeof *output);
  for (ptrdiff_t t = 0; t < T; t++) {
    for (ptrdiff_t i = 0; i < N; i++) {
      float sum = 0;
      for (ptrdiff_t j = 0; j < N; j++) sum += weights[i * N + j] * output[j * columns + H + t - delays[i * N + j]];
      column[i] = scale * sum;
    }
    for (ptrdiff_t i = 0; i < N; i++) output[i * columns + H + t] = column[i];
  }
  free(column);
}

// Value of sum((target - run(input))^2) and, in `gradient`, its gradient with respect to the input.
double plain_gloss(ptrdiff_t N, ptrdiff_t H, ptrdiff_t T, const float *restrict weights, const int32_t *restrict delays,
                   float scale, const float *restrict input, const float *restrict target, float *restrict output,
                   float *restrict gradient) {
  const ptrdiff_t columns = H + T;
  plain_run(N, H, T, weights, delays, scale, input, output);
  double loss = 0;
  for (ptrdiff_t k = 0; k < N * columns; k++) {
    const float residual = output[k] - target[k];
    loss += (double)(residual * residual);
    gradient[k] = 2 * residual;
  }
  float *g = malloc((size_t)(N + 1) * sizeof *g);
  for (ptrdiff_t t = T - 1; t >= 0; t--) {
    for (ptrdiff_t i = 0; i < N; i++) {
      g[i] = scale * gradient[i * columns + H + t];
      gradient[i * columns + H + t] = 0;
    }
    for (ptrdiff_t i = 0; i < N; i++)
      for (ptrdiff_t j = 0; j < N; j++) gradient[j * columns + H + t - delays[i * N + j]] += weights[i * N + j] * g[i];
  }
  free(g);
  return loss;
}
