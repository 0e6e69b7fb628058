// How far each projection is behind the matching thread, in commands and in seconds. Main thread; reads counters only.

import {
  FollowerCounter,
  LedgerCounter,
  MarketDataCounter,
  MatchingCounter,
  PublisherCounter,
  SinkState,
} from '../wire/counters.ts';
import type { Figures } from './figures.ts';

const SINKS = ['follower', 'postgres', 'redis', 'market_data'] as const;
export type Sink = (typeof SINKS)[number];

export interface Lag {
  readonly sequences: number;
  /** For how long it has been behind without once being level; 0 when it is level. */
  readonly seconds: number;
}

const NO_LAG: Lag = { sequences: 0, seconds: 0 };

/** Remembers when each sink was last seen level, which no single look at the counters tells. */
export class LagWatch {
  readonly #figures: Figures;
  readonly #nowSeconds: () => number;
  readonly #levelAt = new Map<Sink, number>();
  /** What matching had reached at the last look, and when that was. A sink that has come that far was level then or later. */
  #target = 0;
  #lookedAt = 0;

  constructor(figures: Figures, nowSeconds: () => number) {
    this.#figures = figures;
    this.#nowSeconds = nowSeconds;
    for (const sink of SINKS) this.#levelAt.set(sink, nowSeconds());
  }

  /** The sinks there are; Redis only when it is configured. */
  get sinks(): readonly Sink[] {
    const off = this.#figures.publisher.get(PublisherCounter.STATE) === SinkState.OFF;
    return SINKS.filter((sink) => sink !== 'redis' || !off);
  }

  /** Looks at all sinks; to be called a few times a second: lag is known to that precision. */
  look(): void {
    const now = this.#nowSeconds();
    const sequence = this.#figures.matching.get(MatchingCounter.SEQUENCE);
    for (const sink of SINKS) this.#noteLevel(sink, reached(this.#figures, sink), sequence, now);
    this.#target = sequence;
    this.#lookedAt = now;
  }

  of(sink: Sink): Lag {
    // The sink first: read the other way round, an idle system could show a negative lag.
    const at = reached(this.#figures, sink);
    const sequence = this.#figures.matching.get(MatchingCounter.SEQUENCE);
    const now = this.#nowSeconds();
    const levelAt = this.#noteLevel(sink, at, sequence, now);
    if (at >= sequence) return NO_LAG;
    return { sequences: sequence - at, seconds: Math.round((now - levelAt) * 1_000) / 1_000 };
  }

  /** When a sink that has reached `at` was last known to be level; remembered. */
  #noteLevel(sink: Sink, at: number, sequence: number, now: number): number {
    const before = this.#levelAt.get(sink) ?? 0;
    const levelAt = at >= sequence ? now : at >= this.#target ? Math.max(this.#lookedAt, before) : before;
    this.#levelAt.set(sink, levelAt);
    return levelAt;
  }
}

function reached({ follower, ledger, publisher, marketData }: Figures, sink: Sink): number {
  switch (sink) {
    case 'follower':
      return follower.get(FollowerCounter.SEQUENCE);
    case 'postgres':
      return ledger.get(LedgerCounter.SEQUENCE);
    case 'redis':
      return publisher.get(PublisherCounter.SEQUENCE);
    case 'market_data':
      return marketData.get(MarketDataCounter.SEQUENCE);
  }
}
