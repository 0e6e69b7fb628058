// Every tunable and limit: parsed once from the environment (and `.env`), checked, frozen. Read by main, which passes
// it to the threads. The only file that knows the names of environment variables; nothing else reads them.

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { assert } from './assert.ts';
import { FAULT_POINTS, type FaultPlan, parseFaultPlan } from './runtime/fault-point.ts';
import { defaultWaitStrategy, WAIT_STRATEGIES, type WaitStrategy } from './runtime/idle-strategy.ts';
import { LOG_LEVELS } from './runtime/log.ts';
import { boolean, integer, oneOf, type Setting, string, WrongSetting } from './runtime/setting.ts';
import { GATEWAYS_MAX } from './wire/counters.ts';
import { parseInstrumentsFile } from './wire/instruments-file.ts';
import { REPLY_BYTES_MAX, replyRingBytes } from './wire/reply-codec.ts';

interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
}

interface InstrumentsFile {
  readonly file: string;
  readonly list: ReturnType<typeof parseInstrumentsFile>;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly dataDir: string;
  readonly durability: 'fsync' | 'os' | 'memory';
  /** How a frame is written where `durability` is fsync. */
  readonly journalWrite: (typeof JOURNAL_WRITES)[number];
  readonly wait: WaitStrategy;
  readonly cores: number;
  readonly gatewayThreads: number;
  readonly ringSlots: number;
  readonly adminToken: string | undefined;
  readonly showClientIds: boolean;
  /** balances: what an order may spend is held until it has. */
  readonly risk: (typeof RISKS)[number];
  /** undefined: BTC-USD in a new journal, else what the journal has. */
  readonly instruments: InstrumentsFile | undefined;
  /** An engine snapshot is taken after so many commands, or after so many seconds with any. */
  readonly snapshotCommands: number;
  readonly snapshotSeconds: number;
  /** Closed journal segments that no start needs. */
  readonly archive: {
    /** keep: repacked without their padding. delete: removed. off: they stay. */
    readonly mode: (typeof ARCHIVE_MODES)[number];
    /** A program that is given the path of each archived file. */
    readonly hook: string | undefined;
    /** The oldest files are removed while the archive is larger; undefined: none is. */
    readonly bytesMax: number | undefined;
  };
  /** Less free space than this is low: only cancels pass. undefined: chosen by the file system's size. */
  readonly storageLowBytes: number | undefined;
  /** A longer event spool is told of, in health, log and metrics. */
  readonly spoolMaxBytes: number;
  /** Size of new journal segments. */
  readonly segmentBytes: number;
  /** Where a test has the process killed; undefined: nowhere. */
  readonly crashAt: FaultPlan | undefined;
  /** Whose commands the engine faults on, for a test; undefined: nobody's. */
  readonly poisonClient: string | undefined;
  /** undefined: an embedded server in the data directory. */
  readonly postgres: { readonly url: string } | PostgresAddress | undefined;
  /** undefined: the publisher is off. */
  readonly redis: { readonly url: string } | { readonly host: string; readonly port: number } | undefined;
  /** npm started us, and its end is ours too. */
  readonly stopWithParent: boolean;
  /** Bounds of WS /ws, for each gateway thread; what they mean: gateway/ws/limits.ts. */
  readonly ws: ReturnType<typeof webSocketsOf>;
  readonly limits: typeof LIMITS;
}

const RISKS = ['off', 'balances'] as const;
const JOURNAL_WRITES = ['auto', 'direct', 'dsync', 'fdatasync'] as const;
const ARCHIVE_MODES = ['keep', 'delete', 'off'] as const;

/** What is not worth a variable. Bytes, milliseconds, counts. */
const LIMITS = {
  bodyBytesMax: 16_384,
  bodyTimeoutMs: 10_000,
  replyTimeoutMs: 10_000,
  readTimeoutMs: 1_000,
  streamBackpressureBytesMax: 4 * 1024 * 1024,
  eventRingBytes: 16 * 1024 * 1024,
  /** Holds the messages of several full turns of market data, so that a gateway may be late. A power of two. */
  streamRingBytes: 16 * 1024 * 1024,
  /** Likewise for the feed of /ws. */
  feedRingBytes: 32 * 1024 * 1024,
  wishRingBytes: 256 * 1024,
  feedAnswerRingBytes: 1024 * 1024,
  /** What a resume finds in memory (a multiple of 64 KiB), and so much of the event spool is kept for older ones. */
  feedHistoryBytes: 32 * 1024 * 1024,
  resumeSpoolBytes: 256 * 1024 * 1024,
  queryRingBytes: 64 * 1024,
  answerRingBytes: 2 * 1024 * 1024,
  /** How long an orderly stop waits for pending replies, and for the projections to catch up. */
  drainTimeoutMs: 5_000,
  flushTimeoutMs: 5_000,
} as const;

