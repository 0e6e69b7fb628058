// One order, asked of the follower: as it is, or what a request about it needs to know of it before it can be read. Gateway
// thread. Owns nothing.

import type { Side } from '../../domain/codes.ts';
import { ORDER_INSTRUMENT, ORDER_SIDE } from '../../wire/order-codec.ts';
import { AnswerStatus, QueryType } from '../../wire/query-codec.ts';
import type { Asker } from '../asker.ts';
import type { CommandSender } from '../command-sender.ts';
import type { Answer, FollowerQueries } from '../queries.ts';
import type { Responder } from '../responses.ts';

interface OrderStatusParts {
  readonly responder: Responder;
  readonly queries: FollowerQueries;
}

/**
 * Calls `answered` with order `number`, its record first in the answer, as of at least all that was applied when it was asked.
 * When there is none the asker is answered so.
 */
export function askOrder(
  { responder, queries }: OrderStatusParts,
  asker: Asker,
  number: number,
  answered: (asker: Asker, answer: Answer) => void,
): void {
  queries.ask(asker, {
    type: QueryType.ORDER,
    number,
    answered,
    failed: (who, status) => {
      if (status === AnswerStatus.NOT_FOUND) responder.problem(who, 'order_unknown', 'No such order.');
      else queries.sayFailed(who, status);
    },
  });
}

/** An id does not tell it: the scales of decimals are those of the order's instrument. */
export interface KnownOrder {
  readonly instrument: number;
  readonly side: Side;
}

/** Calls `then` with what is known of order `number`; not when commands are not taken by then, and the asker is answered so. */
export function whenKnown(
  parts: OrderStatusParts & { readonly sender: CommandSender },
  asker: Asker,
  number: number,
  then: (asker: Asker, order: KnownOrder) => void,
): void {
  askOrder(parts, asker, number, (who, { bytes, view, body }) => {
    const instrument = view.getUint16(body + ORDER_INSTRUMENT, true);
    const side = bytes[body + ORDER_SIDE] === 1 ? 1 : 2;
    if (parts.sender.admit(who)) then(who, { instrument, side });
  });
}
