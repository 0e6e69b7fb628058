// The order flow of the load scripts: order n is a function of the seed and n alone, whichever virtual user sends it.

const CLIENTS = 100;
const MID_TICKS = 7_000_000; // 70,000.00 in ticks of 0.01
const PRICE_DECIMALS = 2;
const QUANTITY_DECIMALS = 8;
// From 10.00 on the own side of the mid price to 40.00 beyond it: four orders in five can trade, so the book stays
// shallow however long the run is.
const PASSIVE_TICKS = 1_000;
const AGGRESSIVE_TICKS = 4_000;
const MIN_LOTS = 10_000;
const MAX_LOTS = 5_000_000;

/**
 * @typedef {object} FlowOrder
 * @property {string} client_id
 * @property {string} instrument
 * @property {'buy' | 'sell'} side
 * @property {'limit'} type
 * @property {string} price
 * @property {string} quantity
 */

/**
 * mulberry32: small, fast, good enough for a load.
 *
 * @param {number} seed
 * @returns {() => number} the next 32-bit unsigned integer
 */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/**
 * @param {number} seed
 * @param {number} n the order's number in the run, from 0
 * @returns {FlowOrder}
 */
export function orderAt(seed, n) {
  // Neighbouring n must not give neighbouring states: spread them by an odd constant, then drop the first output.
  const next = generator(seed ^ Math.imul(n + 1, 0x9e3779b1));
  next();
  /** @param {number} low @param {number} high both included @returns {number} */
  const between = (low, high) => low + (next() % (high - low + 1));

  const buy = next() < 0x8000_0000;
  const offsetTicks = between(-PASSIVE_TICKS, AGGRESSIVE_TICKS);
  return {
    client_id: `k6-${String(between(1, CLIENTS)).padStart(3, '0')}`,
    instrument: 'BTC-USD',
    side: buy ? 'buy' : 'sell',
    type: 'limit',
    price: decimal(buy ? MID_TICKS + offsetTicks : MID_TICKS - offsetTicks, PRICE_DECIMALS),
    quantity: decimal(between(MIN_LOTS, MAX_LOTS), QUANTITY_DECIMALS),
  };
}

/**
 * Exact: digits are placed, nothing is divided.
 *
 * @param {number} units
 * @param {number} decimals
 * @returns {string}
 */
function decimal(units, decimals) {
  const digits = String(units).padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
