// Requests that must be refused, each with the one code and field that the refusal names. A tool's process; pure table.

import type { ProblemCode } from '../wire/problem.ts';

export interface BadInput {
  readonly name: string;
  readonly code: ProblemCode;
  /** '' when the fault is not in one field. */
  readonly field: string;
  readonly body: string;
  readonly method?: string;
  readonly path?: string;
  /** Empty: no Content-Type at all. */
  readonly contentType?: string;
}

const GOOD: Readonly<Record<string, string>> = {
  idempotency_key: '"bad-input"',
  client_id: '"bad-input"',
  instrument: '"BTC-USD"',
  side: '"buy"',
  type: '"limit"',
  price: '70000.00',
  quantity: '0.01',
};
const TOO_LARGE_BYTES = 20_000;
const LONG = `"${'x'.repeat(65)}"`;
const UNKNOWN_ID = '00000000-0000-8000-8000-000000000000';

/** A good order with members replaced, added, or (undefined) left out; values are raw JSON text. */
function order(changes: Readonly<Record<string, string | undefined>>): string {
  const members = Object.entries({ ...GOOD, ...changes }).filter(([, value]) => value !== undefined);
  return `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`;
}

/** One wrong value in a field. */
function wrong(field: string, value: string, code: ProblemCode, name = `${field} ${value.slice(0, 24)}`): BadInput {
  return { name, code, field, body: order({ [field]: value }) };
}

function missing(field: string): BadInput {
  return { name: `${field} missing`, code: 'missing_field', field, body: order({ [field]: undefined }) };
}

function unread(name: string, body: string, field = ''): BadInput {
  return { name, code: 'malformed_json', field, body };
}

const AMOUNTS: readonly BadInput[] = ['price', 'quantity'].flatMap((field) => {
  const bounds = field === 'price' ? 'price_out_of_bounds' : 'quantity_out_of_bounds';
  const off = field === 'price' ? 'off_tick' : 'off_lot';
  return [
    unread(`${field} NaN`, order({ [field]: 'NaN' }), field),
    unread(`${field} Infinity`, order({ [field]: 'Infinity' }), field),
    // A zero, and then something that cannot follow a member.
    unread(`${field} 0x10`, order({ [field]: '0x10' })),
    unread(`${field} 01`, order({ [field]: '01' }), field),
    wrong(field, '1e400', bounds),
    wrong(field, '9007199254740993', bounds, `${field} 2^53+1`),
    wrong(field, '"9007199254740993"', bounds, `${field} "2^53+1"`),
    wrong(field, '-1', 'negative'),
    wrong(field, '"-0.01"', 'negative'),
    wrong(field, '0', 'zero'),
    wrong(field, '"0.00"', 'zero'),
    wrong(field, field === 'price' ? '70000.001' : '0.000000001', off),
    wrong(field, '1e-400', off),
    wrong(field, '""', 'not_a_number'),
    wrong(field, '"NaN"', 'not_a_number'),
    wrong(field, '"1,000"', 'not_a_number'),
    wrong(field, 'null', 'wrong_type'),
    wrong(field, 'true', 'wrong_type'),
    wrong(field, '[1]', 'wrong_type'),
    wrong(field, '{}', 'wrong_type'),
  ];
});

const FIELDS: readonly BadInput[] = [
  ...['idempotency_key', 'client_id', 'side', 'type', 'price', 'quantity'].map(missing),
  wrong('side', '1', 'wrong_type'),
  wrong('side', '"hold"', 'invalid_value'),
  wrong('type', '"stop"', 'invalid_value'),
  wrong('client_id', '7', 'wrong_type'),
  wrong('client_id', '""', 'invalid_text'),
  wrong('client_id', LONG, 'invalid_text', 'client_id of 65 bytes'),
  wrong('client_id', '"a\\u0000b"', 'invalid_text'),
  wrong('idempotency_key', 'null', 'wrong_type'),
  wrong('idempotency_key', LONG, 'invalid_text', 'idempotency_key of 65 bytes'),
  wrong('instrument', '"ETH-USD"', 'unknown_instrument'),
  wrong('time_in_force', '"DAY"', 'invalid_value'),
  wrong('time_in_force', '"DAY"', 'invalid_value'),
  wrong('stp', '"cancel"', 'invalid_value'),
  wrong('post_only', '"yes"', 'wrong_type'),
  wrong('colour', '"red"', 'unknown_field'),
  wrong('__proto__', '{"side":"sell"}', 'unknown_field'),
  wrong('constructor', '{}', 'unknown_field'),
  { name: 'side twice', code: 'duplicate_field', field: 'side', body: order({}).replace('{', '{"side":"sell",') },
  { name: 'market order with price', code: 'price_not_allowed', field: 'price', body: order({ type: '"market"' }) },
  {
    name: 'post-only IOC',
    code: 'post_only_invalid',
    field: 'post_only',
    body: order({ post_only: 'true', time_in_force: '"IOC"' }),
  },
];

const BODIES: readonly BadInput[] = [
  unread('no body', ''),
  unread('not JSON', 'buy one, please'),
  unread('cut short', order({}).slice(0, -1)),
  unread('two values', `${order({})}{}`),
  unread('an array', '[1,2]'),
  unread('null', 'null'),
  unread('single quotes', "{'side':'buy'}"),
  { name: 'body of 20,000 bytes', code: 'body_too_large', field: '', body: `{"a":"${'x'.repeat(TOO_LARGE_BYTES)}"}` },
];

const REQUESTS: readonly BadInput[] = [
  { name: 'text/plain', code: 'unsupported_media_type', field: '', body: order({}), contentType: 'text/plain' },
  { name: 'no Content-Type', code: 'unsupported_media_type', field: '', body: order({}), contentType: '' },
  { name: 'PUT /orders', code: 'method_not_allowed', field: '', body: order({}), method: 'PUT' },
  { name: 'GET /orders', code: 'method_not_allowed', field: '', body: '', method: 'GET' },
  { name: 'unknown path', code: 'not_found', field: '', body: order({}), path: '/order' },
  { name: 'cancel of an id that is none', code: 'order_unknown', field: '', body: '', path: '/orders/1/cancel' },
  {
    name: 'cancel of a foreign id',
    code: 'order_unknown',
    field: '',
    body: '{}',
    path: `/orders/${UNKNOWN_ID}/cancel`,
  },
  { name: 'levels=-1', code: 'invalid_query', field: 'levels', body: '', method: 'GET', path: '/orderbook?levels=-1' },
];

export const BAD_INPUTS: readonly BadInput[] = [...BODIES, ...FIELDS, ...AMOUNTS, ...REQUESTS];
