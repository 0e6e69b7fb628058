// The table and the file that handleSummary returns, from data as k6 gives it.

import { describe, expect, it } from 'vitest';
import { countRow, latencyRow, rateRows, report, type SummaryData, thresholdRows } from './summary.ts';

const DATA: SummaryData = {
  state: { testRunDurationMs: 60_012.5 },
  metrics: {
    iterations: { values: { count: 119_998, rate: 1_999.6 } },
    http_req_duration: {
      values: { avg: 1.5, med: 1.25, 'p(95)': 3.04, 'p(99)': 60.06, max: 80 },
      thresholds: { 'p(95)<20': { ok: true }, 'p(99)<50': { ok: false } },
    },
  },
};

describe('summary', () => {
  it('has rows of counts, rates and latency, 0 for what did not happen', () => {
    expect(rateRows(DATA, 'orders', 'iterations')).toEqual([
      ['orders', '119998'],
      ['orders per second', '2000'],
    ]);
    expect(countRow(DATA, 'dropped', 'dropped_iterations')).toEqual(['dropped', '0']);
    expect(latencyRow(DATA, 'latency', 'http_req_duration')).toEqual([
      'latency, p50 / p95 / p99 / max, ms',
      '1.3 / 3.0 / 60.1 / 80.0',
    ]);
  });

  it('says of each threshold whether it held', () => {
    expect(thresholdRows(DATA)).toEqual([
      ['http_req_duration p(95)<20', 'ok'],
      ['http_req_duration p(99)<50', 'FAILED'],
    ]);
  });

  it('gives a table to stdout and all data to a file', () => {
    const outputs = report('title', DATA, () => [['orders', '5']], undefined);
    expect(Object.keys(outputs)).toEqual(['stdout', 'k6-summary.json']);
    expect(outputs.stdout).toMatch(/^\n {2}title\n\n {2}orders {2,}5\n\n$/);
    expect(JSON.parse(outputs['k6-summary.json'])).toEqual(DATA);
    expect(Object.keys(report('title', DATA, () => [], 'x.json'))).toEqual(['stdout', 'x.json']);
    expect(Object.keys(report('title', DATA, () => [], ''))).toEqual(['stdout']);
  });

  it('says so when k6 was asked for another layout', () => {
    const other = JSON.parse('{"version":"1.0.0","metrics":[{"name":"iterations","values":{}}]}');
    const rows = () => {
      throw new Error('nobody asks for rows');
    };
    expect(report('title', other, rows, '').stdout).toContain('--new-machine-readable-summary=false');
  });
});
