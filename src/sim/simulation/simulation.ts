// The deterministic simulation: the real matching, follower and market-data agents, snapshots and CONTROL on one thread, over a
// simulated disk, under a seeded scheduler and a clock of its own. Machines stop, disks fail, bits turn; after every start
// the auditor holds what is there against what clients were told. One seed is one history, always the same.

import { useFileSystem } from '../../journal/file-system.ts';
import { FRAME_ALIGNMENT } from '../../journal/frame.ts';
import { InProcessExchange } from '../in-process-exchange.ts';
import { Random } from '../testing/random.ts';
import { Auditor } from './auditor.ts';
import { Chores } from './chores.ts';
import { Clients } from './clients.ts';
import { drawLife, drawShape, type HistoryShape } from './history-shape.ts';
import { Onlooker } from './onlooker.ts';
import { DIRECTORY, JOURNAL } from './places.ts';
import { differenceFromReference } from './reference-replay.ts';
import { type Cheat, SimulatedDisk, type Stop } from './simulated-disk.ts';
import { checkViews } from './view-check.ts';
import { require, Violation } from './violation.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly commands: number;
  /** A negative control: what is broken on purpose. Mode `os` claims what only a sync can hold. */
  readonly cheat?: Cheat & { readonly durability?: 'os' };
  /** False: no bits are turned. Default: true. */
  readonly turnsBits?: boolean;
}

/** What a history had in it. */
export interface SimulationReport {
  readonly commands: number;
  readonly starts: number;
  readonly kills: number;
  readonly powerCuts: number;
  /** Operations that failed. */
  readonly failures: number;
  /** Bits that were turned, and starts that were refused for it. */
  readonly bits: number;
  readonly refusals: number;
  readonly snapshots: number;
  /** Torn tails that were cut. */
  readonly cuts: number;
  readonly frames: number;
  /** Of the last state. */
  readonly digest: string;
}

/** The history that a seed leads to is one that must not be. The message says how to see it again. */
class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';
}

