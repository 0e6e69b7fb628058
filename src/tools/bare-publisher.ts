// The reference for fan-out, as a process: `node dist/tools/bare-publisher.js PORT FILE`. Publishes recorded messages to all who are
// connected, each at its time or as fast as they are taken, with the time in it, by one topic of uWebSockets, and does nothing
// else. One thread; its starter's end is its own end.
// FILE: for each message f64 ms since the first, u32 length, the bytes.

import { App, type WebSocket } from 'uWebSockets.js';
import { readFileSync } from 'node:fs';
import { stampTime } from './feed-subscriber.ts';
import { positiveInteger } from './usage.ts';

const TOPIC = 'all';
/** A socket with less to be read has taken its messages. */
const TAKEN_BYTES_MAX = 64 * 1024;

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

const sockets = new Set<WebSocket<unknown>>();
const messages = readMessages(process.argv[3] ?? '');
const app = App();
app.ws('/ws', {
  maxBackpressure: 4 * 2 ** 20,
  closeOnBackpressureLimit: true,
  idleTimeout: 0,
  open: (socket) => {
    sockets.add(socket);
    socket.subscribe(TOPIC);
  },
  close: (socket) => {
    sockets.delete(socket);
  },
});
const listening: unknown[] = [];
app.listen('127.0.0.1', positiveInteger('port', process.argv[2] ?? ''), (socket) => {
  if (socket !== false) listening.push(socket);
});
if (listening.length === 0) throw new Error('the port is taken');

/** With that time in it: who gets it takes its delay from there. */
function publish(message: Buffer, timeMs: number): void {
  stampTime(message, timeMs);
  app.publish(TOPIC, message, false);
}

/** As many as are due, each stamped with when it was; the rest at their time. */
function publishFrom(next: number, startMs: number): void {
  let at = next;
  for (; at < messages.length && startMs + messages[at].atMs <= performance.now(); at++) {
    publish(messages[at].bytes, performance.timeOrigin + startMs + messages[at].atMs);
  }
  if (at < messages.length)
    setTimeout(publishFrom, Math.max(0, startMs + messages[at].atMs - performance.now()), at, startMs);
}

/** Over and over, the next one once most sockets have taken the one before. */
function publishAll(next: number): void {
  const goesOn = isTaken();
  if (goesOn) publish(messages[next % messages.length].bytes, performance.timeOrigin + performance.now());
  setImmediate(publishAll, goesOn ? next + 1 : next);
}

function isTaken(): boolean {
  let waiting = 0;
  for (const socket of sockets) if (socket.getBufferedAmount() > TAKEN_BYTES_MAX) waiting++;
  return waiting * 20 < sockets.size;
}

process.on('message', (pace) => {
  if (pace === 'recorded') publishFrom(0, performance.now());
  else publishAll(0);
});
process.on('disconnect', () => process.exit(0));
process.send?.('listening');
