// A projector alone, from a spool in memory into a database: for who measures it. A tool's process. Owns nothing beyond
// a run.

import pg from 'pg';
import { Command } from '../domain/command.ts';
import { Engine } from '../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import { migrate, readMigrations } from '../ledger/migrate.ts';
import { Projector } from '../ledger/projector.ts';
import type { MemorySpool } from '../ledger/testing/memory-spool.ts';
import { EventEncoder } from '../wire/event-encoder.ts';
import { InstrumentList } from '../wire/instrument-list.ts';
import { PublicIds } from '../wire/public-id.ts';
import { EVERYDAY } from './load/flow.ts';
import { FlowCommands } from './load/flow-commands.ts';

const STREAMS = 64;
const START_US = 1_780_000_000_000_000;
/** Between two commands: the rate of 20,000 a second. */
const STEP_US = 50;
const IDLE_MS = 50;

class ProjectionError extends Error {
  override readonly name = 'ProjectionError';
}

/** The events of a seeded flow, as the follower would have written them. */
export function fillSpool(spool: MemorySpool, seed: number, commands: number): void {
  let encoder: EventEncoder | undefined;
  const engine = new Engine(DEFAULT_INSTRUMENTS, {
    ...SILENT_LISTENER,
    onTrade: (number, maker, taker, price, lots) => encoder?.trade(number, maker, taker, price, lots),
    onOrder: (change, row, delta) => encoder?.order(change, row, delta),
  });
  encoder = new EventEncoder(engine, spool);
  const flow = new FlowCommands(new InstrumentList(DEFAULT_INSTRUMENTS), seed, STREAMS, EVERYDAY);
  for (let sequence = 1; sequence <= commands; sequence++) {
    const command = new Command();
    flow.fill(command, sequence);
    engine.apply(sequence, START_US + sequence * STEP_US, command);
  }
  spool.show(commands);
}

export interface ProjectionRun {
  /** The schema's not counted. */
  readonly seconds: number;
  readonly commits: number;
}

/** Projects all of the spool into a new database. Rejects with ProjectionError. */
export async function projectAll(connection: pg.ClientConfig, spool: MemorySpool): Promise<ProjectionRun> {
  const migrations = await readMigrations();
  const client = new pg.Client(connection);
  await client.connect();
  await migrate(client, migrations);
  await client.query('CHECKPOINT');
  await client.end();
  let checkpoint = 0;
  let commits = 0;
  let problem = '';
  let woken: () => void = () => {};
  const projector = new Projector({
    connection,
    shard: 0,
    journalId: '0123456789abcdef',
    migrations,
    instruments: DEFAULT_INSTRUMENTS,
    ids: new PublicIds(0x0123_4567, 0x89ab_cdef),
    openSpool: spool.open,
    spool,
    recoveredSequence: () => spool.sequence(),
    progress: {
      state: () => {},
      checkpoint: (sequence) => {
        checkpoint = sequence;
      },
      spoolFloor: () => {},
      chunk: () => {
        commits++;
      },
      error: (message) => {
        problem = message;
      },
      reconnected: () => {},
    },
    wake: () => woken(),
    nowMs: () => performance.now(),
    random: Math.random,
  });
  const startMs = performance.now();
  while (checkpoint < spool.sequence()) {
    if (problem !== '') throw new ProjectionError(problem);
    if (projector.doWork() > 0) await new Promise((resolve) => setImmediate(resolve));
    else {
      await new Promise<void>((resolve) => {
        woken = resolve;
        setTimeout(resolve, Math.min(IDLE_MS, projector.maxIdleMs()));
      });
    }
  }
  const seconds = (performance.now() - startMs) / 1000;
  await projector.onClose();
  return { seconds, commits };
}
