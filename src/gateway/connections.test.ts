// The cap on connections: who is over it is closed and counted, who leaves makes room, WebSockets too; and how high it is.

import { afterEach, describe, expect, test } from 'vitest';
import { GatewayCounter } from '../wire/counters.ts';
import { connectionsMax, openFilesMax } from './connections.ts';
import { GatewayRig } from './testing/gateway-rig.ts';
import { RawConnection, until } from './testing/http-client.ts';
import { WebSocketClient } from './testing/websocket-client.ts';

const MAX = 3;

let rig: GatewayRig;
const connections: RawConnection[] = [];

async function connect(): Promise<RawConnection> {
  const connection = await RawConnection.open(rig.port);
  connections.push(connection);
  return connection;
}

function refused(): number {
  return rig.counters.get(GatewayCounter.CONNECTIONS_REFUSED);
}

/** Connects until it is answered: the gateway hears of an end only in time. */
async function connectAnswered(): Promise<RawConnection> {
  for (;;) {
    const connection = await connect();
    connection.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => connection.closed || connection.received.includes('200 OK'), 'an answer or the end');
    if (!connection.closed) return connection;
  }
}

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.end();
  await rig.stop();
});

describe('the cap on connections', () => {
  test('closes and counts what is above it, and those below it go on', async () => {
    rig = await GatewayRig.start({ limits: { connectionsMax: MAX } });
    const kept = [await connectAnswered(), await connectAnswered(), await connectAnswered()];
    for (let n = 1; n <= 5; n++) {
      const extra = await connect();
      await until(() => extra.closed, 'the end of one too many');
      expect([extra.received, refused()]).toEqual(['', n]);
    }
    expect(kept.map(({ closed }) => closed)).toEqual([false, false, false]);
    kept[1]?.end();
    await connectAnswered();
    const extra = await connect();
    await until(() => extra.closed, 'the end of one too many again');
  });

  test('counts a WebSocket from its first byte to its end', async () => {
    rig = await GatewayRig.start({ limits: { connectionsMax: MAX } });
    const streams = () => rig.counters.get(GatewayCounter.STREAM_CONNECTIONS);
    for (let n = 0; n < 3 * MAX; n++) {
      const passing = await WebSocketClient.open(rig.port);
      passing.end();
      await until(() => streams() === 0, 'the end of the stream');
    }
    expect(refused()).toBe(0);
    const open = await Promise.all(Array.from({ length: MAX }, () => WebSocketClient.open(rig.port)));
    const extra = await connect();
    await until(() => extra.closed, 'the end of one too many');
    expect([streams(), refused()]).toEqual([MAX, 1]);
    for (const client of open) client.end();
    await connectAnswered();
  });
});

describe('how high the cap is', () => {
  test.each([
    ['1024', 1, 512],
    ['1024', 4, 128],
    ['1024', 16, 64],
    ['256', 1, 64],
    ['20512', 4, 5_000],
    ['1048576', 4, 10_000],
    ['unlimited', 2, 10_000],
  ])('with %s files and %i gateways it is %i', (soft, gateways, cap) => {
    const limits = `Limit                     Soft Limit           Hard Limit           Units     \nMax processes             127235               127235               processes \nMax open files            ${soft.padEnd(20)} 1048576              files     \n`;
    expect(connectionsMax(openFilesMax(limits), gateways)).toBe(cap);
  });

  test('where the system does not tell, 1024 files are assumed', () => {
    expect(openFilesMax('')).toBe(1_024);
  });
});
