// Benchmarks of the formats on the gateway's path: an order's body read, its JSON written, decimals, ids, command records;
// beside what the platform offers for the same.
import { CommandType, OrderFlag, OrderStatus, Side } from '#ringbook/domain/codes.js';
import { Command } from '#ringbook/domain/command.js';
import { DEFAULT_INSTRUMENTS } from '#ringbook/domain/instrument.js';
import { Random } from '#ringbook/sim/testing/random.js';
import { CLIENT_MESSAGES, FrameReader } from '#ringbook/wire/binary-frame.js';
import { BinaryCommandReader } from '#ringbook/wire/binary-orders.js';
import { encodeCommandFrame } from '#ringbook/wire/binary-requests.js';
import { COMMAND_SLOT_BYTES, decodeCommand, encodeCommand } from '#ringbook/wire/command-codec.js';
import { formatDecimal, parseDecimal, writeDecimal } from '#ringbook/wire/decimal.js';
import { InstrumentList } from '#ringbook/wire/instrument-list.js';
import * as O from '#ringbook/wire/order-codec.js';
import { ORDER_JSON_BYTES_MAX, OrderJsonWriter } from '#ringbook/wire/order-json.js';
import { OrderRequestParser } from '#ringbook/wire/order-request.js';
import { IdKind, PUBLIC_ID_BYTES, PublicIds } from '#ringbook/wire/public-id.js';
import { HASH_START, hashWord, type Run, rivals, type Suite, type SuiteOptions } from './suite.ts';

const INSTRUMENTS = new InstrumentList(DEFAULT_INSTRUMENTS);

const BODIES = 256;
const TIME_US = 1_777_000_000_000_000;
const PRICE_SCALE = 2;
const QUANTITY_SCALE = 8;

export function codecSuite(options: SuiteOptions): Suite {
  const operations = options.tiny ? BODIES : 32 * BODIES;
  const orders = makeOrders(options.seed);
  const ids = new PublicIds(options.seed, 0x5eed);
  return {
    name: 'codec',
    cases: [
      ...rivals('order', 'order body', operations, {
        'order body to command (ours)': parseBody(orders, operations),
        'order body by JSON.parse, unchecked': parseBodyByJson(orders, operations),
      }),
      ...rivals('order', 'order to ring', operations, {
        'order in JSON to command record': jsonToRecord(orders, operations),
        'order in a binary frame to command record': frameToRecord(orders, operations),
      }),
      ...rivals('order', 'order JSON', operations, {
        'order record to JSON (ours)': writeJson(orders, ids, operations),
        'order by JSON.stringify and Date': stringify(orders, ids, operations),
      }),
      ...rivals('decimal', 'decimal read', operations, {
        'decimal read (ours)': readDecimals(orders, operations),
        'decimal by Number, inexact': readDecimalsByNumber(orders, operations),
      }),
      ...rivals('decimal', 'decimal written', operations, {
        'decimal written (ours)': writeDecimals(orders, operations),
        'decimal by String': writeDecimalsByString(orders, operations),
      }),
      ...rivals('id', 'public id written', operations, {
        'public id written': writeIds(ids, operations),
      }),
      ...rivals('id', 'public id decoded', operations, {
        'public id decoded': decodeIds(ids, operations),
      }),
      ...rivals('command', 'command', operations, {
        'command encoded and decoded': commands(orders, operations),
      }),
    ],
  };
}

interface Order {
  readonly number: number;
  readonly client: string;
  readonly key: string;
  readonly sell: boolean;
  readonly postOnly: boolean;
  readonly priceTicks: number;
  readonly quantityLots: number;
  /** What a client would send. */
  readonly body: Uint8Array;
}

function makeOrders(seed: number): readonly Order[] {
  const random = new Random(seed);
  return Array.from({ length: BODIES }, (_, i) => {
    const order = {
      number: 1 + i * 1_000,
      client: `client-${random.below(10_000)}`,
      key: `key-${random.below(2 ** 31).toString(36)}-${i}`,
      sell: random.below(2) === 1,
      postOnly: random.below(2) === 1,
      priceTicks: 7_000_000 + random.below(100_000),
      quantityLots: 1 + random.below(1_000_000_000),
    };
    const body = JSON.stringify({
      idempotency_key: order.key,
      client_id: order.client,
      instrument: 'BTC-USD',
      side: order.sell ? 'sell' : 'buy',
      type: 'limit',
      price: formatDecimal(order.priceTicks, PRICE_SCALE),
      quantity: formatDecimal(order.quantityLots, QUANTITY_SCALE),
      post_only: order.postOnly,
    });
    return { ...order, body: Buffer.from(body) };
  });
}

