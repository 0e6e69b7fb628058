// All counters of the process, opened for reading: what /metrics, /healthz and the operations page are made of.
// Main thread; it writes its own block, of the others it only reads.

import { CommandRing } from '../shared-memory/command-ring.ts';
import { CounterBlock } from '../shared-memory/counters.ts';
import { HISTOGRAM_BOUNDS_COUNTS, Histogram } from '../shared-memory/histogram.ts';
import { CounterBlockId, FollowerCounter, GatewayCounter, MatchingCounter } from '../wire/counters.ts';

export interface Figures {
  readonly matching: CounterBlock;
  readonly main: CounterBlock;
  readonly reasons: CounterBlock;
  /** By commandCounter(). */
  readonly commands: CounterBlock;
  /** By instrument. */
  readonly trades: CounterBlock;
  readonly follower: CounterBlock;
  readonly ledger: CounterBlock;
  readonly publisher: CounterBlock;
  readonly marketData: CounterBlock;
  readonly gateways: readonly CounterBlock[];
  readonly commandRings: readonly CommandRing[];
  readonly sync: Histogram;
  readonly ring: Histogram;
  readonly match: Histogram;
  readonly batch: Histogram;
  readonly totals: readonly Histogram[];
  readonly replies: readonly Histogram[];
}

/** Attaches to the shared counters and command rings. */
export function openFigures(counters: SharedArrayBuffer, commandRings: readonly SharedArrayBuffer[]): Figures {
  const matching = new CounterBlock(counters, CounterBlockId.MATCHING);
  const gateways = commandRings.map((_, k) => new CounterBlock(counters, CounterBlockId.GATEWAY + k));
  return {
    matching,
    main: new CounterBlock(counters, CounterBlockId.MAIN),
    reasons: new CounterBlock(counters, CounterBlockId.REASONS),
    commands: new CounterBlock(counters, CounterBlockId.COMMANDS),
    trades: new CounterBlock(counters, CounterBlockId.TRADES),
    follower: new CounterBlock(counters, CounterBlockId.FOLLOWER),
    ledger: new CounterBlock(counters, CounterBlockId.LEDGER),
    publisher: new CounterBlock(counters, CounterBlockId.PUBLISHER),
    marketData: new CounterBlock(counters, CounterBlockId.MARKET_DATA),
    gateways,
    commandRings: commandRings.map((buffer) => new CommandRing(buffer)),
    sync: new Histogram(matching, MatchingCounter.SYNC_SECONDS),
    ring: new Histogram(matching, MatchingCounter.RING_SECONDS),
    match: new Histogram(matching, MatchingCounter.MATCH_SECONDS),
    batch: new Histogram(matching, MatchingCounter.BATCH_COMMANDS, HISTOGRAM_BOUNDS_COUNTS),
    totals: gateways.map((block) => new Histogram(block, GatewayCounter.TOTAL_SECONDS)),
    replies: gateways.map((block) => new Histogram(block, GatewayCounter.REPLY_SECONDS)),
  };
}

/** Bytes of the event spool on the disk. */
export function spoolBytes({ follower }: Figures): number {
  // The start first: read the other way round, it could be behind the end.
  const start = follower.get(FollowerCounter.SPOOL_START);
  return follower.get(FollowerCounter.SPOOL_POSITION) - start;
}
