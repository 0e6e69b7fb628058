// Order entry by binary messages of /ws: a client's records become the same commands as its JSON would, and the engine's reply
// records go out as they are. Gateway thread. Owns one Command, reused for all. Must never journal what is not well formed,
// nor throw on input. Allocates: per message, nothing per byte.

import { CommandType } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import type { CounterBlock } from '../../shared-memory/counters.ts';
import {
  CLIENT_MESSAGES,
  FLAG_TIMES,
  FRAME_FAULTS,
  FrameFault,
  FrameReader,
  MessageType,
} from '../../wire/binary-frame.ts';
import { BinaryCommandReader } from '../../wire/binary-orders.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { admitRead } from '../admission.ts';
import type { Asker } from '../asker.ts';
import type { WsSession } from '../ws/session.ts';
import { BinaryAskers } from './binary-askers.ts';
import type { OrderEntryParts } from './order-entry.ts';
import { askOrder, whenKnown } from './order-status.ts';

/** In a command message's body: what the client calls the request, and which command its record is. */
const REQUEST_ID = 0;
const COMMAND_TYPE = 10;
const NO_REQUEST = 0;

export class BinaryEntry {
  readonly #parts: OrderEntryParts;
  readonly #counters: CounterBlock;
  readonly #askers: BinaryAskers;
  readonly #frame = new FrameReader(CLIENT_MESSAGES);
  readonly #reader: BinaryCommandReader;
  readonly #command = new Command();

  constructor(parts: OrderEntryParts) {
    this.#parts = parts;
    this.#counters = parts.context.counters;
    this.#askers = new BinaryAskers(parts.context.clock);
    this.#reader = new BinaryCommandReader(parts.context.instruments);
  }

  /**
   * Every message of the frame, each counted as a frame of its own would be, up to one that cannot be walked over: that one
   * is a problem of the frame.
   */
  take(session: WsSession, bytes: Uint8Array): void {
    const frame = this.#frame;
    frame.start(bytes);
    for (let first = true; frame.next(); first = false) {
      if (!first && !session.messageTaken()) return;
      this.#counters.add(GatewayCounter.ORDER_FRAMES, 1);
      const { view, body, end } = frame;
      const withTimings = (frame.flags & FLAG_TIMES) !== 0;
      const asker = this.#askers.begin(session, view.getUint32(body + REQUEST_ID, true), withTimings);
      if (frame.type === MessageType.COMMAND) this.#perform(asker, bytes, view, body, end);
      else this.#status(asker, view, body);
    }
    if (frame.fault === FrameFault.NONE) return;
    const asker = this.#askers.begin(session, NO_REQUEST, false);
    this.#parts.responder.problem(asker, 'malformed_frame', FRAME_FAULTS[frame.fault]);
    session.frameRefused();
  }

  #perform(asker: Asker, bytes: Uint8Array, view: DataView, body: number, end: number): void {
    const { sender, context } = this.#parts;
    const type = view.getUint16(body + COMMAND_TYPE, true);
    const cancels = type === CommandType.CANCEL_ORDER || type === CommandType.MASS_CANCEL;
    if (!(cancels ? sender.admitCancel(asker) : sender.admit(asker))) return;
    const reader = this.#reader;
    const command = this.#command;
    const isGood = reader.readCommand(bytes, view, body, end, command);
    const isElsewhere = isGood && type === CommandType.AMEND_ORDER && context.instruments.current.all.length > 1;
    if (isElsewhere) this.#amend(asker, bytes.slice(body, end), command.targetOrder, command.instrument);
    else sender.sendParsed(asker, isGood, command, reader.problem);
  }

  /** Amounts are counted in units of the instrument that the record names: it must be the order's. */
  #amend(asker: Asker, body: Uint8Array, target: number, named: number): void {
    const { responder, sender } = this.#parts;
    whenKnown(this.#parts, asker, target, (who, { instrument }) => {
      if (instrument !== named) {
        responder.problem(who, 'invalid_value', 'The order has another instrument.', { field: 'instrument' });
        return;
      }
      const view = new DataView(body.buffer);
      const isGood = this.#reader.readCommand(body, view, 0, body.length, this.#command);
      sender.sendParsed(who, isGood, this.#command, this.#reader.problem);
    });
  }

  #status(asker: Asker, view: DataView, body: number): void {
    const { context, responder, sender } = this.#parts;
    if (!admitRead(context.state, asker, responder)) return;
    const reader = this.#reader;
    if (!reader.readStatus(view, body)) {
      sender.refuse(asker, reader.problem);
      return;
    }
    askOrder(this.#parts, asker, reader.orderNumber, (who, { bytes, body: record }) =>
      responder.takeRecords(who)?.order(bytes, record),
    );
  }
}
