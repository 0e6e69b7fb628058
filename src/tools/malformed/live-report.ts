// The verdict on a run against a live server: its answers, what it sequenced, its health, and its journal, in which exactly the orders
// may stand that were declared. A tool's process, or a test's; reads only.

import { CommandType } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import { FrameCursor, Verdict } from '../../journal/frame-cursor.ts';
import { decodeCommand } from '../../wire/command-codec.ts';
import { CheckReport } from '../check-report.ts';
import { orderTerms } from './declared-orders.ts';
import type { LiveOutcome } from './live-run.ts';

const MIB = 2 ** 20;
/** By how much memory may grow: heaps of several threads, keys of orders, and nothing for each malformed frame. */
const GROWTH_MAX_BYTES = 512 * MIB;

/** `journal`: of the stopped server, of this run alone. */
export function reportOf(outcome: LiveOutcome, journal: string): CheckReport {
  const { tally, orders, sequenced, healthBefore, healthAfter, residentBeforeBytes, residentMaxBytes } = outcome;
  const { refusals, refused, differences, broken, closed, acknowledged } = tally;
  const declared = orders.terms;
  const report = new CheckReport();
  report.add('refusals', refusals, refused, differences);
  report.same('sockets closed as documented', broken, closed);
  report.same('good orders acknowledged', declared.size, acknowledged);
  report.same('commands sequenced', declared.size, sequenced);
  const executed = executedIn(journal);
  const found = [...declared].filter(([key, terms]) => executed.get(key)?.join() === terms).length;
  report.add('good orders in the journal, once, as they were', declared.size, found, missingOf(declared, executed));
  const others = [...executed.keys()].filter((key) => !declared.has(key));
  report.add('other commands in the journal', 0, others.length, others);
  report.same('/healthz', healthBefore, healthAfter);
  const grown = residentMaxBytes - residentBeforeBytes;
  const tooMuch = grown > GROWTH_MAX_BYTES ? [`${Math.round(grown / MIB)} MiB more`] : [];
  report.add('memory grown, MiB', `< ${GROWTH_MAX_BYTES / MIB}`, Math.round(grown / MIB), tooMuch);
  return report;
}

function missingOf(declared: ReadonlyMap<string, string>, executed: ReadonlyMap<string, readonly string[]>): string[] {
  return [...declared].flatMap(([key, terms]) => {
    const found = executed.get(key) ?? ['nothing'];
    return found.join() === terms ? [] : [`${key} was ${terms}, found ${found.join(' and ')}`];
  });
}

/** By key, what each order of a client says; what is no order, by its type. */
function executedIn(journal: string): Map<string, string[]> {
  const executed = new Map<string, string[]>();
  const command = new Command();
  const cursor = new FrameCursor(journal);
  while (cursor.next(Number.POSITIVE_INFINITY) === Verdict.VALID) {
    const { bytes, view, payloadStart, payloadLength } = cursor.frame;
    const end = payloadStart + payloadLength;
    for (let offset = payloadStart; offset < end; ) {
      offset += decodeCommand(bytes, view, offset, command);
      if (command.type === CommandType.DEFINE_INSTRUMENT) continue;
      const [key, terms] = said(command);
      executed.set(key, [...(executed.get(key) ?? []), terms]);
    }
  }
  cursor.close();
  return executed;
}

function said(command: Command): [string, string] {
  const { type, side, timeInForce, priceTicks, quantityLots, bytes } = command;
  const text = (from: number, length: number) => Buffer.from(bytes.subarray(from, from + length)).toString();
  const key = text(command.keyOffset, command.keyLength);
  if (type !== CommandType.NEW_ORDER) return [`command of type ${type}, key ${key}`, ''];
  const client = text(command.clientOffset, command.clientLength);
  return [key, orderTerms(client, side, timeInForce, priceTicks, quantityLots)];
}
