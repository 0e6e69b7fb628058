// Sums up what a process started with --trace-gc says of its garbage collections, of all its threads. A tool's process;
// owns a sum.

/** `[PID:ISOLATE] 160 ms: Scavenge 7.2 (9.4) -> 6.6 (9.8) MB, 2.36 / 0.00 ms ...`; the first of the two is the pause, steps before it apart. */
const COLLECTION = /^\[\d+:0x[0-9a-f]+\].* MB, (?:pooled: [\d.]+ MB, )?([\d.]+) \/ [\d.]+ ms/;
const STEPS = /\(\+ ([\d.]+) ms in \d+ steps/;

export class GarbageWatch {
  /** So far, milliseconds: those of threads that collected at the same time count each. */
  pausesMs = 0;
  #rest = '';

  /** To be given all of the process's standard output. */
  readonly heard = (text: string): void => {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.pausesMs += pauseMs(line);
  };
}

function pauseMs(line: string): number {
  const found = COLLECTION.exec(line);
  if (found === null) return 0;
  return Number(found[1]) + Number(STEPS.exec(line)?.[1] ?? 0);
}
