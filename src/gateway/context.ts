// What a gateway is given when it is composed: its rings, its counters, the words it shares with the process, its limits.
// Read on the gateway's own thread. Owns nothing; says in one place everything that a gateway can touch.

import type { Clock } from '../runtime/clock.ts';
import type { SharedProcessState } from '../runtime/process-state.ts';
import type { BroadcastReader } from '../shared-memory/broadcast-ring.ts';
import type { CommandRing } from '../shared-memory/command-ring.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import type { DeadlineTable } from '../shared-memory/deadline-table.ts';
import type { Doorbell } from '../shared-memory/doorbell.ts';
import type { LatestValue } from '../shared-memory/latest-value.ts';
import type { MessageRing } from '../shared-memory/message-ring.ts';
import type { InstrumentSource } from '../wire/instrument-list.ts';
import type { ProblemCode } from '../wire/problem.ts';
import type { WsLimits } from './ws/limits.ts';

/** What a gateway asks the main thread to render, for it alone sees the whole process. */
export type MainQuestion = PlainQuestion | ({ readonly kind: 'book' } & PastBook);

export interface PlainQuestion {
  readonly kind: 'metrics' | 'health' | 'queues' | 'openapi' | 'asyncapi' | 'snapshot' | 'resume';
}

/** A book as it was after the command of that sequence. */
export interface PastBook {
  readonly instrument: number;
  readonly levels: number;
  readonly sequence: number;
}

/** An HTTP answer that the main thread rendered, sent on as it is. */
export interface RenderedAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What the main thread answers, or why it cannot: not now, or because there is no such thing. */
export type MainAnswer =
  | RenderedAnswer
  | { readonly unavailable: string; readonly code?: ProblemCode }
  | { readonly notFound: string };

export interface GatewayLimits {
  /** Longest request body; a longer one is 413. */
  readonly bodyBytesMax: number;
  /** How long a request's body may take to arrive; a slower one is 408. */
  readonly bodyTimeoutMs: number;
  /** How long a command may go without its reply before its outcome is called unknown. */
  readonly replyTimeoutMs: number;
  /** How long a read may wait to catch up with the asker's own writes. */
  readonly readTimeoutMs: number;
  /** Bytes that may wait for one stream socket before it is closed as a slow consumer. */
  readonly streamBackpressureBytesMax: number;
  /** Commands without a drained reply; the reply ring has room for the largest reply to each. */
  readonly inFlightMax: number;
  /** Connections open at once, streams included; one more is closed. */
  readonly connectionsMax: number;
  readonly ws: WsLimits;
}

export interface GatewayContext {
  readonly index: number;
  readonly host: string;
  /** A concrete port: several threads cannot share port 0. */
  readonly port: number;
  readonly instruments: InstrumentSource;
  readonly state: SharedProcessState;
  readonly commandRing: CommandRing;
  readonly replyRing: MessageRing;
  readonly matchingDoorbell: Doorbell;
  /** Shared by all gateways: when a client's orders are cancelled unless it says otherwise. */
  readonly cancelDeadlines: DeadlineTable;
  readonly queryRing: MessageRing;
  readonly answerRing: MessageRing;
  readonly followerDoorbell: Doorbell;
  readonly stream: BroadcastReader;
  /** Of /ws: what market data tells all subscribers, what this gateway wishes of it, and the answers. */
  readonly feed: BroadcastReader;
  readonly wishRing: MessageRing;
  readonly feedAnswerRing: MessageRing;
  readonly marketDataDoorbell: Doorbell;
  /** Prepared depth by instrument, with room for as many as there can be. */
  readonly depth: readonly LatestValue[];
  /** MatchingCounter.SEQUENCE: a read is answered at or after what this says when it arrives. */
  readonly appliedSequence: () => number;
  /** The gateway's own block: GatewayCounter of wire/counters.ts. */
  readonly counters: CounterBlock;
  readonly clock: Clock;
  readonly askMain: (question: MainQuestion) => Promise<MainAnswer>;
  /** Bearer token of the admin endpoints; without one they answer loopback only. */
  readonly adminToken: string | undefined;
  readonly showClientIds: boolean;
  readonly limits: GatewayLimits;
}
