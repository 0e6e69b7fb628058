// What the environment may say, and how it is told when it says something wrong.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, describeConfig, InsecureConfigError, readConfig } from './config.ts';
import { exitCodeFor } from './supervisor/exit-codes.ts';
import { planThreads } from './topology.ts';
import { replyRingBytes } from './wire/reply-codec.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-config-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const read = (environment: NodeJS.ProcessEnv) => readConfig(environment, directory);

describe('configuration', () => {
  it('has defaults that stay on this machine', () => {
    expect(read({})).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      durability: 'fsync',
      journalWrite: 'auto',
      wait: 'block',
      ringSlots: 4096,
      dataDir: join(directory, 'data'),
      postgres: undefined,
      redis: undefined,
      showClientIds: true,
      risk: 'off',
      instruments: undefined,
      archive: { mode: 'keep', hook: undefined, bytesMax: undefined },
    });
  });

  it.each([
    [{ RINGBOOK_DURABILTY: 'fsync' }, /RINGBOOK_DURABILTY: no such setting/],
    [{ RINGBOOK_DURABILITY: 'sometimes' }, /RINGBOOK_DURABILITY="sometimes" must be one of fsync, os, memory/],
    [{ PORT: 'http' }, /PORT="http" must be integer/],
    [{ PORT: '3.5' }, /PORT="3\.5" must be integer/],
    [{ PORT: '70000' }, /PORT=70000 must be <= 65535/],
    [{ RINGBOOK_RING_SLOTS: '1000' }, /RINGBOOK_RING_SLOTS=1000 must be a power of two/],
    [{ RINGBOOK_GATEWAY_THREADS: '0' }, /RINGBOOK_GATEWAY_THREADS=0 must be >= 1/],
    [{ RINGBOOK_SHOW_CLIENT_IDS: 'yes' }, /RINGBOOK_SHOW_CLIENT_IDS="yes" must be boolean/],
    [{ RINGBOOK_ARCHIVE: 'yes' }, /RINGBOOK_ARCHIVE="yes" must be one of keep, delete, off/],
    [{ RINGBOOK_ARCHIVE_MAX_BYTES: '1GB' }, /RINGBOOK_ARCHIVE_MAX_BYTES="1GB" must be integer/],
    [{ RINGBOOK_JOURNAL_WRITE: 'mmap' }, /must be one of auto, direct, dsync, fdatasync/],
    [{ RINGBOOK_SEGMENT_BYTES: '1044480' }, /RINGBOOK_SEGMENT_BYTES=1044480 must be >= 1048576/],
    [{ RINGBOOK_SEGMENT_BYTES: '1048577' }, /RINGBOOK_SEGMENT_BYTES=1048577 must be multiple of 4096/],
    [{ RINGBOOK_FAULTS: '1', RINGBOOK_CRASH_AT: 'lunch' }, /RINGBOOK_CRASH_AT="lunch" must be <point> or/],
    [{ RINGBOOK_WS_IDLE_SECONDS: '5' }, /RINGBOOK_WS_IDLE_SECONDS=5 must be >= 8/],
    [
      { RINGBOOK_WS_CONFLATE_BYTES: '5000000' },
      /RINGBOOK_WS_CONFLATE_BYTES must be below RINGBOOK_WS_BACKPRESSURE_BYTES/,
    ],
    [{ RINGBOOK_RISK: 'on' }, /RINGBOOK_RISK="on" must be one of off, balances/],
    [{ RINGBOOK_INSTRUMENTS: 'none.json' }, /RINGBOOK_INSTRUMENTS="none\.json": ENOENT.*none\.json/],
    [{ RINGBOOK_ADMIN_TOKEN: 'short' }, /RINGBOOK_ADMIN_TOKEN=\(hidden\) must not have fewer than 16 characters/],
  ])('refuses %o by name', (environment, message) => {
    expect(() => read(environment)).toThrow(ConfigError);
    expect(() => read(environment)).toThrow(message);
  });

  it('has the process killed only when it is asked for twice', () => {
    const at = 'snapshot_renamed:2';
    expect(read({ RINGBOOK_FAULTS: '1', RINGBOOK_CRASH_AT: at }).crashAt).toMatchObject({ point: 'snapshot_renamed' });
    expect(read({ RINGBOOK_FAULTS: '0', RINGBOOK_CRASH_AT: at }).crashAt).toBe(undefined);
    expect(read({ RINGBOOK_CRASH_AT: at }).crashAt).toBe(undefined);
    expect(read({ RINGBOOK_FAULTS: '1' }).crashAt).toBe(undefined);
  });

  it('lets empty values and foreign names be', () => {
    expect(read({ RINGBOOK_WAIT: '', POSTGRES_HOST: '', EDITOR: 'vi', PGHOST: 'x' })).toMatchObject({ wait: 'block' });
  });

  it('refuses to listen to others without a token', () => {
    expect(() => read({ HOST: '0.0.0.0' })).toThrow(InsecureConfigError);
    expect(exitCodeFor(new InsecureConfigError(''))).toBe(78);
    expect(read({ HOST: '0.0.0.0', RINGBOOK_ADMIN_TOKEN: '0123456789abcdef' }).host).toBe('0.0.0.0');
  });

  it('limits what strangers may do on /ws', () => {
    expect(read({}).ws).toMatchObject({ loopback: true, framesPerSecond: 0, upgradesPerSecond: 0, allowed: [] });
    const open = { HOST: '0.0.0.0', RINGBOOK_ADMIN_TOKEN: '0123456789abcdef' };
    expect(read(open).ws).toMatchObject({ loopback: false, framesPerSecond: 1_000, upgradesPerSecond: 100 });
    const set = {
      ...open,
      RINGBOOK_WS_FRAMES_PER_SECOND: '0',
      RINGBOOK_WS_ORIGINS: 'https://a.example, https://b.example',
    };
    expect(read(set).ws).toMatchObject({ framesPerSecond: 0, allowed: ['https://a.example', 'https://b.example'] });
  });

  it('reads .env beneath the environment', () => {
    writeFileSync(join(directory, '.env'), 'PORT=4000\nLOG_LEVEL=warn\n');
    expect(read({ PORT: '5000' })).toMatchObject({ port: 5000, logLevel: 'warn' });
  });

  it('knows an external database and Redis by URL or in parts', () => {
    expect(read({ DATABASE_URL: 'postgres://u:p@h/d' }).postgres).toEqual({ url: 'postgres://u:p@h/d' });
    expect(read({ POSTGRES_HOST: 'db', POSTGRES_USER: 'u' }).postgres).toEqual({
      host: 'db',
      port: 5432,
      user: 'u',
      database: 'u',
    });
    expect(read({ REDIS_HOST: 'cache' }).redis).toEqual({ host: 'cache', port: 6379 });
  });

  it('reads the instruments from their file, and names file, instrument and field when one is wrong', () => {
    const write = (tick: number) => {
      const instrument = { name: 'ETH-USD', base: 'ETH', quote: 'USD', tick, lot: 0.01 };
      writeFileSync(join(directory, 'venue.json'), JSON.stringify({ instruments: [instrument] }));
    };
    write(0.05);
    const config = read({ RINGBOOK_INSTRUMENTS: 'venue.json', RINGBOOK_RISK: 'balances' });
    expect(config.instruments).toMatchObject({
      file: join(directory, 'venue.json'),
      list: [{ name: 'ETH-USD', priceScale: 2, priceIncrementTicks: 5, minQuantityLots: 1 }],
    });
    expect(describeConfig(config)).toMatchObject({ risk: 'balances', instruments: join(directory, 'venue.json') });
    write(0);
    const wrong = () => read({ RINGBOOK_INSTRUMENTS: 'venue.json' });
    expect(wrong).toThrow(ConfigError);
    expect(wrong).toThrow(/^RINGBOOK_INSTRUMENTS="venue\.json": instrument 1 \(ETH-USD\): tick /);
    writeFileSync(join(directory, 'venue.json'), '{"instruments":[{"name":"BTC-USD","quote":"EUR"}]}');
    expect(wrong).toThrow(/^RINGBOOK_INSTRUMENTS="venue\.json": instrument 1 \(BTC-USD\): .*\bnever change/);
    expect(wrong).toThrow(ConfigError);
  });

  it('shows no secret', () => {
    const secrets = {
      DATABASE_URL: 'postgres://u:hush-1@h/d',
      REDIS_URL: 'redis://:hush-2@h',
      RINGBOOK_ADMIN_TOKEN: 'hush-3-0123456789',
    };
    expect(JSON.stringify(describeConfig(read(secrets)))).not.toContain('hush');
    const parts = { POSTGRES_HOST: 'h', POSTGRES_PASSWORD: 'hush-4' };
    expect(JSON.stringify(describeConfig(read(parts)))).not.toContain('hush');
  });

  it('gives every command in flight room for its reply', () => {
    for (const slots of [64, 4096, 65_536]) expect(replyRingBytes(slots)).toBeGreaterThan(slots * 4_192);
  });
});

describe('threads', () => {
  it('share less the more cores there are', () => {
    const names = (cores: number, gateways: number) => planThreads(cores, gateways).map(({ name }) => name);
    expect(names(2, 1)).toEqual(['gateway-0', 'matching', 'projection']);
    expect(names(8, 3)).toEqual(['gateway-0', 'gateway-1', 'gateway-2', 'matching', 'projection', 'market-data']);
  });

  it('run every agent exactly once, a gateway on each gateway thread', () => {
    for (const cores of [1, 2, 4, 16]) {
      const agents = planThreads(cores, 2).flatMap((thread) => thread.agents);
      expect([...agents].sort()).toEqual(
        ['follower', 'gateway', 'gateway', 'ledger', 'market-data', 'matching', 'publisher'].sort(),
      );
    }
  });
});
