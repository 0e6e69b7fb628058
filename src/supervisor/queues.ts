// The figures of the operations page (/admin/queues.json): rings, journal, projections, sockets. Main thread; reads only.
// The page shows any object as a card and any list as a table, so a figure added here needs no change there.

import type { MainAnswer } from '../gateway/context.ts';
import type { Figures } from '../metrics/figures.ts';
import type { LagWatch } from '../metrics/lag.ts';
import { quantileSeconds } from '../metrics/quantile.ts';
import {
  FollowerCounter,
  GatewayCounter,
  LedgerCounter,
  MainCounter,
  MarketDataCounter,
  MatchingCounter,
  PublisherCounter,
} from '../wire/counters.ts';
import type { Health } from './health.ts';

export function queuesAnswer(figures: Figures, health: Health, lag: LagWatch): MainAnswer {
  const body = {
    state: health.trading,
    health: { status: health.status, detail: health.message },
    venue: health.venue,
    storage: storageFigures(health),
    journal: journalFigures(figures, health),
    archive: archiveFigures(figures),
    gateways: gatewayFigures(figures),
    follower: followerFigures(figures, lag),
    postgres: postgresFigures(figures, health),
    redis: { ...health.redis, published: figures.publisher.get(PublisherCounter.PUBLISHED) },
    market_data: marketDataFigures(figures, lag),
  };
  return { status: 200, contentType: 'application/json', body: `${JSON.stringify(body)}\n` };
}

function journalFigures({ matching, sync, batch }: Figures, health: Health): object {
  const batches = batch.count();
  return {
    sequence: matching.get(MatchingCounter.SEQUENCE),
    durable_frame: matching.get(MatchingCounter.DURABLE_FRAME),
    durability: health.journal.durability,
    durable: health.journal.durable,
    written_bytes: matching.get(MatchingCounter.JOURNAL_BYTES),
    sync_p50_seconds: quantileSeconds(sync, 0.5),
    sync_p99_seconds: quantileSeconds(sync, 0.99),
    commands_per_batch: batches === 0 ? 0 : batch.sum() / batches,
    open_orders: matching.get(MatchingCounter.OPEN_ORDERS),
    clients: matching.get(MatchingCounter.CLIENTS),
    accounts: matching.get(MatchingCounter.ACCOUNTS),
    trades_since_start: matching.get(MatchingCounter.TRADES),
    idempotency_keys: matching.get(MatchingCounter.IDEMPOTENCY_KEYS),
  };
}

function archiveFigures({ main }: Figures): object {
  return {
    segments_archived: main.get(MainCounter.SEGMENTS_ARCHIVED),
    segments_deleted: main.get(MainCounter.SEGMENTS_DELETED),
    files_removed: main.get(MainCounter.ARCHIVE_FILES_REMOVED),
    bytes: main.get(MainCounter.ARCHIVE_BYTES),
    failures: main.get(MainCounter.ARCHIVE_FAILURES),
    hook_failures: main.get(MainCounter.ARCHIVE_HOOK_FAILURES),
  };
}

function storageFigures({ storage: { spool, ...room } }: Health): object {
  return { ...room, spool_status: spool.status, spool_bytes: spool.bytes, spool_detail: spool.detail };
}

function gatewayFigures({ gateways, commandRings, totals }: Figures): object[] {
  return gateways.map((block, k) => ({
    gateway: k,
    ring_used_slots: commandRings[k].used(),
    ring_slots: commandRings[k].slots,
    in_flight: block.get(GatewayCounter.IN_FLIGHT),
    requests: block.get(GatewayCounter.REQUESTS),
    bad_requests: block.get(GatewayCounter.BAD_REQUESTS),
    ring_full: block.get(GatewayCounter.RING_FULL),
    reply_timeouts: block.get(GatewayCounter.TIMEOUTS),
    order_p50_seconds: quantileSeconds(totals[k], 0.5),
    order_p99_seconds: quantileSeconds(totals[k], 0.99),
    websockets: block.get(GatewayCounter.STREAM_CONNECTIONS) + block.get(GatewayCounter.WS_CONNECTIONS),
    websocket_messages: block.get(GatewayCounter.STREAM_MESSAGES) + block.get(GatewayCounter.WS_MESSAGES),
    slow_consumer_closes:
      block.get(GatewayCounter.SLOW_CONSUMER_CLOSES) + block.get(GatewayCounter.WS_SLOW_CONSUMER_CLOSES),
  }));
}

function followerFigures(figures: Figures, lag: LagWatch): object {
  const { follower, main } = figures;
  const { sequences, seconds } = lag.of('follower');
  return {
    sequence: follower.get(FollowerCounter.SEQUENCE),
    lag_sequences: sequences,
    lag_seconds: seconds,
    reads: follower.get(FollowerCounter.QUERIES),
    reads_behind: follower.get(FollowerCounter.QUERIES_BEHIND),
    snapshots: main.get(MainCounter.SNAPSHOTS),
    snapshot_failures: main.get(MainCounter.SNAPSHOT_FAILURES),
    snapshot_sequence: main.get(MainCounter.SNAPSHOT_SEQUENCE),
  };
}

function postgresFigures({ ledger }: Figures, health: Health): object {
  return {
    ...health.postgres,
    sequence: ledger.get(LedgerCounter.SEQUENCE),
    rows: ledger.get(LedgerCounter.ROWS),
    chunks: ledger.get(LedgerCounter.CHUNKS),
    chunk_seconds: ledger.get(LedgerCounter.CHUNK_SECONDS),
    errors: ledger.get(LedgerCounter.ERRORS),
    reconnects: ledger.get(LedgerCounter.RECONNECTS),
  };
}

function marketDataFigures(figures: Figures, lag: LagWatch): object {
  const { marketData } = figures;
  return {
    sequence: marketData.get(MarketDataCounter.SEQUENCE),
    lag_sequences: lag.of('market_data').sequences,
    messages: marketData.get(MarketDataCounter.MESSAGES),
    depth_published: marketData.get(MarketDataCounter.DEPTH_PUBLISHED),
    lapped: marketData.get(MarketDataCounter.LAPPED),
  };
}
