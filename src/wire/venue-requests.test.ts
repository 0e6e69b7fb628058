// The venue's own requests: mass cancels, instruments, statuses, the kill switch, limits, balances. Good ones become
// commands, bad ones are refused with their code and field.

import { describe, expect, it } from 'vitest';
import { toBigInt } from '../domain/clearing/exact.ts';
import { ALL_INSTRUMENTS, CommandType, InstrumentStatus } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../domain/instrument.ts';
import { AdminRequestParser } from './admin-request.ts';
import { InstrumentList } from './instrument-list.ts';
import { InstrumentRequestParser } from './instrument-request.ts';
import { MassCancelParser } from './mass-cancel-request.ts';

const [BTC] = DEFAULT_INSTRUMENTS;
const ETH: Instrument = {
  ...{ ...BTC, name: 'ETH-USD', base: 'ETH', priceScale: 1, quantityScale: 3 },
  ...{ priceIncrementTicks: 5, status: InstrumentStatus.HALTED, makerFeeMillionths: -25, takerFeeMillionths: 40 },
  referencePriceTicks: 7,
};
const list = new InstrumentList([BTC, ETH]);
const command = new Command();
const encoder = new TextEncoder();
const text = (from: number, length: number) => Buffer.from(command.bytes.subarray(from, from + length)).toString();
const client = () => text(command.clientOffset, command.clientLength);
const key = () => text(command.keyOffset, command.keyLength);

/** What a command used before must not leave behind. */
function soil(): void {
  Object.assign(command, {
    flags: 1,
    priceTicks: 9,
    quantityLots: 9,
    targetOrder: 9,
    value: 9,
    clientLength: 3,
    keyLength: 3,
  });
  Object.assign(command, { maxOpenOrders: 9, maxOrderLots: 9, maxOrderNotionalHigh: 9, maxPositionLots: 9 });
}

const CLEAN = { flags: 0, priceTicks: 0, quantityLots: 0, targetOrder: 0 };

describe('a mass cancel', () => {
  const parser = new MassCancelParser(list);
  const parse = (query: string) => {
    soil();
    return parser.parseQuery(query, command);
  };

  it.each([
    ['', { clientLength: 0, keyLength: 0, instrument: ALL_INSTRUMENTS, side: 0 }, ''],
    ['client_id=al%20ice', { instrument: ALL_INSTRUMENTS, side: 0, keyLength: 0 }, 'al ice'],
    ['client_id=%C3%A9&instrument=ETH-USD&side=sell', { instrument: 1, side: 2 }, 'é'],
    ['side=buy', { instrument: ALL_INSTRUMENTS, side: 1 }, ''],
  ])('%j', (query, expected, who) => {
    expect(parse(query)).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, type: CommandType.MASS_CANCEL, ...expected });
    expect(client()).toBe(who);
  });

  it('may have a key, with a client', () => {
    expect(parse('idempotency_key=k1&client_id=bob')).toBe(true);
    expect([client(), key()]).toEqual(['bob', 'k1']);
  });

  it.each([
    ['who=bob', 'invalid_query', 'who'],
    ['client_id=a&client_id=b', 'invalid_query', 'client_id'],
    ['client_id=', 'invalid_text', 'client_id'],
    [`client_id=${'x'.repeat(65)}`, 'invalid_text', 'client_id'],
    ['client_id=%00', 'invalid_text', 'client_id'],
    ['client_id=a&idempotency_key=', 'invalid_text', 'idempotency_key'],
    ['idempotency_key=k', 'missing_field', 'client_id'],
    ['instrument=ADA-USD', 'unknown_instrument', 'instrument'],
    ['instrument=', 'unknown_instrument', 'instrument'],
    ['side=both', 'invalid_value', 'side'],
  ])('%s is refused: %s', (query, code, field) => {
    expect(parse(query)).toBe(false);
    expect(parser.problem).toMatchObject({ status: 400, code, field });
  });

  it('in JSON is the same, but must say whose orders it is about', () => {
    const parseJson = (params: unknown) => {
      soil();
      const bytes = encoder.encode(JSON.stringify(params));
      return parser.parse(bytes, 0, bytes.length, command);
    };
    expect(parseJson({ client_id: 'é', instrument: 'ETH-USD', side: 'sell', idempotency_key: 'k1' })).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, type: CommandType.MASS_CANCEL, instrument: 1, side: 2 });
    expect([client(), key()]).toEqual(['é', 'k1']);
    expect(parseJson({ side: 'buy' })).toBe(false);
    expect(parser.problem).toMatchObject({ status: 400, code: 'missing_field', field: 'client_id' });
  });
});

