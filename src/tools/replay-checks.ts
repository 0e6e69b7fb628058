// Compares what a replay found with what the recorded files say. A tool's process. Owns nothing; each check adds its rows to the
// report. Reads and repeated commands only: nothing here changes the server's state.

import type { CheckReport } from './check-report.ts';
import type { ExpectedOrder, ExpectedOutcome } from './expected-outcome.ts';
import { headerOf } from './http-connection.ts';
import type { PatientClient } from './patient-client.ts';
import type { RecordedCommand, RecordedFill, RecordedOpenOrder } from './recorded-flow.ts';
import { type OrderState, readOrderState, requestOf } from './replay-requests.ts';
import { describe, type KeptReply, type RunRecord } from './replay-run.ts';

type ServerIds = ReadonlyMap<string, string>;

/** What the replies said while the commands were sent. */
export function checkReplies(expected: ExpectedOutcome, record: RunRecord, report: CheckReport): void {
  checkFills(expected.fills, record.fills, report);
  const rejected = new Set<number>();
  for (const { status, placed } of expected.orders.values()) if (status === 'rejected') rejected.add(placed.seq);
  checkSet('post-only rejected', rejected, record.rejected, report);
  checkSet('cancels accepted', expected.cancelled, record.cancelled, report);
  checkSet('cancels of closed orders', expected.foundClosed, record.foundClosed, report);
  report.add('other replies', 0, record.unexpected.length, record.unexpected);
}

/** By taker, each taker's in their order. Takers follow each other as recorded: two never were under way together. */
function checkFills(expected: readonly RecordedFill[], found: readonly RecordedFill[], report: CheckReport): void {
  const texts = (fills: readonly RecordedFill[]): string[] => {
    const seen = new Map<number, number>();
    return fills.map(({ takerSeq, makerOrderId, priceTicks, quantityLots }) => {
      const index = (seen.get(takerSeq) ?? 0) + 1;
      seen.set(takerSeq, index);
      return `taker seq ${takerSeq}, fill ${index}: maker ${makerOrderId}, price ${priceTicks}, quantity ${quantityLots}`;
    });
  };
  const wanted = texts(expected);
  const had = texts(found);
  const missing = without(wanted, new Set(had)).map((fill) => `missing: ${fill}`);
  const unexpected = without(had, new Set(wanted)).map((fill) => `unexpected: ${fill}`);
  const disordered = missing.length + unexpected.length === 0 && wanted.join() !== had.join() ? ['out of order'] : [];
  report.add('fills', wanted.length, had.length, [...missing, ...unexpected, ...disordered]);
  report.add('  matched', wanted.length, wanted.length - missing.length, []);
  report.add('  missing', 0, missing.length, []);
  report.add('  unexpected', 0, unexpected.length, []);
}

function checkSet(name: string, expected: ReadonlySet<number>, found: ReadonlySet<number>, report: CheckReport): void {
  const missing = without([...expected], found).map((seq) => `seq ${seq}: not`);
  const unexpected = without([...found], expected).map((seq) => `seq ${seq}: should not be`);
  report.add(name, expected.size, found.size, [...missing, ...unexpected]);
}

function without<T>(all: readonly T[], these: ReadonlySet<T>): T[] {
  return all.filter((one) => !these.has(one));
}

/** The files against each other: what rests after the last command is what the open-order file says. */
export function checkOpenFile(
  expected: ExpectedOutcome,
  file: readonly RecordedOpenOrder[],
  report: CheckReport,
): void {
  const texts = new Set<string>();
  for (const [orderId, { placed, remainingLots }] of expected.orders) {
    if (remainingLots > 0) texts.add(openText(orderId, placed.side, placed.priceTicks, remainingLots));
  }
  const listed = new Set(file.map((open) => openText(open.orderId, open.side, open.priceTicks, open.remainingLots)));
  const differences = [
    ...without([...texts], listed).map((text) => `not in the file: ${text}`),
    ...without([...listed], texts).map((text) => `only in the file: ${text}`),
  ];
  report.add('recorded files agree', listed.size, texts.size, differences);
}

function openText(orderId: string, side: string, priceTicks: number, remainingLots: number): string {
  return `${orderId} ${side} ${priceTicks} ${remainingLots}`;
}

/** GET /orders/:id of every order: status, filled and remaining quantity. */
export async function checkOrders(
  expected: ExpectedOutcome,
  serverIds: ServerIds,
  client: PatientClient,
  report: CheckReport,
  onDone: (done: number) => void,
): Promise<void> {
  const differences: string[] = [];
  let open = 0;
  let closed = 0;
  let done = 0;
  await forAll([...expected.orders], async ([orderId, order]) => {
    const found = await readOrder(serverIds.get(orderId), client);
    if (typeof found !== 'string') found.remainingLots > 0 ? open++ : closed++;
    const wanted = stateText(order);
    const had = typeof found === 'string' ? found : stateText(found);
    if (wanted !== had) differences.push(`order ${orderId}: expected ${wanted}, found ${had}`);
    onDone(++done);
  });
  const resting = [...expected.orders.values()].filter(({ remainingLots }) => remainingLots > 0).length;
  report.add('open orders', resting, open, differences);
  report.add('closed orders', expected.orders.size - resting, closed, []);
}

async function readOrder(serverId: string | undefined, client: PatientClient): Promise<OrderState | string> {
  if (serverId === undefined) return 'never accepted';
  const reply = await client.request('GET', `/orders/${serverId}`);
  return reply.status === 200 ? readOrderState(reply.body) : describe(reply);
}

function stateText({ status, filledLots, remainingLots }: OrderState | ExpectedOrder): string {
  return `${status}, filled ${filledLots}, remaining ${remainingLots}`;
}

/** Sends kept commands again with their keys: the first replies must come back, byte for byte, marked as replayed. */
export async function checkRepeats(
  commands: readonly RecordedCommand[],
  kept: readonly KeptReply[],
  runId: string,
  serverIds: ServerIds,
  client: PatientClient,
  report: CheckReport,
): Promise<void> {
  const bySeq = new Map(commands.map((command) => [command.seq, command]));
  const differences: string[] = [];
  let same = 0;
  await forAll(kept, async ({ seq, status, body }) => {
    const command = bySeq.get(seq);
    if (command === undefined) throw new Error(`the state has seq ${seq}, the file has not`);
    const request = requestOf(command, runId, serverIds.get(command.orderId) ?? '');
    const reply = await client.request('POST', request.path, request.json);
    const marked = headerOf(reply.head, 'idempotent-replayed') === 'true' || status !== 202;
    if (reply.status !== status || reply.body !== body) {
      differences.push(`seq ${seq}: expected ${status} ${body}, found ${describe(reply)}`);
    } else if (!marked) {
      differences.push(`seq ${seq}: not marked Idempotent-Replayed`);
    } else {
      same++;
    }
  });
  report.add('same keys, same replies', kept.length, same, differences);
}

/** As many at once as the client has connections: it keeps the rest waiting, so only what is in hand is held here. */
async function forAll<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) await act(items[next++]);
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

const WORKERS = 64;
