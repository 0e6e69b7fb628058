// What an episode is like: who trades what, and how often each feature is used. Pure data.

import type { Capacity } from '../../domain/capacity.ts';

/** Shares are in a thousand, of the commands or of the new orders. */
export interface Profile {
  readonly name: string;
  readonly clients: readonly string[];
  /** Prices on each side of the middle that orders come in at. */
  readonly spread: number;
  /** Live orders above which cancels outweigh new orders. */
  readonly liveMax: number;
  /** Which instruments: one of these places is drawn. */
  readonly instruments: readonly number[];
  /** Balances are turned on at the start, and everybody gets some. */
  readonly hasBalances: boolean;
  /** What the engines have room for, where it is little. */
  readonly capacity?: Capacity;
  readonly commands: {
    readonly cancel: number;
    readonly amend: number;
    readonly replace: number;
    readonly massCancel: number;
    readonly expire: number;
    readonly venue: number;
    readonly limits: number;
    readonly balance: number;
    readonly settlement: number;
  };
  readonly orders: {
    readonly market: number;
    readonly ioc: number;
    readonly fok: number;
    readonly gtt: number;
    readonly postOnly: number;
    readonly stop: number;
    readonly iceberg: number;
    readonly selfTrade: number;
  };
}

const FEW = ['ann', 'bob', 'cléa', 'd', 'e'.repeat(64)];
const MANY = Array.from({ length: 150 }, (_, i) => `client ${i} `.padEnd(4 + (i % 61), '~'));

const ORDINARY: Profile = {
  ...{ name: 'ordinary', clients: FEW, spread: 4, liveMax: 40, instruments: [0, 1, 2, 3], hasBalances: false },
  commands: {
    ...{ cancel: 130, amend: 120, replace: 25, massCancel: 3, expire: 5, venue: 6, limits: 4, balance: 3 },
    settlement: 3,
  },
  orders: { market: 80, ioc: 90, fok: 30, gtt: 60, postOnly: 120, stop: 60, iceberg: 80, selfTrade: 120 },
};

function like(name: string, other: Partial<Profile>): Profile {
  return { ...ORDINARY, ...other, name };
}

/** Episode after episode takes the next one. */
export const PROFILES: readonly Profile[] = [
  ORDINARY,
  like('quiet', {
    ...{ clients: MANY, spread: 60, liveMax: 90 },
    orders: { ...ORDINARY.orders, market: 20, ioc: 20, fok: 10, stop: 30 },
  }),
  like('crossing', {
    ...{ spread: 3, liveMax: 25 },
    orders: { ...ORDINARY.orders, market: 300, ioc: 250, fok: 150, postOnly: 30 },
  }),
  like('stops', {
    ...{ spread: 12, liveMax: 60, instruments: [0, 0, 1, 3] },
    commands: { ...ORDINARY.commands, cancel: 50, massCancel: 1 },
    orders: { ...ORDINARY.orders, stop: 450, market: 250 },
  }),
  like('icebergs and self-trade', {
    ...{ clients: FEW.slice(0, 2), spread: 3, liveMax: 30 },
    orders: { ...ORDINARY.orders, iceberg: 450, selfTrade: 600, fok: 100, postOnly: 40 },
  }),
  like('balances', {
    ...{ hasBalances: true, clients: FEW.slice(0, 4), instruments: [0, 1, 1, 2, 3, 3] },
    commands: { ...ORDINARY.commands, balance: 40, venue: 40 },
    orders: { ...ORDINARY.orders, market: 200, stop: 120 },
  }),
  like('limits', { commands: { ...ORDINARY.commands, limits: 70 }, clients: FEW.slice(0, 3) }),
  like('venue', { commands: { ...ORDINARY.commands, venue: 90, massCancel: 15, settlement: 15 } }),
  like('expiry', {
    commands: { ...ORDINARY.commands, expire: 50 },
    orders: { ...ORDINARY.orders, gtt: 600 },
  }),
  like('amend', {
    ...{ spread: 3 },
    commands: { ...ORDINARY.commands, amend: 350, replace: 150, cancel: 60 },
    orders: { ...ORDINARY.orders, iceberg: 250, selfTrade: 250 },
  }),
  like('huge', {
    ...{ instruments: [2, 2, 2, 0], spread: 1, liveMax: 20 },
    orders: { ...ORDINARY.orders, postOnly: 400, stop: 20 },
  }),
  like('full', {
    ...{ clients: MANY.slice(0, 12), liveMax: 30, spread: 8 },
    capacity: { clientsMax: 10, accountsMax: 14, openOrdersMax: 12 },
    commands: { ...ORDINARY.commands, limits: 40, replace: 60 },
  }),
  like('full of balances', {
    ...{ clients: MANY.slice(0, 9), hasBalances: true, liveMax: 20 },
    capacity: { clientsMax: 8, accountsMax: 11, openOrdersMax: 12 },
    commands: { ...ORDINARY.commands, balance: 60, venue: 30 },
  }),
];
