// Bounds of /ws, for each gateway. From config.ts; read only.

import type { OriginRule } from './origin.ts';

export interface WsLimits extends OriginRule {
  /** Sockets at once, within what the gateway may hold; 0: no limit of their own. */
  readonly connectionsMax: number;
  /** New sockets a second; one more is 503. 0: no limit. */
  readonly upgradesPerSecond: number;
  /** Frames a second from one client, each message of a binary one; one more is 1008. 0: no limit. */
  readonly framesPerSecond: number;
  /** Subscriptions of one socket, each instrument of a channel. */
  readonly subscriptionsMax: number;
  /** A socket whose client answers no ping for so long is closed; 8 to 960 seconds. */
  readonly idleTimeoutS: number;
  /** Bytes that may wait for one socket before it is closed as a slow consumer, */
  readonly backpressureBytesMax: number;
  /** and before its conflated channels wait for it. */
  readonly conflateBytes: number;
  /** Bytes that may wait for all sockets together before those for which most waits are cut off. */
  readonly totalBytesMax: number;
}
