// Binary commands: they are what JSON says, to the byte and to the refusal; and whatever a record holds, it is refused or good.

import { describe, expect, it } from 'vitest';
import { ALL_INSTRUMENTS, CommandType } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { assertWellFormed } from '../domain/rules/well-formed.ts';
import { Random } from '../sim/testing/random.ts';
import { CLIENT_MESSAGES, FrameReader } from './binary-frame.ts';
import { BinaryCommandReader } from './binary-orders.ts';
import {
  type BinaryRequest,
  COMMAND_MESSAGE_BYTES_MAX,
  encodeCommandFrame,
  encodeStatusFrame,
  writeCommandMessage,
} from './binary-requests.ts';
import { COMMAND_SLOT_BYTES, encodeCommand } from './command-codec.ts';
import { InstrumentList } from './instrument-list.ts';
import type { RequestProblem } from './problem.ts';
import { SAMPLE_INSTRUMENTS, sampleCommand } from './testing/binary-samples.ts';
import { JsonTwin } from './testing/json-twin.ts';

const reader = new BinaryCommandReader(SAMPLE_INSTRUMENTS);
const frame = new FrameReader(CLIENT_MESSAGES);
const twin = new JsonTwin(SAMPLE_INSTRUMENTS);
const command = new Command();

/** The bytes that go into the command ring. */
function ringBytes(of: Command): string {
  const bytes = new Uint8Array(COMMAND_SLOT_BYTES);
  const length = encodeCommand(bytes, new DataView(bytes.buffer), 0, of, { gateway: 1, requestId: 2, receivedUs: 3 });
  return Buffer.from(bytes.subarray(0, length)).toString('hex');
}

function frameOf(of: Command): Uint8Array {
  const bytes = new Uint8Array(COMMAND_MESSAGE_BYTES_MAX);
  return bytes.slice(0, writeCommandMessage(bytes, new DataView(bytes.buffer), 0, 77, of, false));
}

/** Reads the first message of `bytes`, which lie where nothing is aligned. */
function read(bytes: Uint8Array, own = reader): boolean {
  const room = new Uint8Array(bytes.length + 16).fill(0xa5);
  room.set(bytes, 5);
  frame.start(room.subarray(5, 5 + bytes.length));
  if (!frame.next()) return false;
  return own.readCommand(frame.bytes, frame.view, frame.body, frame.end, command);
}

function refusal(request: BinaryRequest | Uint8Array): { code: string; field: string; status: number } {
  expect(read(request instanceof Uint8Array ? request : encodeCommandFrame(77, request))).toBe(false);
  expect(reader.requestId).toBe(77);
  const { code, field, status } = reader.problem;
  return { code, field, status };
}

/** The frame of `request`, changed. */
function changed(request: BinaryRequest, change: (bytes: Uint8Array, view: DataView) => void): Uint8Array {
  const bytes = encodeCommandFrame(77, request);
  change(bytes, new DataView(bytes.buffer));
  return bytes;
}

const ORDER: BinaryRequest = {
  type: CommandType.NEW_ORDER,
  clientId: 'alice',
  idempotencyKey: 'k',
  priceTicks: 7_000_000,
  quantityLots: 5,
};
const CANCEL: BinaryRequest = { type: CommandType.CANCEL_ORDER, targetOrder: 9, clientId: 'alice' };
const AMEND: BinaryRequest = { type: CommandType.AMEND_ORDER, targetOrder: 9, instrument: 1, priceTicks: 125 };
const MASS: BinaryRequest = { type: CommandType.MASS_CANCEL, clientId: 'alice' };
/** Where the record begins in a frame. */
const RECORD = 16;

