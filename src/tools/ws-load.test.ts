// What the load over WebSockets holds against a server: refusals, silence, answers that come twice or to nothing that was asked.

import { afterEach, expect, test } from 'vitest';
import { loadProblem } from './comparison-load.ts';
import { JSON_DIALECT } from './order-dialects.ts';
import { ScriptedServer } from './testing/scripted-server.ts';
import { runWsLoad } from './ws-load.ts';

let server: ScriptedServer;
afterEach(() => server.close());

/** A load of 40 orders on two sockets against a server that answers the n-th of each as told. */
async function run(answers: (n: number) => (string | number)[]) {
  server = await ScriptedServer.start((socket, message) => {
    const { id } = JSON.parse(message);
    for (const answer of answers(Number(id))) {
      if (answer === 'end') socket.end();
      else socket.send(typeof answer === 'number' ? `{"id":"${id}","status":${answer},"result":{}}` : answer);
    }
  });
  const { url } = server;
  const options = { url, path: '/ws', dialect: JSON_DIALECT, connections: 2, window: 8, seconds: 30, source: 's' };
  return runWsLoad({ ...options, framesMax: 40 });
}

test('each order answered once is good', async () => {
  const load = await run(() => [202]);
  expect([load.requests, load.refused, load.failed, loadProblem(load, 40)]).toEqual([40, 0, 0, undefined]);
});

test('a refusal', async () => {
  expect(loadProblem(await run((n) => [n === 5 ? 503 : 202]))).toBe('2 orders were refused');
});

test('an answer that comes twice, in another’s stead or besides', async () => {
  const stolen = await run((n) => (n === 5 ? [] : n === 6 ? [202, 202] : n === 19 ? [202, 'end'] : [202]));
  expect([stolen.requests, stolen.failed]).toEqual([38, 4]);
  server.close();
  expect(loadProblem(await run((n) => (n === 5 ? [202, '{"id":null,"status":400}'] : [202])))).toBe(
    '2 requests failed',
  );
});

test('a connection that ends', async () => {
  const load = await run((n) => (n === 12 ? ['end'] : [202]));
  expect(loadProblem(load)).toMatch(/requests failed/);
});
