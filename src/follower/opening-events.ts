// What the spool begins with when the follower goes on from a snapshot: where that is, the instruments, the books.
// Follower's thread, once. Readers learn from it what the events before have told: the ledger in which scales to count,
// market data what its books hold. Must never tell an event of a command.

import { Side } from '../domain/codes.ts';
import type { Engine } from '../domain/engine.ts';
import { EventEncoder, type EventSink } from '../wire/event-encoder.ts';

const SIDES = [Side.BUY, Side.SELL];

export function writeOpeningEvents(engine: Engine, sink: EventSink): void {
  const events = new EventEncoder(engine, sink);
  events.opening(engine.lastTradeNumber);
  const { count } = engine.instruments;
  for (let instrument = 0; instrument < count; instrument++) events.instrument(instrument);
  for (let instrument = 0; instrument < count; instrument++) {
    for (const side of SIDES) {
      engine.forEachLevel(instrument, side, (priceTicks, lots) => events.level(instrument, side, priceTicks, lots));
    }
  }
}
