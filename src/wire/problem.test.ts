// Errors as clients read them, and the table of codes against the reasons of the engine.

import { describe, expect, it } from 'vitest';
import { REASONS, Reason } from '../domain/reasons.ts';
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

  it('know every reason of the engine', () => {
    for (const [reason, { name, text }] of REASONS) {
      const problem = problemOfReason(reason);
      expect(problem).toMatchObject({ code: name, detail: text });
      expect([404, 409, 422, 503]).toContain(problem?.status);
    }
    expect(problemOfReason(Reason.NONE)).toBeUndefined();
    expect(problemOfReason(9_999)).toBeUndefined();
  });

  it.each([
    [Reason.ORDER_UNKNOWN, 'order_unknown', 404],
    [Reason.NOT_OWNER, 'order_unknown', 404],
    [Reason.ORDER_CLOSED, 'order_closed', 409],
    [Reason.KEY_REUSED, 'idempotency_key_reused', 422],
    [Reason.AMEND_INVALID, 'amend_invalid', 409],
    [Reason.PRICE_OUT_OF_BOUNDS, 'price_out_of_bounds', 409],
    [Reason.UNKNOWN_INSTRUMENT, 'unknown_instrument', 404],
    [Reason.INSTRUMENT_UNKNOWN, 'unknown_instrument', 404],
    [Reason.INSTRUMENT_INVALID, 'instrument_invalid', 422],
    [Reason.INSTRUMENT_BUSY, 'instrument_busy', 409],
    [Reason.FUNDS_HELD, 'insufficient_funds', 409],
    [Reason.CURRENCY_UNKNOWN, 'currency_unknown', 422],
  ])('answer reason %d as %s, %d', (reason, code, status) => {
    expect(problemOfReason(reason)).toMatchObject({ code, status });
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
