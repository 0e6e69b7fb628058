// Power cuts under load: the disk of a running server is copied at an instant, a second server recovers the copy, and what it holds is
// compared with what had been acknowledged when the copy was begun, and with the exact prefix of commands that it claims to be.
// A tool's process; owns the servers.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditOrders, replayAll } from '../../e2e/testing/audit.ts';
import { Keeper } from '../../e2e/testing/keeper.ts';
import { between } from '../../e2e/testing/random.ts';
import { expectedStatus, Reckoning } from '../../e2e/testing/reckoning.ts';
import { healthOf, orderReplyOf } from '../../e2e/testing/replies.ts';
import { type Environment, NO_DATABASE, Server } from '../../e2e/testing/server.ts';
import { type Exchange, orderIn, Trader } from '../../e2e/testing/traffic.ts';
import { createRandom } from '../testing/random.ts';
import type { CuttableDisk } from './cuttable-disk.ts';
import { auditJournal } from './journal-audit.ts';

const TRADERS = 12;
const CUTS_PER_HISTORY = 10;
const LONGEST_MS = 600;
/** Of each client's accepted requests, so many of the newest are asked for again. */
const ASKED_AGAIN = 30;
const REFERENCE_COMMANDS_MAX = 3_000;
const SETTINGS: Environment = {
  ...NO_DATABASE,
  RINGBOOK_SNAPSHOT_COMMANDS: '300',
  RINGBOOK_SEGMENT_BYTES: String(2 ** 20),
};

export interface PowerCutOptions {
  readonly disk: CuttableDisk;
  readonly seed: number;
  readonly cuts: number;
  readonly durability: 'fsync' | 'os';
  readonly onCut: (tally: PowerCutTally) => void;
}

export interface PowerCutTally {
  cuts: number;
  /** Told before the copy was begun, all cuts together: each counts in every cut after it. */
  acknowledged: number;
  /** Of these, gone in the copy. */
  lost: number;
  /** Cuts with any of them. */
  cutsWithLoss: number;
  /** Answered while the copy was made or later, and in it or not. */
  laterInCopy: number;
  fromSnapshot: number;
  tornTails: number;
  /** Whatever else is not as it must be. */
  readonly problems: string[];
}

/** Until all cuts are made, or something else than loss is found. */
export async function powerCuts(options: PowerCutOptions, go: () => boolean): Promise<PowerCutTally> {
  const tally: PowerCutTally = {
    ...{ cuts: 0, acknowledged: 0, lost: 0, cutsWithLoss: 0, laterInCopy: 0, fromSnapshot: 0, tornTails: 0 },
    problems: [],
  };
  const goOn = () => tally.cuts < options.cuts && tally.problems.length === 0 && go();
  while (goOn()) {
    const directory = join(options.disk.path, `history-${tally.cuts}`);
    const keeper = new Keeper();
    try {
      await oneHistory(keeper, directory, options, tally, goOn);
    } finally {
      await keeper.end();
    }
    await rm(directory, { recursive: true, force: true });
  }
  return tally;
}

async function oneHistory(
  keeper: Keeper,
  directory: string,
  { disk, seed, durability, onCut }: PowerCutOptions,
  tally: PowerCutTally,
  goOn: () => boolean,
): Promise<void> {
  const random = createRandom(seed + tally.cuts);
  const environment = { ...SETTINGS, RINGBOOK_DURABILITY: durability };
  const dataDir = join(directory, 'data');
  const server = await Server.start(keeper, { directory: disk.path, dataDir, environment });
  const traders = Array.from({ length: TRADERS }, (_, i) => new Trader(`trader-${i}`, createRandom(seed + i)));
  for (let cut = 0; cut < CUTS_PER_HISTORY && goOn(); cut++) {
    const cutAtMs = await cutUnderLoad(disk, server, traders, between(random, 10, LONGEST_MS));
    const mounted = await disk.mountCut();
    const problems = await recoverAndAudit(
      mounted,
      dataDir.slice(disk.path.length),
      environment,
      traders,
      cutAtMs,
      tally,
    );
    // Without syncs nobody has promised that what is left makes sense.
    if (durability === 'fsync' && goOn()) tally.problems.push(...problems);
    await disk.discardCut();
    tally.cuts++;
    onCut(tally);
  }
}

