// The life of the process: recovery, opening, orderly stop, crash. Main thread; owns threads and database.
// Must never exit while a gateway holds a socket, and never hide why it ends.

import { setTimeout as sleep } from 'node:timers/promises';
import { answerLedger, LEDGER_ANSWER_MS } from '../composition/ledger-word.ts';
import type { ThreadData } from '../composition/thread-data.ts';
import type { Config } from '../config.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { MainAnswer, MainQuestion } from '../gateway/context.ts';
import { ControlWriter } from '../journal/control-writer.ts';
import { SegmentPreparer } from '../journal/segment-preparer.ts';
import type { RecoveryFacts } from '../matching/matching-agent.ts';
import { type Figures, openFigures, spoolBytes } from '../metrics/figures.ts';
import { LagWatch } from '../metrics/lag.ts';
import { passFaultPoint } from '../runtime/fault-point.ts';
import type { Logger } from '../runtime/log.ts';
import { ProcessState, SharedProcessState, StorageState, storageStateName } from '../runtime/process-state.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { type AgentName, createSharedMemory, planThreads, type SharedMemory, type ThreadPlan } from '../topology.ts';
import {
  FollowerCounter,
  GatewayCounter,
  LedgerCounter,
  MainCounter,
  MatchingCounter,
  SinkState,
} from '../wire/counters.ts';
import { readDurablePoint } from '../wire/durable-point.ts';
import { InstrumentDirectory } from '../wire/instrument-directory.ts';
import { asyncApiAnswer, openApiAnswer } from './api-documents.ts';
import { Archiver } from './archiver.ts';
import { Database } from './database.ts';
import { DiskWatchdog } from './disk-watchdog.ts';
import { ExitCode, exitCodeFor } from './exit-codes.ts';
import { type Health, healthAnswer, healthOf, type SinkDetails, sinkStateName } from './health.ts';
import { Historian, historyThread } from './historian.ts';
import { hookEnvironment } from './hook-environment.ts';
import { madeOnce } from './made-once.ts';
import type { MainMessage, ThreadMessage } from './messages.ts';
import { pause } from './pause.ts';
import { choosePort } from './port.ts';
import { queuesAnswer } from './queues.ts';
import { Snapshotter, snapshotAnswer } from './snapshotter.ts';
import type { Storage } from './storage.ts';
import { StorageWatch } from './storage-watch.ts';
import { Threads } from './threads.ts';

const WRITERS: readonly AgentName[] = ['gateway', 'matching'];
const READERS: readonly AgentName[] = ['follower', 'market-data', 'ledger', 'publisher'];
/** How long the threads may take to close sockets and files when the process ends. */
const CLOSE_TIMEOUT_MS = 2_000;
/** How long pending requests have to be told that their outcome is unknown. */
const LAST_WORDS_MS = 500;
/** A database that is up by then is connected to at the first attempt. Orders are taken meanwhile. */
const DATABASE_HEAD_START_MS = 3_000;
/** How long the start waits to learn whether Postgres is there. Trading does not wait. */
const FIRST_CONTACT_MS = 1_000;
const POLL_MS = 5;
/** How often free space is looked at, and whether there is a next segment. */
const STORAGE_EVERY_MS = 1_000;
/** How often it is looked whether a projection is behind, a snapshot is due, or the disk hangs. */
const LOOK_EVERY_MS = 250;
/** How often a recovery says how far it is. */
const PROGRESS_EVERY_MS = 2_000;
/** How often the CONTROL file is written while the journal grows. */
const CONTROL_EVERY_MS = 1_000;

/** What the start came to, for the banner and the log. */
export interface StartFacts {
  readonly port: number;
  readonly recovered: RecoveryFacts;
  readonly instruments: readonly Instrument[];
}

/** An error, or what is left of one that came from another thread. */
interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

