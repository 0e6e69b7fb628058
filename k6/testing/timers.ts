// Stands in for `k6/timers` in tests: nothing happens by itself.

const waiting = new Map<number, { readonly afterMs: number; readonly run: () => void }>();
let lastId = 0;

export function setTimeout(run: () => void, afterMs: number): number {
  waiting.set(++lastId, { afterMs, run });
  return lastId;
}

export function clearTimeout(id: number): void {
  waiting.delete(id);
}

/** Runs the timer that is due first and answers when it was; undefined when none waits. */
export function runNext(): number | undefined {
  const [first] = [...waiting].sort(([, a], [, b]) => a.afterMs - b.afterMs);
  if (first === undefined) return undefined;
  waiting.delete(first[0]);
  first[1].run();
  return first[1].afterMs;
}
