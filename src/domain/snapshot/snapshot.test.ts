// Snapshots: the same state gives the same bytes, a restored engine goes on as if it had never stopped, and damage is
// refused by name. Restoring in the middle of long hostile runs is part of src/sim/domain-fuzz/fuzz.test.ts.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import type { OrderRows } from '../book/order-rows.ts';
import {
  CommandType,
  InstrumentStatus,
  OrderFlag,
  OrderStatus,
  OrderType,
  RiskMode,
  SelfTrade,
  Side,
  TimeInForce,
} from '../codes.ts';
import { Command } from '../command.ts';
import { Engine } from '../engine.ts';
import { EngineState } from '../engine-state.ts';
import { FIXED_HASH_SECRET } from '../idempotency/half-sip-hash.ts';
import { hashAllAlike } from '../idempotency/testing/hash-all-alike.ts';
import { DEFAULT_INSTRUMENTS } from '../instrument.ts';
import { SILENT_LISTENER } from '../listener.ts';
import { Reason } from '../reasons.ts';
import { ACCOUNT_BYTES } from './account-format.ts';
import { HEADER_BYTES } from './header-format.ts';
import { INSTRUMENT_BYTES } from './instrument-format.ts';
import { SnapshotError } from './snapshot.ts';
import { StateHash } from './state-hash.ts';
import { TRAFFIC_INSTRUMENTS, Traffic } from './testing/traffic.ts';

const KEYS_MAX = 32;
const CHECKSUM_BYTES = 16;
/** Of the last two commands before a snapshot, of one length: nothing else in it has these bytes. */
const LAST_KEYS = ['the last key but one', 'the last key of them'];
const encoder = new TextEncoder();

/** An engine after `commands` random ones. */
function busyEngine(seed: number, commands: number, riskMode: RiskMode = RiskMode.OFF): [Engine, Traffic] {
  const engine = new Engine(
    TRAFFIC_INSTRUMENTS,
    SILENT_LISTENER,
    new EngineState(TRAFFIC_INSTRUMENTS, { idempotencyKeysMax: KEYS_MAX }),
  );
  const traffic = new Traffic(new Random(seed));
  const setRiskMode = Object.assign(new Command(), { type: CommandType.SET_RISK_MODE, value: riskMode });
  engine.apply(1, 1, setRiskMode);
  for (let i = 0; i < commands; i++) engine.apply(engine.sequence + 1, engine.timeUs + 1, traffic.next(engine));
  return [engine, traffic];
}

function restored(engine: Engine): Engine {
  return Engine.fromSnapshot(engine.writeSnapshot(), SILENT_LISTENER);
}

/** What a snapshot does not hold, because it follows from what it holds. */
function derived(engine: Engine): unknown[] {
  const { accounts, balances, instruments, orders } = engine;
  const facts: unknown[] = [engine.nextExpiryUs, engine.openOrders, engine.oldestKeyUs, instruments.currencies];
  for (let i = 0; i < instruments.count; i++) {
    facts.push(instruments.liveOrders(i));
    for (const side of [Side.BUY, Side.SELL]) {
      engine.forEachLevel(i, side, (price, lots, count) => void facts.push([price, lots, count]));
      engine.forEachStop(i, side, (row) => void facts.push(orders.number(row)));
    }
  }
  accounts.forEach((account) => {
    if (accounts.openOrders(account) === 0) return;
    const numbers: number[] = [];
    for (let row = accounts.firstOrder(account); row >= 0; row = orders.accountNext(row))
      numbers.push(orders.number(row));
    facts.push([accounts.clientOf(account), accounts.instrumentOf(account), numbers]);
    facts.push([accounts.openBuyLots(account), accounts.openSellLots(account)]);
  });
  balances.forEach((row) => void facts.push([balances.heldHigh(row), balances.heldLow(row)]));
  return facts;
}

function hashOf(view: DataView, length: number): string {
  const hash = new StateHash();
  hash.update(view, 0, length);
  return hash.digest();
}

/** The bytes with a change, and a checksum that fits them again: what only the checks behind it can find. */
function resealed(bytes: Uint8Array, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  change(view, copy);
  const checksum = hashOf(view, copy.length - CHECKSUM_BYTES);
  for (let i = 0; i < CHECKSUM_BYTES; i++) copy[copy.length - CHECKSUM_BYTES + i] = checksum.charCodeAt(i);
  return copy;
}

