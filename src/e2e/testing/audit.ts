// For the whole-system tests: holds a running server to what its clients were told. Sends every request again, reckons from the
// answers what must be true, and compares orders, book and trades. Returns what is wrong as text, so that a test can also ask
// for something to be wrong.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Connection } from './http.ts';
import {
  detailedTradeLine,
  differences,
  type ExpectedOrder,
  expectedLevels,
  orderProblems,
  Reckoning,
  tradeLine,
} from './reckoning.ts';
import { bookOf, orderOf, problemOf, tradesOf } from './replies.ts';
import { type Exchange, outcomeOf, overConnections, sendAgain, type Trader } from './traffic.ts';

const CONNECTIONS = 8;
const TRADES_MAX = 1_000;
/** How often, and how long apart, it is asked again for what the read side cannot tell now. */
const UNAVAILABLE_TIMES_MAX = 100;
const UNAVAILABLE_PAUSE_MS = 100;

/**
 * Sends every request of the logs again: what was accepted must be answered the same; what was not answered must be now, and
 * the same ever after. Their outcomes are final then.
 */
export async function replayAll(url: string, traders: readonly Pick<Trader, 'log'>[]): Promise<string[]> {
  const problems: string[] = [];
  // A trader's own requests in their order: an amend that is executed only now must come after what it amends.
  await overConnections(url, CONNECTIONS, traders, async (connection, { log }) => {
    for (const exchange of log) problems.push(...(await replay(connection, exchange)));
  });
  return problems;
}

async function replay(connection: Connection, exchange: Exchange): Promise<string[]> {
  const problems = await settle(connection, exchange);
  // What was refused changed nothing and is not remembered: asked again, it may be judged by another book.
  if (problems.length > 0 || exchange.outcome !== 'accepted') return problems;
  const again = await sendUntilTold(connection, exchange);
  const marked = again.headers['idempotent-replayed'] === 'true';
  if (again.status === 202 && marked && again.text === exchange.answer?.text) return [];
  const found = `${again.status} ${marked ? '' : 'unmarked '}${again.text}`;
  return [`${describe(exchange)} was accepted with ${exchange.answer?.text}, and again: ${found}`];
}

/** Sends it again as long as the answer is that it was executed and its trades cannot be read now: a busy machine's answer. */
async function sendUntilTold(connection: Connection, exchange: Exchange): Promise<Answer> {
  for (let times = 1; ; times++) {
    const answer = await sendAgain(connection, exchange);
    const isLate = answer.status === 503 && problemOf(answer).code === 'unavailable';
    if (!isLate || times === UNAVAILABLE_TIMES_MAX) return answer;
    await sleep(UNAVAILABLE_PAUSE_MS);
  }
}

/** An exchange without a final outcome gets one. */
async function settle(connection: Connection, exchange: Exchange): Promise<string[]> {
  const before = exchange.outcome;
  if (before === 'accepted' || before === 'refused') return [];
  const answer = await sendUntilTold(connection, exchange);
  const outcome = outcomeOf(answer);
  if (outcome === undefined) return [`${describe(exchange)}: ${answer.status} ${answer.text}`];
  exchange.outcome = outcome;
  exchange.answer = answer;
  exchange.executedUnseen = answer.headers['idempotent-replayed'] !== undefined;
  if (before !== 'declined' || !exchange.executedUnseen) return [];
  return [`${describe(exchange)} was executed although the server said it was not`];
}

function describe({ request: { method, path, body } }: Exchange): string {
  return `${method} ${path} ${JSON.stringify(body)}`;
}

/** From outcomes that are all final. */
export function reckon(traders: readonly Trader[]): Reckoning {
  const reckoning = new Reckoning();
  for (const { log } of traders) reckoning.add(log);
  reckoning.settle();
  return reckoning;
}

/** Orders one by one, by default all; the whole book, the newest trades. */
export async function auditReads(
  url: string,
  api: Connection,
  reckoning: Reckoning,
  orders: Iterable<ExpectedOrder> = reckoning.orders.values(),
): Promise<string[]> {
  return [...(await auditOrders(url, api, reckoning, orders)), ...(await auditTrades(api, reckoning))];
}

/** Some orders one by one, the whole book: what a server tells without an archive, as long as the orders are live. */
export async function auditOrders(
  url: string,
  api: Connection,
  reckoning: Reckoning,
  orders: Iterable<ExpectedOrder>,
): Promise<string[]> {
  const problems = [...reckoning.contradictions];
  await overConnections(url, CONNECTIONS, [...orders], async (connection, expected) => {
    const answer = await connection.get(`/orders/${expected.told.order_id}`);
    if (answer.status === 200) problems.push(...orderProblems(expected, orderOf(answer)));
    else problems.push(`order ${expected.told.order_id} is gone: ${answer.status} ${answer.text}`);
  });
  return [...problems, ...(await auditBook(api, reckoning))];
}

async function auditBook(api: Connection, reckoning: Reckoning): Promise<string[]> {
  const book = bookOf(await api.get('/orderbook?levels=1000'));
  return (['bids', 'asks'] as const).flatMap((side) => {
    const shown = book[side].map(({ price, quantity }) => [price, quantity]);
    const expected = expectedLevels(reckoning, side === 'bids' ? 'buy' : 'sell');
    if (JSON.stringify(shown) === JSON.stringify(expected)) return [];
    return [`the ${side} are ${JSON.stringify(shown)}, not ${JSON.stringify(expected)}`];
  });
}

async function auditTrades(api: Connection, { trades }: Reckoning): Promise<string[]> {
  const shown = tradesOf(await api.get(`/trades/detailed?limit=${TRADES_MAX}`)).map(detailedTradeLine);
  const known = [...trades.values()].map(tradeLine);
  // More trades than one read shows: then only those shown are compared.
  const wanted = trades.size <= TRADES_MAX ? known : known.filter((line) => shown.includes(line));
  return differences('trade', wanted, shown);
}
