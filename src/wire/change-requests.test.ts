// Cancel and amend requests: good bodies become commands, bad ones are refused with their code and field.

import { describe, expect, it } from 'vitest';
import { CommandType, Side } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { AmendRequestParser } from './amend-request.ts';
import { CancelRequestParser } from './cancel-request.ts';
import { InstrumentList } from './instrument-list.ts';
import { ReplaceRequestParser } from './order-request.ts';

const encoder = new TextEncoder();
const cancels = new CancelRequestParser();
const amends = new AmendRequestParser(new InstrumentList(DEFAULT_INSTRUMENTS));
const command = new Command();

const text = (from: number, length: number) => Buffer.from(command.bytes.subarray(from, from + length)).toString();

/** What a command used before must not leave behind. */
function soil(): void {
  Object.assign(command, {
    side: 2,
    orderType: 2,
    timeInForce: 2,
    flags: 1,
    priceTicks: 9,
    quantityLots: 9,
    instrument: 7,
  });
  Object.assign(command, { clientLength: 3, keyLength: 3 });
}

function cancel(body: string): boolean {
  soil();
  const bytes = encoder.encode(body);
  return cancels.parse(bytes, 0, bytes.length, 2 ** 40, command);
}

function amend(body: string): boolean {
  soil();
  const bytes = encoder.encode(body);
  return amends.parse(bytes, 0, bytes.length, 2 ** 40, 0, command);
}

const CLEAN = { targetOrder: 2 ** 40, instrument: 0, side: 1, orderType: 1, timeInForce: 1, flags: 0 };

describe('a cancel', () => {
  it('needs no body, and takes an empty one', () => {
    for (const body of ['', '{}', ' {} ']) {
      expect(cancel(body)).toBe(true);
      expect(command).toMatchObject({ ...CLEAN, type: CommandType.CANCEL_ORDER, priceTicks: 0, quantityLots: 0 });
      expect(command).toMatchObject({ clientLength: 0, keyLength: 0 });
    }
  });

  it('takes a client, and a key with it', () => {
    expect(cancel('{"client_id":"alice"}')).toBe(true);
    expect(text(command.clientOffset, command.clientLength)).toBe('alice');
    expect(command.keyLength).toBe(0);
    expect(cancel('{"idempotency_key":"k\\n1","client_id":"alice"}'.replace('\\n', '\\u002d'))).toBe(true);
    expect(text(command.clientOffset, command.clientLength)).toBe('alice');
    expect(text(command.keyOffset, command.keyLength)).toBe('k-1');
  });

  it.each([
    ['{"idempotency_key":"k"}', 'missing_field', 'client_id'],
    ['{"client_id":1}', 'wrong_type', 'client_id'],
    ['{"client_id":""}', 'invalid_text', 'client_id'],
    ['{"order_id":"x"}', 'unknown_field', 'order_id'],
    ['null', 'malformed_json', ''],
    ['{', 'malformed_json', ''],
  ])('%s is refused: %s', (body, code, field) => {
    expect(cancel(body)).toBe(false);
    expect(cancels.problem).toMatchObject({ status: 400, code, field });
  });
});

describe('an amend', () => {
  it('keeps what it does not name', () => {
    expect(amend('{"price":"1.25"}')).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, type: CommandType.AMEND_ORDER, priceTicks: 125, quantityLots: 0 });
    expect(amend('{"quantity":2,"client_id":"bob","idempotency_key":"k"}')).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, priceTicks: 0, quantityLots: 200_000_000 });
    expect(text(command.clientOffset, command.clientLength)).toBe('bob');
  });

  it.each([
    ['', 'malformed_json', ''],
    ['{}', 'missing_field', 'price'],
    ['{"client_id":"a"}', 'missing_field', 'price'],
    ['{"price":1,"idempotency_key":"k"}', 'missing_field', 'client_id'],
    ['{"price":null}', 'wrong_type', 'price'],
    ['{"price":0}', 'zero', 'price'],
    ['{"quantity":-1}', 'negative', 'quantity'],
    ['{"quantity":"0.000000001"}', 'off_lot', 'quantity'],
    ['{"price":0.001}', 'off_tick', 'price'],
    ['{"price":1e9}', 'price_out_of_bounds', 'price'],
    ['{"quantity":1e9}', 'quantity_out_of_bounds', 'quantity'],
    ['{"side":"buy","price":1}', 'unknown_field', 'side'],
  ])('%s is refused: %s', (body, code, field) => {
    expect(amend(body)).toBe(false);
    expect(amends.problem).toMatchObject({ status: 400, code, field });
  });
});

describe('a replacement', () => {
  const other = { ...DEFAULT_INSTRUMENTS[0], name: 'ETH-USD', base: 'ETH', priceScale: 0 };
  const parser = new ReplaceRequestParser(new InstrumentList([...DEFAULT_INSTRUMENTS, other]));
  const replaced = { number: 2 ** 40, instrument: 1, side: Side.SELL };
  const ORDER = { idempotency_key: 'k', client_id: 'alice', type: 'limit', price: 7, quantity: 1 };

  function replace(body: object): boolean {
    soil();
    const bytes = encoder.encode(JSON.stringify(body));
    return parser.parse(bytes, 0, bytes.length, replaced, command);
  }

  it('has the instrument and side of what it replaces unless it says otherwise', () => {
    expect(replace(ORDER)).toBe(true);
    expect(command).toMatchObject({ type: CommandType.REPLACE_ORDER, targetOrder: 2 ** 40, instrument: 1, side: 2 });
    expect(command).toMatchObject({ orderType: 1, timeInForce: 1, flags: 0, priceTicks: 7, quantityLots: 100_000_000 });
    expect(text(command.clientOffset, command.clientLength)).toBe('alice');
    expect(replace({ ...ORDER, instrument: 'BTC-USD', side: 'buy', stp: 'cn' })).toBe(true);
    expect(command).toMatchObject({ instrument: 0, side: 1, priceTicks: 700, selfTrade: 3 });
  });

  it.each([
    [{ ...ORDER, client_id: undefined }, 'missing_field', 'client_id'],
    [{ ...ORDER, idempotency_key: undefined }, 'missing_field', 'idempotency_key'],
    [{ ...ORDER, dry_run: false }, 'unknown_field', 'dry_run'],
    [{ ...ORDER, side: 'both' }, 'invalid_value', 'side'],
    [{ ...ORDER, instrument: 'X' }, 'unknown_instrument', 'instrument'],
    [{ ...ORDER, price: 0.5 }, 'off_tick', 'price'],
  ])('%j is refused: %s', (body, code, field) => {
    expect(replace(body)).toBe(false);
    expect(parser.problem).toMatchObject({ status: 400, code, field });
  });
});
