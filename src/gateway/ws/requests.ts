// Requests about channels: subscribe, unsubscribe, ping. Gateway thread; one parser for all sockets. Borrows the frame until the
// next parse. Never throws on input; every error names its field. Rare, so it may allocate. Shapes: WEBSOCKET.md.

import { InstrumentStatus } from '../../domain/codes.ts';
import { CLIENT_ID_BYTES_MAX } from '../../domain/command.ts';
import { CHANNEL_NAMES, Channel, FeedFormat, NO_INSTRUMENT } from '../../wire/feed-codec.ts';
import type { InstrumentSource } from '../../wire/instrument-list.ts';
import { JsonKind } from '../../wire/json-scanner.ts';
import type { ProblemCode, RequestProblem } from '../../wire/problem.ts';
import { isString, RequestFields } from '../../wire/request-fields.ts';
import { checkText, readWord } from '../../wire/request-values.ts';
import { WordTable } from '../../wire/word-table.ts';
import { isSequenced, type KeyName } from './feed-key.ts';

export const RequestType = { SUBSCRIBE: 0, UNSUBSCRIBE: 1, PING: 2 } as const;
export type RequestType = (typeof RequestType)[keyof typeof RequestType];

const TYPES = new WordTable(['subscribe', 'unsubscribe', 'ping']);
const FORMATS = new WordTable(['', 'json', 'binary']);

const Field = {
  TYPE: 0,
  REQ_ID: 1,
  CHANNELS: 2,
  INSTRUMENTS: 3,
  CLIENT_ID: 4,
  FROM_SEQUENCE: 5,
  JOURNAL: 6,
  FORMAT: 7,
} as const;
const NAMES = ['type', 'req_id', 'channels', 'instruments', 'client_id', 'from_sequence', 'journal', 'format'];
/** Fields that only a subscribe has, and those that a ping has not. */
const SUBSCRIBE_ONLY = [Field.FROM_SEQUENCE, Field.JOURNAL, Field.FORMAT];
const NOT_OF_PING = [Field.CHANNELS, Field.INSTRUMENTS, Field.CLIENT_ID, ...SUBSCRIBE_ONLY];

/** Who mixes up the two kinds of requests is told so. */
const REQ_ID_HINT =
  'There is no field "id" here: a request about channels has "req_id", one about orders "id" and "method".';
const isForeignId = (code: ProblemCode, field: string) => code === 'unknown_field' && field === 'id';

const REQ_ID_BYTES_MAX = 64;
const INTEGER = /^(0|-?[1-9]\d{0,14})$/;
const SEQUENCE = /^(0|[1-9]\d{0,15})$/;
const NO_CLIENT = new Uint8Array(0);
const decoder = new TextDecoder();

/** Channels that have no binary form. */
const JSON_ONLY: readonly number[] = [Channel.HEARTBEAT, Channel.CANDLES, Channel.USER];

export class RequestParser {
  type: RequestType = RequestType.PING;
  /** JSON text, '' when there is none. */
  reqId = '';
  /** What is subscribed to or no longer; each once. */
  keys: KeyName[] = [];
  /** -1: not given. */
  fromSequence = -1;
  /** undefined: not given. */
  journal: string | undefined;

  readonly #instruments: InstrumentSource;
  readonly #fields = new RequestFields(NAMES, 'message');

  constructor(instruments: InstrumentSource) {
    this.#instruments = instruments;
  }

  get problem(): RequestProblem {
    return this.#fields.problem;
  }

  /** False: `problem` says why; `reqId` is the request's as far as it could be read. */
  parse(bytes: Uint8Array): boolean {
    const fields = this.#fields;
    this.reqId = '';
    const collected = fields.collect(bytes, 0, bytes.length);
    const { code, field, detail } = fields.problem;
    const goodId = this.#readReqId();
    if (!collected) return fields.refuseNamed(code, field, isForeignId(code, field) ? REQ_ID_HINT : detail);
    return goodId && this.#readType() && this.#readBody();
  }

