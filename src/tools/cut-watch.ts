// A subscriber to level2, full and matches whose connection is cut, and every state that its books ever had, to be held to a replay
// of the journal. A process of a tool or of a test. Owns its client.

import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../client/index.ts';
import type { Random } from '../sim/testing/random.ts';
import type { ReferenceBook } from './book-checksums.ts';
import { CheckReport } from './check-report.ts';
import { CuttableSockets } from './raw-web-socket.ts';

const INSTRUMENT = 'BTC-USD';
/** A cut comes so long after the subscriptions are live again, at most. */
const LIVE_MS_MAX = 60;
const LIVE_WITHIN_MS = 30_000;
const BACKOFF_MS = [1, 20] as const;

/** A book's checksum after a message. */
interface Seen {
  readonly sequence: number;
  readonly checksum: string;
}

export class CutWatch {
  readonly #sockets: CuttableSockets;
  readonly #client;
  readonly #levels;
  readonly #orders;
  readonly #matches;
  readonly #seenByLevel2: Seen[] = [];
  readonly #seenByFull: Seen[] = [];
  readonly #problems: string[] = [];
  readonly #closeCodes: number[] = [];
  readonly #snapshots: string[] = [];
  #trades = 0;
  #firstFull = 0;
  #firstMatch = 0;
  #cuts = 0;

  constructor(url: URL, sockets = new CuttableSockets()) {
    this.#sockets = sockets;
    this.#client = connect(`ws://${url.host}/ws`, { WebSocket: sockets.WebSocket, backoffMs: BACKOFF_MS });
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
      subscription.on('snapshot', ({ reason }) => this.#snapshots.push(`${subscription.channel} ${reason}`));
      subscription.on('mismatch', (mismatch) => this.#problems.push(`mismatch: ${JSON.stringify(mismatch)}`));
      subscription.on('error', (error) => this.#problems.push(String(error)));
    }
    this.#client.on('error', (error) => this.#problems.push(String(error)));
    this.#client.on('disconnected', ({ code }) => this.#closeCodes.push(code));
  }

  get cuts(): number {
    return this.#cuts;
  }

  /** Of every connection that ended and every attempt that failed. */
  get closeCodes(): readonly number[] {
    return this.#closeCodes;
  }

  /** Channel and reason of each snapshot. */
  get snapshots(): readonly string[] {
    return this.#snapshots;
  }

  /** Errors and mismatches that the client told of. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Of the newest message of each subscription. */
  get sequences(): readonly number[] {
    return [this.#levels, this.#orders, this.#matches].map(({ position }) => position?.sequence ?? 0);
  }

  /** Each once all is live again, and a random while later; some while much is on its way. */
  async cutOften(cuts: number, random: Random, told: (done: number) => void = () => {}): Promise<void> {
    for (let done = 1; done <= cuts; done++) {
      await this.live();
      this.#sockets.pause();
      await sleep(random.below(LIVE_MS_MAX / 2));
      this.#sockets.resume();
      await sleep(random.below(LIVE_MS_MAX / 2));
      this.#sockets.cut();
      this.#cuts++;
      told(done);
    }
  }

  /** Until all three are live. Throws when that does not happen. */
  async live(): Promise<void> {
    const startMs = performance.now();
    while (![this.#levels, this.#orders, this.#matches].every(({ live }) => live)) {
      if (performance.now() - startMs > LIVE_WITHIN_MS) throw new Error('not live in time');
      await sleep(1);
    }
  }

  /**
   * Trades, with whoever bids most, until each subscription was told of that, and so of everything before. Returns the trade's
   * sequence. Throws when that does not happen: live alone is also who is still being told what it has missed.
   */
  async settle(): Promise<number> {
    const { orders } = this.#client;
    const terms = {
      client_id: 'settle',
      instrument: INSTRUMENT,
      type: 'limit',
      price: '1.00',
      quantity: '0.001',
    } as const;
    await orders.place({ ...terms, side: 'buy' });
    const { sequence } = await orders.place({ ...terms, side: 'sell', time_in_force: 'IOC' });
    const startMs = performance.now();
    while (!this.sequences.every((told) => told >= sequence)) {
      if (performance.now() - startMs > LIVE_WITHIN_MS) throw new Error('not told of everything in time');
      await sleep(1);
    }
    return sequence;
  }

  close(): void {
    this.#client.close();
  }

  /** Every state, command and trade that it was told, against a replay of the stopped server's journal. */
  check(reference: ReferenceBook): CheckReport {
    const report = new CheckReport();
    const others = this.#snapshots.length < 3 ? ['too few'] : this.#snapshots.slice(3);
    report.add('snapshots of three subscriptions', 3, this.#snapshots.length, others);
    report.add('problems told', 0, this.#problems.length, this.#problems);
    const level2 = differences(this.#seenByLevel2, reference.checksumAt);
    report.add('level2 states equal', this.#seenByLevel2.length, this.#seenByLevel2.length - level2.length, level2);
    const full = differences(this.#seenByFull, reference.checksumAt);
    report.add('full states equal', this.#seenByFull.length, this.#seenByFull.length - full.length, full);
    const told = reference.toldAfter(this.#firstFull);
    report.add('commands in the journal', 'some', told, told === 0 ? ['none'] : []);
    report.same('commands in full', told, this.#seenByFull.length);
    report.same('trades in matches', reference.tradesAfter(this.#firstMatch), this.#trades);
    return report;
  }
}

function differences(seen: readonly Seen[], checksumAt: (sequence: number) => string): string[] {
  return seen.flatMap(({ sequence, checksum }) =>
    checksum === checksumAt(sequence) ? [] : [`${sequence}: ${checksum} instead of ${checksumAt(sequence)}`],
  );
}
