// An instrument's definition as bytes: in DEFINE_INSTRUMENT commands, in events and in the instrument directory.
// Layout: WIRE.md, "Instrument definition". Any thread. Allocates: the three names when decoding, otherwise nothing.

import { assert } from '../assert.ts';
import type { InstrumentStatus } from '../domain/codes.ts';
import {
  CURRENCY_NAME_MAX,
  INSTRUMENT_NAME_MAX,
  type Instrument,
  type InstrumentDefinition,
} from '../domain/instrument.ts';

const NAME = 0;
const BASE = 16;
const QUOTE = 24;
const MIN_PRICE_TICKS = 32;
const MAX_PRICE_TICKS = 40;
const MIN_QUANTITY_LOTS = 48;
const MAX_QUANTITY_LOTS = 56;
const PRICE_INCREMENT_TICKS = 64;
const QUANTITY_INCREMENT_LOTS = 72;
const REFERENCE_PRICE_TICKS = 80;
const PRICE_BAND_BPS = 88;
const MAKER_FEE_MILLIONTHS = 92;
const TAKER_FEE_MILLIONTHS = 96;
const PRICE_SCALE = 100;
const QUANTITY_SCALE = 101;
const STATUS = 102;
const SPARE = 103;
export const DEFINITION_BYTES = 104;

assert(BASE - NAME === INSTRUMENT_NAME_MAX && QUOTE - BASE === CURRENCY_NAME_MAX, 'names fill their places');

/** Writes all DEFINITION_BYTES of `instrument` at `offset`, a multiple of 4; `bytes` and `view` lie over the same buffer. */
export function encodeDefinition(bytes: Uint8Array, view: DataView, offset: number, instrument: Instrument): void {
  putName(bytes, offset + NAME, instrument.name, INSTRUMENT_NAME_MAX);
  putName(bytes, offset + BASE, instrument.base, CURRENCY_NAME_MAX);
  putName(bytes, offset + QUOTE, instrument.quote, CURRENCY_NAME_MAX);
  view.setFloat64(offset + MIN_PRICE_TICKS, instrument.minPriceTicks, true);
  view.setFloat64(offset + MAX_PRICE_TICKS, instrument.maxPriceTicks, true);
  view.setFloat64(offset + MIN_QUANTITY_LOTS, instrument.minQuantityLots, true);
  view.setFloat64(offset + MAX_QUANTITY_LOTS, instrument.maxQuantityLots, true);
  view.setFloat64(offset + PRICE_INCREMENT_TICKS, instrument.priceIncrementTicks, true);
  view.setFloat64(offset + QUANTITY_INCREMENT_LOTS, instrument.quantityIncrementLots, true);
  view.setFloat64(offset + REFERENCE_PRICE_TICKS, instrument.referencePriceTicks, true);
  view.setInt32(offset + PRICE_BAND_BPS, instrument.priceBandBps, true);
  view.setInt32(offset + MAKER_FEE_MILLIONTHS, instrument.makerFeeMillionths, true);
  view.setInt32(offset + TAKER_FEE_MILLIONTHS, instrument.takerFeeMillionths, true);
  bytes[offset + PRICE_SCALE] = instrument.priceScale;
  bytes[offset + QUANTITY_SCALE] = instrument.quantityScale;
  bytes[offset + STATUS] = instrument.status;
  bytes[offset + SPARE] = 0;
}

/** Fills `definition` from the bytes at `offset`. Whether it makes sense is objectionToInstrument's to say. */
export function decodeDefinition(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  definition: InstrumentDefinition,
): void {
  definition.name = nameAt(bytes, offset + NAME, INSTRUMENT_NAME_MAX);
  definition.base = nameAt(bytes, offset + BASE, CURRENCY_NAME_MAX);
  definition.quote = nameAt(bytes, offset + QUOTE, CURRENCY_NAME_MAX);
  definition.minPriceTicks = view.getFloat64(offset + MIN_PRICE_TICKS, true);
  definition.maxPriceTicks = view.getFloat64(offset + MAX_PRICE_TICKS, true);
  definition.minQuantityLots = view.getFloat64(offset + MIN_QUANTITY_LOTS, true);
  definition.maxQuantityLots = view.getFloat64(offset + MAX_QUANTITY_LOTS, true);
  definition.priceIncrementTicks = view.getFloat64(offset + PRICE_INCREMENT_TICKS, true);
  definition.quantityIncrementLots = view.getFloat64(offset + QUANTITY_INCREMENT_LOTS, true);
  definition.referencePriceTicks = view.getFloat64(offset + REFERENCE_PRICE_TICKS, true);
  definition.priceBandBps = view.getInt32(offset + PRICE_BAND_BPS, true);
  definition.makerFeeMillionths = view.getInt32(offset + MAKER_FEE_MILLIONTHS, true);
  definition.takerFeeMillionths = view.getInt32(offset + TAKER_FEE_MILLIONTHS, true);
  definition.priceScale = bytes[offset + PRICE_SCALE];
  definition.quantityScale = bytes[offset + QUANTITY_SCALE];
  definition.status = bytes[offset + STATUS] as InstrumentStatus;
}

/** ASCII, zero-padded. */
function putName(bytes: Uint8Array, offset: number, name: string, lengthMax: number): void {
  assert(name.length <= lengthMax, 'a name fits its place');
  for (let i = 0; i < lengthMax; i++) bytes[offset + i] = i < name.length ? name.charCodeAt(i) : 0;
}

function nameAt(bytes: Uint8Array, offset: number, lengthMax: number): string {
  let name = '';
  for (let i = 0; i < lengthMax && bytes[offset + i] !== 0; i++) name += String.fromCharCode(bytes[offset + i]);
  return name;
}
