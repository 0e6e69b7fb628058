// A subscriber of one level2 book that checks nothing but the chain: what thousands of them can do in one process beside the server.
// A tool's process. Owns its connection and its counts.

import { WsConnection } from './ws-connection.ts';

const SEQUENCE = Buffer.from('"sequence":');
const PREV_SEQUENCE = Buffer.from('"prev_sequence":');
const UPDATE = Buffer.from('{"type":"l2update"');
const SNAPSHOT = Buffer.from('{"type":"snapshot"');
const TIME = Buffer.from('"time":"');
const TIME_LENGTH = '2026-11-22T10:00:00.000000Z'.length;
/** Heads of messages: where type, sequence and time stand. */
const HEAD_BYTES = 256;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

export class FeedSubscriber {
  messages = 0;
  /** Messages whose prev_sequence was not the sequence before. */
  gaps = 0;
  sequence = -1;
  /** Called with each update, its bytes borrowed until return. */
  onUpdate: ((bytes: Buffer, from: number, to: number) => void) | undefined;
  #connection: WsConnection | undefined;

  static async open(url: URL, path: string, request: string): Promise<FeedSubscriber> {
    const subscriber = new FeedSubscriber();
    subscriber.#connection = await WsConnection.open(url, path, (bytes, from, to) =>
      subscriber.#receive(bytes, from, to),
    );
    if (request !== '') subscriber.#connection.send(request);
    return subscriber;
  }

  get connection(): WsConnection {
    if (this.#connection === undefined) throw new Error('not connected');
    return this.#connection;
  }

  #receive(bytes: Buffer, from: number, to: number): void {
    const head = bytes.subarray(from, Math.min(to, from + HEAD_BYTES));
    if (startsWith(head, UPDATE)) {
      this.messages++;
      const previous = numberBehind(head, PREV_SEQUENCE);
      if (this.sequence >= 0 && previous !== this.sequence) this.gaps++;
      this.sequence = numberBehind(head, SEQUENCE);
      this.onUpdate?.(bytes, from, to);
    } else if (startsWith(head, SNAPSHOT)) {
      this.sequence = numberBehind(head, SEQUENCE);
    }
  }
}

/** When the engine took the newest command of a message, ms since the epoch. */
export function messageTimeMs(bytes: Buffer, from: number, to: number): number {
  const at = bytes.subarray(from, Math.min(to, from + HEAD_BYTES)).indexOf(TIME);
  if (at < 0) return Number.NaN;
  const text = bytes.toString('latin1', from + at + TIME.length, from + at + TIME.length + TIME_LENGTH);
  return Date.parse(`${text.slice(0, 23)}Z`) + Number(text.slice(23, 26)) / 1000;
}

/** Puts a time into a recorded message, as messageTimeMs reads it. */
export function stampTime(bytes: Buffer, timeMs: number): void {
  const at = bytes.subarray(0, HEAD_BYTES).indexOf(TIME);
  if (at < 0) return;
  const microseconds = String(Math.floor((timeMs % 1) * 1000)).padStart(3, '0');
  bytes.write(`${new Date(timeMs).toISOString().slice(0, 23)}${microseconds}Z`, at + TIME.length, 'latin1');
}

function startsWith(head: Buffer, text: Buffer): boolean {
  return head.length >= text.length && head.compare(text, 0, text.length, 0, text.length) === 0;
}

function numberBehind(head: Buffer, name: Buffer): number {
  const found = head.indexOf(name);
  if (found < 0) return Number.NaN;
  let value = 0;
  for (let at = found + name.length; head[at] >= DIGIT_0 && head[at] <= DIGIT_9; at++)
    value = value * 10 + head[at] - DIGIT_0;
  return value;
}
