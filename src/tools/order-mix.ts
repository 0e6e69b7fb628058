// The orders of a load run, as a formula in JavaScript and in wrk's Lua: limit orders around 70,000, every second one meets what the
// one before it left, so that the book stays as small as the number of orders under way. A tool's process; pure.

import { CommandType, Side } from '../domain/codes.ts';
import { encodeCommandFrame } from '../wire/binary-requests.ts';
import { SIDE_TEXTS } from '../wire/enum-texts.ts';

const CLIENTS = 100;
/** Ticks from 70,000.00: where orders rest, and how far the ones that meet them go. */
const REST_TICKS = 100;
const REACH_TICKS = 200;
const MIDDLE_TICKS = 7_000_000;
/** 0.01. */
const QUANTITY_LOTS = 1_000_000;
/** Its number: the first that is defined. */
const BTC_USD = 0;

/** A limit order of BTC-USD. */
interface MixedOrder {
  readonly key: string;
  readonly client: string;
  readonly side: Side;
  readonly priceTicks: number;
}

/** The n-th order of one source. Sell and rest, buy it; buy and rest, sell it. */
function orderOf(source: string, n: number): MixedOrder {
  const step = n % 4;
  const side = step === 0 || step === 3 ? Side.SELL : Side.BUY;
  const distance = step % 2 === 0 ? 1 + (Math.floor(n / 4) % REST_TICKS) : REACH_TICKS;
  // A resting sell lies above the middle; so does the limit of the buy that reaches for it.
  const priceTicks = MIDDLE_TICKS + (step < 2 ? distance : -distance);
  return { key: `${source}-${n}`, client: `load-${n % CLIENTS}`, side, priceTicks };
}

export function orderJson(source: string, n: number): string {
  const { key, client, side, priceTicks } = orderOf(source, n);
  const price = `${Math.floor(priceTicks / 100)}.${String(priceTicks % 100).padStart(2, '0')}`;
  return (
    `{"idempotency_key":"${key}","client_id":"${client}","instrument":"BTC-USD",` +
    `"side":"${SIDE_TEXTS[side]}","type":"limit","price":${price},"quantity":0.01}`
  );
}

/** The same as a binary message. */
export function orderMessage(source: string, n: number, requestId: number): Uint8Array {
  const { key, client, side, priceTicks } = orderOf(source, n);
  return encodeCommandFrame(requestId, {
    type: CommandType.NEW_ORDER,
    clientId: client,
    idempotencyKey: key,
    instrument: BTC_USD,
    side,
    priceTicks,
    quantityLots: QUANTITY_LOTS,
  });
}

/** The end of any script for wrk: `done` prints one line of figures. */
export const WRK_FIGURES = `function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("FIGURES %d %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency.max,
    e.status, e.connect + e.read + e.write + e.timeout))
end
`;

/** wrk's script: the same formula, one source for each of its threads. */
export function wrkScript(source: string): string {
  return `local threads = 0
function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end
local n = -1
local headers = { ["Content-Type"] = "application/json" }
function request()
  n = n + 1
  local step = n % 4
  local distance = ${REACH_TICKS}
  if step % 2 == 0 then distance = 1 + math.floor(n / 4) % ${REST_TICKS} end
  local ticks = ${MIDDLE_TICKS} - distance
  if step < 2 then ticks = ${MIDDLE_TICKS} + distance end
  local side = "buy"
  if step == 0 or step == 3 then side = "sell" end
  local body = string.format(
    '{"idempotency_key":"${source}-%d-%d","client_id":"load-%d","instrument":"BTC-USD","side":"%s","type":"limit","price":%d.%02d,"quantity":0.01}',
    id, n, n % ${CLIENTS}, side, math.floor(ticks / 100), ticks % 100)
  return wrk.format("POST", nil, headers, body)
end
${WRK_FIGURES}`;
}
