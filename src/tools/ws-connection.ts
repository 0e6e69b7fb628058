// One WebSocket connection over a raw socket: what load tools need, at a fraction of the cost of a general client, and one that can
// stop reading. A tool's process. Owns its socket. Frames are masked with zeros, which the protocol allows.

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { ConnectionLost } from './http-connection.ts';

const HEAD_END = '\r\n\r\n';
const NOTHING: Buffer = Buffer.alloc(0);
const MASK_BYTES = 4;
const FINAL = 0x80;
const MASKED = 0x80;

export const Opcode = { TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** A message, borrowed until return: bytes[from..to). */
export type ReceiveMessage = (bytes: Buffer, from: number, to: number) => void;

export class WsConnection {
  /** Why it has ended: the close frame's code, 1006 without one; 0 while it is open. */
  closeCode = 0;
  closeReason = '';
  /** Bytes received since the start, heads of frames included. */
  receivedBytes = 0;
  /** Called once it has ended. */
  onClose: () => void = () => {};
  readonly #socket: Socket;
  readonly #receive: ReceiveMessage;
  #unread = NOTHING;

  /** Resolves once the server has agreed. Rejects with ConnectionLost. */
  static open(url: URL, path: string, receive: ReceiveMessage): Promise<WsConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(url.port || 80), url.hostname);
      socket.setNoDelay(true);
      const key = randomBytes(16).toString('base64');
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      );
      let head = NOTHING;
      const lost = () => reject(new ConnectionLost(`${url.host}: ${head.toString('latin1').split('\r\n')[0]}`));
      socket.once('error', lost).once('close', lost);
      socket.on('data', function agreed(bytes: Buffer) {
        head = Buffer.concat([head, bytes]);
        const end = head.indexOf(HEAD_END);
        if (end < 0) return;
        socket.off('data', agreed).off('error', lost).off('close', lost);
        if (!head.toString('latin1', 0, end).includes(' 101 ')) {
          lost();
          socket.destroy();
          return;
        }
        resolve(new WsConnection(socket, receive, head.subarray(end + HEAD_END.length)));
      });
    });
  }

  private constructor(socket: Socket, receive: ReceiveMessage, first: Buffer) {
    this.#socket = socket;
    this.#receive = receive;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closeCode ||= 1006;
      this.onClose();
    });
    if (first.length > 0) this.#read(first);
  }

  get open(): boolean {
    return this.closeCode === 0;
  }

  /** Bytes that the system has not taken yet. */
  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  /** Whole frames, as `frame` makes them; any number at once. */
  write(frames: Uint8Array): void {
    this.#socket.write(frames);
  }

  send(text: string): void {
    this.write(frame(Opcode.TEXT, Buffer.from(text)));
  }

  /** Reads nothing more until resume(). */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends it without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.receivedBytes += bytes.length;
    const all = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    let at = 0;
    for (;;) {
      const start = payloadStart(all, at);
      if (start < 0) break;
      const end = start + payloadLength(all, at);
      if (end > all.length) break;
      this.#take(all[at] & 0x0f, all, start, end);
      at = end;
    }
    this.#unread = at === all.length ? NOTHING : all.subarray(at);
  }

  #take(opcode: number, bytes: Buffer, from: number, to: number): void {
    if (opcode === Opcode.TEXT || opcode === Opcode.BINARY) this.#receive(bytes, from, to);
    else if (opcode === Opcode.PING) this.write(frame(Opcode.PONG, bytes.subarray(from, to)));
    else if (opcode === Opcode.CLOSE && to - from >= 2) {
      this.closeCode = bytes.readUInt16BE(from);
      this.closeReason = bytes.toString('utf8', from + 2, to);
    }
  }
}

/** A client's frame. */
export function frame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.alloc(headBytes + MASK_BYTES + length);
  bytes[0] = FINAL | opcode;
  bytes[1] = MASKED | (headBytes === 2 ? length : headBytes === 4 ? 126 : 127);
  if (headBytes === 4) bytes.writeUInt16BE(length, 2);
  if (headBytes === 10) bytes.writeBigUInt64BE(BigInt(length), 2);
  bytes.set(payload, headBytes + MASK_BYTES);
  return bytes;
}

/** Where the payload of the server's frame at `at` begins; -1 when its head is not there yet. */
function payloadStart(bytes: Buffer, at: number): number {
  if (bytes.length - at < 2) return -1;
  const short = bytes[at + 1] & 0x7f;
  const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
  return start > bytes.length ? -1 : start;
}

function payloadLength(bytes: Buffer, at: number): number {
  const short = bytes[at + 1] & 0x7f;
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}
