// Frames spoilt at random as a live server gets them, with what the readers of its gateways say about each. Those that are good after
// all are passed over, so that no order is sent that nobody declared. Pure but for its own random numbers.

import { isUtf8 } from 'node:buffer';
import { Command } from '../../domain/command.ts';
import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import { CLIENT_MESSAGES, FrameFault, FrameReader, MessageType } from '../../wire/binary-frame.ts';
import { BinaryCommandReader } from '../../wire/binary-orders.ts';
import { InstrumentList } from '../../wire/instrument-list.ts';
import { JsonKind } from '../../wire/json-scanner.ts';
import { OrderRequestParser } from '../../wire/order-request.ts';
import type { RequestProblem } from '../../wire/problem.ts';
import { RequestFields } from '../../wire/request-fields.ts';
import { frame, Opcode } from '../ws-frame.ts';
import type { LiveFrame, Refusal } from './live-frames.ts';
import { MalformedFrames } from './malformed-frames.ts';

/** What a server has that was started with its defaults. */
const INSTRUMENTS = new InstrumentList(DEFAULT_INSTRUMENTS);
const METHOD = 0;
const PARAMS = 1;
const ANYTHING: Refusal = {};

export class SpoiltFrames {
  readonly #frames: MalformedFrames;
  readonly #reader = new FrameReader(CLIENT_MESSAGES);
  readonly #records = new BinaryCommandReader(INSTRUMENTS);
  readonly #members = new RequestFields(['method', 'params', 'id', 'timing']);
  readonly #orders = new OrderRequestParser(INSTRUMENTS);
  readonly #command = new Command();

  constructor(seed: number) {
    this.#frames = new MalformedFrames(seed);
  }

  next(): LiveFrame {
    for (;;) {
      const { kind, bytes } = this.#frames.next();
      const found = kind === 'json' ? this.#text(bytes) : this.#binary(kind, bytes);
      if (found !== undefined) return found;
    }
  }

  /** An order's body where it belongs. Not when it is no text: a socket ends with that. */
  #text(body: Uint8Array): LiveFrame | undefined {
    const said = Buffer.concat([
      Buffer.from('{"id":"spoilt","method":"order.place","params":'),
      body,
      Buffer.from('}'),
    ]);
    if (!isUtf8(said)) return undefined;
    const refusal = this.#refusalOf(said);
    if (refusal === undefined && isJson(said)) return undefined;
    const bytes = frame(Opcode.TEXT, said);
    return { name: `spoilt text ${said.toString('hex')}`, bytes, refusals: [refusal ?? ANYTHING] };
  }

  /** undefined: the gateway's parser has nothing against it. */
  #refusalOf(said: Uint8Array): Refusal | undefined {
    const members = this.#members;
    const isWhole = members.collect(said, 0, said.length);
    if (!members.has(METHOD)) return ANYTHING;
    if (!isWhole) return refusalBy(members.problem);
    const { from, to, kinds } = members;
    if (kinds[PARAMS] !== JsonKind.OBJECT) return { id: 'spoilt', code: 'wrong_type', field: 'params' };
    const isGood = this.#orders.parse(said, from[PARAMS], to[PARAMS], this.#command);
    return isGood ? undefined : { id: 'spoilt', ...refusalBy(this.#orders.problem) };
  }

  /** Each message is answered for itself, and the fault behind them. */
  #binary(kind: string, message: Uint8Array): LiveFrame | undefined {
    const reader = this.#reader;
    const refusals: Refusal[] = [];
    reader.start(message);
    while (reader.next()) {
      if (this.#isGood()) return undefined;
      refusals.push({ id: this.#records.requestId, ...refusalBy(this.#records.problem) });
    }
    if (reader.fault !== FrameFault.NONE) refusals.push({ id: 0, code: 'malformed_frame', field: '' });
    const name = `spoilt ${kind} ${Buffer.from(message).toString('hex')}`;
    return { name, bytes: frame(Opcode.BINARY, message), refusals };
  }

  #isGood(): boolean {
    const { type, bytes, view, body, end } = this.#reader;
    if (type === MessageType.STATUS) return this.#records.readStatus(view, body);
    return this.#records.readCommand(bytes, view, body, end, this.#command);
  }
}

function refusalBy({ code, field }: RequestProblem): Refusal {
  return { code, field };
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
