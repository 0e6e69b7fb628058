// Answers of binary frames: those that can be read, and those that cannot. What a real server answers, e2e/load.test.ts has.

import { expect, test } from 'vitest';
import { MessageType, writeMessageHead } from '../../wire/binary-frame.ts';
import { BinaryReplies } from './binary-dialect.ts';
import type { Reply } from './requests.ts';

/** A message with a problem of this text. */
function problem(id: number, text: string): Buffer {
  const length = 16 + ((text.length + 7) & ~7);
  const bytes = Buffer.alloc(length);
  writeMessageHead(new DataView(bytes.buffer, bytes.byteOffset, length), 0, MessageType.PROBLEM, 0, length);
  bytes.writeUInt32LE(id, 8);
  bytes.writeUInt16LE(503, 12);
  bytes.writeUInt16LE(text.length, 14);
  bytes.write(text, 16, 'latin1');
  return bytes;
}

function read(frame: Buffer): (Reply & { id: number })[] {
  const answers: (Reply & { id: number })[] = [];
  new BinaryReplies().read(frame, (id, reply) => answers.push({ id, ...reply }));
  return answers;
}

const RING_FULL = problem(7, '{"code":"ring_full"}');

test('several messages in a frame', () => {
  expect(read(Buffer.concat([RING_FULL, problem(8, '{"code":"halted"}')]))).toMatchObject([
    { id: 7, status: 503, code: 'ring_full', fault: '' },
    { id: 8, status: 503, code: 'halted', fault: '' },
  ]);
});

test.each([
  ['cut off', RING_FULL.subarray(0, 24), 'a binary frame with fault 7'],
  ['nothing', Buffer.alloc(0), 'a binary frame with fault 1'],
  ['without JSON', problem(7, 'ring_full'), 'not JSON: ring_full'],
  ['without a code', problem(7, '{}'), 'code is not a string'],
  ['of a length that is not its own', Buffer.from(RING_FULL).fill(99, 14, 15), 'type 130 without its layout'],
])('%s cannot be read', (_, frame, fault) => {
  expect(read(frame)).toMatchObject([{ id: -1, status: 0, fault: expect.stringContaining(fault) }]);
});
