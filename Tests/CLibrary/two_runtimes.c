// A program with an OpenMP runtime of its own (gcc's) beside the library's: the library's threads must not take their
// numbers from the other runtime. One thread and four have to give the same bits.
#include <delaynet.h>

#include <stdio.h>

enum { N = 256, T = 300, H = 64 };

static int32_t delays[N * N];
static double weights[N * N], history[N * H], noise[N * T], series[2][N * T];

int main(void) {
  const dn_key key = dn_key_create(0);
  dn_random_integers_i32(key, 0, N * N, 1, H + 1, delays);
  dn_random_normal_f64(key, 0, N * N, weights);
  dn_random_normal_f64(key, 1, N * H, history);
  dn_random_normal_f64(key, 2, N * T, noise);
  const dn_network network = {.nodes = N, .edges = N * N, .history = H, .delays = delays};
  dn_plan *plan;
  if (dn_plan_create(&network, NULL, &plan, NULL) != DN_OK) return 1;

  int team = 0;
#pragma omp parallel num_threads(2) reduction(+ : team)
  team++;
  for (int r = 0; r < 2; r++) {
    const dn_map_primal_f64 primal = {.weights = weights,
                                      .scale = 1.0 / N,
                                      .noise_gain = 1,
                                      .history = history,
                                      .history_stride = H,
                                      .noise = noise,
                                      .noise_stride = T,
                                      .steps = T,
                                      .series = series[r],
                                      .series_stride = T};
    const dn_run_options options = {.threads = r == 0 ? 1 : 4};
    const dn_status status = dn_map_run_f64(plan, 1, &primal, NULL, &options, NULL);
    if (status != DN_OK) {
      fprintf(stderr, "%s\n", dn_status_string(status));
      return 1;
    }
  }
  int different = 0;
  for (int n = 0; n < N * T; n++) different += series[0][n] != series[1][n];
  printf("team of %d, %d of %d values differ\n", team, different, N * T);
  dn_plan_destroy(plan);
  return team != 2 || different != 0;
}
