// Notices that npm, which started us, is gone: killed with -9 it cannot pass a signal on, and an engine nobody asked
// for would go on. Main thread; owns one timer that does not keep the process alive.

const CHECK_EVERY_MS = 500;

/** Calls `gone` once, at most a second after our parent has changed. Returns how to stop watching. */
export function watchParent(gone: () => void): () => void {
  // Compared with the parent at the start, never with 1: in a container our parent may always have been 0 or 1.
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, CHECK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
