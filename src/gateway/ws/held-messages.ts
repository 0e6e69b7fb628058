// Holds back what a turn sends to sockets of /ws until its end, so that each socket is written to once and not for every message.
// Gateway thread; one for each gateway. Owns who has something held back.

/** A socket that keeps messages while they are held back. */
export interface Holder {
  /** Sends all that it has kept, in order. */
  sendHeld(): void;
}

export class HeldMessages {
  readonly #holders: Holder[] = [];
  /** Whether messages are to be kept, and their holders noted. */
  holding = false;

  /** `holder` has kept its first message. */
  note(holder: Holder): void {
    this.#holders.push(holder);
  }

  release(): void {
    this.holding = false;
    for (const holder of this.#holders) holder.sendHeld();
    this.#holders.length = 0;
  }
}