describe('a command record', () => {
  it('is what the same request in JSON is, and refused for the same reason', () => {
    const random = new Random(1);
    const outcomes = new Map<string, number>();
    for (let n = 0; n < 20_000; n++) {
      const said = sampleCommand(random);
      const outcome = jsonOutcome(said);
      expect(binaryOutcome(reader, said), `sample ${n}`).toBe(outcome);
      // What the JSON parser made is a good record itself.
      if (!outcome.startsWith('refused')) expect(binaryOutcome(reader, twin.command)).toBe(outcome);
      const name = outcome.startsWith('refused') ? outcome : `good ${said.type}`;
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    }
    // The samples say enough: all commands, and all that can be wrong with an order.
    for (const type of [1, 2, 3, 4, 5]) expect(outcomes.get(`good ${type}`)).toBeGreaterThan(500);
    expect(outcomes.size).toBeGreaterThan(45);
  });

  it('would not be if a bound were another', () => {
    const [btc, eth] = SAMPLE_INSTRUMENTS.all;
    const changes = [{ maxPriceTicks: 999_975 }, { minQuantityLots: 3_000 }, { priceIncrementTicks: 50 }];
    for (const change of changes) {
      const other = new BinaryCommandReader(new InstrumentList([btc, { ...eth, ...change }]));
      const random = new Random(1);
      const samples = Array.from({ length: 20_000 }, () => sampleCommand(random));
      expect(samples.some((said) => binaryOutcome(other, said) !== jsonOutcome(said))).toBe(true);
    }
  });

  function jsonOutcome(said: Command): string {
    return twin.parse(said) ? ringBytes(twin.command) : refused(twin.problem);
  }

  function binaryOutcome(own: BinaryCommandReader, said: Command): string {
    return read(frameOf(said), own) ? ringBytes(command) : refused(own.problem);
  }

  function refused({ code, field, status }: Readonly<RequestProblem>): string {
    return `refused ${status} ${code} ${field}`;
  }

  it('is refused or good, whatever byte of it is another', () => {
    const random = new Random(2);
    let good = 0;
    for (let n = 0; n < 60; n++) {
      const bytes = frameOf(sampleCommand(random));
      for (let at = 0; at < bytes.length; at++) {
        for (const mask of [1, 0x80, 0xff, 1 + random.below(255)]) {
          bytes[at] ^= mask;
          if (read(bytes)) {
            good++;
            expectReachable();
          }
          bytes[at] ^= mask;
        }
      }
    }
    expect(good).toBeGreaterThan(1_000);
  });

  it('is refused when it is cut or goes on', () => {
    const random = new Random(3);
    for (let n = 0; n < 60; n++) {
      const bytes = frameOf(sampleCommand(random));
      for (let length = 0; length < bytes.length; length++) expect(read(bytes.subarray(0, length))).toBe(false);
      // Its own length says so, and still it is not what the record holds.
      for (const more of [8, 16, 64]) {
        const longer = new Uint8Array(bytes.length + more);
        longer.set(bytes);
        new DataView(longer.buffer).setUint32(4, longer.length, true);
        expect(read(longer)).toBe(false);
      }
    }
  });

  function expectReachable(): void {
    assertWellFormed(command);
    const record = ringBytes(command);
    expect(twin.parse(command), twin.problem.detail).toBe(true);
    expect(ringBytes(twin.command)).toBe(record);
  }
});

