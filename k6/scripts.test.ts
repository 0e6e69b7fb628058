// The scripts themselves, loaded as k6 loads them but with stand-ins for k6's modules: options that k6 takes, and one virtual user's
// way through each against a server of a few lines.

import { resolve } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { SummaryData } from './lib/summary.ts';
import { optionProblems, type ScriptOptions } from './testing/option-rules.ts';

interface RunData {
  readonly runId: string;
}

/** What a script exports, as far as it does. */
interface Script {
  readonly options: ScriptOptions;
  readonly setup: () => RunData;
  readonly handleSummary: (data: SummaryData) => Record<string, string>;
  readonly default?: (data: RunData) => void;
  readonly trade?: (data: RunData) => void;
  readonly subscribe?: (data: RunData) => void;
}

const ORDER_ID = '01a203e4-2585-8400-8000-0000001b893a';
const SCRIPTS = ['orders', 'stress', 'spike', 'soak', 'mixed', 'market-data', 'order-entry-ws'];
const VARIANTS: [string, Record<string, string>][] = [
  ...SCRIPTS.map((name): [string, Record<string, string>] => [name, {}]),
  ['orders', { SCENARIO: 'vus', VUS: '5', DURATION: '1m30s' }],
  ['orders', { RATE: '50' }],
  ['stress', { FROM: '500', TO: '2500', BY: '500', STEP: '3s' }],
  ['spike', { RATE: '10', PEAK: '20', SPIKE: '1s' }],
  ['mixed', { READS: '0' }],
  ['market-data', { RATE: '0', CHANNELS: 'level2,full,heartbeat' }],
];

/** Everything anew for each, as each virtual user has modules of its own. */
async function load(name: string, environment: Record<string, string> = {}) {
  vi.resetModules();
  vi.stubGlobal('__ENV', environment);
  const [{ checks }, { server }, { metrics }, timers, { WebSocket }, execution] = await Promise.all([
    import('./testing/k6.ts'),
    import('./testing/http.ts'),
    import('./testing/metrics.ts'),
    import('./testing/timers.ts'),
    import('./testing/websockets.ts'),
    import('./testing/execution.ts'),
  ]);
  const script: Script = await import(resolve(import.meta.dirname, `${name}.ts`));
  const sum = (metric: string) => (metrics.get(metric)?.added ?? []).reduce((a, b) => a + b, 0);
  return { script, checks, server, metrics, sum, timers, WebSocket, exec: execution.default };
}

type Loaded = Awaited<ReturnType<typeof load>>;

/** Every order is taken, every cancel and amend succeeds, every read finds something. */
function answerAll({ server }: Loaded): void {
  server.answer = ({ method, url }) => {
    const order = { order_id: ORDER_ID };
    if (method === 'GET') return { status: 200, body: '{}' };
    return { status: 202, body: JSON.stringify(url.endsWith('/cancel') ? { message: '', order } : order) };
  };
}

function connected({ WebSocket }: Loaded) {
  const socket = WebSocket.newest;
  if (socket === undefined) throw new Error('no socket was opened');
  expect(socket.url).toBe('ws://127.0.0.1:3000/ws');
  socket.onopen();
  return socket;
}

/** Figures for all that the thresholds name, as k6 gives them at the end. */
function summaryFor({ options }: Script): SummaryData {
  const values = { count: 5, rate: 1, fails: 0, med: 1, 'p(95)': 2, 'p(99)': 3, max: 4 };
  const metrics = Object.entries(options.thresholds).map(([name, limits]) => {
    const thresholds = limits.map((limit) => [
      typeof limit === 'string' ? limit : Reflect.get(Object(limit), 'threshold'),
      { ok: true },
    ]);
    return [name, { values, thresholds: Object.fromEntries(thresholds) }];
  });
  return { state: { testRunDurationMs: 60_000 }, metrics: Object.fromEntries(metrics) };
}

beforeEach(() => {
  vi.unstubAllGlobals();
});

describe.each(VARIANTS)('%s with %j', (name, environment) => {
  it('has options that k6 takes', async () => {
    const { script, metrics } = await load(name, environment);
    const types = Object.fromEntries([...metrics].map(([metric, { type }]) => [metric, type]));
    expect(optionProblems(script.options, types, Object.keys(script))).toEqual([]);
    expect(Object.keys(script.options.scenarios).length).toBeGreaterThan(0);
  });

  it('begins only when the server takes orders', async () => {
    const loaded = await load(name, environment);
    loaded.server.answer = () => ({ status: 503, body: null });
    expect(() => loaded.script.setup()).toThrow('/readyz answers 503');
    answerAll(loaded);
    expect(loaded.script.setup().runId).toMatch(/^[0-9a-z]{10,}$/);
  });

  it('ends with a table and a file', async () => {
    const { script } = await load(name, environment);
    const { stdout, ...files } = script.handleSummary(summaryFor(script));
    expect(stdout).toContain('http://127.0.0.1:3000');
    expect(stdout.split('\n').length).toBeGreaterThan(5);
    expect(stdout).not.toMatch(/undefined|NaN/);
    expect(Object.keys(files)).toEqual(['k6-summary.json']);
  });
});

