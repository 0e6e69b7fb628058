// Malformed frames: readers stand them, and a reader that does not is found out.

import { expect, it } from 'vitest';
import type { Command } from '../domain/command.ts';
import { BinaryCommandReader } from '../wire/binary-orders.ts';
import { SAMPLE_INSTRUMENTS } from '../wire/testing/binary-samples.ts';
import { DecoderCheck } from './malformed/decoder-check.ts';
import { MalformedFrames } from './malformed/malformed-frames.ts';

function run(check: DecoderCheck, count: number): DecoderCheck {
  const frames = new MalformedFrames(3);
  for (let n = 0; n < count; n++) check.read(frames.next());
  return check;
}

it('stands malformed frames, of which some are good after all', () => {
  const { outcomes, violations } = run(new DecoderCheck(), 20_000);
  expect(violations).toEqual([]);
  expect(outcomes.size).toBeGreaterThan(70);
  for (const outcome of ['command good', 'status good', 'json good', 'frame cut', 'answer snapshot']) {
    expect(outcomes.get(outcome)).toBeGreaterThan(100);
  }
});

it('finds a reader that throws', () => {
  class Thrower extends BinaryCommandReader {
    override readStatus(view: DataView, body: number): boolean {
      view.getFloat64(body + 2 ** 20);
      return true;
    }
  }
  const { violations } = run(new DecoderCheck(new Thrower(SAMPLE_INSTRUMENTS)), 500);
  expect(violations[0]).toMatch(/thrown: RangeError.*frame [0-9a-f]+$/);
});

it('finds a reader that takes what JSON refuses', () => {
  class Careless extends BinaryCommandReader {
    override readCommand(bytes: Uint8Array, view: DataView, body: number, end: number, command: Command): boolean {
      const isGood = super.readCommand(bytes, view, body, end, command);
      return isGood || this.problem.code === 'off_tick';
    }
  }
  const { violations } = run(new DecoderCheck(new Careless(SAMPLE_INSTRUMENTS)), 20_000);
  expect(violations.length).toBeGreaterThan(0);
});

it('finds a reader that changes its frame', () => {
  class Scribbler extends BinaryCommandReader {
    override readCommand(bytes: Uint8Array, view: DataView, body: number, end: number, command: Command): boolean {
      const isGood = super.readCommand(bytes, view, body, end, command);
      bytes[body] ^= 1;
      return isGood;
    }
  }
  const { violations } = run(new DecoderCheck(new Scribbler(SAMPLE_INSTRUMENTS)), 100);
  expect(violations[0]).toContain('the frame was changed');
});
