// The Prometheus registry: every series is read from shared memory when it is scraped; nothing is observed here.
// Main thread; the only file, with its neighbour, that knows prom-client. Never on a hot path.

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { CommandType } from '../domain/codes.ts';
import { REASONS } from '../domain/reasons.ts';
import {
  CommandResult,
  commandCounter,
  FollowerCounter,
  GatewayCounter,
  LedgerCounter,
  MainCounter,
  MarketDataCounter,
  MatchingCounter,
  PublisherCounter,
  SinkState,
} from '../wire/counters.ts';
import type { InstrumentSource } from '../wire/instrument-list.ts';
import { type Figures, spoolBytes } from './figures.ts';
import type { LagWatch } from './lag.ts';
import { SharedHistogram } from './shared-histogram.ts';

type Sample = readonly [value: number, labels?: Record<string, string>];

const LATENCY_HELP =
  'Latency of commands by stage; match and journal by batch; reply from when the command was durable until its answer was ' +
  'handed to the socket, match included.';
/** Event loop delay is sampled this seldom, so that an idle process stays idle. */
const EVENT_LOOP_PRECISION_MS = 100;

/** The registry as others see it. */
export interface MetricsPage {
  readonly contentType: string;
  /** Reads every counter and renders the text. */
  render(): Promise<string>;
}

export function createMetricsPage(figures: Figures, instruments: InstrumentSource, lag: LagWatch): MetricsPage {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS });
  registerMatching(registry, figures);
  registerVenue(registry, figures, instruments);
  registerLatency(registry, figures);
  registerGateways(registry, figures);
  registerFeed(registry, figures);
  registerProjections(registry, figures, lag);
  registerArchive(registry, figures);
  registerStorage(registry, figures);
  registerWebSockets(registry, figures);
  return { contentType: registry.contentType, render: () => registry.metrics() };
}

function registerMatching(registry: Registry, figures: Figures): void {
  const { matching, main, reasons, commands } = figures;
  const add = adder(registry);
  add.counter('ringbook_commands_total', 'Commands by type and result.', ['type', 'result'], () =>
    Object.entries(CommandType).flatMap(([type, code]) =>
      Object.entries(CommandResult).map(
        ([result, number]): Sample => [
          commands.get(commandCounter(code, number)),
          { type: type.toLowerCase(), result: result.toLowerCase() },
        ],
      ),
    ),
  );
  add.counter('ringbook_rejects_total', 'Orders rejected and commands refused, by reason.', ['reason'], () =>
    sumByName([...REASONS].map(([reason, { name }]) => [name, reasons.get(reason)])),
  );
  add.gauge('ringbook_sequence', 'Last sequence that is durable and applied.', [], () => [
    [matching.get(MatchingCounter.SEQUENCE)],
  ]);
  add.gauge('ringbook_open_orders', 'Live orders: resting in a book or waiting for their stop price.', [], () => [
    [matching.get(MatchingCounter.OPEN_ORDERS)],
  ]);
  add.gauge('ringbook_clients', 'Client ids ever seen; at 4,194,304 no new one is taken.', [], () => [
    [matching.get(MatchingCounter.CLIENTS)],
  ]);
  add.gauge('ringbook_accounts', 'Pairs of client and instrument; at 16,777,216 no new one is taken.', [], () => [
    [matching.get(MatchingCounter.ACCOUNTS)],
  ]);
  add.gauge('ringbook_idempotency_keys', 'Idempotency keys held.', [], () => [
    [matching.get(MatchingCounter.IDEMPOTENCY_KEYS)],
  ]);
  add.gauge('ringbook_idempotency_oldest_key_timestamp_seconds', 'When the oldest key held was used.', [], () => [
    [matching.get(MatchingCounter.IDEMPOTENCY_OLDEST_US) / 1e6],
  ]);
  add.gauge('ringbook_journal_durable_frame', 'Last durable frame of the journal.', [], () => [
    [matching.get(MatchingCounter.DURABLE_FRAME)],
  ]);
  add.counter('ringbook_journal_late_segments_total', 'Segments the matching thread had to make itself.', [], () => [
    [matching.get(MatchingCounter.SEGMENTS_CREATED_LATE)],
  ]);
  add.counter('ringbook_journal_written_bytes_total', 'Bytes written to the journal since the start.', [], () => [
    [matching.get(MatchingCounter.JOURNAL_BYTES)],
  ]);
  add.gauge('ringbook_journal_control_frame', 'Frame that the CONTROL file names as durable.', [], () => [
    [main.get(MainCounter.CONTROL_FRAME)],
  ]);
  add.counter('ringbook_journal_control_errors_total', 'Writes of the CONTROL file that failed.', [], () => [
    [main.get(MainCounter.CONTROL_ERRORS)],
  ]);
}

