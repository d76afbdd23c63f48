// Stochastic networks as anyone would write them first: Heun, a gather for every edge and step. Compiled with -O3 for this
// CPU, float32, one thread.
//
//   c_i(t) = sum over edges e = first[i] ... first[i + 1] - 1 of weights[e] * y_sources[e](t - delays[e])
//   p = s + dt F(s, G c(t)) + kick;  s(t + 1) = s + dt / 2 (F(s, G c(t)) + F(p, G c(t + 1))) + kick;  kick = sigma sqrt(dt) z
//
// N nodes, H history columns, T steps; a state is a row (N, H + 1 + T), time innermost, filled up to column H, which is s(0).
// Noise is (T, S, N). Frozen: c(t) serves both stages. Otherwise c(t + 1), which the next step need not gather again: no
// delay may be 0 then.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static void gather(ptrdiff_t N, const int32_t *restrict first, const int32_t *restrict sources,
                   const int32_t *restrict delays, const float *restrict weights, float G, ptrdiff_t columns,
                   ptrdiff_t t, const float *restrict y, float *restrict c) {
  for (ptrdiff_t i = 0; i < N; i++) {
    float sum = 0;
    for (ptrdiff_t e = first[i]; e < first[i + 1]; e++) sum += weights[e] * y[sources[e] * columns + t - delays[e]];
    c[i] = G * sum;
  }
}

static void mpr(float r, float v, float c, float *dr, float *dv) {
  const float pi = 3.14159265f, tau = 1, I = 0, delta = 1, J = 15, eta = -5, q = pi * tau * r;
  *dr = (delta / (pi * tau) + 2 * r * v) / tau;
  *dv = (v * v - q * q + eta + J * tau * r + I + c) / tau;
}

// Montbrio-Pazo-Roxin, coupled through r only: cr = 1, cv = 0; r >= 0.
void plain_mpr(ptrdiff_t N, ptrdiff_t H, ptrdiff_t T, const int32_t *restrict first, const int32_t *restrict sources,
               const int32_t *restrict delays, const float *restrict weights, float G, float dt,
               const float *restrict sigma, const float *restrict noise, int frozen, float *restrict r,
               float *restrict v) {
  const ptrdiff_t columns = H + 1 + T;
  const float root = sqrtf(dt), kick_r = sigma[0] * root, kick_v = sigma[1] * root;
  float *now = malloc((size_t)(2 * N) * sizeof *now), *later = now + N;
  gather(N, first, sources, delays, weights, G, columns, H, r, now);
  for (ptrdiff_t t = 0; t < T; t++, noise += 2 * N) {
    const ptrdiff_t column = H + t;
    gather(N, first, sources, delays, weights, G, columns, column + 1 - frozen, r, later);
    for (ptrdiff_t i = 0; i < N; i++) {
      const float *s_r = r + i * columns + column, *s_v = v + i * columns + column;
      float dr, dv, dr2, dv2;
      mpr(*s_r, *s_v, (frozen ? later : now)[i], &dr, &dv);
      const float p_r = fmaxf(*s_r + dt * dr + kick_r * noise[i], 0), p_v = *s_v + dt * dv + kick_v * noise[N + i];
      mpr(p_r, p_v, later[i], &dr2, &dv2);
      r[i * columns + column + 1] = fmaxf(*s_r + dt / 2 * (dr + dr2) + kick_r * noise[i], 0);
      v[i * columns + column + 1] = *s_v + dt / 2 * (dv + dv2) + kick_v * noise[N + i];
      now[i] = later[i];
    }
  }
  free(now);
}

static float wong_wang(float S, float c, float w, float I_o) {
  const float a = 0.270f, b = 0.108f, d = 154, gamma = 0.641f, tau_s = 100, J_N = 0.2609f;
  const float u = a * (w * J_N * S + I_o + J_N * c) - b;
  return -S / tau_s + (1 - S) * gamma * u / (1 - expf(-d * u));
}

// Reduced Wong-Wang, S unbounded as in tvboptim when `bounded` is 0.
void plain_wong_wang(ptrdiff_t N, ptrdiff_t H, ptrdiff_t T, const int32_t *restrict first,
                     const int32_t *restrict sources, const int32_t *restrict delays, const float *restrict weights,
                     float G, float dt, float sigma, const float *restrict noise, int frozen, int bounded, float w,
                     float I_o, float *restrict S) {
  const ptrdiff_t columns = H + 1 + T;
  const float kick = sigma * sqrtf(dt), low = bounded ? 0 : -INFINITY, high = bounded ? 1 : INFINITY;
  float *now = malloc((size_t)(2 * N) * sizeof *now), *later = now + N;
  gather(N, first, sources, delays, weights, G, columns, H, S, now);
  for (ptrdiff_t t = 0; t < T; t++, noise += N) {
    const ptrdiff_t column = H + t;
    gather(N, first, sources, delays, weights, G, columns, column + 1 - frozen, S, later);
    for (ptrdiff_t i = 0; i < N; i++) {
      const float s = S[i * columns + column], z = kick * noise[i];
      const float f = wong_wang(s, (frozen ? later : now)[i], w, I_o);
      const float p = fminf(fmaxf(s + dt * f + z, low), high);
      const float f2 = wong_wang(p, later[i], w, I_o);
      S[i * columns + column + 1] = fminf(fmaxf(s + dt / 2 * (f + f2) + z, low), high);
      now[i] = later[i];
    }
  }
  free(now);
}
