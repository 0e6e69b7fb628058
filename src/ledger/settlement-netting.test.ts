// Netting: whatever instruments a client traded, each currency is one amount, and nothing is left over.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AMOUNT_SCALE, DEFAULT_INSTRUMENTS, type Instrument } from '../domain/instrument.ts';
import { SettlementNetting } from './settlement-netting.ts';

function instrumentOf(base: string, quote: string, priceScale: number, quantityScale: number): Instrument {
  return { ...DEFAULT_INSTRUMENTS[0], name: `${base}-${quote}`, base, quote, priceScale, quantityScale };
}

function netted(netting: SettlementNetting): Record<string, bigint> {
  const amounts: Record<string, bigint> = {};
  for (const { client, currency, amount } of netting.net()) {
    const key = `${client ?? 'venue'} ${currency}`;
    expect(amounts[key]).toBeUndefined();
    amounts[key] = amount;
  }
  return amounts;
}

const UNIT = 10n ** BigInt(AMOUNT_SCALE);

describe('netting', () => {
  it("adds what one currency is in several instruments, in each one's own scales", () => {
    const netting = new SettlementNetting();
    const btcUsd = instrumentOf('BTC', 'USD', 2, 8);
    const ethBtc = instrumentOf('ETH', 'BTC', 5, 3);
    // Alice buys 1 BTC for 70,000 USD with a fee of 7 USD; Bob sells it and pays none.
    netting.add('alice', btcUsd, 100_000_000n, -70_007n * 10n ** 10n);
    netting.add('bob', btcUsd, -100_000_000n, 70_000n * 10n ** 10n);
    // Alice buys 20 ETH for 1 BTC, which makes her even in BTC; Bob gets a rebate of 0.01 BTC.
    netting.add('alice', ethBtc, 20_000n, -1n * 10n ** 8n);
    netting.add('bob', ethBtc, -20_000n, 101n * 10n ** 6n);
    expect(netted(netting)).toEqual({
      'alice USD': -70_007n * UNIT,
      'alice ETH': 20n * UNIT,
      'bob BTC': UNIT / 100n,
      'bob USD': 70_000n * UNIT,
      'bob ETH': -20n * UNIT,
      'venue USD': 7n * UNIT,
      'venue BTC': -UNIT / 100n,
    });
  });

  it('leaves nothing over in any currency, at any size', () => {
    const currency = fc.constantFrom('A', 'B', 'C');
    const scales = fc
      .nat({ max: AMOUNT_SCALE })
      .chain((p) => fc.tuple(fc.constant(p), fc.nat({ max: AMOUNT_SCALE - p })));
    const amount = fc.bigInt({ min: -(2n ** 101n), max: 2n ** 101n });
    const obligation = fc.record({
      client: fc.constantFrom('x', 'y', 'z'),
      base: currency,
      quote: currency,
      scales,
      lots: amount,
      quoted: amount,
    });
    fc.assert(
      fc.property(fc.array(obligation, { maxLength: 20 }), (obligations) => {
        const netting = new SettlementNetting();
        for (const {
          client,
          base,
          quote,
          scales: [price, quantity],
          lots,
          quoted,
        } of obligations) {
          netting.add(client, instrumentOf(base, quote, price, quantity), lots, quoted);
        }
        const sums: Record<string, bigint> = {};
        for (const [key, value] of Object.entries(netted(netting))) {
          expect(value).not.toBe(0n);
          const of = key.slice(key.indexOf(' '));
          sums[of] = (sums[of] ?? 0n) + value;
        }
        for (const sum of Object.values(sums)) expect(sum).toBe(0n);
        netting.clear();
        expect(netted(netting)).toEqual({});
      }),
    );
  });
});
