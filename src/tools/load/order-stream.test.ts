// What a stream makes of the flow: the same orders for the same seed, and changes only of orders that were acknowledged.

import { expect, test } from 'vitest';
import { EVERYDAY } from './flow.ts';
import { OrderStream } from './order-stream.ts';
import type { LoadRequest, Placed } from './requests.ts';

function acknowledge(request: LoadRequest, number: number): Placed {
  if (request.kind !== 'place') throw new Error('only an order is placed');
  const amounts = { priceTicks: 1, quantityLots: 1, filledLots: 0 };
  const doubts = { cancelUnknown: false, amendUnknown: false, closed: false };
  return { id: '', number, order: request.order, ...amounts, status: 'open', ...doubts };
}

/** The first requests of a stream of which every `refused`-th order is refused. */
function requests(stream: number, refused: number): { sent: LoadRequest[]; acknowledged: Set<Placed> } {
  const flow = new OrderStream(1, stream, EVERYDAY, 's');
  const sent: LoadRequest[] = [];
  const acknowledged = new Set<Placed>();
  for (let n = 1; n <= 2_000; n++) {
    const request = flow.next();
    sent.push(request);
    if (request.kind !== 'place' || n % refused === 0) continue;
    const placed = acknowledge(request, n);
    acknowledged.add(placed);
    flow.acknowledged(placed);
  }
  return { sent, acknowledged };
}

test('the same seed and stream send the same, another stream another', () => {
  expect(requests(0, 5).sent).toEqual(requests(0, 5).sent);
  expect(requests(0, 5).sent).not.toEqual(requests(1, 5).sent);
});

test('only what was acknowledged is cancelled or amended, and nothing after its cancel', () => {
  const { sent, acknowledged } = requests(0, 5);
  const cancelled = new Set<Placed>();
  for (const request of sent) {
    if (request.kind === 'place') continue;
    expect(acknowledged).toContain(request.placed);
    expect(cancelled).not.toContain(request.placed);
    if (request.kind === 'cancel') cancelled.add(request.placed);
  }
  expect(cancelled.size).toBeGreaterThan(500);
});

test('no key is used twice', () => {
  const keys = [...requests(0, 5).sent, ...requests(1, 5).sent].flatMap((request) =>
    request.kind === 'place' ? [request.key] : [],
  );
  expect(new Set(keys).size).toBe(keys.length);
});
