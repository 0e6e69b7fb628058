// What /metrics says: every series the dashboard draws, histograms as Prometheus reads them, lag that is true.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CommandType, InstrumentStatus } from '../domain/codes.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../domain/instrument.ts';
import { Reason } from '../domain/reasons.ts';
import { CommandRing } from '../shared-memory/command-ring.ts';
import { CounterBlock, counterBytesNeeded } from '../shared-memory/counters.ts';
import { Histogram } from '../shared-memory/histogram.ts';
import {
  COUNTER_BLOCKS,
  CommandResult,
  CounterBlockId,
  commandCounter,
  GatewayCounter,
  LedgerCounter,
  MainCounter,
  MatchingCounter,
  PublisherCounter,
  SinkState,
} from '../wire/counters.ts';
import { InstrumentList } from '../wire/instrument-list.ts';
import { openFigures } from './figures.ts';
import { LagWatch } from './lag.ts';
import { createMetricsPage } from './registry.ts';

function rig(instruments: readonly Instrument[] = DEFAULT_INSTRUMENTS) {
  const counters = new SharedArrayBuffer(counterBytesNeeded(COUNTER_BLOCKS));
  const ring = new SharedArrayBuffer(CommandRing.bytesNeeded(64, 192));
  CommandRing.create(ring, 64, 192);
  const figures = openFigures(counters, [ring]);
  let seconds = 100;
  const lag = new LagWatch(figures, () => seconds);
  const page = createMetricsPage(figures, new InstrumentList(instruments), lag);
  const block = (id: number) => new CounterBlock(counters, id);
  return { block, lag, page, pass: (more: number) => (seconds += more) };
}

describe('the metrics page', () => {
  it('has every series that the dashboard draws', async () => {
    const { page } = rig();
    const text = await page.render();
    const dashboard = readFileSync(new URL('../../docker/grafana/dashboards/ringbook.json', import.meta.url), 'utf8');
    const drawn = new Set(
      dashboard.match(/\bringbook_[a-z_]+/g)?.map((name) => name.replace(/_(bucket|sum|count)$/, '')),
    );
    expect(drawn.size).toBeGreaterThan(8);
    for (const name of drawn) expect(text).toContain(`# TYPE ${name} `);
  });

  it('counts commands by type and result, and sums reasons that share a name', async () => {
    const { block, page } = rig();
    block(CounterBlockId.COMMANDS).add(commandCounter(CommandType.CANCEL_ORDER, CommandResult.REFUSED), 7);
    block(CounterBlockId.COMMANDS).add(commandCounter(CommandType.CLOSE_SETTLEMENT, CommandResult.ACCEPTED), 4);
    block(CounterBlockId.REASONS).add(Reason.ORDER_UNKNOWN, 2);
    block(CounterBlockId.REASONS).add(Reason.NOT_OWNER, 3);
    const text = await page.render();
    expect(text).toContain('ringbook_commands_total{type="cancel_order",result="refused"} 7');
    expect(text).toContain('ringbook_commands_total{type="close_settlement",result="accepted"} 4');
    expect(text).toContain('ringbook_rejects_total{reason="order_unknown"} 5');
  });

  it('knows the instruments, their trades and their status, and the kill switch', async () => {
    const [btc] = DEFAULT_INSTRUMENTS;
    const eth = { ...btc, name: 'ETH-USD', base: 'ETH', status: InstrumentStatus.HALTED };
    const { block, page } = rig([btc, eth]);
    block(CounterBlockId.TRADES).add(1, 6);
    block(CounterBlockId.MATCHING).set(MatchingCounter.KILL_SWITCH, 1);
    const text = await page.render();
    expect(text).toContain('ringbook_trades_total{instrument="BTC-USD"} 0');
    expect(text).toContain('ringbook_trades_total{instrument="ETH-USD"} 6');
    expect(text).toContain('ringbook_instrument_status{instrument="BTC-USD"} 1');
    expect(text).toContain('ringbook_instrument_status{instrument="ETH-USD"} 4');
    expect(text).toContain('ringbook_kill_switch 1');
  });

  it('counts refused connections by gateway', async () => {
    const { block, page } = rig();
    block(CounterBlockId.GATEWAY).add(GatewayCounter.CONNECTIONS_REFUSED, 3);
    expect(await page.render()).toContain('ringbook_connections_refused_total{gateway="0"} 3');
  });

  it('tells the sockets of /stream and /ws apart, and why those of /ws were refused', async () => {
    const { block, page } = rig();
    block(CounterBlockId.GATEWAY).set(GatewayCounter.STREAM_CONNECTIONS, 2);
    block(CounterBlockId.GATEWAY).set(GatewayCounter.WS_CONNECTIONS, 3);
    block(CounterBlockId.GATEWAY).add(GatewayCounter.WS_REFUSED_ORIGIN, 4);
    block(CounterBlockId.GATEWAY).add(GatewayCounter.WS_CONFLATIONS, 5);
    const text = await page.render();
    expect(text).toContain('ringbook_ws_connections{gateway="0",path="/stream"} 2');
    expect(text).toContain('ringbook_ws_connections{gateway="0",path="/ws"} 3');
    expect(text).toContain('ringbook_ws_refused_total{gateway="0",reason="origin"} 4');
    expect(text).toContain('ringbook_ws_conflations_total{gateway="0"} 5');
  });

  it('says which frame CONTROL names, and how often it could not be written', async () => {
    const { block, page } = rig();
    block(CounterBlockId.MAIN).set(MainCounter.CONTROL_FRAME, 41);
    block(CounterBlockId.MAIN).add(MainCounter.CONTROL_ERRORS, 2);
    const text = await page.render();
    expect(text).toContain('ringbook_journal_control_frame 41');
    expect(text).toContain('ringbook_journal_control_errors_total 2');
  });

  it('says what was archived, how much there is, and how often archive and hook failed', async () => {
    const { block, page } = rig();
    block(CounterBlockId.MAIN).add(MainCounter.SEGMENTS_ARCHIVED, 5);
    block(CounterBlockId.MAIN).set(MainCounter.ARCHIVE_BYTES, 1234);
    block(CounterBlockId.MAIN).add(MainCounter.ARCHIVE_FAILURES, 2);
    block(CounterBlockId.MAIN).add(MainCounter.ARCHIVE_HOOK_FAILURES, 3);
    const text = await page.render();
    expect(text).toContain('ringbook_archive_segments_total 5');
    expect(text).toContain('ringbook_archive_bytes 1234');
    expect(text).toContain('ringbook_archive_failures_total 2');
    expect(text).toContain('ringbook_archive_hook_failures_total 3');
  });

  it('shows shared histograms cumulatively, in their own unit', async () => {
    const { block, page } = rig();
    const sync = new Histogram(block(CounterBlockId.MATCHING), MatchingCounter.SYNC_SECONDS);
    sync.record(0.0001);
    sync.record(0.003);
    new Histogram(block(CounterBlockId.GATEWAY), GatewayCounter.REPLY_SECONDS).record(0.002);
    const text = await page.render();
    expect(text).toContain('ringbook_order_latency_seconds_sum{stage="reply"} 0.002');
    expect(text).toContain('ringbook_journal_fsync_duration_seconds_bucket{le="0.0001"} 1');
    expect(text).toContain('ringbook_journal_fsync_duration_seconds_bucket{le="0.005"} 2');
    expect(text).toContain('ringbook_journal_fsync_duration_seconds_count 2');
  });
});

