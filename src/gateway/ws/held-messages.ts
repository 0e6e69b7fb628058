// Holds back what a turn sends to sockets of /ws until its end, so that each socket is written to once and not for every message.
// Gateway thread; one for each gateway. Owns the copies, until the end of the turn, and who has something held back.

/** A socket that keeps messages while they are held back. */
export interface Holder {
  /** Sends all that it has kept, in order. */
  sendHeld(): void;
}

const FIRST_BYTES = 256 * 1024;
const encoder = new TextEncoder();
/** Bytes of UTF-8 that a UTF-16 unit takes at most. */
const UTF8_BYTES_MAX = 3;

export class HeldMessages {
  readonly #holders: Holder[] = [];
  #bytes = new Uint8Array(FIRST_BYTES);
  #used = 0;
  /** Whether messages are to be kept, and their holders noted. */
  holding = false;

  /** `holder` has kept its first message. */
  note(holder: Holder): void {
    this.#holders.push(holder);
  }

  /** A copy that lasts until the end of the turn. */
  copy(message: Uint8Array | string): Uint8Array {
    const isText = typeof message === 'string';
    const start = this.#room(isText ? UTF8_BYTES_MAX * message.length : message.length);
    if (isText) this.#used += encoder.encodeInto(message, this.#bytes.subarray(start)).written;
    else {
      this.#bytes.set(message, start);
      this.#used += message.length;
    }
    return this.#bytes.subarray(start, this.#used);
  }

  release(): void {
    this.holding = false;
    for (const holder of this.#holders) holder.sendHeld();
    this.#holders.length = 0;
    this.#used = 0;
  }

  /** Where so many bytes fit. What was copied before stays where it is. */
  #room(bytes: number): number {
    if (this.#used + bytes > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(2 * this.#bytes.length, bytes));
      this.#used = 0;
    }
    return this.#used;
  }
}
