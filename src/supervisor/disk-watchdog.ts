// Notices that the matching thread hangs in one write or sync: nobody would be answered and nobody told. Main thread; reads
// one counter. Counts its own looks instead of time, so that a process that was stopped and goes on is not taken for a disk
// that hangs.

/** How often the same call must be seen, one look after the other. */
const LOOKS_MAX = 20;

export class DiskWatchdog {
  readonly #busySince: () => number;
  readonly #onHung: () => void;
  #call = 0;
  #looks = 0;

  /** `busySince`: a number for the call that is under way, another for each; 0 when none is. `onHung` is called once. */
  constructor(busySince: () => number, onHung: () => void) {
    this.#busySince = busySince;
    this.#onHung = onHung;
  }

  /** Called four times a second: a call that lasts more than five seconds hangs. */
  look(): void {
    const call = this.#busySince();
    this.#looks = call !== 0 && call === this.#call ? this.#looks + 1 : 0;
    this.#call = call;
    if (this.#looks === LOOKS_MAX) this.#onHung();
  }
}
