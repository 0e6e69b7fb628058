// For the whole-system tests: a WebSocket client that keeps every text message, since Node 20 brings none (RFC 6455, what a
// client of /stream needs of it). Owns its socket.

import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { Lab } from './lab.ts';

const OPCODE = { TEXT: 1, CLOSE: 8, PING: 9, PONG: 10 } as const;

export class WebSocketClient {
  readonly messages: string[] = [];
  closeCode: number | undefined;
  closed = false;
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);

  /** `url` is http://...; resolves when the server has agreed. */
  static open(lab: Lab, url: string): Promise<WebSocketClient> {
    return new Promise((resolve, reject) => {
      const key = randomBytes(16).toString('base64');
      const headers = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
      };
      const asked = request(url, { headers });
      asked.on('error', reject);
      asked.on('response', ({ statusCode }) => reject(new Error(`no upgrade: ${statusCode}`)));
      asked.on('upgrade', (_response, socket: Socket, head: Buffer) => {
        const client = new WebSocketClient(socket, head);
        lab.defer(() => client.close());
        resolve(client);
      });
      asked.end();
    });
  }

  private constructor(socket: Socket, head: Buffer) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#receive(head);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (let frame = takeFrame(this.#received); frame !== undefined; frame = takeFrame(this.#received)) {
      this.#received = this.#received.subarray(frame.end);
      this.#take(frame.opcode, frame.payload);
    }
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.TEXT) this.messages.push(payload.toString('utf8'));
    else if (opcode === OPCODE.PING) this.#send(OPCODE.PONG, payload);
    else if (opcode === OPCODE.CLOSE) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.#send(OPCODE.CLOSE, payload);
    }
  }

  /** Control frames only: short, masked with zeros. */
  #send(opcode: number, payload: Buffer): void {
    this.#socket.write(Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
  }
}

/** The first whole frame, unmasked and not in fragments, as the server sends them. */
function takeFrame(bytes: Buffer): { opcode: number; payload: Buffer; end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const end = start + length;
  if (bytes.length < end) return undefined;
  if ((bytes[0] & 0x80) === 0 || (bytes[1] & 0x80) !== 0) throw new Error('a fragment or a mask from the server');
  return { opcode: bytes[0] & 0x0f, payload: bytes.subarray(start, end), end };
}
