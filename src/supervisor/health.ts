// What /healthz says: each dependency, what is down, and that trading goes on without it. Main thread; reads only.

import type { Config } from '../config.ts';
import { InstrumentStatus } from '../domain/codes.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { RenderedAnswer } from '../gateway/context.ts';
import { type Figures, spoolBytes } from '../metrics/figures.ts';
import type { Lag, LagWatch } from '../metrics/lag.ts';
import { ProcessState, processStateName } from '../runtime/process-state.ts';
import {
  FollowerCounter,
  LedgerCounter,
  MainCounter,
  MatchingCounter,
  PublisherCounter,
  SinkState,
} from '../wire/counters.ts';
import type { Storage } from './storage.ts';
import type { StorageFacts } from './storage-watch.ts';

const SINK_TEXT: Readonly<Record<number, string>> = {
  [SinkState.CONNECTING]: 'connecting',
  [SinkState.UP]: 'up',
  [SinkState.DOWN]: 'down',
  [SinkState.REFUSED]: 'refused',
  [SinkState.POISONED]: 'poisoned',
  [SinkState.OFF]: 'off',
};

/** A projection's state (SinkState) for people. */
export function sinkStateName(state: number): string {
  return SINK_TEXT[state] ?? 'unknown';
}

/** Last words about the state of each sink, of the CONTROL file and of the event spool. */
export interface SinkDetails {
  postgres: string;
  redis: string;
  control: string;
  spool: string;
}

interface SinkHealth extends Lag {
  readonly status: string;
  readonly detail: string;
}

interface VenueHealth {
  readonly risk: Config['risk'];
  readonly kill_switch: boolean;
  /** Names of the instruments that do not take every order. */
  readonly post_only: readonly string[];
  readonly cancel_only: readonly string[];
  readonly halted: readonly string[];
}

export interface Health {
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly message: string;
  readonly trading: string;
  /** What an operator has ruled; for information, it makes nothing unhealthy. */
  readonly venue: VenueHealth;
  readonly journal: {
    readonly durability: string;
    readonly durable: boolean;
    readonly detail: string;
    readonly sequence: number;
    readonly durable_frame: number;
    /** The witness of the journal's last frame. */
    readonly control: { readonly status: 'ok' | 'failing'; readonly frame: number; readonly detail: string };
  };
  readonly storage: StorageFacts & {
    /** `large`: longer than RINGBOOK_SPOOL_MAX_BYTES. */
    readonly spool: { readonly status: 'ok' | 'large' | 'failing'; readonly bytes: number; readonly detail: string };
  };
  readonly postgres: SinkHealth & { readonly server: string };
  readonly redis: SinkHealth;
}

/** What health is judged by. */
interface HealthSources {
  readonly figures: Figures;
  readonly config: Config;
  readonly storage: Storage;
  /** ProcessState. */
  readonly state: number;
  readonly details: SinkDetails;
  readonly lag: LagWatch;
  readonly room: StorageFacts;
  readonly instruments: readonly Instrument[];
}

