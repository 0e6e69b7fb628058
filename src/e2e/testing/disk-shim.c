// For the whole-system tests and tools: a disk that fails on command. Preloaded into the server (LD_PRELOAD); looks at files of the
// journal's segments only, or, when FAULT_BELOW names a directory, at all that lies below it. What it does stands in the file that
// FAULT_FILE names, one line:
//   <call> <which call fails, counted from when the line was written> <how many do> <EIO|ENOSPC|short|lie|none> <delay in ms>
// The calls are write (with a position or not), sync (fdatasync), and below FAULT_BELOW open, fsync, fdatasync, ftruncate, rename and
// unlink too. "short" does half of it, "lie" says that all is well and does nothing, "none" only delays. Each call that was spoilt is
// noted in FAULT_FILE.done, each write or sync of a segment behind a failed one in FAULT_FILE.after.

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

static int is_watched(const char *path) {
  const char *below = getenv("FAULT_BELOW");
  size_t length = strlen(path);
  if (below) return strncmp(path, below, strlen(below)) == 0;
  return length > 4 && memcmp(path + length - 4, ".wal", 4) == 0;
}

static int is_watched_fd(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_watched(path);
}

/* The test looks at the file's length. Its own calls are not looked at: it lies elsewhere. */
static void note(const char *file, const char *extension) {
  char path[4200];
  snprintf(path, sizeof path, "%s.%s", file, extension);
  FILE *notes = fopen(path, "a");
  if (notes) {
    fputs("x", notes);
    fclose(notes);
  }
}

static int is_meant(const char *wanted, const char *call) {
  return strcmp(wanted, strcmp(wanted, "sync") == 0 && strcmp(call, "fdatasync") == 0 ? "sync" : call) == 0;
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
  if (failed && !getenv("FAULT_BELOW")) note(file, "after");
  if (sscanf(line, "%15s %d %d %15s %d", wanted, &from, &count, how, &delay) == 5 && is_meant(wanted, call)) {
    calls++;
    if (calls >= from && calls < from + count) {
      snprintf(what, size, "%s", how);
      *delay_ms = delay;
      note(file, "done");
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

/* What happens to this call: -1 fails, 1 pretends, 0 goes on; then `what` may still be "short". */
static int spoil(const char *call, char *what, size_t size) {
  int delay;
  plan(call, what, size, &delay);
  return outcome(what);
}

static ssize_t write_at(const char *name, int fd, const void *bytes, size_t length, off_t offset) {
  ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, name);
  if (!is_watched_fd(fd)) return real(fd, bytes, length, offset);
  char what[16];
  int done = spoil("write", what, sizeof what);
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

/* Without a position, only below FAULT_BELOW: segments are not written so. */
ssize_t write(int fd, const void *bytes, size_t length) {
  ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  if (!getenv("FAULT_BELOW") || !is_watched_fd(fd)) return real(fd, bytes, length);
  char what[16];
  int done = spoil("write", what, sizeof what);
  if (done < 0) return -1;
  if (done > 0) return (ssize_t)length;
  return real(fd, bytes, strcmp(what, "short") == 0 && length > 1 ? length / 2 : length);
}

static int sync_as(const char *call, int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, call);
  if (!is_watched_fd(fd)) return real(fd);
  char what[16];
  int done = spoil(call, what, sizeof what);
  return done < 0 ? -1 : done > 0 ? 0 : real(fd);
}

int fdatasync(int fd) {
  return sync_as("fdatasync", fd);
}

int fsync(int fd) {
  return getenv("FAULT_BELOW") ? sync_as("fsync", fd) : ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

static int truncate_as(const char *name, int fd, off_t length) {
  int (*real)(int, off_t) = dlsym(RTLD_NEXT, name);
  char what[16];
  if (!getenv("FAULT_BELOW") || !is_watched_fd(fd)) return real(fd, length);
  int done = spoil("ftruncate", what, sizeof what);
  return done < 0 ? -1 : done > 0 ? 0 : real(fd, length);
}

int ftruncate(int fd, off_t length) {
  return truncate_as("ftruncate", fd, length);
}

int ftruncate64(int fd, off64_t length) {
  return truncate_as("ftruncate64", fd, length);
}

/* -1, 1 or 0 for a call that names a path; below FAULT_BELOW only. */
static int spoil_path(const char *call, const char *path) {
  char what[16];
  return getenv("FAULT_BELOW") && is_watched(path) ? spoil(call, what, sizeof what) : 0;
}

int rename(const char *from, const char *to) {
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
  int done = spoil_path("rename", to);
  return done < 0 ? -1 : done > 0 ? 0 : real(from, to);
}

int unlink(const char *path) {
  int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
  int done = spoil_path("unlink", path);
  return done < 0 ? -1 : done > 0 ? 0 : real(path);
}

/* With FAULT_NO_DSYNC, a file system that does not know O_DSYNC: then each write is followed by an fdatasync. */
static int open_as(const char *name, const char *path, int flags, mode_t mode) {
  int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
  if (spoil_path("open", path) < 0) return -1;
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
