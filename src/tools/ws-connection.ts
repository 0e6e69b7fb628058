// One WebSocket connection over a raw socket: what load tools need, at a fraction of the cost of a general client, and one that can
// stop reading. A tool's process. Owns its socket.

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { ConnectionLost } from './http-connection.ts';
import { FrameSplitter, frame, Opcode } from './ws-frame.ts';

const HEAD_END = '\r\n\r\n';
const NOTHING: Buffer = Buffer.alloc(0);

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
  readonly #frames = new FrameSplitter((opcode, bytes, from, to) => this.#take(opcode, bytes, from, to));

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

  /** Sends nothing more; what comes is still read. */
  end(): void {
    this.#socket.end();
  }

  /** Ends it without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.receivedBytes += bytes.length;
    this.#frames.take(bytes);
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
