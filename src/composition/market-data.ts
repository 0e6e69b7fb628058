// Builds the market-data agent from shared memory. Projection thread, or the market-data thread where there is one.

import { SpoolReader } from '../journal/spool.ts';
import { MarketDataAgent } from '../market-data/market-data-agent.ts';
import type { Agent } from '../runtime/agent.ts';
import { createClock } from '../runtime/clock.ts';
import { BroadcastReader, BroadcastWriter } from '../shared-memory/broadcast-ring.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { doorbellsOf } from '../topology.ts';
import { CounterBlockId } from '../wire/counters.ts';
import { PublicIds } from '../wire/public-id.ts';
import type { Wiring } from './thread-data.ts';

export function composeMarketData(wiring: Wiring): Agent {
  const { config, memory, threads, directories } = wiring.data;
  const { state } = wiring;
  return new MarketDataAgent({
    instruments: wiring.instruments,
    events: new BroadcastReader(memory.events),
    spool: new SpoolReader(directories.spool),
    matchingCounters: wiring.counters(CounterBlockId.MATCHING),
    followerCounters: wiring.counters(CounterBlockId.FOLLOWER),
    counters: wiring.counters(CounterBlockId.MARKET_DATA),
    gatewayCounters: memory.commandRings.map((_, k) => wiring.counters(CounterBlockId.GATEWAY + k)),
    gatewayDoorbells: doorbellsOf(memory, threads, 'gateway'),
    stream: new BroadcastWriter(memory.stream),
    depth: memory.depth.map((buffer) => new LatestValue(buffer)),
    state,
    publicIds: new PublicIds(state.journalIdHigh, state.journalIdLow),
    showClientIds: config.showClientIds,
    clock: createClock(),
  });
}
