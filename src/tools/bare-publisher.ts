// The reference for fan-out, as a process: `node dist/tools/bare-publisher.js PORT FILE`. Publishes recorded messages to all who are
// connected, each at its time, by one topic of uWebSockets, and does nothing else. One thread; its starter's end is its own end.
// FILE: for each message f64 ms since the first, u32 length, the bytes.

import { App } from 'uWebSockets.js';
import { readFileSync } from 'node:fs';
import { stampTime } from './feed-subscriber.ts';
import { positiveInteger } from './usage.ts';

const TOPIC = 'all';

interface Recorded {
  readonly atMs: number;
  readonly bytes: Buffer;
}

function readMessages(path: string): Recorded[] {
  const file = readFileSync(path);
  const messages: Recorded[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    messages.push({ atMs: file.readDoubleLE(at), bytes: file.subarray(at + 12, at + 12 + length) });
    at += 12 + length;
  }
  return messages;
}

const messages = readMessages(process.argv[3] ?? '');
const app = App();
app.ws('/ws', {
  maxBackpressure: 4 * 2 ** 20,
  closeOnBackpressureLimit: true,
  idleTimeout: 0,
  open: (socket) => {
    socket.subscribe(TOPIC);
  },
});
const listening: unknown[] = [];
app.listen('127.0.0.1', positiveInteger('port', process.argv[2] ?? ''), (socket) => {
  if (socket !== false) listening.push(socket);
});
if (listening.length === 0) throw new Error('the port is taken');

/** As many as are due, each stamped with when it was; the rest at their time. */
function publishFrom(next: number, startMs: number): void {
  let at = next;
  for (; at < messages.length && startMs + messages[at].atMs <= performance.now(); at++) {
    stampTime(messages[at].bytes, performance.timeOrigin + startMs + messages[at].atMs);
    app.publish(TOPIC, messages[at].bytes, false);
  }
  if (at === messages.length) process.send?.('over');
  else setTimeout(publishFrom, Math.max(0, startMs + messages[at].atMs - performance.now()), at, startMs);
}

process.on('message', () => publishFrom(0, performance.now()));
process.on('disconnect', () => process.exit(0));
process.send?.('listening');
