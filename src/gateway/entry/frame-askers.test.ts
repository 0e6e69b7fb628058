// The longest answers over /ws find room, whatever the request's id and times take.

import { expect, test } from 'vitest';
import { createClock } from '../../runtime/clock.ts';
import { REPLY_APPLIED_US, REPLY_DRAINED_US, REPLY_DURABLE_US } from '../../wire/reply-codec.ts';
import { RecordedSession } from '../testing/recorded-session.ts';
import { FrameAskers } from './frame-askers.ts';

test('an id of 64 control characters, odd times and a body of any length', () => {
  const us = 1234567.123456789;
  const clock = createClock({ wallMs: () => 0, stopwatchMs: () => us / 1000 });
  const askers = new FrameAskers(clock);
  const session = new RecordedSession();
  const reply = new DataView(new ArrayBuffer(512));
  reply.setFloat64(REPLY_DRAINED_US, us / 3, true);
  reply.setFloat64(REPLY_DURABLE_US, us / 2.3, true);
  reply.setFloat64(REPLY_APPLIED_US, us / 1.7, true);
  const id = new TextEncoder().encode(JSON.stringify('\u0001'.repeat(64)));
  for (let length = 15_000; length < 17_000; length += 50) {
    const asker = askers.begin(session, id, true);
    asker.timings?.sent(us / 7);
    asker.timings?.replied(reply, 0);
    const body = new TextEncoder().encode(`"${'x'.repeat(length)}"`);
    asker.sink?.answer(202, '', body, [], false, asker.timings);
    const answer = session.answers.at(-1);
    expect(answer).toMatchObject({ id: '\u0001'.repeat(64), status: 202 });
    expect([String(answer?.result).length, Object.keys(answer?.timing ?? {}).length]).toEqual([length, 5]);
  }
});
