// Builds the agents of the projection thread: follower, ledger projector, Redis publisher. Projection thread, once
// recovery is over.

import { assert } from '../assert.ts';
import { InstrumentStatus } from '../domain/codes.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { FollowerAgent } from '../follower/follower-agent.ts';
import { SpoolReader } from '../journal/spool.ts';
import { LedgerArchive } from '../ledger/archive.ts';
import { type LedgerIdentity, ledgerIdentity } from '../ledger/chunk-transaction.ts';
import { type LedgerCheckpoint, ledgerCheckpoint } from '../ledger/ledger-checkpoint.ts';
import { readMigrations } from '../ledger/migrate.ts';
import { Projector, type ProjectorOptions } from '../ledger/projector.ts';
import type { DepthSource } from '../publisher/publisher.ts';
import type { Agent } from '../runtime/agent.ts';
import { createClock } from '../runtime/clock.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { MessageRing } from '../shared-memory/message-ring.ts';
import { doorbellsOf } from '../topology.ts';
import {
  CounterBlockId,
  FollowerCounter,
  LedgerCounter,
  MarketDataCounter,
  MatchingCounter,
  PublisherCounter,
  SinkState,
} from '../wire/counters.ts';
import { DEPTH_LEVELS_DEFAULT } from '../wire/depth-codec.ts';
import { PreparedBook } from '../wire/prepared-book.ts';
import { PublicIds } from '../wire/public-id.ts';
import { followerStart } from './follower-start.ts';
import { stepBehindOrders } from './priority.ts';
import type { Wiring } from './thread-data.ts';

type Connection = ProjectorOptions['connection'];

export async function composeProjection(wiring: Wiring): Promise<Agent[]> {
  stepBehindOrders();
  const connection = connectionOf(wiring);
  const archive = new LedgerArchive({ ...identityOf(wiring), connection });
  const publisher = await composePublisher(wiring);
  const { shard, journalId } = identityOf(wiring);
  const held = await ledgerCheckpoint(connection, shard);
  // What another journal's ledger knows says nothing of ours.
  const follower = composeFollower(wiring, archive, held?.journalId === journalId ? held : held && NO_CHECKPOINT);
  return [follower, await composeLedger(wiring, connection, follower), ...(publisher === undefined ? [] : [publisher])];
}

function identityOf({ state }: Wiring): LedgerIdentity {
  return ledgerIdentity(state.journalIdHigh, state.journalIdLow);
}

function connectionOf({ data }: Wiring): Connection {
  const { postgres } = data;
  assert(postgres !== undefined, 'the projection thread knows its database');
  return 'url' in postgres ? { connectionString: postgres.url } : { ...postgres };
}

const NO_CHECKPOINT = { sequence: 0, frame: 0, chain: new Uint8Array(0) };

function composeFollower(
  wiring: Wiring,
  archive: LedgerArchive,
  held: Omit<LedgerCheckpoint, 'journalId'> | undefined,
): FollowerAgent {
  const { config, memory, threads, directories } = wiring.data;
  const { beginWith, missing } = followerStart(held?.sequence, directories);
  if (missing !== '') wiring.tell({ kind: 'sink', sink: 'postgres', state: SinkState.CONNECTING, detail: missing });
  const gatewayDoorbells = doorbellsOf(memory, threads, 'gateway');
  const ledger = wiring.counters(CounterBlockId.LEDGER);
  const marketData = wiring.counters(CounterBlockId.MARKET_DATA);
  return new FollowerAgent({
    journalDirectory: directories.journal,
    spoolDirectory: directories.spool,
    snapshotDirectory: directories.snapshots,
    channels: gatewayDoorbells.map((doorbell, k) => ({
      queries: new MessageRing(memory.queryRings[k]),
      answers: new MessageRing(memory.answerRings[k]),
      doorbell,
    })),
    archive,
    matchingCounters: wiring.counters(CounterBlockId.MATCHING),
    counters: wiring.counters(CounterBlockId.FOLLOWER),
    readerDoorbells: doorbellsOf(memory, threads, 'market-data'),
    spoolFloor: () => Math.min(ledger.get(LedgerCounter.SPOOL_FLOOR), marketData.get(MarketDataCounter.SPOOL_FLOOR)),
    onSpool: (detail) => wiring.tell({ kind: 'spool', detail }),
    clock: createClock(),
    readTimeoutMs: config.limits.readTimeoutMs,
    beginWith,
    ledgerFrame: held && { number: held.frame, chain: held.chain },
  });
}

