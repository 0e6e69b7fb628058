// Says what is wrong with a JSON message of /ws, by its schema. For tests: slow to load, and compiled once.

import { Compile, type Validator } from 'typebox/compile';
import { assert } from '../../assert.ts';
import { CLIENT_MESSAGES, SERVER_MESSAGES } from '../ws-schemas.ts';

const validators = new Map<string, Validator>();

function validatorOf(name: string): Validator {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const schema = Object.entries({ ...CLIENT_MESSAGES, ...SERVER_MESSAGES }).find(([each]) => each === name)?.[1];
  assert(schema !== undefined, `there is a message called ${name}`);
  const validator = Compile(schema);
  validators.set(name, validator);
  return validator;
}

/** Throws with what is wrong, and the message, unless it is one of that name. */
export function checkAgainst(name: string, message: unknown): void {
  const validator = validatorOf(name);
  if (validator.Check(message)) return;
  const wrong = validator.Errors(message).map((error) => `${error.instancePath} ${error.message}`);
  throw new Error(`not a message "${name}": ${wrong.join('; ')}\n${JSON.stringify(message)}`);
}

/** Throws with what is wrong, unless `text` is a message that the server may send. Returns its name in the AsyncAPI document. */
export function checkWsMessage(text: string): string {
  const message: unknown = JSON.parse(text);
  const name = serverMessageName(message);
  if (!Object.hasOwn(SERVER_MESSAGES, name)) throw new Error(`not a message of the server: ${text}`);
  checkAgainst(name, message);
  return name;
}

/** The only one that it can be. */
function serverMessageName(message: unknown): string {
  assert(typeof message === 'object' && message !== null, 'a message is an object');
  if ('id' in message) return 'error' in message ? 'refusal' : 'result';
  const type = 'type' in message ? String(message.type) : '';
  if (type !== 'snapshot') return type;
  const channel = 'channel' in message ? String(message.channel) : '';
  return `${channel === 'level2_batch' ? 'level2' : channel}Snapshot`;
}
