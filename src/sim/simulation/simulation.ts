// The deterministic simulation: the real matching, follower and market-data agents, snapshots and CONTROL on one thread, over a
// simulated disk, under a seeded scheduler and a clock of its own. Machines stop, disks fail, bits turn; after every start
// the auditor holds what is there against what clients were told. One seed is one history, always the same.

import { constants } from 'node:fs';
import { Side } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import { CONTROL_SLOT_BYTES, encodeControlSlot, newestControlRecord } from '../../journal/control-file.ts';
import { useFileSystem } from '../../journal/file-system.ts';
import { FRAME_ALIGNMENT, FrameHeader, isWholeHeader, readFrameHeader } from '../../journal/frame.ts';
import { SPARE_PART, SPARE_ZERO, writeZeros } from '../../journal/segment-files.ts';
import { formatDecimal } from '../../wire/decimal.ts';
import { ORDER_CLIENT, ORDER_CLIENT_LENGTH, ORDER_NUMBER } from '../../wire/order-codec.ts';
import { REPLY_ORDER, REPLY_ORDER_BYTES, REPLY_REQUEST_ID, REPLY_SEQUENCE } from '../../wire/reply-codec.ts';
import { InProcessExchange } from '../in-process-exchange.ts';
import { Random } from '../testing/random.ts';
import { Auditor, require, Violation } from './auditor.ts';
import { differenceFromReference } from './reference-replay.ts';
import { commandOfRecord, type Request, recordOf } from './requests.ts';
import { type Cheat, SimulatedDisk, type Stop } from './simulated-disk.ts';
import { Workload } from './workload.ts';

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

