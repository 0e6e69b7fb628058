// Settlement events to rows of COPY: the obligations of a cycle, netted per client and currency, and the cycle itself.
// On the projector's thread; owns both buffers. A cycle's events are one command's, so they are never cut in two.
// Allocates, because a settlement is rare.

import { assert } from '../assert.ts';
import { toBigInt } from '../domain/clearing/exact.ts';
import { AMOUNT_SCALE } from '../domain/instrument.ts';
import * as E from '../wire/event-codec.ts';
import { CopyBuffer, NUMERIC_BYTES_MAX } from './copy-buffer.ts';
import type { LedgerInstruments } from './ledger-instruments.ts';
import { type NetObligation, SettlementNetting } from './settlement-netting.ts';

export const SETTLEMENT_COLUMNS = 'cycle, sequence, closed_at, obligations';
const SETTLEMENT_COLUMN_COUNT = 4;
const SETTLEMENT_ROW_BYTES_MAX = 4 * 8;

export const OBLIGATION_COLUMNS = 'cycle, client_id, currency, amount';
const OBLIGATION_COLUMN_COUNT = 4;
const OBLIGATION_ROW_BYTES_MAX = 8 + 2 * 64 + NUMERIC_BYTES_MAX;

export class SettlementRows {
  readonly settlements = new CopyBuffer();
  readonly obligations = new CopyBuffer();
  readonly #instruments: LedgerInstruments;
  readonly #netting = new SettlementNetting();
  /** Obligation events of the cycle that is being told. */
  #told = 0;

  constructor(instruments: LedgerInstruments) {
    this.#instruments = instruments;
  }

  get rows(): number {
    return this.settlements.rows + this.obligations.rows;
  }

  clear(): void {
    this.settlements.clear();
    this.obligations.clear();
    this.#netting.clear();
    this.#told = 0;
  }

  /** An OBLIGATION event at `offset`. */
  add(bytes: Uint8Array, view: DataView, offset: number): void {
    const body = offset + E.EVENT_BODY;
    const sequence = view.getFloat64(offset + E.EVENT_SEQUENCE, true);
    const known = this.#instruments.at(view.getUint16(body + E.OBLIGATION_INSTRUMENT, true), sequence);
    assert(known !== undefined, 'ledger: what is settled is defined');
    const from = body + E.OBLIGATION_CLIENT;
    const client = bytes.slice(from, from + bytes[body + E.OBLIGATION_CLIENT_LENGTH]);
    const lots = BigInt(view.getFloat64(body + E.OBLIGATION_NET_LOTS, true));
    const high = view.getFloat64(body + E.OBLIGATION_QUOTE_HIGH, true);
    const low = view.getFloat64(body + E.OBLIGATION_QUOTE_LOW, true);
    this.#netting.add(
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(client),
      known.instrument,
      lots,
      toBigInt(high, low),
    );
    this.#told++;
  }

  /** A SETTLEMENT event at `offset`: the cycle's obligations have been added. */
  close(view: DataView, offset: number): void {
    const body = offset + E.EVENT_BODY;
    const cycle = view.getFloat64(body + E.SETTLEMENT_CYCLE, true);
    const told = view.getFloat64(body + E.SETTLEMENT_OBLIGATIONS, true);
    assert(told === this.#told, 'ledger: a settlement follows all its obligations');
    const net = this.#netting.net();
    for (const obligation of net) this.#putObligation(cycle, obligation);
    this.#netting.clear();
    this.#told = 0;
    const row = this.settlements;
    row.beginRow(SETTLEMENT_COLUMN_COUNT, SETTLEMENT_ROW_BYTES_MAX);
    row.putBigint(cycle);
    row.putBigint(view.getFloat64(offset + E.EVENT_SEQUENCE, true));
    row.putTimestamp(view.getFloat64(offset + E.EVENT_TIME_US, true));
    row.putBigint(net.length);
  }

  #putObligation(cycle: number, { client, currency, amount }: NetObligation): void {
    const row = this.obligations;
    row.beginRow(OBLIGATION_COLUMN_COUNT, OBLIGATION_ROW_BYTES_MAX);
    row.putBigint(cycle);
    if (client === undefined) row.putNull();
    else putString(row, client);
    putString(row, currency);
    putAmount(row, amount);
  }
}

function putString(row: CopyBuffer, text: string): void {
  const bytes = new TextEncoder().encode(text);
  row.putText(bytes, 0, bytes.length);
}

/** With as many decimals as it has, so that it does not matter by which instruments it came about. */
function putAmount(row: CopyBuffer, amount: bigint): void {
  let digits = amount;
  let scale = AMOUNT_SCALE;
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale--;
  }
  row.putBigNumeric(digits, scale);
}
