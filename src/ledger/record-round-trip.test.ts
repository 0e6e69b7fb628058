// Orders and trades of any content, through a real PostgreSQL and back: the same bytes as in memory.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../sim/servers/test-database.ts';
import { LedgerArchive } from './archive.ts';
import { FLOW_INSTRUMENTS } from './testing/command-mix.ts';
import { execute } from './testing/database-client.ts';
import { drawEvents } from './testing/drawn-events.ts';
import { MemorySpool } from './testing/memory-spool.ts';
import { ProjectorRig } from './testing/projector-rig.ts';
import { recordsIn } from './testing/spool-records.ts';

const COUNT = 800;
const spool = new MemorySpool();
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase('round_trip');
  drawEvents(spool, FLOW_INSTRUMENTS, COUNT, 7);
  const options = { openSpool: spool.open, spool, recoveredSequence: () => COUNT };
  const rig = await ProjectorRig.on({ sequence: COUNT }, database.connection, options);
  await rig.caughtUp();
  expect(rig.progress.errors).toEqual([]);
  await rig.projector.onClose();
});
afterAll(() => database.drop());

async function expectSameBytes(): Promise<void> {
  const archive = new LedgerArchive({ connection: database.connection, shard: 0, journalId: 'journal-a' });
  const { orders, trades } = recordsIn(spool);
  expect(orders.size).toBe(COUNT);
  for (const [number, record] of orders) expect(await archive.findOrder(number)).toEqual(record);
  expect(await archive.tradesRange(1, COUNT)).toEqual(trades);
  await archive.close();
}

it('every order and every trade is read as it was written', expectSameBytes);

it('what a migration fills in for an order or a trade without, is read as what the projector writes for it', async () => {
  await execute(
    database.connection,
    `UPDATE closed_orders SET prevented_quantity = DEFAULT WHERE prevented_quantity = 0;
     UPDATE closed_orders SET stp = DEFAULT WHERE stp = 'none';
     UPDATE trades SET maker_fee = DEFAULT, taker_fee = DEFAULT WHERE maker_fee = 0 AND taker_fee = 0`,
  );
  await expectSameBytes();
});
