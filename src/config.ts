// Every tunable and limit: parsed once from the environment (and `.env`), checked, frozen. Read by main, which passes
// it to the threads. The only file that knows the names of environment variables; nothing else reads them.

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import Type from 'typebox';
import Value from 'typebox/value';
import { assert } from './assert.ts';
import { FAULT_POINTS, type FaultPlan, parseFaultPlan } from './runtime/fault-point.ts';
import { defaultWaitStrategy, WAIT_STRATEGIES, type WaitStrategy } from './runtime/idle-strategy.ts';
import { LOG_LEVELS } from './runtime/log.ts';
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
  /** Commands one turn takes from each ring (src/README.md: fairness between gateways). */
  commandsPerRingMax: 64,
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
const integer = (minimum: number, maximum: number) => Type.Optional(Type.Integer({ minimum, maximum }));
const text = () => Type.Optional(Type.String({ minLength: 1 }));

const VARIABLES = Type.Object(
  {
    PORT: integer(0, 65_535),
    HOST: text(),
    LOG_LEVEL: Type.Optional(Type.Enum([...LOG_LEVELS])),
    DATABASE_URL: text(),
    POSTGRES_HOST: text(),
    POSTGRES_PORT: integer(1, 65_535),
    POSTGRES_USER: text(),
    POSTGRES_PASSWORD: text(),
    POSTGRES_DB: text(),
    REDIS_URL: text(),
    REDIS_HOST: text(),
    REDIS_PORT: integer(1, 65_535),
    RINGBOOK_DATA_DIR: text(),
    RINGBOOK_GATEWAY_THREADS: integer(1, GATEWAYS_MAX),
    RINGBOOK_RING_SLOTS: integer(64, 65_536),
    RINGBOOK_DURABILITY: Type.Optional(Type.Enum(['fsync', 'os', 'memory'])),
    RINGBOOK_JOURNAL_WRITE: Type.Optional(Type.Enum([...JOURNAL_WRITES])),
    RINGBOOK_WAIT: Type.Optional(Type.Enum([...WAIT_STRATEGIES])),
    RINGBOOK_ADMIN_TOKEN: Type.Optional(Type.String({ minLength: 16 })),
    RINGBOOK_SHOW_CLIENT_IDS: Type.Optional(Type.Boolean()),
    RINGBOOK_RISK: Type.Optional(Type.Enum([...RISKS])),
    RINGBOOK_INSTRUMENTS: text(),
    RINGBOOK_SNAPSHOT_COMMANDS: integer(1, 1_000_000_000),
    RINGBOOK_SNAPSHOT_SECONDS: integer(1, 31_536_000),
    RINGBOOK_ARCHIVE: Type.Optional(Type.Enum([...ARCHIVE_MODES])),
    RINGBOOK_ARCHIVE_HOOK: text(),
    RINGBOOK_ARCHIVE_MAX_BYTES: integer(0, Number.MAX_SAFE_INTEGER),
    RINGBOOK_STORAGE_LOW_BYTES: integer(0, Number.MAX_SAFE_INTEGER),
    RINGBOOK_SPOOL_MAX_BYTES: integer(1, Number.MAX_SAFE_INTEGER),
    RINGBOOK_SEGMENT_BYTES: Type.Optional(Type.Integer({ minimum: MIB, maximum: 1024 * MIB, multipleOf: 4096 })),
    RINGBOOK_FAULTS: integer(0, 1),
    RINGBOOK_CRASH_AT: text(),
    RINGBOOK_POISON_CLIENT: text(),
  },
  { additionalProperties: false },
);
type Variables = Type.Static<typeof VARIABLES>;

const INTEGERS = [
  'PORT',
  'POSTGRES_PORT',
  'REDIS_PORT',
  'RINGBOOK_GATEWAY_THREADS',
  'RINGBOOK_RING_SLOTS',
  'RINGBOOK_SNAPSHOT_COMMANDS',
  'RINGBOOK_SNAPSHOT_SECONDS',
  'RINGBOOK_ARCHIVE_MAX_BYTES',
  'RINGBOOK_STORAGE_LOW_BYTES',
  'RINGBOOK_SPOOL_MAX_BYTES',
  'RINGBOOK_SEGMENT_BYTES',
  'RINGBOOK_FAULTS',
];
const SECRETS = ['POSTGRES_PASSWORD', 'RINGBOOK_ADMIN_TOKEN', 'DATABASE_URL', 'REDIS_URL'];

/**
 * Reads the environment, with `.env` of the working directory beneath it. Throws ConfigError naming the variable.
 * An empty value counts as unset. Unknown RINGBOOK_* names are errors; other unknown names are not ours to judge.
 */
export function readConfig(environment: NodeJS.ProcessEnv, directory: string): Config {
  return toConfig(checkVariables(collectVariables(environment, directory)), environment, directory);
}

function collectVariables(environment: NodeJS.ProcessEnv, directory: string): Record<string, unknown> {
  const file = resolve(directory, '.env');
  const merged = { ...(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}), ...environment };
  const collected: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(merged)) {
    const ours = name in VARIABLES.properties || name.startsWith('RINGBOOK_');
    if (!ours || value === undefined || value === '') continue;
    collected[name] = convert(name, value);
  }
  return collected;
}

function convert(name: string, value: string): unknown {
  if (INTEGERS.includes(name)) return /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (name === 'RINGBOOK_SHOW_CLIENT_IDS') return value === 'true' ? true : value === 'false' ? false : value;
  return value;
}

function checkVariables(collected: Record<string, unknown>): Variables {
  if (Value.Check(VARIABLES, collected)) return collected;
  const [problem] = Value.Errors(VARIABLES, collected);
  const name = problem?.instancePath.slice(1).split('/')[0] ?? '';
  if (problem === undefined || !(name in VARIABLES.properties)) {
    const unknown = Object.keys(collected).find((key) => !(key in VARIABLES.properties));
    throw new ConfigError(`${unknown}: no such setting; .env.example lists them all`);
  }
  const value = SECRETS.includes(name) ? '(hidden)' : JSON.stringify(collected[name]);
  throw new ConfigError(`${name}=${value} ${explain(problem)}`);
}

function explain(problem: { keyword: string; message: string; params: object }): string {
  const allowed = 'allowedValues' in problem.params ? problem.params.allowedValues : undefined;
  return Array.isArray(allowed) ? `must be one of ${allowed.join(', ')}` : problem.message;
}

function toConfig(variables: Variables, environment: NodeJS.ProcessEnv, directory: string): Config {
  const cores = availableParallelism();
  const config: Config = {
    host: variables.HOST ?? '127.0.0.1',
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

function assertRelations(config: Config): void {
  const loopback = ['127.0.0.1', '::1', 'localhost'].includes(config.host);
  if (!loopback && config.adminToken === undefined) {
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
