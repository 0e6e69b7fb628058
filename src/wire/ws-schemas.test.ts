// The messages of /ws: examples, page and schemas agree. WEBSOCKET.md is read as it stands: what it leaves out ("...") may be
// anything, all else is what the example of that message has.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkAgainst, checkWsMessage } from './testing/check-ws-message.ts';
import { WS_EXAMPLES } from './ws-examples.ts';
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './ws-schemas.ts';

const ANYTHING = '...';
const PAGE = readFileSync(new URL('./WEBSOCKET.md', import.meta.url), 'utf8');

/** Every object of the page's blocks that is a message. */
function messagesOf(page: string): object[] {
  const blocks = [...page.matchAll(/```\n([\s\S]*?)```/g)].map(([, block]) => block);
  return blocks.flatMap((block) => (block.startsWith('{') ? topLevelObjects(block).map(parse) : []));
}

/** What stands behind an object, until the next begins, is a remark. */
function topLevelObjects(block: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < block.length; i++) {
    if (block[i] === '{' && depth++ === 0) start = i;
    if (block[i] === '}' && --depth === 0) found.push(block.slice(start, i + 1));
  }
  return found;
}

/** Words in braces, or behind a member, stand for what is described elsewhere; so do two dots for a number. */
function parse(text: string): object {
  const json = text
    .replace(/\{(?!")[^{}"]+\}/g, `"${ANYTHING}"`)
    .replace(/, the body of [^}]*\}/g, `,"${ANYTHING}":0}`)
    .replace(/:\.\.(?=[,}])/g, `:"${ANYTHING}"`);
  return JSON.parse(json);
}

/** Whether `example` is what the page shows. */
function isShown(shown: unknown, example: unknown): boolean {
  if (typeof shown === 'string' && (shown === ANYTHING || /^<\w+>$/.test(shown))) return example !== undefined;
  if (typeof shown !== 'object' || shown === null || typeof example !== 'object' || example === null)
    return shown === example;
  if (Array.isArray(shown) !== Array.isArray(example)) return false;
  const rest = ANYTHING in shown;
  const names = Object.keys(shown).filter((name) => name !== ANYTHING);
  if (!rest && names.length !== Object.keys(example).length) return false;
  return names.every((name) => isShown(Reflect.get(shown, name), Reflect.get(example, name)));
}

const examples = Object.entries(WS_EXAMPLES);
const shown = messagesOf(PAGE);

describe('the messages of /ws', () => {
  it.each(examples)('%s: the example keeps to the schema', (name, example) => {
    checkAgainst(name, example);
  });

  it.each(examples)('%s: the schema takes no other member, and nothing away', (name, example) => {
    expect(() => checkAgainst(name, { ...example, more_of_it: 1 })).toThrow('additional');
    const [, ...others] = Object.entries(example);
    expect(() => checkAgainst(name, Object.fromEntries(others))).toThrow();
  });

  it.each(examples)('%s: stands on the page', (_name, example) => {
    expect(shown.filter((message) => isShown(message, example))).toHaveLength(1);
  });

  it('are all that the page has', () => {
    expect(shown.length).toBe(examples.length);
    const unknown = shown.filter((message) => !examples.some(([, example]) => isShown(message, example)));
    expect(unknown).toEqual([]);
  });

  it('of the server are told apart', () => {
    const names = Object.keys(SERVER_MESSAGES);
    expect(
      examples.filter(([name]) => names.includes(name)).map(([, one]) => checkWsMessage(JSON.stringify(one))),
    ).toEqual(examples.map(([name]) => name).filter((name) => names.includes(name)));
    expect(() => checkWsMessage('{"type":"snapshot","channel":"ticker"}')).toThrow('not a message of the server');
    expect(() => checkWsMessage(JSON.stringify(WS_EXAMPLES.ping))).toThrow('not a message of the server');
  });

  it('of the server may come in parts, and then lack what is known at the end', () => {
    const { l2update } = WS_EXAMPLES;
    const { checksum, ...part } = { checksum: '', ...l2update };
    checkWsMessage(JSON.stringify({ ...part, more: true }));
    checkWsMessage(JSON.stringify({ ...l2update, more: true }));
    expect(() => checkWsMessage(JSON.stringify(part))).toThrow();
    expect(() => checkWsMessage(JSON.stringify({ ...l2update, more: false }))).toThrow();
  });

  it('of the server refuse what had no usable id too', () => {
    expect(checkWsMessage(JSON.stringify({ ...WS_EXAMPLES.refusal, id: null }))).toBe('refusal');
    expect(() => checkWsMessage(JSON.stringify({ ...WS_EXAMPLES.result, id: null }))).toThrow('not a message "result"');
  });

  it('are plain JSON Schema', () => {
    for (const schema of Object.values({ ...CLIENT_MESSAGES, ...SERVER_MESSAGES }))
      expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});
