#!/usr/bin/env node
// The Postgres projector beside COPY alone: rows a second of the whole way from events to a committed ledger, and of
// the same rows by pg-copy-streams into the same tables with the same indexes, in turns. A process of its own; starts a
// PostgreSQL of its own and ends it. Results on standard output.

import { once } from 'node:events';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../ledger/embedded-postgres.ts';
import { MemorySpool } from '../ledger/testing/memory-spool.ts';
import { copyParts } from './copy-parts.ts';
import { inOwnDirectory } from './own-directory.ts';
import { fillSpool, projectAll } from './projection-run.ts';
import { median } from './quantile.ts';
import { medianShare, type Paired } from './turns.ts';
import { count, positiveInteger, runTool, wholeNumber } from './usage.ts';

const HELP = `Usage: node dist/tools/compare-projection.js [options]

Makes the events of a seeded flow, then in turns has the projector write them to a new database, and the same rows
written to the same tables, emptied, by COPY alone, in as many transactions as the projector needed. Every commit is on
the disk. Prints rows a second of both and their ratio.
Exit code 1 when the rows are not the same in number.

  --commands N       of the flow (200000)
  --seed N           of the flow (1)
  --rounds N         (3)
  --directory DIR    where a directory for the run is made (/var/tmp); not on tmpfs
  --json             the results as JSON
  --help             this text
`;
const TABLES = ['trades', 'closed_orders', 'open_orders', 'candles', 'positions'];

/** One table's rows in COPY's binary format, by transaction. */
interface Dump {
  readonly table: string;
  readonly parts: readonly Buffer[];
}

interface Round {
  readonly rows: number;
  readonly copiedRows: number;
  /** Of the projector, and so many of COPY alone. */
  readonly commits: number;
  readonly projectorSeconds: number;
  readonly copySeconds: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      commands: { type: 'string', default: '200000' },
      seed: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '3' },
      directory: { type: 'string', default: '/var/tmp' },
      json: { type: 'boolean', default: false },
    },
  });
  const commands = count('commands', values.commands);
  const seed = wholeNumber('seed', values.seed);
  const rounds = positiveInteger('rounds', values.rounds);
  const spool = new MemorySpool();
  fillSpool(spool, seed, commands);
  const own = { parent: values.directory, prefix: 'ringbook-projection-', holds: 'Database and log' };
  return await inOwnDirectory(own, async (directory) => {
    const server = await startEmbeddedPostgres({ directory });
    try {
      const done: Round[] = [];
      for (let round = 0; round < rounds; round++) {
        done.push(await measure(server, spool, `round_${round}`));
        if (!values.json) process.stdout.write(describe(done[round]));
      }
      return say(done, { commands, seed, json: values.json });
    } finally {
      await server.stop();
    }
  });
}

async function measure(server: EmbeddedPostgres, spool: MemorySpool, database: string): Promise<Round> {
  await using(server.connection, async (client) => {
    await client.query(`CREATE DATABASE ${database}`);
  });
  const connection = { ...server.connection, database };
  const { seconds: projectorSeconds, commits } = await projectAll(connection, spool);
  return await using(connection, async (client) => {
    const rows = await countRows(client);
    const dumps: Dump[] = [];
    for (const table of TABLES) dumps.push({ table, parts: copyParts(await dump(client, table), commits) });
    await client.query(`TRUNCATE ${TABLES.join(', ')}`);
    await client.query('CHECKPOINT');
    const startMs = performance.now();
    for (let commit = 0; commit < commits; commit++) {
      await client.query('BEGIN');
      for (const { table, parts } of dumps) await copyIn(client, table, parts[commit]);
      await client.query('COMMIT');
    }
    const copySeconds = (performance.now() - startMs) / 1000;
    return { rows, copiedRows: await countRows(client), commits, projectorSeconds, copySeconds };
  });
}

async function using<T>(connection: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function countRows(client: pg.Client): Promise<number> {
  const counts = TABLES.map((table) => `(SELECT count(*) FROM ${table})`).join(' + ');
  const { rows } = await client.query<{ rows: string }>(`SELECT (${counts})::text AS rows`);
  return Number(rows[0]?.rows);
}

/** Of a table that may have partitions. */
async function dump(client: pg.Client, table: string): Promise<Buffer> {
  const stream = client.query(copyTo(`COPY (SELECT * FROM ${table}) TO STDOUT (FORMAT binary)`));
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  await once(stream, 'end');
  return Buffer.concat(parts);
}

async function copyIn(client: pg.Client, table: string, bytes: Buffer): Promise<void> {
  const stream = client.query(copyFrom(`COPY ${table} FROM STDIN (FORMAT binary)`));
  stream.end(bytes);
  await once(stream, 'finish');
}

/** Whether all rounds had the same rows on both sides. */
function say(rounds: readonly Round[], facts: { commands: number; seed: number; json: boolean }): boolean {
  const rowsPerSecond: Paired = {
    reference: rounds.map(({ copiedRows, copySeconds }) => copiedRows / copySeconds),
    subject: rounds.map(({ rows, projectorSeconds }) => rows / projectorSeconds),
  };
  const passed = rounds.every(({ rows, copiedRows }) => rows === copiedRows && rows === rounds[0].rows && rows > 0);
  const problems = passed ? [] : ['the rows are not the same in number'];
  const whole = (values: readonly number[]) => Math.round(median(values)).toLocaleString('en');
  process.stdout.write(
    facts.json
      ? `${JSON.stringify({ ...facts, rowsPerSecond, rounds, problems })}\n`
      : `median    COPY alone ${whole(rowsPerSecond.reference)} rows/s, projector ${whole(rowsPerSecond.subject)} rows/s: ` +
          `${(100 * medianShare(rowsPerSecond)).toFixed(1)} %\n${problems.map((problem) => `FAIL      ${problem}\n`).join('')}`,
  );
  return passed;
}

function describe({ rows, commits, projectorSeconds, copySeconds }: Round): string {
  return `${rows.toLocaleString('en')} rows, ${commits} commits: projector ${projectorSeconds.toFixed(2)} s, COPY alone ${copySeconds.toFixed(2)} s\n`;
}

runTool('compare-projection', main, HELP);
