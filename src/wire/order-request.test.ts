// Order requests: good bodies become commands; each bad one is refused with its code and field.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Command } from '../domain/command.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../domain/instrument.ts';
import { InstrumentList } from './instrument-list.ts';
import { OrderRequestParser } from './order-request.ts';

const parser = new OrderRequestParser(new InstrumentList(DEFAULT_INSTRUMENTS));

const LIMIT = {
  idempotency_key: 'key-1',
  client_id: 'alice',
  side: 'buy',
  type: 'limit',
  price: '70000.25',
  quantity: '0.5',
};

/** A body with the raw JSON text `value` for `field`. */
function withField(field: string, value: string, base: object = LIMIT): string {
  const members = Object.entries(base).filter(([name]) => name !== field);
  const texts = members.map(([name, member]) => `${JSON.stringify(name)}:${JSON.stringify(member)}`);
  return `{${[...texts, `${JSON.stringify(field)}:${value}`].join(',')}}`;
}

function without(field: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(LIMIT).filter(([name]) => name !== field)));
}

function gtt(expiresAt: string): string {
  return withField('expires_at', expiresAt, { ...LIMIT, time_in_force: 'GTT' });
}

const MARKET = { idempotency_key: 'k', client_id: 'c', side: 'sell', type: 'market', quantity: 1 };
const { quantity: _, ...BY_AMOUNT } = MARKET;
const quote = (amount: string) => withField('quote_quantity', amount, BY_AMOUNT);
/** 123456789012345678.0123456789 in units of 10^-10. */
const LARGE = 1_234_567_890_123_456_780_123_456_789n;

interface Parsed {
  command: Command;
  client: string;
  key: string;
}

function parse(body: string | Uint8Array, own: OrderRequestParser = parser): Parsed | undefined {
  const bytes = Buffer.concat([Buffer.from('{{'), Buffer.from(body), Buffer.from('}}')]);
  const command = new Command();
  if (!own.parse(bytes, 2, bytes.length - 2, command)) return undefined;
  const textAt = (from: number, length: number) => Buffer.from(command.bytes.subarray(from, from + length)).toString();
  return {
    command,
    client: textAt(command.clientOffset, command.clientLength),
    key: textAt(command.keyOffset, command.keyLength),
  };
}

function refusal(body: string | Uint8Array, own: OrderRequestParser = parser) {
  expect(parse(body, own)).toBeUndefined();
  return { ...own.problem };
}

