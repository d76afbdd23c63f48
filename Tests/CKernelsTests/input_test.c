// Bad input to dn_plan_create, and the small functions that take an enumerator. bad_call_test.c does it for calls.
#include "trial.h"

// A good network of six edges, to be spoiled.
typedef struct sample {
  int32_t targets[6], sources[6], delays[6];
  dn_network net;
  dn_plan_options options;
} sample;

static const sample good = {
    .targets = {0, 1, 2, 3, 3, 0},
    .sources = {1, 2, 3, 0, 3, 1},
    .delays = {0, 1, 20, 5, 7, 20},
    .net = {.nodes = 4, .edges = 6, .history = 20},
};

static void sample_connect(sample *s) {
  *s = good;
  s->net.targets = s->targets;
  s->net.sources = s->sources;
  s->net.delays = s->delays;
}

// Memory that ends at 64 MB: a size that slips through the checks fails here instead of exhausting the machine.
static void *allocate_limited(void *context, size_t bytes) {
  (void)context;
  return bytes > (size_t)64 << 20 ? NULL : malloc(bytes);
}
static void release_limited(void *context, void *memory) {
  (void)context;
  free(memory);
}
static const dn_allocator limited = {allocate_limited, release_limited, NULL};

static void expect(sample *s, const char *what, dn_status want, dn_status or_this, ptrdiff_t edge) {
  check_about("%s", what);
  dn_plan *plan = (dn_plan *)s;
  dn_place place = {77, 77, 77, 77, 77, 77, 77, 77};
  dn_status status = dn_plan_create(&s->net, &s->options, &plan, &place);
  CHECK(status == want || status == or_this, "status %d, expected %d", status, want);
  if (status == DN_OK) {
    CHECK_THAT(plan != NULL);
    dn_plan_destroy(plan);
  } else {
    CHECK_THAT(plan == NULL);
    CHECK(place.edge == edge, "edge %td, expected %td", place.edge, edge);
    CHECK_THAT(place.run == -1 && place.step == -1);
    plan = (dn_plan *)s;
    CHECK_STATUS(dn_plan_create(&s->net, &s->options, &plan, NULL), status);
    CHECK_THAT(plan == NULL);
  }
}

#define SPOILED(what, want, edge, statements) \
  do {                                        \
    sample s;                                 \
    sample_connect(&s);                       \
    statements;                               \
    expect(&s, what, (want), (want), (edge)); \
  } while (0)

#define SPOILED_EITHER(what, want, or_this, statements) \
  do {                                                  \
    sample s;                                           \
    sample_connect(&s);                                 \
    s.options.allocator = limited;                      \
    statements;                                         \
    expect(&s, what, (want), (or_this), -1);            \
  } while (0)

