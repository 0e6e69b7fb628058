// Errors as clients read them, and the table of codes against the reasons of the engine.

import { describe, expect, it } from 'vitest';
import { REASONS, Reason } from '../domain/codes.ts';
import { PROBLEMS, problemJson, problemOfReason } from './problem.ts';

describe('problems', () => {
  it('are written as RFC 9457 has it', () => {
    const json = problemJson({ code: 'off_tick', detail: 'price must "fit".', field: 'price', requestId: 'r1' });
    expect(JSON.parse(json)).toEqual({
      type: 'urn:ringbook:error:off_tick',
      title: PROBLEMS.off_tick.title,
      status: 400,
      detail: 'price must "fit".',
      code: 'off_tick',
      field: 'price',
      request_id: 'r1',
      executed: 'no',
      retry: 'never',
    });
  });

  it('may say something else than the table, and need no field', () => {
    const facts = { code: 'unavailable', detail: 'd', requestId: 'r', field: '' } as const;
    const body = JSON.parse(problemJson({ ...facts, status: 500, executed: 'unknown', retry: 'same-key' }));
    expect(body).toMatchObject({ status: 500, executed: 'unknown', retry: 'same-key' });
    expect(body).not.toHaveProperty('field');
  });

  it('know every refusal of the engine, and none of its rejects', () => {
    for (const reason of REASONS.keys()) if (reason >= 100) expect(problemOfReason(reason)).toBeDefined();
    expect(problemOfReason(Reason.NOT_OWNER)).toBe('order_unknown');
    expect(PROBLEMS.order_unknown.status).toBe(404);
    expect(problemOfReason(Reason.NONE)).toBeUndefined();
    expect(problemOfReason(9_999)).toBeUndefined();
  });

  it('promise what their status means: 4xx was not executed, 5xx says so itself', () => {
    for (const [code, kind] of Object.entries(PROBLEMS)) {
      expect(code).toMatch(/^[a-z][a-z_]*$/);
      if (kind.status < 500) expect(kind.executed).toBe('no');
      if (kind.status === 504) expect(kind).toMatchObject({ executed: 'unknown', retry: 'same-key' });
      if (kind.status === 503) expect(kind).toMatchObject({ executed: 'no', retry: 'later' });
    }
  });
});