function foldOrder(hash: number, side: number, flags: number, price: number, quantity: number, texts: number): number {
  return hashWord(hashWord(hashWord(hashWord(hash, side * 2 + flags), price), quantity), texts);
}

function parseBody(orders: readonly Order[], operations: number): Run {
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

/** What a gateway does with an order: reads and checks it, and writes the record that the engine gets. */
function jsonToRecord(orders: readonly Order[], operations: number): Run {
  const parser = new OrderRequestParser(INSTRUMENTS);
  const command = new Command();
  const slot = new Uint8Array(COMMAND_SLOT_BYTES);
  const view = new DataView(slot.buffer);
  const origin = { gateway: 1, requestId: 0, receivedUs: TIME_US };
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const { body } = orders[n % BODIES];
      if (!parser.parse(body, 0, body.length, command)) throw new Error(parser.problem.detail);
      origin.requestId = n;
      hash = foldBytes(hash, slot, encodeCommand(slot, view, 0, command, origin));
    }
    return hash;
  };
}

/** The same from frames of one order each. */
function frameToRecord(orders: readonly Order[], operations: number): Run {
  const reader = new BinaryCommandReader(INSTRUMENTS);
  const frame = new FrameReader(CLIENT_MESSAGES);
  const frames = orders.map(orderFrame);
  const command = new Command();
  const slot = new Uint8Array(COMMAND_SLOT_BYTES);
  const view = new DataView(slot.buffer);
  const origin = { gateway: 1, requestId: 0, receivedUs: TIME_US };
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      frame.start(frames[n % BODIES]);
      if (!frame.next() || !reader.readCommand(frame.bytes, frame.view, frame.body, frame.end, command)) {
        throw new Error(reader.problem.detail);
      }
      origin.requestId = n;
      hash = foldBytes(hash, slot, encodeCommand(slot, view, 0, command, origin));
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

interface Body {
  readonly idempotency_key: string;
  readonly client_id: string;
  readonly side: string;
  readonly price: string;
  readonly quantity: string;
  readonly post_only: boolean;
}

/** Reads the same facts, inexactly (through floats) and without any of the checks. */
function parseBodyByJson(orders: readonly Order[], operations: number): Run {
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

/** Every 16th byte and the length: a different text shows, and hashing is not what is measured. */
function foldBytes(hash: number, bytes: Uint8Array, length: number): number {
  let folded = hashWord(hash, length);
  for (let i = 0; i < length; i += 16) folded = hashWord(folded, bytes[i]);
  return folded;
}

function writeJson(orders: readonly Order[], ids: PublicIds, operations: number): Run {
  const writer = new OrderJsonWriter(INSTRUMENTS, ids);
  const records = orders.map(orderRecord);
  const out = new Uint8Array(ORDER_JSON_BYTES_MAX);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const { bytes, view } = records[n % BODIES];
      hash = foldBytes(hash, out, writer.writeOrder(out, 0, bytes, view, 0));
    }
    return hash;
  };
}

/** An open order, as the engine would leave it in a reply. */
function orderRecord(order: Order): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(O.ORDER_RECORD_BYTES_MAX);
  const view = new DataView(bytes.buffer);
  view.setFloat64(O.ORDER_NUMBER, order.number, true);
  view.setFloat64(O.ORDER_CREATED_US, TIME_US + order.number, true);
  view.setFloat64(O.ORDER_UPDATED_US, TIME_US + order.number, true);
  view.setFloat64(O.ORDER_PRICE_TICKS, order.priceTicks, true);
  view.setFloat64(O.ORDER_QUANTITY_LOTS, order.quantityLots, true);
  bytes.set([order.sell ? 2 : 1, 1, 1, order.postOnly ? 1 : 0, OrderStatus.OPEN, order.client.length], O.ORDER_SIDE);
  bytes.set(Buffer.from(order.client), O.ORDER_CLIENT);
  return { bytes, view };
}

