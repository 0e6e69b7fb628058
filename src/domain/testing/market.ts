// A small market for tests of the rules: short calls, and what happened as short lines. Tests only.

import type { Side } from '../codes.ts';
import { createExchange, type Exchange } from '../exchange.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../instrument.ts';
import type { ExchangeEvent, NewOrder, Outcome } from '../plain-objects.ts';

const [BITCOIN] = DEFAULT_INSTRUMENTS;

/** BTC-USD with some of its terms changed. */
export function bitcoin(terms: Partial<Instrument> = {}): Instrument {
  return { ...BITCOIN, ...terms };
}

export class Market {
  readonly exchange: Exchange;
  private readonly events: string[] = [];

  /** One instrument, BTC-USD with these terms. */
  constructor(terms: Partial<Instrument> = {}) {
    this.exchange = createExchange({
      instruments: [bitcoin(terms)],
      onEvent: (event) => this.events.push(lineOf(event)),
    });
  }

  /** A limit order of ann. */
  buy(quantityLots: number, priceTicks: number, more: Partial<NewOrder> = {}): Outcome {
    return this.exchange.newOrder({ clientId: 'ann', side: 'buy', priceTicks, quantityLots, ...more });
  }

  /** A limit order of bob. */
  sell(quantityLots: number, priceTicks: number, more: Partial<NewOrder> = {}): Outcome {
    return this.exchange.newOrder({ clientId: 'bob', side: 'sell', priceTicks, quantityLots, ...more });
  }

  /** Sets the last trade price: cat and dan trade one lot. */
  print(priceTicks: number): void {
    this.sell(1, priceTicks, { clientId: 'cat' });
    this.buy(1, priceTicks, { clientId: 'dan' });
    this.told();
  }

  /** Resting orders in price-time order, as `number:displayed@price`, `+hidden` for icebergs. */
  book(side: Side): string {
    const { orders } = this.exchange.engine;
    const found: string[] = [];
    this.exchange.engine.forEachOrder(0, side, (row) => {
      const hidden = orders.remainingLots(row) - orders.shownLots(row);
      const shown = hidden === 0 ? `${orders.shownLots(row)}` : `${orders.shownLots(row)}+${hidden}`;
      found.push(`${orders.number(row)}:${shown}@${orders.priceTicks(row)}`);
    });
    return found.join(' ');
  }

  /** Events since the last call. */
  told(): string[] {
    return this.events.splice(0);
  }
}

/** `trade maker<-taker lots@price`, `change number delta`, `refused reason`, `replayed sequence`, `applied value`. */
function lineOf(event: ExchangeEvent): string {
  switch (event.type) {
    case 'trade': {
      const { makerOrder, takerOrder, quantityLots, priceTicks } = event.trade;
      return `trade ${makerOrder}<-${takerOrder} ${quantityLots}@${priceTicks}`;
    }
    case 'order':
      return `${event.change} ${event.order.orderNumber} ${event.restingDeltaLots}`;
    case 'refused':
      return `refused ${event.reason}`;
    case 'replayed':
      return `replayed ${event.originalSequence}`;
    case 'applied':
      return `applied ${event.value}`;
    case 'obligation': {
      const { clientId, instrument, baseLots, quoteAmount } = event.obligation;
      return `obligation ${clientId} ${instrument} ${baseLots} ${quoteAmount}`;
    }
  }
}
