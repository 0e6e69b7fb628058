// The log: one JSON line per event, synchronous, by level.
import { describe, expect, it } from 'vitest';
import { createLogger, LOG_LEVELS } from './log.ts';

describe('log', () => {
  it('writes one JSON line per event, at its level or above', () => {
    const lines: string[] = [];
    const log = createLogger('info', { write: (line) => lines.push(line) });
    log.debug('not this');
    log.info({ thread: 'matching', error: undefined }, 'started');
    expect(lines).toHaveLength(1);
    const line: unknown = JSON.parse(lines[0] ?? '');
    expect(line).toMatchObject({ level: 'info', thread: 'matching', msg: 'started' });
    expect(lines[0]).toMatch(/"time":"\d{4}-\d\d-\d\dT[^"]+Z"/);
    expect(lines[0]?.endsWith('\n')).toBe(true);
  });

  it('knows its levels', () => {
    for (const level of LOG_LEVELS) expect(createLogger(level).level).toBe(level);
    expect(() => createLogger('loud')).toThrow();
  });
});
