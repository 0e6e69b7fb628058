// The server under load, as all scripts see it: where it is, what a run begins with, one command sent and judged. The only shared
// module that talks to k6; what can be decided without it lies in the others.

import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import type { Mix } from '../../src/tools/load/flow.ts';
import { countOf, textOf } from './environment.ts';
import { OrderStream } from './order-stream.ts';
import { httpRequestOf, isGoodAnswer, jsonOf, orderIdIn, statusesOf, valueIn } from './requests.ts';

/** What setup hands to all virtual users. */
export interface RunData {
  /** Start of every idempotency key: a second run against the same server must not meet its own keys again. */
  readonly runId: string;
}

export const BASE_URL = textOf(__ENV, 'BASE_URL', 'http://127.0.0.1:3000');
export const WS_URL = `${BASE_URL.replace(/^http/, 'ws')}/ws`;

const SEED = countOf(__ENV, 'SEED', 1);
const HEADERS = { 'Content-Type': 'application/json' };
const REFUSED = 503;
// Any other status counts in http_req_failed.
const EXPECTED = {
  place: http.expectedStatuses(...statusesOf('place')),
  cancel: http.expectedStatuses(...statusesOf('cancel')),
  amend: http.expectedStatuses(...statusesOf('amend')),
};
const PLACED_OR_REFUSED = http.expectedStatuses(...statusesOf('place'), REFUSED);
const FOUND = http.expectedStatuses(200);

/** Of this virtual user: k6 loads this module once for each. */
let ownStream: OrderStream | undefined;

/** For a script's `setup`. Throws, which ends the run, unless the server takes orders. */
export function beginRun(): RunData {
  const ready = http.get(`${BASE_URL}/readyz`, { responseCallback: FOUND });
  if (ready.status !== 200) throw new Error(`${BASE_URL}/readyz answers ${ready.status || ready.error}`);
  return { runId: `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}` };
}

/** The stream of this virtual user. */
export function streamOf({ runId }: RunData, mix: Mix): OrderStream {
  if (ownStream === undefined) ownStream = new OrderStream(runId, SEED, exec.vu.idInTest, mix);
  return ownStream;
}

/** Sends the next command of this virtual user's stream and checks the answer. */
export function sendNext(data: RunData, mix: Mix, tags: Record<string, string> = {}): void {
  const stream = streamOf(data, mix);
  // An iteration that k6 interrupted has left an order without its answer.
  stream.abandon();
  const command = stream.next();
  if (command === undefined) throw new Error('a stream without pending orders has a next command');
  const { method, path, name, body } = httpRequestOf(command);
  const response = http.request(method, `${BASE_URL}${path}`, body, {
    headers: HEADERS,
    tags: { name, kind: command.kind, ...tags },
    responseCallback: EXPECTED[command.kind],
  });
  const answer = jsonOf(response.body);
  if (command.kind === 'place') stream.answered(command.number, orderIdIn(answer));
  check(response, { 'answer is good': ({ status }) => isGoodAnswer(command.kind, status, answer) });
}

/**
 * Sends the next order; the server may refuse it as long as it says that it did not execute it. Answers whether it did. For mixes of
 * orders alone.
 */
export function offerNext(data: RunData, mix: Mix): 'taken' | 'refused' {
  const stream = streamOf(data, mix);
  const command = stream.next();
  if (command?.kind !== 'place') throw new Error('the mix has more than orders');
  const { path, name, body } = httpRequestOf(command);
  const response = http.post(`${BASE_URL}${path}`, body, {
    headers: HEADERS,
    tags: { name, kind: 'place' },
    responseCallback: PLACED_OR_REFUSED,
  });
  const answer = jsonOf(response.body);
  const isRefused = response.status === REFUSED;
  check(response, {
    'answer is good, or not executed': ({ status }) =>
      isRefused ? valueIn(answer, 'executed') === 'no' : isGoodAnswer('place', status, answer),
  });
  return isRefused ? 'refused' : 'taken';
}

/** Reads `path`; `name` is the path without ids. */
export function read(path: string, name: string): void {
  const tags = { name: `GET ${name}`, kind: 'read' };
  const response = http.get(`${BASE_URL}${path}`, { tags, responseCallback: FOUND });
  check(response, { 'read is good': ({ status, body }) => status === 200 && jsonOf(body) !== undefined });
}

/** k6's only log; its types leave it to those of browsers. */
declare const console: { warn(text: string): void };

export function warn(text: string): void {
  console.warn(text);
}
