// Routes that change orders: place, cancel, amend. From the body's bytes into a command, from there into the command ring.
// Gateway thread. Owns one Command, reused for all. Must never journal what is not well formed, nor claim a slot of the ring
// without room for the reply: that room is what the in-flight limit keeps. Allocates: per request, nothing per byte.

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { Command } from '../domain/command.ts';
import { AmendRequestParser } from '../wire/amend-request.ts';
import { CancelRequestParser } from '../wire/cancel-request.ts';
import { type CommandOrigin, encodeCommand } from '../wire/command-codec.ts';
import { GatewayCounter } from '../wire/counters.ts';
import { ORDER_INSTRUMENT } from '../wire/order-codec.ts';
import { OrderRequestParser } from '../wire/order-request.ts';
import type { RequestProblem } from '../wire/problem.ts';
import { IdKind } from '../wire/public-id.ts';
import { AnswerStatus, QueryType } from '../wire/query-codec.ts';
import { admitCommand } from './admission.ts';
import type { Asker, Askers } from './asker.ts';
import { BatchedBell } from './batched-bell.ts';
import type { BodyReader } from './body.ts';
import type { GatewayContext } from './context.ts';
import { decodeId, type Identity } from './identity.ts';
import { isJson } from './media-type.ts';
import type { PendingTable } from './pending.ts';
import type { FollowerQueries } from './queries.ts';
import type { Responder } from './responses.ts';

export interface OrderRoutesParts {
  readonly context: GatewayContext;
  readonly askers: Askers;
  readonly responder: Responder;
  readonly bodies: BodyReader;
  readonly queries: FollowerQueries;
  readonly identity: () => Identity;
  /** Who waits for a reply from the matching thread. */
  readonly pending: PendingTable<Asker>;
}

export class OrderRoutes {
  readonly #parts: OrderRoutesParts;
  readonly #orders: OrderRequestParser;
  readonly #cancels = new CancelRequestParser();
  readonly #amends: AmendRequestParser;
  readonly #command = new Command();
  readonly #origin: CommandOrigin;
  readonly #matchingBell: BatchedBell;

  constructor(parts: OrderRoutesParts) {
    this.#parts = parts;
    const { instruments, index } = parts.context;
    this.#orders = new OrderRequestParser(instruments);
    this.#amends = new AmendRequestParser(instruments);
    this.#matchingBell = new BatchedBell(parts.context.matchingDoorbell);
    this.#origin = { gateway: index, requestId: 0, receivedUs: 0 };
  }

