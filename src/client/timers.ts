// What the client takes from its surroundings: timers and randomness. Tests give their own.

/** Times are milliseconds. */
export interface Timers {
  /** Calls once, unless what it returns is called before. */
  after(delayMs: number, call: () => void): () => void;
  /** 0 <= x < 1. */
  random(): number;
}

export const SYSTEM_TIMERS: Timers = {
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** One call to come, or none: setting it again takes back the one before. */
export class Alarm {
  readonly #timers: Timers;
  #cancel: (() => void) | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  set(delayMs: number, call: () => void): void {
    this.clear();
    this.#cancel = this.#timers.after(delayMs, () => {
      this.#cancel = undefined;
      call();
    });
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

/** Waits that double from `minMs` to `maxMs`, each of a random length between half of it and all: many clients spread out. */
export class Backoff {
  readonly #timers: Timers;
  readonly minMs: number;
  readonly maxMs: number;
  #failures = 0;

  constructor(timers: Timers, minMs: number, maxMs: number) {
    this.#timers = timers;
    this.minMs = minMs;
    this.maxMs = maxMs;
  }

  /** How long to wait after another failure. */
  nextMs(): number {
    const fullMs = Math.min(this.maxMs, this.minMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return fullMs * (0.5 + this.#timers.random() / 2);
  }

  /** It went well. */
  reset(): void {
    this.#failures = 0;
  }

  /** What comes next is the longest wait. */
  exhaust(): void {
    this.#failures = 30;
  }
}