describe('an environment with a slip of the pen', () => {
  it.each([
    ['orders', { SCENARIO: 'rates' }],
    ['orders', { DURATION: '60' }],
    ['stress', { BY: '0' }],
    ['mixed', { READS: '100' }],
  ])('does not start: %s with %j', async (name, environment) => {
    await expect(load(name, environment)).rejects.toThrow();
  });
});

describe.each(['orders', 'stress', 'soak', 'mixed', 'market-data'])('one virtual user of %s', (name) => {
  it('sends commands that the server takes', async () => {
    const loaded = await load(name);
    answerAll(loaded);
    const { script, server, checks, exec } = loaded;
    const data = script.setup();
    for (let n = 0; n < 300; n++) {
      exec.scenario.iterationInTest = n;
      exec.scenario.progress = n / 299;
      (script.default ?? script.trade)?.(data);
    }
    expect(checks.passed).toHaveLength(300);
    expect(checks.failed).toEqual([]);
    const sent = server.asked.slice(1);
    expect(sent.every(({ params }) => params.responseCallback !== undefined && params.tags?.name !== undefined)).toBe(
      true,
    );
    const kinds = new Set(sent.map(({ params }) => params.tags?.kind));
    expect(kinds.has('place')).toBe(true);
    expect(kinds.size).toBe({ orders: 1, stress: 1, soak: 3, mixed: 4, 'market-data': 3 }[name]);
    if (name === 'soak') expect(new Set(sent.map(({ params }) => params.tags?.quarter)).size).toBe(4);
    if (name === 'mixed') expect(new Set(sent.map(({ params }) => params.tags?.name)).size).toBe(8);
  });

  it('notices a bad answer, and one that never came', async () => {
    const loaded = await load(name);
    const { script, server, checks, exec } = loaded;
    answerAll(loaded);
    const data = script.setup();
    exec.scenario.iterationInTest = 99;
    server.answer = () => ({ status: 202, body: '{"order_id":"none"}' });
    (script.default ?? script.trade)?.(data);
    server.answer = () => ({ status: 0, body: null });
    (script.default ?? script.trade)?.(data);
    expect(checks.failed).toHaveLength(2);
  });
});

describe('an iteration that k6 interrupts', () => {
  it('leaves a stream that goes on without the order it had under way', async () => {
    const loaded = await load('soak');
    answerAll(loaded);
    const { script, server } = loaded;
    const data = script.setup();
    server.answer = () => {
      throw new Error('interrupted');
    };
    for (let n = 0; n < 50; n++) expect(() => script.default?.(data)).toThrow('interrupted');
  });
});

describe('spike', () => {
  it('lets the server refuse what it does not execute, and counts it', async () => {
    const loaded = await load('spike');
    answerAll(loaded);
    const { script, server, checks, sum } = loaded;
    const data = script.setup();
    script.default?.(data);
    server.answer = () => ({ status: 503, body: '{"code":"ring_full","executed":"no"}' });
    script.default?.(data);
    expect(checks.failed).toEqual([]);
    expect(sum('refused')).toBe(1);
    expect(server.asked.at(-1)?.params.responseCallback?.statuses).toEqual([202, 503]);
    server.answer = () => ({ status: 503, body: '{"executed":"unknown"}' });
    script.default?.(data);
    expect(checks.failed).toHaveLength(1);
  });
});

