// The candle of the minute of the last trade. Market data's thread. Allocates: nothing.

import type { Candle } from './feed-writer.ts';

const MINUTE_US = 60_000_000;
const LIMB = 2 ** 48;

/** The minute that a time lies in, by its first microsecond. */
export function minuteOf(timeUs: number): number {
  return Math.floor(timeUs / MINUTE_US) * MINUTE_US;
}

/** A minute without a trade. */
export function emptyCandle(startUs: number): Candle {
  return { startUs, open: 0, high: 0, low: 0, close: 0, volumeHigh: 0, volumeLow: 0, trades: 0 };
}

/** A trade of the candle's minute, or of a later one, which makes it that one's. */
export function addTrade(candle: Candle, timeUs: number, priceTicks: number, lots: number): void {
  const startUs = minuteOf(timeUs);
  if (startUs !== candle.startUs || candle.trades === 0) {
    candle.startUs = startUs;
    candle.open = candle.high = candle.low = priceTicks;
    candle.volumeHigh = candle.volumeLow = candle.trades = 0;
  }
  candle.high = Math.max(candle.high, priceTicks);
  candle.low = Math.min(candle.low, priceTicks);
  candle.close = priceTicks;
  candle.trades++;
  const high = Math.floor(lots / LIMB);
  const low = candle.volumeLow + (lots - high * LIMB);
  const carry = low >= LIMB ? 1 : 0;
  candle.volumeHigh += high + carry;
  candle.volumeLow = low - carry * LIMB;
}
