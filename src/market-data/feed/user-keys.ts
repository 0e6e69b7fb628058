// The clients whose events somebody wants. Market data's thread. Finding one allocates nothing and costs a look when there are none.

import { Chain, type Key } from './key.ts';

export interface UserKey {
  readonly key: Key;
  readonly chain: Chain;
}

export class UserKeys {
  /** By hash of the client id; more than one where hashes meet. */
  readonly #byHash = new Map<number, UserKey[]>();
  count = 0;

  /** Of the client id in `bytes[from..to)`. */
  find(bytes: Uint8Array, from: number, to: number): UserKey | undefined {
    const bucket = this.#byHash.get(hashOf(bytes, from, to));
    if (bucket === undefined) return undefined;
    for (const user of bucket) if (isClient(user.key.client, bytes, from, to)) return user;
    return undefined;
  }

  /** A key that is not there yet; its chain begins where the first who asks is. */
  add(key: Key): UserKey {
    const user = { key, chain: new Chain(-1) };
    const hash = hashOf(key.client, 0, key.client.length);
    const bucket = this.#byHash.get(hash);
    if (bucket === undefined) this.#byHash.set(hash, [user]);
    else bucket.push(user);
    this.count++;
    return user;
  }

  remove(user: UserKey): void {
    const { client } = user.key;
    const hash = hashOf(client, 0, client.length);
    const rest = (this.#byHash.get(hash) ?? []).filter((other) => other !== user);
    if (rest.length === 0) this.#byHash.delete(hash);
    else this.#byHash.set(hash, rest);
    this.count--;
  }
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash >> 1; // a small integer
}

/** Whether `bytes[from..to)` is that client's id. Allocates: nothing. */
export function isClient(client: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (client.length !== to - from) return false;
  for (let i = 0; i < client.length; i++) if (client[i] !== bytes[from + i]) return false;
  return true;
}
