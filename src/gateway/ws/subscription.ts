// One socket's subscription to one key: how far its beginning has come, and what it missed while it was slow. Gateway thread.

import type { FeedKey } from './feed-key.ts';
import type { WsSocket } from './ws-socket.ts';

export const SubscriptionState = {
  /** A snapshot, or the answer to a wish, is awaited. */
  BEGINNING: 1,
  /** Gets each message. */
  LIVE: 2,
  /** Gets none until its socket has taken what waits for it. */
  CONFLATED: 3,
  /** Unsubscribed, or its socket has ended. */
  OVER: 4,
} as const;
export type SubscriptionState = (typeof SubscriptionState)[keyof typeof SubscriptionState];

export class Subscription {
  readonly socket: WsSocket;
  readonly key: FeedKey;
  /** `req_id` of the request, JSON text; '' when it had none. */
  readonly reqId: string;
  state: SubscriptionState = SubscriptionState.BEGINNING;
  /** Id of the wish under way, 0 for none. */
  wish = 0;
  /** The socket knows everything through it. */
  sequence = 0;
  /** Parts of an answer that have come. */
  parts: Uint8Array[] = [];
  /** The wish goes on from what the gateway itself has told: its `resumed` is not for the client. */
  continues = false;
  /** The sequence after which messages were left out, -1 for none. */
  leftOutFrom = -1;
  /** Messages of the key when it was conflated. */
  seen = 0;
  /** Beginnings that came to nothing, one after the other. */
  attempts = 0;

  constructor(socket: WsSocket, key: FeedKey, reqId: string) {
    this.socket = socket;
    this.key = key;
    this.reqId = reqId;
  }

  /** From here on each message of its key is the socket's, which knows everything through `sequence`. */
  goLive(sequence: number): void {
    const { key, socket } = this;
    this.state = SubscriptionState.LIVE;
    if (sequence > this.sequence) this.sequence = sequence;
    key.listeners++;
    socket.join(key.topic);
  }
}
