// Thread entry of the ring stress tests: one side of one ring, or one end of a doorbell, run at full speed with content checks.
// Started by ring-stress.test.ts from the compiled dist/. Owns its own views of the shared buffers. Must never be used in production.
import { parentPort, workerData } from 'node:worker_threads';
import { Fault } from '../assert.ts';
import type { Agent } from '../runtime/agent.ts';
import { runBlocking, runOnEventLoop } from '../runtime/agent-runner.ts';
import { BroadcastReader, BroadcastWriter, LAPPED } from '../shared-memory/broadcast-ring.ts';
import { CommandRing } from '../shared-memory/command-ring.ts';
import { DOORBELL_STRIDE_INTS, Doorbell } from '../shared-memory/doorbell.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { BROADCAST_RING_HEAD_WORD, LATEST_VALUE_SEQUENCE_WORD } from '../shared-memory/layout.ts';
import { MessageRing } from '../shared-memory/message-ring.ts';

/** What a worker is to do. `ring` and `back` are buffers of the kind that the role names; `words` hold doorbells, then flags. */
export interface StressJob {
  readonly role:
    | 'command-producer'
    | 'command-consumer'
    | 'message-producer'
    | 'message-consumer'
    | 'broadcast-writer'
    | 'broadcast-reader'
    | 'value-writer'
    | 'value-reader'
    | 'ping'
    | 'pong'
    | 'late-sleeper'
    | 'early-ringer';
  readonly ring: SharedArrayBuffer;
  readonly back: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  readonly count: number;
  /** How the side breaks its promise, for the negative controls. */
  readonly broken?: 'commit-first' | 'no-check' | 'no-recheck';
  /** Readers only: lets the writer in while half of a record is copied, every so many records. */
  readonly interruptEvery?: number;
  readonly wait?: 'block' | 'yield' | 'event-loop';
}

/** What a worker found. `wrong`: messages whose content or order was not what was sent. */
export interface StressResult {
  readonly done: number;
  readonly wrong: number;
  readonly lapped: number;
}

/** Flags behind the doorbells, for the handshakes of the broken runs. */
const LOOKED = 4 * DOORBELL_STRIDE_INTS;
const RUNG = LOOKED + 1;
const OUTCOME = LOOKED + 2;
const STOP = LOOKED + 3;
const OUTCOME_WAITING = 1;
const OUTCOME_SERVED = 2;
const OUTCOME_LOST = 3;
/** Words that a StressJob's `words` holds. */
const WORDS = 6 * DOORBELL_STRIDE_INTS;

const napWord = new Int32Array(new SharedArrayBuffer(4));

/** Lets the other thread run; its wake-up does not depend on it. Pairs with nothing. */
function nap(): void {
  Atomics.wait(napWord, 0, 0, 0.02);
}

/** Waits until `done` says so: for handshakes, where the other thread is certain to get there. */
function until(done: () => boolean): void {
  for (let spins = 0; !done(); spins++) if (spins > 100) nap();
}

