// The projector against a real PostgreSQL: exactly once, whatever is cut, killed or refused in between.

import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../sim/servers/test-database.ts';
import { createRandom } from '../sim/testing/random.ts';
import { SinkState } from '../wire/counters.ts';
import { commitChunk, moveCheckpoint, openLedger, writeRows } from './chunk-transaction.ts';
import { LedgerLink } from './ledger-link.ts';
import type { CommitChunk, ProjectorOptions } from './projector.ts';
import { FLOW_INSTRUMENTS } from './testing/command-mix.ts';
import { CommitCutter } from './testing/commit-cutter.ts';
import { execute, withClient } from './testing/database-client.ts';
import { type ExpectedLedger, isOpen } from './testing/expected-ledger.ts';
import { MemorySpool } from './testing/memory-spool.ts';
import { OrderFlow } from './testing/order-flow.ts';
import { expectLedger, ProjectorRig, QUICK_LIMITS } from './testing/projector-rig.ts';

const databases: TestDatabase[] = [];
async function freshDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase('projector');
  databases.push(database);
  return database;
}
afterAll(async () => {
  await Promise.all(databases.map((database) => database.drop()));
});

/** What rows can say, and no row of this ledger says: then a comparison shows nothing. */
function missingIn({ trades, orders, settlements, instruments, candles, positions }: ExpectedLedger): string[] {
  const all = [...orders.values()];
  const seen: Record<string, boolean> = {
    'a stop that waits': all.some((order) => isOpen(order) && order.stop_price !== null && order.triggered === 'false'),
    'a triggered stop that rests': all.some((order) => isOpen(order) && order.triggered === 'true'),
    'a triggered stop that ended': all.some((order) => !isOpen(order) && order.triggered === 'true'),
    'a stop that ended waiting': all.some(({ status, triggered, stop_price }) => {
      return status === 'cancelled' && triggered === 'false' && stop_price !== null;
    }),
    'an iceberg in part executed': all.some(({ status, display_quantity }) => {
      return status === 'partially_filled' && display_quantity !== null;
    }),
    'an order that expired': all.some(({ status }) => status === 'expired'),
    'prevented quantity of a live order': all.some((order) => isOpen(order) && Number(order.prevented_quantity) > 0),
    'prevented quantity of a closed order': all.some((order) => !isOpen(order) && Number(order.prevented_quantity) > 0),
    'a protection price': all.some(({ protection_price }) => protection_price !== null),
    'a greatest slippage': all.some(({ max_slippage }) => max_slippage !== null),
    'an execution by quote amount': all.some(({ by_quote_amount, filled_quantity }) => {
      return by_quote_amount === 'true' && Number(filled_quantity) > 0;
    }),
    'an order for no instrument': all.some(({ instrument }) => instrument === 'unknown'),
    'a fee': trades.some(({ taker_fee }) => Number(taker_fee) > 0),
    'a rebate': trades.some(({ maker_fee }) => Number(maker_fee) < 0),
    settlements: settlements.length > 10,
    'an instrument that came by command': instruments.length === 3,
    'trades of several days':
      new Set(trades.map(({ executed_us }) => Math.floor(Number(executed_us) / 86.4e9))).size > 1,
    'a candle of many trades': candles.some((candle) => Number(candle.trades) > 20),
    'many candles': candles.length > 30,
    'a short position': positions.some(({ net_quantity }) => Number(net_quantity) < 0),
    'a profit and a loss': [1, -1].every((sign) => positions.some((row) => Number(row.realised_profit) * sign > 0)),
  };
  return Object.keys(seen).filter((what) => !seen[what]);
}

