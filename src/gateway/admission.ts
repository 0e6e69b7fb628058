// Whether the process takes a request in the state it is in, and what it answers when it does not. Gateway thread.
// Reads the process state; owns nothing.

import { ProcessState, type SharedProcessState } from '../runtime/process-state.ts';
import type { Asker } from './asker.ts';
import type { Responder } from './responses.ts';

/** Commands are taken only while OPEN. False: the asker is answered. Allocates: nothing when true. */
export function admitCommand(state: SharedProcessState, asker: Asker, responder: Responder): boolean {
  const current = state.get();
  if (current === ProcessState.OPEN) return true;
  if (current === ProcessState.RECOVERING) answerRecovering(asker, responder);
  else if (current >= ProcessState.CLOSING) answerClosing(asker, responder);
  else {
    const why = current === ProcessState.POISONED ? 'The journal failed' : 'The server is stopping';
    responder.problem(asker, 'halted', `${why}; it takes no more commands.`, { close: true });
  }
  return false;
}

/** Reads are answered as long as there is something to read from. False: the asker is answered. */
export function admitRead(state: SharedProcessState, asker: Asker, responder: Responder): boolean {
  const current = state.get();
  if (current === ProcessState.RECOVERING) answerRecovering(asker, responder);
  else if (current >= ProcessState.CLOSING) answerClosing(asker, responder);
  else return true;
  return false;
}

function answerRecovering(asker: Asker, responder: Responder): void {
  responder.problem(asker, 'recovering', 'The journal is being replayed; try again in a moment.');
}

function answerClosing(asker: Asker, responder: Responder): void {
  responder.problem(asker, 'shutting_down', 'The server is closing its connections.', { close: true });
}
