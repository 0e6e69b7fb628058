// Benchmarks of the journal without a disk: what building a frame costs the matching thread, and verifying one a reader.

import { Command } from '#ringbook/domain/command.js';
import {
  bodyProblem,
  FRAME_BYTES_MAX,
  FRAME_HEADER_BYTES,
  FrameHeader,
  frameHash,
  headerContradiction,
  isWholeHeader,
  readFrameHeader,
  sealFrame,
} from '#ringbook/journal/frame.js';
import { encodeCommand } from '#ringbook/wire/command-codec.js';
import { type Case, HASH_START, hashWord, type Suite, type SuiteOptions } from './suite.ts';

const SALT = 0x5eed_5a17;

export function journalSuite(options: SuiteOptions): Suite {
  const cases: Case[] = [];
  for (const commands of [1, 64, 512]) {
    const operations = options.tiny ? commands * 4 : Math.ceil(16_384 / commands) * commands;
    cases.push(build(commands, operations, options.seed), verify(commands, operations, options.seed));
  }
  return { name: 'journal', cases };
}

/** A buffer for one frame with `commands` records in its payload, and a header for it. */
function frameOf(commands: number, seed: number): { bytes: Buffer; view: DataView; header: FrameHeader } {
  const bytes = Buffer.from(new ArrayBuffer(FRAME_BYTES_MAX));
  const view = new DataView(bytes.buffer);
  const header = new FrameHeader();
  const command = new Command();
  command.bytes = Buffer.from('client-17/key-0123456789abcdef');
  command.clientLength = 9;
  command.keyOffset = 10;
  command.keyLength = 20;
  let end = FRAME_HEADER_BYTES;
  for (let i = 0; i < commands; i++) {
    command.priceTicks = seed + i;
    command.quantityLots = seed * 7 + i;
    end += encodeCommand(bytes, view, end, command, { gateway: 0, requestId: i, receivedUs: i });
  }
  header.payloadLength = end - FRAME_HEADER_BYTES;
  header.recordCount = commands;
  header.number = 1;
  header.firstSequence = 1;
  header.epoch = 1;
  header.salt = SALT;
  return { bytes, view, header };
}

/** What `append` does before and after its write: padding, checksums, header, the hash for the next frame. */
function build(commands: number, operations: number, seed: number): Case {
  const { bytes, view, header } = frameOf(commands, seed);
  return {
    name: `build a frame of ${commands}`,
    unit: 'command',
    operations,
    resultOf: `${commands} a frame`,
    run: () => {
      let hash = HASH_START;
      header.previousHash.fill(0);
      for (let done = 0; done < operations; done += commands) {
        sealFrame(bytes, view, header);
        hash = hashWord(hash, header.payloadCrc);
        header.previousHash.set(frameHash(bytes, 0, header.payloadLength));
      }
      return hash;
    },
  };
}

/** What a reader does with a frame in memory: all checks, and the hash. */
function verify(commands: number, operations: number, seed: number): Case {
  const { bytes, view, header: written } = frameOf(commands, seed);
  sealFrame(bytes, view, written);
  const header = new FrameHeader();
  return {
    name: `verify a frame of ${commands}`,
    unit: 'command',
    operations,
    resultOf: `${commands} a frame`,
    run: () => {
      let hash = HASH_START;
      for (let done = 0; done < operations; done += commands) {
        if (!isWholeHeader(bytes, view, 0)) throw new Error('the header is not whole');
        readFrameHeader(bytes, view, 0, header);
        const problem = headerContradiction(view, 0, header) || bodyProblem(bytes, view, 0, header);
        if (problem !== '' || frameHash(bytes, 0, header.payloadLength).length !== 32) throw new Error(problem);
        hash = hashWord(hash, header.payloadCrc);
      }
      return hash;
    },
  };
}
