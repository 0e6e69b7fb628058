// The soak's commands against an exchange that answers as the server does, in as few lines: the book fills and stays as it is.

import { expect, test } from 'vitest';
import { type SoakCommand, SoakFlow } from './flow.ts';

const OPEN = 200;

/** Orders rest until they are cancelled or, in the order of their coming, traded away one by one. */
class TinyExchange {
  readonly open = new Map<string, 'buy' | 'sell'>();
  readonly keys = new Set<string>();
  #orders = 0;

  answer({ kind, path, json }: SoakCommand): { status: number; body: string } {
    const { idempotency_key, side } = JSON.parse(json);
    this.keys.add(idempotency_key);
    const id = /^\/orders\/([^/]+)/.exec(path)?.[1] ?? '';
    if (kind === 'rest') {
      const orderId = `order-${++this.#orders}`;
      this.open.set(orderId, side);
      return { status: 202, body: `{"order_id":"${orderId}","trades":[]}` };
    }
    if (kind === 'take') {
      const [maker] = [...this.open].find(([, other]) => other !== side) ?? [];
      if (maker !== undefined) this.open.delete(maker);
      const trades = maker === undefined ? '' : `{"maker_order_id":"${maker}"}`;
      return { status: 202, body: `{"order_id":"taker","trades":[${trades}]}` };
    }
    if (!this.open.has(id)) return { status: 409, body: '{}' };
    if (kind === 'cancel') this.open.delete(id);
    return { status: 202, body: `{"order":{"order_id":"${id}"}}` };
  }
}

test('fills the book, keeps it, and uses every kind of command under a key of its own', () => {
  const flow = new SoakFlow({ source: 's', openOrders: OPEN, clients: 50 });
  const exchange = new TinyExchange();
  const outcomes = new Map<string, number>();
  let furthest = 0;
  for (let n = 1; n <= 10_000; n++) {
    const command = flow.next();
    const { status, body } = exchange.answer(command);
    const outcome = flow.answered(command, status, body);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (n > 2_000) furthest = Math.max(furthest, Math.abs(exchange.open.size - OPEN));
  }
  expect(furthest).toBeLessThan(OPEN / 10);
  expect(exchange.keys.size).toBe(10_000);
  expect([...outcomes.keys()].sort()).toEqual(['amends', 'cancels', 'rests', 'takes']);
  for (const count of outcomes.values()) expect(count).toBeGreaterThan(1_000);
  expect(flow.trades).toBeGreaterThan(1_000);
});

test('tells a lost race, a refusal and no answer apart', () => {
  const flow = new SoakFlow({ source: 's', openOrders: 1, clients: 1 });
  const commandOf = (kind: SoakCommand['kind']): SoakCommand => {
    for (;;) {
      const command = flow.next();
      if (command.kind === kind) return command;
      flow.answered(command, 202, command.kind === 'rest' ? '{"order_id":"a"}' : '{}');
    }
  };
  expect(flow.answered(commandOf('cancel'), 409, '{}')).toBe('late');
  expect(flow.answered(commandOf('amend'), 409, '{}')).toBe('late');
  expect(flow.answered(commandOf('take'), 409, '{}')).toBe('refused');
  expect(flow.answered(commandOf('take'), 503, '{}')).toBe('refused');
  expect(flow.answered(commandOf('take'), 0, 'closed')).toBe('lost');
});
