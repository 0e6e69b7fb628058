// What a subscription keeps of its messages: nothing, a book of levels, a book of orders. A keeper takes whole messages in
// order. It throws ProtocolError for what cannot be, and says when its book is not the exchange's.

import { LevelBook } from './level-book.ts';
import type { ChannelName, DisplayedChange, FullTrade, LevelChannel, SnapshotOf, UpdateOf } from './messages.ts';
import { OrderBook } from './order-book.ts';

export interface Keeper<C extends ChannelName> {
  snapshot(message: SnapshotOf<C>): void;
  update(message: UpdateOf<C>): void;
  /** After either: what the checksum comes to; undefined where there is nothing to check. */
  checksum(): string | undefined;
}

export const NOTHING_KEPT: Keeper<ChannelName> = {
  snapshot() {},
  update() {},
  checksum: () => undefined,
};

export class LevelKeeper implements Keeper<LevelChannel> {
  readonly book = new LevelBook();

  snapshot({ bids, asks }: SnapshotOf<LevelChannel>): void {
    this.book.clear();
    for (const [price, quantity] of bids) this.book.set('buy', price, quantity);
    for (const [price, quantity] of asks) this.book.set('sell', price, quantity);
  }

  update({ changes }: UpdateOf<LevelChannel>): void {
    for (const [side, price, quantity] of changes) this.book.set(side, price, quantity);
  }

  checksum(): string {
    return this.book.checksum();
  }
}

export class OrderKeeper implements Keeper<'full'> {
  readonly book = new OrderBook();

  snapshot({ orders }: SnapshotOf<'full'>): void {
    this.book.clear();
    for (const order of orders) this.book.rest(order);
  }

  update({ events }: UpdateOf<'full'>): void {
    for (const event of events) if (isDisplayed(event)) this.book.apply(event);
  }

  checksum(): string {
    return this.book.checksum();
  }
}

/** Trades stand beside the changes that they make. */
function isDisplayed(event: DisplayedChange | FullTrade): event is DisplayedChange {
  return event.change !== 'trade';
}
