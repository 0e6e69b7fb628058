// What an order would do, as JSON: the answer to a dry run. The follower's thread; rare, so it allocates.

import type { Instrument } from '../domain/instrument.ts';
import { reasonName } from '../domain/reasons.ts';
import type { DryRun } from '../domain/rules/dry-run.ts';
import { formatDecimal } from './decimal.ts';

/** A reply lists as many would-be trades as a real one (reply-codec.ts); `trades_total` counts them all. */
const TRADES_MAX = 100;

/** `instrument` is undefined when the order names none; the order's state is that after the command of `sequence`. */
export function dryRunJson(report: DryRun, instrument: Instrument | undefined, sequence: number): string {
  const { priceScale, quantityScale } = instrument ?? { priceScale: 0, quantityScale: 0 };
  const { reason, executedLots, remainingLots, priceTicks, quantityLots } = report;
  const trades = priceTicks.slice(0, TRADES_MAX).map((ticks, i) => ({
    price: formatDecimal(ticks, priceScale),
    quantity: formatDecimal(quantityLots[i], quantityScale),
  }));
  return JSON.stringify({
    dry_run: true,
    sequence,
    reason: reasonName(reason) || null,
    filled_quantity: formatDecimal(executedLots, quantityScale),
    resting_quantity: formatDecimal(remainingLots, quantityScale),
    trades,
    trades_total: priceTicks.length,
  });
}
