// One socket after the other: when the client comes back, when it gives a socket up, and that it ends.

import { describe, expect, it } from 'vitest';
import { connect } from './index.ts';
import { ClientRig } from './testing/rig.ts';

describe('the connection', () => {
  it('goes to the address it was given, and says when it is there', () => {
    const { server, socket, client, told } = new ClientRig();
    expect(socket.url).toBe('ws://host/ws');
    expect(client.connected).toBe(false);
    socket.open();
    expect([client.connected, told, server.sockets.length]).toEqual([true, ['connected'], 1]);
  });

  it('needs a WebSocket: that of its surroundings, or the one it is given', () => {
    const there = Reflect.get(globalThis, 'WebSocket');
    Reflect.set(globalThis, 'WebSocket', undefined);
    try {
      expect(() => connect('ws://host/ws')).toThrow(TypeError);
    } finally {
      Reflect.set(globalThis, 'WebSocket', there);
    }
  });

  it('comes back after waits that double, with jitter, up to the longest', () => {
    const rig = new ClientRig({ backoffMs: [100, 1_000] });
    const waits: number[] = [];
    rig.client.on('disconnected', ({ retryMs }) => waits.push(retryMs));
    const comeBack = (chance: number) => {
      rig.time.chance = chance;
      rig.socket.end(1006);
      const { length } = rig.server.sockets;
      const wait = waits.at(-1) ?? 0;
      rig.time.pass(wait - 1);
      expect(rig.server.sockets).toHaveLength(length);
      rig.time.pass(1);
      expect(rig.server.sockets).toHaveLength(length + 1);
    };
    for (const chance of [0, 0, 0, 0.5, 0, 0]) comeBack(chance);
    expect(waits).toEqual([50, 100, 200, 600, 500, 500]);
    rig.socket.open();
    comeBack(0);
    expect(waits.at(-1)).toBe(500);
    rig.socket.open();
    rig.time.pass(1_000);
    comeBack(0);
    expect(waits.at(-1)).toBe(50);
  });

  it.each([
    [1001, 50],
    [1012, 50],
    [1013, 50],
    [4008, 50],
    [1008, 5_000],
    [1009, 5_000],
  ])('tells close code %i and comes back after %i ms', (code, retryMs) => {
    const rig = new ClientRig();
    rig.time.chance = 0;
    const how: unknown[] = [];
    rig.client.on('disconnected', (one) => how.push(one));
    rig.socket.open();
    rig.socket.end(code, 'because');
    expect(how).toEqual([{ code, reason: 'because', retryMs }]);
    rig.time.pass(retryMs);
    expect(rig.server.sockets).toHaveLength(2);
  });

  it('gives up a socket that does not open', () => {
    const rig = new ClientRig({ openMs: 3_000 });
    const [first] = rig.server.sockets;
    rig.time.pass(2_999);
    expect(first.closedWith).toBeUndefined();
    rig.time.pass(1);
    expect(first.closedWith).toBe(1000);
    expect(rig.told).toEqual(['disconnected 1006']);
    rig.time.pass(1_000);
    expect(rig.server.sockets).toHaveLength(2);
    first.open();
    expect(rig.client.connected).toBe(false);
  });

  it('asks a silent socket for a sign of life, and gives it up when none comes', () => {
    const rig = new ClientRig({ silenceMs: 1_000 });
    const [first] = rig.server.sockets;
    first.open();
    rig.time.pass(1_000);
    expect(first.count('ping')).toBe(1);
    first.say({ type: 'pong', req_id: first.last('ping').req_id, time: '' });
    rig.time.pass(2_000);
    expect(first.count('ping')).toBe(2);
    expect(first.closedWith).toBeUndefined();
    rig.time.pass(1_000);
    expect(first.closedWith).toBe(1000);
    expect(rig.told).toEqual(['connected', 'disconnected 1006']);
  });

  it('hears nothing more of a socket it has given up', () => {
    const rig = new ClientRig({ silenceMs: 1_000 });
    const [first] = rig.server.sockets;
    first.open();
    rig.time.pass(2_000);
    rig.time.pass(1_000);
    rig.socket.open();
    first.say('not JSON');
    first.end(1006);
    expect(rig.told).toEqual(['connected', 'disconnected 1006', 'connected']);
  });

  it('ends with close(), and nothing is left to come', () => {
    const rig = new ClientRig();
    rig.client.book('BTC-USD');
    rig.socket.open();
    rig.client.close();
    rig.client.close();
    expect(rig.socket.closedWith).toBe(1000);
    rig.socket.end(1000);
    expect(rig.time.waiting).toBe(0);
    expect(rig.server.sockets).toHaveLength(1);
  });

  it('ends between two attempts too', () => {
    const rig = new ClientRig();
    rig.socket.end(1006);
    rig.client.close();
    expect(rig.time.waiting).toBe(0);
  });

  it.each([
    ['not JSON', 'not JSON: not JSON'],
    ['[1]', 'not a JSON object: [1]'],
    ['{"type":"surprise"}', 'an unknown message: surprise'],
    ['{}', 'an unknown message: undefined'],
    ['{"type":"error","error":{"code":"malformed_json","detail":"no"}}', 'malformed_json: no'],
    ['{"id":null,"status":400,"error":{"code":"malformed_json","detail":"no"}}', 'malformed_json: no'],
    ['{"type":"error","error":7}', 'unreadable: the server gave no reason'],
  ])('tells of a message that makes no sense, and goes on: %s', (text, expected) => {
    const rig = new ClientRig();
    rig.socket.open();
    rig.socket.say(text);
    expect(rig.told).toEqual(['connected', expected]);
    expect(rig.client.connected).toBe(true);
  });

  it('tells of a binary frame', () => {
    const rig = new ClientRig();
    rig.socket.open();
    rig.socket.sayData(new ArrayBuffer(8));
    expect(rig.told[1]).toMatch(/binary/);
  });

  it('lets a listener throw without harm to others, and takes listeners away', async () => {
    const rig = new ClientRig();
    const uncaught: unknown[] = [];
    const real = globalThis.queueMicrotask;
    globalThis.queueMicrotask = (call) => {
      try {
        call();
      } catch (error) {
        uncaught.push(error);
      }
    };
    try {
      const times: string[] = [];
      rig.client.on('connected', () => {
        throw new Error('mine');
      });
      const off = rig.client.on('connected', () => times.push('never'));
      rig.client.on('connected', () => times.push('told'));
      off();
      rig.socket.open();
      expect(times).toEqual(['told']);
      expect(uncaught).toEqual([new Error('mine')]);
    } finally {
      globalThis.queueMicrotask = real;
    }
  });
});
