// Query parameters of the reads: a count, a sequence, the instrument. Gateway thread; call inside the route's callback.
// What is wrong is answered here, naming the parameter.

import type { HttpRequest } from 'uWebSockets.js';
import type { InstrumentList } from '../wire/instrument-list.ts';
import type { Asker } from './asker.ts';
import type { Responder } from './responses.ts';

const COUNT = /^[0-9]{1,6}$/;
const SEQUENCE = /^[0-9]{1,16}$/;

/** The count named `name`, from 1 to `most`; 0 when it is wrong, and then the asker is answered. */
export function readCount(
  req: HttpRequest,
  name: string,
  standard: number,
  most: number,
  asker: Asker,
  responder: Responder,
): number {
  const text = req.getQuery(name);
  if (text === undefined || text === '') return standard;
  const count = COUNT.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  responder.problem(asker, 'invalid_query', `${name} must be a whole number from 1 to ${most}.`, { field: name });
  return 0;
}

/** The sequence named `name`; undefined when there is none; -1 when it is wrong, and then the asker is answered. */
export function readSequence(req: HttpRequest, name: string, asker: Asker, responder: Responder): number | undefined {
  const text = req.getQuery(name);
  if (text === undefined || text === '') return undefined;
  const sequence = SEQUENCE.test(text) ? Number(text) : -1;
  if (Number.isSafeInteger(sequence) && sequence >= 0) return sequence;
  responder.problem(asker, 'invalid_query', `${name} must be a whole number.`, { field: name });
  return -1;
}

/** Index of the instrument asked for; the first listed one when none is named. -1: there is none, and the asker is answered. */
export function readInstrument(
  req: HttpRequest,
  instruments: InstrumentList,
  asker: Asker,
  responder: Responder,
): number {
  const field = 'instrument';
  const name = req.getQuery(field);
  if (name === undefined || name === '') return instruments.first;
  const index = instruments.indexOf(name);
  if (index < 0) responder.problem(asker, 'unknown_instrument', 'There is no such instrument.', { field });
  return index;
}
