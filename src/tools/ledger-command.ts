// `ringbook ledger rebuild --yes` and `ringbook ledger verify`: the Postgres ledger made again from the journal, or compared
// with it. A process of its own; owns the database connection, the lock where it needs it, and the embedded server when
// none runs. The journal is only read.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { DataDirectoryInUse } from '../journal/errors.ts';
import { acquireDataDirectoryLock, type DataDirectoryLock } from '../journal/lock.ts';
import { hearWitnesses, type Witness } from '../journal/witnesses.ts';
import type { LedgerPoint } from '../ledger/chunk.ts';
import { type LedgerIdentity, ledgerIdentity, readCheckpoint } from '../ledger/chunk-transaction.ts';
import { embeddedConnection, startEmbeddedPostgres } from '../ledger/embedded-postgres.ts';
import { FailureKind, failureKind, failureText } from '../ledger/failure.ts';
import { LedgerLink } from '../ledger/ledger-link.ts';
import { ExitCode, exitCodeFor } from '../supervisor/exit-codes.ts';
import { type JournalBegin, JournalChunks, journalBegin, requireSoundJournal } from './journal-chunks.ts';
import { rebuildLedger } from './ledger-rebuild.ts';
import { LedgerVerification, type Verified } from './ledger-verify.ts';

const USAGE = `usage: ringbook ledger rebuild --yes    drops the ledger's tables and makes them again from the journal
       ringbook ledger verify           compares every row of the ledger with the journal`;

/** A statement may copy or compare as much as one command left. */
const TIMEOUTS = { connectMs: 10_000, statementMs: 1_800_000 };

/** Why nothing was done, and with which code it ends. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Runs `ringbook ledger <args>`; the exit code. Results go to standard output, refusals to standard error. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  if (args.some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(`${USAGE}\n`);
    return ExitCode.OK;
  }
  try {
    const { verb, yes } = parse(args);
    if (config.durability === 'memory')
      throw new Refusal(ExitCode.USAGE, 'a journal in memory is gone with its process');
    return await (verb === 'rebuild' ? rebuild(config, yes) : verify(config));
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    process.stderr.write(`ringbook ledger: ${failureText(error)}\n`);
    return code;
  }
}

function parse(args: readonly string[]): { verb: 'rebuild' | 'verify'; yes: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { yes: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [verb, ...more] = positionals;
    if ((verb === 'rebuild' || verb === 'verify') && more.length === 0) return { verb, yes: values.yes };
  } catch {
    // An option that there is not.
  }
  throw new Refusal(ExitCode.USAGE, USAGE);
}

/** Undefined for a fault of ours. */
function codeOf(error: unknown): ExitCode | undefined {
  if (error instanceof Refusal) return error.code;
  const known = exitCodeFor(error instanceof Error ? error : { name: '', message: '' });
  if (known !== ExitCode.FAULT) return known;
  const kind = failureKind(error);
  if (kind === FailureKind.FAULT || !isDatabaseError(error, kind)) return undefined;
  return kind === FailureKind.REFUSED || kind === FailureKind.POISON ? ExitCode.DATA : ExitCode.IO;
}

/** failureKind takes what it does not know for the network's. */
function isDatabaseError(error: unknown, kind: FailureKind): boolean {
  return kind !== FailureKind.OPERATIONAL || (error instanceof Error && 'code' in error);
}

async function rebuild(config: Config, yes: boolean): Promise<number> {
  if (!yes) throw new Refusal(ExitCode.USAGE, 'rebuild drops all tables of the ledger first: say --yes');
  const lock = acquireDataDirectoryLock(config.dataDir);
  try {
    const begin = wholeJournal(config);
    const identity = ledgerIdentity(begin.journalIdHigh, begin.journalIdLow);
    return await withDatabase(config, true, async (link) => {
      await requireOurs(link, identity);
      const { directory, witnesses } = journalOf(config);
      requireSoundJournal(directory, witnesses);
      const journal = new JournalChunks({ directory, begin, through: Number.POSITIVE_INFINITY, witnesses });
      const { sequence, trades, rows } = await rebuildLedger(link, identity, journal);
      say(`rebuilt up to sequence ${sequence}: ${trades} trades, ${rows} rows written`);
      return ExitCode.OK;
    });
  } finally {
    lock.release();
  }
}

