// For the whole-system tests: bodies of POST /orders, and amounts as exact integers.

let keys = 0;

/** A good limit order to buy, with a key of its own. `undefined` leaves a field out. */
export function order(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  keys += 1;
  return {
    idempotency_key: `order-${keys}`,
    client_id: 'alice',
    instrument: 'BTC-USD',
    side: 'buy',
    type: 'limit',
    price: '70000.01',
    quantity: '0.5',
    ...changes,
  };
}

/** A decimal of a fixed scale, as the replies have them, in units of its last digit. */
export function unitsOf(text: string): bigint {
  return BigInt(text.replace('.', ''));
}

/** `units` with `scale` decimals, as the replies write them. */
export function decimalOf(units: bigint, scale: number): string {
  const digits = String(units).padStart(scale + 1, '0');
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export const PRICE_SCALE = 2;
export const QUANTITY_SCALE = 8;