describe('a good body', () => {
  it('becomes a command', () => {
    expect(parse(JSON.stringify(LIMIT))).toMatchObject({
      client: 'alice',
      key: 'key-1',
      command: {
        type: 1,
        instrument: 0,
        side: 1,
        orderType: 1,
        timeInForce: 1,
        flags: 0,
        priceTicks: 7_000_025,
        quantityLots: 50_000_000,
        targetOrder: 0,
      },
    });
  });

  it.each([
    ['a number for the price', withField('price', '70000.25'), { priceTicks: 7_000_025 }],
    ['an exponent', withField('price', '7E4'), { priceTicks: 7_000_000 }],
    ['zeros beyond the scale', withField('price', '"1.5000"'), { priceTicks: 150 }],
    ['0.1 and 0.2 apart', withField('quantity', '0.30000000'), { quantityLots: 30_000_000 }],
    ['the largest price', withField('price', '100000000'), { priceTicks: 10_000_000_000 }],
    ['the smallest quantity', withField('quantity', '1e-8'), { quantityLots: 1 }],
    ['sell', withField('side', '"sell"'), { side: 2 }],
    ['IOC', withField('time_in_force', '"IOC"'), { timeInForce: 2 }],
    ['GTC', withField('time_in_force', '"GTC"'), { timeInForce: 1 }],
    ['post-only', withField('post_only', 'true'), { flags: 1 }],
    ['not post-only', withField('post_only', 'false'), { flags: 0 }],
    ['the instrument', withField('instrument', '"BTC-USD"'), { instrument: 0 }],
    ['an escaped value', withField('side', '"\\u0073ell"'), { side: 2 }],
    ['stp none', withField('stp', '"none"'), { selfTrade: 0 }],
    ['stp dc', withField('stp', '"dc"'), { selfTrade: 1 }],
    ['stp co', withField('stp', '"co"'), { selfTrade: 2 }],
    ['stp cn', withField('stp', '"cn"'), { selfTrade: 3 }],
    ['stp cb', withField('stp', '"cb"'), { selfTrade: 4 }],
    ['FOK', withField('time_in_force', '"FOK"'), { timeInForce: 3, expiresUs: 0 }],
    ['GTT', gtt('"2030-01-01T00:00:00Z"'), { timeInForce: 4, expiresUs: 1_893_456_000_000_000 }],
    ['GTD', gtt('1893456000000').replace('GTT', 'GTD'), { timeInForce: 4, expiresUs: 1_893_456_000_000_000 }],
    ['microseconds', gtt('"2030-01-01T01:00:00.000001+01:00"'), { expiresUs: 1_893_456_000_000_001 }],
    ['parts of milliseconds', gtt('1893456000000.5'), { expiresUs: 1_893_456_000_000_500 }],
    ['a stop price', withField('stop_price', '"71000"'), { flags: 2, stopPriceTicks: 7_100_000, orderType: 1 }],
    ['a stop price and FOK', withField('stop_price', '1,"time_in_force":"FOK"'), { flags: 2, timeInForce: 3 }],
    ['a display quantity', withField('display_quantity', '0.1'), { displayLots: 10_000_000 }],
    ['a hundredth of it displayed', withField('display_quantity', '0.005'), { displayLots: 500_000 }],
    ['all of it displayed', withField('display_quantity', '0.5'), { displayLots: 50_000_000 }],
    ['post-only and GTT', gtt('1,"post_only":true'), { flags: 1, timeInForce: 4, expiresUs: 1_000 }],
    ['white space', `\n\t ${JSON.stringify(LIMIT, null, 2)}\r\n`, { side: 1 }],
  ])('may have %s', (_, body, expected) => {
    expect(parse(body)?.command).toMatchObject(expected);
  });

  it('of a market order has no price and never rests', () => {
    for (const timeInForce of [undefined, 'GTC', 'IOC']) {
      const parsed = parse(JSON.stringify({ ...MARKET, time_in_force: timeInForce }));
      expect(parsed?.command).toMatchObject({ orderType: 2, timeInForce: 2, priceTicks: 0, quantityLots: 100_000_000 });
    }
  });

  it.each([
    ['fill or kill', { ...MARKET, time_in_force: 'FOK' }, { timeInForce: 3 }],
    ['protected', { ...MARKET, protection_price: '69000' }, { priceTicks: 6_900_000, flags: 0 }],
    ['within a distance', { ...MARKET, max_slippage: '12.5' }, { priceTicks: 1_250, flags: 8 }],
    ['at the best price alone', { ...MARKET, max_slippage: 0 }, { priceTicks: 0, flags: 8 }],
    ['with a stop', { ...MARKET, stop_price: 100 }, { stopPriceTicks: 10_000, flags: 2, timeInForce: 2 }],
    [
      'with a stop, for a time',
      { ...MARKET, stop_price: 100, protection_price: 99, time_in_force: 'GTT', expires_at: 5 },
      { stopPriceTicks: 10_000, priceTicks: 9_900, flags: 2, timeInForce: 4, expiresUs: 5_000 },
    ],
    [
      'by amount',
      { ...BY_AMOUNT, quote_quantity: '1.5' },
      { flags: 4, quantityLots: 0, amountHigh: 0, amountLow: 15e9 },
    ],
    [
      'by a large amount',
      { ...BY_AMOUNT, quote_quantity: '123456789012345678.0123456789' },
      { amountHigh: Number(LARGE / 2n ** 48n), amountLow: Number(LARGE % 2n ** 48n) },
    ],
    [
      'by amount, within a distance',
      { ...BY_AMOUNT, quote_quantity: 1, max_slippage: 1 },
      { flags: 12, priceTicks: 100 },
    ],
  ])('of a market order may be %s', (_, body, expected) => {
    expect(parse(JSON.stringify(body))?.command).toMatchObject({ orderType: 2, ...expected });
  });

  it('may ask what would happen', () => {
    expect(parse(withField('dry_run', 'true'))?.command).toMatchObject({ type: 1, priceTicks: 7_000_025 });
    expect(parser.dryRun).toBe(true);
    parse(withField('dry_run', 'false'));
    expect(parser.dryRun).toBe(false);
    parse(withField('dry_run', 'true'));
    parse(JSON.stringify(LIMIT));
    expect(parser.dryRun).toBe(false);
  });

  it('needs a key unless it only asks what would happen', () => {
    const keyless = { ...LIMIT, idempotency_key: undefined };
    expect(parse(JSON.stringify({ ...keyless, dry_run: true }))?.command).toMatchObject({ type: 1, keyLength: 0 });
    expect(refusal(JSON.stringify({ ...keyless, dry_run: false }))).toMatchObject({
      code: 'missing_field',
      field: 'idempotency_key',
    });
  });

  it('is on its instrument’s tick and lot', () => {
    const own = new OrderRequestParser(
      new InstrumentList([{ ...DEFAULT_INSTRUMENTS[0], priceIncrementTicks: 25, quantityIncrementLots: 1_000 }]),
    );
    expect(parse(JSON.stringify(LIMIT), own)?.command).toMatchObject({ priceTicks: 7_000_025 });
    expect(refusal(withField('price', '1.10'), own)).toMatchObject({
      code: 'off_tick',
      detail: 'price must be a multiple of the tick, 0.25.',
    });
    expect(refusal(withField('quantity', '0.00000001'), own)).toMatchObject({ code: 'off_lot', field: 'quantity' });
    expect(refusal(withField('stop_price', '1.10'), own)).toMatchObject({ code: 'stop_price_invalid' });
    expect(refusal(withField('display_quantity', '0.00000001'), own)).toMatchObject({
      code: 'display_quantity_invalid',
    });
  });

  it('keeps its texts, escaped or not, at their longest', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 64 })
      .filter((own) => Buffer.byteLength(own) <= 64 && !/[\p{Cc}\u2028\u2029]/u.test(own) && own.isWellFormed());
    const quoted = (own: string, all: boolean) =>
      all
        ? `"${own.replace(/[\s\S]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
        : JSON.stringify(own);
    fc.assert(
      fc.property(text, text, fc.boolean(), fc.boolean(), (client, key, escapeClient, escapeKey) => {
        const { client_id: _, ...rest } = LIMIT;
        const body = withField(
          'idempotency_key',
          `${quoted(key, escapeKey)},"client_id":${quoted(client, escapeClient)}`,
          rest,
        );
        expect(parse(body)).toMatchObject({ client, key });
      }),
    );
    expect(parse(withField('client_id', `"${'é'.repeat(32)}"`))?.client).toBe('é'.repeat(32));
  });

  it('names its instrument when there are several', () => {
    const base = DEFAULT_INSTRUMENTS[0];
    const several: Instrument[] = Array.from({ length: 300 }, (_, i) => ({
      ...base,
      name: `A${i}-USD`,
      priceScale: i % 3,
    }));
    const own = new OrderRequestParser(new InstrumentList(several));
    for (const i of [0, 7, 299]) {
      const body = withField('instrument', `"A${i}-USD"`, { ...LIMIT, price: 100 });
      expect(parse(body, own)?.command).toMatchObject({ instrument: i, priceTicks: 100 * 10 ** (i % 3) });
    }
    // Without a name it is the first one, whatever else is listed.
    expect(parse(JSON.stringify({ ...LIMIT, price: 100 }), own)?.command).toMatchObject({
      instrument: 0,
      priceTicks: 100,
    });
  });
});

describe('a bad body', () => {
  const priceBounds = 'price must be within 0.01 to 100000000.00.';
  const quantityBounds = 'quantity must be within 0.00000001 to 1000000.00000000.';
  const cases: [string, string, string, string, string | RegExp][] = [
    ['no body', '', 'malformed_json', '', 'The body is not valid JSON: it ends too early, at byte 0.'],
    ['cut short', '{"side":"buy"', 'malformed_json', '', /ends too early/],
    ['not JSON', 'side=buy', 'malformed_json', '', /one object is expected/],
    ['an array', '[]', 'malformed_json', '', /one object is expected/],
    [
      'trailing comma',
      '{"side":"buy",}',
      'malformed_json',
      '',
      'The body is not valid JSON: unexpected character, at byte 14.',
    ],
    ['trailing garbage', `${JSON.stringify(LIMIT)}x`, 'malformed_json', '', /something follows/],
    ['NaN', withField('price', 'NaN'), 'malformed_json', 'price', /unexpected character/],
    ['Infinity', withField('price', 'Infinity'), 'malformed_json', 'price', /unexpected character/],
    ['-Infinity', withField('price', '-Infinity'), 'malformed_json', 'price', /malformed number/],
    ['a leading zero', withField('price', '01'), 'malformed_json', 'price', /malformed number/],
    [
      'the same field twice',
      withField('x', '1,"side":"buy"').replace('"x":1,', ''),
      'duplicate_field',
      'side',
      'The field "side" is there twice.',
    ],
    ['no key', without('idempotency_key'), 'missing_field', 'idempotency_key', 'idempotency_key is required.'],
    ['no client', without('client_id'), 'missing_field', 'client_id', 'client_id is required.'],
    ['no side', without('side'), 'missing_field', 'side', 'side is required.'],
    ['no type', without('type'), 'missing_field', 'type', 'type is required.'],
    ['no quantity', without('quantity'), 'missing_field', 'quantity', 'quantity is required.'],
    ['no price', without('price'), 'missing_field', 'price', 'price is required for a limit order.'],
    ['no field at all', '{}', 'missing_field', 'idempotency_key', 'idempotency_key is required.'],
    ['unknown field', withField('foo', '1'), 'unknown_field', 'foo', 'There is no field "foo" here.'],
    [
      '__proto__',
      withField('__proto__', '{"price":1}'),
      'unknown_field',
      '__proto__',
      'There is no field "__proto__" here.',
    ],
    ['constructor', withField('constructor', '{}'), 'unknown_field', 'constructor', /no field "constructor"/],
    ['toString', withField('toString', '1'), 'unknown_field', 'toString', /no field/],
    ['an empty name', withField('', '1'), 'unknown_field', '', 'There is no field "" here.'],
    ['a hostile name', withField('<a\n"\u202e😀>', '1'), 'unknown_field', '<a????>', /no field/],
    ['a long name', withField('n'.repeat(2_000), '1'), 'unknown_field', `${'n'.repeat(48)}...`, /no field/],
    [
      'a number as key',
      withField('idempotency_key', '1'),
      'wrong_type',
      'idempotency_key',
      'idempotency_key must be a string.',
    ],
    ['null as client', withField('client_id', 'null'), 'wrong_type', 'client_id', 'client_id must be a string.'],
    ['an object as client', withField('client_id', '{"a":[1]}'), 'wrong_type', 'client_id', /must be a string/],
    ['a number as side', withField('side', '1'), 'wrong_type', 'side', /must be a string/],
    ['null as price', withField('price', 'null'), 'wrong_type', 'price', 'price must be a number or a decimal string.'],
    [
      'true as quantity',
      withField('quantity', 'true'),
      'wrong_type',
      'quantity',
      'quantity must be a number or a decimal string.',
    ],
    ['an array as price', withField('price', '[1]'), 'wrong_type', 'price', /number or a decimal string/],
    [
      'a text as post_only',
      withField('post_only', '"true"'),
      'wrong_type',
      'post_only',
      'post_only must be true or false.',
    ],
    ['null as time in force', withField('time_in_force', 'null'), 'wrong_type', 'time_in_force', /must be a string/],
    ['null as instrument', withField('instrument', 'null'), 'wrong_type', 'instrument', /must be a string/],
    ['an empty client', withField('client_id', '""'), 'invalid_text', 'client_id', 'client_id must not be empty.'],
    [
      'a long key',
      withField('idempotency_key', `"${'k'.repeat(65)}"`),
      'invalid_text',
      'idempotency_key',
      'idempotency_key must be at most 64 bytes of UTF-8.',
    ],
    [
      'a client of 33 letters in 66 bytes',
      withField('client_id', `"${'é'.repeat(33)}"`),
      'invalid_text',
      'client_id',
      /at most 64 bytes/,
    ],
    [
      'a NUL in the client',
      withField('client_id', '"a\\u0000b"'),
      'invalid_text',
      'client_id',
      'client_id must not contain control characters.',
    ],
    [
      'DEL in the key',
      withField('idempotency_key', '"a\u007f"'),
      'invalid_text',
      'idempotency_key',
      /control characters/,
    ],
    [
      'C1 in the key',
      withField('idempotency_key', '"a\u0085"'),
      'invalid_text',
      'idempotency_key',
      /control characters/,
    ],
    [
      'U+2028 in the key',
      withField('idempotency_key', '"a\u2028"'),
      'invalid_text',
      'idempotency_key',
      /control characters/,
    ],
    ['another side', withField('side', '"BUY"'), 'invalid_value', 'side', 'side must be one of: buy, sell.'],
    ['another type', withField('type', '"stop"'), 'invalid_value', 'type', 'type must be one of: limit, market.'],
    ['an empty type', withField('type', '""'), 'invalid_value', 'type', /one of/],
    [
      'another time in force',
      withField('time_in_force', '"DAY"'),
      'invalid_value',
      'time_in_force',
      'time_in_force must be one of: GTC, IOC, FOK, GTT, GTD.',
    ],
    [
      'another instrument',
      withField('instrument', '"ETH-USD"'),
      'unknown_instrument',
      'instrument',
      'There is no such instrument.',
    ],
    ['stp unknown', withField('stp', '"x"'), 'invalid_value', 'stp', 'stp must be one of: none, dc, co, cn, cb.'],
    ['stp null', withField('stp', 'null'), 'wrong_type', 'stp', /must be a string/],
    [
      'GTT without its time',
      withField('time_in_force', '"GTT"'),
      'missing_field',
      'expires_at',
      'expires_at is required with time_in_force GTT.',
    ],
    ['GTC with a time', withField('expires_at', '1'), 'field_not_allowed', 'expires_at', /only with time_in_force GTT/],
    ['no time', gtt('"soon"'), 'invalid_value', 'expires_at', /ISO 8601 time such as/],
    ['a time without zone', gtt('"2030-01-01T00:00:00"'), 'invalid_value', 'expires_at', /ISO 8601/],
    ['a time finer than microseconds', gtt('1.0001'), 'invalid_value', 'expires_at', /ISO 8601/],
    ['the epoch', gtt('0'), 'invalid_value', 'expires_at', /ISO 8601/],
    ['a time before it', gtt('-1'), 'invalid_value', 'expires_at', /ISO 8601/],
    ['a time too late', gtt('9007199254741'), 'invalid_value', 'expires_at', /before the year 2255/],
    ['true as a time', gtt('true'), 'wrong_type', 'expires_at', /milliseconds/],
    [
      'a market order for a time',
      JSON.stringify({ ...MARKET, time_in_force: 'GTT', expires_at: 1 }),
      'invalid_value',
      'time_in_force',
      /GTT goes only with an order that may rest or wait/,
    ],
    ['a stop price of zero', withField('stop_price', '0'), 'zero', 'stop_price', /at least 0.01/],
    ['a negative stop price', withField('stop_price', '-1'), 'negative', 'stop_price', /at least 0.01/],
    [
      'a stop price off tick',
      withField('stop_price', '0.001'),
      'stop_price_invalid',
      'stop_price',
      /of the tick, 0.01/,
    ],
    ['a stop price too high', withField('stop_price', '1e9'), 'stop_price_invalid', 'stop_price', /within 0.01 to/],
    ['no stop price', withField('stop_price', 'null'), 'wrong_type', 'stop_price', /decimal string/],
    [
      'post-only and a stop price',
      withField('stop_price', '1,"post_only":true'),
      'post_only_invalid',
      'post_only',
      /without a stop_price/,
    ],
    [
      'more displayed than there is',
      withField('display_quantity', '0.50000001'),
      'display_quantity_invalid',
      'display_quantity',
      'display_quantity must be within 0.00500000 to 0.50000000. What is shown is from a hundredth of the quantity to all of it.',
    ],
    [
      'less displayed than a hundredth',
      withField('display_quantity', '0.00499999'),
      'display_quantity_invalid',
      'display_quantity',
      /within 0\.00500000 to 0\.50000000\. What is shown is from a hundredth/,
    ],
    ['nothing displayed', withField('display_quantity', '0'), 'zero', 'display_quantity', /at least/],
    ...['"IOC"', '"FOK"'].map((timeInForce): [string, string, string, string, RegExp] => [
      `a display quantity and ${timeInForce}`,
      withField('display_quantity', `0.1,"time_in_force":${timeInForce}`),
      'display_quantity_invalid',
      'display_quantity',
      /only with a limit order that may rest/,
    ]),
    [
      'a market order with a display quantity',
      JSON.stringify({ ...MARKET, display_quantity: 1 }),
      'display_quantity_invalid',
      'display_quantity',
      /limit order/,
    ],
    ...[{ quantity: 1 }, { time_in_force: 'FOK' }, { stop_price: 1 }, { display_quantity: 1 }, { type: 'limit' }].map(
      (more): [string, string, string, string, RegExp] => [
        `a quote amount with ${JSON.stringify(more)}`,
        JSON.stringify({ ...BY_AMOUNT, quote_quantity: 1, ...more }),
        'quote_amount_invalid',
        'quote_quantity',
        /only with a market order/,
      ],
    ),
    ['neither', JSON.stringify(BY_AMOUNT), 'missing_field', 'quantity', 'quantity is required.'],
    ['a quote amount of zero', quote('0'), 'zero', 'quote_quantity', 'quote_quantity must be above zero.'],
    ['a negative quote amount', quote('-1'), 'negative', 'quote_quantity', /above zero/],
    ['a quote amount of text', quote('"x"'), 'not_a_number', 'quote_quantity', /decimal number/],
    ['a quote amount too fine', quote('1e-11'), 'quote_amount_invalid', 'quote_quantity', /0.0000000001/],
    [
      'a quote amount too large',
      quote('1e30'),
      'quote_amount_invalid',
      'quote_quantity',
      /below 126765060022822940149/,
    ],
    ['a quote amount of null', quote('null'), 'wrong_type', 'quote_quantity', /decimal string/],
    [
      'protection of a limit order',
      withField('protection_price', '1'),
      'field_not_allowed',
      'protection_price',
      'protection_price goes only with a market order.',
    ],
    ['slippage of a limit order', withField('max_slippage', '1'), 'field_not_allowed', 'max_slippage', /market order/],
    [
      'protection and slippage',
      JSON.stringify({ ...MARKET, protection_price: 1, max_slippage: 1 }),
      'field_not_allowed',
      'max_slippage',
      /protection_price/,
    ],
    [
      'slippage and a stop price',
      JSON.stringify({ ...MARKET, stop_price: 1, max_slippage: 1 }),
      'price_out_of_bounds',
      'max_slippage',
      /stop_price/,
    ],
    [
      'protection off tick',
      JSON.stringify({ ...MARKET, protection_price: 0.001 }),
      'off_tick',
      'protection_price',
      /tick/,
    ],
    ['protection of 0', JSON.stringify({ ...MARKET, protection_price: 0 }), 'zero', 'protection_price', /at least/],
    [
      'too much slippage',
      JSON.stringify({ ...MARKET, max_slippage: 1e9 }),
      'price_out_of_bounds',
      'max_slippage',
      /0.00 to/,
    ],
    ['dry_run 1', withField('dry_run', '1'), 'wrong_type', 'dry_run', /true or false/],
    ['1e400', withField('price', '1e400'), 'price_out_of_bounds', 'price', priceBounds],
    ['1e400 as text', withField('quantity', '"1e400"'), 'quantity_out_of_bounds', 'quantity', quantityBounds],
    ['2^53 + 1', withField('price', '9007199254740993'), 'price_out_of_bounds', 'price', priceBounds],
    ['2^53 + 1 lots', withField('quantity', '90071992.54740993'), 'quantity_out_of_bounds', 'quantity', quantityBounds],
    ['a tick too high', withField('price', '100000000.01'), 'price_out_of_bounds', 'price', priceBounds],
    [
      'a lot too many',
      withField('quantity', '"1000000.00000001"'),
      'quantity_out_of_bounds',
      'quantity',
      quantityBounds,
    ],
    ['a negative price', withField('price', '-1'), 'negative', 'price', 'price must be at least 0.01.'],
    [
      'a negative quantity',
      withField('quantity', '"-0.5"'),
      'negative',
      'quantity',
      'quantity must be at least 0.00000001.',
    ],
    ['a price of zero', withField('price', '0'), 'zero', 'price', 'price must be at least 0.01.'],
    ['a price of -0', withField('price', '-0.0'), 'zero', 'price', 'price must be at least 0.01.'],
    [
      'a quantity of zero',
      withField('quantity', '"0.00"'),
      'zero',
      'quantity',
      'quantity must be at least 0.00000001.',
    ],
    ['off tick', withField('price', '70000.001'), 'off_tick', 'price', 'price must be a multiple of the tick, 0.01.'],
    ['0.1 + 0.2 in floats', withField('price', '0.30000000000000004'), 'off_tick', 'price', /multiple of the tick/],
    [
      'off lot',
      withField('quantity', '"0.000000001"'),
      'off_lot',
      'quantity',
      'quantity must be a multiple of the lot, 0.00000001.',
    ],
    ['1e-400', withField('quantity', '1e-400'), 'off_lot', 'quantity', /multiple of the lot/],
    [
      'text for a price',
      withField('price', '"cheap"'),
      'not_a_number',
      'price',
      'price must be a decimal number such as "1.5".',
    ],
    ['no text for a price', withField('price', '""'), 'not_a_number', 'price', /decimal number/],
    ['hexadecimal', withField('price', '"0x10"'), 'not_a_number', 'price', /decimal number/],
    ['a space before', withField('price', '" 1"'), 'not_a_number', 'price', /decimal number/],
    ['"NaN"', withField('price', '"NaN"'), 'not_a_number', 'price', /decimal number/],
    [
      'a market order with a price',
      withField('type', '"market"'),
      'price_not_allowed',
      'price',
      'price must be left out of a market order.',
    ],
    [
      'post-only and IOC',
      withField('post_only', 'true,"time_in_force":"IOC"'),
      'post_only_invalid',
      'post_only',
      'post_only goes only with a limit order that may rest (GTC or GTT), without a stop_price.',
    ],
    [
      'post-only and market',
      '{"idempotency_key":"k","client_id":"c","side":"buy","type":"market","quantity":1,"post_only":true}',
      'post_only_invalid',
      'post_only',
      /limit order/,
    ],
    ['malformed and unknown', '{"foo":1,', 'malformed_json', '', /ends too early/],
  ];

  it.each(cases)('%s', (_, body, code, field, detail) => {
    const problem = refusal(body);
    expect(problem).toMatchObject({ status: 400, code, field });
    if (typeof detail === 'string') expect(problem.detail).toBe(detail);
    else expect(problem.detail).toMatch(detail);
  });

  it('of invalid UTF-8', () => {
    const body = Buffer.from(withField('client_id', '"a?"'));
    body[body.indexOf('?')] = 0xff;
    expect(refusal(body)).toMatchObject({ code: 'malformed_json', field: 'client_id' });
  });

  it('leaves nothing behind for the next one', () => {
    refusal(withField('post_only', 'true,"time_in_force":"IOC"'));
    expect(parse(JSON.stringify(LIMIT))?.command).toMatchObject({ flags: 0, timeInForce: 1 });
    refusal(without('price'));
  });

  it('never throws and never reads outside, whatever the bytes', () => {
    const mutation = fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 4 }), (mutations) => {
        const body = Buffer.from(JSON.stringify(LIMIT));
        for (const [at, byte] of mutations) body[at % body.length] = byte;
        const parsed = parse(body);
        if (parsed === undefined) expect(parser.problem.detail).not.toBe('');
        else expect(() => JSON.parse(body.toString())).not.toThrow();
      }),
      { numRuns: 3_000 },
    );
  });
});