function registerVenue(registry: Registry, { matching, trades }: Figures, instruments: InstrumentSource): void {
  const add = adder(registry);
  const byInstrument = (read: (index: number) => number) => () =>
    instruments.current.all.map(({ name }, index): Sample => [read(index), { instrument: name }]);
  const labels = ['instrument'];
  add.counter(
    'ringbook_trades_total',
    'Trades.',
    labels,
    byInstrument((index) => trades.get(index)),
  );
  add.gauge(
    'ringbook_instrument_status',
    'What the instrument takes: 1 all orders, 2 post-only orders, 3 only cancels, 4 halted, 5 delisted.',
    labels,
    byInstrument((index) => instruments.current.all[index].status),
  );
  add.gauge('ringbook_kill_switch', 'Whether the kill switch is on and only cancels pass.', [], () => [
    [matching.get(MatchingCounter.KILL_SWITCH)],
  ]);
}

/** Reasons that share a public name are one series. */
function sumByName(counts: readonly (readonly [string, number])[]): Sample[] {
  const sums = new Map<string, number>();
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
  return [...sums].map(([reason, count]): Sample => [count, { reason }]);
}

function registerLatency(registry: Registry, figures: Figures): void {
  const { ring, match, sync, batch, replies, totals } = figures;
  registry.registerMetric(
    new SharedHistogram('ringbook_order_latency_seconds', LATENCY_HELP, [
      { labels: { stage: 'ring' }, parts: [ring] },
      { labels: { stage: 'journal' }, parts: [sync] },
      { labels: { stage: 'match' }, parts: [match] },
      { labels: { stage: 'reply' }, parts: replies },
      { labels: { stage: 'total' }, parts: totals },
    ]),
  );
  registry.registerMetric(
    new SharedHistogram('ringbook_journal_fsync_duration_seconds', 'Duration of one write and sync of a batch.', [
      { labels: {}, parts: [sync] },
    ]),
  );
  registry.registerMetric(
    new SharedHistogram('ringbook_batch_commands', 'Commands made durable by one sync.', [
      { labels: {}, parts: [batch] },
    ]),
  );
}

function registerGateways(registry: Registry, figures: Figures): void {
  const { gateways, commandRings, marketData } = figures;
  const add = adder(registry);
  const perGateway = (id: number) => samplesOf(gateways, id);
  const labels = ['gateway'];
  add.gauge('ringbook_ring_used_slots', 'Command ring slots in use.', labels, () =>
    commandRings.map((ring, k) => [ring.used(), { gateway: String(k) }]),
  );
  add.counter(
    'ringbook_ring_full_total',
    'Requests refused because the ring was full.',
    labels,
    perGateway(GatewayCounter.RING_FULL),
  );
  add.counter('ringbook_http_requests_total', 'HTTP requests.', labels, perGateway(GatewayCounter.REQUESTS));
  add.counter(
    'ringbook_http_bad_requests_total',
    'Requests refused before the sequencer.',
    labels,
    perGateway(GatewayCounter.BAD_REQUESTS),
  );
  add.counter(
    'ringbook_ws_order_requests_total',
    'Requests about orders over /ws.',
    labels,
    perGateway(GatewayCounter.ORDER_FRAMES),
  );
  add.counter(
    'ringbook_safety_cancels_total',
    'Mass cancels sent because a socket ended or a time ran out.',
    labels,
    perGateway(GatewayCounter.SAFETY_CANCELS),
  );
  add.counter(
    'ringbook_safety_cancels_lost_total',
    'Mass cancels due that could not be sent, because the process stopped taking commands.',
    labels,
    perGateway(GatewayCounter.SAFETY_CANCELS_LOST),
  );
  add.counter(
    'ringbook_reply_timeouts_total',
    'Commands answered 504, outcome unknown.',
    labels,
    perGateway(GatewayCounter.TIMEOUTS),
  );
  add.gauge(
    'ringbook_requests_in_flight',
    'Commands waiting for their reply.',
    labels,
    perGateway(GatewayCounter.IN_FLIGHT),
  );
  add.counter(
    'ringbook_connections_refused_total',
    'Connections closed at once because there were too many.',
    labels,
    perGateway(GatewayCounter.CONNECTIONS_REFUSED),
  );
  add.counter(
    'ringbook_market_data_lapped_total',
    'Times market data was overtaken and resynced from the spool.',
    [],
    () => [[marketData.get(MarketDataCounter.LAPPED)]],
  );
}

