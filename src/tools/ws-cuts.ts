#!/usr/bin/env node
// Cuts a subscriber's connection at random moments under load, as often as asked, and holds every state its book ever had to a replay
// of the journal. A process of its own; starts a Ringbook of its own, and ends it. Results on standard output.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connect } from '../client/index.ts';
import { Random } from '../sim/testing/random.ts';
import { replayBook } from './book-checksums.ts';
import { readFrom } from './catch-up.ts';
import { CheckReport } from './check-report.ts';
import { inOwnDirectory } from './own-directory.ts';
import { PacedOrders } from './paced-orders.ts';
import { Progress } from './progress.ts';
import { CuttableSockets } from './raw-web-socket.ts';
import { startRingbook } from './ringbook-child.ts';
import { positiveInteger, runTool } from './usage.ts';

const HELP = `Usage: npm run ws-cuts -- [options]

Subscribes to level2, full and matches of a Ringbook of its own while orders come in, and cuts the connection at random
moments. After each message both books must have the checksum that a replay of the journal has at that sequence, no
command may be missing, and no subscription may begin anew. Exit code 0: so it was; 1: not; 64: wrong usage.

  --cuts N    (1000)
  --rate N    orders a second (2000)
  --seed S    of the moments (made from the time)
  --help      this text
`;
const INSTRUMENT = 'BTC-USD';
/** A cut comes so long after the subscriptions are live again, at most. */
const LIVE_MS_MAX = 60;
const LIVE_WITHIN_MS = 30_000;

/** A book's checksum after a message. */
interface Seen {
  readonly sequence: number;
  readonly checksum: string;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cuts: { type: 'string', default: '1000' },
      rate: { type: 'string', default: '2000' },
      seed: { type: 'string', default: String((Date.now() % 1_000_000) + 1) },
    },
  });
  const cuts = positiveInteger('cuts', values.cuts);
  const rate = positiveInteger('rate', values.rate);
  const seed = positiveInteger('seed', values.seed);
  process.stdout.write(`seed ${seed}\n`);
  const own = { parent: '/var/tmp', prefix: 'ringbook-ws-cuts-', holds: 'Journal, database and log' };
  return await inOwnDirectory(own, async (directory) => {
    const ringbook = await startRingbook(directory);
    const watch = new CutWatch(ringbook.url);
    try {
      const orders = await PacedOrders.open(ringbook.url, rate);
      orders.begin();
      await watch.cutOften(cuts, new Random(seed));
      await orders.stop();
      await watch.settle((await readFrom(ringbook.url)).sequence);
      process.stdout.write(orders.describe());
    } finally {
      watch.close();
      await ringbook.stop();
    }
    const report = watch.check(join(ringbook.dataDirectory, 'shard-0', 'journal'), cuts);
    process.stdout.write(report.text());
    return report.passed;
  });
}

/** A subscriber that is cut, and what it has seen. */
class CutWatch {
  readonly #sockets = new CuttableSockets();
  readonly #client;
  readonly #levels;
  readonly #orders;
  readonly #matches;
  readonly #seenByLevel2: Seen[] = [];
  readonly #seenByFull: Seen[] = [];
  readonly #problems: string[] = [];
  #trades = 0;
  #firstFull = 0;
  #firstMatch = 0;
  #snapshots = 0;
  #cuts = 0;

  constructor(url: URL) {
    this.#client = connect(`ws://${url.host}/ws`, { WebSocket: this.#sockets.WebSocket, backoffMs: [1, 20] });
    this.#levels = this.#client.book(INSTRUMENT);
    this.#orders = this.#client.orderBook(INSTRUMENT);
    this.#matches = this.#client.matches(INSTRUMENT);
    this.#levels.on('update', ({ sequence }) => {
      this.#seenByLevel2.push({ sequence, checksum: this.#levels.book.checksum() });
    });
    this.#orders.on('update', ({ sequence }) => {
      this.#seenByFull.push({ sequence, checksum: this.#orders.book.checksum() });
    });
    this.#matches.on('update', ({ trades }) => {
      this.#trades += trades.length;
    });
    this.#orders.on('snapshot', ({ sequence }) => {
      this.#firstFull ||= sequence;
    });
    this.#matches.on('snapshot', ({ sequence }) => {
      this.#firstMatch ||= sequence;
    });
    for (const subscription of [this.#levels, this.#orders, this.#matches]) {
      subscription.on('snapshot', () => this.#snapshots++);
      subscription.on('mismatch', (mismatch) => this.#problems.push(`mismatch: ${JSON.stringify(mismatch)}`));
      subscription.on('error', (error) => this.#problems.push(String(error)));
    }
    this.#client.on('error', (error) => this.#problems.push(String(error)));
  }

  /** Each once all is live again, and a random while later; some while much is on its way. */
  async cutOften(cuts: number, random: Random): Promise<void> {
    const progress = new Progress('cuts', cuts);
    for (; this.#cuts < cuts; this.#cuts++) {
      await this.#live();
      this.#sockets.pause();
      await sleep(random.below(LIVE_MS_MAX / 2));
      this.#sockets.resume();
      await sleep(random.below(LIVE_MS_MAX / 2));
      this.#sockets.cut();
      progress.update(this.#cuts + 1);
    }
  }

  /** Until every message through `sequence` has come. */
  async settle(sequence: number): Promise<void> {
    const startMs = performance.now();
    while ((this.#orders.position?.sequence ?? 0) < sequence && performance.now() - startMs < LIVE_WITHIN_MS)
      await sleep(20);
  }

  close(): void {
    this.#client.close();
  }

  check(journal: string, cuts: number): CheckReport {
    const reference = replayBook(journal, 0);
    const report = new CheckReport();
    report.same('cuts', cuts, this.#cuts);
    const told = reference.toldAfter(this.#firstFull);
    report.add('commands in the journal', 'some', told, told === 0 ? ['none'] : []);
    report.same('snapshots of three subscriptions', 3, this.#snapshots);
    report.add('problems told', 0, this.#problems.length, this.#problems);
    const level2 = differences(this.#seenByLevel2, reference.checksumAt);
    report.add('level2 states equal', this.#seenByLevel2.length, this.#seenByLevel2.length - level2.length, level2);
    const full = differences(this.#seenByFull, reference.checksumAt);
    report.add('full states equal', this.#seenByFull.length, this.#seenByFull.length - full.length, full);
    report.same('commands in full', told, this.#seenByFull.length);
    report.same('trades in matches', reference.tradesAfter(this.#firstMatch), this.#trades);
    return report;
  }

  async #live(): Promise<void> {
    const startMs = performance.now();
    while (![this.#levels, this.#orders, this.#matches].every(({ live }) => live)) {
      if (performance.now() - startMs > LIVE_WITHIN_MS) throw new Error('not live in time');
      await sleep(1);
    }
  }
}

function differences(seen: readonly Seen[], checksumAt: (sequence: number) => string): string[] {
  return seen.flatMap(({ sequence, checksum }) =>
    checksum === checksumAt(sequence) ? [] : [`${sequence}: ${checksum} instead of ${checksumAt(sequence)}`],
  );
}

runTool('ws-cuts', main, HELP);