/** A wrong setting; main prints the message and exits 64. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
}

/** Settings that would open what must stay closed; main prints the message and exits 78. */
export class InsecureConfigError extends ConfigError {
  override readonly name = 'InsecureConfigError';
}

const MIB = 2 ** 20;
const DEFAULT_HOST = '127.0.0.1';

/** Every variable, and what it may be. */
const VARIABLES = {
  PORT: integer(0, 65_535),
  HOST: string(),
  LOG_LEVEL: oneOf(LOG_LEVELS),
  DATABASE_URL: string(),
  POSTGRES_HOST: string(),
  POSTGRES_PORT: integer(1, 65_535),
  POSTGRES_USER: string(),
  POSTGRES_PASSWORD: string(),
  POSTGRES_DB: string(),
  REDIS_URL: string(),
  REDIS_HOST: string(),
  REDIS_PORT: integer(1, 65_535),
  RINGBOOK_DATA_DIR: string(),
  RINGBOOK_GATEWAY_THREADS: integer(1, GATEWAYS_MAX),
  RINGBOOK_RING_SLOTS: integer(64, 65_536),
  RINGBOOK_DURABILITY: oneOf(['fsync', 'os', 'memory']),
  RINGBOOK_JOURNAL_WRITE: oneOf(JOURNAL_WRITES),
  RINGBOOK_WAIT: oneOf(WAIT_STRATEGIES),
  RINGBOOK_ADMIN_TOKEN: string(16),
  RINGBOOK_SHOW_CLIENT_IDS: boolean(),
  RINGBOOK_RISK: oneOf(RISKS),
  RINGBOOK_INSTRUMENTS: string(),
  RINGBOOK_SNAPSHOT_COMMANDS: integer(1, 1_000_000_000),
  RINGBOOK_SNAPSHOT_SECONDS: integer(1, 31_536_000),
  RINGBOOK_ARCHIVE: oneOf(ARCHIVE_MODES),
  RINGBOOK_ARCHIVE_HOOK: string(),
  RINGBOOK_ARCHIVE_MAX_BYTES: integer(0, Number.MAX_SAFE_INTEGER),
  RINGBOOK_STORAGE_LOW_BYTES: integer(0, Number.MAX_SAFE_INTEGER),
  RINGBOOK_SPOOL_MAX_BYTES: integer(1, Number.MAX_SAFE_INTEGER),
  RINGBOOK_SEGMENT_BYTES: integer(MIB, 1024 * MIB, 4096),
  RINGBOOK_WS_CONNECTIONS_MAX: integer(0, 1_000_000),
  RINGBOOK_WS_UPGRADES_PER_SECOND: integer(0, 1_000_000),
  RINGBOOK_WS_FRAMES_PER_SECOND: integer(0, 1_000_000),
  RINGBOOK_WS_SUBSCRIPTIONS_MAX: integer(1, 100_000),
  RINGBOOK_WS_IDLE_SECONDS: integer(8, 960),
  RINGBOOK_WS_BACKPRESSURE_BYTES: integer(65_536, 268_435_456),
  RINGBOOK_WS_CONFLATE_BYTES: integer(1_024, 268_435_456),
  RINGBOOK_WS_TOTAL_BYTES: integer(1_048_576, Number.MAX_SAFE_INTEGER),
  RINGBOOK_WS_ORIGINS: string(),
  RINGBOOK_FAULTS: integer(0, 1),
  RINGBOOK_CRASH_AT: string(),
  RINGBOOK_POISON_CLIENT: string(),
};
type Name = keyof typeof VARIABLES;
type Variables = { [N in Name]?: ReturnType<(typeof VARIABLES)[N]> };
/** The same table, with each name's type in reach of a name that is not known yet. */
const SETTINGS: { readonly [N in Name]: Setting<NonNullable<Variables[N]>> } = VARIABLES;

const SECRETS = ['POSTGRES_PASSWORD', 'RINGBOOK_ADMIN_TOKEN', 'DATABASE_URL', 'REDIS_URL'];

/**
 * Reads the environment, with `.env` of the working directory beneath it. Throws ConfigError naming the variable.
 * An empty value counts as unset. Unknown RINGBOOK_* names are errors; other unknown names are not ours to judge.
 */
