// A run that cannot go on leaves no connection open.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { assert } from '../../assert.ts';
import { LiveFrames } from './live-frames.ts';
import { sendMalformed } from './live-run.ts';

const HEALTHY = JSON.stringify({
  message: '',
  journal: { sequence: 0, durability: 'fsync' },
  postgres: { status: 'up', sequences: 0, seconds: 0 },
});

/** Takes any number of sockets of /ws and never answers there; /healthz says that all is well `healthy` times. */
function muteServer(healthy: number) {
  let asked = 0;
  return createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (text.startsWith('GET /ws ')) socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      if (!text.startsWith('GET /healthz ')) return;
      const status = ++asked > healthy ? 500 : 200;
      socket.write(`HTTP/1.1 ${status} x\r\nContent-Length: ${HEALTHY.length}\r\n\r\n${HEALTHY}`);
    });
  });
}

test.each([0, 1, 2])('/healthz fails after %i answers: all connections are closed', async (healthy) => {
  const server = muteServer(healthy).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object', 'listens');
  const url = new URL(`http://127.0.0.1:${address.port}`);
  const run = sendMalformed({ url, pid: process.pid, frames: 1_000, sockets: 3, seed: 1, source: new LiveFrames(1) });
  await expect(run).rejects.toThrow('/healthz answers 500');
  const closed = once(server, 'close');
  server.close();
  await closed;
});
