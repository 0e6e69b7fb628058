// The replay's command line. A tool's process; throws UsageError.

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { LedgerAddress } from './ledger-figures.ts';
import { COMMAND_COLUMNS, FILL_COLUMNS, OPEN_COLUMNS } from './recorded-flow.ts';
import { defaultStateFile } from './replay-state.ts';
import { httpUrl, positiveInteger, STANDARD_URL, UsageError } from './usage.ts';

export const REPLAY_HELP = `Usage: npm run replay -- COMMANDS.csv.gz [options]

Sends recorded order flow to a running Ringbook with an empty book, and compares every fill, every rejection and the
final state of every order with what the recorded files say. Exit code 0: all equal; 1: not; 64: wrong usage.

There is no recording with Ringbook: make the files from order flow of your own. They are CSV, gzipped when named .gz, each
with its columns as first line; prices are in ticks of 0.01, quantities in lots of 0.00000001 (BTC-USD), order ids any text.

  COMMANDS          ${COMMAND_COLUMNS}
                    op N new, C cancel (then only seq, op, order_id, client); side B, S; type limit, market (no price);
                    tif GTC, IOC; post_only 0, 1
  -fills.csv        ${FILL_COLUMNS}
                    in the order they happened; taker_seq is the seq of the command that executed
  -final-open.csv.gz  ${OPEN_COLUMNS}

  --url URL         server (http://127.0.0.1:PORT, of the environment or 3000)
  --fills FILE      expected fills (*-fills.csv beside the commands)
  --final FILE      expected open orders at the end (*-final-open.csv.gz beside the commands)
  --in-flight N     most commands under way at once (64); 1 sends one by one
  --ws              over one pipelined WebSocket instead of HTTP
  --limit N         only the first N commands
  --data-dir DIR    compare the ledger too: the embedded PostgreSQL of this data directory
  --postgres URL    compare the ledger too: postgresql://user@host/database, or
                    postgresql://user@/database?host=/socket/directory
  --run-id ID       start of every idempotency key (made from the time)
  --state FILE      where order ids and replies are kept (in the temporary directory, by run id)
  --verify-only     send no new command: check the orders of an earlier run (--run-id or --state) again, and that
                    1,000 of its commands, sent again, get their first replies
  --help            this text
`;

export interface ReplayOptions {
  readonly commandsFile: string;
  readonly fillsFile: string;
  /** undefined with --limit: the file tells only the end of the whole flow. */
  readonly finalFile: string | undefined;
  readonly url: URL;
  readonly inFlight: number;
  readonly isOverWebSocket: boolean;
  readonly limit: number | undefined;
  readonly ledger: LedgerAddress | undefined;
  readonly runId: string;
  readonly stateFile: string;
  readonly verifyOnly: boolean;
}

export function readReplayOptions(args: readonly string[]): ReplayOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      url: { type: 'string', default: STANDARD_URL },
      fills: { type: 'string' },
      final: { type: 'string' },
      'in-flight': { type: 'string', default: '64' },
      ws: { type: 'boolean', default: false },
      limit: { type: 'string' },
      'data-dir': { type: 'string' },
      postgres: { type: 'string' },
      'run-id': { type: 'string' },
      state: { type: 'string' },
      'verify-only': { type: 'boolean', default: false },
    },
  });
  const [commandsFile, ...rest] = positionals;
  if (commandsFile === undefined || rest.length > 0) throw new UsageError('one commands file is needed; see --help');
  if (values['verify-only'] && values['run-id'] === undefined && values.state === undefined) {
    throw new UsageError('--verify-only needs --run-id or --state of the run to verify');
  }
  const runId = values['run-id'] ?? Date.now().toString(36);
  if (!/^[\w-]{1,40}$/.test(runId)) throw new UsageError(`--run-id ${runId}: at most 40 letters, digits, - and _`);
  const limit = values.limit === undefined ? undefined : positiveInteger('limit', values.limit);
  return {
    commandsFile: existing(commandsFile),
    fillsFile: existing(values.fills ?? beside(commandsFile, '-fills.csv')),
    finalFile: limit === undefined ? existing(values.final ?? beside(commandsFile, '-final-open.csv.gz')) : undefined,
    url: httpUrl('url', values.url),
    inFlight: positiveInteger('in-flight', values['in-flight']),
    isOverWebSocket: values.ws,
    limit,
    ledger: ledgerAddress(values.postgres, values['data-dir']),
    runId,
    stateFile: values.state ?? defaultStateFile(runId),
    verifyOnly: values['verify-only'],
  };
}

/** btcusd-commands.csv.gz and "-fills.csv" make btcusd-fills.csv. */
function beside(commandsFile: string, ending: string): string {
  return commandsFile.replace(/(-commands)?\.csv(\.gz)?$/, '') + ending;
}

function existing(file: string): string {
  if (!existsSync(file)) throw new UsageError(`${file}: no such file`);
  return file;
}

function ledgerAddress(url: string | undefined, dataDir: string | undefined): LedgerAddress | undefined {
  if (url !== undefined) return { url };
  return dataDir === undefined ? undefined : { dataDirectory: existing(dataDir) };
}