function stringify(orders: readonly Order[], ids: PublicIds, operations: number): Run {
  const out = Buffer.alloc(ORDER_JSON_BYTES_MAX);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const text = JSON.stringify(orderObject(orders[n % BODIES], ids));
      hash = foldBytes(hash, out, out.write(text));
    }
    return hash;
  };
}

function orderObject(order: Order, ids: PublicIds): object {
  const timeUs = TIME_US + order.number;
  const time = new Date(timeUs / 1_000).toISOString().replace('Z', `${String(timeUs % 1_000).padStart(3, '0')}Z`);
  const none = formatDecimal(0, QUANTITY_SCALE);
  const quantity = formatDecimal(order.quantityLots, QUANTITY_SCALE);
  return {
    order_id: ids.toString(IdKind.ORDER, order.number, timeUs),
    client_id: order.client,
    instrument: 'BTC-USD',
    side: order.sell ? 'sell' : 'buy',
    type: 'limit',
    price: formatDecimal(order.priceTicks, PRICE_SCALE),
    quantity,
    filled_quantity: none,
    remaining_quantity: quantity,
    cancelled_quantity: none,
    prevented_quantity: none,
    average_price: null,
    status: 'open',
    time_in_force: 'GTC',
    post_only: order.postOnly,
    reject_reason: null,
    sequence: order.number,
    created_at: time,
    updated_at: time,
  };
}

function decimalTexts(orders: readonly Order[]): readonly Uint8Array[] {
  return orders.map((order) => Buffer.from(formatDecimal(order.quantityLots, QUANTITY_SCALE)));
}

function readDecimals(orders: readonly Order[], operations: number): Run {
  const texts = decimalTexts(orders);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const text = texts[n % BODIES];
      hash = hashWord(hash, parseDecimal(text, 0, text.length, QUANTITY_SCALE));
    }
    return hash;
  };
}

function readDecimalsByNumber(orders: readonly Order[], operations: number): Run {
  const texts = decimalTexts(orders).map((text) => Buffer.from(text));
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const text = texts[n % BODIES];
      hash = hashWord(hash, Math.round(Number(text.toString('latin1')) * 1e8));
    }
    return hash;
  };
}

function writeDecimals(orders: readonly Order[], operations: number): Run {
  const out = new Uint8Array(32);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      hash = foldBytes(hash, out, writeDecimal(out, 0, orders[n % BODIES].quantityLots, QUANTITY_SCALE));
    }
    return hash;
  };
}

function writeDecimalsByString(orders: readonly Order[], operations: number): Run {
  const out = Buffer.alloc(32);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const text = formatDecimal(orders[n % BODIES].quantityLots, QUANTITY_SCALE);
      hash = foldBytes(hash, out, out.write(text, 'latin1'));
    }
    return hash;
  };
}

function writeIds(ids: PublicIds, operations: number): Run {
  const out = new Uint8Array(PUBLIC_ID_BYTES);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      hash = foldBytes(hash, out, ids.write(out, 0, IdKind.ORDER, n, TIME_US + n * 1_000));
    }
    return hash;
  };
}

function decodeIds(ids: PublicIds, operations: number): Run {
  const texts = Array.from({ length: BODIES }, (_, n) => {
    const text = new Uint8Array(PUBLIC_ID_BYTES);
    ids.write(text, 0, IdKind.ORDER, n * 1_000_003, TIME_US);
    return text;
  });
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      hash = hashWord(hash, ids.decode(IdKind.ORDER, texts[n % BODIES], 0, PUBLIC_ID_BYTES));
    }
    return hash;
  };
}

function commands(orders: readonly Order[], operations: number): Run {
  const parser = new OrderRequestParser(INSTRUMENTS);
  const parsed = orders.map(({ body }) => {
    const command = new Command();
    if (!parser.parse(body, 0, body.length, command)) throw new Error(parser.problem.detail);
    return command;
  });
  const slot = new Uint8Array(COMMAND_SLOT_BYTES);
  const view = new DataView(slot.buffer);
  const origin = { gateway: 1, requestId: 0, receivedUs: TIME_US };
  const command = new Command();
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      origin.requestId = n;
      encodeCommand(slot, view, 0, parsed[n % BODIES], origin);
      hash = hashWord(hash, decodeCommand(slot, view, 0, command));
      hash = hashWord(hash, command.priceTicks + slot[command.keyOffset]);
    }
    return hash;
  };
}
