// Reads from the ledger: the very records that the engine wrote, and never "not found" without having looked.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../sim/servers/test-database.ts';
import { TRADE_INSTRUMENT } from '../wire/trade-codec.ts';
import { type ArchiveOptions, LedgerArchive, LedgerUnavailable } from './archive.ts';
import { CommitCutter } from './testing/commit-cutter.ts';
import { execute } from './testing/database-client.ts';
import { isOpen } from './testing/expected-ledger.ts';
import { MemorySpool } from './testing/memory-spool.ts';
import { OrderFlow } from './testing/order-flow.ts';
import { ProjectorRig } from './testing/projector-rig.ts';
import { recordsIn } from './testing/spool-records.ts';

const COMMANDS = 2_500;
const SOON = { timeout: 20_000, interval: 5 };
let database: TestDatabase;
let flow: OrderFlow<MemorySpool>;
const archives: LedgerArchive[] = [];

function archiveOf(overrides: Partial<ArchiveOptions> = {}): LedgerArchive {
  const archive = new LedgerArchive({
    connection: database.connection,
    shard: 0,
    journalId: 'journal-a',
    ...overrides,
  });
  archives.push(archive);
  return archive;
}

beforeAll(async () => {
  database = await createTestDatabase('archive');
  flow = new OrderFlow(new MemorySpool(), 21);
  flow.run(COMMANDS);
  const rig = await ProjectorRig.create(database.connection, flow);
  await rig.caughtUp();
  await rig.projector.onClose();
});
afterAll(async () => {
  await Promise.all(archives.map((archive) => archive.close()));
  await database.drop();
});

describe('the archive', () => {
  it('gives closed orders and trades back byte for byte', async () => {
    const archive = archiveOf();
    const { orders, trades } = recordsIn(flow.spool);
    const closed = [...flow.expected.orders].filter(([, order]) => !isOpen(order));
    expect(closed.length).toBeGreaterThan(1_000);
    for (const [number, { instrument }] of closed) {
      if (instrument === 'unknown') continue; // which index it named is not kept
      expect(await archive.findOrder(number)).toEqual(orders.get(number));
    }
    expect(await archive.tradesRange(1, trades.length + 10)).toEqual(trades);
    expect(await archive.tradesRange(11, 5)).toEqual(trades.slice(10, 15));
    expect(await archive.tradesRange(trades.length - 1, 5)).toEqual(trades.slice(-2));
    expect(await archive.tradesRange(5, 0)).toEqual([]);
  });

  it('gives the older trades of one instrument, newest first, or nothing before it has come to all of them', async () => {
    const archive = archiveOf();
    const { trades } = recordsIn(flow.spool);
    const instrumentOf = (trade: Uint8Array) => new DataView(trade.buffer).getUint16(TRADE_INSTRUMENT, true);
    const older = trades.slice(0, -40).filter((trade) => instrumentOf(trade) === 0);
    expect(await archive.tradesBefore(0, trades.length - 39, 30)).toEqual(older.slice(-30).reverse());
    expect(await archive.tradesBefore(0, 1, 30)).toEqual([]);
    expect(await archive.tradesBefore(63, trades.length + 1, 30)).toEqual([]);
    await expect(archive.tradesBefore(0, trades.length + 2, 30)).rejects.toThrow(/ends with trade/);
  });

  it('says not found only for what the ledger must know', async () => {
    const archive = archiveOf();
    const used = new Set(flow.expected.orders.keys());
    const cancel = Array.from({ length: COMMANDS }, (_, i) => i + 1).find((sequence) => !used.has(sequence)) ?? 0;
    expect(cancel).toBeGreaterThan(0);
    expect(await archive.findOrder(cancel)).toBeUndefined();
    await expect(archive.findOrder(COMMANDS + 1)).rejects.toBeInstanceOf(LedgerUnavailable);
    await expect(archive.tradesRange(flow.expected.trades.length + 1, 10)).rejects.toBeInstanceOf(LedgerUnavailable);
    // Open as far as the ledger knows: whoever asks knows that it closed, so the ledger is behind.
    const [open] = [...flow.expected.orders].find(([, order]) => isOpen(order)) ?? [0];
    await expect(archive.findOrder(open)).rejects.toThrow(/does not know this order's end yet/);
  });

  it('is unavailable when the ledger is of another journal, or its server gone or frozen', async () => {
    await expect(archiveOf({ journalId: 'journal-b' }).findOrder(1)).rejects.toThrow(/no checkpoint of this journal/);
    const nobody = { ...database.connection, host: '127.0.0.1', port: 1 };
    await expect(archiveOf({ connection: nobody }).findOrder(1)).rejects.toBeInstanceOf(LedgerUnavailable);

    const cutter = await CommitCutter.listen(database.connection);
    const limits = { connections: 2, waitingMax: 3, connectMs: 1_000, readMs: 1_000 };
    const archive = archiveOf({ connection: { ...database.connection, host: '127.0.0.1', port: cutter.port }, limits });
    expect(await archive.tradesRange(1, 1)).toHaveLength(1);
    cutter.frozen = true;
    const reads = await Promise.allSettled(Array.from({ length: 50 }, () => archive.tradesRange(1, 1)));
    for (const read of reads) expect(read.status === 'rejected' && read.reason).toBeInstanceOf(LedgerUnavailable);
    expect(
      reads.filter((read) => read.status === 'rejected' && /too many/.test(String(read.reason))).length,
    ).toBeGreaterThan(30);
    cutter.frozen = false;
    await vi.waitFor(() => archive.tradesRange(1, 1), SOON);
    await archive.close();
    archives.splice(archives.indexOf(archive), 1);
    await cutter.close();
  });

  it('survives that its idle connections are ended', async () => {
    const archive = archiveOf();
    await archive.findOrder(1);
    await execute(
      database.connection,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ringbook-archive'`,
    );
    const failures: unknown[] = [];
    await vi.waitFor(
      () =>
        archive.tradesRange(1, 1).catch((error: unknown) => {
          failures.push(error);
          throw error;
        }),
      SOON,
    );
    for (const failure of failures) expect(failure).toBeInstanceOf(LedgerUnavailable);
  });
});
