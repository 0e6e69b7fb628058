#!/usr/bin/env node
// Lets the readers of /ws loose on malformed frames, binary and JSON: each must be refused or good, and none may bring a reader
// down. With --live a whole server instead, over its sockets. A process of its own, started by `npm run malformed`. Results on
// standard output.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { catchUp } from './catch-up.ts';
import { DecoderCheck } from './malformed/decoder-check.ts';
import { LiveFrames } from './malformed/live-frames.ts';
import { reportOf } from './malformed/live-report.ts';
import { type LiveOutcome, sendMalformed } from './malformed/live-run.ts';
import { MalformedFrames } from './malformed/malformed-frames.ts';
import { inOwnDirectory } from './own-directory.ts';
import { Progress } from './progress.ts';
import { startRingbook } from './ringbook-child.ts';
import { count, positiveInteger, runTool, UsageError, wholeNumber } from './usage.ts';

const HELP = `Usage: npm run malformed -- [--frames N] [--seed N] [--live [--sockets N]]

Reads N (100000) malformed frames of /ws with the readers that gateways and clients have: binary requests and answers, and order
bodies in JSON. Exit code 1 when a reader throws, changes its frame, or takes for good what JSON could not have said.

With --live the frames go to a Ringbook of its own, pipelined over N (8) sockets with good orders among them, and some break
the WebSocket protocol itself. Each must be answered with an error that names the field, or its socket closed as documented; the
journal must hold exactly the good orders, and the server must be well at the end. Exit code 1 on any difference.
`;
const SHOWN = 20;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      live: { type: 'boolean', default: false },
      sockets: { type: 'string' },
    },
  });
  const total = count('frames', values.frames);
  const seed = wholeNumber('seed', values.seed);
  if (!values.live && values.sockets !== undefined) throw new UsageError('--sockets is for --live');
  const sockets = positiveInteger('sockets', values.sockets ?? '8');
  return values.live ? await sendAll(total, seed, sockets) : readAll(total, seed);
}

function readAll(total: number, seed: number): number {
  const frames = new MalformedFrames(seed);
  const check = new DecoderCheck();
  const startMs = performance.now();
  for (let n = 0; n < total && check.violations.length < SHOWN; n++) check.read(frames.next());
  const seconds = (performance.now() - startMs) / 1_000;
  for (const [outcome, times] of [...check.outcomes].sort(([a], [b]) => a.localeCompare(b, 'en'))) {
    process.stdout.write(`${String(times).padStart(10)}  ${outcome}\n`);
  }
  for (const violation of check.violations) process.stdout.write(`VIOLATION: ${violation}\n`);
  const passed = check.violations.length === 0;
  process.stdout.write(
    `${total.toLocaleString('en')} frames in ${seconds.toFixed(1)} s; the lines count messages, of which a frame may ` +
      `hold several\n${passed ? 'PASS' : 'FAIL'}\n`,
  );
  return passed ? 0 : 1;
}

async function sendAll(frames: number, seed: number, sockets: number): Promise<number> {
  const own = { parent: '/var/tmp', prefix: 'ringbook-malformed-', holds: 'Journal, database and log' };
  return await inOwnDirectory(own, async (directory) => {
    const ringbook = await startRingbook(directory);
    const { url, pid } = ringbook;
    let outcome: LiveOutcome;
    let exitCode: number | null = null;
    try {
      await catchUp(url);
      const progress = new Progress('frames', frames);
      const source = new LiveFrames(seed);
      outcome = await sendMalformed({
        ...{ url, pid, frames, sockets, seed, source },
        progress: (done) => progress.update(done),
      });
    } finally {
      exitCode = await ringbook.stop();
    }
    const report = reportOf(outcome, join(ringbook.dataDirectory, 'shard-0', 'journal'));
    report.same('exit code of the server', 0, String(exitCode));
    process.stdout.write(describe(outcome) + report.text());
    return report.passed;
  });
}

function describe({ tally, seconds, asked, slowestMs }: LiveOutcome): string {
  const perSecond = Math.round(tally.frames / seconds).toLocaleString('en');
  return (
    `${tally.frames.toLocaleString('en')} malformed frames in ${seconds.toFixed(1)} s, ${perSecond}/s; /healthz answered ` +
    `${asked} times meanwhile, at the latest after ${slowestMs.toFixed(0)} ms\n` +
    'Refusals are counted by message, of which a frame may hold several; the last frame of each socket ends it; the good\n' +
    'orders come on top of the malformed frames.\n'
  );
}

runTool('malformed', main, HELP);
