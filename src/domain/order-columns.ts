// Orders as columns of numbers: what the pool of resting orders, the idempotency table and the codecs share.
// Pure; owned by one engine (one thread). Never read from another thread.

export class OrderColumns {
  /** The order's number: the sequence of the command that placed it. */
  number: Float64Array;
  /** Batch time of the placing command and of the last change, microseconds since the epoch. */
  createdUs: Float64Array;
  updatedUs: Float64Array;
  /** 0 for market orders. */
  priceTicks: Float64Array;
  /** The order's total quantity. */
  quantityLots: Float64Array;
  executedLots: Float64Array;
  /** Sum of price x quantity over all executions, in ticks x lots: high * 2^48 + low (exact.ts). */
  notionalHigh: Float64Array;
  notionalLow: Float64Array;
  /** The client's number in the engine's client table. */
  client: Uint32Array;
  instrument: Uint16Array;
  /** Reason why it closed or was rejected (codes.ts), 0 while it lives or when filled. */
  reason: Uint16Array;
  side: Uint8Array;
  orderType: Uint8Array;
  timeInForce: Uint8Array;
  flags: Uint8Array;
  status: Uint8Array;

  constructor(capacity: number) {
    this.number = new Float64Array(capacity);
    this.createdUs = new Float64Array(capacity);
    this.updatedUs = new Float64Array(capacity);
    this.priceTicks = new Float64Array(capacity);
    this.quantityLots = new Float64Array(capacity);
    this.executedLots = new Float64Array(capacity);
    this.notionalHigh = new Float64Array(capacity);
    this.notionalLow = new Float64Array(capacity);
    this.client = new Uint32Array(capacity);
    this.instrument = new Uint16Array(capacity);
    this.reason = new Uint16Array(capacity);
    this.side = new Uint8Array(capacity);
    this.orderType = new Uint8Array(capacity);
    this.timeInForce = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.status = new Uint8Array(capacity);
  }

  get capacity(): number {
    return this.number.length;
  }

  /** Copies row `from` of `source` over row `to`. Allocates: nothing. */
  copyRow(source: OrderColumns, from: number, to: number): void {
    this.number[to] = source.number[from];
    this.createdUs[to] = source.createdUs[from];
    this.updatedUs[to] = source.updatedUs[from];
    this.priceTicks[to] = source.priceTicks[from];
    this.quantityLots[to] = source.quantityLots[from];
    this.executedLots[to] = source.executedLots[from];
    this.notionalHigh[to] = source.notionalHigh[from];
    this.notionalLow[to] = source.notionalLow[from];
    this.client[to] = source.client[from];
    this.instrument[to] = source.instrument[from];
    this.reason[to] = source.reason[from];
    this.side[to] = source.side[from];
    this.orderType[to] = source.orderType[from];
    this.timeInForce[to] = source.timeInForce[from];
    this.flags[to] = source.flags[from];
    this.status[to] = source.status[from];
  }
}
