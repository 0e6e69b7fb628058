// `ringbook ledger rebuild` and `verify` on a real journal and a real PostgreSQL: what is right passes, and each kind of harm
// is found.

import { closeSync, cpSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Config, readConfig } from '../config.ts';
import { CommandType, Side } from '../domain/codes.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { acquireDataDirectoryLock } from '../journal/lock.ts';
import { execute, withClient } from '../ledger/testing/database-client.ts';
import { InProcessExchange } from '../sim/in-process-exchange.ts';
import { createTestDatabase, type TestDatabase } from '../sim/servers/test-database.ts';
import { commandOf, definitionOf } from '../sim/testing/commands.ts';
import { Random } from '../sim/testing/random.ts';
import { run } from './ledger-command.ts';

const SECOND = {
  ...DEFAULT_INSTRUMENTS[0],
  name: 'ETH-USD',
  base: 'ETH',
  makerFeeMillionths: -7,
  takerFeeMillionths: 300,
};
const DAY_US = 86_400_000_000;
let dataDir = '';
let database: TestDatabase;
let config: Config;

/** Orders around one price in two instruments, a settlement now and then; each batch in a frame of its own. */
function trade(exchange: InProcessExchange, random: Random, frames: number): void {
  for (let frame = 0; frame < frames; frame++) {
    for (let k = random.below(4); k >= 0; k--) {
      const side = random.below(2) === 0 ? Side.BUY : Side.SELL;
      const terms = {
        side,
        priceTicks: 100 + random.below(9),
        quantityLots: 1 + random.below(50),
        instrument: random.below(2),
      };
      const texts = [`client-${random.below(5)}`, `key-${random.below(1e9)}`] as const;
      expect(exchange.submit(commandOf(CommandType.NEW_ORDER, terms, ...texts))).toBe(true);
    }
    if (frame % 40 === 39) exchange.submit(commandOf(CommandType.CLOSE_SETTLEMENT));
    exchange.turnMatching();
    exchange.replies();
  }
  exchange.settle();
}

