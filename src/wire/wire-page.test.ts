// What WIRE.md says in numbers about the binary frames of /ws is what the source says.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ALL_INSTRUMENTS,
  BOTH_SIDES,
  CommandType,
  OrderFlag,
  OrderStatus,
  OrderType,
  Side,
  TimeInForce,
} from '../domain/codes.ts';
import { OrderChange } from '../domain/listener.ts';
import { SELF_TRADE_TEXTS } from './enum-texts.ts';
import { CHANNEL_NAMES, SNAPSHOT_REASONS } from './feed-codec.ts';
import { ReplyKind } from './reply-codec.ts';

/** With each line of a table and those that go on with it in one. */
const PAGE = readFileSync(new URL('./WIRE.md', import.meta.url), 'utf8').replaceAll(/,\n {16}/g, ', ');

type Entry = readonly [name: string, number: number];

/** Of the table, in the order of their numbers. */
function lineOf(title: string, entries: readonly Entry[]): string {
  const items = entries.map(([name, number]) => `${number} ${name}`);
  return `\n${title.padEnd(16)}${items.join(', ')}`;
}

const lowerCase = (table: Readonly<Record<string, number>>): Entry[] =>
  Object.entries(table).map(([name, number]) => [name.toLowerCase(), number]);
const byNumber = (texts: readonly string[]): Entry[] =>
  texts.map((text, number): Entry => [text, number]).filter(([text]) => text !== '');

describe('WIRE.md', () => {
  it.each<[string, Entry[]]>([
    ['command type', lowerCase(CommandType).filter(([, number]) => number <= CommandType.MASS_CANCEL)],
    ['side', lowerCase(Side)],
    ['order type', lowerCase(OrderType)],
    ['time in force', Object.entries(TimeInForce)],
    ['self-trade', byNumber(SELF_TRADE_TEXTS)],
    ['flags', lowerCase(OrderFlag)],
    ['status', lowerCase(OrderStatus)],
    ['change', lowerCase(OrderChange)],
    ['reply kind', lowerCase(ReplyKind)],
    ['channel', byNumber(CHANNEL_NAMES)],
    ['snapshot reason', byNumber(SNAPSHOT_REASONS)],
  ])('has the numbers of %s, and no others', (title, entries) => {
    expect(entries.length).toBeGreaterThan(1);
    const line = lineOf(title, entries);
    expect(PAGE).toContain(line);
    expect(PAGE.charAt(PAGE.indexOf(line) + line.length)).toMatch(/[\n;]/);
  });

  it('has those of all instruments and of both sides', () => {
    expect(PAGE).toContain(`${ALL_INSTRUMENTS}: all, in a mass cancel`);
    expect(PAGE).toContain(`${BOTH_SIDES}: both, in a mass cancel`);
  });
});
