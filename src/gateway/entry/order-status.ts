// One order as it is, asked of the follower. Gateway thread. Owns nothing.

import { AnswerStatus, QueryType } from '../../wire/query-codec.ts';
import type { Asker } from '../asker.ts';
import type { FollowerQueries } from '../queries.ts';
import type { RecordJson } from '../record-json.ts';
import type { Responder } from '../responses.ts';

interface OrderStatusParts {
  readonly responder: Responder;
  readonly queries: FollowerQueries;
}

/** Answers with order `number`, or that there is none, at or after all that was applied when it was asked. */
export function askOrder(
  { responder, queries }: OrderStatusParts,
  asker: Asker,
  number: number,
  json: RecordJson,
): void {
  queries.ask(asker, {
    type: QueryType.ORDER,
    number,
    answered: (who, answer) => responder.json(who, json.order(answer)),
    failed: (who, status) => {
      if (status === AnswerStatus.NOT_FOUND) responder.problem(who, 'order_unknown', 'No such order.');
      else queries.sayFailed(who, status);
    },
  });
}
