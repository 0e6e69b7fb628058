// Settlements in a real PostgreSQL: every cycle once, what was traded and nothing else, and read back as it was written.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assert } from '../assert.ts';
import { createTestDatabase, type TestDatabase } from '../sim/servers/test-database.ts';
import { LedgerArchive } from './archive.ts';
import { CommitCutter } from './testing/commit-cutter.ts';
import { withClient } from './testing/database-client.ts';
import { MemorySpool } from './testing/memory-spool.ts';
import { OrderFlow } from './testing/order-flow.ts';
import { expectLedger, ProjectorRig } from './testing/projector-rig.ts';

const SEED = 33;
const COMMANDS = 4_000;
let database: TestDatabase;
let flow: OrderFlow<MemorySpool>;

/** Half of the flow by one projector, which loses the reply to every third COMMIT; all of it by the next one. */
beforeAll(async () => {
  database = await createTestDatabase('settlements');
  const cutter = await CommitCutter.listen(database.connection);
  let commits = 0;
  cutter.decide = () => (++commits % 3 === 0 ? 'after' : undefined);
  const through = { ...database.connection, host: '127.0.0.1', port: cutter.port };
  const first = await ProjectorRig.create(through, new OrderFlow(new MemorySpool(), SEED));
  first.flow.run(COMMANDS);
  await first.until(() => first.progress.lastSequence > COMMANDS / 2);
  await first.projector.onClose();
  await cutter.close();
  expect(cutter.cuts).toBeGreaterThan(1);

  flow = new OrderFlow(new MemorySpool(), SEED); // the same seed: the same journal, a spool that is made anew
  flow.run(COMMANDS);
  const second = await ProjectorRig.create(database.connection, flow);
  await second.caughtUp();
  await second.projector.onClose();
});
afterAll(() => database.drop());

function rowsOf(sql: string): Promise<Record<string, string | null>[]> {
  return withClient(database.connection, async (client) => (await client.query(sql)).rows);
}

/** What the trades of each cycle come to, by SQL alone. */
const FROM_TRADES = `
  WITH t AS (
    SELECT s.cycle, t.*, i.base, i.quote,
           CASE taker_side WHEN 'buy' THEN taker_fee ELSE maker_fee END AS buyer_fee,
           CASE taker_side WHEN 'buy' THEN maker_fee ELSE taker_fee END AS seller_fee
    FROM trades t JOIN instruments i ON i.name = t.instrument
    JOIN LATERAL (SELECT min(cycle) AS cycle FROM settlements s WHERE s.sequence > t.sequence) s ON s.cycle IS NOT NULL
  ), legs AS (
    SELECT cycle, buy_client_id AS client_id, base AS currency, quantity AS amount FROM t
    UNION ALL SELECT cycle, buy_client_id, quote, -price * quantity - buyer_fee FROM t
    UNION ALL SELECT cycle, sell_client_id, base, -quantity FROM t
    UNION ALL SELECT cycle, sell_client_id, quote, price * quantity - seller_fee FROM t
    UNION ALL SELECT cycle, NULL, quote, buyer_fee + seller_fee FROM t
  )
  SELECT cycle::text, client_id, currency, trim_scale(sum(amount))::text AS amount FROM legs
  GROUP BY cycle, client_id, currency HAVING sum(amount) <> 0`;

const ORDER = ` ORDER BY 1, client_id COLLATE "C" NULLS LAST, currency COLLATE "C"`;
const WRITTEN = `SELECT cycle::text, client_id, currency, amount::text FROM settlement_obligations`;

describe('settlements', () => {
  it('are in the ledger once, across lost replies and a restart', async () => {
    expect(flow.expected.settlements.length).toBeGreaterThan(5);
    await expectLedger(database.connection, flow);
  });

  it('are what the trades of the cycle come to, fees and the venue included', async () => {
    const written = await rowsOf(WRITTEN + ORDER);
    expect(written.length).toBeGreaterThan(50);
    expect(written).toEqual(await rowsOf(FROM_TRADES + ORDER));
    expect(written.some(({ client_id }) => client_id === null)).toBe(true);
  });

  it('count their obligations, and their cycles have no gaps', async () => {
    const off = await rowsOf(`
      SELECT s.cycle::text FROM settlements s
      WHERE s.obligations <> (SELECT count(*) FROM settlement_obligations o WHERE o.cycle = s.cycle)
         OR s.cycle > (SELECT count(*) FROM settlements) OR s.cycle < 1`);
    expect(off).toEqual([]);
  });

  it('never have a party twice, the venue neither', async () => {
    const twice = (party: string) =>
      rowsOf(`INSERT INTO settlement_obligations VALUES (1000, ${party}, 'USD', 1), (1000, ${party}, 'USD', 2)`);
    await expect(twice("'alice'")).rejects.toThrow(/duplicate key/);
    await expect(twice('NULL')).rejects.toThrow(/duplicate key/);
  });
});

describe('the archive', () => {
  const archiveOf = (journalId: string) => new LedgerArchive({ connection: database.connection, shard: 0, journalId });

  it('gives settlements back, newest first, and each with what every party gets or owes', async () => {
    const archive = archiveOf('journal-a');
    const { settlements, obligations } = flow.expected;
    const { settlements: all, projected_sequence } = await archive.settlements(1_000);
    expect(projected_sequence).toBeGreaterThanOrEqual(all[0]?.sequence ?? Infinity);
    expect(all.map(({ cycle, sequence, obligations: count }) => [cycle, sequence, count].map(String))).toEqual(
      settlements.map(({ cycle, sequence, obligations: count }) => [cycle, sequence, count]).reverse(),
    );
    expect(await archive.settlements(2)).toEqual({ projected_sequence, settlements: all.slice(0, 2) });
    for (const summary of all) {
      const settlement = await archive.settlement(summary.cycle);
      assert(settlement !== undefined, 'the ledger has come to it');
      const { obligations: listed, obligations_total: total, ...facts } = settlement;
      expect({ ...facts, obligations: listed.length }).toEqual(summary);
      expect(total).toBe(listed.length);
      const client = listed[0]?.client_id ?? 'nobody';
      const ofOne = await archive.settlement(summary.cycle, client);
      expect(ofOne?.obligations).toEqual(listed.filter(({ client_id }) => client_id === client));
      const wanted = obligations.filter(({ cycle }) => cycle === String(summary.cycle));
      expect(settlement.obligations).toEqual(wanted.map(({ cycle: _, ...obligation }) => obligation));
      const us = BigInt(Date.parse(summary.closed_at)) * 1_000n + BigInt(summary.closed_at.slice(-4, -1));
      expect(String(us)).toBe(settlements[summary.cycle - 1]?.closed_us);
    }
    await archive.close();
  });

  it('tells a cycle that it has not come to from one of another journal', async () => {
    const archive = archiveOf('journal-a');
    expect(await archive.settlement(flow.expected.settlements.length + 1)).toBeUndefined();
    await archive.close();
    const foreign = archiveOf('journal-b');
    await expect(foreign.settlement(1)).rejects.toThrow(/no checkpoint of this journal/);
    await expect(foreign.settlements(1)).rejects.toThrow(/no checkpoint of this journal/);
    await foreign.close();
  });
});