export class Supervisor {
  readonly #config: Config;
  readonly #storage: Storage;
  readonly #logger: Logger;
  readonly #plan: readonly ThreadPlan[];
  readonly #memory: SharedMemory;
  readonly #state: SharedProcessState;
  readonly #threads: Threads;
  readonly #figures: Figures;
  readonly #segments: SegmentPreparer;
  readonly #control: ControlWriter;
  readonly #room: StorageWatch;
  readonly #disk: DiskWatchdog;
  readonly #lag: LagWatch;
  readonly #snapshots: Snapshotter;
  readonly #historian: Historian;
  readonly #archiver: Archiver;
  readonly #instruments: InstrumentDirectory;
  readonly #sinks: SinkDetails = { postgres: '', redis: '', control: '', spool: '' };
  #onRecovered: (facts: RecoveryFacts) => void = () => {};
  readonly #database: Database;
  /** Made at the first scrape: a start does without the metrics library, which takes its time to load. */
  readonly #metricsPage = madeOnce(async () => {
    const { createMetricsPage } = await import('../metrics/registry.ts');
    return createMetricsPage(this.#figures, this.#instruments, this.#lag);
  });
  #saidAtMs = performance.now();
  #ending = false;
  #writersEnded = false;
  #spoolIsLarge = false;
  #failure: ExitCode | undefined;

  constructor(config: Config, storage: Storage, logger: Logger) {
    this.#config = config;
    this.#storage = storage;
    this.#logger = logger;
    this.#plan = planThreads(config.cores, config.gatewayThreads);
    this.#memory = createSharedMemory(config, this.#plan);
    this.#state = new SharedProcessState(this.#memory.state);
    this.#threads = new Threads(this.#plan, this.#memory, (thread, message, answer) =>
      this.#onMessage(thread, message, answer),
    );
    this.#figures = openFigures(this.#memory.counters, this.#memory.commandRings);
    this.#lag = new LagWatch(this.#figures, () => performance.now() / 1_000);
    this.#archiver = this.#composeArchiver();
    this.#snapshots = this.#composeSnapshotter();
    this.#historian = this.#composeHistorian();
    setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    this.#instruments = new InstrumentDirectory(new LatestValue(this.#memory.instruments));
    this.#segments = new SegmentPreparer(storage.journal, config.segmentBytes);
    this.#room = this.#createStorageWatch();
    setInterval(() => this.#lookAtStorage(), STORAGE_EVERY_MS).unref();
    this.#disk = this.#createDiskWatchdog();
    this.#control = this.#createControl();
    setInterval(() => void this.#control.write(), CONTROL_EVERY_MS).unref();
    this.#database = new Database(config.postgres, storage.postgres, logger);
  }

  /** Recovers and opens for business. Resolves when orders are taken and reads are answered. */
  async start(): Promise<StartFacts> {
    const config = this.#config;
    const recovered = new Promise<RecoveryFacts>((resolve) => {
      this.#onRecovered = resolve;
    });
    const port = await choosePort(config.host, config.port);
    const database = this.#database.start();
    const { journal, snapshots, spool, control } = this.#storage;
    const data: Omit<ThreadData, 'index' | 'postgres'> = {
      config,
      port,
      threads: this.#plan,
      memory: this.#memory,
      directories: { journal, snapshots, spool, control },
    };
    const writers = this.#threads.start(WRITERS, { ...data, postgres: undefined });
    // The projections read the journal, so they begin when recovery has cut what may be torn.
    const facts = await recovered;
    this.#snapshots.begin(facts.snapshotSequence);
    await Promise.race([database, pause(DATABASE_HEAD_START_MS)]);
    const { connection } = this.#database;
    await Promise.all([writers, this.#threads.start(READERS, { ...data, postgres: connection })]);
    await this.#until(() => this.#figures.ledger.get(LedgerCounter.STATE) !== SinkState.CONNECTING, FIRST_CONTACT_MS);
    return { port, recovered: facts, instruments: this.#instruments.current.all };
  }

  /**
   * Orderly stop: pending orders are answered, journal and projections are complete. Ends the process with 0, or with
   * the code of what failed on the way.
   */
  async stop(reason: string): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#logger.info({ reason }, 'stopping');
    const { drainTimeoutMs, flushTimeoutMs } = this.#config.limits;
    this.#moveOn(ProcessState.DRAINING);
    if (!(await this.#until(() => this.#inFlight() === 0, drainTimeoutMs))) {
      this.#logger.error({ commands: this.#inFlight() }, 'not answered in time: their outcome is unknown to who asked');
    }
    this.#moveOn(ProcessState.CLOSING);
    this.#writersEnded = await this.#threads.ended(WRITERS, CLOSE_TIMEOUT_MS);
    if (!this.#writersEnded)
      this.#fail({ name: 'JournalFault', message: 'the matching thread does not end: a write or sync hangs' });
    await this.#until(() => this.#followerIsComplete(), flushTimeoutMs);
    this.#moveOn(ProcessState.FINISHING);
    await this.#threads.ended(READERS, flushTimeoutMs + CLOSE_TIMEOUT_MS);
    await Promise.all([
      this.#segments.close(),
      this.#snapshots.close(),
      this.#historian.close(),
      this.#archiver.close(),
    ]);
    // A disk that hangs must not keep the process: the file is only a witness.
    if (this.#writersEnded) await Promise.race([this.#control.close(), pause(CLOSE_TIMEOUT_MS)]);
    await this.#database.stop();
    this.#logger.info({ sequence: this.#figures.matching.get(MatchingCounter.SEQUENCE) }, 'stopped');
    this.#exit(this.#failure ?? ExitCode.OK);
  }

  /** Stop after a failure: nothing more is acknowledged; whoever waits is told that the outcome is unknown. */
  async crash(error: Failure, thread?: string): Promise<void> {
    const code = this.#fail(error, thread);
    // A stop that is under way goes on to its end, and ends with this code.
    if (this.#ending) return;
    this.#ending = true;
    const isOpen = this.#state.get() === ProcessState.OPEN;
    if (isOpen || code === ExitCode.FAULT || code === ExitCode.IO) this.#moveOn(ProcessState.POISONED);
    await this.#until(() => this.#inFlight() === 0, LAST_WORDS_MS);
    this.#exit(code);
  }

  /** The last thing: sockets closed, then the process ends. Blocks. */
  closeGateways(): void {
    this.#moveOn(ProcessState.FINISHING);
    this.#state.waitGatewaysClosed(CLOSE_TIMEOUT_MS);
  }

  /** Says what failed and remembers the first failure's exit code. Returns this one's. */
  #fail(error: Failure, thread?: string): ExitCode {
    const { name, message, stack } = error;
    const code = exitCodeFor(error);
    const text = thread === undefined ? message : `${thread}: ${message}`;
    // Where in the code it was found says nothing about a wrong setting.
    this.#logger.fatal({ error: name, ...(code === ExitCode.USAGE ? {} : { stack }), code }, text);
    this.#failure ??= code;
    return code;
  }

  /** The lock stays: the kernel frees it when the process is really gone, with every write it may still have under way. */
  #exit(code: ExitCode): void {
    this.closeGateways();
    if (this.#writersEnded) this.#storage.release();
    process.exit(code);
  }

  #moveOn(state: ProcessState): void {
    passFaultPoint(this.#config.crashAt, 'shutdown');
    this.#state.advance(state);
    this.#threads.wake();
  }

  async #until(done: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!done()) {
      if (performance.now() >= deadline) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  #inFlight(): number {
    return this.#figures.gateways.reduce((sum, block) => sum + block.get(GatewayCounter.IN_FLIGHT), 0);
  }

  #followerIsComplete(): boolean {
    const { follower, matching } = this.#figures;
    const frames = follower.get(FollowerCounter.FRAME) >= matching.get(MatchingCounter.DURABLE_FRAME);
    return frames && follower.get(FollowerCounter.SPOOL_SEQUENCE) >= matching.get(MatchingCounter.SEQUENCE);
  }

  #onMessage(thread: ThreadPlan, message: ThreadMessage, answer: (message: MainMessage) => void): void {
    switch (message.kind) {
      case 'ready':
        break;
      case 'recovered':
        this.#onRecovered(message);
        break;
      case 'segment-needed':
        this.#lookAtStorage();
        break;
      case 'sink':
        this.#sinkIs(message.sink, message.state, message.detail);
        break;
      case 'spool':
        this.#spoolIs(message.detail);
        break;
      case 'ledger-asked':
        void this.#answerLedger();
        break;
      case 'question':
        void this.#answer(message.question).then((text) => answer({ kind: 'answer', id: message.id, answer: text }));
        break;
      case 'failed':
        void this.crash(message, thread.name);
        break;
    }
  }

  /** Never rejects. The driver is loaded when it is needed: hardly ever. */
  async #answerLedger(): Promise<void> {
    await Promise.race([this.#database.started, pause(LEDGER_ANSWER_MS)]);
    const { connection } = this.#database;
    const { ledgerCheckpoint } = await import('../ledger/ledger-checkpoint.ts');
    const address = 'url' in connection ? { connectionString: connection.url } : { ...connection };
    answerLedger(this.#memory.ledgerPoint, await ledgerCheckpoint(address, 0));
    this.#threads.wake();
  }

  #look(): void {
    this.#lag.look();
    this.#disk.look();
    const state = this.#state.get();
    if (state === ProcessState.OPEN) this.#snapshots.look();
    if (state === ProcessState.RECOVERING) this.#sayProgress();
  }

  /** A recovery that takes long says how far it is. */
  #sayProgress(): void {
    const now = performance.now();
    if (now - this.#saidAtMs < PROGRESS_EVERY_MS) return;
    this.#saidAtMs = now;
    this.#logger.info({ sequence: this.#figures.matching.get(MatchingCounter.REPLAYED_SEQUENCE) }, 'recovering');
  }

  #composeSnapshotter(): Snapshotter {
    const { matching, ledger, main } = this.#figures;
    return new Snapshotter({
      directories: this.#storage,
      everyCommands: this.#config.snapshotCommands,
      everySeconds: this.#config.snapshotSeconds,
      crashAt: this.#config.crashAt,
      progress: {
        sequence: () => matching.get(MatchingCounter.SEQUENCE),
        durableFrame: () => matching.get(MatchingCounter.DURABLE_FRAME),
        ledgerSequence: () => ledger.get(LedgerCounter.SEQUENCE),
      },
      counters: main,
      nowSeconds: () => performance.now() / 1_000,
      onTaken: (facts) => {
        this.#logger.info(facts, 'engine snapshot taken');
        this.#archiver.run();
      },
      onFailed: ({ message }) => {
        this.#logger.error({ error: message }, 'no engine snapshot could be taken');
        this.#room.writerFailed('an engine snapshot', message);
      },
    });
  }

  #composeHistorian(): Historian {
    const { journal, snapshots } = this.#storage;
    return new Historian({
      startThread: historyThread({ journalDirectory: journal, snapshotDirectory: snapshots }),
      durableFrame: () => this.#figures.matching.get(MatchingCounter.DURABLE_FRAME),
      nowSeconds: () => performance.now() / 1_000,
      onFailed: ({ message }) => this.#logger.error({ error: message }, 'a book of the past could not be made'),
    });
  }

  #composeArchiver(): Archiver {
    const { ledger, follower, main } = this.#figures;
    const { mode, hook, bytesMax = Number.POSITIVE_INFINITY } = this.#config.archive;
    const { journal: journalDirectory, snapshots: snapshotDirectory } = this.#storage;
    const directories = { journalDirectory, snapshotDirectory };
    const environment = hookEnvironment(process.env, this.#storage.dataDir);
    return new Archiver({
      task: () => {
        if (mode === 'off') return undefined;
        const ledgerSequence = ledger.get(LedgerCounter.SEQUENCE);
        return {
          ...directories,
          mode,
          hook,
          hookEnvironment: environment,
          bytesMax,
          ledgerSequence,
          followerFrame: follower.get(FollowerCounter.FRAME),
        };
      },
      counters: main,
      onDone: (facts) => this.#logger.info(facts, 'closed journal segments archived'),
      onFailed: (what, error) => this.#logger.error({ error }, `${what}: failed, tried again after the next snapshot`),
    });
  }

  #createStorageWatch(): StorageWatch {
    const { matching, main } = this.#figures;
    return new StorageWatch({
      directory: this.#storage.journal,
      lowBytes: this.#config.storageLowBytes,
      segmentBytes: this.#config.segmentBytes,
      nextSegment: this.#segments,
      segmentBytesLeft: () => matching.get(MatchingCounter.SEGMENT_BYTES_LEFT),
      isJournalOut: () => matching.get(MatchingCounter.NO_ROOM) === 1,
      state: this.#state,
      counters: main,
      onChanged: (state, detail) => this.#storageIs(state, detail),
      onNoSegment: (error) => this.#logger.error({ error }, 'no journal segment could be prepared'),
    });
  }

  #lookAtStorage(): void {
    if (this.#state.get() !== ProcessState.OPEN) return;
    void this.#room.look();
    const bytes = spoolBytes(this.#figures);
    const isLarge = bytes > this.#config.spoolMaxBytes;
    if (isLarge && !this.#spoolIsLarge) this.#logger.error({ bytes }, 'the event spool is longer than it should be');
    this.#spoolIsLarge = isLarge;
  }

  #storageIs(state: StorageState, detail: string): void {
    const facts = { storage: storageStateName(state), detail };
    if (state === StorageState.ROOM) this.#logger.info(facts, 'orders are taken again');
    else if (state === StorageState.LOW) this.#logger.error(facts, 'disk space runs short: only cancels are taken');
    else this.#logger.error(facts, 'the disk is full: no command is taken');
  }

  #createDiskWatchdog(): DiskWatchdog {
    const busySince = () => this.#figures.matching.get(MatchingCounter.DISK_BUSY_SINCE_US);
    return new DiskWatchdog(busySince, () => {
      const message = 'matching: a write or sync of the journal has not returned for more than 5 s';
      void this.crash({ name: 'JournalFault', message });
    });
  }

  /** A ledger that stands still until somebody acts is an error; one that is away comes back by itself. */
  #sinkIs(sink: 'postgres' | 'redis', state: number, detail: string): void {
    this.#sinks[sink] = detail;
    const facts = { sink, state: sinkStateName(state), detail };
    if (state === SinkState.REFUSED || state === SinkState.POISONED) this.#logger.error(facts, 'projection');
    else this.#logger.info(facts, 'projection');
  }

  /** The events wait in memory meanwhile, and beyond a bound in the journal. */
  #spoolIs(failure: string): void {
    this.#sinks.spool = failure;
    if (failure === '') this.#logger.info({}, 'the event spool can be written again');
    else this.#logger.error({ error: failure }, 'the event spool cannot be written; it is tried again');
    this.#room.writerFailed('the event spool', failure);
  }

  #createControl(): ControlWriter {
    const { main } = this.#figures;
    const point = new LatestValue(this.#memory.durablePoint);
    return new ControlWriter({
      path: this.#storage.control,
      durablePoint: () => readDurablePoint(point),
      onWritten: (frame) => {
        passFaultPoint(this.#config.crashAt, 'control_written');
        main.set(MainCounter.CONTROL_FRAME, frame);
        this.#controlIs('');
      },
      onFailed: (reason) => {
        main.add(MainCounter.CONTROL_ERRORS, 1);
        this.#controlIs(reason);
      },
    });
  }

  /** Says each change once, not each write: the journal does not need the file. */
  #controlIs(failure: string): void {
    const was = this.#sinks.control;
    this.#sinks.control = failure;
    this.#figures.main.set(MainCounter.CONTROL_FAILING, failure === '' ? 0 : 1);
    if (failure === was) return;
    this.#room.writerFailed('the CONTROL file', failure);
    if (failure === '') this.#logger.info({}, 'the CONTROL file can be written again');
    else this.#logger.error({ error: failure }, 'the CONTROL file cannot be written; trading goes on');
  }

  async #metricsAnswer(): Promise<MainAnswer> {
    const page = await this.#metricsPage();
    return { status: 200, contentType: page.contentType, body: await page.render() };
  }

  async #answer(question: MainQuestion): Promise<MainAnswer> {
    switch (question.kind) {
      case 'metrics':
        return await this.#metricsAnswer();
      case 'health':
        return healthAnswer(this.#health());
      case 'queues':
        return queuesAnswer(this.#figures, this.#health(), this.#lag);
      case 'openapi':
        return await openApiAnswer();
      case 'asyncapi':
        return await asyncApiAnswer();
      case 'snapshot':
        return snapshotAnswer(this.#snapshots.take());
      case 'book':
        return this.#historian.ask(question);
      case 'resume':
        return await this.#room.resume();
    }
  }

  #health(): Health {
    return healthOf({
      figures: this.#figures,
      config: this.#config,
      storage: this.#storage,
      state: this.#state.get(),
      details: this.#sinks,
      lag: this.#lag,
      room: this.#room.facts,
      instruments: this.#instruments.current.all,
    });
  }
}
