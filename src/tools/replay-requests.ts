// Recorded commands as HTTP requests, and the replies read back. A tool's process; pure. Decimals are digits moved, both ways; a
// reply that is not what the interface promises is a ReplyError, never a guess.

import { formatDecimal, parseDecimal } from '../wire/decimal.ts';
import type { RecordedCommand } from './recorded-flow.ts';

/** The recorded flow's: cents and 1e-8. */
export const PRICE_SCALE = 2;
export const QUANTITY_SCALE = 8;
const INSTRUMENT = 'BTC-USD';

export interface CommandRequest {
  readonly path: string;
  readonly json: string;
}

/** `serverId` is the server's id of the order that a cancel names. */
export function requestOf(command: RecordedCommand, runId: string, serverId: string): CommandRequest {
  const common = { idempotency_key: `${runId}-${command.seq}`, client_id: command.client };
  if (command.kind === 'cancel') return { path: `/orders/${serverId}/cancel`, json: JSON.stringify(common) };
  const body = {
    ...common,
    instrument: INSTRUMENT,
    side: command.side === 'B' ? 'buy' : 'sell',
    type: command.market ? 'market' : 'limit',
    // JSON.stringify leaves an undefined member out.
    price: command.market ? undefined : formatDecimal(command.priceTicks, PRICE_SCALE),
    quantity: formatDecimal(command.quantityLots, QUANTITY_SCALE),
    time_in_force: command.immediate ? 'IOC' : 'GTC',
    post_only: command.postOnly,
  };
  return { path: '/orders', json: JSON.stringify(body) };
}

export interface ReplyFill {
  readonly makerServerId: string;
  readonly priceTicks: number;
  readonly quantityLots: number;
}

export interface OrderState {
  readonly serverId: string;
  readonly status: string;
  readonly rejectReason: string | undefined;
  readonly filledLots: number;
  readonly remainingLots: number;
}

export interface OrderReply extends OrderState {
  readonly fills: readonly ReplyFill[];
}

export class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

export type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseObject(body: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new ReplyError(`not JSON: ${body.slice(0, 200)}`);
  }
  return asObject(value, 'the reply');
}

export function asObject(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw new ReplyError(`${what} is not a JSON object: ${JSON.stringify(value)}`);
  return value;
}

export function textOf(json: JsonObject, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw new ReplyError(`${name} is not a string: ${JSON.stringify(value)}`);
  return value;
}

export function unitsOf(json: JsonObject, name: string, scale: number): number {
  const bytes = Buffer.from(textOf(json, name), 'latin1');
  const value = parseDecimal(bytes, 0, bytes.length, scale);
  if (value < 0) throw new ReplyError(`${name} is not a decimal: ${bytes}`);
  return value;
}

/** The body of GET /orders/:id. */
export function readOrderState(body: string): OrderState {
  return orderStateOf(parseObject(body));
}

function orderStateOf(json: JsonObject): OrderState {
  const { reject_reason } = json;
  return {
    serverId: textOf(json, 'order_id'),
    status: textOf(json, 'status'),
    rejectReason: typeof reject_reason === 'string' ? reject_reason : undefined,
    filledLots: unitsOf(json, 'filled_quantity', QUANTITY_SCALE),
    remainingLots: unitsOf(json, 'remaining_quantity', QUANTITY_SCALE),
  };
}

/** The 202 body of POST /orders. */
export function readOrderReply(body: string): OrderReply {
  const json = parseObject(body);
  return { ...orderStateOf(json), fills: tradesOf(json).map(fillOf) };
}

/** Of the same body only the ids: of the order, and of its trades. */
export function readPlacedOrder(body: string): { orderId: string; tradeIds: string[] } {
  const json = parseObject(body);
  const tradeIds = tradesOf(json).map((trade) => textOf(asObject(trade, 'a trade'), 'trade_id'));
  return { orderId: textOf(json, 'order_id'), tradeIds };
}

/** All of them must be there: neither the recorded flow nor a load's orders have anything near the first hundred. */
function tradesOf({ trades, trades_total }: JsonObject): readonly unknown[] {
  if (!Array.isArray(trades) || trades_total !== trades.length) {
    throw new ReplyError(`trades are not all there: trades_total is ${JSON.stringify(trades_total)}`);
  }
  return trades;
}

function fillOf(trade: unknown): ReplyFill {
  const json = asObject(trade, 'a trade');
  return {
    makerServerId: textOf(json, 'maker_order_id'),
    priceTicks: unitsOf(json, 'price', PRICE_SCALE),
    quantityLots: unitsOf(json, 'quantity', QUANTITY_SCALE),
  };
}

/** The order inside the 202 body of a cancel. */
export function readCancelReply(body: string): OrderState {
  const { order } = parseObject(body);
  return orderStateOf(asObject(order, 'order'));
}

/** The code of an error reply. */
export function problemCodeOf(body: string): string {
  return textOf(parseObject(body), 'code');
}
