// When a turn of the comparison counts as failed, and what the own client asks for.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { type LoadResult, loadProblem, runOwn } from './comparison-load.ts';

const CLEAN: LoadResult = {
  tool: 'wrk',
  requests: 1_000,
  perSecond: 100,
  p50Ms: 1,
  p99Ms: 2,
  maxMs: 3,
  refused: 0,
  failed: 0,
};

test('a turn is clean when every answer was an order sequenced', () => {
  expect(loadProblem(CLEAN, 1_000)).toBeUndefined();
  // Those under way at the end are sequenced, but not counted as answered.
  expect(loadProblem(CLEAN, 1_200)).toBeUndefined();
  expect(loadProblem(CLEAN)).toBeUndefined();
});

test('refused, failed and not sequenced are problems', () => {
  expect(loadProblem({ ...CLEAN, refused: 1 }, 1_000)).toContain('refused');
  expect(loadProblem({ ...CLEAN, failed: 1 }, 1_000)).toContain('failed');
  expect(loadProblem({ ...CLEAN, requests: 0 }, 0)).toContain('nothing');
  expect(loadProblem(CLEAN, 999)).toContain('only 999 sequenced');
});

test('orders are good when taken, reads when answered, and nothing else is', async () => {
  const asked = new Set<string>();
  const server = createServer((request, response) => {
    asked.add(`${request.method} ${request.url}`);
    response.writeHead(request.method === 'GET' ? 200 : 202, { 'Content-Length': 0 }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const options = { url: new URL(`http://127.0.0.1:${port}`), connections: 2, seconds: 0.05, source: 'test' };
  expect(await runOwn(options)).toMatchObject({ refused: 0, failed: 0 });
  expect(await runOwn({ ...options, read: '/book' })).toMatchObject({ refused: 0, failed: 0 });
  expect([...asked]).toEqual(['POST /orders', 'GET /book']);
  server.removeAllListeners('request').on('request', (_request, response) => {
    response.writeHead(201, { 'Content-Length': 0 }).end();
  });
  const refused = await runOwn({ ...options, read: '/book' });
  expect(refused.refused).toBe(refused.requests);
  expect(refused.refused).toBeGreaterThan(0);
  server.close();
});
