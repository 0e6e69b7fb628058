// Follower and market data against the auditor: once they have caught up, they have what its engine has. Reads only.

import { Side } from '../../domain/codes.ts';
import type { Engine } from '../../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import { formatDecimal } from '../../wire/decimal.ts';
import type { InProcessExchange } from '../in-process-exchange.ts';
import { require } from './violation.ts';

/**
 * Holds what a settled exchange shows against `engine`, which has replayed as much. Returns the digest that all have. Throws a
 * Violation.
 */
export function checkViews(
  exchange: InProcessExchange,
  depth: ReturnType<InProcessExchange['depth']>,
  engine: Engine,
): string {
  require(depth.sequence === engine.sequence, () => `depth is of ${depth.sequence}, not ${engine.sequence}`);
  for (const [shown, side] of [[depth.asks, Side.SELL] as const, [depth.bids, Side.BUY] as const]) {
    const text = JSON.stringify(shown);
    const expected = JSON.stringify(levelsOf(engine, side));
    require(text === expected, () => `market data shows ${text}, the book is ${expected}`);
  }
  const digest = engine.digest();
  require(exchange.followerDigest() === digest, () => 'the follower has another state than the replay');
  require(exchange.matchingDigest() === digest, () => 'matching has another state than the replay');
  return digest;
}

/** The book's levels as depth shows them. */
function levelsOf(engine: Engine, side: Side): object[] {
  const [{ priceScale, quantityScale }] = DEFAULT_INSTRUMENTS;
  const levels: object[] = [];
  let cumulative = 0;
  engine.forEachLevel(0, side, (price, lots) => {
    cumulative += lots;
    levels.push({
      price: Number(formatDecimal(price, priceScale)),
      quantity: Number(formatDecimal(lots, quantityScale)),
      cumulative: Number(formatDecimal(cumulative, quantityScale)),
    });
  });
  return levels;
}
