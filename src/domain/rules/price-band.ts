// The prices that an instrument may trade at during one command: its band, fixed when the command begins. Pure; scratch
// of one engine. See "The band" in RULES.md. Allocates: nothing.

import type { Instrument } from '../instrument.ts';

const WHOLE_BPS = 10_000;

export class PriceBand {
  private lowest = 0;
  private highest = Number.POSITIVE_INFINITY;

  /** The band around the last trade price, or around the instrument's own reference until there is one (0: none). */
  fix(instrument: Instrument, lastPriceTicks: number): void {
    this.lowest = 0;
    this.highest = Number.POSITIVE_INFINITY;
    if (instrument.priceBandBps !== 0) this.narrow(instrument, lastPriceTicks);
  }

  holds(priceTicks: number): boolean {
    return priceTicks >= this.lowest && priceTicks <= this.highest;
  }

  private narrow(instrument: Instrument, lastPriceTicks: number): void {
    const reference = lastPriceTicks === 0 ? instrument.referencePriceTicks : lastPriceTicks;
    if (reference === 0) return;
    // reference x bps may exceed 2^53; taken apart at 10,000 every product is small and the floor is exact.
    const rest = reference % WHOLE_BPS;
    const whole = (reference - rest) / WHOLE_BPS;
    const width = whole * instrument.priceBandBps + Math.floor((rest * instrument.priceBandBps) / WHOLE_BPS);
    this.lowest = reference - width;
    this.highest = reference + width;
  }
}
