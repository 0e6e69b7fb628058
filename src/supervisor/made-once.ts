// What is made when it is first asked for, and then kept: libraries and documents that many runs never need. Main thread.

/**
 * Calls `make` at the first asking; what could not be made is tried again at the next. Of a module whose own imports have failed
 * Node itself remembers that, until the process ends.
 */
export function madeOnce<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