export function healthOf(sources: HealthSources): Health {
  const { figures, config, storage, state, details, lag, room } = sources;
  const postgresState = figures.ledger.get(LedgerCounter.STATE);
  const redisState = config.redis === undefined ? SinkState.OFF : figures.publisher.get(PublisherCounter.STATE);
  const isRefused = postgresState === SinkState.REFUSED;
  const down = [
    ...(postgresState === SinkState.UP || isRefused ? [] : ['Postgres']),
    ...(redisState === SinkState.UP || redisState === SinkState.OFF ? [] : ['Redis']),
  ];
  const controlFails = figures.main.get(MainCounter.CONTROL_FAILING) === 1;
  const spool = spoolOf(sources);
  const troubles = [
    ...(isRefused ? [`The ledger is refused and not written until somebody acts: ${details.postgres}.`] : []),
    ...(down.length === 0 ? [] : [`${down.join(' and ')} ${down.length === 1 ? 'is' : 'are'} not connected.`]),
    ...(controlFails ? ['The CONTROL file cannot be written.'] : []),
    ...(spool.status === 'failing' ? ['The event spool cannot be written.'] : []),
    ...(spool.status === 'large' ? ['The event spool is longer than it should be.'] : []),
  ];
  const open = state === ProcessState.OPEN;
  const trading = tradingOf(state, room.status);
  const venue = venueOf(sources);
  return {
    status: trading !== 'open' ? 'unavailable' : troubles.length > 0 ? 'degraded' : 'ok',
    message: [messageOf(trading, room.status, troubles), ...(open ? rulings(venue) : [])].join(' '),
    trading,
    venue,
    journal: {
      durability: config.durability,
      durable: storage.durable,
      detail: storage.why,
      sequence: figures.matching.get(MatchingCounter.SEQUENCE),
      durable_frame: figures.matching.get(MatchingCounter.DURABLE_FRAME),
      control: {
        status: controlFails ? 'failing' : 'ok',
        frame: figures.main.get(MainCounter.CONTROL_FRAME),
        detail: details.control,
      },
    },
    storage: { ...room, spool },
    postgres: {
      status: sinkStateName(postgresState),
      server: config.postgres === undefined ? 'embedded' : 'external',
      detail: details.postgres,
      ...lag.of('postgres'),
    },
    redis: {
      status: sinkStateName(redisState),
      detail: redisState === SinkState.OFF ? 'set REDIS_URL or REDIS_HOST to publish book snapshots' : details.redis,
      ...(redisState === SinkState.OFF ? { sequences: 0, seconds: 0 } : lag.of('redis')),
    },
  };
}

/** The process's state, unless the disk keeps commands out. */
function tradingOf(state: number, storage: StorageFacts['status']): string {
  if (state !== ProcessState.OPEN || storage === 'ok') return processStateName(state);
  return storage === 'low' ? 'cancel_only' : 'halted';
}

const RESUME = 'POST /admin/resume takes orders again when there is space.';

function messageOf(trading: string, storage: StorageFacts['status'], troubles: readonly string[]): string {
  if (trading === 'cancel_only')
    return [`Disk space runs short: only cancels are taken. ${RESUME}`, ...troubles].join(' ');
  if (trading === 'halted' && storage === 'full') return `The disk is full: no command is taken. ${RESUME}`;
  if (trading !== 'open') return `Not taking orders: ${trading}.`;
  if (troubles.length === 0) return 'All is well.';
  const goesOn = 'Trading goes on: orders are taken, matched and durable; what is missed is caught up later.';
  return [...troubles, goesOn].join(' ');
}

function spoolOf({ figures, config, details }: HealthSources): Health['storage']['spool'] {
  const { follower } = figures;
  const bytes = spoolBytes(figures);
  const failing = follower.get(FollowerCounter.SPOOL_FAILING) === 1;
  return { status: failing ? 'failing' : bytes > config.spoolMaxBytes ? 'large' : 'ok', bytes, detail: details.spool };
}

function venueOf({ figures, config, instruments }: HealthSources): VenueHealth {
  const named = (status: InstrumentStatus) =>
    instruments.filter((instrument) => instrument.status === status).map(({ name }) => name);
  return {
    risk: config.risk,
    kill_switch: figures.matching.get(MatchingCounter.KILL_SWITCH) === 1,
    post_only: named(InstrumentStatus.POST_ONLY),
    cancel_only: named(InstrumentStatus.CANCEL_ONLY),
    halted: named(InstrumentStatus.HALTED),
  };
}

/** What keeps orders out although all is well, in sentences. */
function rulings({ kill_switch, halted }: VenueHealth): string[] {
  return [
    ...(kill_switch ? ['The kill switch is on: only cancels pass.'] : []),
    ...(halted.length === 0 ? [] : [`Halted: ${halted.join(', ')}.`]),
  ];
}

export function healthAnswer(health: Health): RenderedAnswer {
  return {
    status: health.status === 'ok' ? 200 : 503,
    contentType: 'application/json',
    body: `${JSON.stringify(health)}\n`,
  };
}
