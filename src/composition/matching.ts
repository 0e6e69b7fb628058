// Builds the matching agent from shared memory. Matching thread, once.

import { randomBytes } from 'node:crypto';
import type { Config } from '../config.ts';
import { RiskMode } from '../domain/codes.ts';
import { MatchingAgent, type MatchingContext } from '../matching/matching-agent.ts';
import type { VenueSettings } from '../matching/own-commands.ts';
import type { Agent } from '../runtime/agent.ts';
import { createClock } from '../runtime/clock.ts';
import { passFaultPoint } from '../runtime/fault-point.ts';
import { BroadcastWriter } from '../shared-memory/broadcast-ring.ts';
import { CommandRing } from '../shared-memory/command-ring.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { MessageRing } from '../shared-memory/message-ring.ts';
import { doorbellsOf, doorbellsOfAny } from '../topology.ts';
import { CounterBlockId } from '../wire/counters.ts';
import { DurablePointWriter } from '../wire/durable-point.ts';
import { InstrumentDirectoryWriter } from '../wire/instrument-directory.ts';
import { FaultyDurablePoint, faultyDisk, poisonEngine } from './fault-points.ts';
import { askLedger } from './ledger-word.ts';
import type { Wiring } from './thread-data.ts';

export function composeMatching(wiring: Wiring): Agent {
  const { config, memory, threads, directories } = wiring.data;
  const { crashAt, poisonClient } = config;
  const durablePoint = new LatestValue(memory.durablePoint);
  const context: MatchingContext = {
    journalDirectory: directories.journal,
    snapshotDirectory: directories.snapshots,
    controlPath: directories.control,
    durability: config.durability === 'fsync' ? 'fsync' : 'os',
    journalWrite: config.journalWrite,
    segmentBytes: config.segmentBytes,
    poison: poisonClient === undefined ? undefined : (engine) => poisonEngine(engine, poisonClient),
    // Where a power cut may take what was acknowledged, a ledger that knows more proves no damage.
    askLedger: config.durability === 'fsync' ? () => askLedger(wiring) : undefined,
    disk: crashAt === undefined ? undefined : faultyDisk(crashAt),
    commandRings: memory.commandRings.map((buffer) => new CommandRing(buffer)),
    replyRings: memory.replyRings.map((buffer) => new MessageRing(buffer)),
    events: new BroadcastWriter(memory.events),
    gatewayDoorbells: doorbellsOf(memory, threads, 'gateway'),
    projectionDoorbells: doorbellsOfAny(memory, threads, ['follower', 'market-data']),
    durablePoint:
      crashAt === undefined ? new DurablePointWriter(durablePoint) : new FaultyDurablePoint(crashAt, durablePoint),
    state: wiring.state,
    counters: wiring.counters(CounterBlockId.MATCHING),
    reasons: wiring.counters(CounterBlockId.REASONS),
    commands: wiring.counters(CounterBlockId.COMMANDS),
    trades: wiring.counters(CounterBlockId.TRADES),
    instruments: new InstrumentDirectoryWriter(new LatestValue(memory.instruments)),
    venue: venueOf(config),
    clock: createClock(),
    newJournalId: () => {
      const random = randomBytes(8);
      return [random.readUInt32LE(0), random.readUInt32LE(4)];
    },
    onRecovered: (facts) => wiring.tell({ kind: 'recovered', ...facts }),
    onSegmentNeeded: () => {
      passFaultPoint(crashAt, 'segment_taken');
      wiring.tell({ kind: 'segment-needed' });
    },
  };
  return new MatchingAgent(context);
}

function venueOf({ risk, instruments }: Config): VenueSettings {
  return {
    riskMode: risk === 'balances' ? RiskMode.BALANCES : RiskMode.OFF,
    instruments: instruments?.list,
  };
}