describe('the projector', () => {
  it('writes every trade and the last state of every order', async () => {
    const { connection } = await freshDatabase();
    const rig = await ProjectorRig.create(connection);
    rig.flow.run(6_000);
    await rig.caughtUp();
    await expectLedger(connection, rig.flow);
    expect(rig.flow.expected.trades.length).toBeGreaterThan(500);
    expect([...rig.flow.expected.orders.values()].filter(isOpen).length).toBeGreaterThan(100);
    expect(missingIn(rig.flow.expected)).toEqual([]);
    // Live: few events at a time, orders that are open already change and close.
    for (let i = 0; i < 60; i++) {
      rig.flow.run(7);
      await rig.caughtUp();
    }
    await expectLedger(connection, rig.flow);
    expect(rig.progress.current).toBe(SinkState.UP);
    expect(rig.progress.errors).toEqual([]);
    await rig.projector.onClose();
  });

  it.each([
    ['positions', 'UPDATE positions SET cost = cost + 0.0000000001'],
    ['candles', 'UPDATE candles SET volume = volume + 0.00000001'],
  ])('would be found out if %s were off by one unit', async (table, harm) => {
    const { connection } = await freshDatabase();
    const rig = await ProjectorRig.create(connection);
    rig.flow.run(400);
    await rig.caughtUp();
    await expectLedger(connection, rig.flow);
    await execute(connection, `${harm} WHERE ctid = (SELECT ctid FROM ${table} LIMIT 1)`);
    await expect(expectLedger(connection, rig.flow)).rejects.toThrow();
    await rig.projector.onClose();
  });

  it('goes on after a restart, with a spool that is rebuilt meanwhile', async () => {
    const { connection } = await freshDatabase();
    const first = await ProjectorRig.create(connection);
    first.flow.run(3_000);
    await first.caughtUp();
    await first.projector.onClose();

    const flow = new OrderFlow(new MemorySpool(), 1); // the same seed: the same journal
    const second = await ProjectorRig.create(connection, flow, { recoveredSequence: () => 3_000 });
    await second.until(() => second.progress.current === SinkState.UP);
    for (let i = 0; i < 40; i++) {
      flow.run(100);
      for (let turn = 0; turn < 5; turn++) second.projector.doWork();
    }
    await second.caughtUp();
    await expectLedger(connection, flow);
    expect(second.progress.errors).toEqual([]);
    await second.projector.onClose();
  });

  it.each([
    { begins: 3_000, more: 500 },
    { begins: 2_000, more: 1_500 },
    { begins: 2_990, more: 510 },
  ])('goes on from a spool that begins behind sequence $begins', async ({ begins, more }) => {
    const { connection } = await freshDatabase();
    const first = await ProjectorRig.create(connection);
    first.flow.run(3_000);
    await first.caughtUp();
    await first.projector.onClose();

    const flow = new OrderFlow(new MemorySpool(), 1); // the same journal
    flow.run(begins);
    flow.spool.clear();
    flow.open();
    const second = await ProjectorRig.create(connection, flow, { recoveredSequence: () => 3_000 });
    flow.run(more);
    await second.caughtUp();
    await expectLedger(connection, flow);
    expect(second.progress.errors).toEqual([]);
    await second.projector.onClose();
  });

  it.each([
    { seed: 1, begins: 3_001, why: /ends at sequence 3000, and the events since begin behind 3001/ },
    { seed: 5, begins: 3_000, why: /not the same history/ },
  ])('is refused by a spool that begins behind sequence $begins of seed $seed', async ({ seed, begins, why }) => {
    const { connection } = await freshDatabase();
    const first = await ProjectorRig.create(connection);
    first.flow.run(3_000);
    await first.caughtUp();
    await first.projector.onClose();

    const flow = new OrderFlow(new MemorySpool(), seed);
    flow.run(begins);
    flow.spool.clear();
    flow.open();
    const second = await ProjectorRig.create(connection, flow, { recoveredSequence: () => begins });
    await second.until(() => second.progress.current === SinkState.REFUSED);
    expect(second.progress.detail).toMatch(why);
    await second.projector.onClose();
  });

  it('keeps the frame that ends where the spool does, and its hash, with the checkpoint', async () => {
    const { connection } = await freshDatabase();
    const flow = new OrderFlow(new MemorySpool(), 1);
    const { spool } = flow;
    const frameOf = (sequence: number) => ({ number: sequence * 2, chain: new Uint8Array(32).fill(sequence % 251) });
    let told = frameOf(0);
    const rig = await ProjectorRig.create(connection, flow, {
      spool: { sequence: () => spool.sequence(), position: () => spool.position(), start: () => 0, frame: () => told },
    });
    const kept = async () =>
      (
        await withClient(connection, (client) =>
          client.query(`SELECT sequence::int, frame::int, get_byte(chain_hash, 31) AS byte FROM projection_checkpoint`),
        )
      ).rows;
    flow.run(700);
    told = frameOf(700);
    await rig.caughtUp();
    expect(await kept()).toEqual([{ sequence: 700, frame: 1_400, byte: 700 % 251 }]);
    // While a chunk is full the spool is further than the checkpoint: its frame is not the checkpoint's.
    flow.run(2_000);
    told = frameOf(2_700);
    await rig.until(() => rig.progress.lastSequence > 700);
    if (rig.progress.lastSequence < 2_700) expect(await kept()).toMatchObject([{ frame: 1_400, byte: 700 % 251 }]);
    await rig.caughtUp();
    expect(await kept()).toEqual([{ sequence: 2_700, frame: 5_400, byte: 2_700 % 251 }]);
    await rig.projector.onClose();
  });

  it('writes what is left when it is closed', async () => {
    const { connection } = await freshDatabase();
    const rig = await ProjectorRig.create(connection, undefined, { limits: { ...QUICK_LIMITS, gatherMs: 60_000 } });
    rig.flow.run(50);
    await rig.caughtUp();
    rig.flow.run(2_000);
    await rig.projector.onClose();
    await expectLedger(connection, rig.flow);
  });

  it('follows a database that was set back to an older backup', async () => {
    const { connection } = await freshDatabase();
    const rig = await ProjectorRig.create(connection);
    rig.flow.run(1_000);
    await rig.caughtUp();
    const older = [
      ...['trades', 'open_orders', 'closed_orders', 'instruments', 'settlements', 'settlement_obligations'],
      ...['candles', 'positions', 'projection_checkpoint'],
    ];
    await execute(connection, older.map((table) => `CREATE TABLE old_${table} AS TABLE ${table}`).join(';'));
    rig.flow.run(1_000);
    await rig.caughtUp();
    await execute(
      connection,
      `BEGIN; ${older.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} TABLE old_${table}`).join(';')}; COMMIT`,
    );
    rig.flow.run(100);
    await rig.caughtUp();
    await expectLedger(connection, rig.flow);
    expect(rig.flow.spool.rewinds).toBe(1);
    await rig.projector.onClose();
  });
});

describe('exactly once', () => {
  it('when its backend is terminated again and again', async () => {
    const { connection } = await freshDatabase();
    const rig = await ProjectorRig.create(connection, new OrderFlow(new MemorySpool(), 3));
    const random = createRandom(5);
    await withClient(connection, async (killer) => {
      for (let kill = 0; kill < 100; kill++) {
        rig.flow.run(400);
        let turns = Math.floor(random() * 60);
        await rig.until(() => turns-- <= 0 || rig.progress.lastSequence === rig.flow.sequence);
        const killed = killer.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name = 'ringbook-ledger' AND datname = current_database()`,
        );
        rig.projector.doWork();
        await killed;
      }
    });
    await rig.caughtUp();
    await expectLedger(connection, rig.flow);
    expect(rig.progress.reconnects).toBeGreaterThan(30);
    await rig.projector.onClose();
  });

  const scenarios: { name: string; run: (commitOn?: CommitOn) => Promise<void> }[] = [
    { name: 'when the reply to COMMIT is lost', run: losingReplies },
  ];

  it.each(scenarios)('$name', ({ run }) => run());

  describe('negative controls: a projector that does not write rows and checkpoint in one transaction fails', () => {
    it.each(scenarios)('rows first, $name', async ({ run }) => {
      await expect(run(() => rowsThenCheckpoint)).rejects.toThrow(/duplicate key/);
    });
    it.each(scenarios)('checkpoint first, $name', async ({ run }) => {
      await expect(run(() => checkpointThenRows)).rejects.toThrow();
    });
    it.each(scenarios)('without a look at the checkpoint after an error, $name', async ({ run }) => {
      await expect(run(writeAgain)).rejects.toThrow(/duplicate key/);
    });
  });

  /** A third of all COMMITs is cut off, half of those before the server sees it. */
  async function losingReplies(commitOn?: CommitOn): Promise<void> {
    const { connection } = await freshDatabase();
    const cutter = await CommitCutter.listen(connection);
    const random = createRandom(11);
    cutter.decide = () => (random() < 0.33 ? (random() < 0.5 ? 'after' : 'before') : undefined);
    const through = { ...connection, host: '127.0.0.1', port: cutter.port };
    const overrides: Partial<ProjectorOptions> = commitOn === undefined ? {} : { commit: commitOn(through) };
    const rig = await ProjectorRig.create(through, new OrderFlow(new MemorySpool(), 4), overrides);
    try {
      for (let i = 0; i < 30; i++) {
        rig.flow.run(500);
        await rig.until(
          () => rig.progress.lastSequence === rig.flow.sequence || rig.progress.current >= SinkState.REFUSED,
        );
        if (rig.progress.current >= SinkState.REFUSED) throw new Error(rig.progress.detail);
      }
      await expectLedger(connection, rig.flow);
      expect(cutter.cuts).toBeGreaterThan(10);
    } finally {
      await rig.projector.onClose();
      await cutter.close();
    }
  }
});

