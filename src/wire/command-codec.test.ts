// The command record: what is encoded comes back, whatever the type, and what was journaled before extensions still reads.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMAND_TYPE_MAX, CommandType, InstrumentStatus } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import {
  COMMAND_FIXED_BYTES,
  COMMAND_SLOT_BYTES,
  commandLength,
  decodeCommand,
  decodeOrigin,
  encodeCommand,
} from './command-codec.ts';

const count = fc.maxSafeNat();
const text = fc.uint8Array({ maxLength: 64 });
const name = (max: number) => fc.string({ unit: fc.constantFrom(...'AZ09-_./'), minLength: 1, maxLength: max });
const rare = fc.constantFrom(0, 0, 1, Number.MAX_SAFE_INTEGER);
const low = fc.nat(2 ** 48 - 1);
const high = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
const fee = fc.integer({ min: -1_000_000, max: 1_000_000 });

const fixed = fc.record({
  instrument: fc.nat(65_535),
  side: fc.nat(2),
  orderType: fc.integer({ min: 1, max: 2 }),
  timeInForce: fc.integer({ min: 1, max: 4 }),
  flags: fc.nat(15),
  priceTicks: count,
  quantityLots: count,
  targetOrder: count,
});
const rares = fc.record({
  selfTrade: fc.nat(4),
  stopPriceTicks: rare,
  displayLots: rare,
  expiresUs: rare,
  amountHigh: fc.constantFrom(0, 0, 7),
  amountLow: rare.map((value) => value % 2 ** 48),
});
const definition = fc.record({
  name: name(16),
  base: name(8),
  quote: name(8),
  priceScale: fc.nat(14),
  quantityScale: fc.nat(14),
  minPriceTicks: count,
  maxPriceTicks: count,
  minQuantityLots: count,
  maxQuantityLots: count,
  priceIncrementTicks: count,
  quantityIncrementLots: count,
  priceBandBps: fc.nat(10_000),
  referencePriceTicks: count,
  makerFeeMillionths: fee,
  takerFeeMillionths: fee,
  status: fc.constantFrom(...Object.values(InstrumentStatus)),
});
const limits = fc.record({
  maxOpenOrders: count,
  maxOrderLots: count,
  maxOrderNotionalHigh: count,
  maxOrderNotionalLow: low,
  maxPositionLots: count,
});

/** What each type carries beyond the fixed part. */
function meaning(type: number): fc.Arbitrary<object> {
  switch (type) {
    case CommandType.NEW_ORDER:
    case CommandType.REPLACE_ORDER:
      return rares;
    case CommandType.SET_INSTRUMENT_STATUS:
    case CommandType.SET_KILL_SWITCH:
    case CommandType.SET_RISK_MODE:
      return fc.record({ value: fc.nat(5) });
    case CommandType.SET_CLIENT_LIMITS:
      return limits;
    case CommandType.ADJUST_BALANCE:
      return fc.record({ amountHigh: high, amountLow: low, currency: fc.nat(127) });
    case CommandType.DEFINE_INSTRUMENT:
      return definition.map((own) => ({ definition: own }));
    default:
      return fc.constant({});
  }
}

const OFFSET = 16;
const bytes = new Uint8Array(OFFSET + COMMAND_SLOT_BYTES + 8);
const view = new DataView(bytes.buffer);
const ORIGIN = { gateway: 3, requestId: 0xfffffffe, receivedUs: 2 ** 50 + 1 };

function command(fields: object, client: Uint8Array, key: Uint8Array): Command {
  const own = new Command();
  const { definition: defined, ...rest } = { definition: undefined, ...fields };
  Object.assign(own, rest);
  if (defined !== undefined) Object.assign(own.definition, defined);
  own.bytes = new Uint8Array([9, ...client, ...key]);
  own.clientOffset = 1;
  own.clientLength = client.length;
  own.keyOffset = 1 + client.length;
  own.keyLength = key.length;
  return own;
}

/** A command full of what must not survive decoding. */
function soiled(): Command {
  const own = new Command();
  const numbers = Object.entries(own).filter(([, value]) => typeof value === 'number');
  for (const [field] of numbers) Object.assign(own, { [field]: 77 });
  return own;
}

