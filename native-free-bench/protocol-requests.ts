// How requests become commands, over HTTP and /ws, as JSON and binary. Main thread of the benchmark. Each function
// makes the run of one case.

import { CommandType, OrderFlag, Side } from '#ringbook/domain/codes.js';
import { Command } from '#ringbook/domain/command.js';
import { CLIENT_MESSAGES, FrameReader } from '#ringbook/wire/binary-frame.js';
import { BinaryCommandReader } from '#ringbook/wire/binary-orders.js';
import { encodeCommandFrame } from '#ringbook/wire/binary-requests.js';
import { OrderRequestParser } from '#ringbook/wire/order-request.js';
import { RequestFields } from '#ringbook/wire/request-fields.js';
import { BODIES, INSTRUMENTS, type Order } from './orders.ts';
import { RecordSlot } from './record-slot.ts';
import { foldBytes, HASH_START, hashWord, type Run } from './suite.ts';

const PARAMS = 2;

export function parseBody(orders: readonly Order[], operations: number): Run {
  const parser = new OrderRequestParser(INSTRUMENTS);
  const command = new Command();
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const { body } = orders[n % BODIES];
      if (!parser.parse(body, 0, body.length, command)) throw new Error(parser.problem.detail);
      const texts = command.clientLength * 64 + command.keyLength;
      hash = foldOrder(hash, command.side, command.flags, command.priceTicks, command.quantityLots, texts);
    }
    return hash;
  };
}

interface Body {
  readonly idempotency_key: string;
  readonly client_id: string;
  readonly side: string;
  readonly price: string;
  readonly quantity: string;
  readonly post_only: boolean;
}

/** Reads the same facts, inexactly (through floats) and without any of the checks. */
export function parseBodyByJson(orders: readonly Order[], operations: number): Run {
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const { body } = orders[n % BODIES];
      const order: Body = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString());
      const price = Math.round(Number(order.price) * 100);
      const quantity = Math.round(Number(order.quantity) * 1e8);
      const texts = order.client_id.length * 64 + order.idempotency_key.length;
      hash = foldOrder(hash, order.side === 'sell' ? 2 : 1, order.post_only ? 1 : 0, price, quantity, texts);
    }
    return hash;
  };
}

function foldOrder(hash: number, side: number, flags: number, price: number, quantity: number, texts: number): number {
  return hashWord(hashWord(hashWord(hashWord(hash, side * 2 + flags), price), quantity), texts);
}

/** What a gateway does with an order: reads and checks it, and writes the record that the engine gets. */
export function jsonToRecord(orders: readonly Order[], operations: number): Run {
  const parser = new OrderRequestParser(INSTRUMENTS);
  const command = new Command();
  const slot = new RecordSlot();
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const { body } = orders[n % BODIES];
      if (!parser.parse(body, 0, body.length, command)) throw new Error(parser.problem.detail);
      hash = foldBytes(hash, slot.bytes, slot.write(command, n));
    }
    return hash;
  };
}

/** The same from text frames of /ws: the members of the frame first, then the body among them. */
export function wsJsonToRecord(orders: readonly Order[], operations: number): Run {
  const fields = new RequestFields(['id', 'method', 'params', 'timing']);
  const parser = new OrderRequestParser(INSTRUMENTS);
  const frames = orders.map(({ body }, id) =>
    Buffer.from(`{"id":"${id}","method":"order.place","params":${Buffer.from(body).toString()}}`),
  );
  const command = new Command();
  const slot = new RecordSlot();
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const frame = frames[n % BODIES];
      if (!fields.collect(frame, 0, frame.length)) throw new Error(fields.problem.detail);
      if (!parser.parse(frame, fields.from[PARAMS], fields.to[PARAMS], command)) throw new Error(parser.problem.detail);
      hash = foldBytes(hash, slot.bytes, slot.write(command, n));
    }
    return hash;
  };
}

/** The same from binary frames of one order each. */
export function frameToRecord(orders: readonly Order[], operations: number): Run {
  const reader = new BinaryCommandReader(INSTRUMENTS);
  const frame = new FrameReader(CLIENT_MESSAGES);
  const frames = orders.map(orderFrame);
  const command = new Command();
  const slot = new RecordSlot();
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      frame.start(frames[n % BODIES]);
      if (!frame.next() || !reader.readCommand(frame.bytes, frame.view, frame.body, frame.end, command)) {
        throw new Error(reader.problem.detail);
      }
      hash = foldBytes(hash, slot.bytes, slot.write(command, n));
    }
    return hash;
  };
}

function orderFrame(order: Order): Uint8Array {
  return encodeCommandFrame(1, {
    ...{ type: CommandType.NEW_ORDER, clientId: order.client, idempotencyKey: order.key },
    ...{ side: order.sell ? Side.SELL : Side.BUY, flags: order.postOnly ? OrderFlag.POST_ONLY : 0 },
    ...{ priceTicks: order.priceTicks, quantityLots: order.quantityLots },
  });
}
