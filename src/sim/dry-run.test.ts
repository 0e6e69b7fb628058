// A dry run from the query ring to the follower's engine and back, within its bound and beyond it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Side } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { DRY_RUN_ORDERS_MAX } from '../domain/rules/dry-run.ts';
import { COMMAND_SLOT_BYTES, encodeCommand } from '../wire/command-codec.ts';
import { AnswerStatus, QueryType } from '../wire/query-codec.ts';
import { InProcessExchange } from './in-process-exchange.ts';
import { limitOrder } from './testing/commands.ts';

const PRICE = 7_000_000;
const AT_ONCE = 200;

function recordOf(command: Command): Uint8Array {
  const record = new Uint8Array(COMMAND_SLOT_BYTES);
  const origin = { gateway: 0, requestId: 0, receivedUs: 0 };
  return record.subarray(0, encodeCommand(record, new DataView(record.buffer), 0, command, origin));
}

it('is answered with JSON up to the bound, and with TOO_LARGE beyond it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringbook-dry-run-'));
  const exchange = new InProcessExchange({ directory });
  for (let i = 0; i <= DRY_RUN_ORDERS_MAX; i++) {
    expect(exchange.submit(limitOrder('bob', Side.SELL, PRICE, 1))).toBe(true);
    if (i % AT_ONCE > 0) continue;
    exchange.settle();
    exchange.replies();
  }
  const ask = (lots: number) => {
    const record = recordOf(limitOrder('ann', Side.BUY, PRICE, lots));
    return exchange.ask(QueryType.DRY_RUN, 0, 0, exchange.sequence, 0, record);
  };
  const whole = ask(DRY_RUN_ORDERS_MAX);
  expect(whole.status).toBe(AnswerStatus.OK);
  expect(JSON.parse(whole.body.toString())).toMatchObject({ dry_run: true, trades_total: DRY_RUN_ORDERS_MAX });
  const more = ask(DRY_RUN_ORDERS_MAX + 1);
  expect([more.status, more.body.length]).toEqual([AnswerStatus.TOO_LARGE, 0]);
  exchange.close();
  rmSync(directory, { recursive: true, force: true });
});
