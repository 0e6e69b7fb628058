// A token bucket: so many a second, and a second's worth at once. Gateway thread. Allocates: nothing after construction.

export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #atUs: number;

  /** Full at `nowUs`, by the clock's stopwatch. 0 a second: no limit. */
  constructor(perSecond: number, nowUs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#atUs = nowUs;
  }

  /** Takes one; false when there is none. */
  take(nowUs: number): boolean {
    if (this.#perSecond === 0) return true;
    const gained = ((nowUs - this.#atUs) * this.#perSecond) / 1e6;
    this.#atUs = nowUs;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + gained);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
