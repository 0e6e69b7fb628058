// Routes that read accounts and clearing: a client's positions and balances, settlements, instruments. Gateway thread.
// Owns nothing. Whoever may place orders for a client may read its accounts: client ids are not secrets here.

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { InstrumentStatus } from '../domain/codes.ts';
import { CLIENT_ID_BYTES_MAX } from '../domain/command.ts';
import { instrumentFacts } from '../wire/instrument-json.ts';
import { QueryType, SETTLEMENTS_LIMIT_MAX } from '../wire/query-codec.ts';
import { admitRead } from './admission.ts';
import type { Asker, Askers } from './asker.ts';
import type { GatewayContext } from './context.ts';
import type { FollowerQueries, Question } from './queries.ts';
import { readCount } from './query-string.ts';
import type { Responder } from './responses.ts';
import { decodeURIComponentOrNothing } from './venue-routes.ts';

const SETTLEMENTS_LIMIT_DEFAULT = 50;
const CYCLE = /^[1-9][0-9]{0,14}$/;
const encoder = new TextEncoder();

export interface AccountRoutesParts {
  readonly context: GatewayContext;
  readonly askers: Askers;
  readonly responder: Responder;
  readonly queries: FollowerQueries;
}

export class AccountRoutes {
  readonly #parts: AccountRoutesParts;

  constructor(parts: AccountRoutesParts) {
    this.#parts = parts;
  }

  /** GET /clients/:id/positions */
  readonly positions = (res: HttpResponse, req: HttpRequest): void => this.#ofClient(res, req, QueryType.POSITIONS);

  /** GET /clients/:id/balances */
  readonly balances = (res: HttpResponse, req: HttpRequest): void => this.#ofClient(res, req, QueryType.BALANCES);

  /** GET /clearing/settlements: the newest first. */
  readonly settlements = (res: HttpResponse, req: HttpRequest): void => {
    const asker = this.#begin(res, req);
    if (asker === undefined) return;
    const { responder } = this.#parts;
    const limit = readCount(req, 'limit', SETTLEMENTS_LIMIT_DEFAULT, SETTLEMENTS_LIMIT_MAX, asker, responder);
    if (limit > 0) this.#ask(asker, { type: QueryType.SETTLEMENTS, limit });
  };

  /** GET /clearing/settlements/:cycle, of everyone or of one `client_id` */
  readonly settlement = (res: HttpResponse, req: HttpRequest): void => {
    const asker = this.#begin(res, req);
    if (asker === undefined) return;
    const text = req.getParameter(0) ?? '';
    const client = encoder.encode(req.getQuery('client_id') ?? '');
    if (CYCLE.test(text) && client.length <= CLIENT_ID_BYTES_MAX)
      this.#ask(asker, { type: QueryType.SETTLEMENT, number: Number(text), text: client });
    else
      this.#parts.responder.problem(
        asker,
        'not_found',
        'A settlement cycle is a whole number from 1, a client id at most 64 bytes.',
      );
  };

  /** GET /instruments: those that are not delisted. */
  readonly instruments = (res: HttpResponse, req: HttpRequest): void => {
    const asker = this.#begin(res, req);
    if (asker === undefined) return;
    const { context, responder } = this.#parts;
    const listed = context.instruments.current.all.filter(({ status }) => status !== InstrumentStatus.DELISTED);
    responder.json(asker, JSON.stringify(listed.map(instrumentFacts)));
  };

  #ofClient(res: HttpResponse, req: HttpRequest, type: number): void {
    const asker = this.#begin(res, req);
    if (asker === undefined) return;
    const text = encoder.encode(decodeURIComponentOrNothing(req.getParameter(0) ?? ''));
    if (text.length >= 1 && text.length <= CLIENT_ID_BYTES_MAX) this.#ask(asker, { type, text });
    else this.#parts.responder.problem(asker, 'not_found', 'This cannot be the id of a client.');
  }

  #ask(asker: Asker, question: Omit<Question, 'answered'>): void {
    const { queries, responder } = this.#parts;
    queries.ask(asker, {
      ...question,
      answered: (who, { bytes, body, end }) => responder.json(who, bytes.slice(body, end)),
    });
  }

  /** undefined: answered already. */
  #begin(res: HttpResponse, req: HttpRequest): Asker | undefined {
    const { askers, context, responder } = this.#parts;
    const asker = askers.begin(res, req.getMethod() === 'head');
    return admitRead(context.state, asker, responder) ? asker : undefined;
  }
}
