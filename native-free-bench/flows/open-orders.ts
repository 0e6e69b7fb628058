// The orders that a flow may cancel or amend, while it is recorded. Main thread of the benchmark.

/** Orders that rest as far as the flow knows, in order of arrival; some are filled by then, as some are in life. */
export class OpenOrders {
  private rows: Float64Array;
  private gone: Uint8Array;
  private length = 0;
  private count = 0;

  constructor(capacity: number) {
    this.rows = new Float64Array(capacity);
    this.gone = new Uint8Array(capacity);
  }

  get size(): number {
    return this.count;
  }

  /** `row`: of the resting columns, or, with their length added, of the tape. */
  add(row: number): void {
    if (this.length > 2 * this.count + 1_000) this.compact();
    this.rows[this.length++] = row;
    this.count++;
  }

  /** The place of an order that rests: the `age`-th from the newest, or the next one that is left. */
  placeOf(age: number): number {
    let place = Math.max(0, this.length - 1 - Math.floor((age * this.length) / this.count));
    while (this.gone[place] === 1) place = place === 0 ? this.length - 1 : place - 1;
    return place;
  }

  rowAt(place: number): number {
    return this.rows[place];
  }

  remove(place: number): void {
    this.gone[place] = 1;
    this.count--;
  }

  private compact(): void {
    let kept = 0;
    for (let place = 0; place < this.length; place++) {
      if (this.gone[place] === 0) this.rows[kept++] = this.rows[place];
    }
    this.gone.fill(0, 0, this.length);
    this.length = kept;
  }
}
