// Event records written and read. Main thread of the benchmark. Each function makes the run of one case.

import { DEFAULT_INSTRUMENTS, Engine } from '#ringbook/domain/index.js';
import { OrderChange, SILENT_LISTENER } from '#ringbook/domain/listener.js';
import { EVENT_BODY, EVENT_RESTING_DELTA_LOTS, EVENT_SEQUENCE, EventType } from '#ringbook/wire/event-codec.js';
import { EventEncoder, type EventSink } from '#ringbook/wire/event-encoder.js';
import { ORDER_NUMBER, ORDER_PRICE_TICKS } from '#ringbook/wire/order-codec.js';
import { TRADE_NUMBER, TRADE_PRICE_TICKS } from '#ringbook/wire/trade-codec.js';
import { EnginePlayer } from './engine-player.ts';
import { everyday } from './flows/index.ts';
import type { RecordedEvents } from './recorded-events.ts';
import { foldBytes, HASH_START, hashWord, type Run, type SuiteOptions } from './suite.ts';

const EVENT_BYTES_MAX = 4_096;
/** One trade among so many events. */
const TRADE_EVERY = 8;

/** Room for one record, the newest. */
class OneRecord implements EventSink {
  readonly bytes = new Uint8Array(EVENT_BYTES_MAX);
  readonly view = new DataView(this.bytes.buffer);
  length = 0;

  /** The bytes behind a text that does not fill its word are nobody's. */
  claim(_type: number, lengthBytes: number): number {
    this.length = lengthBytes;
    this.view.setFloat64(lengthBytes - 8, 0);
    return 0;
  }

  commit(): void {}
}

/** Of orders that rest in an engine, and trades between neighbours: the content is real, what happened is not. */
export function encodeEvents({ seed, tiny }: SuiteOptions): { run: Run; operations: number } {
  const rows: number[] = [];
  const listener = { ...SILENT_LISTENER, onOrder: (_change: number, row: number) => rows.push(row) };
  const engine = new Engine(DEFAULT_INSTRUMENTS, listener);
  const { resting } = everyday({ seed, resting: tiny ? 64 : 8_192, commands: 1, isFresh: true });
  const filler = new EnginePlayer(false);
  for (let at = 0; at < resting.length; at++) engine.apply(at + 1, at + 1, filler.fill(resting, at, at + 1));
  const sink = new OneRecord();
  const encoder = new EventEncoder(engine, sink);
  const run = () => {
    const { orders } = engine;
    let hash = HASH_START;
    for (let n = 0; n < rows.length; n++) {
      const row = rows[n];
      if (n % TRADE_EVERY === 1) {
        encoder.trade(n, rows[n - 1], row, orders.priceTicks(row), orders.quantityLots(row));
      } else encoder.order(OrderChange.RESTED, row, orders.shownLots(row));
      hash = foldBytes(hash, sink.bytes, sink.length);
    }
    return hash;
  };
  return { run, operations: rows.length };
}

/** What market data reads of each: sequence, number, price and the change of what rests. */
export function decodeEvents({ view, types, offsets, length }: RecordedEvents): Run {
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < length; n++) {
      const at = offsets[n];
      hash = hashWord(hash, view.getFloat64(at + EVENT_SEQUENCE, true));
      const body = at + EVENT_BODY;
      if (types[n] === EventType.TRADE) {
        hash = hashWord(
          hash,
          view.getFloat64(body + TRADE_NUMBER, true) ^ view.getFloat64(body + TRADE_PRICE_TICKS, true),
        );
      } else {
        const delta = view.getFloat64(at + EVENT_RESTING_DELTA_LOTS, true);
        hash = hashWord(
          hash,
          view.getFloat64(body + ORDER_NUMBER, true) ^ view.getFloat64(body + ORDER_PRICE_TICKS, true),
        );
        hash = hashWord(hash, delta);
      }
    }
    return hash;
  };
}
