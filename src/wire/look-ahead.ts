// Shows an engine the orders that the coming commands name (domain/outlook.ts), from records that lie one after the
// other as in a frame. Runs on the thread that owns the engine. Decodes no more than it shows. Allocates: nothing.

import type { Engine } from '../domain/engine.ts';
import { OUTLOOK_COMMANDS } from '../domain/outlook.ts';
import { commandLength, commandTarget } from './command-codec.ts';

/** Shows the records from `offset` on, which are the next to be applied. Returns where those end that were shown. */
export function lookAhead(engine: Engine, view: DataView, offset: number, end: number): number {
  const { outlook } = engine;
  let at = offset;
  let count = 0;
  for (; at < end && count < OUTLOOK_COMMANDS; count++) {
    outlook.targets[count] = commandTarget(view, at);
    at += commandLength(view, at);
  }
  outlook.look(count);
  return at;
}
