#!/usr/bin/env node
// Lets the readers of /ws loose on malformed frames, binary and JSON: each must be refused or good, and none may bring a reader
// down. A process of its own, started by `npm run malformed`. Counts of outcomes on standard output.

import { parseArgs } from 'node:util';
import { DecoderCheck } from './malformed/decoder-check.ts';
import { MalformedFrames } from './malformed/malformed-frames.ts';
import { count, runTool, wholeNumber } from './usage.ts';

const HELP = `Usage: npm run malformed -- [--frames N] [--seed N]

Reads N (100000) malformed frames of /ws with the readers that gateways and clients have: binary requests and answers, and order
bodies in JSON. Exit code 1 when a reader throws, changes its frame, or takes for good what JSON could not have said.
`;
const SHOWN = 20;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { frames: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  });
  const total = count('frames', values.frames);
  const frames = new MalformedFrames(wholeNumber('seed', values.seed));
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
    `${total.toLocaleString('en')} frames in ${seconds.toFixed(1)} s\n${passed ? 'PASS' : 'FAIL'}\n`,
  );
  return passed ? 0 : 1;
}

runTool('malformed', main, HELP);
