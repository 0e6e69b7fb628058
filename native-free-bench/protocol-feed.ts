// Messages of the feed, as JSON and binary. Main thread of the benchmark. Each function makes the run of one case.

import { DEFAULT_INSTRUMENTS } from '#ringbook/domain/instrument.js';
import { BinaryFeedWriter } from '#ringbook/market-data/feed/binary-feed-writer.js';
import { type FeedWriter, headOf } from '#ringbook/market-data/feed/feed-writer.js';
import { JsonFeedWriter } from '#ringbook/market-data/feed/json-feed-writer.js';
import { MessageBuffer } from '#ringbook/market-data/feed/message-buffer.js';
import { BookChecksum } from '#ringbook/wire/book-checksum.js';
import { formatDecimal } from '#ringbook/wire/decimal.js';
import { SIDE_TEXTS } from '#ringbook/wire/enum-texts.js';
import { EVENT_BODY, EVENT_SEQUENCE, EVENT_TIME_US, EventType } from '#ringbook/wire/event-codec.js';
import { Channel } from '#ringbook/wire/feed-codec.js';
import type { PublicIds } from '#ringbook/wire/public-id.js';
import type { LevelChanges } from './level-changes.ts';
import { INSTRUMENTS, PRICE_SCALE, QUANTITY_SCALE } from './orders.ts';
import type { RecordedEvents } from './recorded-events.ts';
import { foldBytes, HASH_START, type Run } from './suite.ts';
import { timeByDate } from './time-by-date.ts';

const JOURNAL = '0123456789abcdef';

export function jsonFeed(ids: PublicIds): FeedWriter {
  return new JsonFeedWriter(INSTRUMENTS, ids, false, JOURNAL);
}

export function binaryFeed(ids: PublicIds): FeedWriter {
  return new BinaryFeedWriter(jsonFeed(ids), 0x01234567, 0x89abcdef);
}

/** One l2update for each change: quantities are the changes', which costs what the level's would. */
export function levelUpdates(writer: FeedWriter, changes: LevelChanges): Run {
  const out = new MessageBuffer();
  const head = headOf(Channel.LEVEL2, 0);
  const checksum = new BookChecksum();
  return () => {
    const { side, priceTicks, deltaLots, sequence, timeUs, length } = changes;
    let hash = HASH_START;
    checksum.clear();
    for (let n = 0; n < length; n++) {
      const lots = Math.abs(deltaLots[n]);
      checksum.change(side[n], priceTicks[n], 0, lots);
      head.sequence = sequence[n];
      head.prevSequence = sequence[Math.max(0, n - 1)];
      head.timeUs = timeUs[n];
      out.end = 0;
      writer.open(out, head);
      writer.level(out, 0, side[n], priceTicks[n], lots, true);
      writer.close(out, head, false, checksum);
      hash = foldBytes(hash, out.bytes, out.end);
    }
    return hash;
  };
}

/** The JSON of the same messages, byte for byte. */
export function levelUpdatesByStringify(changes: LevelChanges): Run {
  const out = Buffer.alloc(4_096);
  const checksum = new BookChecksum();
  return () => {
    const { side, priceTicks, deltaLots, sequence, timeUs, length } = changes;
    let hash = HASH_START;
    checksum.clear();
    for (let n = 0; n < length; n++) {
      const lots = Math.abs(deltaLots[n]);
      checksum.change(side[n], priceTicks[n], 0, lots);
      const quantity = formatDecimal(lots, QUANTITY_SCALE);
      const text = JSON.stringify({
        type: 'l2update',
        channel: 'level2',
        instrument: DEFAULT_INSTRUMENTS[0].name,
        sequence: sequence[n],
        prev_sequence: sequence[Math.max(0, n - 1)],
        time: timeByDate(timeUs[n]),
        changes: [[SIDE_TEXTS[side[n]], formatDecimal(priceTicks[n], PRICE_SCALE), quantity]],
        checksum: checksum.text(),
      });
      hash = foldBytes(hash, out, out.write(text));
    }
    return hash;
  };
}

export function countTrades({ types }: RecordedEvents): number {
  return types.filter((type) => type === EventType.TRADE).length;
}

/** One match message for each trade. */
export function matches(writer: FeedWriter, events: RecordedEvents): Run {
  const out = new MessageBuffer();
  const head = headOf(Channel.MATCHES, 0);
  return () => {
    const { bytes, view, types, offsets, length } = events;
    let hash = HASH_START;
    for (let n = 0; n < length; n++) {
      if (types[n] !== EventType.TRADE) continue;
      head.prevSequence = head.sequence;
      head.sequence = view.getFloat64(offsets[n] + EVENT_SEQUENCE, true);
      head.timeUs = view.getFloat64(offsets[n] + EVENT_TIME_US, true);
      out.end = 0;
      writer.open(out, head);
      writer.match(out, bytes, view, offsets[n] + EVENT_BODY, true);
      writer.close(out, head, false);
      hash = foldBytes(hash, out.bytes, out.end);
    }
    head.sequence = 0;
    return hash;
  };
}