/** For a database that is reached so. */
type CommitOn = (connection: pg.ClientConfig) => CommitChunk;

const writeAgain: CommitOn = (connection) => async (link, identity, chunk, target) => {
  try {
    await commitChunk(link, identity, chunk, target);
  } catch (error) {
    const again = await LedgerLink.connect(connection, QUICK_LIMITS.timeouts, () => {});
    await openLedger(again, identity, FLOW_INSTRUMENTS);
    try {
      await writeRows(again, chunk);
    } finally {
      await again.end(1_000);
    }
    throw error;
  }
};

const rowsThenCheckpoint: CommitChunk = async (link, identity, chunk, target) => {
  await link.query('BEGIN');
  await writeRows(link, chunk);
  await link.query('COMMIT');
  await moveCheckpoint(link, identity, chunk.base, target);
};

const checkpointThenRows: CommitChunk = async (link, identity, chunk, target) => {
  await link.query('BEGIN');
  await moveCheckpoint(link, identity, chunk.base, target);
  await link.query('COMMIT');
  await link.query('BEGIN');
  await writeRows(link, chunk);
  await link.query('COMMIT');
};

describe('a row that the database refuses', () => {
  it.each([17, 418])('stops the projector at its sequence, and nothing is skipped (seed %i)', async (seed) => {
    const { connection } = await freshDatabase();
    const rig = await ProjectorRig.create(connection, new OrderFlow(new MemorySpool(), seed), {
      limits: { ...QUICK_LIMITS, chunk: { events: 5_000, bytes: 1 << 22 } },
    });
    rig.flow.run(100);
    await rig.caughtUp();
    rig.flow.run(3_000);
    const poison = rig.flow.expected.trades[Math.floor(rig.flow.expected.trades.length / 2)];
    const number = poison?.trade_number;
    const sequence = Number(poison?.sequence);
    await execute(connection, `ALTER TABLE trades ADD CONSTRAINT poison CHECK (trade_number <> ${number})`);
    await rig.until(() => rig.progress.current === SinkState.POISONED);
    expect(rig.progress.detail).toContain(`stopped at sequence ${sequence}:`);
    expect(rig.progress.detail).toContain('poison');
    expect(rig.progress.lastSequence).toBe(sequence - 1);
    // It stays there, also while more arrives and it tries again.
    const errors = rig.progress.errors.length;
    rig.flow.run(500);
    await rig.until(() => rig.progress.errors.length > errors + 3);
    expect(rig.progress.lastSequence).toBe(sequence - 1);
    expect(rig.progress.current).toBe(SinkState.POISONED);

    await execute(connection, 'ALTER TABLE trades DROP CONSTRAINT poison');
    await rig.caughtUp();
    expect(rig.progress.current).toBe(SinkState.UP);
    await expectLedger(connection, rig.flow);
    await rig.projector.onClose();
  });

  it('a column that is gone stops it too', async () => {
    const { connection } = await freshDatabase();
    const rig = await ProjectorRig.create(connection);
    rig.flow.run(300);
    await rig.caughtUp();
    await execute(connection, 'ALTER TABLE trades RENAME COLUMN price TO prize');
    rig.flow.run(300);
    await rig.until(() => rig.progress.current === SinkState.POISONED);
    expect(rig.progress.detail).toContain('"price"');
    await execute(connection, 'ALTER TABLE trades RENAME COLUMN prize TO price');
    await rig.caughtUp();
    await expectLedger(connection, rig.flow);
    await rig.projector.onClose();
  });

  it('a row that someone deleted is not made up for in silence', async () => {
    const { connection } = await freshDatabase();
    const rig = await ProjectorRig.create(connection);
    rig.flow.run(1_000);
    await rig.caughtUp();
    await execute(connection, 'DELETE FROM open_orders');
    rig.flow.run(500);
    await rig.until(() => rig.progress.current === SinkState.POISONED);
    expect(rig.progress.detail).toMatch(/open orders (changed|closed): 0, expected 1/);
    await rig.projector.onClose();
  });
});

