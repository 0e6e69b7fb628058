// The reference for comparisons, as a process: `node dist/tools/bare-server.js PORT [READ]`. The least that a
// uWebSockets.js server does for an order: collects the body, JSON.parse, checks that the fields are there, answers
// JSON of the same shape and length as a real reply; over WebSocket the same, and binary frames. GET /orderbook is
// answered with READ, a BareRead as JSON. One thread; its starter's end is its own end. Keeps nothing, decides nothing,
// promises nothing: what Ringbook does more is what is compared.

import { App, type HttpResponse, type TemplatedApp } from 'uWebSockets.js';
import type { BareRead } from './bare-child.ts';
import { positiveInteger } from './usage.ts';

interface OrderFields {
  readonly idempotency_key: string;
  readonly client_id: string;
  readonly side: string;
  readonly type: string;
  readonly price: number | string;
  readonly quantity: number | string;
}

/** Of the right length; a real one is made for each order. */
const ORDER_ID = '01a203ad-3ef2-8400-8000-0000001a7c2a';
const ZERO = '0.00000000';
const BINARY_HEAD_BYTES = 16;
const ORDER_COMMAND_BYTES = 56;
const COMMAND_PRICE_TICKS = 24;
const COMMAND_QUANTITY_LOTS = 32;
/** Head, reply record, an order record with a client id of eight bytes. */
const BINARY_REPLY_BYTES = 16 + 72 + 88;

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isAmount(value: unknown): value is number | string {
  return typeof value === 'number' || typeof value === 'string';
}

/** undefined: not JSON, or no object. */
function parseObject(text: string): Partial<Record<string, unknown>> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { ...body } : undefined;
  } catch {
    return undefined;
  }
}

/** undefined: not JSON, or a field is missing or of another type. */
function readOrder(text: string): OrderFields | undefined {
  return orderOf(parseObject(text));
}

function orderOf(body: unknown): OrderFields | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const fields: Partial<Record<string, unknown>> = body;
  const { idempotency_key, client_id, side, type, price, quantity } = fields;
  if (!isText(idempotency_key) || !isText(client_id) || !isText(side) || !isText(type)) return undefined;
  if (!isAmount(price) || !isAmount(quantity)) return undefined;
  return { idempotency_key, client_id, side, type, price, quantity };
}

function replyTo({ client_id, side, type, price, quantity }: OrderFields, sequence: number): string {
  const now = new Date().toISOString().replace('Z', '000Z');
  return JSON.stringify({
    order_id: ORDER_ID,
    client_id,
    instrument: 'BTC-USD',
    side,
    type,
    price: Number(price).toFixed(2),
    quantity: Number(quantity).toFixed(8),
    filled_quantity: ZERO,
    remaining_quantity: ZERO,
    cancelled_quantity: ZERO,
    prevented_quantity: ZERO,
    average_price: null,
    status: 'open',
    time_in_force: 'GTC',
    post_only: false,
    reject_reason: null,
    sequence,
    created_at: now,
    updated_at: now,
    trades: [],
    trades_total: 0,
  });
}

/** The frame of an order over WebSocket, its parameters as of POST /orders. */
function jsonReply(text: string, sequence: number): string {
  const { id, method, params } = parseObject(text) ?? {};
  const order = method === 'order.place' ? orderOf(params) : undefined;
  if (order === undefined) return `{"id":${JSON.stringify(id)},"status":400,"error":{}}`;
  return `{"id":${JSON.stringify(id)},"status":202,"result":${replyTo(order, sequence)}}`;
}

/** The same for a binary frame: reads what an order has, answers a head and a record of a real reply's length. */
function binaryReply(message: ArrayBuffer, sequence: number): Uint8Array {
  const view = new DataView(message);
  const record = BINARY_HEAD_BYTES;
  const isOrder =
    message.byteLength >= record + ORDER_COMMAND_BYTES && view.getUint8(0) === 1 && view.getUint8(1) === 1;
  const reply = new Uint8Array(BINARY_REPLY_BYTES);
  const out = new DataView(reply.buffer);
  out.setUint8(0, 1);
  out.setUint8(1, 129);
  out.setUint32(4, BINARY_REPLY_BYTES, true);
  if (!isOrder) return reply;
  out.setUint32(8, view.getUint32(8, true), true);
  out.setUint16(12, 202, true);
  out.setFloat64(BINARY_HEAD_BYTES, sequence, true);
  out.setFloat64(BINARY_HEAD_BYTES + 8, view.getFloat64(record + COMMAND_PRICE_TICKS, true), true);
  out.setFloat64(BINARY_HEAD_BYTES + 16, view.getFloat64(record + COMMAND_QUANTITY_LOTS, true), true);
  return reply;
}

/** Listens; throws when the port is taken. */
function listen(host: string, port: number, read: BareRead): TemplatedApp {
  let sequence = 0;
  const app = App();
  app.post('/orders', (res) => {
    collectBody(res, (text) => {
      const order = readOrder(text);
      const status = order === undefined ? '400 Bad Request' : '202 Accepted';
      const body = order === undefined ? '{}' : replyTo(order, ++sequence);
      res.cork(() => {
        res.writeStatus(status).writeHeader('Content-Type', 'application/json').end(body);
      });
    });
  });
  app.ws('/ws', {
    maxBackpressure: 2 ** 30,
    maxPayloadLength: 65_536,
    message: (socket, message, isBinary) => {
      const reply = isBinary
        ? binaryReply(message, ++sequence)
        : jsonReply(Buffer.from(message).toString('utf8'), ++sequence);
      socket.send(reply, isBinary);
    },
  });
  app.get('/orderbook', (res) => {
    for (const [name, value] of read.headers) res.writeHeader(name, value);
    res.end(read.body);
  });
  const listening: unknown[] = [];
  app.listen(host, port, (socket) => {
    if (socket !== false) listening.push(socket);
  });
  if (listening.length === 0) throw new Error(`cannot listen on ${host}:${port}`);
  return app;
}

function collectBody(res: HttpResponse, complete: (text: string) => void): void {
  let before: Buffer | undefined;
  let aborted = false;
  res.onAborted(() => {
    aborted = true;
  });
  res.onData((chunk, isLast) => {
    const bytes = Buffer.from(chunk);
    const whole = before === undefined ? bytes : Buffer.concat([before, bytes]);
    if (!isLast) before = Buffer.from(whole);
    else if (!aborted) complete(whole.toString('utf8'));
  });
}

const read: BareRead = JSON.parse(process.argv[3] ?? '{"headers":[],"body":""}');
const server = listen('127.0.0.1', positiveInteger('port', process.argv[2] ?? ''), read);
process.on('SIGTERM', () => server.close());
// The starter holds the other end of this channel; by hand there is none.
process.on('disconnect', () => process.exit(0));
process.send?.('listening');
