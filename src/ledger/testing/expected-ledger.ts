// For tests: what the ledger must hold, folded independently from what the engine tells: plain objects, BigInt, no codec.
// Settlements and candles are folded from the trades alone, so they also check what the engine says a client owes.
// Positions are the engine's own: of its accounts, those that traded.

import { toBigInt } from '../../domain/clearing/exact.ts';
import { CommandType, InstrumentStatus, OrderFlag, OrderType, Side, TimeInForce } from '../../domain/codes.ts';
import type { Engine } from '../../domain/engine.ts';
import { AMOUNT_SCALE, type Instrument } from '../../domain/instrument.ts';
import { REASONS } from '../../domain/reasons.ts';
import { decimal, trimmedDecimal } from './plain-decimal.ts';

/** Rows as SELECT ... ::text gives them. */
export type ExpectedRow = Readonly<Record<string, string | null>>;
export type ExpectedTrade = ExpectedRow & { readonly trade_number: string; readonly sequence: string };
export type ExpectedOrder = ExpectedRow & { readonly status: string; readonly client_id: string };

interface Candle {
  readonly instrument: Instrument;
  readonly openedUs: number;
  readonly trades: { readonly number: number; readonly price: bigint; readonly quantity: bigint }[];
}

const MINUTE_US = 60_000_000;
const STATUS = ['', 'open', 'partially_filled', 'filled', 'cancelled', 'rejected', 'expired'];
const PREVENTION = ['none', 'dc', 'co', 'cn', 'cb'];

export function isOpen({ status }: { readonly status: string }): boolean {
  return status === 'open' || status === 'partially_filled';
}

