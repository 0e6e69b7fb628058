// The client's types of messages and the published schemas say the same. Most of it is checked by the compiler: what differs does not
// compile. Texts of a fixed set are compared as texts, where the schemas take theirs from the domain's tables.

import type { Static, TSchema } from 'typebox';
import { expect, test } from 'vitest';
import { CHANNEL_NAMES, SNAPSHOT_REASONS } from '../wire/feed-codec.ts';
import type {
  CancelReplySchema,
  DetailedTradeSchema,
  DryRunSchema,
  MassCancelReplySchema,
  OrderReplySchema,
  OrderSchema,
} from '../wire/schemas.ts';
import { CLIENT_MESSAGES, type SERVER_MESSAGES } from '../wire/ws-schemas.ts';
import type {
  AmendRequest,
  Asking,
  BookSnapshot,
  BookUpdate,
  CancelAllReply,
  CancelAllRequest,
  CancelReply,
  CancelRequest,
  Candle,
  ChannelName,
  Conflated,
  DetailedTrade,
  DryRun,
  FullSnapshot,
  FullUpdate,
  Heartbeat,
  Match,
  MatchesSnapshot,
  Order,
  OrderReply,
  PlaceRequest,
  ReplaceRequest,
  SnapshotReason,
  Ticker,
  Timing,
  UserSnapshot,
  UserUpdate,
} from './messages.ts';

/** T with any text for one of a set, and nothing to write. */
type Loose<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends boolean
      ? boolean
      : { readonly [K in keyof T]: Loose<T[K]> };
/** Loose, and every member must be there, all the way down: else one that may be missing could be missing on one side. */
type Full<T> = T extends string | number | boolean | null | undefined
  ? Loose<T>
  : { readonly [K in keyof T]-?: Full<T[K]> };
type Both<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** What is nothing, or anything, agrees with whatever it is compared with. */
type Empty<T> = [T] extends [never] ? true : 0 extends 1 & T ? true : false;
type Agree<A, B> =
  Empty<A> extends false ? (Both<Loose<A>, Loose<B>> extends true ? Both<Full<A>, Full<B>> : false) : false;

/** Compiles when the two are the same: the same members, that may be missing in the same cases, of the same types. */
function agree<A, B>(..._same: Agree<A, B> extends true ? [] : [error: 'they differ']): void {}

type Server = typeof SERVER_MESSAGES;
/** A message that came whole, or whose parts were put together. */
type Whole<S extends { readonly anyOf: [TSchema, ...TSchema[]] }> = Static<S['anyOf'][0]>;

test('what channels send', () => {
  agree<Static<Server['level2Snapshot']>, BookSnapshot>();
  agree<Whole<Server['l2update']>, BookUpdate>();
  agree<Whole<Server['fullSnapshot']>, FullSnapshot>();
  agree<Whole<Server['full']>, FullUpdate>();
  agree<Static<Server['matchesSnapshot']>, MatchesSnapshot>();
  agree<Whole<Server['match']>, Match>();
  agree<Static<Server['userSnapshot']>, UserSnapshot>();
  agree<Whole<Server['user']>, UserUpdate>();
  agree<Static<Server['ticker']>, Ticker>();
  agree<Static<Server['candle']>, Candle>();
  agree<Static<Server['heartbeat']>, Heartbeat>();
  // The client hands it to the subscription of that instrument.
  agree<Omit<Static<Server['conflated']>, 'instrument'>, Conflated>();
});

test('what the server answers', () => {
  agree<Static<typeof OrderSchema>, Order>();
  agree<Static<typeof OrderReplySchema>, OrderReply>();
  agree<Static<typeof CancelReplySchema>, CancelReply>();
  agree<Static<typeof MassCancelReplySchema>, CancelAllReply>();
  agree<Static<typeof DryRunSchema>, DryRun>();
  agree<Static<typeof DetailedTradeSchema>, DetailedTrade>();
  agree<NonNullable<Static<Server['result']>['timing']>, Timing>();
});

