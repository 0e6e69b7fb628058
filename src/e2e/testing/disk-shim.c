// For the whole-system tests: a disk that fails on command. Preloaded into the server (LD_PRELOAD); looks at writes and syncs of
// journal segments only. What it does stands in the file that FAULT_FILE names, one line:
//   <call: write|sync> <which call fails, counted from when the line was written> <how many do> <EIO|ENOSPC|short|lie> <delay in ms>
// "short" does half of it, "lie" says that all is well and does nothing, "none" only delays. Each call behind a failed one is noted
// in FAULT_FILE.after.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char current[128];
static int calls;
static int failed;

static int is_segment(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path);
  return length > 4 && memcmp(path + length - 4, ".wal", 4) == 0;
}

static void note_call_after_failure(const char *file) {
  char path[4200];
  snprintf(path, sizeof path, "%s.after", file);
  FILE *after = fopen(path, "a");
  if (after) {
    fputs("x", after);
    fclose(after);
  }
}

/* What is to happen to this call: "" for nothing. */
static void plan(const char *call, char *what, size_t size, int *delay_ms) {
  const char *file = getenv("FAULT_FILE");
  what[0] = 0;
  *delay_ms = 0;
  if (!file) return;
  pthread_mutex_lock(&lock);
  char line[128] = "", wanted[16] = "", how[16] = "";
  int from = 0, count = 0, delay = 0;
  FILE *control = fopen(file, "r");
  if (control) {
    if (!fgets(line, sizeof line, control)) line[0] = 0;
    fclose(control);
  }
  if (strcmp(line, current) != 0) {
    strcpy(current, line);
    calls = 0;
  }
  if (failed) note_call_after_failure(file);
  if (sscanf(line, "%15s %d %d %15s %d", wanted, &from, &count, how, &delay) == 5 && strcmp(wanted, call) == 0) {
    calls++;
    if (calls >= from && calls < from + count) {
      snprintf(what, size, "%s", how);
      *delay_ms = delay;
      if (strcmp(how, "EIO") == 0 || strcmp(how, "ENOSPC") == 0) failed = 1;
    }
  }
  pthread_mutex_unlock(&lock);
  if (*delay_ms > 0) {
    struct timespec pause = {*delay_ms / 1000, (*delay_ms % 1000) * 1000000L};
    nanosleep(&pause, NULL);
  }
}

/* -1 with errno, 0 for "go on", 1 for "pretend". */
static int outcome(const char *what) {
  if (strcmp(what, "EIO") == 0) return errno = EIO, -1;
  if (strcmp(what, "ENOSPC") == 0) return errno = ENOSPC, -1;
  return strcmp(what, "lie") == 0;
}

static ssize_t write_at(const char *name, int fd, const void *bytes, size_t length, off_t offset) {
  ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, name);
  if (!is_segment(fd)) return real(fd, bytes, length, offset);
  char what[16];
  int delay;
  plan("write", what, sizeof what, &delay);
  int done = outcome(what);
  if (done < 0) return -1;
  if (done > 0) return (ssize_t)length;
  return real(fd, bytes, strcmp(what, "short") == 0 ? length / 2 : length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  return write_at("pwrite", fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  return write_at("pwrite64", fd, bytes, length, offset);
}

int fdatasync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  if (!is_segment(fd)) return real(fd);
  char what[16];
  int delay;
  plan("sync", what, sizeof what, &delay);
  int done = outcome(what);
  return done < 0 ? -1 : done > 0 ? 0 : real(fd);
}

/* With FAULT_NO_DSYNC, a file system that does not know O_DSYNC: then each write is followed by an fdatasync. */
static int open_as(const char *name, const char *path, int flags, mode_t mode) {
  int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
  size_t length = strlen(path);
  int is_wal = length > 4 && strcmp(path + length - 4, ".wal") == 0;
  if (is_wal && (flags & O_DSYNC) != 0 && getenv("FAULT_NO_DSYNC")) return errno = EINVAL, -1;
  return real(path, flags, mode);
}

static mode_t mode_of(int flags, va_list rest) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_as("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_as("open64", path, flags, mode);
}