export class ExpectedLedger {
  readonly trades: ExpectedTrade[] = [];
  /** By order number, each order's last state. */
  readonly orders = new Map<number, ExpectedOrder>();
  readonly settlements: ExpectedRow[] = [];
  readonly obligations: ExpectedRow[] = [];
  /** By index. */
  readonly instruments: ExpectedRow[] = [];
  readonly #candles = new Map<string, Candle>();
  /** Client and instrument to sequence and time of the last trade. */
  readonly #traded = new Map<string, { readonly sequence: string; readonly updated_us: string }>();
  readonly #engine: Engine;
  /** Of the cycle that runs: party and currency to units of 10^-AMOUNT_SCALE; party null is the venue. */
  #cycle: { client: string | null; currency: string; amount: bigint }[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
    for (let index = 0; index < engine.instruments.count; index++) this.#expectInstrument(index, '0', null);
  }

  trade(number: number, maker: number, taker: number, price: number, quantity: number): void {
    const { orders, sequence, timeUs, tradeFees, instruments } = this.#engine;
    const instrument = instruments.get(orders.instrument(taker));
    const { priceScale, quantityScale } = instrument;
    const takerBuys = orders.side(taker) === Side.BUY;
    const [buyer, seller] = takerBuys ? [taker, maker] : [maker, taker];
    const makerFee = toBigInt(tradeFees[0], tradeFees[1]);
    const takerFee = toBigInt(tradeFees[2], tradeFees[3]);
    const [buyerFee, sellerFee] = takerBuys ? [takerFee, makerFee] : [makerFee, takerFee];
    this.trades.push({
      trade_number: String(number),
      sequence: String(sequence),
      maker_order: String(orders.number(maker)),
      taker_order: String(orders.number(taker)),
      executed_us: String(timeUs),
      maker_created_us: String(orders.createdUs(maker)),
      taker_created_us: String(orders.createdUs(taker)),
      instrument: instrument.name,
      taker_side: takerBuys ? 'buy' : 'sell',
      price: decimal(BigInt(price), priceScale),
      quantity: decimal(BigInt(quantity), quantityScale),
      buy_client_id: this.#client(buyer),
      sell_client_id: this.#client(seller),
      maker_fee: decimal(makerFee, priceScale + quantityScale),
      taker_fee: decimal(takerFee, priceScale + quantityScale),
    });
    this.#addToCandle(instrument, number, BigInt(price), BigInt(quantity));
    for (const row of [buyer, seller]) {
      const key = JSON.stringify([this.#client(row), instrument.name]);
      this.#traded.set(key, { sequence: String(sequence), updated_us: String(timeUs) });
    }
    const lots = BigInt(quantity);
    const notional = BigInt(price) * lots;
    this.#settle(this.#client(buyer), instrument, lots, -notional - buyerFee);
    this.#settle(this.#client(seller), instrument, -lots, notional - sellerFee);
    this.#settle(null, instrument, 0n, buyerFee + sellerFee);
  }

  order(row: number): void {
    const { orders, sequence, instruments } = this.#engine;
    const index = orders.instrument(row);
    const instrument = index < instruments.count ? instruments.get(index) : undefined;
    const priceScale = instrument?.priceScale ?? 0;
    const quantityScale = instrument?.quantityScale ?? 0;
    const price = (ticks: number) => decimal(BigInt(ticks), priceScale);
    const quantity = (lots: number) => decimal(BigInt(lots), quantityScale);
    const market = orders.orderType(row) === OrderType.MARKET;
    const has = (flag: number) => (orders.flags(row) & flag) !== 0;
    const ticks = orders.priceTicks(row);
    const expiresUs = orders.expiresUs(row);
    this.orders.set(orders.number(row), {
      order_number: String(orders.number(row)),
      sequence: String(sequence),
      created_us: String(orders.createdUs(row)),
      updated_us: String(orders.updatedUs(row)),
      client_id: this.#client(row),
      instrument: instrument?.name ?? 'unknown',
      side: orders.side(row) === Side.BUY ? 'buy' : 'sell',
      type: market ? 'market' : 'limit',
      time_in_force: Object.keys(TimeInForce)[orders.timeInForce(row) - 1] ?? '?',
      status: STATUS[orders.status(row)] ?? '?',
      reject_reason: REASONS.get(orders.reason(row))?.name ?? null,
      post_only: String(has(OrderFlag.POST_ONLY)),
      price: market ? null : price(ticks),
      quantity: quantity(orders.quantityLots(row)),
      filled_quantity: quantity(orders.executedLots(row)),
      notional: decimal(toBigInt(orders.notionalHigh(row), orders.notionalLow(row)), priceScale + quantityScale),
      stop_price: has(OrderFlag.STOP) ? price(orders.stopPriceTicks(row)) : null,
      triggered: String(has(OrderFlag.TRIGGERED)),
      display_quantity: orders.displayLots(row) === 0 ? null : quantity(orders.displayLots(row)),
      expires_us: expiresUs === 0 ? null : String(expiresUs),
      stp: PREVENTION[orders.selfTrade(row)] ?? '?',
      prevented_quantity: quantity(orders.preventedLots(row)),
      protection_price: market && !has(OrderFlag.SLIPPAGE) && ticks !== 0 ? price(ticks) : null,
      max_slippage: market && has(OrderFlag.SLIPPAGE) ? price(ticks) : null,
      by_quote_amount: String(has(OrderFlag.QUOTE_AMOUNT)),
    });
  }

  /** A command about no single order was applied. */
  applied(type: CommandType, value: number): void {
    const { sequence, timeUs } = this.#engine;
    if (type === CommandType.CLOSE_SETTLEMENT) this.#closeCycle(value, sequence, timeUs);
    if (type === CommandType.DEFINE_INSTRUMENT || type === CommandType.SET_INSTRUMENT_STATUS) {
      this.#expectInstrument(value, String(sequence), String(timeUs));
    }
  }

  /** By instrument, then time. */
  get candles(): ExpectedRow[] {
    const rows = [...this.#candles.values()].map(({ instrument, openedUs, trades }) => {
      const { name, priceScale, quantityScale } = instrument;
      const prices = trades.map(({ price }) => price);
      const sum = (values: bigint[]) => values.reduce((total, value) => total + value, 0n);
      return {
        instrument: name,
        opened_us: String(openedUs),
        first_trade: String(trades[0]?.number),
        last_trade: String(trades.at(-1)?.number),
        trades: String(trades.length),
        open: decimal(prices[0] ?? 0n, priceScale),
        high: decimal(
          prices.reduce((a, b) => (a > b ? a : b)),
          priceScale,
        ),
        low: decimal(
          prices.reduce((a, b) => (a < b ? a : b)),
          priceScale,
        ),
        close: decimal(prices.at(-1) ?? 0n, priceScale),
        volume: decimal(sum(trades.map(({ quantity }) => quantity)), quantityScale),
        notional: decimal(sum(trades.map(({ price, quantity }) => price * quantity)), priceScale + quantityScale),
      };
    });
    return rows.sort((a, b) => compareTexts(a.instrument, b.instrument) || Number(a.opened_us) - Number(b.opened_us));
  }

  /** By client, then instrument. */
  get positions(): ExpectedRow[] {
    const { accounts, clients, instruments } = this.#engine;
    const rows: (ExpectedRow & { readonly client_id: string; readonly instrument: string })[] = [];
    accounts.forEach((account) => {
      const client_id = new TextDecoder().decode(clients.bytesOf(accounts.clientOf(account)));
      const { name: instrument, priceScale, quantityScale } = instruments.get(accounts.instrumentOf(account));
      const last = this.#traded.get(JSON.stringify([client_id, instrument]));
      if (last === undefined) return;
      const amount = (high: number, low: number) => decimal(toBigInt(high, low), priceScale + quantityScale);
      rows.push({
        client_id,
        instrument,
        ...last,
        net_quantity: decimal(BigInt(accounts.netLots(account)), quantityScale),
        cost: amount(accounts.costHigh(account), accounts.costLow(account)),
        realised_profit: amount(accounts.realisedHigh(account), accounts.realisedLow(account)),
        fees: amount(accounts.feesHigh(account), accounts.feesLow(account)),
      });
    });
    return rows.sort((a, b) => compareTexts(a.client_id, b.client_id) || compareTexts(a.instrument, b.instrument));
  }

  #addToCandle(instrument: Instrument, number: number, price: bigint, quantity: bigint): void {
    const openedUs = Math.floor(this.#engine.timeUs / MINUTE_US) * MINUTE_US;
    const key = `${instrument.name} ${openedUs}`;
    const candle = this.#candles.get(key) ?? { instrument, openedUs, trades: [] };
    candle.trades.push({ number, price, quantity });
    this.#candles.set(key, candle);
  }

  #settle(client: string | null, instrument: Instrument, lots: bigint, ticksLots: bigint): void {
    const { base, quote, priceScale, quantityScale } = instrument;
    const units = (value: bigint, scale: number) => value * 10n ** BigInt(AMOUNT_SCALE - scale);
    this.#cycle.push({ client, currency: base, amount: units(lots, quantityScale) });
    this.#cycle.push({ client, currency: quote, amount: units(ticksLots, priceScale + quantityScale) });
  }

  #closeCycle(cycle: number, sequence: number, timeUs: number): void {
    const sums = new Map<string, bigint>();
    for (const { client, currency, amount } of this.#cycle) {
      const key = JSON.stringify([client, currency]);
      sums.set(key, (sums.get(key) ?? 0n) + amount);
    }
    this.#cycle = [];
    const rows = [...sums]
      .filter(([, amount]) => amount !== 0n)
      .map(([key, amount]) => ({ party: JSON.parse(key) as [string | null, string], amount }))
      .sort((a, b) => compareParties(a.party, b.party))
      .map(({ party: [client_id, currency], amount }) => ({
        cycle: String(cycle),
        client_id,
        currency,
        amount: trimmedDecimal(amount, AMOUNT_SCALE),
      }));
    this.obligations.push(...rows);
    const obligations = String(rows.length);
    this.settlements.push({ cycle: String(cycle), sequence: String(sequence), closed_us: String(timeUs), obligations });
  }

  #expectInstrument(index: number, sequence: string, changedUs: string | null): void {
    const instrument = this.#engine.instruments.get(index);
    const price = (ticks: number) => decimal(BigInt(ticks), instrument.priceScale);
    const quantity = (lots: number) => decimal(BigInt(lots), instrument.quantityScale);
    const statusNames = Object.keys(InstrumentStatus).map((name) => name.toLowerCase());
    this.instruments[index] = {
      name: instrument.name,
      instrument_index: String(index),
      sequence,
      changed_us: changedUs,
      base: instrument.base,
      quote: instrument.quote,
      price_scale: String(instrument.priceScale),
      quantity_scale: String(instrument.quantityScale),
      tick: price(instrument.priceIncrementTicks),
      lot: quantity(instrument.quantityIncrementLots),
      min_price: price(instrument.minPriceTicks),
      max_price: price(instrument.maxPriceTicks),
      min_quantity: quantity(instrument.minQuantityLots),
      max_quantity: quantity(instrument.maxQuantityLots),
      price_band_bps: String(instrument.priceBandBps),
      reference_price: instrument.referencePriceTicks === 0 ? null : price(instrument.referencePriceTicks),
      maker_fee_rate: decimal(BigInt(instrument.makerFeeMillionths), 6),
      taker_fee_rate: decimal(BigInt(instrument.takerFeeMillionths), 6),
      status: statusNames[instrument.status - 1] ?? '?',
    };
  }

  #client(row: number): string {
    return new TextDecoder().decode(this.#engine.clients.bytesOf(this.#engine.orders.client(row)));
  }
}

function compareTexts(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** By the bytes of the client, the venue last, then by currency. */
function compareParties([a, x]: [string | null, string], [b, y]: [string | null, string]): number {
  if (a === b) return compareTexts(x, y);
  if (a === null || b === null) return a === null ? 1 : -1;
  return compareTexts(a, b);
}
