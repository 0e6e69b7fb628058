// All subscriptions of one socket. Gateway thread. Owns the list; the keys' counts are changed by who changes it.

import { isConflated, type KeyName } from './feed-key.ts';
import type { Subscription } from './subscription.ts';
import type { WsSocket } from './ws-socket.ts';

export class Subscriber {
  readonly socket: WsSocket;
  /** How many subscriptions may never miss a message, and how many are conflated now. */
  strict = 0;
  conflated = 0;
  readonly #all = new Map<string, Subscription>();

  constructor(socket: WsSocket) {
    this.socket = socket;
  }

  get size(): number {
    return this.#all.size;
  }

  all(): Iterable<Subscription> {
    return this.#all.values();
  }

  /** The subscription to the same thing, in whatever format. */
  get(name: KeyName, clientId: string): Subscription | undefined {
    return this.#all.get(textOf(name, clientId));
  }

  add(subscription: Subscription): void {
    const { key } = subscription;
    this.#all.set(textOf(key, key.clientId), subscription);
    if (!isConflated(key.channel)) this.strict++;
  }

  remove({ key }: Subscription): void {
    if (this.#all.delete(textOf(key, key.clientId)) && !isConflated(key.channel)) this.strict--;
  }
}

function textOf({ channel, instrument }: KeyName, clientId: string): string {
  return `${channel}/${instrument}/${clientId}`;
}
