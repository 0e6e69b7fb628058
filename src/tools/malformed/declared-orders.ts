// Good orders of a run against a live server, each with a key and values of its own, in JSON and binary by turns: exactly these may be
// executed. Owns what was declared. Immediate-or-cancel, and nothing rests that they could meet: they leave no order behind.

import { CommandType, Side, TimeInForce } from '../../domain/codes.ts';
import { encodeCommandFrame } from '../../wire/binary-requests.ts';
import { frame, Opcode } from '../ws-frame.ts';
import type { LiveFrame, Refusal } from './live-frames.ts';

/** What is refused is what stands behind the order in its frame. */
export interface GoodOrder extends LiveFrame {
  /** What its answer carries: of a text its key, of a binary message the request's number. */
  readonly id: string | number;
}

const CLIENT = 'good';
/** Prices come round again after so many; quantities do not. */
const PRICES = 100_000;
const LOWEST_TICKS = 10_000;
const LEAST_LOTS = 1_000_000;
/** In a binary frame: reading stops here, and what came before counts. */
export const NO_MESSAGE = Buffer.alloc(8, 0xff);
export const OF_NO_MESSAGE: Refusal = { id: 0, code: 'malformed_frame', field: '' };

export class DeclaredOrders {
  /** By key, as `orderTerms` has them. */
  readonly terms = new Map<string, string>();

  /** In a frame of its own. */
  next(): GoodOrder {
    const { n, key } = this.#declare();
    if (n % 2 === 0) return { name: key, id: key, bytes: orderText(key, n), refusals: [] };
    return { name: key, id: n, bytes: frame(Opcode.BINARY, orderMessage(key, n)), refusals: [] };
  }

  /** With something behind it in its frame that cannot be read, so that the frame as a whole counts as malformed. */
  nextFollowed(): GoodOrder {
    const { n, key } = this.#declare();
    const bytes = frame(Opcode.BINARY, Buffer.concat([orderMessage(key, n), NO_MESSAGE]));
    return { name: key, id: n, bytes, refusals: [OF_NO_MESSAGE] };
  }

  #declare(): { n: number; key: string } {
    const n = this.terms.size + 1;
    const key = `good-${n}`;
    this.terms.set(key, orderTerms(CLIENT, Side.BUY, TimeInForce.IOC, priceOf(n), lotsOf(n)));
    return { n, key };
  }
}

/** What an order says, to be compared. */
export function orderTerms(
  client: string,
  side: number,
  timeInForce: number,
  priceTicks: number,
  quantityLots: number,
): string {
  return `${client} ${side} ${timeInForce} ${priceTicks} ${quantityLots}`;
}

/** A good order in JSON; its id is its key. */
export function orderJson(key: string, n: number): string {
  const price = (priceOf(n) / 100).toFixed(2);
  const quantity = (lotsOf(n) / 1e8).toFixed(8);
  return (
    `{"id":"${key}","method":"order.place","params":{"idempotency_key":"${key}","client_id":"${CLIENT}",` +
    `"instrument":"BTC-USD","side":"buy","type":"limit","time_in_force":"IOC","price":${price},"quantity":${quantity}}}`
  );
}

/** The same as a whole WebSocket frame. */
export function orderText(key: string, n: number): Buffer {
  return frame(Opcode.TEXT, Buffer.from(orderJson(key, n)));
}

/** The same as a binary message; its request id is `n`, which is above 0. */
export function orderMessage(key: string, n: number): Uint8Array {
  return encodeCommandFrame(n, {
    ...{ type: CommandType.NEW_ORDER, clientId: CLIENT, idempotencyKey: key, instrument: 0, side: Side.BUY },
    ...{ timeInForce: TimeInForce.IOC, priceTicks: priceOf(n), quantityLots: lotsOf(n) },
  });
}

function priceOf(n: number): number {
  return LOWEST_TICKS + (n % PRICES);
}

function lotsOf(n: number): number {
  return LEAST_LOTS + n;
}
