// Where the market-data agent's events come from: the event ring while it keeps up, the follower's spool at the start
// and after it was lapped. Every event arrives exactly once and in order, whichever way it came.
// Runs on the market-data agent's thread; owns both cursors; the matching thread never waits for it.

import type { SpoolReader } from '../journal/spool.ts';
import { type BroadcastReader, LAPPED } from '../shared-memory/broadcast-ring.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import { FollowerCounter, MatchingCounter } from '../wire/counters.ts';
import { EVENT_SEQUENCE } from '../wire/event-codec.ts';

/** Takes one event record, borrowed until return. */
export type ReceiveEvent = (type: number, bytes: Uint8Array, view: DataView, offset: number) => void;

const RECORDS_PER_TURN = 1_024;
/** More events than a command can have. */
const WHOLE = Number.POSITIVE_INFINITY;

export class EventSource {
  readonly #ring: BroadcastReader;
  readonly #spool: SpoolReader;
  readonly #matching: CounterBlock;
  readonly #follower: CounterBlock;
  readonly #receive: ReceiveEvent;
  #live = false;
  /** Sequence of the last delivered event, and how many events of it were; all of it once WHOLE. */
  #sequence = 0;
  #delivered = WHOLE;
  /** After a change of source: events before this one were delivered, and so many of its own. */
  #resumeSequence = 0;
  #resumeSkip = 0;
  /** An earlier end of the spool, to be left behind next; see #forgetSpool. */
  #spoolPosition = 0;
  /** Sequence of the record that the last look at the ring has found. */
  #oldest = 0;
  lapped = 0;

  constructor(
    ring: BroadcastReader,
    spool: SpoolReader,
    matching: CounterBlock,
    follower: CounterBlock,
    receive: ReceiveEvent,
  ) {
    this.#ring = ring;
    this.#spool = spool;
    this.#matching = matching;
    this.#follower = follower;
    this.#receive = receive;
  }

  /** Every event up to here was delivered, once poll() has returned 0. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Once poll() has returned 0: whether the command of `sequence` was delivered whole. Overtaken in the midst of one, it was not. */
  get atCommandEnd(): boolean {
    return this.#delivered === WHOLE;
  }

  /** Nothing before this position of the spool is read again. */
  get spoolFloor(): number {
    return this.#spool.position;
  }

  /** True once the events come from the matching thread itself; false while they come from the spool. */
  get live(): boolean {
    return this.#live;
  }

  /** One turn; returns how many records it moved, 0 when all that is published is delivered. */
  poll(): number {
    return this.#live ? this.#pollRing() : this.#pollSpool();
  }

  #pollRing(): number {
    // Read first: all events up to it were published before it was.
    const sequence = this.#matching.get(MatchingCounter.SEQUENCE);
    const count = this.#ring.poll(this.#fromRing, RECORDS_PER_TURN);
    if (count === LAPPED) {
      this.lapped++;
      this.#live = false;
      this.#resume();
      return 1;
    }
    if (count === 0) {
      this.#reached(sequence);
      this.#forgetSpool();
    }
    return count;
  }

  #pollSpool(): number {
    // The sequence before the position: events up to it lie below the position.
    const sequence = this.#follower.get(FollowerCounter.SPOOL_SEQUENCE);
    const position = this.#follower.get(FollowerCounter.SPOOL_POSITION);
    const count = this.#spool.read(position, this.#fromSpool, RECORDS_PER_TURN);
    if (count > 0) return count;
    this.#reached(sequence);
    return this.#tryRing();
  }

  readonly #fromRing = (type: number, offset: number): void => {
    this.#deliver(type, this.#ring.bytes, this.#ring.view, offset);
  };

  readonly #fromSpool = (type: number, bytes: Uint8Array, view: DataView, offset: number): void => {
    this.#deliver(type, bytes, view, offset);
  };

  readonly #look = (_type: number, offset: number): void => {
    this.#oldest = this.#ring.view.getFloat64(offset + EVENT_SEQUENCE, true);
  };

  #deliver(type: number, bytes: Uint8Array, view: DataView, offset: number): void {
    const sequence = view.getFloat64(offset + EVENT_SEQUENCE, true);
    if (sequence < this.#resumeSequence) return;
    if (sequence === this.#resumeSequence && this.#resumeSkip > 0) {
      this.#resumeSkip--;
      return;
    }
    this.#delivered = sequence === this.#sequence ? this.#delivered + 1 : 1;
    this.#sequence = sequence;
    this.#receive(type, bytes, view, offset);
  }

  /** Everything up to `sequence` is delivered: commands without events count too. */
  #reached(sequence: number): void {
    if (sequence < this.#sequence) return;
    this.#sequence = sequence;
    this.#delivered = WHOLE;
  }

  /** The other source begins further back: notes what of it is known already. */
  #resume(): void {
    this.#resumeSequence = this.#sequence;
    this.#resumeSkip = this.#delivered;
  }

  /**
   * Goes live when the ring still holds everything after what the spool has given. It goes on behind the record it looked at,
   * which is one of a command that was given whole: looking and going live are one position, whatever the writer does between.
   */
  #tryRing(): number {
    if (this.#sequence < this.#matching.get(MatchingCounter.RECOVERED_SEQUENCE)) return 0;
    const ring = this.#ring;
    ring.seekOldest();
    const seen = ring.poll(this.#look, 1);
    if (seen === LAPPED) return 1;
    // The oldest record may be the middle of a command, so that command must have been given. With no record, all that was
    // published must have been, for a batch that is not published yet may have overwritten it: before its first record the
    // matching thread has set this counter, which is read after the ring for that.
    const needed = seen > 0 ? this.#oldest : this.#matching.get(MatchingCounter.SEQUENCE);
    const given = this.#delivered === WHOLE ? this.#sequence : this.#sequence - 1;
    if (needed > given) return 0;
    this.#resume();
    this.#live = true;
    return 1;
  }

  /**
   * While live, the spool behind us is nobody's need of ours. The follower sets its position and then its sequence, on another
   * thread: a position just read may be ahead of the sequence read after it, and events between them not delivered yet. But
   * once the position is another one, the sequence of the one before has been set. So a position is kept until a newer one is
   * seen, and left behind when the sequence that is read after that newer one, and so covers the kept one, is reached.
   */
  #forgetSpool(): void {
    const position = this.#follower.get(FollowerCounter.SPOOL_POSITION);
    if (position === this.#spoolPosition) return;
    if (this.#sequence < this.#follower.get(FollowerCounter.SPOOL_SEQUENCE)) return;
    this.#spool.skipTo(Math.max(this.#spoolPosition, this.#spool.position)); // it may have been read further since
    this.#spoolPosition = position;
  }
}