static void edges(void) {
  SPOILED("good", DN_OK, -1, );
  SPOILED("negative delay", DN_NEGATIVE_DELAY, 3, s.delays[3] = -1);
  SPOILED("very negative delay", DN_NEGATIVE_DELAY, 5, s.delays[5] = INT32_MIN);
  SPOILED("delay H + 1", DN_DELAY_EXCEEDS_HISTORY, 2, s.delays[2] = 21);
  SPOILED("largest delay", DN_DELAY_EXCEEDS_HISTORY, 0, s.delays[0] = INT32_MAX);
  SPOILED("no history", DN_DELAY_EXCEEDS_HISTORY, 1, s.net.history = 0);
  SPOILED("source -1", DN_NODE_OUT_OF_RANGE, 4, s.sources[4] = -1);
  SPOILED("source N", DN_NODE_OUT_OF_RANGE, 4, s.sources[4] = 4);
  SPOILED("target -1", DN_NODE_OUT_OF_RANGE, 0, s.targets[0] = -1);
  SPOILED("target N", DN_NODE_OUT_OF_RANGE, 5, s.targets[5] = 4);
  SPOILED("target INT32_MIN", DN_NODE_OUT_OF_RANGE, 5, s.targets[5] = INT32_MIN);
  SPOILED("source INT32_MAX", DN_NODE_OUT_OF_RANGE, 1, s.sources[1] = INT32_MAX);
  SPOILED("edges without nodes", DN_NODE_OUT_OF_RANGE, 0, s.net.nodes = 0);
  SPOILED("the first of two mistakes", DN_NEGATIVE_DELAY, 1, s.delays[4] = 21; s.delays[1] = -3);
  SPOILED("the first of two mistakes", DN_DELAY_EXCEEDS_HISTORY, 1, s.sources[4] = 21; s.delays[1] = 22);
  // A dense network's edge is i * N + j.
  int32_t delays[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  SPOILED("dense", DN_OK, -1, s.net = ((dn_network){3, 9, 8, NULL, NULL, delays, 0}));
  SPOILED("dense, delay H + 1", DN_DELAY_EXCEEDS_HISTORY, 8, s.net = ((dn_network){3, 9, 7, NULL, NULL, delays, 0}));
  SPOILED("dense, fractional delays", DN_DELAY_EXCEEDS_HISTORY, 8,
          s.net = ((dn_network){3, 9, 8, NULL, NULL, delays, 1}));
  SPOILED("dense, fractional delays, longer history", DN_OK, -1,
          s.net = ((dn_network){3, 9, 9, NULL, NULL, delays, 1}));
  SPOILED("fractional is 0 or 1", DN_BAD_OPTION, -1, s.net = ((dn_network){3, 9, 9, NULL, NULL, delays, 2}));
  delays[5] = -1;
  SPOILED("dense, negative delay", DN_NEGATIVE_DELAY, 5, s.net = ((dn_network){3, 9, 8, NULL, NULL, delays, 0}));
}

static void pointers(void) {
  SPOILED("no delays", DN_NULL_POINTER, -1, s.net.delays = NULL);
  SPOILED("targets without sources", DN_NULL_POINTER, -1, s.net.sources = NULL);
  SPOILED("sources without targets", DN_NULL_POINTER, -1, s.net.targets = NULL);
  SPOILED("dense without delays", DN_NULL_POINTER, -1, s.net = ((dn_network){3, 9, 7, NULL, NULL, NULL, 0}));
  SPOILED("no nodes, no arrays", DN_OK, -1, s.net = ((dn_network){0}));
  SPOILED("no edges, no delays", DN_OK, -1, s.net.edges = 0; s.net.delays = NULL);
  SPOILED("no edges, no arrays", DN_OK, -1, s.net = ((dn_network){.nodes = 4, .history = 3}));

  sample s;
  sample_connect(&s);
  check_about("arguments");
  CHECK_STATUS(dn_plan_create(&s.net, NULL, NULL, NULL), DN_NULL_POINTER);
  dn_plan *plan = (dn_plan *)&s;
  const dn_network *nothing = NULL;
  CHECK_STATUS(dn_plan_create(nothing, NULL, &plan, NULL), DN_NULL_POINTER);
  CHECK_THAT(plan == NULL);
  CHECK_STATUS(dn_plan_create(&s.net, NULL, &plan, NULL), DN_OK);
  CHECK_STATUS(dn_workspace_create(plan, NULL), DN_NULL_POINTER);
  dn_plan_destroy(plan);
  dn_plan_destroy(NULL);
  dn_workspace_destroy(NULL);
}

static void options(void) {
  const int32_t bad_blocks[] = {-16, -1, 1, 8, 15, 17, 48, 512, INT32_MAX, INT32_MIN};
  for (size_t n = 0; n < sizeof bad_blocks / sizeof bad_blocks[0]; n++)
    SPOILED("block", DN_BAD_OPTION, -1, s.options.block = bad_blocks[n]);
  for (int32_t block = 16; block <= 256; block *= 2) SPOILED("block", DN_OK, -1, s.options.block = block);
  SPOILED("tile -1", DN_BAD_OPTION, -1, s.options.tile_sources = -1);
  SPOILED("tile INT32_MIN", DN_BAD_OPTION, -1, s.options.tile_sources = INT32_MIN);
  SPOILED("tile INT32_MAX", DN_OK, -1, s.options.tile_sources = INT32_MAX);
  SPOILED("isa -1", DN_BAD_OPTION, -1, s.options.isa = (dn_isa)-1);
  SPOILED("isa 4", DN_BAD_OPTION, -1, s.options.isa = (dn_isa)4);
  for (dn_isa isa = DN_ISA_AUTO; isa <= DN_ISA_AVX512; isa++)
    SPOILED("isa", dn_isa_available(isa) ? DN_OK : DN_ISA_UNAVAILABLE, -1, s.options.isa = isa);
  SPOILED("half an allocator", DN_BAD_OPTION, -1, s.options.allocator.allocate = allocate_limited);
  SPOILED("half an allocator", DN_BAD_OPTION, -1, s.options.allocator.release = release_limited);
}

static void sizes(void) {
  SPOILED("nodes -1", DN_BAD_SIZE, -1, s.net.nodes = -1);
  SPOILED("edges -1", DN_BAD_SIZE, -1, s.net.edges = -1);
  SPOILED("history -1", DN_BAD_SIZE, -1, s.net.history = -1);
  SPOILED("nodes PTRDIFF_MIN", DN_BAD_SIZE, -1, s.net.nodes = PTRDIFF_MIN);
  SPOILED("dense, E not N * N", DN_BAD_SIZE, -1, s.net.targets = s.net.sources = NULL);
  const ptrdiff_t too_many = (ptrdiff_t)1 << 31;
  SPOILED("2^31 nodes", DN_TOO_LARGE, -1, s.net.nodes = too_many);
  SPOILED("2^31 nodes, no edges", DN_TOO_LARGE, -1, s.net = ((dn_network){.nodes = too_many}));
  SPOILED("PTRDIFF_MAX nodes", DN_TOO_LARGE, -1, s.net.nodes = PTRDIFF_MAX);
  SPOILED("PTRDIFF_MAX edges", DN_TOO_LARGE, -1, s.net.edges = PTRDIFF_MAX);
  SPOILED("edges that overflow", DN_TOO_LARGE, -1, s.net.edges = PTRDIFF_MAX / 4);
  const ptrdiff_t many = too_many - 1;
  SPOILED("dense, bytes that overflow", DN_TOO_LARGE, -1,
          s.net = ((dn_network){many, many * many, 9, NULL, NULL, s.delays, 0}));
  SPOILED_EITHER("edges that are NULL", DN_TOO_LARGE, DN_NULL_POINTER,
                 s.net = ((dn_network){.nodes = 4, .edges = PTRDIFF_MAX / 4, .targets = s.targets}));
  SPOILED_EITHER("history PTRDIFF_MAX", DN_TOO_LARGE, DN_NO_MEMORY, s.net.history = PTRDIFF_MAX);
  // A plan's size follows its delays, not the columns that lie before them.
  SPOILED_EITHER("history 10^8", DN_OK, DN_OK, s.net.history = 100000000);
}

static void statuses(void) {
#define EACH(name, value, sentence) \
  check_about(#name);               \
  CHECK_THAT((int)name == (value)); \
  CHECK_THAT(strcmp(dn_status_string(name), (sentence)) == 0);
  DN_STATUS_LIST(EACH)
#undef EACH
  check_about("no status");
  CHECK_THAT(strcmp(dn_status_string((dn_status)1), "unknown status") == 0);
  CHECK_THAT(strcmp(dn_status_string((dn_status)-34), "unknown status") == 0);
  CHECK_THAT(strcmp(dn_status_string((dn_status)-1000000), "unknown status") == 0);
}

static void isas(void) {
  const char *names[] = {"auto", "base", "avx2", "avx512"};
  for (int isa = 0; isa < 4; isa++) {
    check_about("isa %d", isa);
    const char *name = dn_isa_name((dn_isa)isa);
    CHECK_THAT(name && strcmp(name, names[isa]) == 0);
  }
  check_about("no isa");
  CHECK_THAT(!dn_isa_name((dn_isa)-1) && !dn_isa_name((dn_isa)4));
  CHECK_THAT(!dn_isa_available((dn_isa)-1) && !dn_isa_available((dn_isa)4));
  CHECK_THAT(dn_isa_available(DN_ISA_AUTO) && dn_isa_available(DN_ISA_BASE));
  dn_isa best = dn_isa_best();
  CHECK_THAT(best >= DN_ISA_BASE && best <= DN_ISA_AVX512 && dn_isa_available(best));
  for (dn_isa isa = best + 1; isa <= DN_ISA_AVX512; isa++) CHECK_THAT(!dn_isa_available(isa));
  CHECK_THAT(dn_threads_available() >= 1);
  int major, minor, patch, length = 0;
  int fields = sscanf(dn_version(), "%d.%d.%d%n", &major, &minor, &patch, &length);
  CHECK(fields == 3 && (size_t)length == strlen(dn_version()), "version %s", dn_version());
}

int main(int argc, char **argv) {
  const check_test tests[] = {
      {"edges", edges}, {"pointers", pointers}, {"options", options},
      {"sizes", sizes}, {"statuses", statuses}, {"isas", isas},
  };
  return CHECK_MAIN(argc, argv, tests);
}
