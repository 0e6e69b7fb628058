// A WebSocket client over a raw socket, for tests: one that keeps every message, need not be let in, and can stop reading.

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { FrameSplitter, frame, Opcode } from '../../tools/ws-frame.ts';
import { until } from './http-client.ts';

const HEAD_END = '\r\n\r\n';

export class WebSocketClient {
  /** Of text, and binary ones. */
  readonly messages: string[] = [];
  readonly binary: Buffer[] = [];
  /** The close frame's code and reason, once it came. */
  closeCode = 0;
  closeReason = '';
  ended = false;
  head = '';
  readonly socket: Socket;
  readonly #frames = new FrameSplitter((opcode, bytes, from, to) => this.#take(opcode, bytes.subarray(from, to)));
  /** The answer to the handshake, until it is whole. */
  #begin = Buffer.alloc(0);

  /** `headers`: lines of the request, each with its end. */
  static async open(port: number, path = '/stream', headers = ''): Promise<WebSocketClient> {
    const client = new WebSocketClient(connect(port, '127.0.0.1'));
    const key = randomBytes(16).toString('base64');
    client.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${headers}\r\n`,
    );
    await until(() => client.head !== '', 'the handshake');
    return client;
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => this.#receive(typeof bytes === 'string' ? Buffer.from(bytes) : bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
    });
  }

  send(text: string): void {
    this.socket.write(frame(Opcode.TEXT, Buffer.from(text)));
  }

  sendBinary(bytes: Uint8Array): void {
    this.socket.write(frame(Opcode.BINARY, bytes));
  }

  end(): void {
    this.socket.destroy();
  }

  #receive(bytes: Buffer): void {
    if (this.head === '') this.#readHead(bytes);
    else if (this.#letIn) this.#frames.take(bytes);
  }

  #readHead(bytes: Buffer): void {
    this.#begin = Buffer.concat([this.#begin, bytes]);
    const end = this.#begin.indexOf(HEAD_END);
    if (end < 0) return;
    this.head = this.#begin.toString('latin1', 0, end);
    if (this.#letIn) this.#frames.take(this.#begin.subarray(end + HEAD_END.length));
  }

  /** A refusal has a body that is no frame. */
  get #letIn(): boolean {
    return this.head.startsWith('HTTP/1.1 101 ');
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.TEXT) this.messages.push(payload.toString());
    else if (opcode === Opcode.BINARY) this.binary.push(Buffer.from(payload));
    else if (opcode === Opcode.CLOSE) {
      this.closeCode = payload.readUInt16BE(0);
      this.closeReason = payload.toString('utf8', 2);
    }
  }
}
