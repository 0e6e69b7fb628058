// Requests of /ws in JSON with one known fault each, and what they must be refused with: the table of bad inputs as params of an order,
// what can be wrong around the params, and with channels. Pure table.

import type { ProblemCode } from '../../wire/problem.ts';
import { BAD_INPUTS } from '../bad-input-cases.ts';
import { frame, Opcode } from '../ws-frame.ts';
import type { LiveFrame, Refusal } from './live-frames.ts';

function text(said: string, refusal: Refusal): LiveFrame {
  const bytes = frame(Opcode.TEXT, Buffer.from(said));
  return { name: said.slice(0, 100), bytes, refusals: [refusal] };
}

/** What spoils a whole message as it would a body, and a bound that only bodies have. */
const NOT_IN_PARAMS: readonly ProblemCode[] = ['malformed_json', 'body_too_large'];

/** Bodies of orders whose fault shows in a message as it does over HTTP. */
const ORDERS: readonly LiveFrame[] = BAD_INPUTS.filter(
  ({ code, method, path, contentType }) =>
    method === undefined && path === undefined && contentType === undefined && !NOT_IN_PARAMS.includes(code),
).map(({ code, field, body }, n) =>
  text(`{"id":"wrong-${n}","method":"order.place","params":${body}}`, { id: `wrong-${n}`, code, field }),
);

const A_PLACE = '"method":"order.place","params":{}';
const AROUND: readonly (readonly [string, Refusal['id'], ProblemCode, string])[] = [
  [`{${A_PLACE}}`, null, 'missing_field', 'id'],
  [`{"id":null,${A_PLACE}}`, null, 'wrong_type', 'id'],
  [`{"id":"",${A_PLACE}}`, null, 'invalid_text', 'id'],
  [`{"id":1.5,${A_PLACE}}`, null, 'invalid_value', 'id'],
  [`{"id":"${'x'.repeat(65)}",${A_PLACE}}`, null, 'invalid_text', 'id'],
  [`{"id":1,${A_PLACE},"timing":1}`, 1, 'wrong_type', 'timing'],
  [`{"id":1,${A_PLACE},"colour":1}`, 1, 'unknown_field', 'colour'],
  ['{"id":1,"method":"order.place"}', 1, 'missing_field', 'params'],
  ['{"id":1,"method":"order.place","params":[]}', 1, 'wrong_type', 'params'],
  ['{"id":1,"method":"order.place","params":{"price":NaN}}', 1, 'malformed_json', 'params'],
  ['{"id":1,"method":"order.nothing","params":{}}', 1, 'invalid_value', 'method'],
  ['{"id":1,"method":1,"params":{}}', 1, 'wrong_type', 'method'],
  ['{"id":1,"method":"order.status","params":{}}', 1, 'missing_field', 'order_id'],
  ['{"id":1,"method":"order.status","params":{"order_id":"x"}}', 1, 'order_unknown', ''],
  ['{"id":1,"method":"order.cancel","params":{}}', 1, 'missing_field', 'order_id'],
  ['{"id":1,"method":"order.cancel","params":{"order_id":7}}', 1, 'wrong_type', 'order_id'],
  ['{"id":1,"method":"order.cancel_all","params":{}}', 1, 'missing_field', 'client_id'],
  ['{"id":1,"method":"order.cancel_all","params":{"client_id":"a","side":"x"}}', 1, 'invalid_value', 'side'],
  ['{"id":1,"method":"session.cancel_after","params":{"client_id":"a"}}', 1, 'missing_field', 'timeout_ms'],
  [
    '{"id":1,"method":"session.cancel_after","params":{"client_id":"a","timeout_ms":-1}}',
    ...([1, 'invalid_value', 'timeout_ms'] as const),
  ],
  ['{"id":1,"method":"session.cancel_on_disconnect","params":{"client_id":"a"}}', 1, 'missing_field', 'enabled'],
  ['{"type":"subscribe"}', undefined, 'missing_field', 'channels'],
  ['{"type":"subscribe","req_id":1,"channels":["x"]}', 1, 'invalid_value', 'channels'],
  ['{"type":"subscribe","req_id":1,"channels":["user"]}', 1, 'missing_field', 'client_id'],
  ['{"type":"subscribe","req_id":1,"channels":["level2"],"instruments":["X"]}', 1, 'unknown_instrument', 'instruments'],
  ['{"type":"subscribe","req_id":1,"channels":["level2"],"from_sequence":-1}', 1, 'wrong_type', 'from_sequence'],
  ['{"type":"ping","req_id":1,"channels":[]}', 1, 'field_not_allowed', 'channels'],
  ['{"type":"ping","req_id":{}}', undefined, 'wrong_type', 'req_id'],
  ['{"type":"pong","req_id":1}', 1, 'invalid_value', 'type'],
  ['{"req_id":1}', 1, 'missing_field', 'type'],
  ['', undefined, 'malformed_json', ''],
  ['{', undefined, 'malformed_json', ''],
  ['\u0000', undefined, 'malformed_json', ''],
];

export const WRONG_TEXTS: readonly LiveFrame[] = [
  ...ORDERS,
  ...AROUND.map(([said, id, code, field]) => text(said, { id, code, field })),
];
