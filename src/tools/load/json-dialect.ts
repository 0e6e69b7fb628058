// A load's requests and replies as JSON, over HTTP and in frames of /ws. A tool's process; pure. Reads of a reply all that is checked,
// and nothing that it does not have: what is missing or of another kind makes it unreadable.

import { headerOf } from '../http-connection.ts';
import { asObject, type JsonObject, parseObject, ReplyError, textOf, unitsOf } from '../replay-requests.ts';
import {
  type LoadRequest,
  PRICE_SCALE,
  QUANTITY_SCALE,
  type Reply,
  type SeenOrder,
  statusName,
  unreadable,
} from './requests.ts';

type Kind = LoadRequest['kind'];

interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** '': none. */
  readonly json: string;
}

const METHODS = {
  place: 'order.place',
  cancel: 'order.cancel',
  amend: 'order.amend',
  status: 'order.status',
} as const satisfies Readonly<Record<Kind, string>>;
const PUBLIC_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function httpRequestOf(request: LoadRequest): HttpRequest {
  if (request.kind === 'place') return { method: 'POST', path: '/orders', json: bodyOf(request) };
  const path = `/orders/${request.placed.id}`;
  if (request.kind === 'status') return { method: 'GET', path, json: '' };
  if (request.kind === 'amend') return { method: 'PATCH', path, json: bodyOf(request) };
  return { method: 'POST', path: `${path}/cancel`, json: bodyOf(request) };
}

/** `id` comes back with the answer. */
export function jsonMessageOf(id: number, request: LoadRequest): string {
  const params = bodyOf(request);
  return `{"id":${id},"method":"${METHODS[request.kind]}","params":${
    request.kind === 'place'
      ? params
      : `{"order_id":"${request.placed.id}"${params === '{}' ? '}' : `,${params.slice(1)}`}`
  }}`;
}

/** What names the order is not in it. */
function bodyOf(request: LoadRequest): string {
  if (request.kind === 'status') return '{}';
  if (request.kind === 'place') return JSON.stringify({ idempotency_key: request.key, ...request.order });
  const { client_id } = request.placed.order;
  return JSON.stringify(request.kind === 'amend' ? { client_id, ...request.changes } : { client_id });
}

export function readHttpReply(kind: Kind, status: number, head: string, body: string): Reply {
  const replayed = headerOf(head, 'idempotent-replayed') !== undefined;
  return read(() => replyOf(kind, status, replayed, parseObject(body)));
}

/** The `id` is -1 when it is none of ours. */
export function readJsonMessage(
  text: string,
  kindOf: (id: number) => Kind,
): { readonly id: number; readonly reply: Reply } {
  let answer = -1;
  const reply = read(() => {
    const { id, status, replayed, result, error } = parseObject(text);
    if (typeof id === 'number') answer = id;
    if (typeof status !== 'number') throw new ReplyError(`a message without status: ${text.slice(0, 200)}`);
    const content = asObject(result ?? error, 'result or error');
    return replyOf(kindOf(answer), status, replayed === true, content);
  });
  return { id: answer, reply };
}

function read(reply: () => Reply): Reply {
  try {
    return reply();
  } catch (error) {
    if (error instanceof ReplyError) return unreadable(error.message);
    throw error;
  }
}

function replyOf(kind: Kind, status: number, replayed: boolean, content: JsonObject): Reply {
  if (status >= 400) return { status, code: textOf(content, 'code'), replayed, order: undefined, fault: '' };
  const order = orderOf(kind === 'cancel' ? asObject(content.order, 'order') : content);
  return { status, code: '', replayed, order, fault: '' };
}

function orderOf(json: JsonObject): SeenOrder {
  const id = textOf(json, 'order_id');
  const { price, post_only } = json;
  if (typeof post_only !== 'boolean') throw new ReplyError('post_only is not a boolean');
  const lots = (name: string) => unitsOf(json, name, QUANTITY_SCALE);
  return {
    id,
    number: numberIn(id),
    clientId: textOf(json, 'client_id'),
    side: textOf(json, 'side'),
    type: textOf(json, 'type'),
    timeInForce: textOf(json, 'time_in_force'),
    postOnly: post_only,
    priceTicks: price === null ? 0 : unitsOf(json, 'price', PRICE_SCALE),
    quantityLots: lots('quantity'),
    filledLots: lots('filled_quantity'),
    remainingLots: lots('remaining_quantity'),
    cancelledLots: lots('cancelled_quantity'),
    preventedLots: lots('prevented_quantity'),
    status: statusName(textOf(json, 'status')),
    tradedLots: tradedLotsOf(json),
  };
}

/** The first hundred trades are told. */
function tradedLotsOf({ trades, trades_total }: JsonObject): number | undefined {
  if (trades === undefined || !Array.isArray(trades)) return undefined;
  if (trades.length !== trades_total) return undefined;
  return trades.reduce<number>(
    (sum, trade) => sum + unitsOf(asObject(trade, 'a trade'), 'quantity', QUANTITY_SCALE),
    0,
  );
}

/** The number that a public id carries (WIRE.md, "Public ids"); only the server can tell whether the id is one of its own. */
function numberIn(id: string): number {
  if (!PUBLIC_ID.test(id)) throw new ReplyError(`order_id ${JSON.stringify(id)}`);
  const hex = (from: number, to: number) => Number.parseInt(id.slice(from, to), 16);
  const high = ((hex(14, 18) & 0xf) << 14) | (hex(19, 23) & 0x3fff);
  return high * 2 ** 28 + hex(24, 31);
}
