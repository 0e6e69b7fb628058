#!/usr/bin/env node
// Sends every request of the table of bad inputs to a running server: each must be refused by its own code, naming its field, and
// nothing may be journaled. A process of its own. One line for each on standard output. Must never send a good order.

import { parseArgs } from 'node:util';
import { PROBLEM_MEDIA_TYPE, PROBLEMS } from '../wire/problem.ts';
import { BAD_INPUTS, type BadInput } from './bad-input-cases.ts';
import { ConnectionLost, HttpConnection, type HttpReply, headerOf } from './http-connection.ts';
import { parseObject, ReplyError } from './replay-requests.ts';
import { readHealth } from './server-facts.ts';
import { httpUrl, runTool, STANDARD_URL } from './usage.ts';

const HELP = `Usage: npm run bad-input -- [--url http://127.0.0.1:PORT]

Sends malformed and invalid requests to a running Ringbook, on PORT of the environment (3000) unless told. Exit code 1
unless each is answered with the problem it must be answered with, and the journal's sequence stays where it is. No
other client may send orders meanwhile.
`;
const TIMEOUT_MS = 5_000;

interface Answer {
  readonly status: string;
  readonly code: string;
  readonly field: string;
  /** '' when it is the right answer. */
  readonly fault: string;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { url: { type: 'string', default: STANDARD_URL } },
  });
  const connection = new HttpConnection(httpUrl('url', values.url), TIMEOUT_MS);
  const before = await readHealth(connection);
  print('case', { status: 'status', code: 'code', field: 'field', fault: '' });
  let faults = 0;
  for (const input of BAD_INPUTS) {
    const answer = await answerTo(connection, input);
    if (answer.fault !== '') faults++;
    print(input.name, answer);
  }
  const after = await readHealth(connection);
  connection.close();
  if (after.sequence !== before.sequence) faults++;
  process.stdout.write(
    `${BAD_INPUTS.length} requests, ${faults} wrong; sequence ${before.sequence} before, ${after.sequence} after; ` +
      `the server answers: ${after.message}\n${faults === 0 ? 'PASS' : 'FAIL'}\n`,
  );
  return faults === 0 ? 0 : 1;
}

async function answerTo(connection: HttpConnection, input: BadInput): Promise<Answer> {
  const { method = 'POST', path = '/orders', contentType = 'application/json', body } = input;
  const headers = contentType === '' || method === 'GET' ? '' : `Content-Type: ${contentType}\r\n`;
  try {
    return judge(await connection.send(method, path, headers, body), input);
  } catch (error) {
    if (error instanceof ConnectionLost || error instanceof ReplyError) {
      return { status: 'none', code: '', field: '', fault: error.message };
    }
    throw error;
  }
}

function judge({ status, head, body }: HttpReply, input: BadInput): Answer {
  const { code = '', field = '', executed } = parseObject(body);
  const wanted = `${PROBLEMS[input.code].status} ${input.code} ${input.field}`;
  const faults = [
    ...(status >= 400 && status < 500 ? [] : ['not a 4xx']),
    ...(headerOf(head, 'content-type') === PROBLEM_MEDIA_TYPE ? [] : [`not ${PROBLEM_MEDIA_TYPE}`]),
    ...(`${status} ${code} ${field}` === wanted ? [] : [`expected ${wanted}`]),
    ...(executed === 'no' ? [] : ['executed is not "no"']),
  ];
  return { status: String(status), code: String(code), field: String(field), fault: faults.join(', ') };
}

function print(name: string, { status, code, field, fault }: Answer): void {
  const line = `${name.padEnd(32)}  ${status.padEnd(6)}  ${code.padEnd(24)}  ${field.padEnd(18)}`;
  process.stdout.write(`${fault === '' ? line.trimEnd() : `${line}WRONG: ${fault}`}\n`);
}

runTool('bad-input', main, HELP);