describe('a ledger that is not ours', () => {
  let database: TestDatabase;
  const sequence = 1_500;
  beforeAll(async () => {
    database = await freshDatabase();
    const rig = await ProjectorRig.create(database.connection);
    rig.flow.run(sequence);
    await rig.caughtUp();
    await rig.projector.onClose();
  });

  /** Starts a projector on it and expects it to refuse, for good, without having written. */
  async function expectRefusal(
    flow: OrderFlow<MemorySpool>,
    overrides: Partial<ProjectorOptions>,
    message: RegExp,
  ): Promise<void> {
    const { connection } = database;
    const state = 'SELECT xmin::text, sequence::text, updated_at::text FROM projection_checkpoint';
    const before = await withClient(connection, (client) => client.query(state));
    const rig = await ProjectorRig.create(connection, flow, overrides);
    await rig.until(() => rig.progress.current === SinkState.REFUSED);
    expect(rig.progress.detail).toMatch(message);
    flow.run(2_000);
    for (let turn = 0; turn < 20; turn++) expect(rig.projector.doWork()).toBe(0);
    await rig.projector.onClose();
    const after = await withClient(connection, (client) => client.query(state));
    expect(after.rows).toEqual(before.rows);
  }

  it('is refused when it belongs to another journal', async () => {
    const flow = new OrderFlow(new MemorySpool(), 1);
    flow.run(2_000);
    await expectRefusal(flow, { journalId: 'journal-b' }, /belongs to journal journal-a.*writes journal journal-b/);
  });

  it('is refused when its checkpoint is beyond the end of the journal', async () => {
    const flow = new OrderFlow(new MemorySpool(), 1);
    flow.run(1_000);
    await expectRefusal(flow, {}, /up to sequence 1500, the journal ends at 1000/);
  });

  it('is refused when the journal has another history up to the checkpoint', async () => {
    const flow = new OrderFlow(new MemorySpool(), 2);
    flow.run(2_000);
    await expectRefusal(flow, {}, /not the same history/);
  });
});
