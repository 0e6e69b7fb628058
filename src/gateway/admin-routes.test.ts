// Paths, methods and headers of every endpoint; health; who may use the admin endpoints; what an ending gateway still answers.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ProcessState, StorageState } from '../runtime/process-state.ts';
import { freePort } from '../sim/testing/free-port.ts';
import { asyncApiAnswer, openApiAnswer } from '../supervisor/api-documents.ts';
import { isLoopback } from './admin-access.ts';
import { GatewayRig, type RigOptions } from './testing/gateway-rig.ts';
import { order, post, RawConnection, request, until } from './testing/http-client.ts';

let rig: GatewayRig;

async function start(options: RigOptions = {}): Promise<string> {
  rig = await GatewayRig.start(options);
  return rig.url;
}

afterEach(() => rig.stop());

const TOKEN = 'a-token-of-some-length';

describe('paths and methods', () => {
  test.each([
    ['GET', '/orders', 405, 'POST, DELETE'],
    ['PUT', '/orders', 405, 'POST, DELETE'],
    ['GET', '/admin/clients/x/limits', 405, 'PUT'],
    ['DELETE', '/admin/instruments', 405, 'POST'],
    ['PUT', '/orders/x', 405, 'GET, HEAD, PATCH'],
    ['GET', '/orders/x/cancel', 405, 'POST'],
    ['POST', '/orderbook', 405, 'GET, HEAD'],
    ['POST', '/trades', 405, 'GET, HEAD'],
    ['OPTIONS', '/trades/detailed', 405, 'GET, HEAD'],
    ['GET', '/admin/snapshot', 405, 'POST'],
    ['POST', '/stream', 405, 'GET'],
    ['GET', '/nothing', 404, null],
    ['POST', '/orders/', 404, null],
    ['GET', '/orders/x/y', 404, null],
    ['GET', '/ui/..%2fqueues.html', 404, null],
    ['GET', '/ORDERBOOK', 404, null],
  ])('%s %s is %i', async (method, path, status, allow) => {
    const url = await start();
    const answer = await request(url + path, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([status, allow]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      status,
      code: status === 404 ? 'not_found' : 'method_not_allowed',
      executed: 'no',
    });
  });

  test('GET /stream without an upgrade is 426', async () => {
    const url = await start();
    const answer = await request(`${url}/stream`);
    expect([answer.status, answer.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });

  test('HEAD answers like GET, without the body', async () => {
    await start();
    const connection = await RawConnection.open(rig.port);
    for (const path of ['/livez', '/admin/queues', '/nothing', '/readyz']) {
      connection.write(`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    }
    await until(() => connection.received.split('\r\n\r\n').length === 5, 'four heads');
    expect(connection.received.match(/HTTP\/1\.1 (\d+)/g)).toEqual(
      ['200', '200', '404', '200'].map((s) => `HTTP/1.1 ${s}`),
    );
    expect(connection.received).toContain('Content-Length: 15');
    connection.end();
  });

  test('requests pipelined one behind the other are answered in order when each can be answered at once', async () => {
    await start();
    const connection = await RawConnection.open(rig.port);
    connection.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    await until(() => connection.received.split('{"status":"ok"}').length === 4, 'three answers');
    connection.end();
  });
});

describe('health', () => {
  test('liveness is ours, readiness is the process state, the rest is the main thread\u2019s', async () => {
    const url = await start({ state: ProcessState.RECOVERING });
    expect((await request(`${url}/livez`)).status).toBe(200);
    expect((await request(`${url}/readyz`)).status).toBe(503);
    rig.state.advance(ProcessState.OPEN);
    expect((await request(`${url}/readyz?verbose`)).body).toMatchObject({ status: 'ready', state: 'open' });
    rig.answerMain = async ({ kind }) => ({
      status: kind === 'health' ? 503 : 200,
      contentType: 'text/plain',
      body: kind,
    });
    const health = await request(`${url}/healthz`);
    expect([health.status, health.text, health.headers.get('content-type')]).toEqual([503, 'health', 'text/plain']);
    expect((await request(`${url}/metrics`)).text).toBe('metrics');
    expect(rig.asked.map(({ kind }) => kind)).toEqual(['health', 'metrics']);
    rig.answerMain = () => Promise.reject(new Error('main is gone'));
    expect((await request(`${url}/metrics`)).body).toMatchObject({ status: 503, code: 'unavailable' });
  });
});

describe('a disk that keeps commands out', () => {
  const amend = { client_id: 'alice', price: '2.00' };

  test('low: cancels and mass cancels pass, everything else is refused', async () => {
    const url = await start();
    const kept = (await post(`${url}/orders`, order())).body;
    rig.state.storage = StorageState.LOW;
    const id = String(kept.order_id);
    const refused = [
      await post(`${url}/orders`, order()),
      await post(`${url}/orders/${id}`, amend, 'PATCH'),
      await post(`${url}/orders/${id}/replace`, order()),
      await post(`${url}/admin/kill-switch`, { engaged: true }),
      await post(`${url}/admin/settlements`, {}),
    ];
    for (const { status, body, headers } of refused) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(body).toMatchObject({ code: 'storage_low', executed: 'no', retry: 'later' });
    }
    expect((await request(`${url}/readyz`)).body).toEqual({ status: 'not_ready', state: 'storage_low' });
    expect((await post(`${url}/orders/${id}/cancel`, { client_id: 'alice' })).status).toBe(202);
    expect((await request(`${url}/orders?client_id=alice`, { method: 'DELETE' })).status).toBe(202);
    rig.state.storage = StorageState.ROOM;
    expect((await post(`${url}/orders`, order())).status).toBe(202);
  });

  test('full: no command passes, reads do', async () => {
    const url = await start();
    rig.state.storage = StorageState.FULL;
    const refused = [
      await post(`${url}/orders`, order()),
      await post(`${url}/orders/x/cancel`, { client_id: 'alice' }),
      await request(`${url}/orders?client_id=alice`, { method: 'DELETE' }),
    ];
    for (const { status, body } of refused) {
      expect([status, body.code]).toEqual([503, 'storage_full']);
      expect(body).toMatchObject({ executed: 'no', retry: 'later' });
    }
    expect((await request(`${url}/readyz`)).body).toEqual({ status: 'not_ready', state: 'storage_full' });
    expect((await request(`${url}/instruments`)).status).toBe(200);
  });

  test('the operator resumes, and is told when it is too early', async () => {
    const url = await start();
    expect((await post(`${url}/admin/resume`, {})).body).toEqual({ kind: 'resume' });
    expect((await post(`${url}/admin/resume`, { force: true })).body.code).toBe('unknown_field');
    rig.answerMain = async () => ({ unavailable: 'Still too little space.', code: 'storage_low' });
    const early = await request(`${url}/admin/resume`, { method: 'POST' });
    expect([early.status, early.body.code, early.body.detail]).toEqual([503, 'storage_low', 'Still too little space.']);
  });

  test('only the operator resumes', async () => {
    const url = await start({ adminToken: TOKEN });
    expect((await request(`${url}/admin/resume`, { method: 'POST' })).status).toBe(401);
    expect(rig.asked).toEqual([]);
  });
});

describe('admin endpoints', () => {
  test('without a token this machine may use them', async () => {
    const url = await start();
    const page = await request(`${url}/admin/queues`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.text).not.toMatch(/<script(?! type="module" src=)|<style|style=|\son\w+=/);
    expect((await request(`${url}/ui/queues.js`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect((await request(`${url}/ui/queues.css`)).headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect((await request(`${url}/admin/queues.json`)).body).toEqual({ kind: 'queues' });
    expect((await request(`${url}/admin/snapshot`, { method: 'POST' })).body).toEqual({ kind: 'snapshot' });
    expect((await post(`${url}/admin/snapshot`, {})).body).toEqual({ kind: 'snapshot' });
    const told = await post(`${url}/admin/snapshot`, { frame: 1 });
    expect([told.status, told.body.code, told.body.field]).toEqual([400, 'unknown_field', 'frame']);
    const home = await request(`${url}/`);
    expect([home.status, home.headers.get('location')]).toEqual([302, '/admin/queues']);
  });

  test('a snapshot that cannot be taken is 503, and says why', async () => {
    const url = await start();
    rig.answerMain = async () => ({ unavailable: 'the disk is full' });
    const refused = await request(`${url}/admin/snapshot`, { method: 'POST' });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
    expect(refused.body).toMatchObject({ code: 'unavailable', detail: 'the disk is full' });
  });

  test.each([
    ['another name for this machine', 'Host: evil.example', 403],
    ['another site\u2019s page', 'Host: localhost\r\nOrigin: http://evil.example', 403],
    ['its own page', 'Host: localhost:80\r\nOrigin: http://localhost:80', 200],
    ['the IPv6 name', 'Host: [::1]:3000', 200],
    ['a proxy\u2019s Forwarded', 'Host: localhost\r\nForwarded: for=192.0.2.1', 403],
    ['a proxy\u2019s X-Forwarded-For', 'Host: localhost\r\nX-Forwarded-For: 192.0.2.1', 403],
    ['a proxy\u2019s X-Real-IP', 'Host: localhost\r\nX-Real-IP: 192.0.2.1', 403],
    ['a proxy\u2019s Via', 'Host: localhost\r\nVia: 1.1 proxy', 403],
  ])('without a token, under %s', async (_name, headers, status) => {
    await start();
    const connection = await RawConnection.open(rig.port);
    connection.write(`POST /admin/snapshot HTTP/1.1\r\n${headers}\r\nContent-Length: 0\r\n\r\n`);
    await until(() => connection.received.includes('\r\n\r\n'), 'an answer');
    expect(connection.received).toContain(`HTTP/1.1 ${status} `);
    connection.end();
  });

  test('with a token only its holder may', async () => {
    const url = await start({ adminToken: TOKEN });
    for (const [path, method] of [
      ['/admin/queues.json', 'GET'],
      ['/admin/snapshot', 'POST'],
    ]) {
      const none = await request(url + path, { method });
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="ringbook admin"']);
      expect(none.body).toMatchObject({ code: 'unauthorized' });
      for (const wrong of [`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`]) {
        expect((await request(url + path, { method, headers: { authorization: wrong } })).status).toBe(403);
      }
      expect((await request(url + path, { method, headers: { authorization: `Basic ${TOKEN}` } })).status).toBe(401);
      expect((await request(url + path, { method, headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
    }
    expect((await request(`${url}/admin/queues`)).status).toBe(200);
  });
});

describe('stopping', () => {
  test('closing answers what is pending and closes every connection', async () => {
    const url = await start();
    rig.peer.answering = false;
    const pending = post(`${url}/orders`, order());
    await until(() => rig.commandRing.used() === 1, 'a command in the ring');
    expect(rig.state.waitGatewaysClosed(0)).toBe(false);
    const idle = await RawConnection.open(rig.port);
    idle.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => idle.received.includes('ok'), 'an answer');
    rig.close();
    await until(() => idle.closed, 'the end');
    expect((await pending).body).toMatchObject({ status: 504, executed: 'unknown' });
    expect(rig.state.waitGatewaysClosed(0)).toBe(true);
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });

  test('a gateway that starts while the process ends does not listen, and does not keep the process', async () => {
    const port = await freePort();
    const taken = createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    await start({ port, state: ProcessState.FINISHING });
    expect(rig.state.waitGatewaysClosed(0)).toBe(true);
    await expect(GatewayRig.start({ port })).rejects.toThrow('the address is in use'); // what it would have met
    taken.close();
  });
});

test('loopback addresses', async () => {
  await start();
  const v6 = (...tail: number[]) => Uint8Array.from([...new Array<number>(16 - tail.length).fill(0), ...tail]);
  expect(isLoopback(Uint8Array.of(127, 0, 0, 1))).toBe(true);
  expect(isLoopback(Uint8Array.of(127, 8, 9, 10))).toBe(true);
  expect(isLoopback(v6(1))).toBe(true);
  expect(isLoopback(v6(0xff, 0xff, 127, 0, 0, 1))).toBe(true);
  for (const address of [
    Uint8Array.of(10, 0, 0, 1),
    v6(0),
    v6(2),
    v6(0xff, 0xff, 10, 0, 0, 1),
    v6(0x7f, 0, 0, 1),
    v6(1, 0),
    Uint8Array.of(),
  ]) {
    expect(isLoopback(address)).toBe(false);
  }
});

test('/asyncapi.json describes /ws', async () => {
  const url = await start();
  rig.answerMain = () => asyncApiAnswer();
  const { status, text } = await request(`${url}/asyncapi.json`);
  expect(status).toBe(200);
  expect(rig.asked).toEqual([{ kind: 'asyncapi' }]);
  for (const word of ['"asyncapi":"3.0.0"', '"address":"/ws"', 'session.cancel_after']) expect(text).toContain(word);
});

test('/openapi.json names every route and every reason', async () => {
  const url = await start();
  rig.answerMain = () => openApiAnswer();
  const { status, text } = await request(`${url}/openapi.json`);
  expect(status).toBe(200);
  expect(rig.asked).toEqual([{ kind: 'openapi' }]);
  for (const word of ['"openapi":"3.1', '/orders/{order_id}/replace', 'insufficient_funds'])
    expect(text).toContain(word);
});
