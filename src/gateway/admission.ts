// Whether the process takes a request in the state it is in, and what it answers when it does not. Gateway thread.
// Reads the process state; owns nothing.

import { ProcessState, type SharedProcessState, StorageState } from '../runtime/process-state.ts';
import type { Asker } from './asker.ts';
import type { Responder } from './responses.ts';

const LOW_DETAIL = 'Disk space runs short: only cancels are taken until an operator resumes.';
const FULL_DETAIL = 'The disk is full: no command is taken until an operator resumes.';

/** Commands are taken only while OPEN, and while the disk has room. False: the asker is answered. Allocates: nothing when true. */
export function admitCommand(state: SharedProcessState, asker: Asker, responder: Responder): boolean {
  if (!admitOpen(state, asker, responder)) return false;
  const { storage } = state;
  if (storage === StorageState.ROOM) return true;
  if (storage === StorageState.LOW) responder.problem(asker, 'storage_low', LOW_DETAIL);
  else responder.problem(asker, 'storage_full', FULL_DETAIL);
  return false;
}

/** Cancels are taken as long as the journal has room. False: the asker is answered. Allocates: nothing when true. */
export function admitCancel(state: SharedProcessState, asker: Asker, responder: Responder): boolean {
  if (!admitOpen(state, asker, responder)) return false;
  if (state.storage !== StorageState.FULL) return true;
  responder.problem(asker, 'storage_full', FULL_DETAIL);
  return false;
}

function admitOpen(state: SharedProcessState, asker: Asker, responder: Responder): boolean {
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
