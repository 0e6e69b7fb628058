// Order entry over /ws: text frames `{"id","method","params","timing"}`, answered when there is an answer, in whatever order those
// come; and binary ones (binary-entry.ts). What each request may say and does is order-entry.ts's, as over HTTP. Gateway thread; one for each gateway.
// Owns what each socket has asked for its own end. Pipelining has no bound but the table of commands in flight.
// Must never throw on input, nor leave a frame it took without an answer.

import type { CounterBlock } from '../../shared-memory/counters.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { JsonKind } from '../../wire/json-scanner.ts';
import { RequestFields } from '../../wire/request-fields.ts';
import { readFlag, readWord } from '../../wire/request-values.ts';
import { WordTable } from '../../wire/word-table.ts';
import type { Asker } from '../asker.ts';
import type { FrameHandler, WsSession } from '../ws/session.ts';
import { BinaryEntry } from './binary-entry.ts';
import { FrameAskers } from './frame-askers.ts';
import { OrderEntry, type OrderEntryParts } from './order-entry.ts';
import { SafetyCancels } from './safety-cancels.ts';
import { SessionRequests } from './session-requests.ts';

const ID = 0;
const METHOD = 1;
const PARAMS = 2;
const TIMING = 3;
const ID_BYTES_MAX = 64;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const NO_ID = new TextEncoder().encode('null');
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What a method does with its params, which lie in `bytes[from..to)`. */
type Method = (session: WsSession, asker: Asker, bytes: Uint8Array, from: number, to: number) => void;

export class OrderFrames implements FrameHandler {
  readonly #parts: OrderEntryParts;
  readonly #counters: CounterBlock;
  readonly #askers: FrameAskers;
  readonly #binary: BinaryEntry;
  readonly #safety: SafetyCancels;
  readonly #sessions: SessionRequests;
  readonly #fields = new RequestFields(['id', 'method', 'params', 'timing'], 'message');
  readonly #names: WordTable;
  readonly #methods: readonly Method[];

  constructor(parts: OrderEntryParts) {
    const { context, sender } = parts;
    this.#parts = parts;
    this.#counters = context.counters;
    this.#askers = new FrameAskers(context.clock);
    this.#binary = new BinaryEntry(parts);
    this.#safety = new SafetyCancels(context, sender);
    this.#sessions = new SessionRequests(parts.responder, sender, this.#safety);
    const methods = methodsOf(new OrderEntry(parts, 'body'), this.#sessions);
    this.#names = new WordTable(methods.map(([name]) => name));
    this.#methods = methods.map(([, method]) => method);
  }

  text(session: WsSession, bytes: Uint8Array): boolean {
    const fields = this.#fields;
    const isGood = fields.collect(bytes, 0, bytes.length);
    if (!fields.has(METHOD)) return false;
    this.#counters.add(GatewayCounter.ORDER_FRAMES, 1);
    const { code, field, detail, status } = fields.problem;
    const id = this.#readId(bytes);
    const asker = this.#askers.begin(session, id ?? NO_ID, fields.kinds[TIMING] === JsonKind.TRUE);
    if (isGood) this.#perform(session, asker, bytes, id !== undefined);
    else {
      this.#parts.responder.problem(asker, code, detail, { status, field });
      session.frameRefused();
    }
    return true;
  }

  /** Clients have nothing else to say in binary. */
  binary(session: WsSession, bytes: Uint8Array): boolean {
    this.#binary.take(session, bytes);
    return true;
  }

  ended(session: WsSession): void {
    this.#sessions.ended(session);
  }

  /** Whether there is something to be woken for before long. */
  get waiting(): boolean {
    return this.#safety.waiting;
  }

  /** Mass cancels that found no room before. Returns how many found some. */
  doWork(): number {
    return this.#safety.doWork();
  }

  /** Time limits. */
  sweep(nowUs: number): void {
    this.#safety.sweep(nowUs);
  }

  #perform(session: WsSession, asker: Asker, bytes: Uint8Array, hasId: boolean): void {
    const fields = this.#fields;
    const method = hasId ? readWord(fields, METHOD, this.#names) : -1;
    if (method < 0 || !hasParams(fields) || readFlag(fields, TIMING) < 0) {
      this.#parts.sender.refuse(asker, fields.problem);
      session.frameRefused();
      return;
    }
    this.#methods[method](session, asker, bytes, fields.from[PARAMS], fields.to[PARAMS]);
  }

  /** The id as JSON, a copy; undefined with a problem when there is none that can be used. */
  #readId(bytes: Uint8Array): Uint8Array | undefined {
    const fields = this.#fields;
    const from = fields.from[ID];
    const to = fields.to[ID];
    if (!fields.has(ID)) fields.missing(ID);
    else if (fields.kinds[ID] === JsonKind.NUMBER) {
      if (to - from <= ID_BYTES_MAX && isInteger(bytes, from, to)) return bytes.slice(from, to);
      fields.refuse('invalid_value', ID, `id must be an integer of at most ${ID_BYTES_MAX} digits.`);
    } else if (fields.kinds[ID] !== JsonKind.STRING) fields.wrongType(ID, 'a string or an integer');
    else if (to - from > ID_BYTES_MAX || to === from) {
      fields.refuse('invalid_text', ID, `id must be 1 to ${ID_BYTES_MAX} bytes of UTF-8.`);
    } else return this.#quoted(bytes, from, to);
    return undefined;
  }

  /** With its quotes, if it lies in the frame; one that had escapes is written anew. */
  #quoted(bytes: Uint8Array, from: number, to: number): Uint8Array {
    const text = this.#fields.texts[ID];
    if (text === bytes) return bytes.slice(from - 1, to + 1);
    return encoder.encode(JSON.stringify(decoder.decode(text.subarray(from, to))));
  }
}

function methodsOf(entry: OrderEntry, sessions: SessionRequests): readonly (readonly [string, Method])[] {
  return [
    ['order.place', (_, asker, bytes, from, to) => entry.place(asker, bytes, from, to)],
    ['order.cancel', (_, asker, bytes, from, to) => entry.cancel(asker, bytes, from, to)],
    ['order.amend', (_, asker, bytes, from, to) => entry.amend(asker, bytes, from, to)],
    ['order.replace', (_, asker, bytes, from, to) => entry.replace(asker, bytes, from, to)],
    ['order.cancel_all', (_, asker, bytes, from, to) => entry.cancelAll(asker, bytes, from, to)],
    ['order.status', (_, asker, bytes, from, to) => entry.status(asker, bytes, from, to)],
    ['session.cancel_on_disconnect', (...request) => sessions.cancelOnDisconnect(...request)],
    ['session.cancel_after', (_, asker, bytes, from, to) => sessions.cancelAfter(asker, bytes, from, to)],
  ];
}

function hasParams(fields: RequestFields): boolean {
  if (!fields.has(PARAMS)) return fields.missing(PARAMS);
  return fields.kinds[PARAMS] === JsonKind.OBJECT || fields.wrongType(PARAMS, 'an object');
}

/** Of a JSON number: no fraction and no exponent. */
function isInteger(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = bytes[from] === MINUS ? from + 1 : from; i < to; i++) {
    if (bytes[i] < ZERO || bytes[i] > NINE) return false;
  }
  return true;
}