/** A number that follows from two others and looks like neither. */
function mix(n: number, i: number): number {
  return (Math.imul(n ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(i + 1, 0xc2b2ae35)) | 0;
}

function fill(view: DataView, offset: number, lengthBytes: number, n: number): void {
  for (let i = 0; i + 4 <= lengthBytes; i += 4) view.setInt32(offset + i, mix(n, i), true);
  for (let i = lengthBytes & ~3; i < lengthBytes; i++) view.setUint8(offset + i, mix(n, i) & 255);
}

function holds(view: DataView, offset: number, lengthBytes: number, n: number): boolean {
  for (let i = 0; i + 4 <= lengthBytes; i += 4) if (view.getInt32(offset + i, true) !== mix(n, i)) return false;
  for (let i = lengthBytes & ~3; i < lengthBytes; i++)
    if (view.getUint8(offset + i) !== (mix(n, i) & 255)) return false;
  return true;
}

/** Payload length of message n: every alignment, mostly short. */
function lengthOf(n: number): number {
  return n % 61 === 0 ? 400 + (n % 100) : n % 75;
}

function produceCommands(job: StressJob): StressResult {
  const ring = new CommandRing(job.ring);
  for (let n = 0; n < job.count; n++) {
    let at = ring.claim();
    for (; at === -1; at = ring.claim()) nap();
    if (job.broken === 'commit-first') {
      ring.commit();
      until(() => ring.used() === 0);
    }
    fill(ring.view, at, ring.slotBytes, n);
    if (job.broken === undefined) ring.commit();
  }
  return { done: job.count, wrong: 0, lapped: 0 };
}

function consumeCommands(job: StressJob): StressResult {
  const ring = new CommandRing(job.ring);
  let n = 0;
  let wrong = 0;
  while (n < job.count) {
    const available = ring.available(64);
    if (available === 0) nap();
    for (let i = 0; i < available; i++) if (!holds(ring.view, ring.slotAt(i), ring.slotBytes, n++)) wrong++;
    ring.release(available);
  }
  return { done: n, wrong, lapped: 0 };
}

function produceMessages(job: StressJob): StressResult {
  const ring = new MessageRing(job.ring);
  for (let n = 0; n < job.count; n++) {
    const length = lengthOf(n);
    const spare = n % 5;
    let at = ring.claim(n, length + spare);
    for (; at === -1; at = ring.claim(n, length + spare)) nap();
    if (job.broken === 'commit-first') {
      ring.commit(length);
      until(() => ring.used() === 0);
    }
    fill(ring.view, at, length, n);
    if (job.broken === undefined) ring.commit(length);
  }
  return { done: job.count, wrong: 0, lapped: 0 };
}

function consumeMessages(job: StressJob): StressResult {
  const ring = new MessageRing(job.ring);
  let n = 0;
  let wrong = 0;
  const receive = (type: number, offset: number, lengthBytes: number): void => {
    if (type !== n || lengthBytes !== lengthOf(n) || !holds(ring.view, offset, lengthBytes, n)) wrong++;
    n++;
  };
  while (n < job.count) if (ring.read(receive, 64) === 0) nap();
  return { done: n, wrong, lapped: 0 };
}

/** Writes at least `count` records, and on until the reader has seen enough. */
function writeBroadcast(job: StressJob): StressResult {
  const writer = new BroadcastWriter(job.ring);
  const words = new Int32Array(job.words);
  let n = 0;
  while (n < job.count || Atomics.load(words, STOP) === 0) {
    const length = lengthOf(n);
    fill(writer.view, writer.claim(n, length), length, n);
    writer.commit();
    if (n % 3 === 0) writer.publish();
    if (n % 500 === 0) nap(); // lets the reader keep up now and then
    n++;
  }
  writer.publish();
  return { done: n, wrong: 0, lapped: 0 };
}

class StressedReader extends BroadcastReader {
  readonly #job: StressJob;
  #copies = 0;

  constructor(job: StressJob) {
    super(job.ring, true);
    this.#job = job;
  }

  protected override copyOut(shared: Int32Array, from: number, copy: Int32Array, count: number): void {
    const every = this.#job.interruptEvery ?? 0;
    if (every === 0 || ++this.#copies % every !== 0) {
      super.copyOut(shared, from, copy, count);
      return;
    }
    const half = count >>> 1;
    super.copyOut(shared, from, copy, half);
    const head = Atomics.load(shared, BROADCAST_RING_HEAD_WORD); // pairs with the store in BroadcastWriter.claim()
    until(() => ((Atomics.load(shared, BROADCAST_RING_HEAD_WORD) - head) | 0) > 4096); // a good many laps later
    for (let i = half; i < count; i++) copy[i] = shared[from + i] ?? 0;
  }

  protected override overwritten(shared: Int32Array, position: number): boolean {
    return this.#job.broken !== 'no-check' && super.overwritten(shared, position);
  }
}

/** Reads until `count` records were delivered and the writer has lapped it at least once; a broken one until the first wrong record. */
function readBroadcast(job: StressJob): StressResult {
  const reader = new StressedReader(job);
  const words = new Int32Array(job.words);
  let done = 0;
  let wrong = 0;
  let lapped = 0;
  let last = -1;
  const receive = (type: number, offset: number, lengthBytes: number): void => {
    const good = type > last && lengthBytes === lengthOf(type) && holds(reader.view, offset, lengthBytes, type);
    if (!good) wrong++;
    last = type;
    done++;
  };
  while (job.broken === undefined ? done < job.count || lapped === 0 : wrong === 0) {
    try {
      const polled = reader.poll(receive, 16);
      if (polled === LAPPED) {
        lapped++;
        reader.seekOldest();
      } else if (polled === 0) nap();
    } catch (error) {
      if (job.broken === undefined || !(error instanceof Fault)) throw error;
      wrong++; // what a reader without its check takes for a header may be no header at all
    }
  }
  Atomics.store(words, STOP, 1); // pairs with the load in writeBroadcast()
  return { done, wrong, lapped };
}

function writeValue(job: StressJob): StressResult {
  const value = new LatestValue(job.ring);
  const words = new Int32Array(job.words);
  const bytes = new Uint8Array(value.maxValueBytes);
  const view = new DataView(bytes.buffer);
  let n = 0;
  while (n < job.count || Atomics.load(words, STOP) === 0) {
    const length = lengthOf(n);
    fill(view, 0, length, n);
    value.write(bytes, length, n);
    n++;
  }
  return { done: n, wrong: 0, lapped: 0 };
}

class StressedValue extends LatestValue {
  readonly #job: StressJob;
  #copies = 0;
  lapped = 0;

  constructor(job: StressJob) {
    super(job.ring);
    this.#job = job;
  }

  protected override copyOut(bytes: Uint8Array, from: number, end: number, into: Uint8Array): void {
    const every = this.#job.interruptEvery ?? 0;
    if (every === 0 || ++this.#copies % every !== 0) {
      super.copyOut(bytes, from, end, into);
      return;
    }
    const half = from + ((end - from) >>> 1);
    super.copyOut(bytes, from, half, into);
    const words = new Int32Array(this.#job.ring);
    const sequence = Atomics.load(words, LATEST_VALUE_SEQUENCE_WORD); // pairs with the store in LatestValue.write()
    until(() => ((Atomics.load(words, LATEST_VALUE_SEQUENCE_WORD) - sequence) | 0) > 4);
    into.set(bytes.subarray(half, end), half - from);
  }

  protected override moved(words: Int32Array, sequence: number): boolean {
    if (this.#job.broken === 'no-check') return false;
    const moved = super.moved(words, sequence);
    if (moved) this.lapped++;
    return moved;
  }
}

function readValue(job: StressJob): StressResult {
  const value = new StressedValue(job);
  const words = new Int32Array(job.words);
  const into = new Uint8Array(value.maxValueBytes);
  const view = new DataView(into.buffer);
  until(() => value.version() >= 0);
  let done = 0;
  let wrong = 0;
  let last = -1;
  while (job.broken === undefined ? done < job.count || value.lapped === 0 : wrong === 0) {
    const length = value.read(into);
    const n = value.versionRead;
    if (n < last || length !== lengthOf(n) || !holds(view, 0, length, n)) wrong++;
    last = n;
    done++;
  }
  Atomics.store(words, STOP, 1); // pairs with the load in writeValue()
  return { done, wrong, lapped: value.lapped };
}

/** Ping sends a number and waits for it to come back; pong sends back what it gets. Neither ever wakes without its bell. */
class PingPong implements Agent {
  readonly name: string;
  readonly #in: CommandRing;
  readonly #out: CommandRing;
  readonly #otherBell: Doorbell;
  readonly #count: number;
  #next = 0;
  wrong = 0;

  constructor(name: string, inward: CommandRing, outward: CommandRing, otherBell: Doorbell, count: number) {
    this.name = name;
    this.#in = inward;
    this.#out = outward;
    this.#otherBell = otherBell;
    this.#count = count;
  }

  get done(): number {
    return this.#next;
  }

  running(): boolean {
    return this.#next < this.#count;
  }

  onStart(): void {
    if (this.name === 'ping') this.#send();
  }

  doWork(): number {
    if (this.#in.available(1) === 0) return 0;
    if (this.#in.view.getInt32(this.#in.slotAt(0), true) !== this.#next) this.wrong++;
    this.#in.release(1);
    if (this.name === 'pong') this.#send();
    this.#next++;
    if (this.name === 'ping' && this.running()) this.#send();
    return 1;
  }

  maxIdleMs(): number {
    return Number.POSITIVE_INFINITY; // a lost wake-up would never be made good: the test would not end
  }

  #send(): void {
    this.#out.view.setInt32(this.#out.claim(), this.#next, true);
    this.#out.commit();
    this.#otherBell.ring();
  }
}

async function pingPong(job: StressJob): Promise<StressResult> {
  const words = new Int32Array(job.words);
  const pingBell = new Doorbell(words, 0);
  const pongBell = new Doorbell(words, DOORBELL_STRIDE_INTS);
  const ping = job.role === 'ping';
  const own = ping ? pingBell : pongBell;
  const inward = new CommandRing(ping ? job.back : job.ring);
  const outward = new CommandRing(ping ? job.ring : job.back);
  const agent = new PingPong(job.role, inward, outward, ping ? pongBell : pingBell, job.count);
  if (job.wait === 'event-loop') await runOnEventLoop([agent], own, 'block', () => agent.running());
  else runBlocking([agent], own, job.wait === 'yield' ? 'yield' : 'block', () => agent.running());
  return { done: agent.done, wrong: agent.wrong, lapped: 0 };
}

/**
 * The worst moment, every time: the ringer commits and rings after the sleeper has looked at its ring and before it arms. Whoever
 * does not look again after arming sleeps on its message for ever; the ringer sees that, counts it in `wrong` and wakes it by force.
 */
function sleepLate(job: StressJob): StressResult {
  const ring = new CommandRing(job.ring);
  const words = new Int32Array(job.words);
  const bell = new Doorbell(words, 0);
  for (let n = 0; n < job.count; n++) {
    if (ring.available(1) !== 0) throw new Fault('the ringer came too early');
    Atomics.store(words, LOOKED, n + 1); // pairs with the load in ringEarly()
    until(() => Atomics.load(words, RUNG) === n + 1); // pairs with the store in ringEarly()
    bell.arm();
    if (job.broken === 'no-recheck' || ring.available(1) === 0) {
      Atomics.store(words, OUTCOME, OUTCOME_WAITING); // pairs with the load in ringEarly()
      bell.waitBlocking(Number.POSITIVE_INFINITY);
    } else {
      bell.disarm();
      Atomics.store(words, OUTCOME, OUTCOME_SERVED); // pairs with the load in ringEarly()
    }
    ring.release(ring.available(1));
  }
  return { done: job.count, wrong: 0, lapped: 0 };
}

function ringEarly(job: StressJob): StressResult {
  const ring = new CommandRing(job.ring);
  const words = new Int32Array(job.words);
  const bell = new Doorbell(words, 0);
  let lost = 0;
  for (let n = 0; n < job.count; n++) {
    until(() => Atomics.load(words, LOOKED) === n + 1); // pairs with the store in sleepLate()
    Atomics.store(words, OUTCOME, 0); // pairs with the stores in sleepLate(), which come after this one
    ring.claim();
    ring.commit();
    bell.ring();
    Atomics.store(words, RUNG, n + 1); // pairs with the load in sleepLate()
    until(() => Atomics.load(words, OUTCOME) !== 0);
    if (Atomics.load(words, OUTCOME) === OUTCOME_WAITING) {
      lost++;
      Atomics.store(words, OUTCOME, OUTCOME_LOST); // pairs with nothing: the sleeper does not look
      bell.ring();
    }
  }
  return { done: job.count, wrong: lost, lapped: 0 };
}

async function perform(job: StressJob): Promise<StressResult> {
  if (new Int32Array(job.words).length < WORDS) throw new Fault(`ring stress: words hold fewer than ${WORDS}`);
  switch (job.role) {
    case 'command-producer':
      return produceCommands(job);
    case 'command-consumer':
      return consumeCommands(job);
    case 'message-producer':
      return produceMessages(job);
    case 'message-consumer':
      return consumeMessages(job);
    case 'broadcast-writer':
      return writeBroadcast(job);
    case 'broadcast-reader':
      return readBroadcast(job);
    case 'value-writer':
      return writeValue(job);
    case 'value-reader':
      return readValue(job);
    case 'ping':
    case 'pong':
      return pingPong(job);
    case 'late-sleeper':
      return sleepLate(job);
    case 'early-ringer':
      return ringEarly(job);
  }
}

// workerData is whatever the test sent; both ends are compiled from the same StressJob.
const job: StressJob = workerData;
parentPort?.postMessage(await perform(job));
