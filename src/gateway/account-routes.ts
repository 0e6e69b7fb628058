// Routes that read accounts and clearing: a client's live orders, positions and balances, settlements, instruments. Gateway thread.
// Owns nothing. Whoever may place orders for a client may read its accounts: client ids are not secrets here.

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { CLIENT_ID_BYTES_MAX } from '../domain/command.ts';
import { instrumentListJson } from '../wire/instrument-json.ts';
import { AnswerStatus, QueryType, SETTLEMENTS_LIMIT_MAX } from '../wire/query-codec.ts';
import { admitRead } from './admission.ts';
import type { Asker } from './asker.ts';
import type { GatewayContext } from './context.ts';
import type { Askers } from './http-askers.ts';
import type { Identity } from './identity.ts';
import { readOrderPage } from './order-page.ts';
import { decodePathText } from './path-text.ts';
import type { FollowerQueries, Question } from './queries.ts';
import { readCount } from './query-string.ts';
import type { Responder } from './responses.ts';

const SETTLEMENTS_LIMIT_DEFAULT = 50;
const CYCLE = /^[1-9][0-9]{0,14}$/;
const SETTLEMENT_BEHIND =
  'The ledger has not come to the end of this cycle yet: what was closed is in the journal, and follows. Try again in a moment.';
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export interface AccountRoutesParts {
  readonly context: GatewayContext;
  readonly askers: Askers;
  readonly responder: Responder;
  readonly queries: FollowerQueries;
  readonly identity: () => Identity;
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

  /** GET /clients/:id/orders: the live ones, by instrument, then number. */
  readonly orders = (res: HttpResponse, req: HttpRequest): void => {
    const asker = this.#begin(res, req);
    if (asker === undefined) return;
    const { context, responder, queries, identity } = this.#parts;
    const text = this.#clientOf(asker, req);
    if (text === undefined) return;
    const { ids, json } = identity();
    const page = readOrderPage(req, context.instruments.current, ids, asker, responder);
    if (page === undefined) return;
    queries.ask(asker, {
      type: QueryType.CLIENT_ORDERS,
      text,
      instrument: page.firstInstrument,
      lastInstrument: page.lastInstrument,
      number: page.afterNumber,
      limit: page.limit,
      answered: (who, answer) => responder.json(who, json.clientOrders(answer, decoder.decode(text), page.limit)),
    });
  };

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
      this.#ask(asker, {
        ...{ type: QueryType.SETTLEMENT, number: Number(text), text: client },
        failed: (who, status) => this.#settlementFailed(who, status),
      });
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
    responder.json(asker, instrumentListJson(context.instruments.current));
  };

  #ofClient(res: HttpResponse, req: HttpRequest, type: number): void {
    const asker = this.#begin(res, req);
    if (asker === undefined) return;
    const text = this.#clientOf(asker, req);
    if (text !== undefined) this.#ask(asker, { type, text });
  }

  /** The client id in the path; undefined when it cannot be one, and then the asker is answered. */
  #clientOf(asker: Asker, req: HttpRequest): Uint8Array | undefined {
    const text = encoder.encode(decodePathText(req.getParameter(0)));
    if (text.length >= 1 && text.length <= CLIENT_ID_BYTES_MAX) return text;
    this.#parts.responder.problem(asker, 'not_found', 'This cannot be the id of a client.');
    return undefined;
  }

  #settlementFailed(asker: Asker, status: number): void {
    const { queries, responder } = this.#parts;
    if (status === AnswerStatus.BEHIND) responder.problem(asker, 'behind', SETTLEMENT_BEHIND);
    else queries.sayFailed(asker, status);
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
