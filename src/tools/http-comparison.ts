// What comparisons over HTTP of a bare server and Ringbook share: their options, their turns, and how results are told. A tool's process.

import { parseArgs } from 'node:util';
import { type LoadResult, loadProblem } from './comparison-load.ts';
import { type Paired, shareText } from './turns.ts';
import { httpUrl, positiveInteger, STANDARD_URL } from './usage.ts';

export interface HttpComparison {
  readonly url: URL;
  readonly seconds: number;
  readonly connections: number;
  readonly rounds: number;
  readonly json: boolean;
}

export interface HttpTurn {
  readonly server: 'bare' | 'ringbook';
  readonly load: LoadResult;
  readonly sequenced?: number;
}

/** `seconds`: of each turn, where the command line says nothing. Throws UsageError. */
export function readHttpComparison(seconds: string): HttpComparison {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: STANDARD_URL },
      seconds: { type: 'string', default: seconds },
      connections: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    url: httpUrl('url', values.url),
    seconds: positiveInteger('seconds', values.seconds),
    connections: positiveInteger('connections', values.connections),
    rounds: positiveInteger('rounds', values.rounds),
    json: values.json,
  };
}

/** `facts`: what else the JSON says. Returns the exit code. */
export function tellComparison(
  { seconds, connections, json }: HttpComparison,
  turns: readonly HttpTurn[],
  facts: Readonly<Record<string, number>> = {},
): number {
  const problems = turns.flatMap(({ server, load, sequenced }) => {
    const problem = loadProblem(load, sequenced);
    return problem === undefined ? [] : [`${server}: ${problem}`];
  });
  const perSecond = pairOf(turns);
  const text = json
    ? `${JSON.stringify({ seconds, connections, ...facts, perSecond, turns, problems })}\n`
    : shareText(perSecond) + problems.map((problem) => `FAIL      ${problem}\n`).join('');
  process.stdout.write(text);
  return problems.length === 0 ? 0 : 1;
}

function pairOf(turns: readonly HttpTurn[]): Paired {
  const ratesOf = (server: HttpTurn['server']) =>
    turns.filter((turn) => turn.server === server).map(({ load }) => load.perSecond);
  return { reference: ratesOf('bare'), subject: ratesOf('ringbook') };
}
