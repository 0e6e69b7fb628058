#!/usr/bin/env node
// Replays recorded order flow over HTTP or one WebSocket against a running server and verifies the outcome. A process of its own, started by
// `npm run replay`. Results on standard output, progress on standard error. Must never be pointed at a book that is in use.

import { CheckReport } from './check-report.ts';
import { type ExpectedOutcome, expectedOutcome } from './expected-outcome.ts';
import { HttpConnection } from './http-connection.ts';
import { PatientClient } from './patient-client.ts';
import { Progress } from './progress.ts';
import { type RecordedCommand, readCommands, readFills, readOpenOrders } from './recorded-flow.ts';
import { checkOpenFile, checkOrders, checkRepeats, checkReplies } from './replay-checks.ts';
import { checkLedger } from './replay-ledger.ts';
import { REPLAY_HELP, type ReplayOptions, readReplayOptions } from './replay-options.ts';
import { ReplayRun } from './replay-run.ts';
import { type ReplayState, readState, writeState } from './replay-state.ts';
import { bookIsEmpty, readHealth } from './server-facts.ts';
import { runTool, UsageError } from './usage.ts';
import { WsPatientClient } from './ws-patient-client.ts';

const KEEP_REPLIES = 1_000;
const READ_CONNECTIONS = 32;
const LEDGER_WAIT_MS = 60_000;

interface Recording {
  readonly commands: readonly RecordedCommand[];
  readonly expected: ExpectedOutcome;
}

async function main(): Promise<number> {
  const options = readReplayOptions(process.argv.slice(2));
  const earlier = options.verifyOnly ? readState(options.stateFile) : undefined;
  const recording = readRecording(options, earlier);
  const report = new CheckReport();
  if (options.finalFile !== undefined && (earlier === undefined || earlier.commands === recording.commands.length)) {
    checkOpenFile(recording.expected, readOpenOrders(options.finalFile), report);
  }
  const state = earlier ?? (await replay(options, recording, report));
  await verify(options, recording, state, report);
  process.stdout.write(`\n${report.text()}`);
  return report.passed ? 0 : 1;
}

function readRecording(options: ReplayOptions, earlier: ReplayState | undefined): Recording {
  const all = readCommands(options.commandsFile);
  const count = earlier?.commands ?? Math.min(options.limit ?? all.length, all.length);
  const commands = all.slice(0, count);
  return { commands, expected: expectedOutcome(commands, readFills(options.fillsFile)) };
}

async function replay(options: ReplayOptions, recording: Recording, report: CheckReport): Promise<ReplayState> {
  const { url, inFlight, runId, stateFile, isOverWebSocket } = options;
  const { commands, expected } = recording;
  const sequenceBefore = await prepareServer(url);
  const client = isOverWebSocket ? await WsPatientClient.open(url) : new PatientClient(url, { connections: inFlight });
  const progress = new Progress('replay', commands.length);
  const startMs = performance.now();
  const onDone = (done: number) => progress.update(done);
  const record = await new ReplayRun({
    commands,
    client,
    runId,
    inFlight,
    keepReplies: KEEP_REPLIES,
    onDone,
  }).run();
  const seconds = (performance.now() - startMs) / 1000;
  client.close();
  const { sequence: sequenceAfter } = await health(url);
  const { serverIds, kept } = record;
  const state = { runId, commands: commands.length, sequenceBefore, sequenceAfter, serverIds, kept };
  writeState(stateFile, state);
  const rate = Math.round(commands.length / seconds).toLocaleString('en');
  process.stdout.write(
    `${commands.length.toLocaleString('en')} commands in ${seconds.toFixed(1)} s, ${rate}/s, at most ${inFlight} under way` +
      `${client.repeats > 0 ? `, ${client.repeats} asked again` : ''}\n` +
      `sequences ${sequenceBefore + 1} to ${sequenceAfter}, run id ${runId}, state in ${stateFile}\n`,
  );
  checkReplies(expected, record, report);
  return state;
}

/** The sequence before the first command. */
async function prepareServer(url: URL): Promise<number> {
  const connection = new HttpConnection(url, 5_000);
  try {
    if (!(await bookIsEmpty(connection))) {
      throw new UsageError(`${url.origin} has orders in its book; start it with an empty data directory`);
    }
    return (await readHealth(connection)).sequence;
  } finally {
    connection.close();
  }
}

async function health(url: URL) {
  const connection = new HttpConnection(url, 5_000);
  const found = await readHealth(connection);
  connection.close();
  return found;
}

async function verify(
  options: ReplayOptions,
  { commands, expected }: Recording,
  { runId, kept, serverIds, sequenceBefore, sequenceAfter }: ReplayState,
  report: CheckReport,
): Promise<void> {
  const client = new PatientClient(options.url, { connections: READ_CONNECTIONS });
  if (options.verifyOnly) await checkRepeats(commands, kept, runId, serverIds, client, report);
  const progress = new Progress('verify', expected.orders.size);
  await checkOrders(expected, serverIds, client, report, (done) => progress.update(done));
  client.close();
  if (options.ledger === undefined) return;
  const range = { after: sequenceBefore, until: sequenceAfter, waitMs: LEDGER_WAIT_MS };
  await checkLedger(expected, options.ledger, range, report);
}

runTool('replay', main, REPLAY_HELP);
