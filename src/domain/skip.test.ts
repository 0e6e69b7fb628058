// A command that is passed over (RULES.md, "Passed over"): it takes its sequence, changes nothing, and stays refused.

import { describe, expect, it } from 'vitest';
import { limitOrder, setTexts } from '../sim/testing/commands.ts';
import { Side } from './codes.ts';
import type { Command } from './command.ts';
import { Engine } from './engine.ts';
import { EngineState } from './engine-state.ts';
import { DEFAULT_INSTRUMENTS } from './instrument.ts';
import { type EngineListener, SILENT_LISTENER } from './listener.ts';
import { Reason } from './reasons.ts';

const SKIPPED = `refused ${Reason.COMMAND_SKIPPED}`;

/** An engine and what it tells. */
function create(clientsMax = 10): { engine: Engine; told: string[]; listener: EngineListener } {
  const told: string[] = [];
  const listener: EngineListener = {
    ...SILENT_LISTENER,
    onRefused: (reason) => told.push(`refused ${reason}`),
    onReplayed: () => told.push('replayed'),
    onOrder: () => told.push('order'),
  };
  return {
    engine: new Engine(DEFAULT_INSTRUMENTS, listener, new EngineState(DEFAULT_INSTRUMENTS, { clientsMax })),
    told,
    listener,
  };
}

function orderOf(client: string, key: string): Command {
  const command = limitOrder(client, Side.BUY, 100, 5);
  setTexts(command, client, key);
  return command;
}

describe('a command that is passed over', () => {
  it('takes its sequence and changes nothing, without a key', () => {
    const { engine, told } = create();
    engine.skip(1, 7, orderOf('ann', ''));
    expect([engine.sequence, engine.timeUs, engine.openOrders, told]).toEqual([1, 7, 0, [SKIPPED]]);
    expect([engine.clients.count, engine.idempotencyKeys]).toEqual([0, 0]);
    engine.apply(2, 8, orderOf('ann', ''));
    expect(engine.openOrders).toBe(1);
  });

  it('stays refused under its key, over a snapshot too', () => {
    const { engine, told, listener } = create();
    engine.skip(1, 7, orderOf('ann', 'k'));
    engine.apply(2, 8, orderOf('ann', 'k'));
    const restored = Engine.fromSnapshot(engine.writeSnapshot(), listener);
    expect(restored.digest()).toBe(engine.digest());
    restored.apply(3, 9, orderOf('ann', 'k'));
    expect([restored.openOrders, told]).toEqual([0, [SKIPPED, SKIPPED, SKIPPED]]);
  });

  it('is told the first result of its key, when that is known', () => {
    const { engine, told } = create();
    engine.apply(1, 7, orderOf('ann', 'k'));
    engine.skip(2, 8, orderOf('ann', 'k'));
    expect(told.at(-1)).toBe('replayed');
    expect(engine.openOrders).toBe(1);
  });

  it('is not remembered for a stranger when there are as many clients as there may be', () => {
    const { engine, told } = create(1);
    engine.apply(1, 7, orderOf('ann', 'a'));
    engine.skip(2, 8, orderOf('bob', 'b'));
    expect([told.at(-1), engine.clients.count, engine.idempotencyKeys]).toEqual([SKIPPED, 1, 1]);
  });

  it.each([
    ['a price between two ticks', { priceTicks: 1.5 }],
    ['a quantity that is no number', { quantityLots: Number.NaN }],
    ['a type that nobody knows', { type: 99 }],
    ['a key that is too long', { keyLength: 65 }],
  ])('is not remembered with %s, which no snapshot could hold', (_, wrong) => {
    const { engine, told, listener } = create();
    const command = Object.assign(orderOf('ann', 'k'.repeat(65)), { keyLength: 1 }, wrong);
    engine.skip(1, 7, command);
    expect([engine.sequence, engine.timeUs, told, engine.idempotencyKeys]).toEqual([1, 7, [SKIPPED], 0]);
    expect(Engine.fromSnapshot(engine.writeSnapshot(), listener).digest()).toBe(engine.digest());
  });
});
