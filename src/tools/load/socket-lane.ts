// A load's connection over /ws, JSON or binary: pipelined, so many requests under way as it has users. What is sent between two
// flushes is one write. A tool's process. Owns its socket and knows which request each answer belongs to.

import { frame, Opcode, WsConnection } from '../ws-connection.ts';
import { BinaryReplies, binaryMessageOf } from './binary-dialect.ts';
import { jsonMessageOf, readJsonMessage } from './json-dialect.ts';
import type { Lane, LaneListener } from './lane.ts';
import type { LoadRequest, Reply } from './requests.ts';

/** A server takes frames of 64 KiB. */
const BINARY_FRAME_BYTES_MAX = 60_000;

/** One for each connection. */
interface Dialect {
  /** Keeps the request until take(). */
  add(id: number, request: LoadRequest): void;
  /** All that was added, as whole frames. */
  take(): Buffer;
  read(bytes: Buffer, from: number, to: number): void;
}

/** Answers to what was sent: the request's id, or -1 for what has none. */
interface Answers {
  kindOf(id: number): LoadRequest['kind'];
  answered(id: number, reply: Reply): void;
}

export class SocketLane implements Lane, Answers {
  readonly #slots: number;
  readonly #listener: LaneListener;
  readonly #dialect: Dialect;
  /** By slot: the request under way and its id, a new one each time. */
  readonly #asked: (LoadRequest | undefined)[];
  readonly #ids: number[];
  #connection: WsConnection | undefined;
  #waiting = 0;

  /** Rejects with ConnectionLost. */
  static async open(url: URL, isBinary: boolean, slots: number, listener: LaneListener): Promise<SocketLane> {
    const lane = new SocketLane(isBinary, slots, listener);
    const connection = await WsConnection.open(url, '/ws', (bytes, from, to) => lane.#dialect.read(bytes, from, to));
    connection.onClose = () => lane.#ended(connection);
    lane.#connection = connection;
    return lane;
  }

  private constructor(isBinary: boolean, slots: number, listener: LaneListener) {
    this.#slots = slots;
    this.#listener = listener;
    this.#dialect = isBinary ? new BinaryMessages(this) : new JsonMessages(this);
    this.#asked = new Array<undefined>(slots).fill(undefined);
    // Ids begin with 1, and each says its slot.
    this.#ids = Array.from({ length: slots }, (_, slot) => slot + 1);
  }

  send(slot: number, request: LoadRequest): void {
    if (this.#connection?.open !== true) {
      queueMicrotask(() => this.#listener.lost(slot, 'the connection has ended', true));
      return;
    }
    this.#ids[slot] += this.#slots;
    this.#asked[slot] = request;
    this.#dialect.add(this.#ids[slot], request);
    this.#waiting++;
  }

  flush(): void {
    if (this.#waiting === 0) return;
    this.#waiting = 0;
    this.#connection?.write(this.#dialect.take());
  }

  close(): void {
    if (this.#connection === undefined) return;
    this.#connection.onClose = () => {};
    this.#connection.destroy();
  }

  kindOf(id: number): LoadRequest['kind'] {
    return this.#asked[this.#slotOf(id)]?.kind ?? 'status';
  }

  answered(id: number, reply: Reply): void {
    const slot = this.#slotOf(id);
    if (this.#asked[slot] === undefined || this.#ids[slot] !== id) {
      const why = `an answer to ${id}, which was not asked or was answered before`;
      this.#listener.strange(id < 0 && reply.fault !== '' ? reply.fault : why);
      return;
    }
    this.#asked[slot] = undefined;
    this.#listener.answered(slot, reply);
  }

  #slotOf(id: number): number {
    return (id - 1) % this.#slots;
  }

  #ended({ closeCode, closeReason }: WsConnection): void {
    const why = `the server closed the socket, ${closeCode} ${closeReason}`.trim();
    this.#asked.forEach((request, slot) => {
      if (request === undefined) return;
      this.#asked[slot] = undefined;
      this.#listener.lost(slot, why, true);
    });
  }
}

class JsonMessages implements Dialect {
  readonly #answers: Answers;
  #frames: Buffer[] = [];

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  add(id: number, request: LoadRequest): void {
    this.#frames.push(frame(Opcode.TEXT, Buffer.from(jsonMessageOf(id, request))));
  }

  take(): Buffer {
    const bytes = Buffer.concat(this.#frames);
    this.#frames = [];
    return bytes;
  }

  read(bytes: Buffer, from: number, to: number): void {
    const { id, reply } = readJsonMessage(bytes.toString('utf8', from, to), (id) => this.#answers.kindOf(id));
    this.#answers.answered(id, reply);
  }
}

/** As many messages in a frame as one may have. */
class BinaryMessages implements Dialect {
  readonly #answers: Answers;
  readonly #replies = new BinaryReplies();
  #frames: Buffer[] = [];
  #messages: Uint8Array[] = [];
  #bytes = 0;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  add(id: number, request: LoadRequest): void {
    const message = binaryMessageOf(id, request);
    if (this.#bytes + message.length > BINARY_FRAME_BYTES_MAX) this.#endFrame();
    this.#messages.push(message);
    this.#bytes += message.length;
  }

  take(): Buffer {
    this.#endFrame();
    const bytes = Buffer.concat(this.#frames);
    this.#frames = [];
    return bytes;
  }

  read(bytes: Buffer, from: number, to: number): void {
    this.#replies.read(bytes.subarray(from, to), (id, reply) => this.#answers.answered(id, reply));
  }

  #endFrame(): void {
    if (this.#messages.length > 0) this.#frames.push(frame(Opcode.BINARY, Buffer.concat(this.#messages)));
    this.#messages = [];
    this.#bytes = 0;
  }
}
