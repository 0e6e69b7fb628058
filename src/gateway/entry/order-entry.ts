// What requests about orders do, whichever way they came: place, cancel, amend, replace, cancel many; and the dry run,
// which changes nothing. From the body's bytes into a command, from there into the command ring. Gateway thread. Owns one Command,
// reused for all. Must never journal what is not well formed. Allocates: per request, nothing per byte.

import { assert } from '../../assert.ts';
import { Command } from '../../domain/command.ts';
import { DRY_RUN_ORDERS_MAX } from '../../domain/rules/dry-run.ts';
import { AmendRequestParser } from '../../wire/amend-request.ts';
import { CancelRequestParser } from '../../wire/cancel-request.ts';
import { COMMAND_SLOT_BYTES, encodeCommand } from '../../wire/command-codec.ts';
import { MassCancelParser } from '../../wire/mass-cancel-request.ts';
import { OrderIdParser } from '../../wire/order-id-request.ts';
import { OrderRequestParser, ReplaceRequestParser } from '../../wire/order-request.ts';
import { IdKind } from '../../wire/public-id.ts';
import { AnswerStatus, QueryType } from '../../wire/query-codec.ts';
import { admitRead } from '../admission.ts';
import type { Asker } from '../asker.ts';
import type { CommandSender } from '../command-sender.ts';
import type { GatewayContext } from '../context.ts';
import { decodeId, type Identity } from '../identity.ts';
import type { FollowerQueries } from '../queries.ts';
import type { Responder } from '../responses.ts';
import { askOrder, whenKnown } from './order-status.ts';

export interface OrderEntryParts {
  readonly context: GatewayContext;
  readonly responder: Responder;
  readonly queries: FollowerQueries;
  readonly identity: () => Identity;
  readonly sender: CommandSender;
}

const TOO_LARGE_DETAIL = `The order would meet more than ${DRY_RUN_ORDERS_MAX} orders, the most that a dry run looks at.`;

/** Each method takes the request's body in `bytes[from..to)`, borrowed until return, and sees to it that the asker is answered. */
export class OrderEntry {
  readonly #parts: OrderEntryParts;
  readonly #orders: OrderRequestParser;
  readonly #cancels: CancelRequestParser;
  readonly #amends: AmendRequestParser;
  readonly #replacements: ReplaceRequestParser;
  readonly #massCancels: MassCancelParser;
  /** undefined where the path names the order: then the asker's parameter is its id. */
  readonly #orderIds: OrderIdParser | undefined;
  readonly #command = new Command();

  /** `orderIdIn`: where a request about an order names it. */
  constructor(parts: OrderEntryParts, orderIdIn: 'path' | 'body') {
    this.#parts = parts;
    const { instruments } = parts.context;
    const inBody = orderIdIn === 'body';
    this.#orderIds = inBody ? new OrderIdParser() : undefined;
    this.#orders = new OrderRequestParser(instruments);
    this.#cancels = new CancelRequestParser(inBody);
    this.#amends = new AmendRequestParser(instruments, inBody);
    this.#replacements = new ReplaceRequestParser(instruments, inBody);
    this.#massCancels = new MassCancelParser(instruments);
  }

