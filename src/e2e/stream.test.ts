// WS /stream tells what the HTTP side does: every trade, every order, every change of the book, in the order of their sequences;
// and a book built from nothing but its deltas is the book that GET /orderbook shows.

import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { createRandom } from '../sim/testing/random.ts';
import { WsConnection } from '../tools/ws-connection.ts';
import { DetailedTradeSchema, OrderSchema } from '../wire/schemas.ts';
import { reckon } from './testing/audit.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { detailedTradeLine, differences, tradeLine } from './testing/reckoning.ts';
import { bookOf, orderReplyOf } from './testing/replies.ts';
import { NO_DATABASE, Server } from './testing/server.ts';
import { Trader } from './testing/traffic.ts';
import { eventually } from './testing/waiting.ts';

/** Enough for both gateways to have some, but for a rare chance. */
const LISTENERS = 5;

const lab = new Lab();

const DeltaSchema = Type.Object({
  instrument: Type.String(),
  sequence: Type.Integer(),
  changes: Type.Array(Type.Tuple([Type.String(), Type.String(), Type.String()]), { minItems: 1 }),
});
const EventSchema = Type.Union([
  Type.Object({ event: Type.Literal('new_trade'), data: DetailedTradeSchema }),
  Type.Object({ event: Type.Literal('order_update'), data: OrderSchema }),
  Type.Object({ event: Type.Literal('orderbook_delta'), data: DeltaSchema }),
]);
const streamEvent = Compile(EventSchema);
type StreamEvent = Static<typeof EventSchema>;

interface Listener {
  readonly socket: WsConnection;
  readonly messages: string[];
}

async function listen({ url }: Server): Promise<Listener> {
  const messages: string[] = [];
  const socket = await WsConnection.open(new URL(url), '/stream', (bytes, from, to) =>
    messages.push(bytes.toString('utf8', from, to)),
  );
  lab.defer(() => socket.destroy());
  return { socket, messages };
}

function eventsOf({ messages }: Listener): StreamEvent[] {
  return messages.map((text) => {
    const event: unknown = JSON.parse(text);
    if (!streamEvent.Check(event)) throw new Error(`not an event of the stream: ${text}`);
    return event;
  });
}

/** The book after `events`, from an empty one: sizes are absolute, zero removes. */
function rebuild(events: readonly StreamEvent[]): { bids: [number, number][]; asks: [number, number][] } {
  const sides = { buy: new Map<number, number>(), sell: new Map<number, number>() };
  for (const { event, data } of events) {
    if (event !== 'orderbook_delta') continue;
    for (const [side, price, quantity] of data.changes) {
      const levels = side === 'buy' ? sides.buy : sides.sell;
      if (Number(quantity) === 0) levels.delete(Number(price));
      else levels.set(Number(price), Number(quantity));
    }
  }
  return {
    bids: [...sides.buy].sort(([a], [b]) => b - a),
    asks: [...sides.sell].sort(([a], [b]) => a - b),
  };
}

/** A far bid, whose update shows that everything before it has arrived. */
async function untilCaughtUp(server: Server, listeners: readonly Listener[]): Promise<void> {
  const { order_id } = orderReplyOf(await server.api.post('/orders', order({ price: '1.00' })));
  const arrived = ({ messages }: Listener) => messages.some((text) => text.includes(order_id));
  await eventually('the stream has told everything', () => listeners.every(arrived));
}