  /** POST /orders */
  readonly place = (res: HttpResponse, req: HttpRequest): void => {
    const asker = this.#parts.askers.begin(res);
    if (this.#checkMediaType(asker, req.getHeader('content-type'))) this.#parts.bodies.read(asker, this.#place);
  };

  /** POST /orders/:id/cancel */
  readonly cancel = (res: HttpResponse, req: HttpRequest): void => {
    const asker = this.#parts.askers.begin(res);
    asker.parameter = req.getParameter(0) ?? '';
    const contentType = req.getHeader('content-type');
    // A cancel needs no body, and then no Content-Type; a body of another type is refused all the same.
    const bodiless = contentType === '' && !hasBody(req);
    if (bodiless || this.#checkMediaType(asker, contentType)) this.#parts.bodies.read(asker, this.#cancel);
  };

  /** PATCH /orders/:id */
  readonly amend = (res: HttpResponse, req: HttpRequest): void => {
    const asker = this.#parts.askers.begin(res);
    asker.parameter = req.getParameter(0) ?? '';
    if (this.#checkMediaType(asker, req.getHeader('content-type'))) this.#parts.bodies.read(asker, this.#amend);
  };

  readonly #place = (asker: Asker, bytes: Uint8Array): void => {
    if (!this.#admit(asker)) return;
    const parser = this.#orders;
    if (parser.parse(bytes, 0, bytes.length, this.#command)) this.#send(asker);
    else this.#refuse(asker, parser.problem);
  };

  readonly #cancel = (asker: Asker, bytes: Uint8Array): void => {
    if (!this.#admit(asker)) return;
    const target = this.#target(asker);
    if (target < 0) return;
    const parser = this.#cancels;
    if (parser.parse(bytes, 0, bytes.length, target, this.#command)) this.#send(asker);
    else this.#refuse(asker, parser.problem);
  };

  readonly #amend = (asker: Asker, bytes: Uint8Array): void => {
    if (!this.#admit(asker)) return;
    const target = this.#target(asker);
    if (target < 0) return;
    if (this.#parts.context.instruments.length === 1) this.#sendAmend(asker, bytes, target, 0);
    else this.#amendOnceKnown(asker, bytes.slice(), target);
  };

  /** The scales of an amend's decimals are its order's instrument's, which the id does not tell. Owns `bytes`. */
  #amendOnceKnown(asker: Asker, bytes: Uint8Array, target: number): void {
    const { queries, responder } = this.#parts;
    queries.ask(asker, {
      type: QueryType.ORDER,
      number: target,
      answered: (who, { view, body }) => {
        const instrument = view.getUint16(body + ORDER_INSTRUMENT, true);
        if (this.#admit(who)) this.#sendAmend(who, bytes, target, instrument);
      },
      failed: (who, status) => {
        if (status === AnswerStatus.NOT_FOUND) responder.problem(who, 'order_unknown', 'No such order.');
        else queries.sayFailed(who, status);
      },
    });
  }

  #sendAmend(asker: Asker, bytes: Uint8Array, target: number, instrument: number): void {
    const parser = this.#amends;
    if (parser.parse(bytes, 0, bytes.length, target, instrument, this.#command)) this.#send(asker);
    else this.#refuse(asker, parser.problem);
  }

  /** Hands the command over. From the commit on it will be executed, whatever becomes of the asker. */
  #send(asker: Asker): void {
    const { context, pending, responder } = this.#parts;
    const { commandRing: ring, clock, counters, limits } = context;
    const slot = pending.full ? -1 : ring.claim();
    if (slot < 0) {
      counters.add(GatewayCounter.RING_FULL, 1);
      responder.problem(asker, 'ring_full', 'Too many commands are waiting; this one was not taken. Try again.');
      return;
    }
    const origin = this.#origin;
    const command = this.#command;
    asker.commandType = command.type;
    origin.requestId = pending.open(asker, asker.startUs + limits.replyTimeoutMs * 1000);
    origin.receivedUs = clock.monotonicUs();
    encodeCommand(ring.bytes, ring.view, slot, command, origin);
    ring.commit();
    this.#matchingBell.ring();
    counters.set(GatewayCounter.IN_FLIGHT, pending.size);
  }

  /** The order's number in the path, -1 when it is not one of ours: then nothing is journaled and the asker has its answer. */
  #target(asker: Asker): number {
    const number = decodeId(this.#parts.identity().ids, IdKind.ORDER, asker.parameter);
    if (number < 0) this.#parts.responder.problem(asker, 'order_unknown', 'This is not the id of an order.');
    return number;
  }

  #admit(asker: Asker): boolean {
    return admitCommand(this.#parts.context.state, asker, this.#parts.responder);
  }

  #refuse(asker: Asker, { status, code, field, detail }: Readonly<RequestProblem>): void {
    this.#parts.responder.problem(asker, code, detail, { status, field });
  }

  #checkMediaType(asker: Asker, contentType: string): boolean {
    if (isJson(contentType)) return true;
    const detail = contentType === '' ? 'Content-Type is missing; send application/json.' : 'Send application/json.';
    this.#parts.responder.problem(asker, 'unsupported_media_type', detail, {
      headers: ['Accept-Post', 'application/json'],
    });
    return false;
  }
}

function hasBody(req: HttpRequest): boolean {
  const length = req.getHeader('content-length');
  return (length !== '' && length !== '0') || req.getHeader('transfer-encoding') !== '';
}
