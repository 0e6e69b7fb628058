// The auditor of a simulated exchange: reads the journal with an engine of its own that never crashes, and holds it against what
// the clients have sent and been told. Replays only what a start has called durable. Owns its engine; reads the files only.

import { Command } from '../../domain/command.ts';
import type { Engine } from '../../domain/engine.ts';
import { SILENT_LISTENER } from '../../domain/listener.ts';
import { applyFrame, enterFrame } from '../../journal/apply-frame.ts';
import { anchorOf, type FrameView, type JournalAnchor } from '../../journal/frame-cursor.ts';
import { JournalReader } from '../../journal/journal-reader.ts';
import { newReplica, type Replica } from '../../journal/replica.ts';
import { OWN_GATEWAY } from '../../matching/own-commands.ts';
import { ResultPublisher } from '../../matching/result-publisher.ts';
import { CounterBlock, counterBytesNeeded } from '../../shared-memory/counters.ts';
import { MessageRing } from '../../shared-memory/message-ring.ts';
import { type CommandOrigin, decodeCommand, decodeOrigin } from '../../wire/command-codec.ts';
import { COUNTER_BLOCKS, CounterBlockId } from '../../wire/counters.ts';
import { InstrumentDirectoryWriter } from '../../wire/instrument-directory.ts';
import {
  REPLY_APPLIED_US,
  REPLY_DRAINED_US,
  REPLY_DURABLE_US,
  REPLY_KIND,
  REPLY_REASON,
  REPLY_RESULT_SEQUENCE,
  ReplyKind,
} from '../../wire/reply-codec.ts';
import { type Request, recordOf } from './requests.ts';
import { require } from './violation.ts';

/** What a key was first used for, and what came of it. */
interface FirstUse {
  readonly record: Buffer;
  readonly sequence: number;
  readonly reason: number;
}

/** Of a reply: by the stopwatch of a process, which no journal has. */
const STOPWATCH_TIMES = [REPLY_DRAINED_US, REPLY_DURABLE_US, REPLY_APPLIED_US];
const GATEWAYS_MAX = 4;
const RING_BYTES = 2 ** 16;

export class Auditor {
  readonly engine: Engine;
  readonly #replica: Replica;
  readonly #directory: string;
  readonly #requests: Map<number, Request>;
  readonly #publisher: ResultPublisher;
  readonly #replies: MessageRing;
  /** The ring's. */
  readonly #bytes: Buffer;
  readonly #command = new Command();
  readonly #origin: CommandOrigin = { gateway: 0, requestId: 0, receivedUs: 0 };
  readonly #keys = new Map<string, FirstUse>();
  #reply: Buffer = Buffer.alloc(0);
  #anchor: JournalAnchor | undefined;

  /** Confirmed requests are removed from `requests`. */
  constructor(directory: string, requests: Map<number, Request>) {
    this.#directory = directory;
    this.#requests = requests;
    const buffer = new SharedArrayBuffer(MessageRing.bytesNeeded(RING_BYTES));
    this.#replies = MessageRing.create(buffer, RING_BYTES);
    this.#bytes = Buffer.from(buffer);
    this.#publisher = new ResultPublisher(sinks(this.#replies));
    this.#replica = newReplica(this.#publisher);
    this.engine = this.#replica.engine;
    this.#publisher.attach(this.engine);
  }