/** The embedded server's first start makes its cluster; one that has failed says so in the log of main. */
const EMBEDDED_START_MS = 30_000;

async function composeLedger(wiring: Wiring, connection: Connection, spooler: FollowerAgent): Promise<Agent> {
  const { state, data, doorbell } = wiring;
  const counters = wiring.counters(CounterBlockId.LEDGER);
  const follower = wiring.counters(CounterBlockId.FOLLOWER);
  const matching = wiring.counters(CounterBlockId.MATCHING);
  const clock = createClock();
  return new Projector({
    ...identityOf(wiring),
    connection,
    migrations: await readMigrations(),
    instruments: DEFAULT_INSTRUMENTS,
    ids: new PublicIds(state.journalIdHigh, state.journalIdLow),
    openSpool: (fromPosition) => new SpoolReader(data.directories.spool, fromPosition),
    spool: {
      sequence: () => follower.get(FollowerCounter.SPOOL_SEQUENCE),
      position: () => follower.get(FollowerCounter.SPOOL_POSITION),
      start: () => follower.get(FollowerCounter.SPOOL_START),
      frame: () => spooler.spooledFrame,
      problem: () => spooler.ledgerProblem,
    },
    recoveredSequence: () => matching.get(MatchingCounter.RECOVERED_SEQUENCE),
    progress: {
      state: (value, detail) => {
        counters.set(LedgerCounter.STATE, value);
        wiring.tell({ kind: 'sink', sink: 'postgres', state: value, detail });
      },
      checkpoint: (sequence) => counters.set(LedgerCounter.SEQUENCE, sequence),
      spoolFloor: (position) => counters.set(LedgerCounter.SPOOL_FLOOR, position),
      chunk: (rows, seconds) => {
        counters.add(LedgerCounter.ROWS, rows);
        counters.add(LedgerCounter.CHUNKS, 1);
        counters.set(LedgerCounter.CHUNK_SECONDS, seconds);
      },
      error: () => counters.add(LedgerCounter.ERRORS, 1),
      reconnected: () => counters.add(LedgerCounter.RECONNECTS, 1),
    },
    wake: () => doorbell.ring(),
    nowMs: () => clock.monotonicUs() / 1_000,
    random: Math.random,
    limits: {
      flushMs: data.config.limits.flushTimeoutMs,
      startingMs: data.config.postgres === undefined ? EMBEDDED_START_MS : 0,
    },
  });
}

/** Levels a side that a published book shows. */
const PUBLISHED_LEVELS = DEPTH_LEVELS_DEFAULT;

/** Undefined when no Redis is configured: then its driver is not loaded either. */
async function composePublisher(wiring: Wiring): Promise<Agent | undefined> {
  const { config } = wiring.data;
  const counters = wiring.counters(CounterBlockId.PUBLISHER);
  if (config.redis === undefined) {
    counters.set(PublisherCounter.STATE, SinkState.OFF);
    return undefined;
  }
  const { Publisher } = await import('../publisher/publisher.ts');
  const clock = createClock();
  return new Publisher({
    redis: 'url' in config.redis ? config.redis.url : config.redis,
    journalId: identityOf(wiring).journalId,
    epoch: wiring.state.epoch,
    sources: bookSources(wiring),
    progress: {
      connected: (up, detail) => {
        const state = up ? SinkState.UP : SinkState.DOWN;
        counters.set(PublisherCounter.STATE, state);
        wiring.tell({ kind: 'sink', sink: 'redis', state, detail });
      },
      published: (_instrument, sequence) => {
        counters.set(PublisherCounter.SEQUENCE, sequence);
        counters.add(PublisherCounter.PUBLISHED, 1);
      },
      error: () => counters.add(PublisherCounter.ERRORS, 1),
    },
    wake: () => wiring.doorbell.ring(),
    nowMs: () => clock.monotonicUs() / 1_000,
    random: Math.random,
  });
}

/** The book of every instrument, more of them as instruments are added. One that is delisted is not published any more. */
function bookSources({ data, instruments }: Wiring): () => readonly DepthSource[] {
  const sources: DepthSource[] = [];
  return () => {
    const { all } = instruments.current;
    for (let k = sources.length; k < all.length; k++) {
      const book = new PreparedBook(new LatestValue(data.memory.depth[k]), all[k]);
      const isListed = () => instruments.current.all[k].status !== InstrumentStatus.DELISTED;
      sources.push({
        instrument: all[k].name,
        version: () => (isListed() ? book.version() : -1),
        read: () => book.body(PUBLISHED_LEVELS, 0),
      });
    }
    return sources;
  };
}