export function readConfig(environment: NodeJS.ProcessEnv, directory: string): Config {
  return toConfig(readVariables(environment, directory), environment, directory);
}

function readVariables(environment: NodeJS.ProcessEnv, directory: string): Variables {
  const file = resolve(directory, '.env');
  const merged = { ...(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}), ...environment };
  const variables: Variables = {};
  for (const [name, text] of Object.entries(merged)) {
    if (text === undefined || text === '') continue;
    if (isName(name)) readVariable(variables, name, text);
    else if (name.startsWith('RINGBOOK_')) {
      throw new ConfigError(`${name}: no such setting; .env.example lists them all`);
    }
  }
  return variables;
}

function isName(name: string): name is Name {
  return Object.hasOwn(VARIABLES, name);
}

function readVariable<N extends Name>(into: Variables, name: N, text: string): void {
  try {
    into[name] = SETTINGS[name](text);
  } catch (error) {
    if (!(error instanceof WrongSetting)) throw error;
    const value = SECRETS.includes(name) ? '(hidden)' : JSON.stringify(error.value);
    throw new ConfigError(`${name}=${value} ${error.message}`);
  }
}

function toConfig(variables: Variables, environment: NodeJS.ProcessEnv, directory: string): Config {
  const cores = availableParallelism();
  const config: Config = {
    host: variables.HOST ?? DEFAULT_HOST,
    port: variables.PORT ?? 3000,
    logLevel: variables.LOG_LEVEL ?? 'info',
    dataDir: resolve(directory, variables.RINGBOOK_DATA_DIR ?? 'data'),
    durability: variables.RINGBOOK_DURABILITY ?? 'fsync',
    journalWrite: variables.RINGBOOK_JOURNAL_WRITE ?? 'auto',
    wait: variables.RINGBOOK_WAIT ?? defaultWaitStrategy(cores),
    cores,
    gatewayThreads: variables.RINGBOOK_GATEWAY_THREADS ?? defaultGatewayThreads(cores),
    ringSlots: powerOfTwo(variables.RINGBOOK_RING_SLOTS ?? 4096),
    adminToken: variables.RINGBOOK_ADMIN_TOKEN,
    showClientIds: variables.RINGBOOK_SHOW_CLIENT_IDS ?? true,
    risk: variables.RINGBOOK_RISK ?? 'off',
    instruments: instrumentsOf(variables, directory),
    snapshotCommands: variables.RINGBOOK_SNAPSHOT_COMMANDS ?? 1_000_000,
    snapshotSeconds: variables.RINGBOOK_SNAPSHOT_SECONDS ?? 600,
    archive: {
      mode: variables.RINGBOOK_ARCHIVE ?? 'keep',
      hook: variables.RINGBOOK_ARCHIVE_HOOK,
      bytesMax: variables.RINGBOOK_ARCHIVE_MAX_BYTES,
    },
    storageLowBytes: variables.RINGBOOK_STORAGE_LOW_BYTES,
    spoolMaxBytes: variables.RINGBOOK_SPOOL_MAX_BYTES ?? 8 * 1024 ** 3,
    segmentBytes: variables.RINGBOOK_SEGMENT_BYTES ?? 64 * MIB,
    crashAt: crashPlanOf(variables),
    poisonClient: variables.RINGBOOK_FAULTS === 1 ? variables.RINGBOOK_POISON_CLIENT : undefined,
    postgres: postgresOf(variables),
    redis: redisOf(variables),
    stopWithParent: environment.npm_lifecycle_event !== undefined,
    ws: webSocketsOf(variables),
    limits: LIMITS,
  };
  assertRelations(config);
  return Object.freeze(config);
}

/** Two keep each other company while replies wait for the disk, even on two cores; beyond, half of the cores up to four. */
function defaultGatewayThreads(cores: number): number {
  return cores <= 2 ? cores : Math.max(2, Math.min(4, Math.floor(cores / 2)));
}

function powerOfTwo(slots: number): number {
  if ((slots & (slots - 1)) !== 0) throw new ConfigError(`RINGBOOK_RING_SLOTS=${slots} must be a power of two`);
  return slots;
}

function instrumentsOf({ RINGBOOK_INSTRUMENTS: path }: Variables, directory: string): Config['instruments'] {
  if (path === undefined) return undefined;
  const file = resolve(directory, path);
  try {
    return { file, list: parseInstrumentsFile(readFileSync(file)) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`RINGBOOK_INSTRUMENTS=${JSON.stringify(path)}: ${why}`);
  }
}

