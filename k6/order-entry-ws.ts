// Orders, cancels and amends over `/ws`, pipelined: each socket keeps as many under way as its window, and each reply is matched with
// its request by id. See README.md.

import { check } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { clearTimeout, setTimeout, type TimeoutID } from 'k6/timers';
import { WebSocket } from 'k6/websockets';
import { EVERYDAY } from '../src/tools/load/flow.ts';
import { countOf, secondsOf } from './lib/environment.ts';
import { BASE_URL, beginRun, type RunData, streamOf, WS_URL, warn } from './lib/exchange.ts';
import { LATENCY_LIMITS, TREND_STATS } from './lib/limits.ts';
import { Pipeline } from './lib/pipeline.ts';
import { countRow, latencyRow, rateRows, report, type SummaryData, thresholdRows } from './lib/summary.ts';

const SOCKETS = countOf(__ENV, 'SOCKETS', 20);
const WINDOW = countOf(__ENV, 'WINDOW', 10);
const DURATION = secondsOf(__ENV, 'DURATION', '60s');
/** For the last replies. */
const LAST_REPLIES = 10;
const MARGIN = 30;

/** From send to reply, to the millisecond: k6's clock has no more. */
const latency = new Trend('order_latency', true);
const replies = new Counter('order_replies');
/** Replies that nothing under way asked for. */
const strange = new Counter('order_strange_replies');
const unanswered = new Counter('order_unanswered');
const closedEarly = new Counter('order_closed_early');

export const options: Options = {
  scenarios: {
    sockets: {
      executor: 'per-vu-iterations',
      vus: SOCKETS,
      iterations: 1,
      maxDuration: `${DURATION + LAST_REPLIES + MARGIN}s`,
    },
  },
  thresholds: {
    order_latency: [...LATENCY_LIMITS],
    order_replies: ['count>0'],
    order_strange_replies: ['count==0'],
    order_unanswered: ['count==0'],
    order_closed_early: ['count==0'],
    checks: ['rate==1'],
  },
  summaryTrendStats: TREND_STATS,
};

export function setup(): RunData {
  return beginRun();
}

export default function (data: RunData): void {
  const pipeline = new Pipeline(streamOf(data, EVERYDAY), WINDOW);
  const socket = new WebSocket(WS_URL);
  let isSending = true;
  const sendMore = () => {
    for (const text of pipeline.take(Date.now())) socket.send(text);
  };
  const closeWhenAnswered = () => {
    if (pipeline.underWay === 0) socket.close();
  };
  // Not before the socket is open: k6 waits forever in the close of one that is still connecting.
  const timers: TimeoutID[] = [];
  const end = () => {
    isSending = false;
    closeWhenAnswered();
  };
  socket.onopen = () => {
    timers.push(setTimeout(end, DURATION * 1_000));
    timers.push(setTimeout(() => socket.close(), (DURATION + LAST_REPLIES) * 1_000));
    sendMore();
  };
  socket.onmessage = (event) => {
    const reply = pipeline.receive(event?.data, Date.now());
    if (reply === undefined) {
      strange.add(1);
      return;
    }
    replies.add(1);
    latency.add(reply.tookMs, { kind: reply.kind });
    check(reply, { 'answer is good': ({ isGood }) => isGood });
    if (isSending) sendMore();
    else closeWhenAnswered();
  };
  socket.onerror = (event) => warn(`socket: ${event?.error}`);
  socket.onclose = () => {
    for (const timer of timers) clearTimeout(timer);
    if (isSending) closedEarly.add(1);
    unanswered.add(pipeline.underWay);
  };
}

export function handleSummary(data: SummaryData): Record<string, string> {
  const rows = () => [
    ...rateRows(data, 'replies', 'order_replies'),
    latencyRow(data, 'latency', 'order_latency'),
    countRow(data, 'checks failed', 'checks', 'fails'),
    countRow(data, 'replies to nothing', 'order_strange_replies'),
    countRow(data, 'unanswered', 'order_unanswered'),
    countRow(data, 'sockets closed early', 'order_closed_early'),
    ...thresholdRows(data),
  ];
  const title = `order entry over /ws, ${SOCKETS} sockets, ${WINDOW} under way on each, ${DURATION} s, ${BASE_URL}`;
  return report(title, data, rows, __ENV.JSON);
}
