// Entry of a load's thread: opens its connections and does what the main thread orders, one thing at a time.

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../assert.ts';
import { Acknowledged } from './acknowledged.ts';
import { LoadPhase, type PhaseOptions } from './load-phase.ts';
import { OrderStream } from './order-stream.ts';
import { ReadBack } from './read-back.ts';
import type { Order, Report, ThreadData } from './thread-messages.ts';
import { Users } from './users.ts';

const PROGRESS_MS = 1_000;

function report(message: Report): void {
  parentPort?.postMessage(message);
}

async function every<T>(ms: number, say: () => void, work: Promise<T>): Promise<T> {
  const timer = setInterval(say, ms);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

async function serve(data: ThreadData): Promise<void> {
  const { url, over, connections, pipeline, seed, mix, firstStream, source, sampleMax } = data;
  const streams = Array.from(
    { length: connections * pipeline },
    (_, k) => new OrderStream(seed, firstStream + k, mix, source),
  );
  const users = await Users.open({ url: new URL(url), over, connections, pipeline, streams });
  const acknowledged = new Acknowledged(sampleMax, Math.random);
  const run = async (options: PhaseOptions): Promise<Report> => {
    const phase = new LoadPhase(users, acknowledged, options);
    const say = () => report({ kind: 'progress', progress: phase.takeProgress() });
    return { kind: 'ran', result: await every(PROGRESS_MS, say, phase.run()) };
  };
  const readBack = async (): Promise<Report> => {
    const reading = new ReadBack(users, acknowledged.sample);
    const say = () => report({ kind: 'reading back', done: reading.done, of: acknowledged.sample.length });
    return { kind: 'read', result: await every(PROGRESS_MS, say, reading.run()) };
  };
  const carryOut = async (order: Order): Promise<void> => {
    if (order.kind === 'run') report(await run(order.phase));
    else if (order.kind === 'read back') report(await readBack());
    else if (order.kind === 'numbers') report({ kind: 'numbers', numbers: acknowledged.numbers() });
    else {
      users.close();
      parentPort?.close();
    }
  };
  parentPort?.on('message', (order: Order) => void carryOut(order).catch(fail));
  report({ kind: 'open' });
}

function fail(error: unknown): void {
  const { name, message, stack = message } = error instanceof Error ? error : new Error(String(error));
  report({ kind: 'failed', name, message: name === 'ConnectionLost' ? message : stack });
}

assert(parentPort !== null, 'a thread has a parent');
await serve(workerData).catch(fail);
