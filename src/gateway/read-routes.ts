// Routes that read: one order, the book as it is or was, trades. Gateway thread. Owns nothing.
// Must never answer with less than what was applied when the question came; that is kept by queries.ts and depth-reads.ts.

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { DEPTH_LEVELS_DEFAULT, DEPTH_LEVELS_MAX } from '../wire/depth-codec.ts';
import { IdKind } from '../wire/public-id.ts';
import { QueryType, TRADES_LIMIT_MAX } from '../wire/query-codec.ts';
import { admitRead } from './admission.ts';
import { askMain } from './ask-main.ts';
import type { Asker } from './asker.ts';
import type { GatewayContext, PastBook } from './context.ts';
import type { DepthReads } from './depth-reads.ts';
import { askOrder } from './entry/order-status.ts';
import type { Askers } from './http-askers.ts';
import { decodeId, type Identity } from './identity.ts';
import type { Answer, FollowerQueries } from './queries.ts';
import { readCount, readInstrument, readSequence } from './query-string.ts';
import type { Responder } from './responses.ts';

const TRADES_LIMIT_DEFAULT = 50;
/** The past is replayed, and others may be waiting for theirs. */
const PAST_BOOK_TIMEOUT_MS = 60_000;

export interface ReadRoutesParts {
  readonly context: GatewayContext;
  readonly askers: Askers;
  readonly responder: Responder;
  readonly queries: FollowerQueries;
  readonly depthReads: DepthReads;
  readonly identity: () => Identity;
}

export class ReadRoutes {
  readonly #parts: ReadRoutesParts;

  constructor(parts: ReadRoutesParts) {
    this.#parts = parts;
  }

  /** GET /orders/:id */
  readonly order = (res: HttpResponse, req: HttpRequest): void => {
    const asker = this.#begin(res, req);
    if (asker === undefined) return;
    const { responder, identity, queries } = this.#parts;
    const { ids, json } = identity();
    const number = decodeId(ids, IdKind.ORDER, req.getParameter(0) ?? '');
    if (number < 0) {
      responder.problem(asker, 'order_unknown', 'This is not the id of an order.');
      return;
    }
    askOrder({ responder, queries }, asker, number, (who, answer) => responder.json(who, json.order(answer)));
  };

  /** GET /orderbook */
  readonly orderbook = (res: HttpResponse, req: HttpRequest): void => {
    const asker = this.#begin(res, req);
    if (asker === undefined) return;
    const { responder, context, depthReads } = this.#parts;
    const instrument = readInstrument(req, context.instruments.current, asker, responder);
    if (instrument < 0) return;
    const levels = readCount(req, 'levels', DEPTH_LEVELS_DEFAULT, DEPTH_LEVELS_MAX, asker, responder);
    if (levels <= 0) return;
    const sequence = readSequence(req, 'at_sequence', asker, responder);
    if (sequence === undefined) depthReads.get(asker, instrument, levels);
    else if (sequence >= 0) this.#pastBook(asker, { instrument, levels, sequence });
  };

  #pastBook(asker: Asker, book: PastBook): void {
    const { responder, context } = this.#parts;
    const newest = context.appliedSequence();
    if (book.sequence > newest) {
      responder.problem(asker, 'not_found', `There is no sequence ${book.sequence} yet; the newest is ${newest}.`);
      return;
    }
    askMain(context, responder, asker, { kind: 'book', ...book }, PAST_BOOK_TIMEOUT_MS);
  }

  /** GET /trades */
  readonly trades = (res: HttpResponse, req: HttpRequest): void => this.#trades(res, req, false);

  /** GET /trades/detailed */
  readonly tradesDetailed = (res: HttpResponse, req: HttpRequest): void => this.#trades(res, req, true);

  #trades(res: HttpResponse, req: HttpRequest, detailed: boolean): void {
    const asker = this.#begin(res, req);
    if (asker === undefined) return;
    const { responder, context, queries, identity } = this.#parts;
    const instrument = readInstrument(req, context.instruments.current, asker, responder);
    if (instrument < 0) return;
    const limit = readCount(req, 'limit', TRADES_LIMIT_DEFAULT, TRADES_LIMIT_MAX, asker, responder);
    if (limit <= 0) return;
    const withClients = detailed && context.showClientIds;
    const { json } = identity();
    queries.ask(asker, {
      type: QueryType.TRADES,
      instrument,
      limit,
      answered: (asker: Asker, answer: Answer) => responder.json(asker, json.trades(answer, withClients, detailed)),
    });
  }

  /** undefined: answered already. */
  #begin(res: HttpResponse, req: HttpRequest): Asker | undefined {
    const { askers, context, responder } = this.#parts;
    const asker = askers.begin(res, req.getMethod() === 'head');
    return admitRead(context.state, asker, responder) ? asker : undefined;
  }
}
