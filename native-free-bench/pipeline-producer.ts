// The pipeline's producer: sends the tape's commands into the command ring, as a gateway would. A thread of its own.
// Owns the ring's writing end. Must never have more under way than replies have room for.

import { Command } from '#ringbook/domain/command.js';
import { createClock } from '#ringbook/runtime/clock.js';
import { CommandRing } from '#ringbook/shared-memory/command-ring.js';
import { doorbellsOf } from '#ringbook/topology.js';
import { COMMAND_SLOT_BYTES, decodeCommand, encodeCommand } from '#ringbook/wire/command-codec.js';
import type { Begin, PipelineJob } from './pipeline-job.ts';

/** Commands under way: some batches of the matching thread. */
const UNDER_WAY_MAX = 512;
/** A look at the taken replies at least so often, though nobody wakes us. */
const PATIENCE_MS = 1;

export function makeProducer({ memory, threads, records, length, ...shared }: PipelineJob): (begin: Begin) => void {
  const ring = new CommandRing(memory.commandRings[0]);
  const [bell] = doorbellsOf(memory, threads, 'matching');
  const dueUs = new Float64Array(shared.dueUs);
  const taken = new Int32Array(shared.taken);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const tape = new Uint8Array(records);
  const tapeView = new DataView(records);
  const command = new Command();
  const origin = { gateway: 0, requestId: 0, receivedUs: 0 };
  const clock = createClock();

  /** The record with what is of this run: key, target, time. */
  const send = (n: number, { run, sequence }: Begin): void => {
    decodeCommand(tape, tapeView, n * COMMAND_SLOT_BYTES, command);
    if (command.targetOrder > 0) command.targetOrder += sequence;
    if (command.keyLength > 0) tapeView.setUint32(command.keyOffset, run, true);
    const slot = ring.claim();
    if (slot < 0) throw new Error('the command ring is full, though little is under way');
    origin.requestId = n;
    origin.receivedUs = clock.monotonicUs();
    encodeCommand(ring.bytes, ring.view, slot, command, origin);
    ring.commit();
    bell.ring();
  };

  const waitUntil = (us: number): void => {
    for (let leftUs = us - clock.monotonicUs(); leftUs > 0; leftUs = us - clock.monotonicUs()) {
      Atomics.wait(pause, 0, 0, leftUs / 1_000); // pairs with nothing
    }
  };

  const waitForRoom = (n: number): void => {
    for (let seen = Atomics.load(taken, 0); n - seen >= UNDER_WAY_MAX; seen = Atomics.load(taken, 0)) {
      Atomics.wait(taken, 0, seen, PATIENCE_MS); // pairs with the notify in pipeline-consumer.ts
    }
  };

  return (begin) => {
    const startUs = clock.monotonicUs();
    const { perSecond } = begin;
    for (let n = 0; n < length; n++) {
      if (perSecond !== undefined) waitUntil(startUs + (n * 1e6) / perSecond);
      waitForRoom(n);
      dueUs[n] = perSecond === undefined ? clock.monotonicUs() : startUs + (n * 1e6) / perSecond;
      send(n, begin);
    }
  };
}
