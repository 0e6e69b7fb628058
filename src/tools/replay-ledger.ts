// The ledger's counts and exact sums against what the recorded files say. A tool's process; reads only.

import type { CheckReport } from './check-report.ts';
import type { ExpectedOutcome } from './expected-outcome.ts';
import { type LedgerAddress, type LedgerFigures, type LedgerRange, readLedgerFigures } from './ledger-figures.ts';
import { PRICE_SCALE, QUANTITY_SCALE } from './replay-requests.ts';

export async function checkLedger(
  expected: ExpectedOutcome,
  address: LedgerAddress,
  range: LedgerRange,
  report: CheckReport,
): Promise<void> {
  const found = await readLedgerFigures(address, range, QUANTITY_SCALE, PRICE_SCALE + QUANTITY_SCALE);
  const wanted = expectedFigures(expected);
  report.same('Postgres: trades', wanted.trades, found.trades);
  report.same('  sum of quantity, 1e-8', wanted.quantity, found.quantity);
  report.same('  sum of price x quantity, 1e-10', wanted.notional, found.notional);
  report.same('Postgres: open orders', wanted.openOrders, found.openOrders);
  report.same('  sum of remaining, 1e-8', wanted.remaining, found.remaining);
  report.same('Postgres: closed orders', wanted.closedOrders, found.closedOrders);
}

/** As BigInt: the sums are beyond what a float holds. */
function expectedFigures({ fills, orders }: ExpectedOutcome): LedgerFigures {
  let quantity = 0n;
  let notional = 0n;
  for (const { priceTicks, quantityLots } of fills) {
    quantity += BigInt(quantityLots);
    notional += BigInt(priceTicks) * BigInt(quantityLots);
  }
  let open = 0;
  let remaining = 0n;
  for (const { remainingLots } of orders.values()) {
    if (remainingLots > 0) open++;
    remaining += BigInt(remainingLots);
  }
  return {
    trades: String(fills.length),
    quantity: String(quantity),
    notional: String(notional),
    openOrders: String(open),
    closedOrders: String(orders.size - open),
    remaining: String(remaining),
  };
}
