// Books of the past: an engine restored and replayed to the sequence asked for, and its levels as GET /orderbook shows them.
// On the history thread, which ends when nobody asks. Owns one engine, which goes on when the next sequence is a little later.
// Must never read a frame that is not durable, nor keep an engine that has met damage.

import { Side } from '../domain/codes.ts';
import type { Engine } from '../domain/engine.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import type { MainAnswer, PastBook } from '../gateway/context.ts';
import { JournalDamage, OtherOutcome, OtherRules } from '../journal/errors.ts';
import { HistoricEngine, HistoryGone, requireHistory } from '../journal/historic-engine.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { restoreEngine } from '../journal/restore.ts';
import { DepthWriter } from '../market-data/depth-writer.ts';
import { L2Book } from '../market-data/l2-book.ts';
import { randomHashSecret } from '../runtime/hash-secret.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { DEPTH_BYTES_MAX } from '../wire/depth-codec.ts';
import { PreparedBook } from '../wire/prepared-book.ts';

export interface HistoryDirectories {
  readonly journalDirectory: string;
  readonly snapshotDirectory: string;
}

export interface HistoryQuestion extends PastBook {
  /** The newest durable frame. */
  readonly throughFrame: number;
}

/** Going on from the last engine is taken to be cheaper than a snapshot up to so many commands later. */
const CLOSE_COMMANDS = 100_000;

interface Past {
  readonly reader: JournalReader;
  readonly historic: HistoricEngine;
}

export class History {
  readonly #directories: HistoryDirectories;
  #throughFrame = 0;
  #past: Past | undefined;

  constructor(directories: HistoryDirectories) {
    this.#directories = directories;
  }

  /** The body of GET /orderbook at that sequence, or why there is none. */
  book({ instrument, levels, sequence, throughFrame }: HistoryQuestion): MainAnswer {
    this.#throughFrame = throughFrame;
    try {
      const { historic } = this.#pastFor(sequence);
      if (!historic.advance(sequence)) return { unavailable: `Sequence ${sequence} is not readable yet; try again.` };
      const { engine } = historic;
      if (instrument >= engine.instruments.count) {
        return { notFound: `The instrument was not there yet at sequence ${sequence}.` };
      }
      return { status: 200, contentType: 'application/json', body: bookJson(engine, instrument, levels) };
    } catch (error) {
      this.close();
      const isOther = error instanceof OtherRules || error instanceof OtherOutcome;
      const isTold = error instanceof HistoryGone || error instanceof JournalDamage || isOther;
      if (isTold) return { unavailable: error.message };
      throw error;
    }
  }

  close(): void {
    this.#past?.reader.close();
    this.#past = undefined;
  }

  #pastFor(sequence: number): Past {
    const later = sequence - (this.#past?.historic.engine.sequence ?? Number.POSITIVE_INFINITY);
    if (this.#past !== undefined && later >= 0 && later <= CLOSE_COMMANDS) return this.#past;
    this.close();
    this.#past = this.#restore(sequence);
    return this.#past;
  }

  #restore(sequence: number): Past {
    const { journalDirectory, snapshotDirectory } = this.#directories;
    const hashSecret = randomHashSecret();
    const restored = restoreEngine(snapshotDirectory, SILENT_LISTENER, { hashSecret, through: sequence });
    requireHistory(journalDirectory, restored, sequence);
    const reader = new JournalReader(journalDirectory, restored.anchor);
    return { reader, historic: new HistoricEngine(restored, () => reader.next(this.#throughFrame)) };
  }
}

/** Written by what writes the depth of now, so that both are the same bytes. */
function bookJson(engine: Engine, instrument: number, levels: number): string {
  const book = new L2Book();
  for (const side of [Side.BUY, Side.SELL]) {
    engine.forEachLevel(instrument, side, (priceTicks, lots) => {
      book.side(side).add(priceTicks, lots);
      return book.side(side).levels < levels;
    });
  }
  const definition = engine.instruments.get(instrument);
  const latest = LatestValue.create(new SharedArrayBuffer(LatestValue.bytesNeeded(DEPTH_BYTES_MAX)), DEPTH_BYTES_MAX);
  new DepthWriter(definition, latest).publish(book, engine.sequence, levels, true);
  const body = new PreparedBook(latest, definition).body(levels, engine.sequence);
  return Buffer.from(body ?? []).toString();
}
