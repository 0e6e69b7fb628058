// Sends recorded commands to a running server, as many at once as keep the outcome exact, and keeps what it answered. A tool's
// process. Owns the record of one run. Must never go on after a command whose fate stayed unknown: all that follows depends on it.

import { type Admitted, type CommandResult, CommandWindow } from './command-window.ts';
import type { HttpReply } from './http-connection.ts';
import type { RecordedCancel, RecordedCommand, RecordedFill, RecordedOrder } from './recorded-flow.ts';
import { problemCodeOf, ReplyError, readCancelReply, readOrderReply, requestOf } from './replay-requests.ts';

/** A reply kept whole, to be compared when the same command is sent again. */
export interface KeptReply {
  readonly seq: number;
  readonly status: number;
  readonly body: string;
}

export interface RunRecord {
  /** The server's id by recorded order id. */
  readonly serverIds: Map<string, string>;
  readonly fills: RecordedFill[];
  /** Sequences of post-only orders that were rejected because they would cross. */
  readonly rejected: Set<number>;
  readonly cancelled: Set<number>;
  /** Sequences of cancels that found their order closed: 409. */
  readonly foundClosed: Set<number>;
  /** Replies that fit nothing above, in words. */
  readonly unexpected: string[];
  readonly kept: KeptReply[];
}

/** Sends a command until it knows what became of it: over HTTP or over a WebSocket. */
export interface CommandClient {
  request(method: string, path: string, json: string): Promise<HttpReply>;
}

export interface RunOptions {
  readonly commands: readonly RecordedCommand[];
  readonly client: CommandClient;
  readonly runId: string;
  readonly inFlight: number;
  readonly keepReplies: number;
  readonly onDone: (done: number) => void;
}

const UNKNOWN_ORDER = '00000000-0000-8000-8000-000000000000';
const NOTHING: CommandResult = { restingLots: 0, fills: [] };

export class ReplayRun {
  readonly record: RunRecord = {
    serverIds: new Map(),
    fills: [],
    rejected: new Set(),
    cancelled: new Set(),
    foundClosed: new Set(),
    unexpected: [],
    kept: [],
  };
  readonly #options: RunOptions;
  readonly #window: CommandWindow;
  readonly #recordedIds = new Map<string, string>();
  readonly #keepEvery: number;
  #next = 0;
  #done = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#window = new CommandWindow(options.inFlight);
    this.#keepEvery = Math.max(1, Math.floor(options.commands.length / options.keepReplies));
  }

  /** Sends everything. Rejects when a command's fate stays unknown. */
  run(): Promise<RunRecord> {
    const { commands, onDone } = this.#options;
    return new Promise((resolve, reject) => {
      const advance = (): void => {
        while (this.#next < commands.length && this.#window.admit(commands[this.#next])) this.#next++;
        for (let ready = this.#window.takeReady(); ready !== undefined; ready = this.#window.takeReady()) {
          this.#send(ready).then(() => {
            onDone(++this.#done);
            if (this.#done === commands.length) resolve(this.record);
            else advance();
          }, reject);
        }
      };
      if (commands.length === 0) resolve(this.record);
      else advance();
    });
  }

  async #send(admitted: Admitted): Promise<void> {
    const { client, runId } = this.#options;
    const { command } = admitted;
    const { path, json } = requestOf(command, runId, this.record.serverIds.get(command.orderId) ?? UNKNOWN_ORDER);
    const reply = await client.request('POST', path, json);
    if (reply.status >= 500) throw new ReplyError(`seq ${command.seq}: ${describe(reply)}`);
    const result = command.kind === 'order' ? this.#ordered(command, reply) : this.#cancelled(command, reply);
    const traded = result.fills.length > 0;
    if (traded || command.seq % this.#keepEvery === 0) {
      this.record.kept.push({ seq: command.seq, status: reply.status, body: reply.body });
    }
    this.#window.finish(admitted, result);
  }

  #ordered(order: RecordedOrder, reply: HttpReply): CommandResult {
    const { serverIds, fills, rejected, unexpected } = this.record;
    if (reply.status !== 202) {
      unexpected.push(`seq ${order.seq}: ${describe(reply)}`);
      return NOTHING;
    }
    const answered = readOrderReply(reply.body);
    serverIds.set(order.orderId, answered.serverId);
    this.#recordedIds.set(answered.serverId, order.orderId);
    const made = answered.fills.map(({ makerServerId, priceTicks, quantityLots }) => {
      const makerOrderId = this.#recordedIds.get(makerServerId) ?? `unknown ${makerServerId}`;
      return { takerSeq: order.seq, makerOrderId, priceTicks, quantityLots };
    });
    fills.push(...made);
    if (answered.rejectReason === 'post_only_would_cross') rejected.add(order.seq);
    else if (answered.status === 'rejected') unexpected.push(`seq ${order.seq}: rejected: ${answered.rejectReason}`);
    return { restingLots: answered.remainingLots, fills: made };
  }

  #cancelled({ seq, orderId }: RecordedCancel, reply: HttpReply): CommandResult {
    const { cancelled, foundClosed, unexpected, serverIds } = this.record;
    const right = reply.status === 202 && readCancelReply(reply.body).serverId === serverIds.get(orderId);
    if (right) cancelled.add(seq);
    else if (reply.status === 409 && problemCodeOf(reply.body) === 'order_closed') foundClosed.add(seq);
    else unexpected.push(`seq ${seq}: ${describe(reply)}`);
    return NOTHING;
  }
}

export function describe({ status, body }: HttpReply): string {
  return `${status} ${body.slice(0, 300)}`;
}
