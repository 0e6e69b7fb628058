// Rule 12: keys against a plain Map, through growth and eviction; commands against themselves with one field changed.

import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import { OrderRows } from '../book/order-rows.ts';
import { CommandType, OrderFlag, OrderStatus, TimeInForce } from '../codes.ts';
import { Command } from '../command.ts';
import { Reason } from '../reasons.ts';
import { FIXED_HASH_SECRET } from './half-sip-hash.ts';
import { IdempotencyTable } from './idempotency-table.ts';
import { PackedText } from './packed-text.ts';
import { hashAllAlike } from './testing/hash-all-alike.ts';

const encoder = new TextEncoder();

/** A command with every field at some number of its own, under `key`. */
function commandUnder(key: string, changes: Partial<Command> = {}): Command {
  const command = new Command();
  command.bytes = encoder.encode(`ann${key}`);
  command.clientLength = 3;
  command.keyOffset = 3;
  command.keyLength = command.bytes.length - 3;
  const fields: Partial<Command> = { instrument: 3, side: 2, orderType: 1, timeInForce: 4, selfTrade: 1, flags: 2 };
  const numbers: Partial<Command> = { priceTicks: 101, quantityLots: 7, targetOrder: 12, stopPriceTicks: 99 };
  const terms: Partial<Command> = { displayLots: 2, expiresUs: 2 ** 50, amountHigh: -3, amountLow: 5, value: 1 };
  const limits: Partial<Command> = { maxOpenOrders: 1, maxOrderLots: 2, maxPositionLots: 3, currency: 1 };
  const notional: Partial<Command> = { maxOrderNotionalHigh: 4, maxOrderNotionalLow: 5 };
  return Object.assign(command, fields, numbers, terms, limits, notional, changes);
}

