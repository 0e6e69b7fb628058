// Subscribers of `/ws` that check each channel's chain from its snapshot on, while orders make something to tell. A gap, a message
// told twice, a snapshot that is out of order or a socket that the server closes fails the run. See README.md.

import { Counter } from 'k6/metrics';
import type { Options } from 'k6/options';
import { clearTimeout, setTimeout, type TimeoutID } from 'k6/timers';
import { WebSocket } from 'k6/websockets';
import { EVERYDAY } from '../src/tools/load/flow.ts';
import { atRate, usersFor } from './lib/arrival-rate.ts';
import { ChainError, ChannelCheck } from './lib/channel-check.ts';
import { countOf, secondsOf, textOf } from './lib/environment.ts';
import { BASE_URL, beginRun, type RunData, sendNext, WS_URL, warn } from './lib/exchange.ts';
import { limitsOf, TREND_STATS } from './lib/limits.ts';
import { countRow, latencyRow, rateRows, report, type SummaryData, thresholdRows } from './lib/summary.ts';

const SUBSCRIBERS = countOf(__ENV, 'SUBSCRIBERS', 100);
const RATE = countOf(__ENV, 'RATE', 500);
const DURATION = secondsOf(__ENV, 'DURATION', '60s');
const CHANNELS = textOf(__ENV, 'CHANNELS', 'level2,matches,ticker').split(',');
const WAIT_MS = 200;
/** These have no snapshot and no chain. */
const UNSEQUENCED = ['ticker', 'candles', 'heartbeat'];
const SEQUENCED = CHANNELS.filter((channel) => !UNSEQUENCED.includes(channel));
/** Until all sockets are open, and until the last one is closed. */
const MARGIN = 30;

const snapshots = new Counter('feed_snapshots');
const updates = new Counter('feed_updates');
const chainErrors = new Counter('feed_chain_errors');
const closedEarly = new Counter('feed_closed_early');
/** Subscribers that were there to the end and had a snapshot of each sequenced channel. */
const complete = new Counter('feed_complete');

const orders: Options = {
  scenarios: { orders: { ...atRate(RATE, DURATION, usersFor(RATE, WAIT_MS)), exec: 'trade' } },
  thresholds: { ...limitsOf('orders'), checks: ['rate==1'], feed_updates: ['count>0'] },
};

export const options: Options = {
  scenarios: {
    subscribers: {
      executor: 'per-vu-iterations',
      exec: 'subscribe',
      vus: SUBSCRIBERS,
      iterations: 1,
      maxDuration: `${DURATION + MARGIN}s`,
    },
    ...(RATE > 0 ? orders.scenarios : {}),
  },
  thresholds: {
    feed_chain_errors: ['count==0'],
    feed_closed_early: ['count==0'],
    feed_complete: [`count==${SUBSCRIBERS}`],
    ...(RATE > 0 ? orders.thresholds : {}),
  },
  summaryTrendStats: TREND_STATS,
};

export function setup(): RunData {
  return beginRun();
}

export function trade(data: RunData): void {
  sendNext(data, EVERYDAY);
}

export function subscribe(): void {
  const check = new ChannelCheck();
  const socket = new WebSocket(WS_URL);
  let isOver = false;
  const close = () => {
    isOver = true;
    socket.close();
  };
  // Not before the socket is open: k6 waits forever in the close of one that is still connecting.
  let timer: TimeoutID | undefined;
  socket.onopen = () => {
    timer = setTimeout(close, DURATION * 1_000);
    socket.send(JSON.stringify({ type: 'subscribe', req_id: 1, channels: CHANNELS, instruments: ['BTC-USD'] }));
  };
  socket.onmessage = (event) => {
    if (isOver) return;
    try {
      const told = check.receive(event?.data);
      if (told === 'snapshot') snapshots.add(1);
      else if (told === 'update') updates.add(1);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      chainErrors.add(1);
      warn(error.message);
      close();
    }
  };
  socket.onerror = (event) => warn(`socket: ${event?.error}`);
  socket.onclose = () => {
    if (timer !== undefined) clearTimeout(timer);
    if (!isOver) closedEarly.add(1);
    else if (check.begun === SEQUENCED.length) complete.add(1);
  };
}

export function handleSummary(data: SummaryData): Record<string, string> {
  const rows = () => [
    countRow(data, 'subscribers', 'ws_sessions'),
    countRow(data, 'subscribers complete', 'feed_complete'),
    ...rateRows(data, 'messages', 'ws_msgs_received'),
    countRow(data, 'snapshots', 'feed_snapshots'),
    ...rateRows(data, 'updates in a chain', 'feed_updates'),
    countRow(data, 'chains broken', 'feed_chain_errors'),
    countRow(data, 'sockets closed early', 'feed_closed_early'),
    ...(RATE > 0 ? [latencyRow(data, 'orders: latency', 'http_req_duration{scenario:orders}')] : []),
    ...thresholdRows(data),
  ];
  const title = `market data, ${SUBSCRIBERS} subscribers of ${CHANNELS.join(', ')}, ${DURATION} s, ${BASE_URL}`;
  return report(title, data, rows, __ENV.JSON);
}
