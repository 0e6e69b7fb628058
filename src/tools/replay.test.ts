// The replay without a server: what the recorded files say, the requests made of them, and that each wrong reply is found.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command } from '../domain/command.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { InstrumentList } from '../wire/instrument-list.ts';
import { OrderRequestParser } from '../wire/order-request.ts';
import { BAD_INPUTS } from './bad-input-cases.ts';
import { CheckReport } from './check-report.ts';
import { expectedOutcome } from './expected-outcome.ts';
import { orderJson } from './order-mix.ts';
import { readCommands, readFills } from './recorded-flow.ts';
import { checkReplies } from './replay-checks.ts';
import { requestOf } from './replay-requests.ts';
import type { RunRecord } from './replay-run.ts';
import { readState, writeState } from './replay-state.ts';

const COMMANDS = `seq,op,order_id,side,price_ticks,qty,type,tif,post_only,client
1,N,a,S,7000001,100000000,limit,GTC,0,c1
2,N,b,B,7000001,5,limit,GTC,1,c2
3,N,c,B,7000002,30000000,limit,GTC,0,c3
4,N,d,B,,80000000,market,IOC,0,c4
5,N,e,B,6999999,1,limit,GTC,0,c5
6,C,e,,,,,,,c5
7,C,a,,,,,,,c1
8,N,f,S,99,7,limit,GTC,0,c6
`;
const FILLS = 'taker_seq,maker_order_id,price_ticks,qty\n3,a,7000001,30000000\n4,a,7000001,70000000\n';

let directory: string;
const file = (name: string): string => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-replay-test-'));
  writeFileSync(file('commands.csv.gz'), gzipSync(COMMANDS));
  writeFileSync(file('fills.csv'), FILLS);
});
afterAll(() => rmSync(directory, { recursive: true }));

function flow() {
  const commands = readCommands(file('commands.csv.gz'));
  return { commands, expected: expectedOutcome(commands, readFills(file('fills.csv'))) };
}

describe('the recorded files', () => {
  it('say what becomes of every order', () => {
    const { expected } = flow();
    const states = [...expected.orders].map(
      ([id, { status, filledLots, remainingLots }]) => `${id} ${status} ${filledLots} ${remainingLots}`,
    );
    expect(states).toEqual([
      'a filled 100000000 0',
      'b rejected 0 0',
      'c filled 30000000 0',
      'd cancelled 70000000 0',
      'e cancelled 0 0',
      'f open 0 7',
    ]);
    expect([[...expected.cancelled], [...expected.foundClosed]]).toEqual([[6], [7]]);
  });

  it('are refused when they contradict each other', () => {
    const { commands } = flow();
    expect(() => expectedOutcome(commands, [])).toThrow('seq 3: crosses the book without a fill');
    const [first] = readFills(file('fills.csv'));
    expect(() => expectedOutcome(commands, [{ ...first, takerSeq: 5 }])).toThrow('seq 3');
    writeFileSync(file('bad.csv'), COMMANDS.replace('7000001', '70000.01'));
    expect(() => readCommands(file('bad.csv'))).toThrow('bad.csv:2: "70000.01" is not a whole number');
  });

  it('become requests with the digits they have', () => {
    const { commands } = flow();
    expect(JSON.parse(requestOf(commands[0], 'run', '').json)).toMatchObject({
      idempotency_key: 'run-1',
      price: '70000.01',
      quantity: '1.00000000',
      side: 'sell',
    });
    expect(requestOf(commands[3], 'run', '').json).not.toContain('price');
    expect(requestOf(commands[7], 'run', '').json).toContain('"price":"0.99","quantity":"0.00000007"');
    expect(requestOf(commands[5], 'run', 'ID').path).toBe('/orders/ID/cancel');
  });
});

describe('what replies are held to', () => {
  const check = (change: (record: RunRecord) => void): CheckReport => {
    const { expected } = flow();
    const record: RunRecord = {
      serverIds: new Map(),
      fills: [...expected.fills],
      rejected: new Set([2]),
      cancelled: new Set([6]),
      foundClosed: new Set([7]),
      unexpected: [],
      kept: [],
    };
    change(record);
    const report = new CheckReport();
    checkReplies(expected, record, report);
    return report;
  };

  it('passes what is equal', () => {
    expect(check(() => {}).text()).toMatch(/PASS\n$/);
  });

  it.each<[string, (record: RunRecord) => void, string]>([
    ['a missing fill', ({ fills }) => fills.pop(), 'missing: taker seq 4, fill 1: maker a'],
    ['a fill too many', ({ fills }) => fills.push({ ...fills[0], takerSeq: 5 }), 'unexpected: taker seq 5'],
    ['fills out of order', ({ fills }) => fills.reverse(), 'out of order'],
    ['an order not rejected', ({ rejected }) => rejected.clear(), 'post-only rejected: seq 2: not'],
    ['a cancel too many', ({ cancelled }) => cancelled.add(7), 'cancels accepted: seq 7: should not be'],
    ['another reply', ({ unexpected }) => unexpected.push('seq 1: 400'), 'other replies: seq 1: 400'],
  ])('fails on %s', (_name, change, text) => {
    const report = check(change);
    expect(report.passed).toBe(false);
    expect(report.text()).toContain(text);
    expect(report.text()).toMatch(/FAIL\n$/);
  });
});

it('keeps its state in a file, and notices a cut one', () => {
  const state = {
    runId: 'r',
    commands: 8,
    sequenceBefore: 0,
    sequenceAfter: 8,
    serverIds: new Map([['a', 'A']]),
    kept: [{ seq: 1, status: 202, body: '{"x":"\\n"}' }],
  };
  writeState(file('state'), state);
  expect(readState(file('state'))).toEqual(state);
  writeFileSync(file('cut'), '["ringbook-replay-1","r",8,0,8,1,1]\n["a","A"]\n');
  expect(() => readState(file('cut'))).toThrow('cut short');
});

describe('order requests', () => {
  const parse = (json: string) => {
    const parser = new OrderRequestParser(new InstrumentList(DEFAULT_INSTRUMENTS));
    const bytes = Buffer.from(json);
    const good = parser.parse(bytes, 0, bytes.length, new Command());
    return good ? 'good' : `${parser.problem.code} ${parser.problem.field}`;
  };

  it('of the load are good', () => {
    for (let n = 0; n < 8; n++) expect(parse(orderJson('source', n))).toBe('good');
  });

  const inBody = BAD_INPUTS.filter(({ method, path, contentType, code }) => {
    return method === undefined && path === undefined && contentType === undefined && code !== 'body_too_large';
  });
  it.each(inBody)('of the bad-input table are refused: $name', ({ body, code, field }) => {
    expect(parse(body)).toBe(`${code} ${field}`);
  });
});