/** Where the records of a kind begin. */
function placesOf(view: DataView): { clients: number; accounts: number; balances: number } {
  const [instruments, clientCount, accountCount] = [96, 104, 112].map((at) => view.getFloat64(at, true));
  const clients = HEADER_BYTES + instruments * INSTRUMENT_BYTES;
  let accounts = clients;
  for (let i = 0; i < clientCount; i++) accounts += 1 + view.getUint8(accounts);
  return { clients, accounts, balances: accounts + accountCount * ACCOUNT_BYTES };
}

/** The bytes where a text stands first. */
function textOf(view: DataView, text: string): Uint8Array {
  const start = Buffer.from(view.buffer).indexOf(text);
  expect(start).toBeGreaterThan(0);
  return new Uint8Array(view.buffer, start, text.length);
}

afterEach(() => vi.restoreAllMocks());

describe('engine snapshot', () => {
  it.each([
    [1, RiskMode.OFF],
    [2, RiskMode.OFF],
    [3, RiskMode.BALANCES],
    [4, RiskMode.BALANCES],
  ])('brings back a state that goes on as the old one: seed %d, risk mode %d', (seed, riskMode) => {
    const [engine, traffic] = busyEngine(seed, 100, riskMode);
    for (let round = 0; round < 10; round++) {
      const copy = restored(engine);
      expect(copy.writeSnapshot()).toEqual(engine.writeSnapshot());
      expect(derived(copy)).toEqual(derived(engine));
      for (let i = 0; i < 40; i++) {
        const command = traffic.next(engine);
        copy.apply(engine.sequence + 1, engine.timeUs + 1, command);
        engine.apply(engine.sequence + 1, engine.timeUs + 1, command);
      }
      expect(copy.digest()).toBe(engine.digest());
      expect(derived(copy)).toEqual(derived(engine));
    }
    expect(engine.idempotencyKeys).toBe(KEYS_MAX);
    expect(engine.openOrders).toBeGreaterThan(0);
  });

  it('has a digest of 16 hexadecimal digits to which each byte counts', () => {
    const [engine] = busyEngine(5, 60);
    const bytes = engine.writeSnapshot();
    const view = new DataView(bytes.buffer);
    expect(engine.digest()).toMatch(/^[0-9a-f]{16}$/);
    const digests = new Set([engine.digest()]);
    for (let i = 0; i < bytes.length - CHECKSUM_BYTES; i++) {
      bytes[i] ^= 1;
      digests.add(hashOf(view, bytes.length - CHECKSUM_BYTES));
      bytes[i] ^= 1;
    }
    expect(digests.size).toBe(1 + bytes.length - CHECKSUM_BYTES);
  });

  it('gives the same digest however the state was reached', () => {
    const engines = [1, 2].map(() => new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER));
    const numbers = Array.from({ length: 200 }, (_, i) => i + 1);
    const [straight, roundabout] = engines;
    const command = new Command();
    command.bytes = new TextEncoder().encode('a');
    command.clientLength = 1;
    for (const engine of engines) {
      for (const number of numbers)
        engine.apply(number, 1, Object.assign(command, { priceTicks: number, quantityLots: 1 }));
    }
    // Opposite orders of cancelling leave other free lists, rows and levels behind.
    command.type = CommandType.CANCEL_ORDER;
    for (const targetOrder of numbers.slice(10)) {
      straight.apply(straight.sequence + 1, 1, Object.assign(command, { targetOrder }));
      roundabout.apply(roundabout.sequence + 1, 1, Object.assign(command, { targetOrder: 211 - targetOrder }));
    }
    expect(straight.openOrders).toBe(10);
    expect(roundabout.digest()).toBe(straight.digest());
  });

  it('does not depend on the secret that tables hash with, nor tells it', () => {
    const secrets = [FIXED_HASH_SECRET, [-1, 0x7654_3210]] as const;
    const engines = secrets.map((hashSecret) => {
      const options = { idempotencyKeysMax: KEYS_MAX, hashSecret };
      return new Engine(TRAFFIC_INSTRUMENTS, SILENT_LISTENER, new EngineState(TRAFFIC_INSTRUMENTS, options));
    });
    const traffic = new Traffic(new Random(11));
    const apply = (all: readonly Engine[], commands: number) => {
      const [first] = all;
      for (let i = 0; i < commands; i++) {
        const command = traffic.next(first);
        const [sequence, timeUs] = [first.sequence + 1, first.timeUs + 1];
        for (const engine of all) engine.apply(sequence, timeUs, command);
      }
    };
    apply(engines, 500);
    expect(engines[1].writeSnapshot()).toEqual(engines[0].writeSnapshot());
    const crossed = Engine.fromSnapshot(engines[0].writeSnapshot(), SILENT_LISTENER, secrets[1]);
    apply([...engines, crossed], 500);
    expect([engines[1].digest(), crossed.digest()]).toEqual([engines[0].digest(), engines[0].digest()]);
    expect(engines[0].idempotencyKeys).toBe(KEYS_MAX);
  });

  it('keeps the place of an account and of a balance that have nothing in them', () => {
    const engine = new Engine(
      DEFAULT_INSTRUMENTS,
      SILENT_LISTENER,
      new EngineState(DEFAULT_INSTRUMENTS, { accountsMax: 1 }),
    );
    const command = Object.assign(new Command(), { type: CommandType.SET_RISK_MODE, value: RiskMode.BALANCES });
    command.bytes = encoder.encode('ab');
    command.clientLength = 1;
    const apply = (to: Engine, fields: Partial<Command>) =>
      to.apply(to.sequence + 1, 1, Object.assign(command, fields));
    apply(engine, {});
    apply(engine, { type: CommandType.ADJUST_BALANCE, currency: 1, amountHigh: 1 });
    apply(engine, { type: CommandType.NEW_ORDER, side: Side.BUY, priceTicks: 10, quantityLots: 5 });
    apply(engine, { type: CommandType.CANCEL_ORDER, targetOrder: 3 });
    apply(engine, { type: CommandType.ADJUST_BALANCE, amountHigh: -1 });
    const copy = restored(engine);
    for (const one of [engine, copy]) {
      apply(one, { type: CommandType.ADJUST_BALANCE, clientOffset: 1, amountHigh: 1 });
      apply(one, { type: CommandType.SET_CLIENT_LIMITS });
    }
    expect([copy.accounts.count, copy.balances.count, copy.clients.count]).toEqual([1, 1, 1]);
    expect(copy.digest()).toBe(engine.digest());
  });

  it('is refused for every cut and every flipped bit', () => {
    const bytes = busyEngine(6, 40)[0].writeSnapshot();
    for (let length = 0; length < bytes.length; length += 13) {
      expect(() => Engine.fromSnapshot(bytes.slice(0, length), SILENT_LISTENER)).toThrow(SnapshotError);
    }
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i] ^= 1 << (i % 8);
      expect(() => Engine.fromSnapshot(damaged, SILENT_LISTENER), `byte ${i}`).toThrow(SnapshotError);
    }
  });

  it('is refused or taken at its word, never read as something else', () => {
    const bytes = busyEngine(7, 80, RiskMode.BALANCES)[0].writeSnapshot();
    let refused = 0;
    for (let i = 0; i < bytes.length - CHECKSUM_BYTES; i += 11) {
      const changed = resealed(bytes, (_view, all) => {
        all[i] ^= 1 << (i % 8);
      });
      try {
        expect(Engine.fromSnapshot(changed, SILENT_LISTENER).writeSnapshot(), `byte ${i}`).toEqual(changed);
      } catch (error) {
        if (!(error instanceof SnapshotError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(bytes.length / 44);
  });

  it.each<[string, (view: DataView) => void]>([
    ['wrong magic', (view) => view.setUint8(0, 0)],
    ['version is 1, this engine reads 4', (view) => view.setUint32(8, 1, true)],
    ['sequence is -1', (view) => view.setFloat64(16, -1, true)],
    ['time is 0', (view) => view.setFloat64(24, -0, true)],
    ['trade number is 0.5', (view) => view.setFloat64(32, 0.5, true)],
    ['kill switch is 2', (view) => view.setFloat64(40, 2, true)],
    ['risk mode is 2', (view) => view.setFloat64(48, 2, true)],
    ['keys at a limit of 16', (view) => view.setFloat64(64, 16, true)],
    ['keys at a limit of 33', (view) => view.setFloat64(64, 33, true)],
    ['client limit is', (view) => view.setFloat64(72, 2 ** 23, true)],
    ['more clients, accounts or orders than', (view) => view.setFloat64(72, 1, true)],
    ['more clients, accounts or orders than', (view) => view.setFloat64(80, 1, true)],
    ['more clients, accounts or orders than', (view) => view.setFloat64(88, 1, true)],
    ['instruments is 65', (view) => view.setFloat64(96, 65, true)],
    ['names are distinct', (view) => new Uint8Array(view.buffer).copyWithin(261, 144, 176)],
    ['cannot be live', (view) => view.setFloat64(16, 3, true)],
    ['ends early', (view) => view.setFloat64(128, 2 ** 20, true)],
    ['client 0 has a bad id', (view) => view.setUint8(placesOf(view).clients, 0)],
    ['client 0 has a bad id', (view) => view.setUint8(placesOf(view).clients, 65)],
    ['client 1 appears twice', (view) => textOf(view, 'bob').set(encoder.encode('ann'))],
    ['a balance below 0', (view) => view.setFloat64(placesOf(view).balances + 6, -1, true)],
    ['the key of command 203 appears twice', (view) => textOf(view, LAST_KEYS[1]).set(encoder.encode(LAST_KEYS[0]))],
    ['something stands where nothing belongs', (view) => view.setUint8(view.byteLength - CHECKSUM_BYTES - 1, 1)],
  ])('says what is wrong: %s', (message, change) => {
    const [engine] = busyEngine(8, 200, RiskMode.BALANCES);
    const command = Object.assign(new Command(), { type: CommandType.SET_RISK_MODE, value: RiskMode.BALANCES });
    command.bytes = encoder.encode(`ann${LAST_KEYS.join('')}`);
    command.clientLength = 3;
    LAST_KEYS.forEach((key, i) => {
      Object.assign(command, { keyOffset: 3 + i * key.length, keyLength: key.length });
      engine.apply(engine.sequence + 1, engine.timeUs, command);
    });
    const bytes = engine.writeSnapshot();
    expect(Engine.fromSnapshot(bytes, SILENT_LISTENER).sequence).toBe(203);
    expect(() => Engine.fromSnapshot(resealed(bytes, change), SILENT_LISTENER)).toThrow(message);
  });

  it('is refused with an order that holds more than a balance can be', () => {
    const state = new EngineState(DEFAULT_INSTRUMENTS);
    const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER, state);
    const command = Object.assign(new Command(), { type: CommandType.SET_RISK_MODE, value: RiskMode.BALANCES });
    command.bytes = encoder.encode('a');
    command.clientLength = 1;
    engine.apply(1, 1, command);
    engine.apply(2, 1, Object.assign(command, { type: CommandType.ADJUST_BALANCE, currency: 1, amountHigh: 2 ** 20 }));
    const order = { type: CommandType.NEW_ORDER, side: Side.BUY, priceTicks: 10, quantityLots: 5 };
    engine.apply(3, 1, Object.assign(command, order));
    expect(restored(engine).openOrders).toBe(1);
    const row = engine.findOrder(3);
    state.orders.setPriceTicks(row, 2 ** 48);
    state.orders.setQuantityLots(row, 2 ** 52);
    state.orders.setShownLots(row, 2 ** 52);
    expect(() => restored(engine)).toThrow('order 3 holds more than there can be');
  });

  it.each<[string, (orders: OrderRows, row: number, state: EngineState) => void]>([
    ['crossed', (orders, row) => orders.setPriceTicks(row, 1_000)],
    ['out of place', (orders, row) => orders.setPriceTicks(row, 1)],
    ['cannot be live', (orders, row) => orders.setStatus(row, OrderStatus.CANCELLED)],
    ['cannot be live', (orders, row) => orders.setStatus(row, OrderStatus.PARTIALLY_FILLED)],
    ['cannot be live', (orders, row) => orders.setReason(row, Reason.EXPIRED)],
    ['cannot be live', (orders, row) => orders.setExecutedLots(row, 5)],
    ['cannot be live', (orders, row) => orders.setShownLots(row, 4)],
    ['cannot be live', (orders, row) => orders.setNumber(row, 1_000)],
    ['cannot be live', (orders, row) => orders.setNumber(row, 1)],
    ['cannot be live', (orders, row) => orders.setClient(row, 1)],
    ['cannot be live', (orders, row) => orders.setInstrument(row, 1)],
    ['cannot be live', (_orders, _row, { instruments }) => instruments.setStatus(0, InstrumentStatus.DELISTED)],
    ['cannot be live', (orders, row) => orders.setOrderType(row, OrderType.MARKET)],
    ['cannot be live', (orders, row) => orders.setTerms(row, TimeInForce.IOC, SelfTrade.NONE)],
    ['cannot be live', (orders, row) => orders.setTerms(row, TimeInForce.GTT, SelfTrade.NONE)],
    ['cannot be live', (orders, row) => orders.setFlags(row, OrderFlag.STOP)],
    ['cannot be live', (orders, row) => orders.rare.setStopPriceTicks(orders.ensureRare(row), 5)],
    ['cannot be live', (orders, row) => orders.rare.setDisplayLots(orders.ensureRare(row), 4)],
  ])('is refused with an order that is %s', (message, change) => {
    const state = new EngineState(DEFAULT_INSTRUMENTS);
    const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER, state);
    const command = new Command();
    command.bytes = new TextEncoder().encode('a');
    command.clientLength = 1;
    const prices = [
      [Side.SELL, 20],
      [Side.BUY, 10],
      [Side.BUY, 9],
    ] as const;
    for (const [side, priceTicks] of prices) {
      engine.apply(engine.sequence + 1, 1, Object.assign(command, { side, priceTicks, quantityLots: 5 }));
    }
    expect(restored(engine).openOrders).toBe(3);
    change(state.orders, engine.findOrder(2), state);
    expect(() => restored(engine)).toThrow(message);
  });

  it('is refused with anything behind it', () => {
    const bytes = busyEngine(9, 20)[0].writeSnapshot();
    const longer = new Uint8Array(bytes.length + 8);
    longer.set(bytes.subarray(0, bytes.length - CHECKSUM_BYTES));
    expect(() =>
      Engine.fromSnapshot(
        resealed(longer, () => {}),
        SILENT_LISTENER,
      ),
    ).toThrow('8 bytes too many');
  });

  it('brings back more orders and keys than a block and a buffer hold, whatever they hash to', () => {
    const state = new EngineState(DEFAULT_INSTRUMENTS, { idempotencyKeysMax: 4_096 });
    const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER, state);
    const command = new Command();
    command.bytes = new Uint8Array(65);
    const key = new DataView(command.bytes.buffer, 1);
    Object.assign(command, { clientLength: 1, keyOffset: 1, keyLength: 64, side: Side.BUY });
    for (let i = 1; i <= 5_000; i++) {
      key.setUint32(4 * (i % 16), i);
      command.bytes[0] = 97 + (i % 7);
      Object.assign(command, { priceTicks: 1 + (i % 300), quantityLots: i * i });
      engine.apply(i, i, command);
    }
    const bytes = engine.writeSnapshot();
    const copy = Engine.fromSnapshot(bytes, SILENT_LISTENER, [5, -6]);
    expect([copy.openOrders, copy.idempotencyKeys]).toEqual([5_000, 4_096]);
    expect(copy.writeSnapshot()).toEqual(bytes);
    expect(derived(copy)).toEqual(derived(engine));
    // A known key, then a new one.
    for (const one of [engine, copy]) one.apply(5_001, 5_001, command);
    key.setUint32(0, 7_777);
    for (const one of [engine, copy]) one.apply(5_002, 5_002, command);
    expect(engine.openOrders).toBe(5_001);
    expect(copy.digest()).toBe(engine.digest());
  });

  it('tells keys that hash alike apart', () => {
    const [engine] = busyEngine(12, 300);
    const bytes = engine.writeSnapshot();
    hashAllAlike();
    const copy = Engine.fromSnapshot(bytes, SILENT_LISTENER);
    expect(copy.idempotencyKeys).toBe(KEYS_MAX);
    expect(copy.writeSnapshot()).toEqual(bytes);
  });

  it('brings the instruments it was taken with', () => {
    const [engine] = busyEngine(10, 400);
    const copy = restored(engine);
    const definitions = (of: Engine) =>
      Array.from({ length: of.instruments.count }, (_, i) => ({ ...of.instruments.get(i) }));
    expect(copy.instruments.count).toBeGreaterThan(TRAFFIC_INSTRUMENTS.length);
    expect(definitions(copy)).toEqual(definitions(engine));
  });
});
