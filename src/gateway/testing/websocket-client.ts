// A WebSocket client over a raw socket, for tests: Node 20 has none, and a slow consumer must be able not to read.

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { until } from './http-client.ts';

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
  #unread = Buffer.alloc(0);

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

  /** A text frame, masked as a client's must be. */
  send(text: string): void {
    this.#send(0x81, Buffer.from(text));
  }

  sendBinary(bytes: Uint8Array): void {
    this.#send(0x82, bytes);
  }

  #send(kind: number, payload: Uint8Array): void {
    const head =
      payload.length < 126
        ? Buffer.of(kind, 0x80 | payload.length)
        : payload.length < 2 ** 16
          ? Buffer.of(kind, 0xfe, payload.length >> 8, payload.length & 0xff)
          : Buffer.concat([Buffer.of(kind, 0xff), longLength(payload.length)]);
    this.socket.write(Buffer.concat([head, Buffer.alloc(4), payload]));
  }

  end(): void {
    this.socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    if (this.head === '') {
      const end = this.#unread.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.head = this.#unread.toString('latin1', 0, end);
      this.#unread = this.#unread.subarray(end + 4);
    }
    while (this.#takeFrame());
  }

  #takeFrame(): boolean {
    const bytes = this.#unread;
    if (bytes.length < 2) return false;
    const short = bytes[1] & 0x7f;
    const start = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < start) return false;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < start + length) return false;
    const payload = bytes.subarray(start, start + length);
    if ((bytes[0] & 0x0f) === 8) {
      this.closeCode = payload.readUInt16BE(0);
      this.closeReason = payload.toString('utf8', 2);
    } else if ((bytes[0] & 0x0f) === 1) {
      this.messages.push(payload.toString());
    } else if ((bytes[0] & 0x0f) === 2) {
      this.binary.push(payload);
    }
    this.#unread = bytes.subarray(start + length);
    return true;
  }
}

function longLength(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}