describe('what JSON cannot say', () => {
  it.each<[string, BinaryRequest | Uint8Array, string, string]>([
    ['no type of command', changed(ORDER, (bytes) => bytes.fill(0, 18, 20)), 'invalid_value', 'type'],
    ['an operator’s command', changed(ORDER, (bytes) => bytes.fill(9, 18, 19)), 'invalid_value', 'type'],
    ['an expiry', changed(CANCEL, (bytes) => bytes.fill(6, 18, 19)), 'invalid_value', 'type'],
    ['a gateway', changed(ORDER, (_, view) => view.setUint16(RECORD + 4, 1, true)), 'malformed_frame', ''],
    ['a request id', changed(ORDER, (_, view) => view.setUint32(RECORD + 8, 1, true)), 'malformed_frame', ''],
    ['a time of receipt', changed(ORDER, (_, view) => view.setFloat64(RECORD + 16, -0, true)), 'malformed_frame', ''],
    ['a value', changed(ORDER, (_, view) => view.setUint32(RECORD + 52, 1, true)), 'malformed_frame', ''],
    ['what is reserved', changed(ORDER, (_, view) => view.setUint32(12, 1, true)), 'malformed_frame', ''],
    ['padding', changed(ORDER, (bytes) => bytes.fill(1, bytes.length - 1)), 'malformed_frame', ''],
    [
      'a client of another length',
      changed(ORDER, (bytes) => bytes.fill(30, RECORD + 48, RECORD + 49)),
      'malformed_frame',
      '',
    ],
    [
      'an extension of another length',
      changed(ORDER, (bytes) => bytes.fill(2, RECORD + 51, RECORD + 52)),
      'malformed_frame',
      '',
    ],
    ['a flag of the engine’s', { ...ORDER, flags: 16 }, 'invalid_value', 'flags'],
    [
      'no time in force',
      changed(ORDER, (bytes) => bytes.fill(0, RECORD + 14, RECORD + 15)),
      'invalid_value',
      'time_in_force',
    ],
    [
      'ill-formed UTF-8',
      changed(ORDER, (bytes) => bytes.fill(0xff, RECORD + 56, RECORD + 57)),
      'invalid_text',
      'client_id',
    ],
    ['an order for an order', { ...ORDER, targetOrder: 4 }, 'field_not_allowed', 'order_id'],
    ['a stop price without its flag', { ...ORDER, stopPriceTicks: 5 }, 'field_not_allowed', 'stop_price'],
    ['an amount without its flag', { ...ORDER, quoteAmount: 5n }, 'field_not_allowed', 'quote_quantity'],
    [
      'a replacement without a side',
      changed({ ...ORDER, type: 4, targetOrder: 1 }, (bytes) => bytes.fill(0, 28, 29)),
      'missing_field',
      'side',
    ],
    ['no order', { ...CANCEL, targetOrder: 0 }, 'order_unknown', ''],
    ['a part of an order', { ...CANCEL, targetOrder: 1.5 }, 'order_unknown', ''],
    ['an order beyond all', { ...CANCEL, targetOrder: 2 ** 46 }, 'order_unknown', ''],
    ['an order that is no number', { ...AMEND, targetOrder: Number.NaN }, 'order_unknown', ''],
    ['a cancel with an instrument', { ...CANCEL, instrument: 1 }, 'field_not_allowed', 'instrument'],
    ['a cancel with a price', { ...CANCEL, priceTicks: 1 }, 'field_not_allowed', 'price'],
    ['a cancel with a quantity', { ...CANCEL, quantityLots: 1 }, 'field_not_allowed', 'quantity'],
    ['a cancel with a side', { ...CANCEL, side: 2 }, 'field_not_allowed', 'side'],
    ['a cancel with a type', { ...CANCEL, orderType: 2 }, 'field_not_allowed', 'type'],
    ['a cancel with a time in force', { ...CANCEL, timeInForce: 2 }, 'field_not_allowed', 'time_in_force'],
    ['a cancel with flags', { ...CANCEL, flags: 1 }, 'field_not_allowed', 'flags'],
    [
      'a cancel with prevention',
      changed(CANCEL, (bytes) => bytes.fill(1, RECORD + 50, RECORD + 51)),
      'field_not_allowed',
      'stp',
    ],
    ['an amend of no instrument', { ...AMEND, instrument: 2 }, 'unknown_instrument', 'instrument'],
    ['an amend with a side', { ...AMEND, side: 2 }, 'field_not_allowed', 'side'],
    ['a mass cancel of everyone', { ...MASS, clientId: '' }, 'missing_field', 'client_id'],
    ['a mass cancel of an order', { ...MASS, targetOrder: 3 }, 'field_not_allowed', 'order_id'],
    ['a mass cancel at a price', { ...MASS, priceTicks: 3 }, 'field_not_allowed', 'price'],
    [
      'a mass cancel of a third side',
      changed(MASS, (bytes) => bytes.fill(3, RECORD + 12, RECORD + 13)),
      'invalid_value',
      'side',
    ],
    [
      'an amount below zero',
      { ...ORDER, orderType: 2, priceTicks: 0, quantityLots: 0, flags: 4, quoteAmount: -1n },
      'negative',
      'quote_quantity',
    ],
  ])('%s is refused', (_, request, code, field) => {
    expect(refusal(request)).toMatchObject({ code, field });
  });

  it('says what a field that the command does not use must be', () => {
    for (const [request, detail] of [
      [{ ...CANCEL, side: 2 }, 'side must be 1 here.'],
      [{ ...AMEND, timeInForce: 3 }, 'time_in_force must be 1 here.'],
      [{ ...MASS, priceTicks: 3 }, 'price must be 0 here.'],
    ] as const) {
      expect(refusal(request).code).toBe('field_not_allowed');
      expect(reader.problem.detail).toBe(detail);
    }
  });

  it('takes a text of 64 bytes and refuses one of 65', () => {
    expect(read(encodeCommandFrame(77, { ...CANCEL, clientId: 'x'.repeat(64) }))).toBe(true);
    // 64 of client and one of key, told as 65 of client.
    const long = changed({ ...CANCEL, clientId: 'x'.repeat(64), idempotencyKey: 'x' }, (bytes) => {
      bytes[RECORD + 48] = 65;
      bytes[RECORD + 49] = 0;
    });
    expect(refusal(long)).toMatchObject({ code: 'invalid_text', field: 'client_id', status: 400 });
  });

  it('refuses a limb of an amount that is not one', () => {
    const byAmount = { ...ORDER, orderType: 2, priceTicks: 0, quantityLots: 0, flags: 4, quoteAmount: 1n } as const;
    expect(read(encodeCommandFrame(77, byAmount))).toBe(true);
    for (const limb of [0.5, Number.NaN, Infinity, 2 ** 60, 1e300]) {
      for (const at of [RECORD + 56 + 24, RECORD + 56 + 32]) {
        const bytes = changed(byAmount, (_, view) => view.setFloat64(at, limb, true));
        expect(refusal(bytes)).toMatchObject({ code: 'quote_amount_invalid', field: 'quote_quantity' });
      }
    }
  });

  it('has one form in the ring, whichever of its forms it came in', () => {
    const plain = ringBytesOf(encodeCommandFrame(77, { ...ORDER, orderType: 2, priceTicks: 0, timeInForce: 2 }));
    expect(ringBytesOf(encodeCommandFrame(77, { ...ORDER, orderType: 2, priceTicks: -0, timeInForce: 1 }))).toBe(plain);
    // An extension with nothing in it but a zero that is not all zeros.
    const spacious = changed({ ...ORDER, orderType: 2, priceTicks: 0, displayLots: 1 }, (_, view) => {
      view.setFloat64(RECORD + 56 + 8, -0, true);
    });
    expect(ringBytesOf(spacious)).toBe(plain);
  });

  function ringBytesOf(bytes: Uint8Array): string {
    expect(read(bytes), reader.problem.detail).toBe(true);
    return ringBytes(command);
  }
});

