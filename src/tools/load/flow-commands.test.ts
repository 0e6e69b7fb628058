import { expect, it } from 'vitest';
import { Command } from '../../domain/command.ts';
import { Engine } from '../../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import { SILENT_LISTENER } from '../../domain/listener.ts';
import { Reason } from '../../domain/reasons.ts';
import { InstrumentList } from '../../wire/instrument-list.ts';
import { EVERYDAY } from './flow.ts';
import { FlowCommands } from './flow-commands.ts';

const STREAMS = 5;

it('names the orders it cancels and amends by the numbers the engine gave them, and leaves nothing behind', () => {
  const refusals = new Map<number, number>();
  const onRefused = (reason: number) => refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  const engine = new Engine(DEFAULT_INSTRUMENTS, { ...SILENT_LISTENER, onRefused });
  const flow = new FlowCommands(new InstrumentList(DEFAULT_INSTRUMENTS), 3, STREAMS, EVERYDAY);
  let sequence = 0;
  const apply = (fill: (command: Command) => void) => {
    const command = new Command();
    fill(command);
    engine.apply(++sequence, sequence, command);
  };
  for (let n = 0; n < 3_000; n++) apply((command) => flow.fill(command, sequence + 1));
  expect(engine.lastTradeNumber).toBeGreaterThan(100);
  expect(engine.openOrders).toBeGreaterThan(10);
  // A target may be filled by then, and no other answer is a good one.
  expect([...refusals.keys()]).toEqual([Reason.ORDER_CLOSED]);
  for (let stream = 0; stream < STREAMS; stream++) apply((command) => flow.fillCancelAll(command, stream));
  expect(engine.openOrders).toBe(0);
});
