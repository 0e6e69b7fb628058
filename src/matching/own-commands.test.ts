// The operator's place among the clients: taken before made-up ids have taken all of them.

import { expect, it } from 'vitest';
import { CommandType } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { Engine } from '../domain/engine.ts';
import { EngineState } from '../domain/engine-state.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { type EngineListener, SILENT_LISTENER } from '../domain/listener.ts';
import { AdminRequestParser } from '../wire/admin-request.ts';
import { InstrumentList } from '../wire/instrument-list.ts';
import { isOperatorDue, registerOperator } from './own-commands.ts';

const CLIENTS_MAX = 8;

it('is taken once when half of all are, and the operator is heard when the table is full', () => {
  const refusals: number[] = [];
  const listener: EngineListener = { ...SILENT_LISTENER, onRefused: (reason) => refusals.push(reason) };
  const engine = new Engine(
    DEFAULT_INSTRUMENTS,
    listener,
    new EngineState(DEFAULT_INSTRUMENTS, { clientsMax: CLIENTS_MAX }),
  );
  const newcomer = () => engine.clients.intern(Uint8Array.of(0x61 + engine.clients.count), 0, 1);
  while (engine.clients.count < CLIENTS_MAX / 2) {
    expect(isOperatorDue(engine, CLIENTS_MAX)).toBe(false);
    newcomer();
  }
  expect(isOperatorDue(engine, CLIENTS_MAX)).toBe(true);
  engine.apply(1, 1, registerOperator());
  expect(isOperatorDue(engine, CLIENTS_MAX)).toBe(false);
  while (engine.clients.count < CLIENTS_MAX) newcomer();
  expect(isOperatorDue(engine, CLIENTS_MAX)).toBe(false);

  engine.apply(2, 2, settlementUnderKey());
  expect(refusals).toEqual([]);
});

it('is not asked for again where the table was full before', () => {
  const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER);
  for (let n = 0; n < CLIENTS_MAX; n++) engine.clients.intern(Uint8Array.of(0x61 + n), 0, 1);
  expect(isOperatorDue(engine, CLIENTS_MAX)).toBe(false);
});

function settlementUnderKey(): Command {
  const body = Buffer.from('{"idempotency_key":"cycle-1"}');
  const command = new Command();
  const parser = new AdminRequestParser(new InstrumentList(DEFAULT_INSTRUMENTS));
  expect(parser.closeSettlement(body, 0, body.length, command)).toBe(true);
  expect(command.type).toBe(CommandType.CLOSE_SETTLEMENT);
  return command;
}