/** A journal of two days and several segments. */
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ringbook-ledger-'));
  database = await createTestDatabase('ledger_command');
  const { host, port, user, database: name } = database.connection;
  const server = { POSTGRES_HOST: host, POSTGRES_PORT: String(port), POSTGRES_USER: user, POSTGRES_DB: name };
  config = readConfig({ RINGBOOK_DATA_DIR: dataDir, ...server }, dataDir);
  const directory = join(dataDir, 'shard-0');
  const first = new InProcessExchange({ directory });
  first.submit(definitionOf(SECOND));
  trade(first, new Random(1), 300);
  trade(new InProcessExchange({ directory, startUs: DAY_US }), new Random(2), 300);
});
afterAll(async () => {
  await database.drop();
  rmSync(dataDir, { recursive: true });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs the command: its exit code and what it printed. */
function ledger(...args: string[]): Promise<{ code: number; text: string }> {
  return ledgerOf(config, ...args);
}

async function ledgerOf(settings: Config, ...args: string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const keep = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  const code = await run(args, settings);
  vi.restoreAllMocks();
  return { code, text };
}

async function countOf(table: string): Promise<number> {
  const { rows } = await withClient(database.connection, (client) => client.query(`SELECT count(*) FROM ${table}`));
  return Number(rows[0]?.count);
}

describe('ringbook ledger rebuild', () => {
  it('makes the whole ledger, and again, and verify agrees', async () => {
    for (let round = 0; round < 2; round++) {
      expect(await ledger('rebuild', '--yes')).toMatchObject({
        code: 0,
        text: expect.stringMatching(/^rebuilt up to sequence \d+/),
      });
      const { code, text } = await ledger('verify');
      expect([code, text]).toEqual([0, expect.stringContaining('the ledger is what the journal says')]);
      expect(text).not.toMatch(/[1-9]\d* different/);
    }
    for (const table of ['trades', 'open_orders', 'closed_orders', 'positions', 'settlement_obligations']) {
      expect([table, (await countOf(table)) > 5]).toEqual([table, true]);
    }
    const { rows } = await withClient(database.connection, (client) =>
      client.query(`SELECT frame, length(chain_hash) AS bytes FROM projection_checkpoint`),
    );
    expect(rows).toEqual([{ frame: expect.stringMatching(/^[1-9]/), bytes: 32 }]);
  });

  it('refuses without --yes, and on a wrong command line', async () => {
    expect(await ledger('rebuild')).toMatchObject({ code: 64, text: expect.stringContaining('--yes') });
    for (const args of [[], ['mend'], ['verify', 'now'], ['verify', '--fast']]) {
      expect(await ledger(...args)).toMatchObject({ code: 64, text: expect.stringContaining('usage:') });
    }
  });

  it('refuses while a process holds the data directory, and changes nothing', async () => {
    const trades = await countOf('trades');
    await execute(database.connection, 'DELETE FROM candles');
    const lock = acquireDataDirectoryLock(dataDir);
    expect(await ledger('rebuild', '--yes')).toMatchObject({ code: 75, text: expect.stringContaining('in use') });
    lock.release();
    expect([await countOf('trades'), await countOf('candles')]).toEqual([trades, 0]);
  });

  it("refuses another journal's ledger", async () => {
    await execute(database.connection, `UPDATE projection_checkpoint SET journal_id = 'another'`);
    for (const args of [['rebuild', '--yes'], ['verify']]) {
      expect(await ledger(...args)).toMatchObject({
        code: 65,
        text: expect.stringContaining('belongs to journal another'),
      });
    }
    await execute(database.connection, 'DELETE FROM projection_checkpoint');
    expect(await ledger('rebuild', '--yes')).toMatchObject({ code: 0 });
  });

  it('refuses a journal whose beginning is gone, and says where it begins', async () => {
    const journal = join(dataDir, 'shard-0', 'journal');
    const [first] = readdirSync(journal)
      .filter((name) => name.endsWith('.wal'))
      .sort();
    rmSync(`${journal}.kept`, { recursive: true, force: true });
    cpSync(journal, `${journal}.kept`, { recursive: true });
    rmSync(join(journal, first ?? ''));
    for (const args of [['rebuild', '--yes'], ['verify']]) {
      const { code, text } = await ledger(...args);
      expect([code, text]).toEqual([65, expect.stringMatching(/begins at sequence [1-9]\d+ \(frame [1-9]\d+\)/)]);
    }
    rmSync(journal, { recursive: true });
    cpSync(`${journal}.kept`, journal, { recursive: true });
    rmSync(`${journal}.kept`, { recursive: true });
    expect(await countOf('trades')).toBeGreaterThan(100);
  });
});

describe('ringbook ledger verify', () => {
  it.each([
    ['trades', 'different', `UPDATE trades SET quantity = quantity + 0.00000001 WHERE trade_number = 7`],
    ['trades', 'missing', 'DELETE FROM trades WHERE trade_number IN (9, 11)'],
    [
      'trades',
      'more than',
      `INSERT INTO trades SELECT 1000000, sequence, maker_order, taker_order, executed_at, maker_created_at,
      taker_created_at, trade_id, buy_order_id, sell_order_id, instrument, taker_side, price, quantity, buy_client_id, sell_client_id
      FROM trades WHERE trade_number = 3`,
    ],
    [
      'closed_orders',
      'different',
      `UPDATE closed_orders SET client_id = 'x' WHERE order_number = (SELECT max(order_number) FROM closed_orders)`,
    ],
    [
      'closed_orders',
      'missing',
      'DELETE FROM closed_orders WHERE order_number = (SELECT min(order_number) FROM closed_orders)',
    ],
    [
      'open_orders',
      'different',
      'UPDATE open_orders SET filled_quantity = filled_quantity + 1 WHERE order_number = (SELECT max(order_number) FROM open_orders)',
    ],
    [
      'positions',
      'different',
      `UPDATE positions SET realised_profit = realised_profit + 0.0000000001 WHERE client_id = 'client-1'`,
    ],
    [
      'positions',
      'not in the journal',
      `INSERT INTO positions SELECT 'nobody', instrument, sequence, updated_at, 0, 0, 0, 0 FROM positions LIMIT 1`,
    ],
    ['candles', 'different', 'UPDATE candles SET volume = volume + 1'],
    ['candles', 'missing', 'DELETE FROM candles'],
    ['settlements', 'missing', 'DELETE FROM settlements WHERE cycle = 2'],
    ['settlement_obligations', 'different', 'UPDATE settlement_obligations SET amount = amount * 2 WHERE cycle = 1'],
    ['instruments', 'different', `UPDATE instruments SET tick = 5 WHERE name = 'ETH-USD'`],
  ])('finds %s that are %s', async (table, what, harm) => {
    expect((await ledger('rebuild', '--yes')).code).toBe(0);
    await execute(database.connection, harm);
    const { code, text } = await ledger('verify');
    expect(code).toBe(65);
    const lines = text.split('\n');
    const at = lines.findIndex((line) => line.startsWith(`${table} `));
    expect(lines[at]).toMatch(/[1-9]\d* different/);
    expect(lines[at + 1]).toContain(what);
    expect(lines.filter((line) => /[1-9]\d* different/.test(line))).toHaveLength(1);
    expect(text).toContain('THE LEDGER IS NOT WHAT THE JOURNAL SAYS');
  });

  it('passes over days that were dropped, and says so', async () => {
    expect((await ledger('rebuild', '--yes')).code).toBe(0);
    const { rows } = await withClient(database.connection, (client) =>
      client.query<{ day: string }>(
        `SELECT min(right(relname, 8)) AS day FROM pg_class WHERE relname ~ '^trades_[0-9]{8}$'`,
      ),
    );
    for (const table of ['trades', 'closed_orders']) {
      await execute(database.connection, `ALTER TABLE ${table} DETACH PARTITION ${table}_${rows[0]?.day} CONCURRENTLY`);
      await execute(database.connection, `DROP TABLE ${table}_${rows[0]?.day}`);
    }
    const { code, text } = await ledger('verify');
    expect([code, text]).toEqual([
      0,
      expect.stringMatching(/^trades .* [1-9]\d* of days that were dropped, 0 different/m),
    ]);
  });

  it('compares up to the checkpoint when the journal has gone on, also while a process holds the directory', async () => {
    expect((await ledger('rebuild', '--yes')).code).toBe(0);
    const lock = acquireDataDirectoryLock(dataDir);
    trade(new InProcessExchange({ directory: join(dataDir, 'shard-0'), startUs: 2 * DAY_US }), new Random(3), 50);
    expect(await ledger('verify')).toMatchObject({ code: 0 });
    lock.release();
  });

  it('says so when the database does not answer', async () => {
    const away = { ...config, postgres: { host: '127.0.0.1', port: 1, user: 'nobody', database: 'none' } };
    expect(await ledgerOf(away, 'verify')).toMatchObject({ code: 74, text: expect.stringContaining('ECONNREFUSED') });
  });

  it('finds a ledger that is ahead of its journal', async () => {
    await execute(database.connection, 'UPDATE projection_checkpoint SET sequence = sequence + 1000000');
    expect(await ledger('verify')).toMatchObject({ code: 65, text: expect.stringContaining('the journal ends with') });
  });

  it.each([0, 3 * 4_096])(
    'finds damage at offset %i of the journal, and leaves the ledger as it is',
    async (offset) => {
      expect((await ledger('rebuild', '--yes')).code).toBe(0);
      const trades = await countOf('trades');
      const journal = join(dataDir, 'shard-0', 'journal');
      const [first = ''] = readdirSync(journal)
        .filter((name) => name.endsWith('.wal'))
        .sort();
      cpSync(join(journal, first), join(dataDir, 'kept'));
      const fd = openSync(join(journal, first), 'r+');
      writeSync(fd, Buffer.alloc(64, 1), 0, 64, offset + 16);
      closeSync(fd);
      for (const args of [['rebuild', '--yes'], ['verify']]) {
        expect(await ledger(...args)).toMatchObject({
          code: 65,
          text: expect.stringContaining('the journal is damaged'),
        });
      }
      expect(await countOf('trades')).toBe(trades);
      cpSync(join(dataDir, 'kept'), join(journal, first));
    },
  );
});
