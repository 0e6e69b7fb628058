// What /healthz says of what an operator has ruled: told, but nothing that makes the process unhealthy; and of CONTROL.

import { tmpdir } from 'node:os';
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { InstrumentStatus } from '../domain/codes.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { openFigures } from '../metrics/figures.ts';
import { LagWatch } from '../metrics/lag.ts';
import { ProcessState } from '../runtime/process-state.ts';
import { CounterBlock, counterBytesNeeded } from '../shared-memory/counters.ts';
import {
  COUNTER_BLOCKS,
  CounterBlockId,
  LedgerCounter,
  MainCounter,
  MatchingCounter,
  SinkState,
} from '../wire/counters.ts';
import { HealthSchema } from '../wire/status-schemas.ts';
import { healthAnswer, healthOf } from './health.ts';
import type { StorageFacts } from './storage-watch.ts';

const [BTC_USD] = DEFAULT_INSTRUMENTS;
const PATHS = { dataDir: '', journal: '', snapshots: '', spool: '', control: '', postgres: '', durable: true, why: '' };

const ROOM: StorageFacts = { status: 'ok', free_bytes: 1_000, low_bytes: 10, detail: '' };

function healthWith(status: InstrumentStatus, killSwitch: number, controlFails = false, room = ROOM) {
  const counters = new SharedArrayBuffer(counterBytesNeeded(COUNTER_BLOCKS));
  new CounterBlock(counters, CounterBlockId.LEDGER).set(LedgerCounter.STATE, SinkState.UP);
  new CounterBlock(counters, CounterBlockId.MATCHING).set(MatchingCounter.KILL_SWITCH, killSwitch);
  const figures = openFigures(counters, []);
  figures.main.set(MainCounter.CONTROL_FRAME, 41);
  figures.main.set(MainCounter.CONTROL_FAILING, controlFails ? 1 : 0);
  return healthOf({
    figures,
    config: readConfig({ RINGBOOK_RISK: 'balances' }, tmpdir()),
    storage: { ...PATHS, release() {} },
    state: ProcessState.OPEN,
    details: { postgres: '', redis: '', spool: '', control: controlFails ? 'ENOSPC: no space' : '' },
    lag: new LagWatch(figures, () => 0),
    room,
    instruments: [BTC_USD, { ...BTC_USD, name: 'ETH-USD', status }],
  });
}

it('says so when all is well', () => {
  const health = healthWith(InstrumentStatus.OPEN, 0);
  expect([health.status, health.message]).toEqual(['ok', 'All is well.']);
  expect(Compile(HealthSchema).Check(JSON.parse(healthAnswer(health).body))).toBe(true);
  expect(health.venue).toEqual({ risk: 'balances', kill_switch: false, post_only: [], cancel_only: [], halted: [] });
});

it('names what keeps orders out, and stays healthy', () => {
  const health = healthWith(InstrumentStatus.HALTED, 1);
  expect([health.status, healthAnswer(health).status]).toEqual(['ok', 200]);
  expect(health.message).toBe('All is well. The kill switch is on: only cancels pass. Halted: ETH-USD.');
  expect(health.venue).toMatchObject({ kill_switch: true, halted: ['ETH-USD'] });
  expect(healthWith(InstrumentStatus.CANCEL_ONLY, 0).venue.cancel_only).toEqual(['ETH-USD']);
});

it('is unavailable while the disk keeps orders out, and says what passes and how to go on', () => {
  const low = healthWith(InstrumentStatus.OPEN, 0, false, { ...ROOM, status: 'low', detail: '5.0 MiB free' });
  expect([low.status, low.trading, healthAnswer(low).status]).toEqual(['unavailable', 'cancel_only', 503]);
  expect(low.message).toContain('only cancels are taken. POST /admin/resume');
  expect(Compile(HealthSchema).Check(JSON.parse(healthAnswer(low).body))).toBe(true);
  const full = healthWith(InstrumentStatus.OPEN, 0, false, { ...ROOM, status: 'full' });
  expect([full.status, full.trading]).toEqual(['unavailable', 'halted']);
  expect(full.message).toContain('The disk is full');
});

it('is degraded while the CONTROL file cannot be written, and says that trading goes on', () => {
  expect(healthWith(InstrumentStatus.OPEN, 0).journal.control).toEqual({ status: 'ok', frame: 41, detail: '' });
  const health = healthWith(InstrumentStatus.OPEN, 0, true);
  expect([health.status, healthAnswer(health).status]).toEqual(['degraded', 503]);
  expect(health.message).toContain('The CONTROL file cannot be written. Trading goes on');
  expect(health.journal.control).toEqual({ status: 'failing', frame: 41, detail: 'ENOSPC: no space' });
});
