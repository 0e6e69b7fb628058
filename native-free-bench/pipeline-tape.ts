// The shared flow of orders as command records, ready to be copied into a ring, and after them what empties the book: so each run of
// the tape begins with an empty one. Main thread of the benchmark; makes one block of shared memory.

import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType } from '#ringbook/domain/codes.js';
import { Command } from '#ringbook/domain/command.js';
import { EVERYDAY, OrderFlow } from '#ringbook/tools/load/flow.js';
import { AmendRequestParser } from '#ringbook/wire/amend-request.js';
import { COMMAND_SLOT_BYTES, encodeCommand } from '#ringbook/wire/command-codec.js';
import { OrderRequestParser } from '#ringbook/wire/order-request.js';
import { INSTRUMENTS } from './orders.ts';

const STREAMS = 8;
const NO_RUN = '0000';

/** Slots of COMMAND_SLOT_BYTES; the target of a cancel or amend is its order's place on the tape, from 1 on. */
export interface Tape {
  readonly records: SharedArrayBuffer;
  readonly length: number;
}

/** `commands` of eight streams in turns, and a mass cancel for each. */
export function makeTape(seed: number, commands: number): Tape {
  const length = commands + STREAMS;
  const records = new SharedArrayBuffer(length * COMMAND_SLOT_BYTES);
  const writer = new TapeWriter(records);
  const flows = Array.from({ length: STREAMS }, (_, stream) => new OrderFlow(seed, stream, EVERYDAY));
  /** By stream and number of the order: its place. */
  const places = flows.map((): number[] => []);
  for (let at = 0; at < commands; at++) {
    const stream = at % STREAMS;
    const own = places[stream];
    const action = flows[stream].next();
    if (action.kind === 'place') {
      own.push(at + 1);
      writer.place({ ...action.order, idempotency_key: `${NO_RUN}-${at}` });
    } else if (action.kind === 'cancel') writer.cancel(own[action.target], clientOf(stream));
    else writer.amend(own[action.target], { ...action.changes, client_id: clientOf(stream) });
  }
  for (let stream = 0; stream < STREAMS; stream++) writer.cancelAll(clientOf(stream));
  return { records, length };
}

/** As the flow calls them. */
function clientOf(stream: number): string {
  return `load-${stream}`;
}

class TapeWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #orders = new OrderRequestParser(INSTRUMENTS);
  readonly #amends = new AmendRequestParser(INSTRUMENTS);
  readonly #command = new Command();
  #at = 0;

  constructor(records: SharedArrayBuffer) {
    this.#bytes = new Uint8Array(records);
    this.#view = new DataView(records);
  }

  place(order: object): void {
    const body = Buffer.from(JSON.stringify(order));
    if (!this.#orders.parse(body, 0, body.length, this.#command)) throw new Error(this.#orders.problem.detail);
    this.#put();
  }

  amend(target: number, changes: object): void {
    const body = Buffer.from(JSON.stringify(changes));
    const isGood = this.#amends.parse(body, 0, body.length, target, 0, this.#command);
    if (!isGood) throw new Error(this.#amends.problem.detail);
    this.#put();
  }

  cancel(target: number, client: string): void {
    this.#about(CommandType.CANCEL_ORDER, client);
    this.#command.targetOrder = target;
    this.#put();
  }

  cancelAll(client: string): void {
    this.#about(CommandType.MASS_CANCEL, client);
    this.#command.instrument = ALL_INSTRUMENTS;
    this.#command.side = BOTH_SIDES;
    this.#command.targetOrder = 0;
    this.#put();
  }

  #about(type: CommandType, client: string): void {
    const command = this.#command;
    command.type = type;
    command.bytes = Buffer.from(client);
    command.clientOffset = 0;
    command.clientLength = client.length;
    command.keyLength = 0;
  }

  /** The request is the record's place: what it is of this run is written when it is sent. */
  #put(): void {
    const place = this.#at / COMMAND_SLOT_BYTES;
    const origin = { gateway: 0, requestId: place, receivedUs: 0 };
    encodeCommand(this.#bytes, this.#view, this.#at, this.#command, origin);
    this.#at += COMMAND_SLOT_BYTES;
  }
}
