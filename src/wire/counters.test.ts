// The numbers of the counters: each fits its block and is nobody else's.

import { expect, it } from 'vitest';
import { COMMAND_TYPE_MAX } from '../domain/codes.ts';
import { INSTRUMENTS_MAX } from '../domain/instrument.ts';
import { REASONS } from '../domain/reasons.ts';
import { COUNTERS_PER_BLOCK } from '../shared-memory/counters.ts';
import { COUNTER_BLOCKS, CommandResult, CounterBlockId, commandCounter, GATEWAYS_MAX } from './counters.ts';

it('every command type and result has a counter of its own in its block', () => {
  const types = Array.from({ length: COMMAND_TYPE_MAX }, (_, i) => i + 1);
  const numbers = types.flatMap((type) => Object.values(CommandResult).map((result) => commandCounter(type, result)));
  expect(new Set(numbers).size).toBe(COMMAND_TYPE_MAX * 4);
  expect(Math.min(...numbers)).toBe(0);
  expect(Math.max(...numbers)).toBeLessThan(COUNTERS_PER_BLOCK);
});

it('every reason and every instrument has a counter in its block', () => {
  expect(Math.max(...REASONS.keys())).toBeLessThan(COUNTERS_PER_BLOCK);
  expect(INSTRUMENTS_MAX).toBeLessThanOrEqual(COUNTERS_PER_BLOCK);
});

it("every block is one writer's", () => {
  const { GATEWAY, ...others } = CounterBlockId;
  expect(new Set(Object.values(others)).size).toBe(Object.keys(others).length);
  expect(Math.max(...Object.values(others))).toBeLessThan(GATEWAY);
  expect(COUNTER_BLOCKS).toBe(GATEWAY + GATEWAYS_MAX);
});
