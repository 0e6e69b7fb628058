// What a client wants to happen to its orders without it: when this socket ends, or when it is silent for a while. Gateway
// thread; one for each gateway. Owns which clients' orders end with which socket.

import { SessionRequestParser } from '../../wire/session-request.ts';
import type { Asker } from '../asker.ts';
import type { CommandSender } from '../command-sender.ts';
import type { Responder } from '../responses.ts';
import type { WsSession } from '../ws/session.ts';
import type { SafetyCancels } from './safety-cancels.ts';

/** For one socket; bounds the memory that a socket can take, and what its end can cost. */
const CLIENTS_MAX = 64;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Each method takes params in `bytes[from..to)`, borrowed until return, and answers. */
export class SessionRequests {
  readonly #responder: Responder;
  readonly #sender: CommandSender;
  readonly #safety: SafetyCancels;
  readonly #parser = new SessionRequestParser();
  /** By session: clients, whose open orders are cancelled when it ends. */
  readonly #onEnd = new Map<number, Set<string>>();

  constructor(responder: Responder, sender: CommandSender, safety: SafetyCancels) {
    this.#responder = responder;
    this.#sender = sender;
    this.#safety = safety;
  }

  cancelOnDisconnect(session: WsSession, asker: Asker, bytes: Uint8Array, from: number, to: number): void {
    const enabled = this.#parser.cancelOnDisconnect(bytes, from, to);
    if (enabled < 0) this.#sender.refuse(asker, this.#parser.problem);
    else if (enabled === 0) {
      this.#forget(session, decoder.decode(this.#parser.client));
      this.#say(asker, { enabled: false });
    } else if (this.#sender.admitCancel(asker)) this.#remember(session, asker, decoder.decode(this.#parser.client));
  }

  cancelAfter(asker: Asker, bytes: Uint8Array, from: number, to: number): void {
    const timeoutMs = this.#parser.cancelAfter(bytes, from, to);
    const { client } = this.#parser;
    if (timeoutMs < 0) this.#sender.refuse(asker, this.#parser.problem);
    else if (timeoutMs === 0) {
      this.#safety.never(client);
      this.#say(asker, { timeout_ms: 0 });
    } else if (this.#sender.admitCancel(asker)) {
      if (this.#safety.at(client, asker.startUs + timeoutMs * 1000)) this.#say(asker, { timeout_ms: timeoutMs });
      else this.#responder.problem(asker, 'ring_full', 'Too many clients have such a time; this one was not taken.');
    }
  }

  /** The socket has ended: what was asked for that is due. */
  ended(session: WsSession): void {
    const clients = this.#onEnd.get(session.id);
    if (clients === undefined) return;
    this.#onEnd.delete(session.id);
    for (const client of clients) this.#safety.now(client);
  }

  #remember(session: WsSession, asker: Asker, client: string): void {
    const clients = this.#onEnd.get(session.id) ?? new Set();
    if (clients.size >= CLIENTS_MAX && !clients.has(client)) {
      const detail = `At most ${CLIENTS_MAX} clients for one socket.`;
      this.#responder.problem(asker, 'invalid_value', detail, { field: 'client_id' });
      return;
    }
    clients.add(client);
    this.#onEnd.set(session.id, clients);
    this.#say(asker, { enabled: true });
  }

  #forget(session: WsSession, client: string): void {
    const clients = this.#onEnd.get(session.id);
    clients?.delete(client);
    if (clients?.size === 0) this.#onEnd.delete(session.id);
  }

  #say(asker: Asker, facts: object): void {
    const client_id = decoder.decode(this.#parser.client);
    this.#responder.json(asker, JSON.stringify({ client_id, ...facts }));
  }
}
