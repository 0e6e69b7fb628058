// The pipeline's consumer: takes replies, as a gateway would, and events, as market data would, and folds both. A
// thread of its own. Owns the reading ends.

import { createClock } from '#ringbook/runtime/clock.js';
import { BroadcastReader } from '#ringbook/shared-memory/broadcast-ring.js';
import { MessageRing } from '#ringbook/shared-memory/message-ring.js';
import { quantile } from '#ringbook/tools/quantile.js';
import { doorbellsOf } from '#ringbook/topology.js';
import { EVENT_CHANGE, EVENT_RESTING_DELTA_LOTS, EVENT_SEQUENCE } from '#ringbook/wire/event-codec.js';
import { ORDER_EXECUTED_LOTS, ORDER_STATUS } from '#ringbook/wire/order-codec.js';
import * as R from '#ringbook/wire/reply-codec.js';
import type { Begin, PipelineJob, Played } from './pipeline-job.ts';
import { HASH_START, hashWord } from './suite.ts';

const REPLIES_MAX = 256;
const EVENTS_MAX = 1_024;
const PATIENCE_MS = 1_000;

export function makeConsumer({ memory, threads, length, ...shared }: PipelineJob): (begin: Begin) => Played {
  const replies = new MessageRing(memory.replyRings[0]);
  const events = new BroadcastReader(memory.events);
  const [bell] = doorbellsOf(memory, threads, 'gateway');
  const dueUs = new Float64Array(shared.dueUs);
  const taken = new Int32Array(shared.taken);
  const latenciesUs = new Float64Array(length);
  const clock = createClock();
  let hash = HASH_START;
  let sequence = 0;
  let done = 0;

  const takeReply = (_type: number, at: number): void => {
    const { view } = replies;
    const n = view.getUint32(at + R.REPLY_REQUEST_ID, true);
    latenciesUs[done++] = clock.monotonicUs() - dueUs[n];
    hash = hashWord(
      hash,
      n ^ view.getUint16(at + R.REPLY_KIND, true) ^ (view.getUint16(at + R.REPLY_REASON, true) << 16),
    );
    hash = hashWord(hash, view.getFloat64(at + R.REPLY_SEQUENCE, true) - sequence);
    hash = hashWord(hash, view.getUint32(at + R.REPLY_TRADES_TOTAL, true));
    if (view.getUint16(at + R.REPLY_ORDER_BYTES, true) === 0) return;
    const order = at + R.REPLY_ORDER;
    hash = hashWord(hash, view.getFloat64(order + ORDER_EXECUTED_LOTS, true) ^ view.getUint8(order + ORDER_STATUS));
  };

  /** Events are folded by themselves: how they lie between replies is a matter of time. */
  let eventHash = HASH_START;
  const takeEvent = (type: number, at: number): void => {
    const { view } = events;
    const since = view.getFloat64(at + EVENT_SEQUENCE, true) - sequence;
    if (since <= 0) return; // what the start itself has told
    eventHash = hashWord(eventHash, type ^ (view.getUint16(at + EVENT_CHANGE, true) << 8));
    eventHash = hashWord(eventHash, since);
    eventHash = hashWord(eventHash, view.getFloat64(at + EVENT_RESTING_DELTA_LOTS, true));
  };

  const turn = (): number => {
    const count = replies.read(takeReply, REPLIES_MAX);
    if (count > 0) {
      Atomics.add(taken, 0, count);
      Atomics.notify(taken, 0); // pairs with the wait in pipeline-producer.ts
    }
    const polled = events.poll(takeEvent, EVENTS_MAX);
    if (polled < 0) throw new Error('the event ring has lapped its reader');
    return count + polled;
  };

  return (begin) => {
    hash = HASH_START;
    eventHash = HASH_START;
    ({ sequence } = begin);
    done = 0;
    while (done < length) {
      if (turn() > 0) continue;
      bell.arm();
      if (turn() > 0) bell.disarm();
      else bell.waitBlocking(PATIENCE_MS);
    }
    const seconds = (clock.monotonicUs() - dueUs[0]) / 1e6;
    while (turn() > 0); // a batch's events are shown before its replies
    const latencies = Array.from(latenciesUs);
    return {
      hash: hashWord(hash, eventHash),
      seconds,
      p50Us: quantile(latencies, 0.5),
      p99Us: quantile(latencies, 0.99),
      maxUs: quantile(latencies, 1),
    };
  };
}
