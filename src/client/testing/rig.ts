// A client on virtual time with the test as its server.

import { type ClientOptions, connect } from '../index.ts';
import { ScriptedServer, type ScriptedSocket } from './scripted-server.ts';
import { VirtualTime } from './virtual-time.ts';

type Message = Record<string, unknown>;

export class ClientRig {
  readonly time = new VirtualTime();
  readonly server = new ScriptedServer();
  readonly client: ReturnType<typeof connect>;
  /** What the client told of itself: names, and what is short enough to say. */
  readonly told: string[] = [];

  constructor(options: ClientOptions = {}) {
    const { WebSocket } = this.server;
    this.client = connect('ws://host/ws', { WebSocket, timers: this.time, clientId: 'me', ...options });
    this.client.on('connected', () => this.told.push('connected'));
    this.client.on('disconnected', ({ code }) => this.told.push(`disconnected ${code}`));
    this.client.on('error', (error) => this.told.push(error.message));
  }

  get socket(): ScriptedSocket {
    return this.server.socket;
  }

  /** Ends the socket, lets the client come back, and returns the new one, open. */
  reconnect(code = 1006): ScriptedSocket {
    const { sockets } = this.server;
    const before = sockets.length;
    this.socket.end(code);
    this.time.pass(10_000);
    if (sockets.length === before) throw new Error('the client did not come back');
    this.socket.open();
    return this.socket;
  }

  /** Says that the newest subscribe was taken. */
  take(): void {
    const { req_id } = this.socket.last('subscribe');
    this.socket.say({ type: 'subscriptions', req_id, channels: [] });
  }
}

/** Of level2, unless said otherwise. */
export function message(type: string, sequence: number, members: Message = {}): Message {
  return { type, channel: 'level2', instrument: 'BTC-USD', sequence, time: '2026-11-23T00:00:00.000000Z', ...members };
}

/** Lets settled promises be heard. */
export async function heard(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}
