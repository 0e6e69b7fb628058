// A page of a client's live orders: which one a query asks for, and what asks for the next one. Gateway thread; call inside
// the route's callback. What is wrong is answered here, naming the parameter.
//
// Orders come by instrument, then by number, and an order's id does not tell its instrument: so what a page goes on behind
// is both, `BTC-USD:01a203e4-...`. It holds when that order has closed meanwhile. Clients need not look into it.

import type { HttpRequest } from 'uWebSockets.js';
import { ALL_INSTRUMENTS } from '../domain/codes.ts';
import type { OrdersPart } from '../wire/client-orders.ts';
import type { InstrumentList } from '../wire/instrument-list.ts';
import { IdKind, type PublicIds } from '../wire/public-id.ts';
import { ORDERS_LIMIT_MAX } from '../wire/query-codec.ts';
import type { Asker } from './asker.ts';
import { decodeId } from './identity.ts';
import { readCount } from './query-string.ts';
import type { Responder } from './responses.ts';

const ORDERS_LIMIT_DEFAULT = 100;
/** No instrument's name has it. */
const SEPARATOR = ':';

/** `instrument`, `limit` and `after` of the query; undefined when one is wrong, and then the asker is answered. */
export function readOrderPage(
  req: HttpRequest,
  instruments: InstrumentList,
  ids: PublicIds,
  asker: Asker,
  responder: Responder,
): OrdersPart | undefined {
  const name = req.getQuery('instrument') ?? '';
  const only = name === '' ? -1 : instruments.indexOf(name);
  if (name !== '' && only < 0) {
    responder.problem(asker, 'unknown_instrument', 'There is no such instrument.', { field: 'instrument' });
    return undefined;
  }
  const limit = readCount(req, 'limit', ORDERS_LIMIT_DEFAULT, ORDERS_LIMIT_MAX, asker, responder);
  if (limit === 0) return undefined;
  const lastInstrument = only < 0 ? ALL_INSTRUMENTS : only;
  const after = req.getQuery('after') ?? '';
  if (after === '') return { firstInstrument: Math.max(only, 0), lastInstrument, afterNumber: 0, limit };
  const [afterName, id = ''] = after.split(SEPARATOR, 2);
  const firstInstrument = instruments.indexOf(afterName);
  const afterNumber = decodeId(ids, IdKind.ORDER, id);
  if (firstInstrument >= 0 && (only < 0 || only === firstInstrument) && afterNumber >= 0) {
    return { firstInstrument, lastInstrument, afterNumber, limit };
  }
  const detail = 'after must be the `next` of a page of the same client and instrument.';
  responder.problem(asker, 'invalid_query', detail, { field: 'after' });
  return undefined;
}

/** What asks for the page behind an order, given by the name of its instrument and its id. */
export function nextPage(instrument: string, orderId: string): string {
  return instrument + SEPARATOR + orderId;
}
