// From what a socket gave to typed messages: members that the client itself relies on are there and of the right kind, or
// it is a ProtocolError. The contents of lists are looked at by whoever takes them. Binary frames would be decoded here.

import { type ErrorFacts, type Executed, ProtocolError, type Retry } from './errors.ts';
import type { ChannelName, Conflated, SnapshotOf, Timing, UpdateOf } from './messages.ts';

/** A JSON object of which nothing is known yet. */
export type JsonRecord = { readonly [member: string]: unknown };

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function readRecord(data: unknown): JsonRecord {
  if (typeof data !== 'string') throw new ProtocolError('a binary frame, where none was asked for');
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new ProtocolError(`not JSON: ${data.slice(0, 100)}`);
  }
  if (!isRecord(value)) throw new ProtocolError(`not a JSON object: ${data.slice(0, 100)}`);
  return value;
}

interface Shape {
  readonly updateType: string;
  /** Lists of a snapshot; undefined where the channel has none. */
  readonly snapshotLists?: readonly string[];
  /** Lists of an update, which is sequenced where there are snapshots. */
  readonly updateLists: readonly string[];
  readonly checksum: boolean;
}

const LEVELS: Shape = {
  updateType: 'l2update',
  snapshotLists: ['bids', 'asks'],
  updateLists: ['changes'],
  checksum: true,
};

const SHAPES: Readonly<Record<ChannelName, Shape>> = {
  level2: LEVELS,
  level2_batch: LEVELS,
  full: { updateType: 'full', snapshotLists: ['orders'], updateLists: ['events'], checksum: true },
  matches: { updateType: 'match', snapshotLists: [], updateLists: ['trades'], checksum: false },
  user: { updateType: 'user', snapshotLists: ['orders'], updateLists: ['events'], checksum: false },
  ticker: { updateType: 'ticker', updateLists: [], checksum: false },
  candles: { updateType: 'candle', updateLists: [], checksum: false },
  heartbeat: { updateType: 'heartbeat', updateLists: [], checksum: false },
};

export function isSequenced(channel: ChannelName): boolean {
  return SHAPES[channel].snapshotLists !== undefined;
}

function isChannel(name: unknown): name is ChannelName {
  return typeof name === 'string' && Object.hasOwn(SHAPES, name);
}

/** The channel and the instrument or client that a message is about; undefined when it is about none. */
export function subjectOf(record: JsonRecord): { channel: ChannelName; subject: string } | undefined {
  const { channel } = record;
  if (!isChannel(channel)) return undefined;
  const subject = channel === 'user' ? record.client_id : record.instrument;
  return typeof subject === 'string' ? { channel, subject } : undefined;
}

export function isSnapshot<C extends ChannelName>(channel: C, value: unknown): value is SnapshotOf<C> {
  const { snapshotLists = [], checksum } = SHAPES[channel];
  return (
    isRecord(value) &&
    Number.isSafeInteger(value.sequence) &&
    typeof value.journal === 'string' &&
    (!checksum || typeof value.checksum === 'string') &&
    haveLists(value, snapshotLists)
  );
}

export function isUpdate<C extends ChannelName>(channel: C, value: unknown): value is UpdateOf<C> {
  const { updateType, updateLists, checksum } = SHAPES[channel];
  return (
    isRecord(value) &&
    value.type === updateType &&
    Number.isSafeInteger(value.sequence) &&
    (!checksum || typeof value.checksum === 'string') &&
    haveLists(value, updateLists)
  );
}

export function isConflated(value: unknown): value is Conflated {
  return isRecord(value) && Number.isSafeInteger(value.from) && Number.isSafeInteger(value.to);
}

function haveLists(record: JsonRecord, names: readonly string[]): boolean {
  return names.every((name) => Array.isArray(record[name]));
}

/** The place of an update of a sequenced channel, or of a part of one. */
export function placeOf({ sequence, prev_sequence }: JsonRecord): { sequence: number; previous: number } {
  if (!isSequence(sequence) || !isSequence(prev_sequence)) throw new ProtocolError('a message without its sequence');
  return { sequence, previous: prev_sequence };
}

function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

const EXECUTED: readonly unknown[] = ['no', 'yes', 'unknown'] satisfies Executed[];
const RETRY: readonly unknown[] = ['same-key', 'later', 'never'] satisfies Retry[];

function isExecuted(value: unknown): value is Executed {
  return EXECUTED.includes(value);
}

function isRetry(value: unknown): value is Retry {
  return RETRY.includes(value);
}

/** A problem document. What it leaves out counts as unknown, so that nothing is taken for more certain than was said. */
export function readProblem(value: unknown): ErrorFacts {
  const problem = isRecord(value) ? value : {};
  const { code, detail, title, status, field, executed, retry } = problem;
  return {
    code: typeof code === 'string' ? code : 'unreadable',
    detail: typeof detail === 'string' ? detail : typeof title === 'string' ? title : 'the server gave no reason',
    status: typeof status === 'number' ? status : 0,
    field: typeof field === 'string' ? field : '',
    executed: isExecuted(executed) ? executed : 'unknown',
    retry: isRetry(retry) ? retry : 'same-key',
  };
}

export function isTiming(value: unknown): value is Timing {
  const names = ['receive_us', 'ring_us', 'journal_us', 'match_us', 'send_us'];
  return isRecord(value) && names.every((name) => typeof value[name] === 'number');
}
