// The instruments that other threads see: always one whole table, the newest, found by name and by currency.

import { describe, expect, it } from 'vitest';
import { InstrumentStatus } from '../domain/codes.ts';
import { DEFAULT_INSTRUMENTS, INSTRUMENTS_MAX, type Instrument, InstrumentDefinition } from '../domain/instrument.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { INSTRUMENT_DIRECTORY_BYTES, InstrumentDirectory, InstrumentDirectoryWriter } from './instrument-directory.ts';
import { InstrumentList } from './instrument-list.ts';

const like = (fields: Partial<Instrument>): Instrument => ({ ...DEFAULT_INSTRUMENTS[0], ...fields });
const ETH = like({ name: 'ETH-USD', base: 'ETH', priceScale: 3, makerFeeMillionths: -25, takerFeeMillionths: 100 });
const BTC_EUR = like({ name: 'BTC-EUR', quote: 'EUR', priceBandBps: 500, referencePriceTicks: 2 ** 46 });
const delisted = (instrument: Instrument) => ({ ...instrument, status: InstrumentStatus.DELISTED });
const table = (instruments: readonly Instrument[]) => ({
  count: instruments.length,
  get: (index: number) => instruments[index],
});

function newDirectory() {
  const buffer = new SharedArrayBuffer(LatestValue.bytesNeeded(INSTRUMENT_DIRECTORY_BYTES));
  LatestValue.create(buffer, INSTRUMENT_DIRECTORY_BYTES);
  const writer = new InstrumentDirectoryWriter(new LatestValue(buffer));
  return { writer, reader: new InstrumentDirectory(new LatestValue(buffer)) };
}

describe('the directory', () => {
  it('is empty until something is published', () => {
    const { writer, reader } = newDirectory();
    expect(reader.current.all).toEqual([]);
    writer.publish(table(DEFAULT_INSTRUMENTS), 0);
    expect(reader.current.all).toEqual(DEFAULT_INSTRUMENTS.map((one) => new InstrumentDefinition().set(one)));
    expect(reader.current.version).toBe(0);
  });

  it('shows the newest table, and the same object until there is a newer one', () => {
    const { writer, reader } = newDirectory();
    const all = [DEFAULT_INSTRUMENTS[0], ETH, BTC_EUR];
    writer.publish(table(all), 7);
    const first = reader.current;
    expect(first.all).toMatchObject(all);
    expect(reader.current).toBe(first);
    writer.publish(table([delisted(all[0]), ETH]), 9);
    expect(reader.current.all).toMatchObject([delisted(all[0]), ETH]);
    expect(reader.current.version).toBe(9);
    expect(first.all).toMatchObject(all);
  });

  it('holds as many as there may be', () => {
    const { writer, reader } = newDirectory();
    const many = Array.from({ length: INSTRUMENTS_MAX }, (_, i) =>
      like({ name: `ABCDEFGHIJKLM-${i}`, base: 'ABCDEFGH' }),
    );
    writer.publish(table(many), 1);
    expect(reader.current.all).toMatchObject(many);
    expect(() => writer.publish(table([...many, ETH]), 2)).toThrow('room');
  });
});

describe('a list', () => {
  const list = new InstrumentList([DEFAULT_INSTRUMENTS[0], ETH, BTC_EUR]);

  it('finds instruments by name', () => {
    const bytes = new TextEncoder().encode('xETH-USDx');
    expect([list.find(bytes, 1, 8), list.find(bytes, 1, 7), list.find(bytes, 1, 1)]).toEqual([1, -1, -1]);
    expect([list.indexOf('BTC-EUR'), list.indexOf('btc-eur')]).toEqual([2, -1]);
  });

  it('numbers currencies as they appear, base before quote', () => {
    expect(list.currencies).toEqual(['BTC', 'USD', 'ETH', 'EUR']);
    expect([list.currencyOf('EUR'), list.currencyOf('CHF')]).toEqual([3, -1]);
  });

  it('means the first listed instrument when none is named, however many there are', () => {
    const [btc] = DEFAULT_INSTRUMENTS;
    expect(new InstrumentList([btc]).first).toBe(0);
    expect(list.first).toBe(0);
    expect(new InstrumentList([{ ...btc, status: InstrumentStatus.HALTED }, ETH]).first).toBe(0);
    expect(new InstrumentList([delisted(btc), ETH, BTC_EUR]).first).toBe(1);
    expect(new InstrumentList([delisted(btc), delisted(ETH)]).first).toBe(0);
  });

  it('is its own source', () => {
    expect(list.current).toBe(list);
  });
});
