// Growing pauses between attempts, with jitter so that many processes do not come back in step. Pure, but for what is injected.

export interface BackoffLimits {
  readonly firstMs: number;
  readonly longestMs: number;
}

export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  #attempts = 0;

  /** `random` returns 0 <= x < 1. */
  constructor(limits: BackoffLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** After a success. */
  reset(): void {
    this.#attempts = 0;
  }

  /** The next pause: doubles each time up to the longest, and lies between half of that and the whole. */
  nextMs(): number {
    const { firstMs, longestMs } = this.#limits;
    const whole = Math.min(longestMs, firstMs * 2 ** Math.min(this.#attempts++, 30));
    return (whole * (1 + this.#random())) / 2;
  }
}