function registerFeed(registry: Registry, { marketData }: Figures): void {
  const add = adder(registry);
  add.counter(
    'ringbook_feed_messages_total',
    'Messages of /ws channels serialised, each once for all sockets.',
    [],
    () => [[marketData.get(MarketDataCounter.FEED_MESSAGES)]],
  );
  add.gauge('ringbook_feed_catch_ups', 'Subscriptions being answered, not live yet.', [], () => [
    [marketData.get(MarketDataCounter.FEED_CATCH_UPS)],
  ]);
  add.counter(
    'ringbook_feed_resumes_total',
    'Subscriptions resumed, by where what they missed began.',
    ['from'],
    () => [
      [marketData.get(MarketDataCounter.RESUMES_FROM_MEMORY), { from: 'memory' }],
      [marketData.get(MarketDataCounter.RESUMES_FROM_SPOOL), { from: 'spool' }],
    ],
  );
  add.counter(
    'ringbook_feed_snapshots_total',
    'Subscriptions that began with a snapshot, or with the newest.',
    [],
    () => [[marketData.get(MarketDataCounter.SNAPSHOTS_SENT)]],
  );
}

function registerProjections(registry: Registry, figures: Figures, lag: LagWatch): void {
  const { ledger, publisher } = figures;
  const add = adder(registry);
  add.gauge('ringbook_projection_lag_sequences', 'Commands applied but not yet projected.', ['sink'], () =>
    lag.sinks.map((sink) => [lag.of(sink).sequences, { sink }]),
  );
  add.gauge('ringbook_projection_lag_seconds', 'For how long the sink has been behind.', ['sink'], () =>
    lag.sinks.map((sink) => [lag.of(sink).seconds, { sink }]),
  );
  add.gauge('ringbook_projection_up', 'Whether the sink is connected.', ['sink'], () => [
    [ledger.get(LedgerCounter.STATE) === SinkState.UP ? 1 : 0, { sink: 'postgres' }],
    ...(publisher.get(PublisherCounter.STATE) === SinkState.OFF
      ? []
      : [[publisher.get(PublisherCounter.STATE) === SinkState.UP ? 1 : 0, { sink: 'redis' }] satisfies Sample]),
  ]);
  add.counter(
    'ringbook_projection_errors_total',
    'Errors of a sink; each is followed by a retry or an alert.',
    ['sink'],
    () => [
      [ledger.get(LedgerCounter.ERRORS), { sink: 'postgres' }],
      [publisher.get(PublisherCounter.ERRORS), { sink: 'redis' }],
    ],
  );
  add.counter('ringbook_projection_rows_total', 'Rows written to Postgres.', [], () => [
    [ledger.get(LedgerCounter.ROWS)],
  ]);
  add.counter('ringbook_snapshots_total', 'Engine snapshots taken.', [], () => [
    [figures.main.get(MainCounter.SNAPSHOTS)],
  ]);
  add.counter('ringbook_snapshot_failures_total', 'Engine snapshots that could not be taken.', [], () => [
    [figures.main.get(MainCounter.SNAPSHOT_FAILURES)],
  ]);
  add.gauge('ringbook_snapshot_sequence', 'Sequence of the newest engine snapshot; 0: none.', [], () => [
    [figures.main.get(MainCounter.SNAPSHOT_SEQUENCE)],
  ]);
}

function registerArchive(registry: Registry, { main }: Figures): void {
  const add = adder(registry);
  add.counter('ringbook_archive_segments_total', 'Closed journal segments repacked into the archive.', [], () => [
    [main.get(MainCounter.SEGMENTS_ARCHIVED)],
  ]);
  add.counter('ringbook_journal_deleted_segments_total', 'Closed journal segments deleted unarchived.', [], () => [
    [main.get(MainCounter.SEGMENTS_DELETED)],
  ]);
  add.counter('ringbook_archive_removed_files_total', 'Archived files removed because there was too much.', [], () => [
    [main.get(MainCounter.ARCHIVE_FILES_REMOVED)],
  ]);
  add.gauge('ringbook_archive_bytes', 'Size of the archive after the last run.', [], () => [
    [main.get(MainCounter.ARCHIVE_BYTES)],
  ]);
  add.counter('ringbook_archive_failures_total', 'Runs of the archive that could not go on.', [], () => [
    [main.get(MainCounter.ARCHIVE_FAILURES)],
  ]);
  add.counter('ringbook_archive_hook_failures_total', 'Archived files that the hook did not take.', [], () => [
    [main.get(MainCounter.ARCHIVE_HOOK_FAILURES)],
  ]);
}

function registerStorage(registry: Registry, figures: Figures): void {
  const { main, follower } = figures;
  const add = adder(registry);
  add.gauge('ringbook_storage_state', 'What the disk leaves room for: 0 all, 1 only cancels, 2 no command.', [], () => [
    [main.get(MainCounter.STORAGE_STATE)],
  ]);
  add.gauge('ringbook_storage_free_bytes', 'Free bytes of the file system of the journal.', [], () => [
    [main.get(MainCounter.STORAGE_FREE_BYTES)],
  ]);
  add.gauge('ringbook_spool_bytes', 'Bytes of the event spool on the disk.', [], () => [[spoolBytes(figures)]]);
  add.counter('ringbook_spool_errors_total', 'Writes of the event spool that failed.', [], () => [
    [follower.get(FollowerCounter.SPOOL_FAILURES)],
  ]);
}

