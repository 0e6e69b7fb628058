// Prepared depth as gateways and Redis cut it: exact at any size, best first, as deep as asked for.

import { describe, expect, it } from 'vitest';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { DEPTH_BYTES_MAX } from '../wire/depth-codec.ts';
import { PreparedBook } from '../wire/prepared-book.ts';
import { DepthWriter } from './depth-writer.ts';
import { L2Book } from './l2-book.ts';

const [BTC_USD] = DEFAULT_INSTRUMENTS;

function prepare() {
  const latest = LatestValue.create(new SharedArrayBuffer(LatestValue.bytesNeeded(DEPTH_BYTES_MAX)), DEPTH_BYTES_MAX);
  const prepared = new PreparedBook(latest, BTC_USD);
  const text = (levels: number, sequence: number) => {
    const body = prepared.body(levels, sequence);
    return body === undefined ? undefined : Buffer.from(body).toString();
  };
  return { book: new L2Book(), writer: new DepthWriter(BTC_USD, latest), text };
}

describe('prepared depth', () => {
  it('shows the best levels first, with cumulative quantities', () => {
    const { book, writer, text } = prepare();
    book.asks.add(7_000_100, 50);
    book.asks.add(7_000_000, 100_000_000);
    book.bids.add(6_999_900, 1);
    writer.publish(book, 9, 20, true);
    expect(text(20, 9)).toBe(
      '{"instrument":"BTC-USD","sequence":9,' +
        '"asks":[{"price":70000.00,"quantity":1.00000000,"cumulative":1.00000000},' +
        '{"price":70001.00,"quantity":0.00000050,"cumulative":1.00000050}],' +
        '"bids":[{"price":69999.00,"quantity":0.00000001,"cumulative":0.00000001}]}',
    );
    expect(text(1, 9)).toBe(
      '{"instrument":"BTC-USD","sequence":9,"asks":[{"price":70000.00,"quantity":1.00000000,"cumulative":1.00000000}],' +
        '"bids":[{"price":69999.00,"quantity":0.00000001,"cumulative":0.00000001}]}',
    );
  });

  it('is withheld while it is too old or not deep enough', () => {
    const { book, writer, text } = prepare();
    expect(text(1, 0)).toBeUndefined();
    for (let price = 1; price <= 30; price++) book.asks.add(price, 1);
    writer.publish(book, 5, 20, true);
    expect(text(20, 6)).toBeUndefined();
    expect(text(21, 5)).toBeUndefined();
    writer.publish(book, 5, 30, false);
    expect(JSON.parse(text(1_000, 5) ?? '').asks).toHaveLength(30);
  });

  it('gives a book that has not changed its new sequence, and one that has all of it', () => {
    const { book, writer, text } = prepare();
    book.asks.add(7_000_000, 1);
    writer.publish(book, 5, 20, true);
    writer.publish(book, 6, 20, false);
    expect(JSON.parse(text(20, 6) ?? '')).toMatchObject({ sequence: 6, asks: [{ price: 70_000 }], bids: [] });
    book.asks.add(7_000_000, -1);
    writer.publish(book, 7, 20, true);
    expect(text(20, 7)).toBe('{"instrument":"BTC-USD","sequence":7,"asks":[],"bids":[]}');
  });

  it('adds up beyond 2^53 lots exactly', () => {
    const { book, writer, text } = prepare();
    const lots = 2 ** 53 - 1;
    for (let price = 1; price <= 4; price++) book.asks.add(price, lots);
    writer.publish(book, 1, 20, true);
    const cumulative = [...(text(20, 1) ?? '').matchAll(/"cumulative":([\d.]+)/g)].map(([, digits]) => digits);
    const exact = [1n, 2n, 3n, 4n].map((n) => (n * BigInt(lots)).toString().replace(/(\d{8})$/, '.$1'));
    expect(cumulative).toEqual(exact);
  });

  it('forgets a level that is empty and refuses to hold less than nothing', () => {
    const { book, writer, text } = prepare();
    expect(book.bids.add(5, 3)).toBe(3);
    expect(book.bids.add(5, -3)).toBe(0);
    expect(() => book.bids.add(5, -1)).toThrow();
    writer.publish(book, 1, 20, true);
    expect(text(20, 1)).toBe('{"instrument":"BTC-USD","sequence":1,"asks":[],"bids":[]}');
  });
});
