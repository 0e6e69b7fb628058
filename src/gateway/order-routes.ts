// HTTP routes that change orders: place, cancel, amend, replace, mass cancel. What they do is said in entry/order-entry.ts.
// Gateway thread. Owns the mass cancel's Command.

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { Command } from '../domain/command.ts';
import { MassCancelParser } from '../wire/mass-cancel-request.ts';
import { type AdminAccess, admitAdmin } from './admin-access.ts';
import type { Asker } from './asker.ts';
import type { BodyReader, ReceiveBody } from './body.ts';
import type { CommandSender } from './command-sender.ts';
import type { GatewayContext } from './context.ts';
import type { OrderEntry } from './entry/order-entry.ts';
import type { Askers } from './http-askers.ts';
import { requireJson, requireJsonIfAny } from './media-type.ts';
import type { Responder } from './responses.ts';
import { Timings } from './timings.ts';

export interface OrderRoutesParts {
  readonly context: GatewayContext;
  readonly askers: Askers;
  readonly responder: Responder;
  readonly bodies: BodyReader;
  readonly sender: CommandSender;
  readonly access: AdminAccess;
  readonly entry: OrderEntry;
}

export class OrderRoutes {
  readonly #parts: OrderRoutesParts;
  readonly #massCancels: MassCancelParser;
  readonly #command = new Command();

  constructor(parts: OrderRoutesParts) {
    this.#parts = parts;
    this.#massCancels = new MassCancelParser(parts.context.instruments);
  }

  /** POST /orders */
  readonly place = (res: HttpResponse, req: HttpRequest): void => this.#readJson(res, req, this.#place);

  /** POST /orders/:id/cancel */
  readonly cancel = (res: HttpResponse, req: HttpRequest): void => {
    const { responder, bodies } = this.#parts;
    const asker = this.#begin(res, req);
    if (requireJsonIfAny(asker, req, responder)) bodies.read(asker, res, this.#cancel);
  };

  /** PATCH /orders/:id */
  readonly amend = (res: HttpResponse, req: HttpRequest): void => this.#readJson(res, req, this.#amend);

  /** POST /orders/:id/replace */
  readonly replace = (res: HttpResponse, req: HttpRequest): void => this.#readJson(res, req, this.#replace);

  /** DELETE /orders: everyone's orders are the operator's to cancel, a client's its own. */
  readonly massCancel = (res: HttpResponse, req: HttpRequest): void => {
    const { sender, responder, access } = this.#parts;
    const asker = this.#begin(res, req);
    if (!sender.admitCancel(asker)) return;
    const isGood = this.#massCancels.parseQuery(req.getQuery(), this.#command);
    const isEveryones = isGood && this.#command.clientLength === 0;
    if (isEveryones && !admitAdmin(access, asker, res, req, responder)) return;
    sender.sendParsed(asker, isGood, this.#command, this.#massCancels.problem);
  };

  readonly #place: ReceiveBody = (asker, bytes) => this.#parts.entry.place(asker, bytes, 0, bytes.length);
  readonly #cancel: ReceiveBody = (asker, bytes) => this.#parts.entry.cancel(asker, bytes, 0, bytes.length);
  readonly #amend: ReceiveBody = (asker, bytes) => this.#parts.entry.amend(asker, bytes, 0, bytes.length);
  readonly #replace: ReceiveBody = (asker, bytes) => this.#parts.entry.replace(asker, bytes, 0, bytes.length);

  #readJson(res: HttpResponse, req: HttpRequest, receive: ReceiveBody): void {
    const { responder, bodies } = this.#parts;
    const asker = this.#begin(res, req);
    if (requireJson(asker, req, responder)) bodies.read(asker, res, receive);
  }

  #begin(res: HttpResponse, req: HttpRequest): Asker {
    const asker = this.#parts.askers.begin(res);
    asker.parameter = req.getParameter(0) ?? '';
    if (req.getHeader('x-timing') === '1') asker.timings = new Timings(asker.startUs);
    return asker;
  }
}
