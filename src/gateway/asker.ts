// Asker: one request from the view of who answers it, whatever it came by. Gateway thread.
// Owns where the answer goes, from the beginning to the answer; must never be answered twice.

import type { CommandType } from '../domain/codes.ts';
import type { Timings } from './timings.ts';

/** Where the one answer to a request goes. */
export interface AnswerSink {
  /** False: nobody is there any more to take it. */
  readonly open: boolean;
  /** Where records go that are answered as they are; undefined where an answer is text. */
  readonly records: RecordSink | undefined;
  /**
   * Sends; called once. `headers` are names and values in turn, and as `contentType` only for a way that has such things.
   * `close`: what the client still sends is not wanted. `timings`: the times of its way, where they are known and asked for.
   * The body is borrowed until return.
   */
  answer(
    status: number,
    contentType: string,
    body: Uint8Array | string,
    headers: readonly string[],
    close: boolean,
    timings: Timings | undefined,
  ): void;
}

/** Of an AnswerSink: takes what would be JSON in it as the record it was made of. */
export interface RecordSink {
  /** The reply record `bytes[from..to)`, borrowed until return. */
  reply(bytes: Uint8Array, from: number, to: number, timings: Timings | undefined): void;
  /** The order record that begins at `bytes[from]`, likewise. */
  order(bytes: Uint8Array, from: number): void;
}

export class Asker {
  /** undefined once answered or gone. */
  sink: AnswerSink | undefined;
  /** Receipt, by the clock's stopwatch. */
  readonly startUs: number;
  /** Name in the path (`/orders/:id`), copied because the request is gone after the first callback. */
  parameter = '';
  /** What was sent for it, undefined for a read. */
  commandType: CommandType | undefined;
  /** Only for who wants to know the times of its way. */
  timings: Timings | undefined;
  /** Called when the client goes away before the answer; at most one part of the gateway cares at a time. */
  onAborted: ((asker: Asker) => void) | undefined;

  /** Without a sink: for a command whose reply nobody waits for. */
  constructor(sink: AnswerSink | undefined, startUs: number) {
    this.sink = sink;
    this.startUs = startUs;
  }

  get open(): boolean {
    const { sink } = this;
    return sink?.open ?? false;
  }
}