describe('idempotency table', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([1, 2, 64, 128, 512])('keeps the newest keys, first in first out: %d of them', (keysMax) => {
    const key = fc.record({ client: fc.nat(3), text: fc.string({ unit: 'binary', minLength: 1, maxLength: 16 }) });
    fc.assert(
      fc.property(fc.array(key, { minLength: keysMax, maxLength: keysMax * 3 }), (keys) => {
        const table = new IdempotencyTable(keysMax);
        const model = new Map<string, number>();
        keys.forEach(({ client, text }, i) => {
          const bytes = encoder.encode(text);
          const name = `${client}/${bytes.join()}`;
          const row = table.find(client, bytes, 0, bytes.length);
          expect(row < 0 ? undefined : table.results.sequence(row)).toBe(model.get(name));
          if (row >= 0) return;
          table.results.setSequence(table.add(client, bytes, 0, bytes.length), i);
          model.set(name, i);
          const [oldest] = model.keys();
          if (model.size > keysMax) model.delete(oldest);
        });
        expect(contents(table)).toEqual([...model]);
      }),
      { numRuns: keysMax > 100 ? 5 : 30, endOnFailure: keysMax > 100 },
    );
  });

  it('finds every key at any moment of its growth, and none that it forgot', () => {
    const table = new IdempotencyTable(1024);
    const keys = Array.from({ length: 3_000 }, (_, i) => encoder.encode(`${i}`.padStart(1 + ((i * 7) % 64), '-')));
    keys.forEach((key, i) => {
      expect(table.find(i % 3, key, 0, key.length)).toBe(-1);
      table.results.setSequence(table.add(i % 3, key, 0, key.length), i);
      for (let known = i; known > i - 1024 && known >= 0; known -= 101) {
        const row = table.find(known % 3, keys[known], 0, keys[known].length);
        expect(row < 0 ? -1 : table.results.sequence(row)).toBe(known);
      }
      const forgotten = i - 1024;
      if (forgotten >= 0) expect(table.find(forgotten % 3, keys[forgotten], 0, keys[forgotten].length)).toBe(-1);
    });
  });

  it('tells keys and clients apart by their bytes', () => {
    const table = new IdempotencyTable();
    const key = encoder.encode('ab\0');
    table.add(0, key, 0, 2);
    expect(table.find(0, key, 0, 2)).toBeGreaterThanOrEqual(0);
    expect(table.find(1, key, 0, 2)).toBe(-1);
    expect(table.find(0, key, 0, 1)).toBe(-1);
    expect(table.find(0, key, 0, 3)).toBe(-1);
    expect(() => table.add(0, key, 0, 0)).toThrow('1 to 64');
    expect(() => new IdempotencyTable(100)).toThrow('power of two');
  });

  it.each([12, 60])('tells keys apart whose hashes are the same: %d bytes that differ in the last 12', (length) => {
    const [one, other] = collision(length);
    const table = new IdempotencyTable();
    table.add(0, one, 0, one.length);
    expect(table.find(0, other, 0, other.length)).toBe(-1);
    const row = table.add(0, other, 0, other.length);
    expect(table.find(0, other, 0, other.length)).toBe(row);
    expect(table.find(0, one, 0, one.length)).not.toBe(row);
  });

  it('tells keys of several lengths and clients apart whose hashes are the same, also when it forgets', () => {
    hashAllAlike();
    const table = new IdempotencyTable(8);
    const keys = ['k', 'key', 'kez', 'a key', 'x'.repeat(60), 'x'.repeat(64)].map((key) => encoder.encode(key));
    const rowOf = (client: number, key: Uint8Array) => table.find(client, key, 0, key.length);
    for (const client of [0, 1]) {
      for (const key of keys) {
        expect(rowOf(client, key)).toBe(-1);
        const row = table.add(client, key, 0, key.length);
        expect(rowOf(client, key)).toBe(row);
      }
    }
    const known = [0, 1].map((client) => keys.map((key) => rowOf(client, key) >= 0));
    expect(known[0]).toEqual([false, false, false, false, true, true]);
    expect(known[1]).not.toContain(false);
    expect(new Set(keys.map((key) => rowOf(1, key))).size).toBe(keys.length);
  });

  it('remembers orders, refusals and values', () => {
    const table = new IdempotencyTable(4);
    const orders = new OrderRows();
    const order = orders.take();
    orders.clear(order);
    orders.setNumber(order, 12);
    orders.setStatus(order, OrderStatus.PARTIALLY_FILLED);
    orders.setUpdatedUs(order, 500);
    orders.rare.setDisplayLots(orders.ensureRare(order), 4);
    expect(table.oldestUs()).toBe(0);
    for (let round = 0; round < 3; round++) {
      table.addOrder(7, sought(table, 7, commandUnder(`a${round}`)), 20, orders, order, 3, 2);
      table.addRefusal(7, sought(table, 7, commandUnder(`b${round}`)), 21, 501, Reason.ORDER_UNKNOWN);
      table.addValue(7, sought(table, 7, commandUnder(`c${round}`, { type: CommandType.MASS_CANCEL })), 22, 502, 9);
    }
    const { results } = table;
    expect([table.size, table.oldestUs()]).toEqual([4, 502]);
    const [, first, refusal, value] = Array.from({ length: 4 }, (_, age) => table.rowAt(age));
    expect([results.isRefusal(first), results.isValue(first), results.value(first)]).toEqual([false, false, 0]);
    expect([results.sequence(first), results.firstTrade(first), results.tradeCount(first)]).toEqual([20, 3, 2]);
    expect([results.orders.number(first), results.orders.displayLots(first)]).toEqual([12, 4]);
    expect([results.isRefusal(refusal), results.orders.reason(refusal)]).toEqual([true, Reason.ORDER_UNKNOWN]);
    // The row held an order before.
    expect([results.orders.number(refusal), results.orders.displayLots(refusal)]).toEqual([0, 0]);
    expect([results.isValue(value), results.value(value), results.firstTrade(value)]).toEqual([true, 9, 0]);
    expect(results.commandType(value)).toBe(CommandType.MASS_CANCEL);
    expect([refusal, value].map((row) => results.orders.client(row))).toEqual([7, 7]);
  });

  it('leaves nothing of a key that was forgotten to the next one', () => {
    const table = new IdempotencyTable(1);
    const stop = commandUnder('a stop has rare numbers');
    const cancel = commandUnder('as long as a key may be, it lies partly where the numbers lay', {
      type: CommandType.CANCEL_ORDER,
    });
    const short = commandUnder('short', { type: CommandType.CANCEL_ORDER });
    for (const command of [stop, cancel, stop, short, cancel]) {
      table.addRefusal(0, sought(table, 0, command), 1, 1, Reason.ORDER_UNKNOWN);
      expect(table.isSameCommand(table.rowAt(0), command)).toBe(true);
      expect(table.find(0, command.bytes, command.keyOffset, command.keyLength)).toBe(table.rowAt(0));
    }
  });

  // What each type of command means; all else may differ.
  const order = ['instrument', 'side', 'orderType', 'timeInForce', 'selfTrade', 'flags', 'priceTicks', 'quantityLots'];
  const terms = ['stopPriceTicks', 'displayLots', 'expiresUs'];
  const limits = ['maxOpenOrders', 'maxOrderLots', 'maxOrderNotionalHigh', 'maxOrderNotionalLow', 'maxPositionLots'];
  const quote = { flags: OrderFlag.QUOTE_AMOUNT, timeInForce: TimeInForce.IOC };
  it.each<[string, Partial<Command>, string[]]>([
    ['a stop till a time', { type: CommandType.NEW_ORDER }, [...order, ...terms]],
    ['a plain order', { type: CommandType.NEW_ORDER, flags: 0, timeInForce: 1 }, [...order, 'displayLots']],
    ['by amount', { type: CommandType.NEW_ORDER, ...quote }, [...order, 'displayLots', 'amountHigh', 'amountLow']],
    ['a replacement', { type: CommandType.REPLACE_ORDER }, [...order, ...terms, 'targetOrder']],
    ['a cancel', { type: CommandType.CANCEL_ORDER }, ['targetOrder']],
    ['an amend', { type: CommandType.AMEND_ORDER }, ['targetOrder', 'priceTicks', 'quantityLots']],
    ['a mass cancel', { type: CommandType.MASS_CANCEL }, ['instrument', 'side']],
    ['a status', { type: CommandType.SET_INSTRUMENT_STATUS }, ['instrument', 'value']],
    ['a kill switch', { type: CommandType.SET_KILL_SWITCH }, ['value']],
    ['a risk mode', { type: CommandType.SET_RISK_MODE }, ['value']],
    ['limits', { type: CommandType.SET_CLIENT_LIMITS }, ['instrument', ...limits]],
    ['a deposit', { type: CommandType.ADJUST_BALANCE }, ['currency', 'amountHigh', 'amountLow']],
    ['a settlement', { type: CommandType.CLOSE_SETTLEMENT }, []],
  ])('knows the same command again by what it means: %s', (_name, changes, meaning) => {
    const table = new IdempotencyTable();
    const first = commandUnder('one', changes);
    table.addRefusal(0, first, 1, 1, Reason.ORDER_UNKNOWN);
    const row = table.rowAt(0);
    expect(table.isSameCommand(row, first)).toBe(true);
    const type = first.type === CommandType.NEW_ORDER ? CommandType.REPLACE_ORDER : CommandType.NEW_ORDER;
    expect(table.isSameCommand(row, commandUnder('one', { ...changes, type }))).toBe(false);
    const numbers = Object.entries(first).filter(([, value]) => typeof value === 'number');
    const decisive = numbers.filter(([field, value]) => {
      if (/type|Offset|Length/.test(field)) return false;
      // Another known value: post-only and slippage are the flags that make no other field count.
      const other =
        field === 'flags' ? value ^ OrderFlag.SLIPPAGE : field === 'timeInForce' ? (value % 3) + 1 : value + 1;
      return !table.isSameCommand(row, Object.assign(commandUnder('one', changes), { [field]: other }));
    });
    expect(decisive.map(([field]) => field).sort()).toEqual([...meaning].sort());
  });

  it('takes the key of a client that nothing was sought for', () => {
    const table = new IdempotencyTable();
    const [first, second] = [commandUnder('key'), commandUnder('key')];
    table.addRefusal(0, first, 1, 1, Reason.ORDER_UNKNOWN);
    table.addRefusal(1, second, 2, 2, Reason.ORDER_UNKNOWN);
    expect([0, 1].map((client) => table.find(client, first.bytes, first.keyOffset, first.keyLength))).toEqual([0, 1]);
  });

  /** The command, once its key was found to be unknown. */
  function sought(table: IdempotencyTable, client: number, command: Command): Command {
    expect(table.find(client, command.bytes, command.keyOffset, command.keyLength)).toBe(-1);
    return command;
  }

  /** Two texts of one length that hash alike: among 2^18 there are some eight such pairs. */
  function collision(length: number): [Uint8Array, Uint8Array] {
    const random = new Random(1);
    const text = new PackedText(FIXED_HASH_SECRET);
    const seen = new Map<number, Uint8Array>();
    for (let i = 0; i < 2 ** 18; i++) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at < length - 12 ? 65 : random.below(256)));
      const known = seen.get(text.pack(bytes, 0, bytes.length, 0).hash);
      if (known !== undefined) return [known, bytes];
      seen.set(text.hash, bytes);
    }
    throw new Error('no two texts hash alike');
  }

  function contents(table: IdempotencyTable): [string, number][] {
    return Array.from({ length: table.size }, (_, age) => {
      const row = table.rowAt(age);
      const key = new Uint8Array(64);
      const length = table.results.copyKeyTo(row, key, 0);
      return [`${table.results.orders.client(row)}/${key.subarray(0, length).join()}`, table.results.sequence(row)];
    });
  }
});