async function verify(config: Config): Promise<number> {
  const begin = wholeJournal(config);
  // The embedded server runs while a process holds the directory; otherwise it is ours to start.
  const lock = config.postgres === undefined ? tryLock(config) : undefined;
  try {
    return await withDatabase(config, lock !== undefined, async (link) => {
      const ledger = new LedgerVerification(link, ledgerIdentity(begin.journalIdHigh, begin.journalIdLow));
      const held = await ledger.begin();
      const journal = new JournalChunks({ ...journalOf(config), begin, through: held.sequence });
      const tables = await ledger.compare(journal);
      for (const table of tables) describe(table);
      const contradiction = contradictionOf(held, journal.point);
      const sound = contradiction === '' && tables.every(({ different }) => different === 0);
      if (contradiction !== '') say(contradiction);
      say(
        `${sound ? 'the ledger is what the journal says' : 'THE LEDGER IS NOT WHAT THE JOURNAL SAYS'}, up to sequence ${held.sequence}`,
      );
      return sound ? ExitCode.OK : ExitCode.DATA;
    });
  } finally {
    lock?.release();
  }
}

/** Where the journal begins, which must be its very beginning. */
function wholeJournal({ dataDir }: Config): JournalBegin {
  const directory = join(dataDir, 'shard-0', 'journal');
  const begin = existsSync(directory) ? journalBegin(directory) : undefined;
  if (begin === undefined) throw new Refusal(ExitCode.USAGE, `there is no journal in ${directory}, or nothing in it`);
  if (begin.frame === 1) return begin;
  const { frame, sequence } = begin;
  throw new Refusal(
    ExitCode.DATA,
    `the journal in ${directory} begins at sequence ${sequence} (frame ${frame}): what the ledger holds of the ` +
      'commands before can be made or compared only where the older segments are. Put them back and try again',
  );
}

function journalOf({ dataDir }: Config): { readonly directory: string; readonly witnesses: readonly Witness[] } {
  const shard = join(dataDir, 'shard-0');
  return { directory: join(shard, 'journal'), witnesses: hearWitnesses(join(shard, 'CONTROL')).witnesses };
}

function tryLock({ dataDir }: Config): DataDirectoryLock | undefined {
  try {
    return acquireDataDirectoryLock(dataDir);
  } catch (error) {
    if (error instanceof DataDirectoryInUse) return undefined;
    throw error;
  }
}

/** Runs `work` on a connection; an embedded server is started for it when `start` says that none runs. */
async function withDatabase<T>(config: Config, start: boolean, work: (link: LedgerLink) => Promise<T>): Promise<T> {
  const directory = join(config.dataDir, 'postgres');
  const { postgres } = config;
  const server = postgres === undefined && start ? await startEmbeddedPostgres({ directory }) : undefined;
  try {
    const address = postgres ?? embeddedConnection(directory);
    const connection = 'url' in address ? { connectionString: address.url } : { ...address };
    const link = await LedgerLink.connect({ ...connection, application_name: 'ringbook-tool' }, TIMEOUTS, () => {});
    try {
      return await work(link);
    } finally {
      await link.end(1_000);
    }
  } finally {
    await server?.stop();
  }
}

/** A database with another journal's ledger is left alone. One without a ledger is nobody's. */
async function requireOurs(link: LedgerLink, identity: LedgerIdentity): Promise<void> {
  const { rows: tables } = await link.query("SELECT FROM pg_class WHERE oid = to_regclass('projection_checkpoint')");
  if (tables.length === 0) return;
  const { rows } = await link.query('SELECT FROM projection_checkpoint WHERE shard = $1', [identity.shard]);
  if (rows.length > 0) await readCheckpoint(link, identity);
}

/** What ledger and journal say of the checkpoint's place; '' when they agree. */
function contradictionOf(held: LedgerPoint, said: LedgerPoint): string {
  if (said.sequence < held.sequence) {
    return `the ledger stands at sequence ${held.sequence}, the journal ends with ${said.sequence}`;
  }
  const place = ({ eventSequence, eventTimeUs, tradeNumber }: LedgerPoint) =>
    `the event of sequence ${eventSequence} at ${eventTimeUs} us and trade ${tradeNumber}`;
  if (place(held) === place(said)) return '';
  return `the checkpoint names ${place(held)}, the journal ${place(said)}`;
}

function describe({ table, rows, dropped, different, examples }: Verified): void {
  const gone = dropped === 0 ? '' : `, ${dropped} of days that were dropped`;
  say(`${table.padEnd(24)}${String(rows).padStart(12)} rows${gone}, ${different} different`);
  for (const example of examples) say(`  ${example}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