/** A server of the copy; one that does not start is a problem, and a loss. */
async function recoverAndAudit(
  mounted: string,
  dataDir: string,
  environment: Environment,
  traders: readonly Trader[],
  cutAtMs: number,
  tally: PowerCutTally,
): Promise<string[]> {
  const keeper = new Keeper();
  const cutsWithLoss = tally.cutsWithLoss;
  try {
    const copy = await Server.start(keeper, { directory: mounted, dataDir: join(mounted, dataDir), environment });
    const problems = await audit(copy, traders, cutAtMs, tally);
    await copy.kill9();
    return problems;
  } catch (error) {
    tally.cutsWithLoss = cutsWithLoss + 1;
    return [`${error}\n${keeper.report()}`];
  } finally {
    await keeper.end();
  }
}

/** Returns when the copy was begun. Every request has its answer afterwards. */
async function cutUnderLoad(
  disk: CuttableDisk,
  server: Server,
  traders: readonly Trader[],
  ms: number,
): Promise<number> {
  let isOver = false;
  const trading = traders.map((trader) => trader.trade(server.url, () => !isOver));
  await sleep(ms);
  const cutAtMs = performance.now();
  await disk.cut();
  isOver = true;
  await Promise.all(trading);
  return cutAtMs;
}

/**
 * Time is the engine's order: a command is in the copy if and only if its time is not after that of the copy's last frame. So the
 * copy must be exactly what these commands make, and none that was acknowledged before the cut may be outside.
 */
async function audit(
  copy: Server,
  traders: readonly Trader[],
  cutAtMs: number,
  tally: PowerCutTally,
): Promise<string[]> {
  if (copy.stdout.includes('from the snapshot of sequence')) tally.fromSnapshot++;
  if (copy.stdout.includes('torn tail was cut')) tally.tornTails++;
  const { durable_frame: frame } = healthOf(await copy.api.get('/healthz')).journal;
  const files = auditJournal(copy.dataDir, frame, REFERENCE_COMMANDS_MAX);
  const accepted = traders.map(({ log }) => log.filter(({ outcome }) => outcome === 'accepted'));
  const isThere = (exchange: Exchange) => timeUsOf(exchange) <= files.lastTimeUs;
  const isTold = ({ answeredAtMs = Number.POSITIVE_INFINITY }: Exchange) => answeredAtMs < cutAtMs;
  const told = accepted.flat().filter(isTold);
  const lost = told.filter((exchange) => !isThere(exchange)).length;
  tally.acknowledged += told.length;
  tally.lost += lost;
  if (lost > 0) tally.cutsWithLoss++;

  const reckoning = new Reckoning();
  const present = accepted.map((log) => ({ log: log.filter(isThere) }));
  tally.laterInCopy += present.flatMap(({ log }) => log.filter((exchange) => !isTold(exchange))).length;
  for (const { log } of present) reckoning.add(log);
  reckoning.settle();
  const newest = present.map(({ log }) => ({ log: log.slice(-ASKED_AGAIN) }));
  // Closed orders and trades from before a snapshot are the ledger's to tell. The reckoning has them all the same.
  const live = newest.flatMap(({ log }) =>
    log.flatMap((exchange) => reckoning.orders.get(orderOf(exchange).order_id) ?? []),
  );
  const orders = new Set(live.filter((order) => ['open', 'partially_filled'].includes(expectedStatus(order))));
  return [
    ...files.problems,
    ...(await auditOrders(copy.url, copy.api, reckoning, orders)),
    ...(await replayAll(
      copy.url,
      newest.map(({ log }) => ({ log: log.filter(hasNoTrades) })),
    )),
  ];
}

/** Its answer can be told again without the ledger. */
function hasNoTrades({ request, answer }: Exchange): boolean {
  return request.kind === 'cancel' || (answer !== undefined && orderReplyOf(answer).trades_total === 0);
}

function orderOf({ request, answer }: Exchange) {
  if (answer === undefined) throw new Error('it was accepted, so it has an answer');
  return orderIn(request.kind, answer);
}

/** When the engine executed it: microseconds since 1970, from the ISO time of its order. */
function timeUsOf(exchange: Exchange): number {
  const { updated_at: text } = orderOf(exchange);
  const microseconds = /\.(\d{6})Z$/.exec(text)?.[1];
  if (microseconds === undefined) throw new Error(`not a time in microseconds: ${text}`);
  return Math.floor(Date.parse(text) / 1_000) * 1_000_000 + Number(microseconds);
}
