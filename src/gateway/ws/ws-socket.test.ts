// What a socket of /ws does with messages that its client does not take, over a socket of uWebSockets that takes nothing.

import { describe, expect, test } from 'vitest';
import { createClock } from '../../runtime/clock.ts';
import { CounterBlock, counterBytesNeeded } from '../../shared-memory/counters.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { HeldMessages } from './held-messages.ts';
import { TokenBucket } from './token-bucket.ts';
import { TotalBacklog } from './total-backlog.ts';
import { type RawSocket, WsSocket } from './ws-socket.ts';

const BOUND = 1_000;

/** All that is sent waits. */
class StalledSocket implements RawSocket {
  sent: string[] = [];
  waiting = 0;
  ended = '';

  send(message: string | Uint8Array): number {
    this.sent.push(String(message));
    this.waiting += message.length;
    return 0;
  }

  cork(send: () => void): this {
    send();
    return this;
  }

  subscribe(): boolean {
    return true;
  }

  unsubscribe(): boolean {
    return true;
  }

  getBufferedAmount(): number {
    return this.waiting;
  }

  end(code?: number): void {
    this.ended = String(code);
  }

  close(): void {
    this.ended = 'cut';
  }
}

function rig(totalBytesMax = 1e6) {
  let nowMs = 0;
  const clock = createClock({ wallMs: () => nowMs, stopwatchMs: () => nowMs });
  const counters = new CounterBlock(new SharedArrayBuffer(counterBytesNeeded(1)), 0);
  const together = new HeldMessages();
  const total = new TotalBacklog(totalBytesMax, 60e6, clock);
  const sockets: WsSocket[] = [];
  const open = () => {
    const raw = new StalledSocket();
    const shared = { clock, counters, backpressureBytesMax: BOUND, together, total };
    const socket = new WsSocket(sockets.length, raw, new TokenBucket(0, 0), shared);
    sockets.push(socket);
    return { raw, socket };
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { counters, together, total, sockets, open, pass };
}

const bytes = (length: number) => Buffer.alloc(length, '{');

describe('what a socket asked for itself', () => {
  test('does not make it slow, whether it goes out at once or with the rest of the turn', () => {
    const { open, together } = rig();
    const { raw, socket } = open();
    for (const holding of [false, true]) {
      together.holding = holding;
      for (let k = 0; k < 4; k++) socket.sendBeginning(bytes(BOUND));
      together.release();
      expect([socket.backlog(), raw.ended]).toEqual([0, '']);
    }
    expect(raw.sent.length).toBe(8);
    socket.sendText('{}');
    expect([socket.backlog(), raw.ended]).toEqual([2, '']);
  });

  test('does after all when it is too much', () => {
    const { open, counters } = rig();
    const { raw, socket } = open();
    for (let k = 0; k < 30; k++) socket.sendBeginning(bytes(BOUND));
    expect([raw.ended, counters.get(GatewayCounter.WS_SLOW_CONSUMER_CLOSES) > 0]).toEqual(['4008', true]);
    expect(raw.waiting).toBeLessThan(19 * BOUND);
  });
});

test('a socket that has ended takes no more messages', () => {
  const { socket } = rig().open();
  expect(socket.messageTaken()).toBe(true);
  socket.closed();
  expect(socket.messageTaken()).toBe(false);
});

describe('all sockets together', () => {
  test('beyond their bound those for which most waits are cut, and no more than needed', () => {
    const { open, sockets, total, counters } = rig(10_000);
    const raws = [3_000, 500, 4_000, 3_500, 800].map((waiting) => Object.assign(open().raw, { waiting }));
    const ended = () => raws.map((raw) => raw.ended);
    total.grown(10_000, sockets);
    expect(ended()).toEqual(['', '', '', '', '']); // it cannot be more yet
    total.grown(1_800, sockets);
    expect(ended()).toEqual(['', '', 'cut', '', '']);
    expect(counters.get(GatewayCounter.WS_SLOW_CONSUMER_CLOSES)).toBe(1);
    total.grown(
      2_100,
      sockets.filter((_, k) => k !== 2),
    );
    expect(ended()).toEqual(['', '', 'cut', '', '']); // counted anew: 7,800
  });

  test('who ends is told so while little waits for those that have ended, else it is cut', () => {
    const { open, pass } = rig(4_000);
    const end = (waiting: number) => {
      const { raw, socket } = open();
      raw.waiting = waiting;
      socket.end(4008, 'slow_consumer');
      return raw.ended;
    };
    expect([end(600), end(600), end(400), end(1), end(0)]).toEqual(['4008', 'cut', '4008', 'cut', '4008']);
    pass(61_000);
    expect(end(1_000)).toBe('4008');
  });
});
