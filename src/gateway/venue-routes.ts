// Routes of the venue's operator: instruments and their status, the kill switch, clients' limits, deposits and
// withdrawals, settlements. Each is a command like any order, journaled and answered alike. Gateway thread. Owns its
// Commands, reused for all. Must never send anything for somebody who is not the operator.

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { Command } from '../domain/command.ts';
import { AdminRequestParser } from '../wire/admin-request.ts';
import { InstrumentRequestParser } from '../wire/instrument-request.ts';
import { type AdminAccess, admitAdmin } from './admin-access.ts';
import type { Asker } from './asker.ts';
import type { BodyReader } from './body.ts';
import type { CommandSender } from './command-sender.ts';
import type { GatewayContext } from './context.ts';
import type { Askers } from './http-askers.ts';
import { requireJson, requireJsonIfAny } from './media-type.ts';
import { decodePathText } from './path-text.ts';
import type { Responder } from './responses.ts';

export interface VenueRoutesParts {
  readonly context: GatewayContext;
  readonly askers: Askers;
  readonly responder: Responder;
  readonly bodies: BodyReader;
  readonly sender: CommandSender;
  readonly access: AdminAccess;
}

type Route = (res: HttpResponse, req: HttpRequest) => void;

export class VenueRoutes {
  readonly #parts: VenueRoutesParts;
  readonly #parser: AdminRequestParser;
  readonly #instruments: InstrumentRequestParser;
  readonly #command = new Command();
  readonly #cancelAll = new Command();

  constructor(parts: VenueRoutesParts) {
    this.#parts = parts;
    this.#parser = new AdminRequestParser(parts.context.instruments);
    this.#instruments = new InstrumentRequestParser(parts.context.instruments);
  }

  /** POST /admin/instruments: adds an instrument, or changes the one of that name. */
  get instrument(): Route {
    return this.#route((asker, bytes) => {
      const isGood = this.#instruments.parse(bytes, 0, bytes.length, this.#command);
      this.#parts.sender.sendParsed(asker, isGood, this.#command, this.#instruments.problem);
    });
  }

  /** POST /admin/instruments/:name/status */
  get instrumentStatus(): Route {
    return this.#route((asker, bytes) => {
      const instrument = this.#parts.context.instruments.current.indexOf(asker.parameter);
      if (instrument < 0) {
        this.#parts.responder.problem(asker, 'unknown_instrument', 'There is no such instrument.', { status: 404 });
        return;
      }
      const isGood = this.#parser.instrumentStatus(bytes, 0, bytes.length, instrument, this.#command);
      this.#send(asker, isGood);
    });
  }

  /** POST /admin/kill-switch: with `cancel_orders`, everyone's orders are cancelled right after it. */
  get killSwitch(): Route {
    return this.#route((asker, bytes) => {
      const isGood = this.#parser.killSwitch(bytes, 0, bytes.length, this.#command);
      if (!isGood || !this.#parser.cancelOrders) {
        this.#send(asker, isGood);
        return;
      }
      this.#parser.cancelAll(this.#cancelAll);
      this.#parts.sender.sendBoth(asker, this.#command, this.#cancelAll);
    });
  }

  /** PUT /admin/clients/:id/limits */
  get clientLimits(): Route {
    return this.#route((asker, bytes) => {
      const client = asker.parameter;
      this.#send(asker, this.#parser.clientLimits(bytes, 0, bytes.length, client, this.#command));
    });
  }

  /** POST /admin/deposits */
  get deposit(): Route {
    return this.#route((asker, bytes) => {
      this.#send(asker, this.#parser.adjustBalance(bytes, 0, bytes.length, 1, this.#command));
    });
  }

  /** POST /admin/withdrawals */
  get withdrawal(): Route {
    return this.#route((asker, bytes) => {
      this.#send(asker, this.#parser.adjustBalance(bytes, 0, bytes.length, -1, this.#command));
    });
  }

  /** POST /admin/settlements: closes the cycle at the sequence it gets. The body may be left out. */
  get settlement(): Route {
    return this.#route((asker, bytes) => {
      this.#send(asker, this.#parser.closeSettlement(bytes, 0, bytes.length, this.#command));
    }, requireJsonIfAny);
  }

  #route(receive: (asker: Asker, bytes: Uint8Array) => void, requireType = requireJson): Route {
    const { askers, responder, bodies, sender } = this.#parts;
    const whenAdmitted = (asker: Asker, bytes: Uint8Array): void => {
      if (sender.admit(asker)) receive(asker, bytes);
    };
    return (res, req) => {
      const asker = askers.begin(res);
      asker.parameter = decodePathText(req.getParameter(0));
      if (!this.#admit(asker, res, req)) return;
      if (requireType(asker, req, responder)) bodies.read(asker, res, whenAdmitted);
    };
  }

  #send(asker: Asker, isGood: boolean): void {
    this.#parts.sender.sendParsed(asker, isGood, this.#command, this.#parser.problem);
  }

  #admit(asker: Asker, res: HttpResponse, req: HttpRequest): boolean {
    return admitAdmin(this.#parts.access, asker, res, req, this.#parts.responder);
  }
}