describe('a request', () => {
  it('is what it says', () => {
    expect(read(encodeCommandFrame(5, { ...AMEND, quantityLots: 2_000, clientId: 'é', idempotencyKey: 'k' }))).toBe(
      true,
    );
    expect(reader.requestId).toBe(5);
    expect(command).toMatchObject({ type: 3, targetOrder: 9, instrument: 1, priceTicks: 125, quantityLots: 2_000 });
    expect(command).toMatchObject({ clientLength: 2, keyLength: 1 });
    expect(read(encodeCommandFrame(6, MASS))).toBe(true);
    expect(command).toMatchObject({ type: 5, instrument: ALL_INSTRUMENTS, side: 0 });
  });

  it('may ask for times', () => {
    frame.start(encodeCommandFrame(5, ORDER, true));
    expect(frame.next()).toBe(true);
    expect(frame.flags).toBe(1);
  });

  it('asks for an order by its number', () => {
    const ask = (bytes: Uint8Array): boolean => {
      frame.start(bytes);
      return frame.next() && reader.readStatus(frame.view, frame.body);
    };
    expect(ask(encodeStatusFrame(4_000_000_000, 12))).toBe(true);
    expect(reader).toMatchObject({ requestId: 4_000_000_000, orderNumber: 12 });
    for (const number of [0, -1, 0.5, Number.NaN, Infinity, 2 ** 46]) {
      expect(ask(encodeStatusFrame(1, number))).toBe(false);
      expect(reader.problem).toMatchObject({ code: 'order_unknown', status: 404 });
    }
    const reserved = encodeStatusFrame(1, 12);
    reserved[12] = 1;
    expect(ask(reserved)).toBe(false);
    expect(reader.problem.code).toBe('malformed_frame');
  });
});
