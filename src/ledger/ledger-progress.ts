// What the projector tells the rest of the process: its state and its figures. Types only.

import type { SinkState } from '../wire/counters.ts';

/**
 * CONNECTING: not connected yet since the start; a server that starts too may still be coming up.
 * DOWN: the connection or the server failed; tried again with growing pauses.
 * REFUSED: the database belongs to another journal, or knows more than ours; nothing is written until the next start.
 * POISONED: a row was refused by the database; stopped at its sequence, tried again now and then, never skipped.
 * Trading goes on in each of them.
 */
export type LedgerState = Exclude<(typeof SinkState)[keyof typeof SinkState], typeof SinkState.OFF>;

/** Where the projector reports to. Calls are rare (per chunk, per state change) and come from the projector's thread. */
export interface LedgerProgress {
  /** A change of state; `detail` is for people: the error, for POISONED with the sequence. */
  state(state: LedgerState, detail: string): void;
  /** The checkpoint in the database, whenever it was read or moved. `timeUs`: batch time of its last event. */
  checkpoint(sequence: number, timeUs: number): void;
  /** Nothing before this position of the spool is read again. */
  spoolFloor(position: number): void;
  /** A chunk was committed. */
  chunk(rows: number, seconds: number): void;
  /** An attempt failed; counted, and logged by whoever wants. */
  error(message: string): void;
  /** A connection was made after one was lost. */
  reconnected(): void;
}
