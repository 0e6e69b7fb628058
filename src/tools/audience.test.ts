// What an audience of subscribers notices about a server that is wrong: a gap, a duplicate, a socket that is closed or behind, silence.

import { afterEach, expect, test } from 'vitest';
import { Audience } from './audience.ts';
import { messageTimeMs, stampTime } from './feed-subscriber.ts';
import { ScriptedServer } from './testing/scripted-server.ts';

let server: ScriptedServer;
let audience: Audience;

afterEach(() => {
  audience.close();
  server.close();
});

const TIME = '2026-11-22T10:00:00.123456Z';
const update = (previous: number, sequence: number, more = '') =>
  `{"type":"l2update","channel":"level2","instrument":"BTC-USD","sequence":${sequence},"prev_sequence":${previous},` +
  `"time":"${TIME}","changes":[["buy","1.00","0.10000000"]]${more}}`;
const SNAPSHOT =
  '{"type":"snapshot","channel":"level2","instrument":"BTC-USD","sequence":10,"time":"","bids":[],"asks":[]}';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Three subscribers that have their snapshots. */
async function start(troubled = 0): Promise<void> {
  let asked = 0;
  server = await ScriptedServer.start((socket) => {
    asked++;
    socket.send(SNAPSHOT);
  });
  const troubles = { stalled: (1000 * troubled) / 3, slow: 0 };
  audience = await Audience.open(server.url, { subscribers: 3, ...troubles, request: 'subscribe' });
  while (asked < 3) await turn();
  audience.begin();
}

/** Sends and waits until all of it has come. */
async function tell(which: number, ...messages: string[]): Promise<void> {
  const before = audience.figures().messages;
  for (const message of messages) server.sockets[which].send(message);
  while (audience.figures().messages < before + messages.length) await turn();
}

test('whole chains are good, and their delays are taken', async () => {
  await start();
  // Longer than 125 and than 65,535 bytes: each length is said in another way.
  for (const k of [0, 1, 2]) await tell(k, update(10, 12), update(12, 13, `,"x":"${'y'.repeat(70_000)}"`));
  expect(audience.problems()).toEqual([]);
  const { messages, gaps, delayP50Ms } = audience.figures();
  expect([messages, gaps, delayP50Ms > 0]).toEqual([6, 0, true]);
  const text = Buffer.from(`xx${update(10, 12)}`);
  expect(messageTimeMs(text, 2, text.length)).toBe(Date.parse('2026-11-22T10:00:00.123Z') + 0.456);
  const now = Date.parse('2027-01-02T03:04:05.678Z') + 0.25;
  stampTime(text, now);
  expect(messageTimeMs(text, 2, text.length)).toBe(now);
  expect(text.length).toBe(update(10, 12).length + 2);
});

test.each([
  ['a message that is missing', [update(10, 12), update(13, 14)]],
  ['one behind the snapshot', [update(11, 14)]],
  ['one that comes twice', [update(10, 14), update(10, 14)]],
  ['one without a chain', ['{"type":"l2update","sequence":14}']],
])('a gap: %s', async (_, messages) => {
  await start();
  for (const k of [0, 1]) await tell(k, update(10, 14));
  await tell(2, ...messages);
  expect(audience.problems()).toEqual(['1 gaps']);
});

test('sockets that are behind, closed, or told nothing', async () => {
  await start();
  await tell(0, update(10, 12), update(12, 14));
  await tell(1, update(10, 12));
  expect(audience.problems()).toEqual([
    'a socket that is healthy got nothing',
    '2 healthy sockets are behind the others',
  ]);
  server.sockets[1].end(4008);
  while (audience.figures().healthyClosed === 0) await turn();
  expect(audience.problems()).toContain('1 healthy sockets were closed');
});

test('those that were told to read nothing are not held against the server', async () => {
  await start(1);
  for (const socket of server.sockets) socket.send(update(10, 12));
  while (audience.figures().messages < 2) await turn();
  expect(audience.problems()).toEqual([]);
});

test('what was recorded is what came', async () => {
  await start();
  for (const k of [0, 1, 2]) await tell(k, update(10, 12));
  const recording = audience.recording();
  expect(recording.readUInt32LE(8)).toBe(update(10, 12).length);
  expect(recording.toString('utf8', 12)).toBe(update(10, 12));
});
