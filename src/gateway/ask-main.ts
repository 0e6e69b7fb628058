// Questions to the main thread on behalf of a request: what it renders is sent on, or why there is nothing. Gateway thread.
// Owns nothing. Must never leave an asker without an answer, however long main takes.

import type { Asker } from './asker.ts';
import type { GatewayContext, MainQuestion } from './context.ts';
import { NO_STORE, type Responder } from './responses.ts';

/** Answers the asker, at the latest after `timeoutMs`. */
export function askMain(
  context: GatewayContext,
  responder: Responder,
  asker: Asker,
  question: MainQuestion,
  timeoutMs: number,
): void {
  const late = (): void => {
    responder.problem(asker, 'unavailable', 'The main thread did not answer.');
  };
  const timer = setTimeout(late, timeoutMs);
  timer.unref();
  context.askMain(question).then(
    (answer) => {
      clearTimeout(timer);
      if ('unavailable' in answer) responder.problem(asker, answer.code ?? 'unavailable', answer.unavailable);
      else if ('notFound' in answer) responder.problem(asker, 'not_found', answer.notFound);
      else responder.send(asker, answer.status, answer.contentType, answer.body, NO_STORE);
    },
    () => {
      clearTimeout(timer);
      late();
    },
  );
}
