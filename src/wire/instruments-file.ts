// The file that RINGBOOK_INSTRUMENTS names: {"instruments":[...]}, each with the fields of the body that defines one
// (instrument-request.ts). Main thread, at the start; may allocate. Knows no file system.

import { Command } from '../domain/command.ts';
import { DEFAULT_INSTRUMENTS, INSTRUMENTS_MAX, type Instrument, InstrumentDefinition } from '../domain/instrument.ts';
import { InstrumentList } from './instrument-list.ts';
import { InstrumentRequestParser } from './instrument-request.ts';
import { JsonKind, JsonScanner } from './json-scanner.ts';

/** What is wrong with the file, naming instrument and field. */
class InstrumentsFileError extends Error {
  override readonly name = 'InstrumentsFileError';
}

const FIELD = 'instruments';
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The instruments in the file's text. What one leaves out is as in the instrument of that name that a journal begins
 * with, or as the body has it for a new one. Throws InstrumentsFileError.
 */
export function parseInstrumentsFile(bytes: Uint8Array): Instrument[] {
  const parser = new InstrumentRequestParser(new InstrumentList(DEFAULT_INSTRUMENTS), true);
  const command = new Command();
  const instruments = elementsOf(listIn(bytes)).map((text, index) => {
    const body = encoder.encode(text);
    if (!parser.parse(body, 0, body.length, command)) {
      throw new InstrumentsFileError(`${titleOf(index, text)}: ${parser.problem.detail}`);
    }
    const instrument = new InstrumentDefinition().set(command.definition);
    checkKind(index, instrument);
    return instrument;
  });
  checkTogether(instruments);
  return instruments;
}

/** The text between the brackets of the one list. */
function listIn(bytes: Uint8Array): string {
  const scanner = new JsonScanner();
  let list: string | undefined;
  scanner.start(bytes, 0, bytes.length);
  while (scanner.next()) {
    const name = decoder.decode(scanner.key.subarray(scanner.keyFrom, scanner.keyTo));
    if (name !== FIELD) throw new InstrumentsFileError(`there is no field "${name}", only "${FIELD}"`);
    if (scanner.kind !== JsonKind.ARRAY) throw new InstrumentsFileError(`"${FIELD}" must be a list of objects`);
    list = decoder.decode(scanner.value.subarray(scanner.valueFrom + 1, scanner.valueTo - 1));
  }
  if (scanner.problem !== 0) throw new InstrumentsFileError(`it is not valid JSON: ${scanner.problemText(0)}`);
  if (list === undefined) throw new InstrumentsFileError(`"${FIELD}" is required`);
  return list;
}

/**
 * The elements of a list, as they are written: a number keeps its digits, for they say how many decimals prices have.
 * The list is valid JSON.
 */
function elementsOf(list: string): string[] {
  const elements: string[] = [];
  let start = 0;
  let depth = 0;
  for (const { 0: mark, index } of list.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    if (mark === '{' || mark === '[') depth++;
    else if (mark === '}' || mark === ']') depth--;
    else if (mark === ',' && depth === 0) {
      elements.push(list.slice(start, index));
      start = index + 1;
    }
  }
  const last = list.slice(start);
  return elements.length === 0 && last.trim() === '' ? [] : [...elements, last];
}

/** By its number, and by its name if it has one. */
function titleOf(index: number, text: string): string {
  const value: unknown = JSON.parse(text);
  const named = typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
  return named ? `instrument ${index + 1} (${value.name})` : `instrument ${index + 1}`;
}

/** Currencies and scales never change, so those of an instrument that every journal begins with are given. */
function checkKind(index: number, instrument: Instrument): void {
  const original = DEFAULT_INSTRUMENTS.find(({ name }) => name === instrument.name);
  if (original === undefined) return;
  const { name, base, quote, priceScale, quantityScale } = original;
  const isSameKind =
    instrument.base === base &&
    instrument.quote === quote &&
    instrument.priceScale === priceScale &&
    instrument.quantityScale === quantityScale;
  if (isSameKind) return;
  const kind = `base ${base}, quote ${quote}, price_scale ${priceScale} and quantity_scale ${quantityScale}`;
  throw new InstrumentsFileError(
    `instrument ${index + 1} (${name}): every journal begins with ${name}, whose ${kind} never change; call it by another name`,
  );
}

/** What no single instrument shows: the engine's table holds these and the ones that it begins with. */
function checkTogether(instruments: readonly Instrument[]): void {
  const names = new Set(DEFAULT_INSTRUMENTS.map(({ name }) => name));
  const listed = new Set<string>();
  for (const [index, { name }] of instruments.entries()) {
    if (listed.has(name)) throw new InstrumentsFileError(`instrument ${index + 1} (${name}): name is there twice`);
    listed.add(name);
    names.add(name);
  }
  if (names.size > INSTRUMENTS_MAX) {
    throw new InstrumentsFileError(`${listed.size} instruments are too many: there is room for ${INSTRUMENTS_MAX}`);
  }
}
