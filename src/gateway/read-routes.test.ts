// Reads over HTTP: orders, trades and depth, as new as what is applied, and never "not found" for what is only behind or away.

import { afterEach, describe, expect, test } from 'vitest';
import { ProcessState } from '../runtime/process-state.ts';
import { DEPTH_ENDS, depthTextStart } from '../wire/depth-codec.ts';
import { AnswerStatus } from '../wire/query-codec.ts';
import { GatewayRig, type RigOptions } from './testing/gateway-rig.ts';
import { order, post, request, until } from './testing/http-client.ts';

let rig: GatewayRig;

async function start(options: RigOptions = {}): Promise<string> {
  rig = await GatewayRig.start(options);
  return rig.url;
}

afterEach(() => rig.stop());

/** Prepares depth as the market-data agent does: the first `prepared` of these prices, sized 0.5 each. */
function publishDepth(sequence: number, asks: readonly number[], bids: readonly number[], prepared = 1_000): void {
  const sides = [asks.slice(0, prepared), bids.slice(0, prepared)];
  const texts = sides.map((prices) =>
    prices.map((price, i) => `${i > 0 ? ',' : ''}{"price":${price},"quantity":0.5,"cumulative":${(i + 1) / 2}}`),
  );
  const start = depthTextStart(texts[0].length, texts[1].length);
  const bytes = Buffer.alloc(start + texts.flat().join('').length);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setFloat64(0, sequence, true);
  [texts[0].length, texts[1].length, asks.length, bids.length].forEach((n, i) => {
    view.setUint32(8 + 4 * i, n, true);
  });
  let end = start;
  for (const [i, text] of texts.flat().entries()) {
    end += bytes.write(text, end);
    view.setUint32(DEPTH_ENDS + 4 * i, end, true);
  }
  rig.depth.write(bytes, bytes.length, sequence);
  rig.ring();
}

describe('GET /orders/:id', () => {
  test('answers the order as it is now', async () => {
    const url = await start();
    const placed = await post(`${url}/orders`, order());
    await post(`${url}/orders`, order({ side: 'sell', quantity: 0.1 }));
    const { status, headers, body } = await request(`${url}/orders/${placed.body.order_id}`);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({
      order_id: placed.body.order_id,
      status: 'partially_filled',
      filled_quantity: '0.10000000',
    });
    expect(rig.peer.leastSequence).toBe(2);
  });

  test('a wrong id is 404 without a question; an id of no order is 404 by the follower', async () => {
    const url = await start();
    expect((await request(`${url}/orders/nothing`)).body).toMatchObject({ status: 404, code: 'order_unknown' });
    expect(rig.peer.leastSequence).toBe(-1);
    const placed = await post(`${url}/orders`, order());
    await post(`${url}/orders/${placed.body.order_id}/cancel`, {});
    const gone = await request(`${url}/orders/${placed.body.order_id}`);
    expect([gone.status, gone.body.code]).toEqual([404, 'order_unknown']);
  });

  test.each([
    [AnswerStatus.UNAVAILABLE, 'unavailable'],
    [AnswerStatus.BEHIND, 'behind'],
  ])('answer status %i is 503 %s', async (status, code) => {
    const url = await start();
    const placed = await post(`${url}/orders`, order());
    rig.peer.failReadsWith = status;
    const answer = await request(`${url}/orders/${placed.body.order_id}`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.body).toMatchObject({ code, executed: 'no', retry: 'later' });
  });

  test('a follower that does not answer is 503 behind; its late answer is dropped', async () => {
    const url = await start({ limits: { readTimeoutMs: 100 } });
    rig.peer.reading = false;
    expect((await request(`${url}/trades`)).body).toMatchObject({ status: 503, code: 'behind' });
    rig.peer.reading = true;
    expect((await request(`${url}/trades`)).text).toBe('[]');
  });

  test('more questions than the ring holds are 503', async () => {
    const url = await start({ limits: { readTimeoutMs: 500 }, queryRingBytes: 512 });
    rig.peer.reading = false;
    const answers = await Promise.all(Array.from({ length: 20 }, () => request(`${url}/trades`)));
    const codes = answers.map(({ body }) => body.code);
    expect(codes.filter((code) => code === 'ring_full')).toHaveLength(8);
    expect(codes.filter((code) => code === 'behind')).toHaveLength(12);
  });

  test('while recovering is 503', async () => {
    const url = await start({ state: ProcessState.RECOVERING });
    for (const path of ['/orders/x', '/orderbook', '/trades', '/trades/detailed']) {
      expect((await request(url + path)).body).toMatchObject({ status: 503, code: 'recovering' });
    }
  });
});

describe('GET /trades', () => {
  async function trade(url: string, count: number): Promise<void> {
    await post(`${url}/orders`, order({ client_id: 'seller', side: 'sell', quantity: 100 }));
    for (let i = 0; i < count; i++) await post(`${url}/orders`, order({ client_id: 'buyer', quantity: '0.25' }));
  }

  test('newest first, as many as asked for', async () => {
    const url = await start();
    await trade(url, 3);
    const all: unknown = JSON.parse((await request(`${url}/trades`)).text);
    expect(all).toMatchObject([
      { sequence: 4 },
      { sequence: 3, price: '70000.01', quantity: '0.25000000' },
      { sequence: 2 },
    ]);
    expect(JSON.stringify(all)).not.toContain('seller');
    const two: unknown = JSON.parse((await request(`${url}/trades?limit=2&instrument=BTC-USD`)).text);
    expect(two).toMatchObject([{ sequence: 4 }, { sequence: 3 }]);
  });

  test('detailed shows both clients, unless a setting leaves them out', async () => {
    const url = await start();
    await trade(url, 1);
    const { text } = await request(`${url}/trades/detailed`);
    expect(text).toContain('"maker_fee":');
    expect(JSON.parse(text)).toMatchObject([{ buy_client_id: 'buyer', sell_client_id: 'seller' }]);
    await rig.stop();
    const discreet = await start({ showClientIds: false });
    await trade(discreet, 1);
    expect((await request(`${discreet}/trades/detailed`)).text).not.toContain('client_id');
  });

  test.each(['0', '1001', '-1', '1.5', 'many', '1e2', '0x10'])('limit=%s is 400', async (limit) => {
    const url = await start();
    const answer = await request(`${url}/trades?limit=${limit}`);
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_query', field: 'limit' });
    const book = await request(`${url}/orderbook?levels=${limit}`);
    expect(book.body).toMatchObject({ status: 400, code: 'invalid_query', field: 'levels' });
    const other = await request(`${url}/trades?instrument=DOGE-USD`);
    expect(other.body).toMatchObject({ status: 400, code: 'unknown_instrument', field: 'instrument' });
  });
});

