// Rows of the table instruments: from the event that tells a definition to the statement that puts it there.
// On the projector's thread; allocates, because instruments change rarely.

import { type Instrument, InstrumentDefinition } from '../domain/instrument.ts';
import { formatDecimal } from '../wire/decimal.ts';
import { INSTRUMENT_STATUS_TEXTS } from '../wire/enum-texts.ts';
import * as E from '../wire/event-codec.ts';
import { decodeDefinition } from '../wire/instrument-codec.ts';
import { isoTime } from '../wire/iso-time.ts';

/** A definition as one command left it. */
export interface InstrumentChange {
  readonly index: number;
  readonly instrument: Instrument;
  /** The command's sequence and batch time; 0 and 0 for what was there before the first. */
  readonly sequence: number;
  readonly timeUs: number;
}

/** What the INSTRUMENT event at `offset` tells; a copy. */
export function instrumentChangeAt(bytes: Uint8Array, view: DataView, offset: number): InstrumentChange {
  const body = offset + E.EVENT_BODY;
  const instrument = new InstrumentDefinition();
  decodeDefinition(bytes, view, body + E.INSTRUMENT_EVENT_DEFINITION, instrument);
  return {
    index: view.getUint16(body + E.INSTRUMENT_EVENT_INDEX, true),
    instrument,
    sequence: view.getFloat64(offset + E.EVENT_SEQUENCE, true),
    timeUs: view.getFloat64(offset + E.EVENT_TIME_US, true),
  };
}

const COLUMNS = [
  ...['name', 'instrument_index', 'sequence', 'changed_at', 'base', 'quote', 'price_scale', 'quantity_scale'],
  ...['tick', 'lot', 'min_price', 'max_price', 'min_quantity', 'max_quantity', 'price_band_bps', 'reference_price'],
  ...['maker_fee_rate', 'taker_fee_rate', 'status'],
] as const;
type Column = (typeof COLUMNS)[number];

const INSERT = `INSERT INTO instruments (${COLUMNS.join()}) VALUES (${COLUMNS.map((_, i) => `$${i + 1}`).join()})`;

/** With instrumentValues: adds the row unless it is there. */
export const INSERT_INSTRUMENT = `${INSERT} ON CONFLICT (name) DO NOTHING`;

/** With instrumentValues: adds the row, or makes it say this. */
export const PUT_INSTRUMENT = `${INSERT} ON CONFLICT (name) DO UPDATE SET ${COLUMNS.map((c) => `${c} = EXCLUDED.${c}`).join()}`;

const FEE_RATE_SCALE = 6;

/** The values of COLUMNS. */
export function instrumentValues({ index, instrument, sequence, timeUs }: InstrumentChange): unknown[] {
  const price = (ticks: number) => formatDecimal(ticks, instrument.priceScale);
  const quantity = (lots: number) => formatDecimal(lots, instrument.quantityScale);
  const row: Readonly<Record<Column, unknown>> = {
    name: instrument.name,
    instrument_index: index,
    sequence,
    changed_at: sequence === 0 ? null : isoTime(timeUs),
    base: instrument.base,
    quote: instrument.quote,
    price_scale: instrument.priceScale,
    quantity_scale: instrument.quantityScale,
    tick: price(instrument.priceIncrementTicks),
    lot: quantity(instrument.quantityIncrementLots),
    min_price: price(instrument.minPriceTicks),
    max_price: price(instrument.maxPriceTicks),
    min_quantity: quantity(instrument.minQuantityLots),
    max_quantity: quantity(instrument.maxQuantityLots),
    price_band_bps: instrument.priceBandBps,
    reference_price: instrument.referencePriceTicks === 0 ? null : price(instrument.referencePriceTicks),
    maker_fee_rate: feeRate(instrument.makerFeeMillionths),
    taker_fee_rate: feeRate(instrument.takerFeeMillionths),
    status: INSTRUMENT_STATUS_TEXTS[instrument.status],
  };
  return COLUMNS.map((column) => row[column]);
}

function feeRate(millionths: number): string {
  return `${millionths < 0 ? '-' : ''}${formatDecimal(Math.abs(millionths), FEE_RATE_SCALE)}`;
}
