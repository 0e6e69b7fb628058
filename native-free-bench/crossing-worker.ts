// Thread entry for hop.bench.ts and throughput.bench.ts: the other side of a crossing. Owns its views of the shared
// buffers.

import { workerData } from 'node:worker_threads';
import { BroadcastWriter } from '#ringbook/shared-memory/broadcast-ring.js';
import { CommandRing } from '#ringbook/shared-memory/command-ring.js';
import { BLOCK_RECORDS, BLOCKS, blockOffset, type CrossingJob, EMPTY, FULL, PING_WORD, PONG_WORD } from './crossing.ts';
import { playRuns, spin, spinUntil } from './peer.ts';

const job: CrossingJob = workerData; // both ends are compiled from the same CrossingJob
const { count, recordBytes } = job;
const recordNumbers = recordBytes / 8;

/** Sends back each number that comes. */
function echoThroughRings(): () => void {
  const inward = new CommandRing(job.there);
  const outward = new CommandRing(job.back);
  return () => {
    for (let n = 0; n < count; n++) {
      for (let spins = 0; inward.available(1) === 0; ) spins = spin(spins);
      const value = inward.view.getFloat64(inward.slotAt(0), true);
      outward.view.setFloat64(outward.claim(), value, true);
      outward.commit();
      inward.release(1); // off the way: the number is under way again
    }
  };
}

function echoThroughWords(): () => void {
  const words = new Int32Array(job.there);
  return () => {
    for (let n = 1; n <= count; n++) {
      spinUntil(words, PING_WORD, n); // pairs with the store in hop.bench.ts
      Atomics.store(words, PONG_WORD, n); // pairs with the load in hop.bench.ts
    }
  };
}

/** What is sent again and again: a record's first number is replaced by its own. */
function sourceRecord(): Float64Array {
  return Float64Array.from({ length: recordNumbers }, (_, i) => Math.imul(job.seed + i, 0x9e3779b1));
}

function fillRing(): () => void {
  const ring = new CommandRing(job.there);
  const numbers = new Float64Array(job.there);
  const source = sourceRecord();
  return () => {
    for (let n = 0; n < count; n++) {
      let slot = ring.claim();
      for (let spins = 0; slot === -1; slot = ring.claim()) spins = spin(spins);
      source[0] = n;
      const at = slot >> 3;
      for (let i = 0; i < recordNumbers; i++) numbers[at + i] = source[i];
      ring.commit();
    }
  };
}

function fillBlocks(): () => void {
  const words = new Int32Array(job.there);
  const numbers = new Float64Array(job.there);
  const source = sourceRecord();
  return () => {
    for (let block = 0; block * BLOCK_RECORDS < count; block++) {
      const flag = block % BLOCKS;
      spinUntil(words, flag, EMPTY); // pairs with the store in throughput.bench.ts
      let at = blockOffset(flag, recordNumbers);
      for (let n = block * BLOCK_RECORDS; n < (block + 1) * BLOCK_RECORDS; n++) {
        source[0] = n;
        for (let i = 0; i < recordNumbers; i++) numbers[at + i] = source[i];
        at += recordNumbers;
      }
      Atomics.store(words, flag, FULL); // pairs with the load in throughput.bench.ts
    }
  };
}

/** The ring is larger than what a run writes, so that no reader is overtaken. */
function writeEvents(): () => void {
  const writer = new BroadcastWriter(job.there);
  const numbers = new Float64Array(job.there);
  const source = sourceRecord();
  return () => {
    for (let n = 0; n < count; n++) {
      const at = writer.claim(1, recordBytes) >> 3;
      source[0] = n;
      for (let i = 0; i < recordNumbers; i++) numbers[at + i] = source[i];
      writer.commit();
      if (n % job.batch === job.batch - 1) writer.publish();
    }
    writer.publish();
  };
}

const PLAYS = {
  'echo-rings': echoThroughRings,
  'echo-words': echoThroughWords,
  'fill-ring': fillRing,
  'fill-blocks': fillBlocks,
  'write-events': writeEvents,
};

playRuns(job.control, PLAYS[job.kind]());
