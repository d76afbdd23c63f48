#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double *ref_array(ptrdiff_t rows, ptrdiff_t columns) { return calloc((size_t)(rows * columns) + 1, sizeof(double)); }

ref_inputs ref_inputs_make(const network *net, ptrdiff_t steps) {
  return (ref_inputs){.weights = ref_array(net->edges, 1),
                      .history = ref_array(net->nodes, net->history),
                      .noise = ref_array(net->nodes, steps)};
}

static void absolute(double *to, const double *from, ptrdiff_t count) {
  for (ptrdiff_t n = 0; n < count; n++) to[n] = fabs(from[n]);
}

ref_inputs ref_inputs_absolute(const network *net, ptrdiff_t steps, const ref_inputs *inputs) {
  ref_inputs result = ref_inputs_make(net, steps);
  absolute(result.weights, inputs->weights, net->edges);
  absolute(result.history, inputs->history, net->nodes * net->history);
  absolute(result.noise, inputs->noise, net->nodes * steps);
  result.scale = fabs(inputs->scale);
  result.gain = fabs(inputs->gain);
  return result;
}

void ref_inputs_free(ref_inputs *inputs) {
  free(inputs->weights);
  free(inputs->history);
  free(inputs->noise);
  *inputs = (ref_inputs){0};
}

// What an edge from node j with delay d reads at step t.
static double value_read(const network *net, ptrdiff_t steps, const double *history, const double *noise,
                         const double *series, ptrdiff_t j, ptrdiff_t t, ptrdiff_t d) {
  if (d == 0) return noise[j * steps + t];
  if (t >= d) return series[j * steps + t - d];
  return history[j * net->history + net->history + t - d];
}

void ref_forward(const network *net, ptrdiff_t steps, const ref_inputs *in, double *series) {
  for (ptrdiff_t t = 0; t < steps; t++) {
    for (ptrdiff_t i = 0; i < net->nodes; i++) series[i * steps + t] = in->gain * in->noise[i * steps + t];
    for (ptrdiff_t e = 0; e < net->edges; e++) {
      double b = value_read(net, steps, in->history, in->noise, series, net->sources[e], t, net->delays[e]);
      series[net->targets[e] * steps + t] += in->scale * in->weights[e] * b;
    }
  }
}

void ref_tangent(const network *net, ptrdiff_t steps, const ref_inputs *in, const double *series,
                 const ref_inputs *tangent, double *tangent_series) {
  for (ptrdiff_t t = 0; t < steps; t++) {
    for (ptrdiff_t i = 0; i < net->nodes; i++)
      tangent_series[i * steps + t] =
          tangent->gain * in->noise[i * steps + t] + in->gain * tangent->noise[i * steps + t];
    for (ptrdiff_t e = 0; e < net->edges; e++) {
      ptrdiff_t j = net->sources[e], d = net->delays[e];
      double b = value_read(net, steps, in->history, in->noise, series, j, t, d);
      double db = value_read(net, steps, tangent->history, tangent->noise, tangent_series, j, t, d);
      double w = in->scale * in->weights[e];
      double dw = tangent->scale * in->weights[e] + in->scale * tangent->weights[e];
      tangent_series[net->targets[e] * steps + t] += w * db + dw * b;
    }
  }
}

// Scatters backwards through one buffer (N, H+T), as the definition does.
void ref_cotangent(const network *net, ptrdiff_t steps, const ref_inputs *in, const double *series,
                   const double *cotangent_series, const double *after, ref_inputs *out, double *first) {
  ptrdiff_t N = net->nodes, E = net->edges, H = net->history, D = net->longest, width = H + steps;
  double *buffer = ref_array(N, width), *g = ref_array(N, 1);
  for (ptrdiff_t i = 0; i < N; i++)
    memcpy(buffer + i * width + H, cotangent_series + i * steps, (size_t)steps * sizeof(double));

  if (after)
    for (ptrdiff_t t = steps + D - 1; t >= steps; t--)
      for (ptrdiff_t e = 0; e < E; e++)
        if (t - net->delays[e] < steps)
          buffer[net->sources[e] * width + H + t - net->delays[e]] +=
              in->scale * in->weights[e] * after[net->targets[e] * D + t - steps];
  if (after && first)
    for (ptrdiff_t i = 0; i < N; i++)
      for (ptrdiff_t t = steps; t < D; t++) first[i * D + t] = after[i * D + t - steps];

  for (ptrdiff_t t = steps - 1; t >= 0; t--) {
    for (ptrdiff_t i = 0; i < N; i++) {
      g[i] = buffer[i * width + H + t];
      buffer[i * width + H + t] = in->gain * g[i];
      out->gain += g[i] * in->noise[i * steps + t];
      if (first && t < D) first[i * D + t] = g[i];
    }
    for (ptrdiff_t e = 0; e < E; e++) {
      ptrdiff_t j = net->sources[e], d = net->delays[e];
      double b = value_read(net, steps, in->history, in->noise, series, j, t, d), gi = g[net->targets[e]];
      buffer[j * width + H + t - d] += in->scale * in->weights[e] * gi;
      out->weights[e] += in->scale * gi * b;
      out->scale += in->weights[e] * gi * b;
    }
  }
  for (ptrdiff_t i = 0; i < N; i++) {
    for (ptrdiff_t s = 0; s < H; s++) out->history[i * H + s] += buffer[i * width + s];
    for (ptrdiff_t t = 0; t < steps; t++) out->noise[i * steps + t] += buffer[i * width + H + t];
  }
  free(buffer);
  free(g);
}