  #readReqId(): boolean {
    const fields = this.#fields;
    if (!fields.has(Field.REQ_ID)) return true;
    const text = this.#text(Field.REQ_ID);
    if (fields.kinds[Field.REQ_ID] === JsonKind.STRING) {
      if (!checkText(fields, Field.REQ_ID, REQ_ID_BYTES_MAX)) return false;
      this.reqId = JSON.stringify(text);
      return true;
    }
    if (fields.kinds[Field.REQ_ID] !== JsonKind.NUMBER || !INTEGER.test(text)) {
      return fields.wrongType(Field.REQ_ID, 'a string or an integer of at most 15 digits');
    }
    this.reqId = text;
    return true;
  }

  #readType(): boolean {
    const fields = this.#fields;
    if (!fields.has(Field.TYPE)) return fields.missing(Field.TYPE);
    const word = readWord(fields, Field.TYPE, TYPES);
    if (word < 0) return false;
    this.type = word === 0 ? RequestType.SUBSCRIBE : word === 1 ? RequestType.UNSUBSCRIBE : RequestType.PING;
    const others =
      this.type === RequestType.PING ? NOT_OF_PING : this.type === RequestType.UNSUBSCRIBE ? SUBSCRIBE_ONLY : [];
    const wrong = others.find((field) => fields.has(field));
    if (wrong === undefined) return true;
    return fields.refuse('field_not_allowed', wrong, `${NAMES[wrong]} does not go with "${TYPES.words[word]}".`);
  }

  #readBody(): boolean {
    this.keys = [];
    if (this.type === RequestType.PING) return true;
    const channels = this.#readChannels();
    if (channels === undefined) return false;
    const instruments = this.#readInstruments(channels);
    if (instruments === undefined) return false;
    const client = this.#readClient(channels);
    if (client === undefined) return false;
    const format = this.#readFormat();
    if (format === undefined || !this.#readFrom(channels)) return false;
    for (const channel of channels) {
      const ownFormat = JSON_ONLY.includes(channel) ? FeedFormat.JSON : format;
      if (channel === Channel.USER) this.keys.push({ channel, instrument: NO_INSTRUMENT, client, format: ownFormat });
      else
        for (const instrument of instruments)
          this.keys.push({ channel, instrument, client: NO_CLIENT, format: ownFormat });
    }
    return true;
  }

  #readChannels(): Channel[] | undefined {
    const fields = this.#fields;
    if (!fields.has(Field.CHANNELS)) return nothing(fields.missing(Field.CHANNELS));
    const names = this.#readNames(Field.CHANNELS);
    if (names === undefined) return undefined;
    const channels: Channel[] = [];
    for (const name of names) {
      const channel = Object.values(Channel).find((number) => CHANNEL_NAMES[number] === name);
      if (channel === undefined) {
        const allowed = CHANNEL_NAMES.filter((other) => other !== '').join(', ');
        return nothing(fields.refuse('invalid_value', Field.CHANNELS, `channels must be some of: ${allowed}.`));
      }
      channels.push(channel);
    }
    return channels;
  }

  #readInstruments(channels: readonly Channel[]): number[] | undefined {
    const fields = this.#fields;
    const { current } = this.#instruments;
    if (!fields.has(Field.INSTRUMENTS)) {
      const indices = current.all.map((_, index) => index);
      return indices.filter((index) => current.all[index].status !== InstrumentStatus.DELISTED);
    }
    if (channels.every((channel) => channel === Channel.USER)) {
      const detail = 'instruments does not go with the channel user alone.';
      return nothing(fields.refuse('field_not_allowed', Field.INSTRUMENTS, detail));
    }
    const names = this.#readNames(Field.INSTRUMENTS);
    if (names === undefined) return undefined;
    const indices = names.map((name) => current.indexOf(name));
    if (!indices.includes(-1)) return indices;
    return nothing(fields.refuse('unknown_instrument', Field.INSTRUMENTS, 'There is no such instrument.'));
  }

  /** A list of texts, each once. */
  #readNames(field: number): string[] | undefined {
    const fields = this.#fields;
    const name = NAMES[field];
    if (fields.kinds[field] !== JsonKind.ARRAY) return nothing(fields.wrongType(field, 'a list of strings'));
    const list: unknown = JSON.parse(this.#text(field));
    const names = new Set<string>();
    for (const item of Array.isArray(list) ? list : []) {
      if (typeof item !== 'string') return nothing(fields.wrongType(field, 'a list of strings'));
      names.add(item);
    }
    if (names.size > 0) return [...names];
    return nothing(fields.refuse('invalid_value', field, `${name} must not be empty.`));
  }

  #readClient(channels: readonly Channel[]): Uint8Array | undefined {
    const fields = this.#fields;
    if (!channels.includes(Channel.USER)) {
      if (!fields.has(Field.CLIENT_ID)) return NO_CLIENT;
      const detail = 'client_id goes only with the channel user.';
      return nothing(fields.refuse('field_not_allowed', Field.CLIENT_ID, detail));
    }
    if (!fields.has(Field.CLIENT_ID)) return nothing(fields.missing(Field.CLIENT_ID));
    if (!checkText(fields, Field.CLIENT_ID, CLIENT_ID_BYTES_MAX)) return undefined;
    return fields.texts[Field.CLIENT_ID].slice(fields.from[Field.CLIENT_ID], fields.to[Field.CLIENT_ID]);
  }

  #readFormat(): FeedFormat | undefined {
    const fields = this.#fields;
    if (!fields.has(Field.FORMAT)) return FeedFormat.JSON;
    const word = readWord(fields, Field.FORMAT, FORMATS);
    if (word < 0) return undefined;
    return word === FeedFormat.BINARY ? FeedFormat.BINARY : FeedFormat.JSON;
  }

  #readFrom(channels: readonly Channel[]): boolean {
    const fields = this.#fields;
    this.fromSequence = -1;
    this.journal = undefined;
    if (!fields.has(Field.FROM_SEQUENCE)) {
      if (!fields.has(Field.JOURNAL)) return true;
      return fields.refuse('field_not_allowed', Field.JOURNAL, 'journal goes only with from_sequence.');
    }
    if (!channels.some(isSequenced)) {
      return fields.refuse('field_not_allowed', Field.FROM_SEQUENCE, 'None of these channels can be resumed.');
    }
    const sequence = Number(this.#text(Field.FROM_SEQUENCE));
    if (fields.kinds[Field.FROM_SEQUENCE] !== JsonKind.NUMBER || !SEQUENCE.test(this.#text(Field.FROM_SEQUENCE)))
      return fields.wrongType(Field.FROM_SEQUENCE, 'an integer of at least 0');
    if (!Number.isSafeInteger(sequence))
      return fields.refuse('invalid_value', Field.FROM_SEQUENCE, 'from_sequence must be below 2^53.');
    this.fromSequence = sequence;
    if (!fields.has(Field.JOURNAL)) return true;
    this.journal = this.#text(Field.JOURNAL);
    return isString(fields, Field.JOURNAL);
  }

  #text(field: number): string {
    const { texts, from, to } = this.#fields;
    return decoder.decode(texts[field].subarray(from[field], to[field]));
  }
}

/** A refusal where a value is expected. */
function nothing(_refused: false): undefined {
  return undefined;
}
