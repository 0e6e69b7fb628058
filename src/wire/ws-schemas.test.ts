// The messages of /ws: examples, page and schemas agree. WEBSOCKET.md is read as it stands: what it leaves out ("...") may be
// anything, all else is what the example of that message has.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Side } from '../domain/codes.ts';
import { BookChecksum } from './book-checksum.ts';
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

/** The checksum of a book with one level. */
function checksumOf(side: Side, priceTicks: number, lots: number): string {
  const checksum = new BookChecksum();
  checksum.change(side, priceTicks, 0, lots);
  return checksum.text();
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

  it('of the server may come in parts: of a command without the checksum but for the last, of a snapshot of `full` all with it', () => {
    for (const whole of [WS_EXAMPLES.l2update, WS_EXAMPLES.full]) {
      const { checksum, ...part } = { checksum: '', ...whole };
      checkWsMessage(JSON.stringify({ ...part, more: true }));
      expect(() => checkWsMessage(JSON.stringify({ ...whole, more: true }))).toThrow();
      expect(() => checkWsMessage(JSON.stringify({ ...whole, more: false }))).toThrow();
    }
    const { fullSnapshot, level2Snapshot, matchesSnapshot, userSnapshot } = WS_EXAMPLES;
    checkWsMessage(JSON.stringify({ ...fullSnapshot, more: true }));
    expect(() => checkWsMessage(JSON.stringify({ ...fullSnapshot, more: true, checksum: undefined }))).toThrow();
    for (const whole of [level2Snapshot, matchesSnapshot, userSnapshot]) {
      expect(() => checkWsMessage(JSON.stringify({ ...whole, more: true }))).toThrow();
    }
  });

  it('of the server resume what has a sequence, and leave out what is conflated', () => {
    const { resumed, conflated } = WS_EXAMPLES;
    for (const channel of ['level2', 'level2_batch', 'full', 'matches', 'ticker', 'candles', 'heartbeat']) {
      const isSequenced = !['ticker', 'candles', 'heartbeat'].includes(channel);
      const isConflated = !['level2', 'full', 'matches'].includes(channel);
      for (const [example, allowed] of [[resumed, isSequenced] as const, [conflated, isConflated] as const]) {
        const check = expect(() => checkWsMessage(JSON.stringify({ ...example, channel })), channel);
        if (allowed) check.not.toThrow();
        else check.toThrow();
      }
    }
  });

  it('state the checksum of one level, which the page has as an example', () => {
    const [, level, checksum] = /`(\["sell",[^`]*\])`[^`]*`([0-9a-f]{16})`/.exec(PAGE) ?? [];
    expect(level).toBe('["sell","70000.00","0.30000000"]');
    expect(checksum).toBe(checksumOf(Side.SELL, 7_000_000, 30_000_000));
  });

  it('have the checksums that their books have', () => {
    const { level2Snapshot, l2update, fullSnapshot, full } = WS_EXAMPLES;
    const before = checksumOf(Side.BUY, 7_000_000, 50_000_000);
    const after = checksumOf(Side.BUY, 7_000_000, 40_000_000);
    expect(level2Snapshot).toMatchObject({ bids: [['70000.00', '0.50000000']], asks: [], checksum: before });
    expect(fullSnapshot).toMatchObject({ checksum: before });
    expect(l2update).toMatchObject({ changes: [['buy', '70000.00', '0.40000000']], checksum: after });
    expect(full).toMatchObject({ checksum: after });
  });

  it('of `full` may have no checksum, which came behind `resumed`; of nothing else', () => {
    checkWsMessage(JSON.stringify({ ...WS_EXAMPLES.full, checksum: undefined }));
    expect(() => checkWsMessage(JSON.stringify({ ...WS_EXAMPLES.l2update, checksum: undefined }))).toThrow('checksum');
  });

  it('that refuse a request without a usable id have `null` for it; results never', () => {
    checkWsMessage(JSON.stringify({ ...WS_EXAMPLES.refusal, id: null }));
    expect(() => checkWsMessage(JSON.stringify({ ...WS_EXAMPLES.result, id: null }))).toThrow('id');
  });

  it('are plain JSON Schema', () => {
    for (const schema of Object.values({ ...CLIENT_MESSAGES, ...SERVER_MESSAGES }))
      expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});