describe('GET /orderbook', () => {
  const asks = Array.from({ length: 30 }, (_, i) => 70_001 + i);
  const bids = [70_000, 69_999.5];

  test('cuts both sides to the levels asked for', async () => {
    const url = await start();
    publishDepth(0, asks, bids);
    const { status, text } = await request(`${url}/orderbook?levels=1`);
    expect(status).toBe(200);
    expect(text).toBe(
      '{"instrument":"BTC-USD","sequence":0,"asks":[{"price":70001,"quantity":0.5,"cumulative":0.5}],' +
        '"bids":[{"price":70000,"quantity":0.5,"cumulative":0.5}]}',
    );
    const standard: { asks: unknown[]; bids: unknown[] } = JSON.parse((await request(`${url}/orderbook`)).text);
    expect([standard.asks.length, standard.bids.length]).toEqual([20, 2]);
    const whole: { asks: unknown[] } = JSON.parse((await request(`${url}/orderbook?levels=1000`)).text);
    expect(whole.asks).toHaveLength(30);
  });

  test.each([
    [[], []],
    [[70_001], []],
    [[], [70_000]],
  ])('asks %j and bids %j', async (some, others) => {
    const url = await start();
    publishDepth(0, some, others);
    const book: { asks: { price: number }[]; bids: { price: number }[] } = JSON.parse(
      (await request(`${url}/orderbook`)).text,
    );
    expect([book.asks.map(({ price }) => price), book.bids.map(({ price }) => price)]).toEqual([some, others]);
  });

  test('waits for a book that has the orders applied so far, and for more levels than are prepared', async () => {
    const url = await start();
    publishDepth(0, [], []);
    await post(`${url}/orders`, order());
    const newer = request(`${url}/orderbook`);
    await until(() => rig.state.takeDepthWanted(1) === 20, 'a wish');
    publishDepth(1, asks, bids, 5);
    await until(() => rig.state.takeDepthWanted(1) === 20, 'a wish for more levels');
    publishDepth(1, asks, bids, 20);
    expect((await newer).body).toMatchObject({ sequence: 1 });
    const deeper = request(`${url}/orderbook?levels=25`);
    await until(() => rig.state.takeDepthWanted(1) === 25, 'a wish for 25');
    publishDepth(1, asks, bids, 25);
    const { asks: got }: { asks: unknown[] } = JSON.parse((await deeper).text);
    expect(got).toHaveLength(25);
  });

  test('of a past sequence is asked of main, and sent on as it comes', async () => {
    const url = await start();
    await post(`${url}/orders`, order());
    const body = '{"instrument":"BTC-USD","sequence":1,"asks":[],"bids":[]}';
    rig.answerMain = async () => ({ status: 200, contentType: 'application/json', body });
    const answer = await request(`${url}/orderbook?at_sequence=1&levels=3`);
    expect([answer.status, answer.text, answer.headers.get('cache-control')]).toEqual([200, body, 'no-store']);
    expect((await request(`${url}/orderbook?at_sequence=0`)).status).toBe(200);
    const question = { kind: 'book', instrument: 0 };
    expect(rig.asked).toEqual([
      { ...question, levels: 3, sequence: 1 },
      { ...question, levels: 20, sequence: 0 },
    ]);
    rig.answerMain = async () => ({ unavailable: 'history does not reach back' });
    const gone = await request(`${url}/orderbook?at_sequence=1`);
    expect(gone.body).toMatchObject({ status: 503, code: 'unavailable', detail: 'history does not reach back' });
    rig.answerMain = async () => ({ notFound: 'it was not there yet' });
    const unknown = await request(`${url}/orderbook?at_sequence=1`);
    expect(unknown.body).toMatchObject({ status: 404, code: 'not_found', detail: 'it was not there yet' });
  });

  test('of a sequence to come is 404, without asking anybody', async () => {
    const url = await start();
    const { body } = await request(`${url}/orderbook?at_sequence=1`);
    expect(body).toMatchObject({ status: 404, detail: 'There is no sequence 1 yet; the newest is 0.' });
    expect(rig.asked).toEqual([]);
  });

  test.each(['-1', '1.5', 'x', '1e3', '9007199254740993'])('at_sequence=%s is 400', async (text) => {
    const url = await start();
    const { body } = await request(`${url}/orderbook?at_sequence=${text}`);
    expect(body).toMatchObject({ status: 400, code: 'invalid_query', field: 'at_sequence' });
  });

  test('a book that does not come in time is 503', async () => {
    const url = await start({ limits: { readTimeoutMs: 50 } });
    expect((await request(`${url}/orderbook`)).body).toMatchObject({ status: 503, code: 'behind' });
  });
});