describe('lag', () => {
  it('is for how long a sink has not been level, however long nothing happened before', () => {
    const { block, lag, pass } = rig();
    const matching = block(CounterBlockId.MATCHING);
    const ledger = block(CounterBlockId.LEDGER);
    matching.set(MatchingCounter.SEQUENCE, 10);
    ledger.set(LedgerCounter.SEQUENCE, 10);
    pass(3_600);
    lag.look();
    matching.set(MatchingCounter.SEQUENCE, 12);
    pass(0.5);
    expect(lag.of('postgres')).toEqual({ sequences: 2, seconds: 0.5 });
    pass(10);
    lag.look();
    expect(lag.of('postgres')).toEqual({ sequences: 2, seconds: 10.5 });
    ledger.set(LedgerCounter.SEQUENCE, 12);
    expect(lag.of('postgres')).toEqual({ sequences: 0, seconds: 0 });
  });

  it('of a sink that keeps up under load is never old, though it is never quite level', () => {
    const { block, lag, pass } = rig();
    const matching = block(CounterBlockId.MATCHING);
    const ledger = block(CounterBlockId.LEDGER);
    for (let second = 1; second <= 60; second++) {
      matching.set(MatchingCounter.SEQUENCE, second * 1_000);
      ledger.set(LedgerCounter.SEQUENCE, second * 1_000 - 100);
      pass(1);
      lag.look();
    }
    expect(lag.of('postgres').seconds).toBeLessThanOrEqual(2);
  });

  it('leaves out Redis when there is none', async () => {
    const { block, lag, page } = rig();
    block(CounterBlockId.PUBLISHER).set(PublisherCounter.STATE, SinkState.OFF);
    expect(lag.sinks).toEqual(['follower', 'postgres', 'market_data']);
    expect((await page.render()).match(/ringbook_projection_(up|lag_seconds)\{sink="redis"\}/)).toBeNull();
  });
});