/** Of /stream, which everyone gets alike, and of /ws, where each subscribes. */
function registerWebSockets(registry: Registry, { gateways }: Figures): void {
  const add = adder(registry);
  const byPath = (stream: number, ws: number) => () =>
    gateways.flatMap((block, k): Sample[] => [
      [block.get(stream), { gateway: String(k), path: '/stream' }],
      [block.get(ws), { gateway: String(k), path: '/ws' }],
    ]);
  const paths = ['gateway', 'path'];
  const { STREAM_CONNECTIONS, STREAM_MESSAGES, SLOW_CONSUMER_CLOSES, STREAM_LAPPED } = GatewayCounter;
  const { WS_CONNECTIONS, WS_MESSAGES, WS_SLOW_CONSUMER_CLOSES, WS_LAPPED } = GatewayCounter;
  add.gauge(
    'ringbook_ws_connections',
    'Open WebSocket connections.',
    paths,
    byPath(STREAM_CONNECTIONS, WS_CONNECTIONS),
  );
  add.counter(
    'ringbook_ws_messages_total',
    'Messages sent to WebSocket subscribers.',
    paths,
    byPath(STREAM_MESSAGES, WS_MESSAGES),
  );
  add.counter(
    'ringbook_ws_slow_consumer_closes_total',
    'Sockets closed because their reader was too slow.',
    paths,
    byPath(SLOW_CONSUMER_CLOSES, WS_SLOW_CONSUMER_CLOSES),
  );
  add.counter(
    'ringbook_ws_lapped_total',
    'Times a gateway lost its place in the market data and closed the sockets that had some.',
    paths,
    byPath(STREAM_LAPPED, WS_LAPPED),
  );
  for (const [name, help, id] of WS_COUNTERS)
    add.counter(`ringbook_ws_${name}_total`, help, ['gateway'], samplesOf(gateways, id));
  add.gauge(
    'ringbook_ws_subscriptions',
    'Subscriptions, each instrument of a channel of /ws.',
    ['gateway'],
    samplesOf(gateways, GatewayCounter.WS_SUBSCRIPTIONS),
  );
  add.counter('ringbook_ws_refused_total', 'Sockets of /ws refused or closed.', ['gateway', 'reason'], () =>
    gateways.flatMap((block, k) =>
      WS_REFUSALS.map(([reason, id]): Sample => [block.get(id), { gateway: String(k), reason }]),
    ),
  );
}

const WS_COUNTERS = [
  ['bytes', 'Bytes of the messages sent on /ws.', GatewayCounter.WS_BYTES],
  [
    'conflations',
    'Subscriptions taken off their feed until their socket had caught up.',
    GatewayCounter.WS_CONFLATIONS,
  ],
  ['wishes', 'Beginnings that market data was asked for.', GatewayCounter.WS_WISHES],
  ['resumes', 'Subscriptions that went on from a sequence.', GatewayCounter.WS_RESUMES],
  ['bad_requests', 'Requests of /ws answered with an error.', GatewayCounter.WS_BAD_REQUESTS],
] as const;

const WS_REFUSALS = [
  ['origin', GatewayCounter.WS_REFUSED_ORIGIN],
  ['upgrades', GatewayCounter.WS_REFUSED_UPGRADES],
  ['connections', GatewayCounter.WS_REFUSED_CONNECTIONS],
  ['message_rate', GatewayCounter.WS_REFUSED_FRAMES],
  ['malformed', GatewayCounter.WS_REFUSED_MALFORMED],
] as const;

/** One counter of each gateway. */
function samplesOf(gateways: Figures['gateways'], id: number): () => Sample[] {
  return () => gateways.map((block, k) => [block.get(id), { gateway: String(k) }]);
}

/** Registers series that are read when scraped. */
function adder(registry: Registry) {
  const common = (name: string, help: string, labelNames: string[]) => ({
    name,
    help,
    labelNames,
    registers: [registry],
  });
  return {
    gauge(name: string, help: string, labelNames: string[], read: () => Sample[]): void {
      const collect = function (this: Gauge<string>) {
        for (const [value, labels] of read()) this.set(labels ?? {}, value);
      };
      new Gauge({ ...common(name, help, labelNames), collect });
    },
    counter(name: string, help: string, labelNames: string[], read: () => Sample[]): void {
      const collect = function (this: Counter<string>) {
        this.reset();
        for (const [value, labels] of read()) this.inc(labels ?? {}, value);
      };
      new Counter({ ...common(name, help, labelNames), collect });
    },
  };
}
