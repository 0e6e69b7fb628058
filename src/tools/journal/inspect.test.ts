// journal inspect: every frame and every command as it was written, and where a damaged journal stops and why.

import { truncateSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommandType, OrderFlag, OrderType, Side } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import { removeTemporaryDirectories } from '../../journal/journal-fixture.ts';
import { commandOf, definitionOf } from '../../sim/testing/commands.ts';
import { commandJson } from './command-json.ts';
import { damage, journal, segmentsOf, type Traded, tradedJournal, treeOf } from './traded-fixture.ts';

let traded: Traded;
beforeAll(() => {
  traded = tradedJournal();
});
afterAll(removeTemporaryDirectories);

const framesIn = (lines: readonly string[]) =>
  lines.map((line) => Number(/^ +(\d+) /.exec(line)?.[1] ?? 0)).filter((n) => n > 0);

describe('journal inspect', () => {
  test('shows each frame once, in order, and changes nothing', async () => {
    const before = treeOf(traded.dataDir);
    const { code, lines, text } = await journal('inspect', traded.config);
    expect(code).toBe(0);
    expect(framesIn(lines)).toEqual(Array.from({ length: traded.lastFrame }, (_, i) => i + 1));
    expect(lines[1]).toMatch(/^ +1 +- +0 +- +1 +2 +0 +0{19}1\.wal@0 +EPOCH_START,DIGEST$/);
    expect(lines[2]).toMatch(/^ +2 +1-\d +\d +2023-\S+Z +1 +2 +1 +0{19}1\.wal@4096$/);
    expect(text).toContain(`${traded.lastFrame} frames with ${traded.sequence} commands in 2 files`);
    expect(text).toContain(`It ends with frame ${traded.lastFrame}; nothing is behind it.`);
    expect(treeOf(traded.dataDir)).toEqual(before);
  });

  test('a part of it, with its commands: sequences go on from frame to frame', async () => {
    const { code, lines, text } = await journal('inspect --from 300 --frames 5 --records', traded.config);
    expect(code).toBe(0);
    expect(framesIn(lines)).toEqual([300, 301, 302, 303, 304]);
    const commands: { sequence: number; type: string }[] = lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    const [first] = commands;
    expect(commands.map(({ sequence }) => sequence)).toEqual(commands.map((_, i) => (first?.sequence ?? 0) + i));
    expect(first).toMatchObject({
      type: 'new_order',
      order_type: 'limit',
      client_id: expect.stringMatching(/^client-\d$/),
    });
    expect(text).toContain(`5 frames with ${commands.length} commands in 1 file,`);
  });

  test('behind the end there is nothing to show', async () => {
    expect((await journal('inspect --from 100000', traded.config)).text).toContain('No frame to show.');
  });

  test('a damaged frame: all before it, then where and why', async () => {
    const own = tradedJournal();
    const [first] = segmentsOf(own.shard);
    damage(first, 40 * 4096 + 200);
    const { code, lines, text } = await journal('inspect', own.config);
    expect(code).toBe(65);
    expect(framesIn(lines)).toHaveLength(40);
    expect(text).toContain(`DAMAGED: ${first} at offset ${40 * 4096}, frame 41, sequence `);
    expect(text).toContain('the payload checksum is wrong');
  });

  test('the first frame of a later file: shown from there it is damage too', async () => {
    const own = tradedJournal();
    const [, second] = segmentsOf(own.shard);
    damage(second, 3);
    const { code, text } = await journal('inspect --from 300', own.config);
    expect(code).toBe(65);
    expect(text).toContain(
      `DAMAGED: ${second} at offset 0, frame 193, sequence 389: the header checksum is wrong, yet`,
    );
  });

  test('a file that was cut short', async () => {
    const own = tradedJournal();
    const [first] = segmentsOf(own.shard);
    truncateSync(first, 10 * 4096 + 100);
    const { code, text } = await journal('inspect', own.config);
    expect(code).toBe(65);
    expect(text).toContain(`${first} at offset ${10 * 4096}, frame 11, `);
  });
});

describe('a command as JSON', () => {
  const origin = { gateway: 1, requestId: 2, receivedUs: 3 };
  const shown = (command: Command) => JSON.parse(commandJson(7, 1_700_000_000_000_000, command, origin));
  const head = { sequence: 7, time: '2023-11-14T22:13:20.000000Z', gateway: 1, request_id: 2 };

  test.each([
    [
      commandOf(CommandType.CANCEL_ORDER, { targetOrder: 5 }, 'me'),
      { type: 'cancel_order', client_id: 'me', target_order: 5 },
    ],
    [
      commandOf(CommandType.AMEND_ORDER, { targetOrder: 5, priceTicks: 9 }),
      { type: 'amend_order', target_order: 5, price_ticks: 9 },
    ],
    [
      commandOf(CommandType.MASS_CANCEL, { instrument: 65_535, side: 0 }),
      { type: 'mass_cancel', instrument: 'all', side: 'both' },
    ],
    [
      commandOf(CommandType.MASS_CANCEL, { instrument: 1, side: Side.SELL }),
      { type: 'mass_cancel', instrument: 1, side: 'sell' },
    ],
    [commandOf(CommandType.EXPIRE_ORDERS), { type: 'expire_orders' }],
    [commandOf(CommandType.CLOSE_SETTLEMENT, {}, '', 'k'), { type: 'close_settlement', idempotency_key: 'k' }],
    [commandOf(CommandType.SET_KILL_SWITCH, { value: 1 }), { type: 'set_kill_switch', value: 1 }],
    [
      commandOf(CommandType.SET_INSTRUMENT_STATUS, { value: 4 }),
      { type: 'set_instrument_status', instrument: 0, value: 4 },
    ],
    [
      commandOf(CommandType.ADJUST_BALANCE, { currency: 1, amountHigh: -1, amountLow: 1 }, 'me'),
      { type: 'adjust_balance', client_id: 'me', currency: 1, amount: '-281474976710655' },
    ],
    [
      commandOf(CommandType.SET_CLIENT_LIMITS, { maxOpenOrders: 3, maxOrderNotionalLow: 8 }, 'me'),
      { type: 'set_client_limits', client_id: 'me', instrument: 0, max_open_orders: 3, max_order_notional: '8' },
    ],
    [
      commandOf(
        CommandType.REPLACE_ORDER,
        {
          targetOrder: 4,
          side: Side.SELL,
          orderType: OrderType.MARKET,
          flags: OrderFlag.QUOTE_AMOUNT,
          amountLow: 12,
          selfTrade: 2,
          expiresUs: 1_700_000_000_000_000,
        },
        'me',
      ),
      {
        type: 'replace_order',
        client_id: 'me',
        instrument: 0,
        target_order: 4,
        side: 'sell',
        order_type: 'market',
        time_in_force: 'GTC',
        self_trade: 'co',
        flags: ['quote_amount'],
        expires_at: '2023-11-14T22:13:20.000000Z',
        quote_amount: '12',
      },
    ],
  ])('%# says what its type uses and nothing else', (command, fields) => {
    expect(shown(command)).toEqual({ ...head, ...fields });
  });

  test('a definition is the instrument as clients know it', () => {
    const [bitcoin] = DEFAULT_INSTRUMENTS;
    expect(shown(definitionOf(bitcoin))).toMatchObject({
      type: 'define_instrument',
      definition: { name: 'BTC-USD', tick: '0.01' },
    });
  });

  test('a type that nobody knows is said by its number', () => {
    expect(shown(Object.assign(new Command(), { type: 99 }))).toMatchObject({ type: 'type 99' });
  });
});
