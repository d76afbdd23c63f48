// A progress callback that notes what it is told, and cancels at one of its calls.
#ifndef DN_WATCH_H
#define DN_WATCH_H

#include <pthread.h>

#include "check.h"
#include "delaynet.h"

typedef struct watch {
  pthread_t caller;
  int64_t expected_total, last;
  long calls, cancel_at;  // cancel_at: the number of the call that cancels, from 1; 0: none
  int64_t cancelled_at;   // `done` at that call
  bool wrong_thread, not_monotone, wrong_total, out_of_range;
} watch;

static inline watch watch_make(int64_t total) { return (watch){.caller = pthread_self(), .expected_total = total}; }

static inline int watch_progress(void *context, int64_t done, int64_t total) {
  watch *w = context;
  w->calls++;
  w->wrong_thread |= !pthread_equal(w->caller, pthread_self());
  w->wrong_total |= total != w->expected_total;
  w->out_of_range |= done <= 0 || done > total;
  w->not_monotone |= done < w->last;
  w->last = done;
  if (w->calls != w->cancel_at) return 0;
  w->cancelled_at = done;
  return 1;
}

static inline void check_watch(const watch *w) {
  CHECK_THAT(!w->wrong_thread);
  CHECK_THAT(!w->not_monotone);
  CHECK_THAT(!w->wrong_total);
  CHECK_THAT(!w->out_of_range);
}

#endif
