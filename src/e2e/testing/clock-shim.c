// For the whole-system tests: a wall clock that jumps. Preloaded into the server (LD_PRELOAD); adds the milliseconds that stand in the
// first eight bytes of the file CLOCK_FILE, mapped, to CLOCK_REALTIME. The stopwatch (CLOCK_MONOTONIC) and timers are left alone.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t none = 0;
static volatile int64_t *offset_ms = &none;
static int (*real_clock)(clockid_t, struct timespec *);
static int (*real_day)(struct timeval *, void *);

__attribute__((constructor)) static void begin(void) {
  real_clock = dlsym(RTLD_NEXT, "clock_gettime");
  real_day = dlsym(RTLD_NEXT, "gettimeofday");
  const char *file = getenv("CLOCK_FILE");
  int fd = file ? open(file, O_RDONLY) : -1;
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) offset_ms = mapped;
  close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  if (!real_clock) begin();
  int result = real_clock(clock, time);
  if (result != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
  int64_t ns = time->tv_sec * 1000000000LL + time->tv_nsec + *offset_ms * 1000000LL;
  time->tv_sec = ns / 1000000000LL;
  time->tv_nsec = ns % 1000000000LL;
  return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  if (!real_day) begin();
  int result = real_day(time, zone);
  if (result != 0) return result;
  int64_t us = time->tv_sec * 1000000LL + time->tv_usec + *offset_ms * 1000LL;
  time->tv_sec = us / 1000000LL;
  time->tv_usec = us % 1000000LL;
  return 0;
}
