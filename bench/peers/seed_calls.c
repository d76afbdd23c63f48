// The notebook's two functions through DelayNet's C interface, each one call from Python: `run` returns the whole buffer,
// history columns included, and `gloss` the loss and the gradient with respect to the whole input buffer, as in JAX.
#include <string.h>

#include "delaynet.h"

typedef struct seed_job {
  const dn_plan *plan;
  dn_workspace *workspace;
  ptrdiff_t nodes, history, steps;
  float scale;
  const float *weights;  // (N, N)
  const float *input;    // (N, H + T), like all below
  const float *target;
  float *output;
  float *cotangent;  // of the output
  float *gradient;   // of the input
  double loss;       // out
} seed_job;

static dn_map_primal_f32 primal_of(const seed_job *job) {
  const ptrdiff_t columns = job->history + job->steps;
  return (dn_map_primal_f32){.weights = job->weights,
                             .scale = job->scale,
                             .history = job->input,
                             .history_stride = columns,
                             .noise = job->input + job->history,
                             .noise_stride = columns,
                             .steps = job->steps,
                             .series = job->output + job->history,
                             .series_stride = columns};
}

int seed_run(seed_job *job) {
  const ptrdiff_t columns = job->history + job->steps;
  const dn_map_primal_f32 primal = primal_of(job);
  const dn_run_options options = {.threads = 1, .workspace = job->workspace};
  for (ptrdiff_t i = 0; i < job->nodes; i++)
    memcpy(job->output + i * columns, job->input + i * columns, (size_t)job->history * sizeof(float));
  return dn_map_run_f32(job->plan, 1, &primal, NULL, &options, NULL);
}

int seed_gloss(seed_job *job) {
  const ptrdiff_t columns = job->history + job->steps;
  const int status = seed_run(job);
  if (status != DN_OK) return status;

  job->loss = 0;
  for (ptrdiff_t i = 0; i < job->nodes; i++) {
    const float *output = job->output + i * columns, *target = job->target + i * columns;
    float *cotangent = job->cotangent + i * columns, *gradient = job->gradient + i * columns;
    float sums[16] = {0};
    ptrdiff_t c = 0;
    for (; c + 16 <= columns; c += 16)
      for (int k = 0; k < 16; k++) {
        const float residual = output[c + k] - target[c + k];
        sums[k] += residual * residual;
        cotangent[c + k] = 2 * residual;
      }
    for (; c < columns; c++) {
      const float residual = output[c] - target[c];
      sums[0] += residual * residual;
      cotangent[c] = 2 * residual;
    }
    for (int k = 0; k < 16; k++) job->loss += (double)sums[k];
    // The output's history is the input's: its cotangent passes through. The rest is added by dn_map_vjp.
    memcpy(gradient, cotangent, (size_t)job->history * sizeof(float));
    memset(gradient + job->history, 0, (size_t)job->steps * sizeof(float));
  }
  const dn_map_primal_f32 primal = primal_of(job);
  const dn_run_options options = {.threads = 1, .workspace = job->workspace};
  const dn_map_cotangent_f32 cotangent = {.series = job->cotangent + job->history,
                                          .series_stride = columns,
                                          .history = job->gradient,
                                          .history_stride = columns,
                                          .noise = job->gradient + job->history,
                                          .noise_stride = columns};
  return dn_map_vjp_f32(job->plan, 1, &primal, &cotangent, &options, NULL);
}

// ---- Memory --------------------------------------------------------------------------------------------------------

// An allocator that counts, so that what a call holds can be seen from outside.
typedef struct counter {
  ptrdiff_t live, peak;
} counter;

#define HEADER 64

static void *counted_allocate(void *context, size_t bytes) {
  counter *c = context;
  char *memory = __builtin_malloc(bytes + HEADER);
  if (!memory) return NULL;
  memcpy(memory, &bytes, sizeof bytes);
  c->live += (ptrdiff_t)bytes;
  if (c->live > c->peak) c->peak = c->live;
  return memory + HEADER;
}

static void counted_release(void *context, void *memory) {
  counter *c = context;
  size_t bytes;
  memcpy(&bytes, (char *)memory - HEADER, sizeof bytes);
  c->live -= (ptrdiff_t)bytes;
  __builtin_free((char *)memory - HEADER);
}

void counter_install(counter *c, dn_plan_options *options) {
  options->allocator = (dn_allocator){.allocate = counted_allocate, .release = counted_release, .context = c};
}