test('one order after the other: what is told, and in which order', async () => {
  const server = await Server.start(lab, { environment: NO_DATABASE });
  const listener = await listen(server);
  const maker = orderReplyOf(await server.api.post('/orders', order({ side: 'sell', price: '0.30', quantity: '2' })));
  const taker = orderReplyOf(
    await server.api.post('/orders', order({ client_id: 'bob', price: '0.30', quantity: '0.5' })),
  );
  await server.api.post(`/orders/${maker.order_id}/cancel`);
  // These change no book: nobody sells any more, and the maker is closed.
  const market = orderReplyOf(
    await server.api.post('/orders', order({ client_id: 'eve', type: 'market', price: undefined })),
  );
  expect((await server.api.post(`/orders/${maker.order_id}/cancel`)).status).toBe(409);
  await untilCaughtUp(server, [listener]);
  const events = eventsOf(listener).slice(0, -2);
  const told = events.map(({ event, data }) =>
    event === 'order_update' ? `${event} ${data.client_id} ${data.status}` : event,
  );
  expect([...told].sort()).toEqual([
    'new_trade',
    'order_update alice cancelled',
    'order_update alice open',
    'order_update alice partially_filled',
    'order_update bob filled',
    `order_update eve ${market.status}`,
    'orderbook_delta',
    'orderbook_delta',
    'orderbook_delta',
  ]);
  expect(told.indexOf('order_update alice open')).toBeLessThan(told.indexOf('new_trade'));
  expect(told.indexOf('new_trade')).toBeLessThan(told.indexOf('order_update alice cancelled'));
  const deltas = events.flatMap(({ event, data }) => (event === 'orderbook_delta' ? [data] : []));
  expect(deltas).toEqual([
    { instrument: 'BTC-USD', sequence: 1, changes: [['sell', '0.30', '2.00000000']] },
    { instrument: 'BTC-USD', sequence: 2, changes: [['sell', '0.30', '1.50000000']] },
    { instrument: 'BTC-USD', sequence: 3, changes: [['sell', '0.30', '0.00000000']] },
  ]);
  const trade = events.find(({ event }) => event === 'new_trade')?.data;
  expect(trade).toMatchObject({
    sequence: 2,
    trade_id: taker.trades[0]?.trade_id,
    price: '0.30',
    quantity: '0.50000000',
    side: 'buy',
    buy_client_id: 'bob',
    sell_client_id: 'alice',
  });
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  await eventually('its end is told', () => !listener.socket.open);
  expect(listener.socket.closeCode).toBe(1001);
});

test('under load, to listeners of two gateways: the same to all, nothing missing, and the book of the deltas is the book', async () => {
  const server = await Server.start(lab, { environment: { ...NO_DATABASE, RINGBOOK_GATEWAY_THREADS: '2' } });
  const first = await listen(server);
  const listeners = [first];
  for (let i = 1; i < LISTENERS; i++) listeners.push(await listen(server));
  const traders = Array.from({ length: 8 }, (_, i) => new Trader(`t${i}`, createRandom(i + 1)));
  await Promise.all(traders.map((trader) => trader.trade(server.url, () => trader.log.length < 150)));
  await untilCaughtUp(server, listeners);
  for (const other of listeners) expect(other.messages).toEqual(first.messages);

  const events = eventsOf(first);
  const sequences = events.flatMap(({ event, data }) => (event === 'order_update' ? [] : [data.sequence]));
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  const reckoning = reckon(traders);
  const trades = events.flatMap(({ event, data }) => (event === 'new_trade' ? [detailedTradeLine(data)] : []));
  expect(trades.length).toBeGreaterThan(50);
  expect(new Set(trades).size).toBe(trades.length);
  expect(differences('trade of the stream', [...reckoning.trades.values()].map(tradeLine), trades)).toEqual([]);
  // The last word of the stream on each order is what the order is.
  const last = new Map(events.flatMap(({ event, data }) => (event === 'order_update' ? [[data.order_id, data]] : [])));
  for (const id of reckoning.orders.keys()) {
    expect(last.get(id)).toEqual((await server.api.get(`/orders/${id}`)).body);
  }
  const { bids, asks } = bookOf(await server.api.get('/orderbook?levels=1000'));
  const levels = (side: typeof bids) => side.map(({ price, quantity }) => [price, quantity]);
  expect(rebuild(events)).toEqual({ bids: levels(bids), asks: levels(asks) });
  expect(asks.length + bids.length).toBeGreaterThan(10);
  // And that comparison would notice a delta that is lost.
  const lastDelta = events.findLastIndex(({ event }) => event === 'orderbook_delta');
  expect(rebuild(events.toSpliced(lastDelta, 1))).not.toEqual({ bids: levels(bids), asks: levels(asks) });
});
