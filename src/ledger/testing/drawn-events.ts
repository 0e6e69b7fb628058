// For tests: closed orders and trades of any content as events, drawn and not traded: also such as an engine rarely makes.

import fc from 'fast-check';
import { OrderRows } from '../../domain/book/order-rows.ts';
import { OrderFlag, OrderStatus, OrderType, SelfTrade, Side, TimeInForce } from '../../domain/codes.ts';
import { ClientTable } from '../../domain/idempotency/client-table.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { OrderChange } from '../../domain/listener.ts';
import { REASONS, type Reason } from '../../domain/reasons.ts';
import { EventEncoder, type EventSource } from '../../wire/event-encoder.ts';
import type { MemorySpool } from './memory-spool.ts';

const ORDER_REASONS = [0, ...REASONS.keys()].filter((reason) => reason < 100) as Reason[];

const amount = fc.oneof(fc.constantFrom(0, 1, 2 ** 53 - 1), fc.maxSafeNat());
const rare = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.maxSafeNat());
const high = fc.oneof(fc.constant(0), fc.nat({ max: 2 ** 31 }), fc.maxSafeNat());
const low = fc.nat({ max: 2 ** 31 - 1 }).map((value) => value * 2 ** 17);
const time = fc.nat({ max: 2 ** 31 }).map((seconds) => seconds * 1_000_000 + 123_456);
/** Of a few days: each has its partitions. */
const recently = fc.nat({ max: 3 * 86_400 }).map((seconds) => 1_780_000_000_123_456 + seconds * 1_000_000);
const client = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((id) => !/\p{Cc}/u.test(id));
const pick = <T>(codes: Readonly<Record<string, T>>) => fc.constantFrom(...Object.values(codes));

const orderFacts = fc.record({
  client,
  instrument: fc.nat({ max: 1 }),
  ...{ price: amount, quantity: amount, executed: amount, high, low, createdUs: time, updatedUs: recently },
  ...{ prevented: rare, display: rare, stopPrice: rare, expiresUs: fc.oneof(fc.constant(0), time) },
  side: pick(Side),
  type: pick(OrderType),
  timeInForce: pick(TimeInForce),
  selfTrade: pick(SelfTrade),
  flags: fc.nat({ max: 31 }),
  status: fc.constantFrom(OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED),
  reason: fc.constantFrom(...ORDER_REASONS),
});
type OrderFacts = typeof orderFacts extends fc.Arbitrary<infer T> ? T : never;

/** Within the bounds of any instrument, and so small that all together fit a position. */
const price = fc.oneof(fc.constantFrom(1, 2 ** 46), fc.integer({ min: 1, max: 2 ** 46 }));
const lots = fc.oneof(fc.constantFrom(1, 2 ** 41), fc.integer({ min: 1, max: 2 ** 41 }));
const signedHigh = fc.oneof(fc.constantFrom(0, 0, -1, 1), fc.integer(), fc.integer({ min: -(2 ** 42), max: 2 ** 42 }));
const tradeFees = fc.oneof(fc.constant([0, 0, 0, 0]), fc.tuple(signedHigh, low, signedHigh, low));

class DrawnEngine implements EventSource {
  readonly orders = new OrderRows();
  readonly clients = new ClientTable();
  readonly tradeFees = new Float64Array(4);
  readonly instruments: { get(index: number): Instrument };
  readonly accounts = {
    clientOf: () => 0,
    instrumentOf: () => 0,
    netLots: () => 0,
    netAtSettlement: () => 0,
    cycleQuoteHigh: () => 0,
    cycleQuoteLow: () => 0,
  };
  sequence = 0;
  timeUs = 0;

  constructor(instruments: readonly Instrument[]) {
    this.instruments = { get: (index) => instruments[index] };
  }

  /** The row of a new order that the next command places. */
  place(facts: OrderFacts): number {
    const { orders } = this;
    const row = orders.take();
    orders.clear(row);
    const id = new TextEncoder().encode(facts.client);
    orders.setNumber(row, ++this.sequence);
    orders.setClient(row, this.clients.intern(id, 0, id.length));
    orders.setInstrument(row, facts.instrument);
    orders.setPriceTicks(row, facts.price);
    orders.setQuantityLots(row, facts.quantity);
    orders.setExecutedLots(row, facts.executed);
    orders.setNotionalHigh(row, facts.high);
    orders.setNotionalLow(row, facts.low);
    orders.setCreatedUs(row, facts.createdUs);
    orders.setUpdatedUs(row, facts.updatedUs);
    orders.setSide(row, facts.side);
    orders.setOrderType(row, facts.type);
    orders.setTerms(row, facts.timeInForce, facts.selfTrade);
    orders.setStatus(row, facts.status);
    orders.setReason(row, facts.reason);
    orders.setFlags(row, facts.flags);
    this.#setRare(row, facts);
    return row;
  }

  #setRare(row: number, { prevented, display, stopPrice, expiresUs }: OrderFacts): void {
    const { orders } = this;
    const entry = orders.ensureRare(row);
    orders.rare.setPreventedLots(entry, prevented);
    orders.rare.setDisplayLots(entry, display);
    orders.rare.setStopPriceTicks(entry, stopPrice);
    orders.rare.setExpiresUs(entry, expiresUs);
  }
}

/** What the flags rule out is not drawn: a stop price without STOP, a slippage of a limit order. */
function consistent(facts: OrderFacts): OrderFacts {
  const stopPrice = (facts.flags & OrderFlag.STOP) === 0 ? 0 : facts.stopPrice;
  const flags = facts.type === OrderType.MARKET ? facts.flags : facts.flags & ~OrderFlag.SLIPPAGE;
  return { ...facts, flags, stopPrice };
}

/** `count` commands, each with an order that ends at once and a trade of it with the one before. */
export function drawEvents(spool: MemorySpool, instruments: readonly Instrument[], count: number, seed: number): void {
  const engine = new DrawnEngine(instruments);
  const encoder = new EventEncoder(engine, spool);
  const drawn = fc.sample(
    fc.record({ order: orderFacts.map(consistent), fees: tradeFees, amounts: fc.tuple(price, lots) }),
    {
      numRuns: count,
      seed,
    },
  );
  let before = -1;
  for (const { order, fees, amounts } of drawn) {
    const row = engine.place(order);
    engine.timeUs = 1_780_000_000_000_000 + engine.sequence;
    engine.tradeFees.set(fees);
    if (before >= 0) encoder.trade(engine.sequence - 1, before, row, ...amounts);
    encoder.order(OrderChange.DONE, row, 0);
    spool.show(engine.sequence);
    before = row;
  }
}