const DIRECTORY = '/exchange';
const JOURNAL = `${DIRECTORY}/journal`;
const CONTROL = `${DIRECTORY}/CONTROL`;
const SEGMENT_BYTES = [2 ** 17, 2 ** 18] as const;
const BATCHES = [2, 8, 24, 60] as const;
/** Steps in which a planned stop may come before the process is ended anyway. */
const DYING_STEPS = 60;
/** Histories that the slow reference engine replays too. */
const REFERENCE_COMMANDS_MAX = 500;
const ASKED_KEPT = 64;
const STOPS: readonly Stop[] = ['kill', 'power cut'];
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
  /** Decides what is seen in the midst of a turn. */
  readonly #lookRandom: Random;
  readonly #disk: SimulatedDisk;
  readonly #workload: Workload;
  readonly #requests = new Map<number, Request>();
  readonly #auditor: Auditor;
  readonly #gateways: number;
  readonly #batch: number;
  readonly #segmentBytes: number;
  readonly #lifeCommands: number;
  /** What costs as much as a thousand commands comes once in a life or so, however short its steps. */
  readonly #rareness: number;
  readonly #header = new FrameHeader();
  readonly #command = new Command();
  /** The newest records sent, to be sent again. */
  readonly #asked: Buffer[] = [];
  #exchange: InProcessExchange | undefined;
  #lastRequestId = 0;
  #timeUs = 0;
  #submitted = 0;
  #epoch = 0;
  /** What the disk has been told to keep, by what it was told to sync. */
  #durableSequence = 0;
  #lastFrame = { path: '', from: 0, to: 0, number: 0 };
  /** A snapshot that was completed: the next start begins with it or a later one. */
  #snapshotSequence = 0;
  #turnedBit = '';
  /** What was seen in the midst of a turn and must not be. */
  #seen: unknown;
  #kills = 0;
  #powerCuts = 0;
  #failures = 0;
  #bits = 0;
  #refusals = 0;
  #snapshots = 0;
  #cuts = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const random = new Random(options.seed);
    this.#random = random;
    this.#lookRandom = new Random(~options.seed);
    this.#gateways = 1 + random.below(3);
    this.#batch = random.pick(BATCHES);
    this.#segmentBytes = random.pick(SEGMENT_BYTES);
    this.#rareness = 1 + Math.floor(options.commands / this.#batch / 2_000);
    this.#lifeCommands = 1 + Math.ceil(options.commands / (2 + random.below(8)));
    this.#disk = new SimulatedDisk({
      random: new Random(options.seed + 1_000_003),
      knowsSyncedWrites: random.below(4) > 0,
      ...(options.cheat === undefined ? {} : { cheat: options.cheat }),
      onOperation: () => this.#look(),
      onDurable: (path, bytes, offset) => this.#noteDurable(path, bytes, offset),
    });
    this.#workload = new Workload(random);
    useFileSystem(this.#disk);
    this.#auditor = new Auditor(JOURNAL, this.#requests);
  }

  run(): SimulationReport {
    const random = this.#random;
    while (this.#submitted < this.#options.commands) {
      this.#start();
      this.#live(1 + random.below(this.#lifeCommands));
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
        gateways: this.#gateways,
        durability: cheat?.durability ?? 'fsync',
        segmentBytes: this.#segmentBytes,
        eventRingBytes: 2 ** 14,
        streamRingBytes: 2 ** 14,
        messageRingBytes: 2 ** 20,
        recentMax: 2 ** 10,
        startUs: this.#timeUs,
        lastRequestId: this.#lastRequestId,
        followerBeginsWith: random.below(3) === 0 ? 'oldest' : random.below(2) === 0 ? 0 : Number.POSITIVE_INFINITY,
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
    if (this.#seen !== undefined) throw this.#seen;
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
    const last = this.#lastFrame;
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
    this.#durableSequence = Math.max(this.#durableSequence, sequence);
    this.#auditor.readThrough(exchange.durableFrame);
    for (const { id, reply } of this.#requests.values()) {
      require(reply === undefined, () => {
        return `request ${id} was answered as sequence ${reply?.readDoubleLE(REPLY_SEQUENCE)}, and is gone`;
      });
    }
    const { engine } = this.#auditor;
    require(engine.sequence === sequence, () =>
      `matching is at sequence ${sequence}, the journal at ${engine.sequence}`);
    const digest = exchange.matchingDigest();
    require(digest === engine.digest(), () => `matching has digest ${digest}, the replay ${engine.digest()}`);
    const { epoch } = exchange.state;
    require(epoch > this.#epoch, () => `epoch ${epoch} after ${this.#epoch}`);
    this.#epoch = epoch;
    const from = recovered.snapshotSequence;
    require(bitWasTurned || from >= this.#snapshotSequence, () => {
      return `it began with the snapshot of ${from}; that of ${this.#snapshotSequence} was complete (${recovered.notes})`;
    });
    exchange.onClockRead(() => this.#look());
    this.#askAgain(exchange);
  }

  /** Clients without an answer: what is not in the journal now must never come; most of them ask once more. */
  #askAgain(exchange: InProcessExchange): void {
    const unanswered = [...this.#requests.values()];
    this.#requests.clear();
    for (const { record } of unanswered) if (this.#random.below(4) > 0) this.#send(exchange, record);
  }

  /** One life of the process: so many commands, perhaps an operation that fails, and the end it comes to. */
  #live(commands: number): void {
    const random = this.#random;
    const last = Math.min(this.#submitted + commands, this.#options.commands);
    let failsAt = random.below(3) === 0 ? this.#submitted + random.below(commands) : Number.POSITIVE_INFINITY;
    try {
      while (this.#submitted < last) {
        this.#act();
        if (this.#submitted < failsAt) continue;
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
    if (kind < 350) this.#submitSome(exchange);
    else if (kind < 650) exchange.turnMatching();
    else if (kind < 770) exchange.turnFollower();
    else if (kind < 850) exchange.turnMarketData();
    else if (kind < 920) this.#readReplies(exchange);
    else if (kind < 970) this.#letTimePass(exchange);
    else if (kind < 985) this.#writeControl(exchange);
    else if (kind < 996) this.#prepareSpare();
    else if (random.below(this.#rareness) > 0) return;
    else if (kind < 998) this.#takeSnapshot(exchange);
    else this.#checkViews(exchange);
  }

  /** The process ends: in order, or killed between two steps. */
  #end(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (this.#random.below(4) === 0) {
      exchange.turnMatching();
      exchange.close();
      this.#writeControl(exchange);
      this.#readReplies(exchange);
    }
    this.#stop(this.#random.pick(STOPS));
  }

  #submitSome(exchange: InProcessExchange): void {
    const random = this.#random;
    for (let k = random.below(2 * this.#batch); k >= 0; k--) {
      const isRepeated = this.#asked.length > 0 && random.below(40) === 0;
      const record = isRepeated ? random.pick(this.#asked) : Buffer.from(recordOf(this.#workload.next(exchange.nowUs)));
      if (!this.#send(exchange, record)) return;
    }
  }

  #send(exchange: InProcessExchange, record: Buffer): boolean {
    commandOfRecord(record, this.#command);
    if (!exchange.submit(this.#command, this.#random.below(this.#gateways))) return false;
    const id = exchange.lastRequestId;
    this.#requests.set(id, { id, record, reply: undefined });
    this.#asked[this.#submitted % ASKED_KEPT] = record;
    this.#submitted++;
    return true;
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
    if (exchange === undefined || this.#disk.isStopped) return;
    try {
      this.#lookAt(exchange);
    } catch (error) {
      this.#seen ??= error; // whoever is in the midst of its turn may take it for a fault of its own
      throw error;
    }
  }

  #lookAt(exchange: InProcessExchange): void {
    require(exchange.sequence <= this.#durableSequence, () => {
      return `sequence ${exchange.sequence} is shown, ${this.#durableSequence} is durable`;
    });
    if (this.#lookRandom.below(8) === 0) this.#readReplies(exchange);
  }

  #readReplies(exchange: InProcessExchange): void {
    for (let gateway = 0; gateway < this.#gateways; gateway++) {
      for (const reply of exchange.replies(gateway)) this.#hear(reply);
    }
  }

  #hear(reply: Buffer): void {
    const id = reply.readUInt32LE(REPLY_REQUEST_ID);
    const sequence = reply.readDoubleLE(REPLY_SEQUENCE);
    require(sequence <= this.#durableSequence, () => {
      return `request ${id} is answered as sequence ${sequence}, ${this.#durableSequence} is durable`;
    });
    const request = this.#requests.get(id);
    require(request !== undefined && request.reply === undefined, () => `request ${id} is answered and does not wait`);
    if (request !== undefined) request.reply = reply;
    if (reply.readUInt16LE(REPLY_ORDER_BYTES) === 0) return;
    const order = reply.subarray(REPLY_ORDER);
    const client = order.toString('latin1', ORDER_CLIENT, ORDER_CLIENT + order[ORDER_CLIENT_LENGTH]);
    this.#workload.learn(order.readDoubleLE(ORDER_NUMBER), client);
  }

  /** The disk keeps these bytes; when they are a frame, its commands may be told. */
  #noteDurable(path: string, bytes: Uint8Array, offset: number): void {
    if (!path.endsWith('.wal') || bytes.length < CONTROL_SLOT_BYTES) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!isWholeHeader(bytes, view, 0)) return;
    const header = this.#header;
    readFrameHeader(bytes, view, 0, header);
    this.#durableSequence = Math.max(this.#durableSequence, header.firstSequence + header.recordCount - 1);
    if (header.number < this.#lastFrame.number) return;
    this.#lastFrame = { path, from: offset, to: offset + header.frameLength, number: header.number };
  }

  /** As the snapshot's thread does. A disk that fails fails the snapshot and nothing else. */
  #takeSnapshot(exchange: InProcessExchange): void {
    this.#tolerant(() => {
      const { sequence } = exchange.takeSnapshotNow();
      this.#snapshotSequence = sequence;
      this.#snapshots++;
    });
  }

  /** As main does about once a second; journal/control-writer.ts, step by step. */
  #writeControl(exchange: InProcessExchange): void {
    const point = exchange.durablePoint;
    if (point === undefined) return;
    const disk = this.#disk;
    this.#tolerant(() => {
      const isNew = !disk.existsSync(CONTROL);
      const newest = isNew ? undefined : newestControlRecord(disk.readFileSync(CONTROL));
      const slot = newest?.slot === 0 ? 1 : 0;
      const bytes = encodeControlSlot((newest?.counter ?? 0) + 1, point);
      const fd = disk.openSync(CONTROL, constants.O_WRONLY | constants.O_CREAT);
      disk.writeSync(fd, bytes, 0, bytes.length, slot * CONTROL_SLOT_BYTES);
      disk.fdatasyncSync(fd);
      disk.closeSync(fd);
      this.#syncDirectory(DIRECTORY);
    });
  }

  /** As main does when it is told to; journal/segment-preparer.ts, step by step. */
  #prepareSpare(): void {
    const disk = this.#disk;
    this.#tolerant(() => {
      const fd = disk.openSync(`${JOURNAL}/${SPARE_PART}`, 'w');
      writeZeros(fd, 0, this.#segmentBytes);
      disk.fsyncSync(fd);
      disk.closeSync(fd);
      disk.renameSync(`${JOURNAL}/${SPARE_PART}`, `${JOURNAL}/${SPARE_ZERO}`);
    });
  }

  #syncDirectory(path: string): void {
    const fd = this.#disk.openSync(path, 'r');
    this.#disk.fsyncSync(fd);
    this.#disk.closeSync(fd);
  }

  /** Runs what the process survives when the disk fails; not what it may do wrong, nor the end of the machine. */
  #tolerant(act: () => void): void {
    const { mishaps } = this.#disk;
    try {
      act();
    } catch (error) {
      if (this.#disk.isStopped || this.#disk.mishaps === mishaps) throw error;
      this.#disk.mishaps = mishaps;
      this.#failures++;
    }
  }

  /** Follower and market data, once they have caught up, have what the engine has. */
  #checkViews(exchange: InProcessExchange): void {
    const depth = exchange.depth();
    this.#readReplies(exchange);
    this.#auditor.readThrough(exchange.durableFrame);
    const { engine } = this.#auditor;
    require(depth.sequence === engine.sequence, () => `depth is of ${depth.sequence}, not ${engine.sequence}`);
    for (const [shown, side] of [[depth.asks, Side.SELL] as const, [depth.bids, Side.BUY] as const]) {
      const text = JSON.stringify(shown);
      const expected = JSON.stringify(levelsOf(this.#auditor, side));
      require(text === expected, () => `market data shows ${text}, the book is ${expected}`);
    }
    const digest = engine.digest();
    require(exchange.followerDigest() === digest, () => 'the follower has another state than the replay');
    require(exchange.matchingDigest() === digest, () => 'matching has another state than the replay');
  }

  #finish(): SimulationReport {
    const exchange = this.#exchange;
    require(exchange !== undefined, () => 'it runs at the end');
    if (exchange === undefined) throw new Violation('unreachable');
    exchange.settle();
    this.#checkViews(exchange);
    require(this.#requests.size === 0, () => `${this.#requests.size} requests have neither answer nor record`);
    const digest = this.#auditor.digestOfReplay(exchange.durableFrame);
    const matching = exchange.matchingDigest();
    require(digest === matching, () => `a replay from frame 1 has digest ${digest}, matching ${matching}`);
    if (this.#options.commands <= REFERENCE_COMMANDS_MAX) {
      const difference = differenceFromReference(JOURNAL, exchange.durableFrame);
      require(difference === '', () => `the reference engine differs: ${difference}`);
    }
    const snapshot = exchange.takeSnapshotNow().digest;
    require(digest === snapshot, () => `snapshot and tail have digest ${snapshot}, a replay ${digest}`);
    this.#leave(exchange);
    return {
      commands: this.#submitted,
      starts: this.starts,
      kills: this.#kills,
      powerCuts: this.#powerCuts,
      failures: this.#failures,
      bits: this.#bits,
      refusals: this.#refusals,
      snapshots: this.#snapshots,
      cuts: this.#cuts,
      frames: exchange.durableFrame,
      digest,
    };
  }
}

/** The book's levels as depth shows them. */
function levelsOf({ engine }: Auditor, side: Side): object[] {
  const [{ priceScale, quantityScale }] = DEFAULT_INSTRUMENTS;
  const levels: object[] = [];
  let cumulative = 0;
  engine.forEachLevel(0, side, (price, lots) => {
    cumulative += lots;
    levels.push({
      price: Number(formatDecimal(price, priceScale)),
      quantity: Number(formatDecimal(lots, quantityScale)),
      cumulative: Number(formatDecimal(cumulative, quantityScale)),
    });
  });
  return levels;
}