/** Whoever sets only one of the two did not mean to have the process killed. */
function crashPlanOf({ RINGBOOK_FAULTS, RINGBOOK_CRASH_AT: text }: Variables): FaultPlan | undefined {
  if (RINGBOOK_FAULTS !== 1 || text === undefined) return undefined;
  const plan = parseFaultPlan(text);
  if (plan !== undefined) return plan;
  throw new ConfigError(
    `RINGBOOK_CRASH_AT=${JSON.stringify(text)} must be <point> or <point>:<n>, n from 1: ${FAULT_POINTS.join(', ')}`,
  );
}

function postgresOf(variables: Variables): Config['postgres'] {
  if (variables.DATABASE_URL !== undefined) return { url: variables.DATABASE_URL };
  if (variables.POSTGRES_HOST === undefined) return undefined;
  const user = variables.POSTGRES_USER ?? 'postgres';
  return {
    host: variables.POSTGRES_HOST,
    port: variables.POSTGRES_PORT ?? 5432,
    user,
    database: variables.POSTGRES_DB ?? user,
    ...(variables.POSTGRES_PASSWORD === undefined ? {} : { password: variables.POSTGRES_PASSWORD }),
  };
}

function redisOf(variables: Variables): Config['redis'] {
  if (variables.REDIS_URL !== undefined) return { url: variables.REDIS_URL };
  if (variables.REDIS_HOST === undefined) return undefined;
  return { host: variables.REDIS_HOST, port: variables.REDIS_PORT ?? 6379 };
}

/** Limits on what clients do are off while only this machine's can. */
function webSocketsOf(variables: Variables) {
  const loopback = isLoopback(variables.HOST ?? DEFAULT_HOST);
  const settings = {
    connectionsMax: variables.RINGBOOK_WS_CONNECTIONS_MAX ?? 0,
    upgradesPerSecond: variables.RINGBOOK_WS_UPGRADES_PER_SECOND ?? (loopback ? 0 : 100),
    framesPerSecond: variables.RINGBOOK_WS_FRAMES_PER_SECOND ?? (loopback ? 0 : 1_000),
    subscriptionsMax: variables.RINGBOOK_WS_SUBSCRIPTIONS_MAX ?? 1_024,
    idleTimeoutS: variables.RINGBOOK_WS_IDLE_SECONDS ?? 60,
    backpressureBytesMax: variables.RINGBOOK_WS_BACKPRESSURE_BYTES ?? 4 * MIB,
    conflateBytes: variables.RINGBOOK_WS_CONFLATE_BYTES ?? MIB / 4,
    totalBytesMax: variables.RINGBOOK_WS_TOTAL_BYTES ?? 256 * MIB,
    allowed: (variables.RINGBOOK_WS_ORIGINS ?? '').split(/[ ,]+/).filter((origin) => origin !== ''),
    loopback,
  };
  if (settings.conflateBytes < settings.backpressureBytesMax) return settings;
  throw new ConfigError('RINGBOOK_WS_CONFLATE_BYTES must be below RINGBOOK_WS_BACKPRESSURE_BYTES');
}

function isLoopback(host: string): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(host);
}

function assertRelations(config: Config): void {
  if (!isLoopback(config.host) && config.adminToken === undefined) {
    throw new InsecureConfigError(`HOST=${config.host} is reachable by others: set RINGBOOK_ADMIN_TOKEN too`);
  }
  // Every command in flight has room for its largest reply, so the matching thread never meets a full reply ring.
  assert(replyRingBytes(config.ringSlots) >= config.ringSlots * (REPLY_BYTES_MAX + 8), 'replies in flight fit');
  assert(LIMITS.replyTimeoutMs > LIMITS.readTimeoutMs, 'an order may wait longer than a read');
}

/** The effective configuration for the log, secrets masked. */
export function describeConfig(config: Config): Record<string, unknown> {
  const mask = (value: string) => value.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:***@');
  const { postgres, redis, limits, adminToken, instruments, crashAt, ...rest } = config;
  const database =
    postgres === undefined
      ? 'embedded'
      : 'url' in postgres
        ? mask(postgres.url)
        : { ...postgres, ...(postgres.password === undefined ? {} : { password: '***' }) };
  const cache = redis === undefined ? 'off' : 'url' in redis ? mask(redis.url) : redis;
  return {
    ...rest,
    ...(crashAt === undefined ? {} : { crashAt: crashAt.point }),
    adminToken: adminToken === undefined ? 'none' : '***',
    instruments: instruments?.file ?? 'as in the journal',
    postgres: database,
    redis: cache,
  };
}
