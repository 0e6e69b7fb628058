// How recovery asks the ledger: the matching thread tells main, which can reach a database, and sleeps until it has answered or
// time is up. Main answers once, always. Only for a start that is about to cut a torn tail: no other waits.

import type { LedgerWord } from '../journal/witnesses.ts';
import type { LedgerCheckpoint } from '../ledger/ledger-checkpoint.ts';
import { LatestValue, NO_VALUE } from '../shared-memory/latest-value.ts';
import { DurablePointWriter, readDurablePoint } from '../wire/durable-point.ts';
import type { Wiring } from './thread-data.ts';

/** An embedded server, started at the same time, is up within about one second. */
export const LEDGER_ANSWER_MS = 2_000;

/** Matching thread: blocks for at most LEDGER_ANSWER_MS. Undefined when the ledger could not be asked; a new one knows of no journal. */
export function askLedger({ data, doorbell, tell }: Wiring): LedgerWord | undefined {
  const answer = new LatestValue(data.memory.ledgerPoint);
  const deadline = performance.now() + LEDGER_ANSWER_MS;
  tell({ kind: 'ledger-asked' });
  for (let leftMs = LEDGER_ANSWER_MS; leftMs > 0; leftMs = deadline - performance.now()) {
    doorbell.arm();
    if (answer.version() !== NO_VALUE) break;
    doorbell.waitBlocking(leftMs);
  }
  doorbell.disarm();
  return readDurablePoint(answer);
}

/** Main: the answer, undefined when there is none. The asker's doorbell is to be rung after it. */
export function answerLedger(buffer: SharedArrayBuffer, checkpoint: LedgerCheckpoint | undefined): void {
  const value = new LatestValue(buffer);
  if (checkpoint === undefined) {
    value.write(new Uint8Array(0), 0, 0);
    return;
  }
  const { journalId, sequence, frame, chain } = checkpoint;
  const journalIdHigh = Number.parseInt(journalId.slice(0, 8) || '0', 16);
  const journalIdLow = Number.parseInt(journalId.slice(8) || '0', 16);
  const end = { durableFrame: frame, nextSequence: sequence + 1, epoch: 0, journalIdHigh, journalIdLow, chain };
  new DurablePointWriter(value).publish(end, false);
}
