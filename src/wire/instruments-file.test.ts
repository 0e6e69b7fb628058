// The instruments file: the same fields and rules as the body that defines an instrument, and errors that name the place.

import { describe, expect, it } from 'vitest';
import { InstrumentStatus } from '../domain/codes.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { parseInstrumentsFile } from './instruments-file.ts';

const parse = (text: string) => parseInstrumentsFile(Buffer.from(text));
const ETH = '"name":"ETH-USD","base":"ETH","quote":"USD","tick":0.10,"lot":0.00000001';
const listOf = (...instruments: string[]) => `{"instruments":[${instruments.map((one) => `{${one}}`).join(',')}]}`;

describe('the instruments file', () => {
  it('keeps the digits as they are written, for they say how many decimals there are', () => {
    const [eth, sol] =
      parse(`\n{ "instruments" : [ {${ETH}} ,\n {"name":"SOL-USD","base":"SOL","quote":"USD","tick":"0.001",
      "lot":"0.1","price_band_bps":500,"maker_fee_bps":-0.5,"taker_fee_bps":2,"status":"halted"} ] }\n`);
    expect(eth).toMatchObject({ name: 'ETH-USD', priceScale: 2, priceIncrementTicks: 10, quantityScale: 8 });
    expect(sol).toMatchObject({ name: 'SOL-USD', priceScale: 3, quantityScale: 1, priceBandBps: 500 });
    expect(sol).toMatchObject({ makerFeeMillionths: -50, status: InstrumentStatus.HALTED });
  });

  it('takes what one leaves out from the instrument that a journal begins with', () => {
    expect(parse(listOf('"name":"BTC-USD"'))).toEqual([expect.objectContaining(DEFAULT_INSTRUMENTS[0])]);
    expect(parse(listOf('"name":"BTC-USD","price_band_bps":100'))).toEqual([
      expect.objectContaining({ ...DEFAULT_INSTRUMENTS[0], priceBandBps: 100 }),
    ]);
  });

  it('raises a minimum that is below the tick or the lot that it names', () => {
    const [raised] = parse(listOf('"name":"BTC-USD","tick":0.05,"lot":"0.001"'));
    expect(raised).toMatchObject({ minPriceTicks: 5, minQuantityLots: 100_000 });
    const [named] = parse(listOf('"name":"BTC-USD","tick":0.05,"min_price":"1","lot":"0.001","min_quantity":"0.1"'));
    expect(named).toMatchObject({ minPriceTicks: 100, minQuantityLots: 10_000_000 });
  });

  it('may name none', () => {
    expect(parse('{"instruments":[]}')).toEqual([]);
    expect(parse('{"instruments":[ ]}')).toEqual([]);
  });

  it.each([
    ['', /not valid JSON/],
    ['[]', /not valid JSON/],
    ['{}', /"instruments" is required/],
    ['{"instruments":{}}', /"instruments" must be a list/],
    ['{"instrument":[]}', /no field "instrument"/],
    [`{"instruments":[{${ETH}},]}`, /not valid JSON/],
    ['{"instruments":[1]}', /instrument 1: /],
    [listOf(ETH, '"base":"X"'), /^instrument 2: name is required/],
    [listOf(ETH, '"name":"X-USD"'), /^instrument 2 \(X-USD\): base is required/],
    [listOf(ETH, '"name":"X-USD","base":"X","quote":"USD","tick":0,"lot":1'), /^instrument 2 \(X-USD\): tick /],
    [listOf(`${ETH},"min_price":-1`), /^instrument 1 \(ETH-USD\): min_price /],
    [listOf(`${ETH},"colour":"red"`), /^instrument 1 \(ETH-USD\): There is no field "colour"/],
    [listOf(`${ETH},"tick":1`), /^instrument 1 \(ETH-USD\): The field "tick" is there twice/],
    [listOf('"name":"BTC-USD","quote":"EUR"'), /^instrument 1 \(BTC-USD\): .*whose base BTC, quote USD.* never change/],
    [listOf('"name":"BTC-USD","base":"XBT"'), /^instrument 1 \(BTC-USD\): .* never change/],
    [listOf(ETH, '"name":"BTC-USD","price_scale":3'), /^instrument 2 \(BTC-USD\): .* never change/],
    [listOf('"name":"BTC-USD","quantity_scale":7,"lot":1'), /^instrument 1 \(BTC-USD\): .* never change/],
    [listOf(ETH, ETH), /^instrument 2 \(ETH-USD\): name is there twice/],
  ])('refuses %s', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('has room for as many as the engine', () => {
    const named = (index: number) => ETH.replace('ETH-USD', `X${index}`);
    const many = (count: number) => listOf(...Array.from({ length: count }, (_, index) => named(index)));
    expect(parse(many(63))).toHaveLength(63);
    expect(() => parse(many(64))).toThrow(/64 instruments are too many/);
  });
});