describe('market-data', () => {
  const book = { channel: 'level2', instrument: 'BTC-USD' };
  const snapshot = { type: 'snapshot', ...book, sequence: 10, bids: [], asks: [] };
  const trades = { type: 'snapshot', channel: 'matches', instrument: 'BTC-USD', sequence: 10 };

  it('is complete after snapshots, whole chains and its time', async () => {
    const loaded = await load('market-data', { DURATION: '7s' });
    loaded.script.subscribe?.({ runId: 'run' });
    const socket = connected(loaded);
    expect(JSON.parse(socket.sent[0])).toMatchObject({ type: 'subscribe', channels: ['level2', 'matches', 'ticker'] });
    for (const message of [snapshot, trades, { type: 'l2update', ...book, sequence: 11, prev_sequence: 10 }])
      socket.say(message);
    expect(loaded.timers.runNext()).toBe(7_000);
    expect(socket.isClosed).toBe(true);
    socket.onclose();
    const { sum } = loaded;
    expect([sum('feed_snapshots'), sum('feed_updates'), sum('feed_complete')]).toEqual([2, 1, 1]);
    expect([sum('feed_chain_errors'), sum('feed_closed_early')]).toEqual([0, 0]);
  });

  it('notices a gap, and closes', async () => {
    const loaded = await load('market-data');
    vi.stubGlobal('console', { warn: () => {} });
    loaded.script.subscribe?.({ runId: 'run' });
    const socket = connected(loaded);
    socket.say(snapshot);
    socket.say({ type: 'l2update', ...book, sequence: 14, prev_sequence: 12 });
    expect(socket.isClosed).toBe(true);
    socket.onclose();
    expect(loaded.sum('feed_chain_errors')).toBe(1);
    expect(loaded.sum('feed_complete')).toBe(0);
    expect(loaded.timers.runNext()).toBeUndefined();
  });

  it('notices a socket that the server closes', async () => {
    const loaded = await load('market-data');
    loaded.script.subscribe?.({ runId: 'run' });
    connected(loaded).onclose();
    expect(loaded.sum('feed_closed_early')).toBe(1);
  });
});

describe('order-entry-ws', () => {
  function replyTo(text: string): object {
    const { id, method } = JSON.parse(text);
    const order = { order_id: ORDER_ID };
    return { id, status: 202, result: method === 'order.cancel' ? { message: '', order } : order };
  }

  it('keeps a window under way, and closes when all is answered', async () => {
    const loaded = await load('order-entry-ws', { WINDOW: '4', DURATION: '9s' });
    loaded.script.default?.({ runId: 'run' });
    const socket = connected(loaded);
    let answered = 0;
    while (answered < 200) socket.say(replyTo(socket.sent[answered++]));
    expect(loaded.timers.runNext()).toBe(9_000);
    expect(socket.isClosed).toBe(false);
    const sent = socket.sent.length;
    while (answered < sent) socket.say(replyTo(socket.sent[answered++]));
    expect(socket.sent).toHaveLength(sent);
    expect(socket.isClosed).toBe(true);
    socket.onclose();
    const { sum, checks } = loaded;
    expect(sum('order_replies')).toBe(sent);
    expect(checks.passed).toHaveLength(sent);
    expect([sum('order_unanswered'), sum('order_strange_replies'), sum('order_closed_early')]).toEqual([0, 0, 0]);
  });

  it('notices what is never answered, what answers nothing and a socket that ends', async () => {
    const loaded = await load('order-entry-ws', { WINDOW: '4' });
    loaded.script.default?.({ runId: 'run' });
    const socket = connected(loaded);
    const sent = socket.sent.length;
    socket.say({ id: 'x', status: 202 });
    socket.say({ ...replyTo(socket.sent[0]), status: 500 });
    expect(loaded.checks.failed).toHaveLength(1);
    loaded.timers.runNext();
    expect(loaded.timers.runNext()).toBe(70_000);
    expect(socket.isClosed).toBe(true);
    socket.onclose();
    expect(loaded.sum('order_strange_replies')).toBe(1);
    expect(loaded.sum('order_unanswered')).toBeGreaterThanOrEqual(sent - 1);
    expect(loaded.sum('order_closed_early')).toBe(0);

    const again = await load('order-entry-ws');
    again.script.default?.({ runId: 'run' });
    connected(again).onclose();
    expect(again.sum('order_closed_early')).toBe(1);
  });
});

describe('the rules for options', () => {
  it('would catch each mistake', async () => {
    const { script } = await load('orders');
    const { options } = script;
    const problems = (change: object) => optionProblems({ ...options, ...change }, {}, ['default']);
    expect(problems({})).toEqual([]);
    expect(problems({ vuz: 1 })).toEqual(['an option vuz']);
    const rate = {
      executor: 'constant-arrival-rate',
      rate: 1,
      timeUnit: '1s',
      duration: '60',
      preAllocatedVUs: 0,
      exec: 'x',
    };
    expect(problems({ scenarios: { rate } })).toHaveLength(3);
    expect(problems({ scenarios: { 'a b': { executor: 'none' } }, thresholds: {} })).toHaveLength(2);
    expect(problems({ thresholds: { checks: ['count==0'] } })).toHaveLength(1);
    expect(problems({ thresholds: { http_reqs: ['count=0'], nothing: ['count==0'] } })).toHaveLength(2);
    expect(problems({ thresholds: { 'http_reqs{scenario:none}': ['count==0'] } })).toHaveLength(1);
    expect(problems({ summaryTrendStats: ['p95'] })).toHaveLength(1);
  });
});