describe('a definition', () => {
  const parser = new InstrumentRequestParser(list);
  const parse = (body: unknown) => {
    soil();
    const bytes = encoder.encode(typeof body === 'string' ? body : JSON.stringify(body));
    return parser.parse(bytes, 0, bytes.length, command);
  };
  const NEW = { name: 'ADA-EUR', base: 'ADA', quote: 'EUR', tick: '0.0005', lot: '0.1' };

  it('of a new instrument has its scales from tick and lot, and defaults', () => {
    expect(parse(NEW)).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, type: CommandType.DEFINE_INSTRUMENT, clientLength: 0, keyLength: 0 });
    expect(command.definition).toEqual({
      ...{ name: 'ADA-EUR', base: 'ADA', quote: 'EUR', priceScale: 4, quantityScale: 1 },
      ...{ priceIncrementTicks: 5, minPriceTicks: 5, maxPriceTicks: 1_000_000_000_000 },
      ...{ quantityIncrementLots: 1, minQuantityLots: 1, maxQuantityLots: 10_000_000 },
      ...{ priceBandBps: 0, referencePriceTicks: 0, makerFeeMillionths: 0, takerFeeMillionths: 0 },
      status: InstrumentStatus.OPEN,
    });
  });

  it('says all there is to say', () => {
    const terms = {
      ...{
        price_scale: 5,
        quantity_scale: 2,
        min_price: '0.01',
        max_price: 1000,
        min_quantity: 1,
        max_quantity: '5e3',
      },
      ...{
        price_band_bps: 250,
        reference_price: '0.5',
        maker_fee_bps: -0.25,
        taker_fee_bps: '10',
        status: 'post_only',
      },
    };
    expect(parse({ ...NEW, ...terms })).toBe(true);
    expect(command.definition).toMatchObject({
      ...{ priceScale: 5, priceIncrementTicks: 50, minPriceTicks: 1_000, maxPriceTicks: 100_000_000 },
      ...{ quantityScale: 2, quantityIncrementLots: 10, minQuantityLots: 100, maxQuantityLots: 500_000 },
      ...{ priceBandBps: 250, referencePriceTicks: 50_000, makerFeeMillionths: -25, takerFeeMillionths: 1_000 },
      status: InstrumentStatus.POST_ONLY,
    });
  });

  it('of a fine tick and lot stays within the limits', () => {
    expect(parse({ ...NEW, tick: '0.00000003', lot: '0.000001' })).toBe(true);
    expect(command.definition.maxPriceTicks).toBe(Math.floor(2 ** 46 / 3) * 3);
    expect(command.definition.maxQuantityLots).toBe(1_000_000_000_000);
  });

  it('of a known instrument changes what it names and nothing else', () => {
    expect(parse({ name: 'ETH-USD', taker_fee_bps: 1.5 })).toBe(true);
    expect(command.definition).toEqual({ ...ETH, takerFeeMillionths: 150 });
    expect(parse({ name: 'ETH-USD', tick: 1, min_price: 2, reference_price: 0 })).toBe(true);
    expect(command.definition).toEqual({ ...ETH, priceIncrementTicks: 10, minPriceTicks: 20, referencePriceTicks: 0 });
  });

  it.each([
    ['', 'malformed_json', ''],
    ['{}', 'missing_field', 'name'],
    [{ name: 1 }, 'wrong_type', 'name'],
    [{ ...NEW, colour: 'red' }, 'unknown_field', 'colour'],
    [{ name: 'ADA-EUR' }, 'missing_field', 'base'],
    [{ ...NEW, tick: undefined }, 'missing_field', 'tick'],
    [{ ...NEW, lot: undefined }, 'missing_field', 'lot'],
    [{ name: 'ETH-USD', status: 'open' }, 'field_not_allowed', 'status'],
    [{ ...NEW, maker_fee_bps: -1 }, 'instrument_invalid', 'maker_fee_bps'],
    [{ ...NEW, name: 'ada' }, 'instrument_invalid', 'name'],
    [{ ...NEW, name: '' }, 'instrument_invalid', 'name'],
    [{ ...NEW, base: 'TOOLONGNAME' }, 'instrument_invalid', 'base'],
    [{ ...NEW, quote: 'ADA' }, 'instrument_invalid', 'base'],
    [{ ...NEW, tick: 0 }, 'zero', 'tick'],
    [{ ...NEW, tick: 'x' }, 'not_a_number', 'tick'],
    [{ ...NEW, tick: '1e-15' }, 'instrument_invalid', 'tick'],
    [{ ...NEW, price_scale: 2 }, 'instrument_invalid', 'tick'],
    [{ ...NEW, price_scale: 15 }, 'instrument_invalid', 'price_scale'],
    [{ ...NEW, quantity_scale: 11 }, 'instrument_invalid', 'price_scale'],
    [{ ...NEW, max_price: '0.0001' }, 'instrument_invalid', 'max_price'],
    [{ ...NEW, max_quantity: 1e15 }, 'instrument_invalid', 'max_quantity'],
    [{ ...NEW, price_band_bps: 10_001 }, 'instrument_invalid', 'price_band_bps'],
    [{ ...NEW, maker_fee_bps: '0.001' }, 'instrument_invalid', 'maker_fee_bps'],
    [{ ...NEW, taker_fee_bps: -10_001 }, 'instrument_invalid', 'taker_fee_bps'],
    [{ ...NEW, taker_fee_bps: '--1' }, 'instrument_invalid', 'taker_fee_bps'],
    [{ ...NEW, status: 'closed' }, 'invalid_value', 'status'],
  ])('%j is refused: %s', (body, code, field) => {
    expect(parse(body)).toBe(false);
    expect(parser.problem).toMatchObject({ status: 400, code, field });
    expect(parser.problem.detail).not.toBe('');
  });
});