test('a difference does not compile', () => {
  // @ts-expect-error: another message
  agree<Static<Server['ticker']>, Candle>();
  // @ts-expect-error: a member less
  agree<Static<Server['ticker']>, Omit<Ticker, 'side'>>();
  // @ts-expect-error: a member more that may be missing
  agree<Static<typeof OrderSchema>, Order & { readonly extra?: string }>();
  // @ts-expect-error: one that may be missing, and must not
  agree<Static<typeof OrderSchema>, Order & { readonly stp: string }>();
  // @ts-expect-error: another type, further down
  agree<Whole<Server['match']>, Omit<Match, 'trades'> & { readonly trades: readonly { readonly price: number }[] }>();
  // @ts-expect-error: a member less, further down
  agree<
    Whole<Server['user']>,
    Omit<UserUpdate, 'events'> & { readonly events: readonly { readonly change: string }[] }
  >();
  // @ts-expect-error: what could be anything
  agree<ReturnType<typeof JSON.parse>, Ticker>();
});

/** Every member's name, or it does not compile. */
type Names<T> = Readonly<Record<keyof T, true>>;

test('the names of channels and of reasons', () => {
  const channels: Readonly<Record<ChannelName, true>> = {
    ...{ level2: true, level2_batch: true, full: true, matches: true },
    ...{ user: true, ticker: true, candles: true, heartbeat: true },
  };
  const reasons: Readonly<Record<SnapshotReason, true>> = {
    ...{ subscribed: true, too_old: true, ahead: true, other_journal: true },
  };
  expect(Object.keys(channels).toSorted()).toEqual(CHANNEL_NAMES.filter((name) => name !== '').toSorted());
  expect(Object.keys(reasons).toSorted()).toEqual([...SNAPSHOT_REASONS].toSorted());
});

test('what requests may have', () => {
  const asking: Names<Asking> = { client_id: true, idempotency_key: true };
  const terms: Names<Omit<PlaceRequest, keyof Asking | 'instrument' | 'side'>> = {
    ...{ type: true, price: true, quantity: true, quote_quantity: true, time_in_force: true, expires_at: true },
    ...{ post_only: true, stop_price: true, display_quantity: true, protection_price: true, max_slippage: true },
    stp: true,
  };
  const place: Names<PlaceRequest> = { ...asking, ...terms, instrument: true, side: true };
  const replace: Names<ReplaceRequest> = { ...place, order_id: true };
  const amend: Names<AmendRequest> = { ...asking, order_id: true, price: true, quantity: true };
  const cancel: Names<CancelRequest> = { ...asking, order_id: true };
  const cancelAll: Names<CancelAllRequest> = { ...asking, instrument: true, side: true };
  // The client has a method of its own for it.
  expect(memberNames(CLIENT_MESSAGES.place)).toEqual(Object.keys({ ...place, dry_run: true }).toSorted());
  expect(memberNames(CLIENT_MESSAGES.replace)).toEqual(Object.keys(replace).toSorted());
  expect(memberNames(CLIENT_MESSAGES.amend)).toEqual(Object.keys(amend).toSorted());
  expect(memberNames(CLIENT_MESSAGES.cancel)).toEqual(Object.keys(cancel).toSorted());
  expect(memberNames(CLIENT_MESSAGES.cancelAll)).toEqual(Object.keys(cancelAll).toSorted());
});

/** Of the params, whatever kind they are of. */
function memberNames({ properties }: { readonly properties: { readonly params: unknown } }): string[] {
  const names = new Set<string>();
  const look = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return;
    if ('properties' in schema) for (const name of Object.keys(Object(schema.properties))) names.add(name);
    for (const kind of ['anyOf', 'allOf']) {
      const kinds: unknown = Reflect.get(schema, kind);
      if (Array.isArray(kinds)) kinds.forEach(look);
    }
  };
  look(properties.params);
  return [...names].toSorted();
}
