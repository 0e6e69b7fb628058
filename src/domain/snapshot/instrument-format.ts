// Instruments in a snapshot, in order of their index: definition, status and last trade price. Currencies follow from
// them. Pure.
//
//   name, base and quote as texts of fixed width; fields of INSTRUMENT

import { PRICE_TICKS_LIMIT } from '../clearing/exact.ts';
import type { InstrumentStatus } from '../codes.ts';
import type { EngineState } from '../engine-state.ts';
import { CURRENCY_NAME_MAX, INSTRUMENT_NAME_MAX, InstrumentDefinition, objectionToInstrument } from '../instrument.ts';
import { type ByteReader, type ByteWriter, SnapshotError } from './byte-stream.ts';
import { Cell, field, RecordFormat } from './record-format.ts';

const { COUNT, SIGNED, U8, U16 } = Cell;

/** An instrument on its way: scratch. */
class ListedInstrument {
  readonly definition = new InstrumentDefinition();
  lastPriceTicks = 0;
}

const INSTRUMENT = new RecordFormat<ListedInstrument>([
  field(
    'price scale',
    U8,
    (i) => i.definition.priceScale,
    (i, _, v) => (i.definition.priceScale = v),
  ),
  field(
    'quantity scale',
    U8,
    (i) => i.definition.quantityScale,
    (i, _, v) => (i.definition.quantityScale = v),
  ),
  field(
    'least price',
    COUNT,
    (i) => i.definition.minPriceTicks,
    (i, _, v) => (i.definition.minPriceTicks = v),
  ),
  field(
    'greatest price',
    COUNT,
    (i) => i.definition.maxPriceTicks,
    (i, _, v) => (i.definition.maxPriceTicks = v),
  ),
  field(
    'least quantity',
    COUNT,
    (i) => i.definition.minQuantityLots,
    (i, _, v) => (i.definition.minQuantityLots = v),
  ),
  field(
    'greatest quantity',
    COUNT,
    (i) => i.definition.maxQuantityLots,
    (i, _, v) => (i.definition.maxQuantityLots = v),
  ),
  field(
    'tick',
    COUNT,
    (i) => i.definition.priceIncrementTicks,
    (i, _, v) => (i.definition.priceIncrementTicks = v),
  ),
  field(
    'lot',
    COUNT,
    (i) => i.definition.quantityIncrementLots,
    (i, _, v) => (i.definition.quantityIncrementLots = v),
  ),
  field(
    'price band',
    U16,
    (i) => i.definition.priceBandBps,
    (i, _, v) => (i.definition.priceBandBps = v),
  ),
  field(
    'reference',
    COUNT,
    (i) => i.definition.referencePriceTicks,
    (i, _, v) => (i.definition.referencePriceTicks = v),
  ),
  field(
    'maker fee',
    SIGNED,
    (i) => i.definition.makerFeeMillionths,
    (i, _, v) => (i.definition.makerFeeMillionths = v),
  ),
  field(
    'taker fee',
    SIGNED,
    (i) => i.definition.takerFeeMillionths,
    (i, _, v) => (i.definition.takerFeeMillionths = v),
  ),
  field(
    'status',
    U8,
    (i) => i.definition.status,
    (i, _, v) => (i.definition.status = v as InstrumentStatus),
  ),
  field(
    'last price',
    COUNT,
    (i) => i.lastPriceTicks,
    (i, _, v) => (i.lastPriceTicks = v),
    PRICE_TICKS_LIMIT,
  ),
]);

export const INSTRUMENT_BYTES = INSTRUMENT_NAME_MAX + CURRENCY_NAME_MAX * 2 + INSTRUMENT.bytes;

export function writeInstruments(writer: ByteWriter, { instruments }: EngineState): void {
  const listed = new ListedInstrument();
  for (let i = 0; i < instruments.count; i++) {
    const { name, base, quote } = listed.definition.set(instruments.get(i));
    listed.lastPriceTicks = instruments.lastPriceTicks(i);
    writer.text(name, INSTRUMENT_NAME_MAX);
    writer.text(base, CURRENCY_NAME_MAX);
    writer.text(quote, CURRENCY_NAME_MAX);
    INSTRUMENT.write(writer, listed, 0);
  }
}

/** Reads `count` sound instruments; that their names differ is the caller's to check. */
export function readInstruments(reader: ByteReader, count: number): ListedInstrument[] {
  return Array.from({ length: count }, (_, i) => {
    const listed = new ListedInstrument();
    listed.definition.name = reader.text(INSTRUMENT_NAME_MAX);
    listed.definition.base = reader.text(CURRENCY_NAME_MAX);
    listed.definition.quote = reader.text(CURRENCY_NAME_MAX);
    INSTRUMENT.read(reader, listed, 0);
    const objection = objectionToInstrument(listed.definition);
    if (objection !== '') throw new SnapshotError(`snapshot: instrument ${i}: ${objection}`);
    return listed;
  });
}