  /** Reads on through this frame, which is on the disk and stays there. Throws Violation, JournalDamage and OtherOutcome. */
  readThrough(frame: number): void {
    const reader = new JournalReader(this.#directory, this.#anchor);
    try {
      for (let next = reader.next(frame); next !== undefined; next = reader.next(frame)) {
        this.#audit(next);
        this.#anchor = anchorOf(next);
      }
    } finally {
      reader.close();
    }
  }

  /** Digest after a replay of the whole journal by an engine that has heard of nothing else. */
  digestOfReplay(frame: number): string {
    const replica = newReplica(SILENT_LISTENER);
    const reader = new JournalReader(this.#directory);
    for (let next = reader.next(frame); next !== undefined; next = reader.next(frame)) {
      applyFrame(replica, next, this.#command);
    }
    reader.close();
    return replica.engine.digest();
  }

  #audit(frame: FrameView): void {
    const { engine } = this;
    require(frame.firstSequence === engine.sequence + 1, () => {
      return `frame ${frame.number} begins with sequence ${frame.firstSequence}, after ${engine.sequence}`;
    });
    enterFrame(this.#replica, frame);
    const end = frame.payloadStart + frame.payloadLength;
    for (let offset = frame.payloadStart; offset < end; ) {
      const length = decodeCommand(frame.bytes, frame.view, offset, this.#command);
      decodeOrigin(frame.view, offset, this.#origin);
      const sequence = engine.sequence + 1;
      this.#publisher.begin(this.#origin, this.#command, sequence);
      engine.apply(sequence, frame.timeUs, this.#command);
      this.#publisher.end();
      if (this.#origin.gateway !== OWN_GATEWAY) this.#confirm(sequence);
      offset += length;
    }
    require(engine.sequence === frame.firstSequence + frame.recordCount - 1, () => `frame ${frame.number} has a gap`);
  }

  /** Who asked for it, that it is what was asked, that it was journaled once, and that the client was told the same. */
  #confirm(sequence: number): void {
    const reply = this.#takeReply();
    const record = recordOf(this.#command);
    const request = this.#requests.get(this.#origin.requestId);
    const what = (): string => `sequence ${sequence} (request ${this.#origin.requestId})`;
    require(request !== undefined, () =>
      `${what()} was never sent, was journaled twice, or came back after it was gone`);
    if (request === undefined) return;
    require(record.equals(request.record), () => `${what()} is not the command that was sent`);
    const told = request.reply;
    for (const at of STOPWATCH_TIMES) told?.writeDoubleLE(0, at);
    require(told === undefined || told.equals(reply), () => {
      return `${what()}: the client was told ${told?.toString('hex')}, the journal says ${reply.toString('hex')}`;
    });
    this.#requests.delete(request.id);
    this.#confirmKey(request.record, sequence, reply, what);
  }

  /** The same command under the same key has one result for ever. */
  #confirmKey(record: Buffer, sequence: number, reply: Buffer, what: () => string): void {
    const { bytes, clientOffset, keyOffset, clientLength, keyLength } = this.#command;
    if (keyLength === 0) return;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset);
    const client = text.toString('latin1', clientOffset, clientOffset + clientLength);
    const key = `${client}/${text.toString('latin1', keyOffset, keyOffset + keyLength)}`;
    const first = this.#keys.get(key);
    const reason = reply.readUInt16LE(REPLY_REASON);
    if (first === undefined) {
      this.#keys.set(key, { record, sequence, reason });
    } else if (first.record.equals(record)) {
      const kind = reply.readUInt16LE(REPLY_KIND);
      const isSame =
        kind === ReplyKind.REFUSED
          ? reason === first.reason
          : kind === ReplyKind.REPLAYED && reply.readDoubleLE(REPLY_RESULT_SEQUENCE) === first.sequence;
      require(isSame, () => `${what()} repeats ${key} of sequence ${first.sequence} and has another result`);
    }
  }

  /** Borrowed until the next. */
  #takeReply(): Buffer {
    this.#publisher.publishReplies(0);
    this.#replies.read((_type, offset, length) => {
      this.#reply = this.#bytes.subarray(offset, offset + length);
    }, 1);
    return this.#reply;
  }
}

/** Results go into one reply ring, whoever asked; the rest nobody reads. */
function sinks(replies: MessageRing): ConstructorParameters<typeof ResultPublisher>[0] {
  const counters = new SharedArrayBuffer(counterBytesNeeded(COUNTER_BLOCKS));
  const block = (id: number) => new CounterBlock(counters, id);
  const bytes = new Uint8Array(2 ** 12);
  return {
    replyRings: Array.from({ length: GATEWAYS_MAX }, () => replies),
    events: { bytes, view: new DataView(bytes.buffer), claim: () => 0, commit() {} },
    instruments: new InstrumentDirectoryWriter({ write() {} }),
    counters: block(CounterBlockId.MATCHING),
    reasons: block(CounterBlockId.REASONS),
    commands: block(CounterBlockId.COMMANDS),
    trades: block(CounterBlockId.TRADES),
  };
}
