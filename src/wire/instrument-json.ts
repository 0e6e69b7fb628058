// Instruments as clients read them, and what commands came to that are about no single order. Any thread; rare, so it
// allocates. Decimals are texts, at the instrument's scales.

import { CommandType, InstrumentStatus } from '../domain/codes.ts';
import type { Instrument } from '../domain/instrument.ts';
import { formatDecimal } from './decimal.ts';
import { formatScaled } from './decimal-pair.ts';
import { INSTRUMENT_STATUS_TEXTS } from './enum-texts.ts';
import type { InstrumentList } from './instrument-list.ts';

/** A rate in millionths as basis points of two decimals. */
const FEE_SCALE = 2;

/** The members of an instrument's JSON: those that its definition may have. */
export function instrumentFacts(instrument: Instrument): Readonly<Record<string, string | number | null>> {
  const price = (ticks: number) => formatDecimal(ticks, instrument.priceScale);
  const quantity = (lots: number) => formatDecimal(lots, instrument.quantityScale);
  return {
    name: instrument.name,
    base: instrument.base,
    quote: instrument.quote,
    tick: price(instrument.priceIncrementTicks),
    lot: quantity(instrument.quantityIncrementLots),
    price_scale: instrument.priceScale,
    quantity_scale: instrument.quantityScale,
    min_price: price(instrument.minPriceTicks),
    max_price: price(instrument.maxPriceTicks),
    min_quantity: quantity(instrument.minQuantityLots),
    max_quantity: quantity(instrument.maxQuantityLots),
    price_band_bps: instrument.priceBandBps,
    reference_price: instrument.referencePriceTicks === 0 ? null : price(instrument.referencePriceTicks),
    maker_fee_bps: formatScaled(BigInt(instrument.makerFeeMillionths), FEE_SCALE),
    taker_fee_bps: formatScaled(BigInt(instrument.takerFeeMillionths), FEE_SCALE),
    status: INSTRUMENT_STATUS_TEXTS[instrument.status],
  };
}

/** Those that are not delisted, each with its number: what binary frames call it. */
export function instrumentListJson({ all }: InstrumentList): string {
  const numbered = all.map((instrument, number) => ({ number, instrument }));
  const listed = numbered.filter(({ instrument }) => instrument.status !== InstrumentStatus.DELISTED);
  return JSON.stringify(listed.map(({ number, instrument }) => ({ number, ...instrumentFacts(instrument) })));
}

/**
 * The answer to a command of that type that was applied as `sequence` and came to `value` (EngineListener.onApplied, a
 * reply's REPLY_VALUE). `instruments` are at least as new as the command.
 */
export function appliedJson(
  commandType: CommandType,
  value: number,
  sequence: number,
  instruments: InstrumentList,
): string {
  switch (commandType) {
    case CommandType.MASS_CANCEL:
      return JSON.stringify({ cancelled: value, sequence });
    case CommandType.DEFINE_INSTRUMENT:
    case CommandType.SET_INSTRUMENT_STATUS:
      return JSON.stringify({ ...instrumentFacts(instruments.all[value]), sequence });
    case CommandType.CLOSE_SETTLEMENT:
      return JSON.stringify({ cycle: value, sequence });
    default:
      return JSON.stringify({ sequence });
  }
}
