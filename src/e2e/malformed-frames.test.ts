// The short form of `npm run malformed -- --live`: malformed frames over real sockets, answered or their socket closed, and nothing
// executed but what was declared; and that this is found out when it is not so. Nobody listens where the database should be.

import { expect, test } from 'vitest';
import { orderText } from '../tools/malformed/declared-orders.ts';
import { type LiveFrame, LiveFrames } from '../tools/malformed/live-frames.ts';
import { reportOf } from '../tools/malformed/live-report.ts';
import { type LiveOutcome, sendMalformed } from '../tools/malformed/live-run.ts';
import { Lab } from './testing/lab.ts';
import { chooseSeed } from './testing/random.ts';
import { NO_DATABASE, Server } from './testing/server.ts';

const lab = new Lab();

/** The outcome, and what the report says. */
async function run(source: LiveFrames, seed: number, frames: number): Promise<{ outcome: LiveOutcome; text: string }> {
  const server = await Server.start(lab, { environment: NO_DATABASE });
  const { url, pid } = server;
  const outcome = await sendMalformed({ url: new URL(url), pid, frames, sockets: 4, seed, source });
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  return { outcome, text: reportOf(outcome, server.journal).text() };
}

test('each malformed frame is refused or ends its socket, and the good orders among them alone are executed', async () => {
  const seed = chooseSeed('malformed frames');
  const { outcome, text } = await run(new LiveFrames(seed), seed, 4_000);
  expect(text).toMatch(/PASS\n$/);
  expect(outcome.tally.refused).toBeGreaterThan(4_000);
  expect(outcome.tally.closed).toBeGreaterThan(5);
  expect(outcome.orders.terms.size).toBeGreaterThan(200);
});

/** Hides a good order that nobody declared behind a malformed frame, once. */
class Smuggler extends LiveFrames {
  #left = 200;

  override next(): LiveFrame {
    const frame = super.next();
    if (--this.#left !== 0) return frame;
    return { ...frame, bytes: Buffer.concat([frame.bytes, orderText('smuggled', 0)]) };
  }
}

test('a good order that nobody declared is found: by its answer, by the sequence and in the journal', async () => {
  const { text } = await run(new Smuggler(1), 1, 1_000);
  expect(text).toContain('refusals: answered 202 what was not meant, id smuggled');
  expect(text).toMatch(/commands sequenced: expected \d+, found \d+/);
  expect(text).toContain('other commands in the journal: smuggled');
  expect(text).toMatch(/FAIL\n$/);
});

/** Awaits another fault than there is. */
class Mistaken extends LiveFrames {
  override next(): LiveFrame {
    const { refusals, ...frame } = super.next();
    return { ...frame, refusals: refusals.map((refusal) => ({ ...refusal, field: 'colour' })) };
  }
}

test('a refusal that names another field is found', async () => {
  const { text } = await run(new Mistaken(1), 1, 500);
  expect(text).toMatch(/refusals: refused with .*, not .* colour/);
  expect(text).toMatch(/FAIL\n$/);
});
