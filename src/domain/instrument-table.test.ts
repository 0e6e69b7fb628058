import { describe, expect, it } from 'vitest';
import { OrderRows } from './book/order-rows.ts';
import { InstrumentStatus } from './codes.ts';
import { DEFAULT_INSTRUMENTS } from './instrument.ts';
import { InstrumentTable } from './instrument-table.ts';

describe('instrument table', () => {
  const [bitcoin] = DEFAULT_INSTRUMENTS;
  const ether = { ...bitcoin, name: 'ETH-USD', base: 'ETH' };
  const cross = { ...bitcoin, name: 'ETH-BTC', base: 'ETH', quote: 'BTC' };

  it('names currencies in order of appearance', () => {
    const table = new InstrumentTable([bitcoin, ether], new OrderRows());
    expect(table.define(cross)).toBe(2);
    expect([table.count, table.find('ETH-BTC'), table.find('ETH-EUR')]).toEqual([3, 2, -1]);
    expect(table.currencies).toEqual(['BTC', 'USD', 'ETH']);
    expect([table.baseOf(2), table.quoteOf(2), table.currencyOf('EUR')]).toEqual([2, 0, -1]);
  });

  it('changes terms in place and keeps the rest', () => {
    const table = new InstrumentTable([bitcoin], new OrderRows());
    const definition = table.get(0);
    table.setLastPriceTicks(0, 77);
    table.orderOpened(0);
    expect(table.define({ ...bitcoin, priceBandBps: 500, status: InstrumentStatus.HALTED })).toBe(0);
    expect([definition.priceBandBps, definition.status]).toEqual([500, InstrumentStatus.OPEN]);
    table.setStatus(0, InstrumentStatus.HALTED);
    expect([definition.status, table.lastPriceTicks(0), table.liveOrders(0)]).toEqual([InstrumentStatus.HALTED, 77, 1]);
    table.orderClosed(0);
    expect(() => table.orderClosed(0)).toThrow('live');
    expect(bitcoin.priceBandBps).toBe(0);
  });

  it('keeps currencies and scales, and takes no more than there is room for', () => {
    const table = new InstrumentTable([bitcoin], new OrderRows());
    expect(table.differsInKind(0, { ...bitcoin, minPriceTicks: 2 })).toBe(false);
    for (const change of [{ base: 'ETH' }, { quote: 'EUR' }, { priceScale: 1 }, { quantityScale: 1 }]) {
      expect(table.differsInKind(0, { ...bitcoin, ...change })).toBe(true);
      expect(() => table.define({ ...bitcoin, ...change })).toThrow('never change');
    }
    for (let i = 1; i < 64; i++) table.define({ ...bitcoin, name: `I${i}` });
    expect(table.isFull).toBe(true);
    expect(() => table.define(ether)).toThrow('room');
    expect(() => table.get(64)).toThrow('exists');
  });
});
