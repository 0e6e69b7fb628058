// `ringbook load` against a whole server, over each transport; and against one that lies in one respect: then it must not pass.

import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../sim/servers/test-database.ts';
import { Lab } from './testing/lab.ts';
import { type Lie, startLyingProxy } from './testing/lying-proxy.ts';
import { MAIN, Server, useDatabase } from './testing/server.ts';

const lab = new Lab('file');
let server: Server;
let directory = '';

beforeAll(async () => {
  // Closed orders are read back from the ledger.
  const database = await createTestDatabase('e2e load');
  lab.defer(() => database.drop());
  directory = await lab.directory();
  server = await Server.start(lab, { environment: useDatabase(database.connection) });
});

interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** `ringbook load` to its end. */
function load(url: string, ...args: string[]): Promise<Ended> {
  const words = [MAIN, 'load', '--url', url, '--seconds', '1', '--warmup', '0', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: directory, env: { PATH: process.env.PATH } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

// Where the exit code counts, the loop is closed: on a machine that is too busy for a schedule, no run counts.
describe('against a server that does as it says', () => {
  test.each([
    ['http', ['--connections', '4']],
    ['ws', ['--connections', '2', '--pipeline', '4', '--threads', '2']],
    ['ws-binary', ['--connections', '1', '--pipeline', '8']],
  ])('it passes: %s', async (over, args) => {
    const { code, stdout } = await load(server.url, '--over', over, '--closed', ...args);
    expect(stdout).toMatch(/\nPASS\n/);
    expect(stdout).toMatch(/\nwrong +0\n/);
    expect(code).toBe(0);
  });

  test('its figures agree with each other and with the server', async () => {
    const { stdout } = await load(server.url, '--rate', '100', '--connections', '4', '--verify', 'all', '--json');
    const said = JSON.parse(stdout);
    const { counts, read_back, acknowledged_orders, acknowledged, sequenced, intended_ms } = said;
    expect(counts).toMatchObject({ wrong: 0, unanswered: 0, refused: {}, sent: acknowledged + counts.tooLate });
    expect(counts.sent + counts.unsent).toBe(100);
    expect(read_back).toEqual({ good: acknowledged_orders, bad: 0, untold: 0 });
    // A cancel or amend that came too late was a command as well.
    expect(sequenced).toBe(counts.sent);
    expect(intended_ms.p50).toBeGreaterThan(0);
    expect(intended_ms.max).toBeGreaterThanOrEqual(intended_ms.p99);
  });

  test('the search for a limit names the highest rate that held', async () => {
    // One connection and 300 ms for each answer: three a second, and never four.
    const slow: Lie = async (_, truth) => {
      await sleep(300);
      return truth();
    };
    const url = await startLyingProxy(lab, server.url, slow);
    const { stdout } = await load(
      url,
      '--find-limit',
      '--p99-ms',
      '5000',
      '--rate',
      '2',
      '--connections',
      '1',
      '--json',
    );
    const { limit_per_second, steps }: { limit_per_second: number | null; steps: Step[] } = JSON.parse(stdout);
    const held = steps.filter((step) => step.held).map(({ per_second }) => per_second);
    expect(limit_per_second).toBe(held.length === 0 ? null : Math.max(...held));
    expect(Math.max(0, ...held)).toBeLessThan(4);
    expect(steps.length).toBeGreaterThan(1);
  });
});

interface Step {
  readonly per_second: number;
  readonly held: boolean;
}

test('nobody listens', async () => {
  const { code, stderr } = await load('http://127.0.0.1:1');
  expect([code, stderr]).toEqual([1, 'ringbook load: http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n']);
});

/** Lies at the n-th order that is placed, from 1. */
function atOrder(n: number, lie: Lie): Lie {
  let placed = 0;
  return (request, truth) =>
    request.method === 'POST' && request.path === '/orders' && ++placed === n ? lie(request, truth) : truth();
}

/** Tells the truth about a request but for what `change` makes of the reply. */
function changing(change: (reply: Record<string, unknown>) => object): Lie {
  return async (_, truth) => {
    const { status, body } = await truth();
    return { status, body: JSON.stringify(change(JSON.parse(body))) };
  };
}

/** Says the same order id for an order as for the first one. */
function sameIdTwice(): Lie {
  let first: unknown;
  const remember = atOrder(
    1,
    changing((reply) => {
      first = reply.order_id;
      return reply;
    }),
  );
  const lie = atOrder(
    20,
    changing((reply) => ({ ...reply, order_id: first })),
  );
  return (request, truth) =>
    remember(request, () => lie(request, truth).then((told) => told ?? { status: 0, body: '' }));
}

/** Answers for an order that it hands on to nobody, with an id that its server never gave. */
const swallowing: Lie = atOrder(20, async ({ body }) => {
  const { client_id, side, type, price = null, quantity, time_in_force = 'GTC', post_only = false } = JSON.parse(body);
  const zero = '0.00000000';
  const amounts = { quantity, filled_quantity: zero, remaining_quantity: zero, cancelled_quantity: zero };
  const nothing = { ...amounts, prevented_quantity: zero, status: 'rejected', trades: [], trades_total: 0 };
  const terms = { side, type, price, time_in_force: type === 'market' ? 'IOC' : time_in_force, post_only };
  const order = { order_id: '01a203e4-2591-8400-8000-0000002782de', client_id, ...terms, ...nothing };
  return { status: 202, body: JSON.stringify(order) };
});

/** The sequence stands still. */
function sequenceOf(sequence: number): Lie {
  const lie = changing((health) => ({ ...health, journal: { ...Object(health.journal), sequence } }));
  return (request, truth) => (request.path === '/healthz' ? lie(request, truth) : truth());
}

describe('against a server that', () => {
  test.each<[string, () => Lie, number, RegExp]>([
    ['is only handed on', () => (_, truth) => truth(), 0, /\nPASS\n/],
    ['forgets an order', () => swallowing, 1, /acknowledged orders are missing[\s\S]*404 order_unknown/],
    ['gives an id twice', sameIdTwice, 1, /two orders have the number \d+/],
    [
      'answers for another client',
      () =>
        atOrder(
          20,
          changing((r) => ({ ...r, client_id: 'x' })),
        ),
      1,
      /client_id is x, not load-/,
    ],
    ['cuts a connection', () => atOrder(20, async () => undefined), 1, /1 requests were not answered/],
    ['sequences nothing', () => sequenceOf(1_000_000), 1, /commands were acknowledged, but only 0 sequenced/],
  ])('%s', async (_, lie, code, said) => {
    const url = await startLyingProxy(lab, server.url, lie());
    const ended = await load(url, '--closed', '--connections', '2', '--verify', 'all');
    expect(ended.stdout).toMatch(said);
    expect(ended.code).toBe(code);
  });
});
