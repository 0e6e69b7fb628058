// What a failure of a ledger transaction means: try the same again, or the rows themselves are refused. Pure.

import { Fault } from '../assert.ts';
import { LedgerMismatch } from './chunk.ts';
import { LedgerTimeout } from './ledger-link.ts';
import { MigrationRefused } from './migrate.ts';

/** Rows that should have been there were not, or the other way round: the ledger's tables were changed by someone else. */
export class LedgerTampered extends Error {
  override readonly name = 'LedgerTampered';
}

export const FailureKind = {
  /** The server, the network, a lock: connect anew and go on from the checkpoint. */
  OPERATIONAL: 1,
  /** As above; and ask for less at once. */
  TIMEOUT: 2,
  /** The database does not take these rows as they are. */
  POISON: 3,
  /** Not our ledger: write nothing. */
  REFUSED: 4,
  /** Our own bug. */
  FAULT: 5,
} as const;
export type FailureKind = (typeof FailureKind)[keyof typeof FailureKind];

/**
 * SQLSTATE classes that are about the statement and its data: 22 data exception, 23 constraint, 42 schema (a column or a
 * table is gone), 44 check option, P0 raised by a trigger. 42501 is a missing privilege, which comes back like a server.
 */
const POISON_CLASSES = ['22', '23', '42', '44', 'P0'];
const INSUFFICIENT_PRIVILEGE = '42501';
const QUERY_CANCELED = '57014';
const CANNOT_CONNECT_NOW = '57P03';
const NOT_UP_YET = ['ENOENT', 'ECONNREFUSED', CANNOT_CONNECT_NOW];

export function failureKind(error: unknown): FailureKind {
  if (error instanceof Fault) return FailureKind.FAULT;
  if (error instanceof LedgerMismatch || error instanceof MigrationRefused) return FailureKind.REFUSED;
  if (error instanceof LedgerTampered) return FailureKind.POISON;
  if (error instanceof LedgerTimeout) return FailureKind.TIMEOUT;
  const state = sqlState(error);
  if (state === QUERY_CANCELED) return FailureKind.TIMEOUT;
  if (state !== INSUFFICIENT_PRIVILEGE && POISON_CLASSES.includes(state.slice(0, 2))) return FailureKind.POISON;
  return FailureKind.OPERATIONAL;
}

/** Whether nobody listens there, or PostgreSQL says that it is still starting: what is found while a server comes up. */
export function isNotUpYet(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && NOT_UP_YET.includes(code);
}

/** One line for people: the message, the SQLSTATE, and the row that PostgreSQL complains about. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const state = sqlState(error);
  const detail = 'detail' in error && typeof error.detail === 'string' ? `; ${error.detail}` : '';
  return `${error.message || error.name}${state === '' ? '' : ` (${state})`}${detail}`;
}

/** '' when the error is not PostgreSQL's. */
function sqlState(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
}
