// The CONTROL file's writer: slots in turn, over restarts too, never over the newest that is whole; failures are told, not thrown.

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { DurablePoint } from '../wire/durable-point.ts';
import { CONTROL_SLOT_BYTES, newestControlRecord } from './control-file.ts';
import { ControlWriter } from './control-writer.ts';
import { removeTemporaryDirectories, temporaryDirectory } from './journal-fixture.ts';

afterEach(removeTemporaryDirectories);

function rig(path = join(temporaryDirectory(), 'CONTROL')) {
  const events: string[] = [];
  const told: { point: DurablePoint | undefined } = { point: undefined };
  const writer = new ControlWriter({
    path,
    durablePoint: () => told.point,
    onWritten: (frame) => events.push(`frame ${frame}`),
    onFailed: (reason) => events.push(reason),
  });
  const tell = (frame: number, cleanShutdown = false) => {
    const chain = Buffer.alloc(32, frame);
    const identity = { epoch: 2, journalIdHigh: 0xffff_fffe, journalIdLow: 3 };
    told.point = { frame, sequence: frame * 10, cleanShutdown, chain, ...identity };
  };
  const slots = () => {
    const file = readFileSync(path);
    return [file.subarray(0, CONTROL_SLOT_BYTES), file.subarray(CONTROL_SLOT_BYTES)].map(
      (slot) => newestControlRecord(slot)?.point.frame,
    );
  };
  return { path, writer, events, tell, slots, newest: () => newestControlRecord(readFileSync(path)) };
}

it('writes nothing before there is something, and each frame once', async () => {
  const { writer, events, tell, newest } = rig();
  await writer.write();
  expect(events).toEqual([]);
  tell(5, true);
  await writer.write();
  await writer.write();
  expect(events).toEqual(['frame 5']);
  expect(newest()).toMatchObject({
    counter: 1,
    slot: 0,
    point: { frame: 5, sequence: 50, epoch: 2, cleanShutdown: true, journalIdHigh: 0xffff_fffe, journalIdLow: 3 },
  });
  expect(newest()?.point.chain).toEqual(Buffer.alloc(32, 5));
});

it('takes the slots in turn, and goes on so after a restart', async () => {
  const first = rig();
  for (const frame of [1, 2, 3]) {
    first.tell(frame);
    await first.writer.write();
  }
  expect(first.slots()).toEqual([3, 2]);
  const second = rig(first.path);
  second.tell(4);
  await second.writer.write();
  expect(second.slots()).toEqual([3, 4]);
  expect(second.newest()).toMatchObject({ counter: 4, slot: 1 });
  expect(readFileSync(first.path)).toHaveLength(2 * CONTROL_SLOT_BYTES);
});

it.each([
  ['first', 0, [4, 2]],
  ['second', CONTROL_SLOT_BYTES, [3, 4]],
])('writes over a %s slot that is torn, not over the whole one', async (_name, at, expected) => {
  const first = rig();
  for (const frame of [1, 2, 3]) {
    first.tell(frame);
    await first.writer.write();
  }
  const torn = readFileSync(first.path);
  torn.fill(0xee, at + 20, at + 600);
  writeFileSync(first.path, torn);
  const second = rig(first.path);
  second.tell(4);
  await second.writer.write();
  expect(second.slots()).toEqual(expected);
});

it('tells a failure and tries again', async () => {
  const { path, writer, events, tell, newest } = rig();
  mkdirSync(path);
  tell(5);
  await writer.write();
  await writer.write();
  expect(events).toEqual([expect.stringContaining('EISDIR'), expect.stringContaining('EISDIR')]);
  rmdirSync(path);
  await writer.write();
  expect(events.at(-1)).toBe('frame 5');
  expect(newest()?.point.frame).toBe(5);
});

it('closes with what has become durable during the last write', async () => {
  const { writer, events, tell, newest } = rig();
  tell(5);
  const underWay = writer.write();
  tell(6, true);
  await Promise.all([underWay, writer.write(), writer.close()]);
  expect(events).toEqual(['frame 5', 'frame 6']);
  expect(newest()).toMatchObject({ counter: 2, point: { frame: 6, cleanShutdown: true } });
});
