// Frames: messages are walked one after the other, wherever they lie; what is no frame is refused by what is wrong with it.

import { describe, expect, it } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import {
  CLIENT_MESSAGES,
  FRAME_FAULTS,
  FrameFault,
  FrameReader,
  MessageType,
  writeMessageHead,
} from './binary-frame.ts';

const frame = new FrameReader(CLIENT_MESSAGES);

function message(type: MessageType, length: number, flags = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  writeMessageHead(new DataView(bytes.buffer), 0, type, flags, length);
  return bytes;
}

function changed(at: number, value: number): Uint8Array {
  const bytes = message(MessageType.STATUS, 24);
  bytes[at] = value;
  return bytes;
}

/** Types and bodies of the messages that are found, then what is wrong. */
function walk(bytes: Uint8Array): { found: number[][]; fault: FrameFault } {
  const found: number[][] = [];
  frame.start(bytes);
  while (frame.next()) found.push([frame.type, frame.flags, frame.body, frame.end]);
  expect(frame.next()).toBe(false);
  return { found, fault: frame.fault };
}

describe('a frame', () => {
  it('is one message or several', () => {
    const status = message(MessageType.STATUS, 24);
    expect(walk(status)).toEqual({ found: [[2, 0, 8, 24]], fault: 0 });
    const both = Buffer.concat([message(MessageType.COMMAND, 72, 1), status, status]);
    const found = [
      [1, 1, 8, 72],
      [2, 0, 80, 96],
      [2, 0, 104, 120],
    ];
    expect(walk(both)).toEqual({ found, fault: 0 });
    for (const offset of [0, 1, 3, 4, 7]) {
      const room = new Uint8Array(both.length + 16).fill(1);
      room.set(both, offset);
      expect(walk(room.subarray(offset, offset + both.length))).toEqual({ found, fault: 0 });
    }
  });

  it.each<[string, Uint8Array, FrameFault]>([
    ['nothing', new Uint8Array(0), FrameFault.EMPTY],
    ['a part of a head', message(MessageType.STATUS, 24).subarray(0, 7), FrameFault.CUT_HEAD],
    ['another version', changed(0, 2), FrameFault.VERSION],
    ['a type of the server’s', changed(1, 129), FrameFault.TYPE],
    ['a type of nobody’s', changed(1, 0), FrameFault.TYPE],
    ['a flag', changed(2, 1), FrameFault.FLAGS],
    ['a high flag', changed(3, 0x80), FrameFault.FLAGS],
    ['an odd length', changed(4, 23), FrameFault.LENGTH],
    ['no length', changed(4, 0), FrameFault.LENGTH],
    ['a length beyond the frame', changed(4, 32), FrameFault.CUT],
    ['the longest length', changed(7, 0xff), FrameFault.CUT],
    ['too short for its type', message(MessageType.STATUS, 16), FrameFault.SHORT],
    ['a command without a record', message(MessageType.COMMAND, 64), FrameFault.SHORT],
    ['too long for its type', message(MessageType.STATUS, 32), FrameFault.LONG],
    ['a command as long as none', message(MessageType.COMMAND, 248), FrameFault.LONG],
  ])('of %s is refused', (_, bytes, fault) => {
    expect(walk(bytes)).toEqual({ found: [], fault });
    expect(FRAME_FAULTS[fault]).toMatch(/^(The|A) .*\.$/);
    // What came before it counts, what comes behind it is not looked at.
    const status = message(MessageType.STATUS, 24);
    if (fault !== FrameFault.EMPTY && fault !== FrameFault.CUT_HEAD && fault !== FrameFault.CUT) {
      expect(walk(Buffer.concat([status, bytes, status]))).toEqual({ found: [[2, 0, 8, 24]], fault });
    }
  });

  it('of anything ends, within its bytes', () => {
    const random = new Random(4);
    for (let n = 0; n < 20_000; n++) {
      const bytes = Uint8Array.from({ length: random.below(100) }, () =>
        random.pick([0, 1, 2, 8, 24, random.below(256)]),
      );
      const { found } = walk(bytes);
      for (const [, , body, end] of found) expect(body < end && end <= bytes.length).toBe(true);
    }
  });
});