  place(asker: Asker, bytes: Uint8Array, from: number, to: number): void {
    const { sender } = this.#parts;
    if (!sender.admit(asker)) return;
    const parser = this.#orders;
    const isGood = parser.parse(bytes, from, to, this.#command);
    if (isGood && parser.dryRun) this.#askDryRun(asker);
    else sender.sendParsed(asker, isGood, this.#command, parser.problem);
  }

  cancel(asker: Asker, bytes: Uint8Array, from: number, to: number): void {
    const { sender } = this.#parts;
    if (!sender.admitCancel(asker)) return;
    const target = this.#target(asker, bytes, from, to);
    if (target < 0) return;
    const parser = this.#cancels;
    const isGood = parser.parse(bytes, from, to, target, this.#command);
    sender.sendParsed(asker, isGood, this.#command, parser.problem);
  }

  amend(asker: Asker, bytes: Uint8Array, from: number, to: number): void {
    if (!this.#parts.sender.admit(asker)) return;
    const target = this.#target(asker, bytes, from, to);
    if (target < 0) return;
    const { all } = this.#parts.context.instruments.current;
    if (all.length === 1) this.#sendAmend(asker, bytes, from, to, target, 0);
    else {
      const kept = bytes.slice(from, to);
      whenKnown(this.#parts, asker, target, (who, { instrument }) =>
        this.#sendAmend(who, kept, 0, kept.length, target, instrument),
      );
    }
  }

  replace(asker: Asker, bytes: Uint8Array, from: number, to: number): void {
    if (!this.#parts.sender.admit(asker)) return;
    const target = this.#target(asker, bytes, from, to);
    if (target < 0) return;
    const kept = bytes.slice(from, to);
    whenKnown(this.#parts, asker, target, (who, order) => {
      const parser = this.#replacements;
      const isGood = parser.parse(kept, 0, kept.length, { number: target, ...order }, this.#command);
      this.#parts.sender.sendParsed(who, isGood, this.#command, parser.problem);
    });
  }

  #sendAmend(asker: Asker, bytes: Uint8Array, from: number, to: number, target: number, instrument: number): void {
    const parser = this.#amends;
    const isGood = parser.parse(bytes, from, to, target, instrument, this.#command);
    this.#parts.sender.sendParsed(asker, isGood, this.#command, parser.problem);
  }

  /** A client's own orders. */
  cancelAll(asker: Asker, bytes: Uint8Array, from: number, to: number): void {
    const { sender } = this.#parts;
    if (!sender.admitCancel(asker)) return;
    const parser = this.#massCancels;
    sender.sendParsed(asker, parser.parse(bytes, from, to, this.#command), this.#command, parser.problem);
  }

  /** The order that the body names, as it is. */
  status(asker: Asker, bytes: Uint8Array, from: number, to: number): void {
    const { context, identity, responder, sender } = this.#parts;
    if (!admitRead(context.state, asker, responder)) return;
    const parser = this.#orderIds;
    assert(parser !== undefined, 'a path that names an order has no body for it');
    const { ids, json } = identity();
    const number = parser.only(bytes, from, to, ids);
    if (number < 0) sender.refuse(asker, parser.problem);
    else askOrder(this.#parts, asker, number, (who, answer) => responder.json(who, json.order(answer)));
  }

  /** The follower says what the order would do; nothing is journaled. */
  #askDryRun(asker: Asker): void {
    const { queries, responder } = this.#parts;
    const record = new Uint8Array(COMMAND_SLOT_BYTES);
    const origin = { gateway: 0, requestId: 0, receivedUs: 0 };
    const length = encodeCommand(record, new DataView(record.buffer), 0, this.#command, origin);
    queries.ask(asker, {
      type: QueryType.DRY_RUN,
      text: record.subarray(0, length),
      answered: (who, { bytes, body, end }) => responder.json(who, bytes.slice(body, end)),
      failed: (who, status) => {
        if (status === AnswerStatus.TOO_LARGE) responder.problem(who, 'dry_run_too_large', TOO_LARGE_DETAIL);
        else queries.sayFailed(who, status);
      },
    });
  }

  /** The number of the order that is named, -1 when it is not one of ours: then nothing is journaled and the asker has its answer. */
  #target(asker: Asker, bytes: Uint8Array, from: number, to: number): number {
    const { identity, responder, sender } = this.#parts;
    const { ids } = identity();
    const parser = this.#orderIds;
    if (parser !== undefined) {
      const number = parser.find(bytes, from, to, ids);
      if (number < 0) sender.refuse(asker, parser.problem);
      return number;
    }
    const number = decodeId(ids, IdKind.ORDER, asker.parameter);
    if (number < 0) responder.problem(asker, 'order_unknown', 'This is not the id of an order.');
    return number;
  }
}
