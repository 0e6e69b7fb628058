// The tools' HTTP client against servers that split replies, hang up and fall silent: no request is ever sent twice by itself.

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { runOwn } from './comparison-load.ts';
import { ConnectionLost, HttpConnection, headerOf } from './http-connection.ts';
import { PatientClient } from './patient-client.ts';

let server: Server | undefined;

afterEach(() => {
  server?.close();
});

async function listen(made: Server): Promise<URL> {
  server = made.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return new URL(`http://127.0.0.1:${address.port}`);
}

const serve = (answer: RequestListener): Promise<URL> => listen(createServer(answer));

describe('one connection', () => {
  it('asks one thing after the other on one socket, and connects again when told that it ends', async () => {
    const sockets = new Set<unknown>();
    const url = await serve((req, res) => {
      sockets.add(req.socket);
      if (req.url === '/last') res.setHeader('Connection', 'close');
      res.setHeader('Content-Length', 6).end('é 日');
    });
    const connection = new HttpConnection(url, 1_000);
    for (const path of ['/', '/', '/last', '/']) {
      expect(await connection.request('POST', path, '{}')).toMatchObject({ status: 200, body: 'é 日' });
    }
    expect(sockets.size).toBe(2);
    connection.close();
  });

  it('puts a reply together from its pieces', async () => {
    const url = await listen(
      createTcpServer((socket) => {
        socket.on('data', () => {
          const pieces = ['HTTP/1.1 202 Acc', 'epted\r\nX-One: 1\r\nContent-Length: 6\r', '\n\r\nab', 'cdef'];
          pieces.forEach((piece, i) => {
            setTimeout(() => socket.write(piece), 5 * i);
          });
        });
      }),
    );
    const connection = new HttpConnection(url, 1_000);
    const { status, head, body } = await connection.request('GET', '/');
    connection.close();
    expect([status, headerOf(head, 'x-one'), body]).toEqual([202, '1', 'abcdef']);
  });

  it('says that the outcome is unknown when no whole reply comes', async () => {
    const url = await listen(createTcpServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n'))));
    await expect(new HttpConnection(url, 1_000).request('GET', '/')).rejects.toThrow(ConnectionLost);
  });

  it('gives up after its time', async () => {
    const url = await listen(createTcpServer(() => {}));
    const connection = new HttpConnection(url, 50);
    await expect(connection.request('GET', '/')).rejects.toThrow('no answer within 50 ms');
  });
});

describe('a patient client', () => {
  it('asks again after a lost connection and after 503', async () => {
    const asked: string[] = [];
    const url = await serve((req, res) => {
      asked.push(req.url ?? '');
      if (asked.length === 1) req.socket.destroy();
      else res.writeHead(asked.length === 2 ? 503 : 202, { 'Content-Length': 0 }).end();
    });
    const client = new PatientClient(url, { connections: 1 });
    expect((await client.request('POST', '/orders', '{}')).status).toBe(202);
    expect([asked.length, client.repeats]).toEqual([3, 2]);
    client.close();
  });

  it('hands back the last answer when its patience ends', async () => {
    const url = await serve((_req, res) => res.writeHead(503, { 'Content-Length': 0 }).end());
    const client = new PatientClient(url, { connections: 1, patienceMs: 50 });
    expect((await client.request('GET', '/')).status).toBe(503);
    client.close();
  });
});

it('our own closed loop counts what is not 202', async () => {
  let requests = 0;
  const url = await serve((_req, res) => res.writeHead(++requests === 5 ? 400 : 202, { 'Content-Length': 0 }).end());
  const result = await runOwn({ url, connections: 4, seconds: 0.2, source: 't' });
  expect(result).toMatchObject({ requests, refused: 1, failed: 0 });
  expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
});
