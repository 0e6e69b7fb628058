// How much one engine holds at most. Pure constants; any thread. What would go beyond is refused by name
// (`engine_full`): no table may reach the end of its arena (4 GiB, book/arena.ts), since the process would stop there,
// and again at every replay. In bytes, at the worst:
//
//   clients      ids 2^22 x 64; indexes of accounts and balances (clearing/client-index.ts): a client's cells for 64
//                instruments or 128 currencies, with the shorter arrays that it has outgrown below 2 x 128 x 4: 2^32
//   accounts     rows 2^24 x 128 and limits 2^24 x 40; balances 40 each: as many as there may be accounts by deposits,
//                and two for each account by trades, 3 x 2^24
//   live orders  rows 2^24 x 64, and fewer for each thing that they may have; levels and pages of prices 2^24 x 64;
//                pages of the set of those pages, of which there are 2^44: 2^24 at each of two heights, 2^20 and less
//                above, x 64
//
// All engines over one journal must agree on them: they decide what is refused.

/** Clients ever seen. */
export const CLIENTS_MAX = 2 ** 22;
/** Pairs of a client and an instrument; and balances that deposits opened. */
export const ACCOUNTS_MAX = 2 ** 24;
/** Orders that rest, and stops that wait. */
export const OPEN_ORDERS_MAX = 2 ** 24;

export interface Capacity {
  readonly clientsMax: number;
  readonly accountsMax: number;
  readonly openOrdersMax: number;
}