/** Steps in which a planned stop may come before the process is ended anyway. */
const DYING_STEPS = 60;
/** Histories that the slow reference engine replays too. */
const REFERENCE_COMMANDS_MAX = 500;
const STOPS: readonly Stop[] = ['kill', 'power cut'];
/** Mostly near the end, as behind a ledger that is level; the other two replay everything. */
const FOLLOWER_BEGINS = [0, 'oldest', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
const MISHAPS = ['EIO', 'ENOSPC', 'short write'] as const;

/** Runs one history. Throws SimulationFailure. */
export function simulate(options: SimulationOptions): SimulationReport {
  const simulation = new Simulation(options);
  try {
    return simulation.run();
  } catch (error) {
    const text = error instanceof Violation ? error.message : String(error instanceof Error ? error.stack : error);
    throw new SimulationFailure(
      `seed ${options.seed}, step ${simulation.step}, start ${simulation.starts}: ${text}\n` +
        `again: npm run simulate -- --seeds 1 --commands ${options.commands} --seed ${options.seed}`,
    );
  } finally {
    useFileSystem();
  }
}

class Simulation {
  step = 0;
  starts = 0;
  readonly #options: SimulationOptions;
  readonly #random: Random;
  readonly #shape: HistoryShape;
  readonly #disk: SimulatedDisk;
  readonly #clients: Clients;
  readonly #onlooker: Onlooker;
  readonly #chores: Chores;
  readonly #auditor: Auditor;
  #exchange: InProcessExchange | undefined;
  #lastRequestId = 0;
  #timeUs = 0;
  #epoch = 0;
  #turnedBit = '';
  #kills = 0;
  #powerCuts = 0;
  #failures = 0;
  #bits = 0;
  #refusals = 0;
  #cuts = 0;

  constructor(options: SimulationOptions) {
    const { seed, commands, cheat } = options;
    this.#options = options;
    this.#random = new Random(seed);
    this.#shape = drawShape(this.#random, commands);
    this.#clients = new Clients(this.#random, this.#shape);
    this.#onlooker = new Onlooker(~seed, this.#clients);
    this.#disk = new SimulatedDisk({
      random: new Random(seed + 1_000_003),
      knowsSyncedWrites: this.#shape.knowsSyncedWrites,
      ...(cheat === undefined ? {} : { cheat }),
      onOperation: () => this.#look(),
      onDurable: (path, bytes, offset) => this.#onlooker.noteDurable(path, bytes, offset),
    });
    useFileSystem(this.#disk);
    this.#chores = new Chores(this.#disk, this.#shape.segmentBytes);
    this.#auditor = new Auditor(JOURNAL, this.#clients.requests);
  }

  run(): SimulationReport {
    while (this.#clients.submitted < this.#shape.commands) {
      this.#start();
      this.#live(drawLife(this.#shape, this.#random, this.#clients.submitted));
    }
    this.#start();
    return this.#finish();
  }

  /** Starts until a start succeeds, and checks what it found. */
  #start(): void {
    const random = this.#random;
    if (random.below(6) === 0) this.#disk.plan(random.pick(STOPS), 1 + random.below(60));
    else if (random.below(12) === 0) this.#disk.plan(random.pick(MISHAPS), 1 + random.below(30));
    else if (this.#options.turnsBits !== false && random.below(3) === 0) this.#turnBit();
    let exchange = this.#tryToStart();
    for (let attempt = 0; exchange === undefined; attempt++) {
      require(attempt < 3, () => 'it does not start');
      exchange = this.#tryToStart();
    }
    this.#exchange = exchange;
    this.#disk.unplan();
    this.#checkStart(exchange);
  }

  #tryToStart(): InProcessExchange | undefined {
    this.starts++;
    const random = this.#random;
    const { cheat } = this.#options;
    const back = random.below(8) === 0 ? random.below(5_000_000) : 0; // the wall clock was set back
    this.#timeUs = Math.max(0, this.#timeUs - back) + random.below(1_000_000);
    try {
      return new InProcessExchange({
        directory: DIRECTORY,
        gateways: this.#shape.gateways,
        durability: cheat?.durability ?? 'fsync',
        segmentBytes: this.#shape.segmentBytes,
        eventRingBytes: 2 ** 14,
        streamRingBytes: 2 ** 14,
        messageRingBytes: 2 ** 19,
        queryRingBytes: 2 ** 12,
        recentMax: 2 ** 10,
        depths: 1,
        startUs: this.#timeUs,
        lastRequestId: this.#lastRequestId,
        followerBeginsWith: random.pick(FOLLOWER_BEGINS),
      });
    } catch (error) {
      this.#judge(error);
      return undefined;
    } finally {
      this.#disk.unflip();
    }
  }

  /** A start may fail because of what was done to it, and for nothing else. */
  #judge(error: unknown): void {
    if (this.#turnedBit !== '') {
      require(error instanceof Error && error.name === 'JournalDamage', () => {
        return `with a bit turned in ${this.#turnedBit}: ${error instanceof Error ? error.stack : error}`;
      });
      this.#refusals++;
      this.#turnedBit = '';
      this.#disk.restart('kill');
      return;
    }
    this.#stopAfter(error);
  }

  /** Whatever ran was stopped by a mishap of the disk; the machine goes down with it, or only the process. */
  #stopAfter(error: unknown): void {
    if (this.#onlooker.seen !== undefined) throw this.#onlooker.seen;
    if (!this.#disk.isStopped && this.#disk.mishaps === 0) throw error;
    if (!this.#disk.isStopped) this.#failures++;
    this.#stop(this.#random.pick(STOPS));
  }

  #stop(stop: Stop): void {
    if (stop === 'kill') this.#kills++;
    else this.#powerCuts++;
    const exchange = this.#exchange;
    if (exchange !== undefined) this.#leave(exchange);
    this.#exchange = undefined;
    this.#disk.restart(stop);
  }

  #leave(exchange: InProcessExchange): void {
    this.#lastRequestId = exchange.lastRequestId;
    exchange.onClockRead(() => {});
  }

  /** Anywhere, or about the end of the journal. */
  #turnBit(): void {
    const random = this.#random;
    const last = this.#onlooker.lastFrame;
    let path = last.path;
    let offset = last.to - 4 * FRAME_ALIGNMENT + random.below(4 * FRAME_ALIGNMENT + 1_024);
    if (random.below(2) === 0) {
      const files = this.#disk.files().filter(([name]) => !name.includes('/spool/'));
      if (files.length === 0) return;
      const [name, lengthBytes] = random.pick(files);
      path = name;
      offset = random.below(lengthBytes);
    }
    // Damage of the last frame is told from a torn write only by a witness: that is known, and no matter for this one.
    if (path === last.path && offset >= last.from && offset < last.to) return;
    if (!this.#disk.flipBit(path, offset)) return;
    this.#turnedBit = `${path} at ${offset}`;
    this.#bits++;
  }

  #checkStart(exchange: InProcessExchange): void {
    const { recovered, sequence } = exchange;
    const bitWasTurned = this.#turnedBit !== '';
    this.#turnedBit = '';
    if (recovered.cut !== undefined) this.#cuts++;
    this.#onlooker.durableSequence = Math.max(this.#onlooker.durableSequence, sequence);
    this.#auditor.readThrough(exchange.durableFrame);
    this.#clients.requireNoneLost();
    const { engine } = this.#auditor;
    require(engine.sequence === sequence, () =>
      `matching is at sequence ${sequence}, the journal at ${engine.sequence}`);
    const digest = exchange.matchingDigest();
    require(digest === engine.digest(), () => `matching has digest ${digest}, the replay ${engine.digest()}`);
    const { epoch } = exchange.state;
    require(epoch > this.#epoch, () => `epoch ${epoch} after ${this.#epoch}`);
    this.#epoch = epoch;
    const from = recovered.snapshotSequence;
    require(bitWasTurned || from >= this.#chores.snapshotSequence, () => {
      return `it began with the snapshot of ${from}; that of ${this.#chores.snapshotSequence} was complete (${recovered.notes})`;
    });
    exchange.onClockRead(() => this.#look());
    this.#clients.askAgain(exchange);
  }

  /** One life of the process: so many commands, perhaps an operation that fails, and the end it comes to. */
  #live(commands: number): void {
    const random = this.#random;
    const last = Math.min(this.#clients.submitted + commands, this.#shape.commands);
    let failsAt = random.below(3) > 0 ? this.#clients.submitted + random.below(commands) : Number.POSITIVE_INFINITY;
    try {
      while (this.#clients.submitted < last) {
        this.#act();
        if (this.#clients.submitted < failsAt) continue;
        this.#disk.plan(random.pick(MISHAPS), 1 + random.below(30));
        failsAt = Number.POSITIVE_INFINITY;
      }
      if (random.below(3) > 0) this.#disk.plan(random.pick(STOPS), 1 + random.below(40));
      for (let k = 0; k < DYING_STEPS; k++) this.#act();
      this.#end();
    } catch (error) {
      if (error instanceof Violation) throw error;
      this.#stopAfter(error);
    }
  }

  #act(): void {
    this.step++;
    const exchange = this.#exchange;
    if (exchange === undefined) throw new Violation('it runs between a start and its end');
    const random = this.#random;
    const kind = random.below(1_000);
    if (kind < 350) this.#clients.submitSome(exchange);
    else if (kind < 650) exchange.turnMatching();
    else if (kind < 770) exchange.turnFollower();
    else if (kind < 850) exchange.turnMarketData();
    else if (kind < 920) this.#clients.readReplies(exchange, this.#onlooker.durableSequence);
    else if (kind < 970) this.#letTimePass(exchange);
    else if (kind < 985) this.#chores.writeControl(exchange);
    else if (kind < 996) this.#chores.prepareSpare();
    else if (random.below(this.#shape.rareness) > 0) return;
    else if (kind < 998) this.#chores.takeSnapshot(exchange);
    else this.#checkViews(exchange);
  }

  /** The process ends: in order, or killed between two steps. */
  #end(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (this.#random.below(4) === 0) {
      exchange.turnMatching();
      exchange.close();
      this.#chores.writeControl(exchange);
      this.#clients.readReplies(exchange, this.#onlooker.durableSequence);
    }
    this.#stop(this.#random.pick(STOPS));
  }

  #letTimePass(exchange: InProcessExchange): void {
    const random = this.#random;
    const us = random.below(random.pick([100, 10_000, 1_000_000, 600_000_000]));
    exchange.advance(us);
    this.#timeUs += us;
  }

  /** What another thread may see at this moment: nothing that the disk has not been made to keep. */
  #look(): void {
    const exchange = this.#exchange;
    if (exchange !== undefined && !this.#disk.isStopped) this.#onlooker.look(exchange);
  }

  /** All agents have caught up, and have what the journal makes. Returns the digest of it. */
  #checkViews(exchange: InProcessExchange): string {
    const depth = exchange.depth();
    this.#clients.readReplies(exchange, this.#onlooker.durableSequence);
    this.#auditor.readThrough(exchange.durableFrame);
    return checkViews(exchange, depth, this.#auditor.engine);
  }

  #finish(): SimulationReport {
    const exchange = this.#exchange;
    if (exchange === undefined) throw new Violation('it runs at the end');
    exchange.settle();
    const digest = this.#checkViews(exchange);
    const { requests } = this.#clients;
    require(requests.size === 0, () => `${requests.size} requests have neither answer nor record`);
    const replayed = this.#auditor.digestOfReplay(exchange.durableFrame);
    require(digest === replayed, () => `a replay from frame 1 has digest ${replayed}, matching ${digest}`);
    if (this.#options.commands <= REFERENCE_COMMANDS_MAX) {
      const difference = differenceFromReference(JOURNAL, exchange.durableFrame);
      require(difference === '', () => `the reference engine differs: ${difference}`);
    }
    const snapshot = exchange.takeSnapshotNow().digest;
    require(digest === snapshot, () => `snapshot and tail have digest ${snapshot}, a replay ${digest}`);
    this.#leave(exchange);
    return {
      commands: this.#clients.submitted,
      starts: this.starts,
      kills: this.#kills,
      powerCuts: this.#powerCuts,
      failures: this.#failures + this.#chores.failures,
      bits: this.#bits,
      refusals: this.#refusals,
      snapshots: this.#chores.snapshots,
      cuts: this.#cuts,
      frames: exchange.durableFrame,
      digest,
    };
  }
}