describe('the controls', () => {
  const parser = new AdminRequestParser(list);
  const bytesOf = (body: unknown) => encoder.encode(typeof body === 'string' ? body : JSON.stringify(body));
  const status = (body: unknown) => {
    soil();
    const bytes = bytesOf(body);
    return parser.instrumentStatus(bytes, 0, bytes.length, 1, command);
  };
  const killSwitch = (body: unknown) => {
    soil();
    const bytes = bytesOf(body);
    return parser.killSwitch(bytes, 0, bytes.length, command);
  };
  const closeSettlement = (body: string) => {
    const bytes = encoder.encode(body);
    return parser.closeSettlement(bytes, 0, bytes.length, command);
  };
  const limits = (body: unknown, who = 'alice', own = parser) => {
    soil();
    const bytes = bytesOf(body);
    return own.clientLimits(bytes, 0, bytes.length, who, command);
  };
  const adjust = (body: unknown, sign: 1 | -1 = 1) => {
    soil();
    const bytes = bytesOf(body);
    return parser.adjustBalance(bytes, 0, bytes.length, sign, command);
  };

  it('set a status', () => {
    for (const [name, value] of Object.entries(InstrumentStatus)) {
      expect(status({ status: name.toLowerCase() })).toBe(true);
      expect(command).toMatchObject({
        ...CLEAN,
        type: CommandType.SET_INSTRUMENT_STATUS,
        instrument: 1,
        value,
        keyLength: 0,
      });
    }
  });

  it('turn the kill switch', () => {
    expect(killSwitch({ engaged: true, cancel_orders: true })).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, type: CommandType.SET_KILL_SWITCH, value: 1, clientLength: 0 });
    expect(parser.cancelOrders).toBe(true);
    expect(killSwitch({ engaged: false })).toBe(true);
    expect(command.value).toBe(0);
    expect(parser.cancelOrders).toBe(false);
    soil();
    parser.cancelAll(command);
    expect(command).toMatchObject({
      type: CommandType.MASS_CANCEL,
      instrument: ALL_INSTRUMENTS,
      side: 0,
      clientLength: 0,
    });
  });

  it('close a settlement', () => {
    soil();
    expect(closeSettlement('')).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, type: CommandType.CLOSE_SETTLEMENT, clientLength: 0, keyLength: 0 });
    soil();
    expect(closeSettlement('{}')).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, clientLength: 0, keyLength: 0 });
  });

  it('close a settlement under a key of the operator, whom no request can name', () => {
    soil();
    expect(closeSettlement('{"idempotency_key":"s\\u00e9"}')).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, type: CommandType.CLOSE_SETTLEMENT });
    expect(key()).toBe('sé');
    const operator = client();
    expect(operator).toMatch(/operator$/);
    expect(limits({}, operator)).toBe(false);
    expect(adjust({ ...ADJUSTMENT, client_id: operator })).toBe(false);
    expect(parser.problem).toMatchObject({ code: 'invalid_text', field: 'client_id' });
  });

  it('set limits, all of them', () => {
    const all = { max_open_orders: 10, max_order_quantity: '1.5', max_order_notional: 1e6, max_position: 100 };
    expect(limits({ instrument: 'ETH-USD', ...all }, 'é')).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, type: CommandType.SET_CLIENT_LIMITS, instrument: 1, keyLength: 0 });
    expect(client()).toBe('é');
    expect(command).toMatchObject({ maxOpenOrders: 10, maxOrderLots: 1_500, maxPositionLots: 100_000 });
    expect(toBigInt(command.maxOrderNotionalHigh, command.maxOrderNotionalLow)).toBe(10_000_000_000n);
    const none = { max_open_orders: null, max_order_quantity: null, max_order_notional: null, max_position: null };
    for (const nothing of [{}, none]) {
      soil();
      expect(limits(nothing, 'bob')).toBe(true);
      expect(command).toMatchObject({ instrument: 0, maxOpenOrders: 0, maxOrderLots: 0, maxPositionLots: 0 });
      expect(command).toMatchObject({ maxOrderNotionalHigh: 0, maxOrderNotionalLow: 0 });
    }
  });

  it('deposit and withdraw', () => {
    const body = { client_id: 'alice', idempotency_key: 'd1', currency: 'ETH', amount: '1000000000.00000000000001' };
    const units = 100_000_000_000_000_000_000_001n;
    expect(adjust(body)).toBe(true);
    expect(command).toMatchObject({ ...CLEAN, type: CommandType.ADJUST_BALANCE, currency: 2, instrument: 0 });
    expect([client(), key()]).toEqual(['alice', 'd1']);
    expect(toBigInt(command.amountHigh, command.amountLow)).toBe(units);
    expect(adjust(body, -1)).toBe(true);
    expect(toBigInt(command.amountHigh, command.amountLow)).toBe(-units);
    expect(adjust({ ...body, amount: '2.81474976710656' }, -1)).toBe(true);
    expect([command.amountHigh, command.amountLow]).toEqual([-1, 0]);
  });

  const ADJUSTMENT = { client_id: 'a', idempotency_key: 'k', currency: 'USD', amount: 1 };
  it.each([
    [() => status({}), 'missing_field', 'status'],
    [() => status({ status: 'OPEN' }), 'invalid_value', 'status'],
    [() => killSwitch({ cancel_orders: true }), 'missing_field', 'engaged'],
    [() => killSwitch({ engaged: 'yes' }), 'wrong_type', 'engaged'],
    [() => killSwitch({ engaged: true, cancel_orders: 1 }), 'wrong_type', 'cancel_orders'],
    [() => limits('[]'), 'malformed_json', ''],
    [() => limits({ instrument: null }), 'wrong_type', 'instrument'],
    [() => closeSettlement('[]'), 'malformed_json', ''],
    [() => closeSettlement('{"idempotency_key":""}'), 'invalid_text', 'idempotency_key'],
    [() => closeSettlement('{"idempotency_key":1}'), 'wrong_type', 'idempotency_key'],
    [() => closeSettlement('{"cycle":1}'), 'unknown_field', 'cycle'],
    [() => limits({ instrument: 'X' }), 'unknown_instrument', 'instrument'],
    [() => limits({ instrument: 'ETH-USD' }, ''), 'invalid_text', 'client_id'],
    [() => limits({ instrument: 'ETH-USD', client_id: 'a' }), 'unknown_field', 'client_id'],
    [() => limits({ instrument: 'ETH-USD', max_open_orders: 0 }), 'zero', 'max_open_orders'],
    [() => limits({ instrument: 'ETH-USD', max_open_orders: 1.5 }), 'invalid_value', 'max_open_orders'],
    [() => limits({ instrument: 'ETH-USD', max_position: true }), 'wrong_type', 'max_position'],
    [() => limits({ instrument: 'ETH-USD', max_order_notional: -1 }), 'negative', 'max_order_notional'],
    [() => adjust({ ...ADJUSTMENT, idempotency_key: undefined }), 'missing_field', 'idempotency_key'],
    [() => adjust({ ...ADJUSTMENT, amount: 0 }), 'zero', 'amount'],
    [() => adjust({ ...ADJUSTMENT, amount: -1 }), 'negative', 'amount'],
    [() => adjust({ ...ADJUSTMENT, amount: '1e-15' }), 'invalid_value', 'amount'],
    [() => adjust({ ...ADJUSTMENT, amount: '1e17' }), 'amount_overflow', 'amount'],
    [() => adjust({ ...ADJUSTMENT, currency: 'CHF' }), 'currency_unknown', 'currency'],
    [() => adjust({ ...ADJUSTMENT, currency: 1 }), 'wrong_type', 'currency'],
  ])('refuse %s: %s, %s', (ask, code, field) => {
    expect(ask()).toBe(false);
    expect(parser.problem).toMatchObject({ status: 400, code, field });
  });
});
