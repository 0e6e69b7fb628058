// One data directory and all that its clients were told since it was made: the traders with their logs, the reckoning over
// them, the ledger. Goes through many servers, one after the other. A tool's process; owns directory and database.

import { auditReads, replayAll } from '../../e2e/testing/audit.ts';
import type { Keeper } from '../../e2e/testing/keeper.ts';
import { Ledger } from '../../e2e/testing/ledger.ts';
import { between } from '../../e2e/testing/random.ts';
import { type ExpectedOrder, Reckoning } from '../../e2e/testing/reckoning.ts';
import { healthOf } from '../../e2e/testing/replies.ts';
import { type Environment, type Server, useDatabase } from '../../e2e/testing/server.ts';
import { type Exchange, orderIn, Trader } from '../../e2e/testing/traffic.ts';
import type { PostgresConnection } from '../../ledger/embedded-postgres.ts';
import { createRandom } from '../testing/random.ts';
import { createDatabase } from './databases.ts';
import { Echoes } from './echoes.ts';
import { auditJournal } from './journal-audit.ts';
import type { Tally } from './tally.ts';

const TRADERS = 12;
const ECHOES = 3;
/** Of what older cycles were told, so many are asked for again in each. */
const OLD_SAMPLE = 200;
/** A history up to here is shown to the reference engine, which is slow. */
const REFERENCE_COMMANDS_MAX = 5_000;
/** So many snapshots and segments that every cycle sees some. */
const SETTINGS: Environment = { RINGBOOK_SNAPSHOT_COMMANDS: '300', RINGBOOK_SEGMENT_BYTES: String(2 ** 20) };

export class History {
  readonly directory: string;
  readonly environment: Environment;
  readonly #ledger: Ledger;
  readonly #traders: readonly Trader[];
  readonly #echoes: Echoes;
  readonly #random: () => number;
  readonly #reckoning = new Reckoning();
  /** How much of each trader's log is in the reckoning. */
  readonly #reckoned: number[] = Array.from({ length: TRADERS }, () => 0);

  /** `postgres`: the server that gets a database for the ledger. */
  static async begin(keeper: Keeper, directory: string, seed: number, postgres: PostgresConnection): Promise<History> {
    const { connection, drop } = await createDatabase(postgres, `torture_${process.pid}_${seed >>> 0}`);
    keeper.defer(drop);
    return new History(directory, seed, useDatabase(connection), await Ledger.open(keeper, connection));
  }

  private constructor(directory: string, seed: number, database: Environment, ledger: Ledger) {
    this.directory = directory;
    this.environment = { ...database, ...SETTINGS };
    this.#ledger = ledger;
    this.#random = createRandom(seed);
    const nextSeed = () => between(this.#random, 1, 2 ** 31);
    this.#traders = this.#reckoned.map((_, i) => new Trader(`trader-${i}`, createRandom(nextSeed())));
    this.#echoes = new Echoes(this.#traders, createRandom(nextSeed()));
  }

  /** Resolves when every client was told to stop, or lost its connection. */
  async load(url: string, go: () => boolean): Promise<void> {
    const echoes = Array.from({ length: ECHOES }, () => this.#echoes.repeat(url, go));
    await Promise.all([...this.#traders.map((trader) => trader.trade(url, go)), ...echoes]);
  }

  /**
   * Holds a recovered server to what was told: this cycle's requests, some older ones, the orders they are about, the book, the
   * trades, the journal's files, the ledger. `all`: every request and order there ever was.
   */
  async audit(server: Server, tally: Tally, all: boolean): Promise<string[]> {
    this.#echoes.reopenDeclined();
    const before = healthOf(await server.api.get('/healthz')).journal;
    const files = auditJournal(server.dataDir, before.durable_frame, REFERENCE_COMMANDS_MAX);
    const recent = this.#traders.map(({ log }, i) => ({ log: log.slice(all ? 0 : this.#reckoned[i]) }));
    const unknown = recent.flatMap(({ log }) => log.filter(({ outcome }) => outcome === 'unknown'));
    const problems = [...files.problems, ...(await replayAll(server.url, [...recent, { log: this.#sample() }]))];
    tally.countOutcomes(
      recent.flatMap(({ log }, i) => log.slice(all ? this.#reckoned[i] : 0)),
      unknown,
    );
    const echoes = this.#echoes.settle();
    tally.echoes += echoes.count;
    if (files.withReference) tally.references++;
    if (problems.length > 0) return problems;

    const touched = this.#reckon();
    problems.push(
      ...echoes.problems,
      ...(await auditReads(server.url, server.api, this.#reckoning, all ? undefined : touched)),
    );
    const { sequence } = healthOf(await server.api.get('/healthz')).journal;
    if (files.sequence !== before.sequence)
      problems.push(`${files.sequence} commands in the files, ${before.sequence} told`);
    return [...problems, ...(await this.#auditLedger(sequence, all))];
  }

  /** Takes in what has become final. Returns the orders that it was about. */
  #reckon(): ExpectedOrder[] {
    const touched = new Set<string>();
    for (const [i, { log }] of this.#traders.entries()) {
      const recent = log.slice(this.#reckoned[i]);
      this.#reckoned[i] = log.length;
      this.#reckoning.add(recent);
      for (const { request, outcome, answer } of recent) {
        if (outcome === 'accepted' && answer !== undefined) touched.add(orderIn(request.kind, answer).order_id);
      }
    }
    this.#reckoning.settle();
    return [...touched].flatMap((id) => this.#reckoning.orders.get(id) ?? []);
  }

  /** Final exchanges of older cycles. */
  #sample(): Exchange[] {
    return Array.from({ length: OLD_SAMPLE }, () => between(this.#random, 0, TRADERS - 1)).flatMap((i) => {
      const old = this.#reckoned[i];
      return old === 0 ? [] : this.#traders[i].log[between(this.#random, 0, old - 1)];
    });
  }

  /** Row by row when `all`, else by count. */
  async #auditLedger(sequence: number, all: boolean): Promise<string[]> {
    await this.#ledger.reaches(sequence);
    if (all) return await this.#ledger.problems(this.#reckoning);
    const [found] = await this.#ledger.counts();
    const { size } = this.#reckoning.trades;
    const expected = { count: size, distinct: size, ids: size, highest: size };
    if (JSON.stringify(found) === JSON.stringify(expected)) return [];
    return [`the ledger counts ${JSON.stringify(found)} instead of ${size} trades`];
  }
}
