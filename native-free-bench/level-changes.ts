// By how much the levels of one book changed, one change after the other, from recorded events. Main thread of the
// benchmark. Plain columns.

import {
  EVENT_BODY,
  EVENT_RESTING_DELTA_LOTS,
  EVENT_SEQUENCE,
  EVENT_TIME_US,
  EventType,
} from '#ringbook/wire/event-codec.js';
import { ORDER_PRICE_TICKS, ORDER_SIDE } from '#ringbook/wire/order-codec.js';
import type { RecordedEvents } from './recorded-events.ts';

export class LevelChanges {
  length = 0;
  readonly side: Uint8Array;
  readonly priceTicks: Float64Array;
  readonly deltaLots: Float64Array;
  readonly sequence: Float64Array;
  readonly timeUs: Float64Array;

  constructor({ bytes, view, types, offsets, length }: RecordedEvents) {
    this.side = new Uint8Array(length);
    this.priceTicks = new Float64Array(length);
    this.deltaLots = new Float64Array(length);
    this.sequence = new Float64Array(length);
    this.timeUs = new Float64Array(length);
    for (let n = 0; n < length; n++) {
      const at = offsets[n];
      const delta = view.getFloat64(at + EVENT_RESTING_DELTA_LOTS, true);
      if (types[n] !== EventType.ORDER || delta === 0) continue;
      const row = this.length++;
      this.side[row] = bytes[at + EVENT_BODY + ORDER_SIDE];
      this.priceTicks[row] = view.getFloat64(at + EVENT_BODY + ORDER_PRICE_TICKS, true);
      this.deltaLots[row] = delta;
      this.sequence[row] = view.getFloat64(at + EVENT_SEQUENCE, true);
      this.timeUs[row] = view.getFloat64(at + EVENT_TIME_US, true);
    }
  }
}
