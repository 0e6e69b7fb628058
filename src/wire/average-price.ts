// An order's average price, from the exact sum of price x quantity. Any thread. Allocates: nothing while the sum is a
// safe integer, BigInts beyond.

const LIMB = 2 ** 48;
/** With a high limb below this the sum is below 2^53. */
const HIGH_SAFE = 2 ** 5;

/** (high x 2^48 + low) / executedLots in ticks, rounded half up; executedLots > 0. */
export function averagePriceTicks(notionalHigh: number, notionalLow: number, executedLots: number): number {
  if (notionalHigh < HIGH_SAFE) {
    const notional = notionalHigh * LIMB + notionalLow;
    const ticks = Math.floor(notional / executedLots);
    const rest = notional - ticks * executedLots;
    // Not 2 * rest: that may leave the safe integers.
    return rest >= executedLots - rest ? ticks + 1 : ticks;
  }
  const executed = BigInt(executedLots);
  const notional = BigInt(notionalHigh) * BigInt(LIMB) + BigInt(notionalLow);
  return Number((2n * notional + executed) / (2n * executed));
}
