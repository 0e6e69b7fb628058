// What an engine is shown of the records to come, and that being shown changes nothing.

import { describe, expect, it, vi } from 'vitest';
import { OrderMap } from '../domain/book/order-map.ts';
import { CommandType, OrderType, Side, TimeInForce } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { Engine } from '../domain/engine.ts';
import { EngineState } from '../domain/engine-state.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import { OUTLOOK_COMMANDS } from '../domain/outlook.ts';
import { encodeCommand } from './command-codec.ts';
import { lookAhead } from './look-ahead.ts';

const ORIGIN = { gateway: 0, requestId: 1, receivedUs: 0 };
const FRONT_SLOTS = 4;
const RESTING = 50;

/** Records that cancel the orders with these numbers, and 0: that place one. Returns where they end. */
function encode(view: DataView, numbers: readonly number[]): number {
  const bytes = new Uint8Array(view.buffer);
  return numbers.reduce((at, number) => at + encodeCommand(bytes, view, at, commandOf(number), ORIGIN), 0);
}

function commandOf(number: number): Command {
  const command = new Command();
  command.type = number === 0 ? CommandType.NEW_ORDER : CommandType.CANCEL_ORDER;
  command.side = Side.BUY;
  command.orderType = OrderType.LIMIT;
  command.timeInForce = TimeInForce.GTC;
  command.priceTicks = 7_000_000;
  command.quantityLots = 100_000_000;
  command.targetOrder = number;
  command.bytes = new TextEncoder().encode('ann');
  command.clientLength = 3;
  return command;
}

/** An engine with resting orders, most of which are in the far tier of its map. */
function largeEngine(): Engine {
  const state = new EngineState(DEFAULT_INSTRUMENTS, { frontSlots: FRONT_SLOTS });
  const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER, state);
  for (let sequence = 1; sequence <= RESTING; sequence++) engine.apply(sequence, 1, commandOf(0));
  expect(engine.openOrders).toBe(RESTING);
  return engine;
}

describe('looking ahead', () => {
  it('shows as many records as an outlook takes, then the others', () => {
    const engine = largeEngine();
    const numbers = Array.from({ length: OUTLOOK_COMMANDS + 3 }, (_, i) => (i % 5 === 0 ? 0 : i));
    const view = new DataView(new ArrayBuffer(8_192));
    const end = encode(view, numbers);
    const seen = lookAhead(engine, view, 0, end);
    expect(seen).toBe(encode(view, numbers.slice(0, OUTLOOK_COMMANDS)));
    expect([...engine.outlook.targets]).toEqual(numbers.slice(0, OUTLOOK_COMMANDS));
    encode(view, numbers);
    expect(lookAhead(engine, view, seen, end)).toBe(end);
    expect([...engine.outlook.targets.subarray(0, 3)]).toEqual(numbers.slice(OUTLOOK_COMMANDS));
  });

  it('reads the far tier for orders that have left the front, and for those that new ones push out of it', () => {
    const engine = largeEngine();
    const touch = vi.spyOn(OrderMap.prototype, 'touch');
    const shown = (numbers: readonly number[]): number[] => {
      const view = new DataView(new ArrayBuffer(8_192));
      touch.mockClear();
      lookAhead(engine, view, 0, encode(view, numbers));
      return touch.mock.calls.map(([number]) => number);
    };
    expect(shown([1, 25])).toEqual([1, 25]);
    expect(shown([RESTING, RESTING - 1])).toEqual([]);
    expect(shown([0, 0])).toEqual([RESTING - 3, RESTING - 2]);
    touch.mockRestore();
  });

  it('reads nothing while all orders have room in front', () => {
    const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER);
    engine.apply(1, 1, commandOf(0));
    const touch = vi.spyOn(OrderMap.prototype, 'touch');
    const view = new DataView(new ArrayBuffer(8_192));
    lookAhead(engine, view, 0, encode(view, [1, 0]));
    expect(touch).not.toHaveBeenCalled();
    touch.mockRestore();
  });

  it('changes nothing, whatever is shown', () => {
    const engine = largeEngine();
    const before = engine.digest();
    const view = new DataView(new ArrayBuffer(8_192));
    const end = encode(view, [1, 1, 25, RESTING, RESTING + 1, 0, 1e9, Number.MAX_SAFE_INTEGER]);
    expect(lookAhead(engine, view, 0, end)).toBe(end);
    expect(engine.digest()).toBe(before);
    engine.apply(RESTING + 1, 1, commandOf(1));
    expect([engine.findOrder(1), engine.openOrders]).toEqual([-1, RESTING - 1]);
  });
});
