// `ringbook journal`: the operator's tools for looking into a journal. A process of its own, beside a running engine or without
// one: takes no lock. All but salvage read only, and salvage writes only into a new directory.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { ExitCode } from '../supervisor/exit-codes.ts';
import { inspect } from './journal/inspect.ts';
import { replay } from './journal/replay.ts';
import { salvage } from './journal/salvage.ts';
import { type JournalPlace, placeIn } from './journal/survey.ts';
import { StandardTerminal, type Terminal } from './journal/terminal.ts';
import { verify } from './journal/verify.ts';
import { positiveInteger, UsageError } from './usage.ts';

export const JOURNAL_USAGE = `Usage: ringbook journal <verb> [options]

  inspect [--from FRAME] [--frames N] [--records]   one line a frame; --records: its commands as JSON, a line each
  verify                                            checks every frame, CONTROL and every snapshot, and replays it all
  replay --to SEQUENCE [--json]                     the state after that command
  salvage --into DIRECTORY [--yes]                  copies a damaged journal and cuts the copy where damage begins

  --data-dir DIRECTORY   whose journal; default: the one of the configuration (RINGBOOK_DATA_DIR)

All read only, but salvage, which writes into its new DIRECTORY. An engine may be running meanwhile.
Exit codes: 0 sound, 64 usage, 65 damaged.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  'data-dir': { type: 'string' },
  from: { type: 'string' },
  frames: { type: 'string' },
  records: { type: 'boolean' },
  to: { type: 'string' },
  json: { type: 'boolean' },
  into: { type: 'string' },
  yes: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>['values'];

interface Verb {
  /** Options beside --help and --data-dir. */
  readonly options: readonly string[];
  readonly run: (place: JournalPlace, values: Values, terminal: Terminal) => number | Promise<number>;
}

const VERBS: Readonly<Record<string, Verb>> = {
  inspect: {
    options: ['from', 'frames', 'records'],
    run: (place, { from, frames, records = false }, terminal) => {
      const first = from === undefined ? undefined : positiveInteger('from', from);
      const most = frames === undefined ? Number.POSITIVE_INFINITY : positiveInteger('frames', frames);
      return inspect(place, { from: first, frames: most, records }, terminal);
    },
  },
  verify: { options: [], run: (place, _, terminal) => verify(place, terminal, () => performance.now() / 1_000) },
  replay: {
    options: ['to', 'json'],
    run: (place, { to, json = false }, terminal) => {
      if (to === undefined) throw new UsageError('replay needs --to SEQUENCE');
      return replay(place, { to: positiveInteger('to', to), json }, terminal);
    },
  },
  salvage: {
    options: ['into', 'yes'],
    run: (place, { into, yes = false }, terminal) => {
      if (into === undefined) throw new UsageError('salvage needs --into DIRECTORY');
      return salvage(place, { into, yes }, terminal);
    },
  },
};

/** Carries out the words behind `ringbook journal`. Returns the exit code. Throws UsageError, and what reading a journal throws. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const terminal = new StandardTerminal();
  try {
    return await runJournal(args, config, terminal);
  } finally {
    terminal.flush();
  }
}

/** The same, saying everything to `terminal`. */
export async function runJournal(args: readonly string[], config: Config, terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args);
  const [name = '', ...more] = positionals;
  if (values.help === true) {
    terminal.line(JOURNAL_USAGE.trimEnd());
    return ExitCode.OK;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined || more.length > 0) {
    const what = name === '' ? 'a verb is needed' : verb === undefined ? `no verb ${name}` : `${more[0]} is too much`;
    throw new UsageError(`journal: ${what}\n\n${JOURNAL_USAGE.trimEnd()}`);
  }
  const allowed = ['data-dir', ...verb.options];
  const stranger = Object.keys(values).find((option) => !allowed.includes(option));
  if (stranger !== undefined) throw new UsageError(`journal ${name} has no option --${stranger}`);
  return verb.run(placeOf(values['data-dir'], config), values, terminal);
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

function placeOf(given: string | undefined, config: Config): JournalPlace {
  if (given === undefined && config.durability === 'memory') {
    throw new UsageError(
      'with RINGBOOK_DURABILITY=memory the journal is in a temporary directory: name it by --data-dir',
    );
  }
  const dataDir = given === undefined ? config.dataDir : resolve(given);
  const place = placeIn(dataDir);
  if (!existsSync(place.journal)) throw new UsageError(`there is no journal in ${dataDir}`);
  return place;
}
