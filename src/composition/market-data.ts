// Builds the market-data agent from shared memory. Projection thread, or the market-data thread where there is one.

import { SpoolReader } from '../journal/spool.ts';
import { BinaryFeedWriter } from '../market-data/feed/binary-feed-writer.ts';
import { JsonFeedWriter } from '../market-data/feed/json-feed-writer.ts';
import { MarketDataAgent } from '../market-data/market-data-agent.ts';
import type { Agent } from '../runtime/agent.ts';
import { createClock } from '../runtime/clock.ts';
import { BroadcastReader, BroadcastWriter } from '../shared-memory/broadcast-ring.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { MessageRing } from '../shared-memory/message-ring.ts';
import { doorbellsOf } from '../topology.ts';
import { CounterBlockId } from '../wire/counters.ts';
import { journalIdText, PublicIds } from '../wire/public-id.ts';
import type { Wiring } from './thread-data.ts';

export function composeMarketData(wiring: Wiring): Agent {
  const { config, memory, threads, directories } = wiring.data;
  const { state } = wiring;
  const { journalIdHigh, journalIdLow } = state;
  const publicIds = new PublicIds(journalIdHigh, journalIdLow);
  const gatewayDoorbells = doorbellsOf(memory, threads, 'gateway');
  const journal = journalIdText(journalIdHigh, journalIdLow);
  const json = new JsonFeedWriter(wiring.instruments, publicIds, config.showClientIds, journal);
  return new MarketDataAgent({
    instruments: wiring.instruments,
    events: new BroadcastReader(memory.events),
    spool: new SpoolReader(directories.spool),
    matchingCounters: wiring.counters(CounterBlockId.MATCHING),
    followerCounters: wiring.counters(CounterBlockId.FOLLOWER),
    counters: wiring.counters(CounterBlockId.MARKET_DATA),
    gatewayCounters: memory.commandRings.map((_, k) => wiring.counters(CounterBlockId.GATEWAY + k)),
    gatewayDoorbells,
    stream: new BroadcastWriter(memory.stream),
    feed: {
      ring: new BroadcastWriter(memory.feed),
      gateways: gatewayDoorbells.map((doorbell, k) => ({
        wishes: new MessageRing(memory.wishRings[k]),
        answers: new MessageRing(memory.feedAnswerRings[k]),
        doorbell,
      })),
      spool: new SpoolReader(directories.spool),
      historyBytes: config.limits.feedHistoryBytes,
      // What is kept on purpose must not be what is told of as too long.
      resumeSpoolBytes: Math.min(config.limits.resumeSpoolBytes, config.spoolMaxBytes / 2),
      writers: [json, new BinaryFeedWriter(json, journalIdHigh, journalIdLow)],
    },
    depth: memory.depth.map((buffer) => new LatestValue(buffer)),
    state,
    publicIds,
    showClientIds: config.showClientIds,
    clock: createClock(),
  });
}
