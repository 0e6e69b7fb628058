// Rings another thread's doorbell once for all that one turn of the event loop has put into its ring: a wake-up costs
// microseconds, and what arrives together becomes one batch. Gateway thread; owns whether a ring is due.

/** What can be rung: shared-memory/doorbell.ts. */
interface Bell {
  ring(): void;
}

export class BatchedBell {
  readonly #bell: Bell;
  #due = false;

  constructor(bell: Bell) {
    this.#bell = bell;
  }

  /** The bell rings when the loop has served the sockets that are ready now. Allocates: one immediate a turn. */
  ring(): void {
    if (this.#due) return;
    this.#due = true;
    setImmediate(this.#ringNow);
  }

  readonly #ringNow = (): void => {
    this.#due = false;
    this.#bell.ring();
  };
}