describe('a command record', () => {
  it.each(Array.from({ length: COMMAND_TYPE_MAX }, (_, i) => i + 1))('of type %d comes back as it was', (type) => {
    // A definition carries no texts.
    const texts = type === CommandType.DEFINE_INSTRUMENT ? fc.constant(new Uint8Array(0)) : text;
    fc.assert(
      fc.property(fixed, meaning(type), texts, texts, (base, more, client, key) => {
        bytes.fill(0xee);
        const length = encodeCommand(bytes, view, OFFSET, command({ type, ...base, ...more }, client, key), ORIGIN);
        expect(length % 8).toBe(0);
        expect(length).toBeLessThanOrEqual(COMMAND_SLOT_BYTES);
        expect(commandLength(view, OFFSET)).toBe(length);
        expect(bytes[OFFSET + length]).toBe(0xee);

        const decoded = soiled();
        expect(decodeCommand(bytes, view, OFFSET, decoded)).toBe(length);
        expect(decoded).toMatchObject({ type, ...base, ...more });
        const { clientOffset, clientLength, keyOffset, keyLength } = decoded;
        expect(decoded.bytes.slice(clientOffset, clientOffset + clientLength)).toEqual(client);
        expect(decoded.bytes.slice(keyOffset, keyOffset + keyLength)).toEqual(key);
        const origin = { gateway: 0, requestId: 0, receivedUs: 0 };
        decodeOrigin(view, OFFSET, origin);
        expect(origin).toEqual(ORIGIN);
      }),
      { numRuns: 200 },
    );
  });

  it('of an order without rare fields is what it was before there were any, byte by byte', () => {
    const fields = {
      type: 1,
      instrument: 2,
      side: 2,
      orderType: 1,
      timeInForce: 1,
      flags: 1,
      priceTicks: 5,
      quantityLots: 6,
    };
    const length = encodeCommand(
      bytes,
      view,
      0,
      command(fields, new Uint8Array([97]), new Uint8Array([98, 99])),
      ORIGIN,
    );
    const old = new Uint8Array(64);
    const words = new DataView(old.buffer);
    for (const [i, value] of [64, 1, 3, 2].entries()) words.setUint16(i * 2, value, true);
    words.setUint32(8, 0xfffffffe, true);
    old.set([2, 1, 1, 1], 12);
    for (const [i, value] of [2 ** 50 + 1, 5, 6, 0].entries()) words.setFloat64(16 + i * 8, value, true);
    old.set([1, 2], 48);
    old.set([97, 98, 99], 56);
    expect(bytes.slice(0, length)).toEqual(old);
    const decoded = soiled();
    decodeCommand(old, words, 0, decoded);
    expect(decoded).toMatchObject({ ...fields, selfTrade: 0, stopPriceTicks: 0, displayLots: 0, expiresUs: 0 });
    expect(decoded).toMatchObject({ amountHigh: 0, amountLow: 0, value: 0 });
  });

  it('does not depend on what its type does not use', () => {
    const none = new Uint8Array(0);
    const base = { type: CommandType.CANCEL_ORDER, targetOrder: 9, instrument: 0, side: 1, flags: 0 };
    const clean = encodeCommand(bytes, view, 0, command(base, none, none), ORIGIN);
    const record = bytes.slice(0, clean);
    const dirt = { ...base, selfTrade: 3, value: 4, stopPriceTicks: 5, displayLots: 6, expiresUs: 7, amountLow: 8 };
    encodeCommand(bytes, view, 0, command(dirt, none, none), ORIGIN);
    expect(bytes.slice(0, clean)).toEqual(record);
    expect(clean).toBe(COMMAND_FIXED_BYTES);
  });

  it('asserts on one that contradicts itself', () => {
    const length = encodeCommand(bytes, view, 0, command({ type: 1 }, new Uint8Array(3), new Uint8Array(0)), ORIGIN);
    for (const [at, value] of [
      [0, length + 8],
      [48, 64],
      [51, 1],
      [2, CommandType.ADJUST_BALANCE],
    ]) {
      const broken = bytes.slice();
      broken[at] = value;
      expect(() => decodeCommand(broken, new DataView(broken.buffer), 0, new Command())).toThrow();
    }
    const long = command({ type: CommandType.DEFINE_INSTRUMENT }, new Uint8Array(64), new Uint8Array(64));
    expect(() => encodeCommand(bytes, view, 0, long, ORIGIN)).toThrow('fits a slot');
  });
});
