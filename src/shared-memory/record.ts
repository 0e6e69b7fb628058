// Record of the two byte rings: its size, its header, where it would wrap, and the function that takes one. Any thread.
// Owns nothing: writes only where its caller says. The picture is in layout.ts.
import { PADDING_TYPE, RECORD_HEADER_BYTES, RECORD_LENGTH_WORD, RECORD_TYPE_WORD, UNIT_BYTES } from './layout.ts';

/** Takes one record: its type, where its payload starts in the `bytes` of what delivers it, and how long it is. Borrows until return. */
export type Receive = (type: number, offset: number, lengthBytes: number) => void;

/** Units of 8 bytes that a record with this payload fills, header and alignment included. Allocates: nothing. */
export function recordUnits(lengthBytes: number): number {
  return (lengthBytes + RECORD_HEADER_BYTES + UNIT_BYTES - 1) >>> 3;
}

/** Units of padding before a record of `units` that is to start at `position`: the rest of the lap when it would wrap. Allocates: nothing. */
export function paddingUnits(position: number, units: number, capacityUnits: number): number {
  const untilWrap = capacityUnits - (position & (capacityUnits - 1));
  return units > untilWrap ? untilWrap : 0;
}

/** Writes the header of the record at Int32 index `word`. Allocates: nothing. */
export function writeRecordHeader(words: Int32Array, word: number, lengthBytes: number, type: number): void {
  words[word + RECORD_LENGTH_WORD] = lengthBytes;
  words[word + RECORD_TYPE_WORD] = type;
}

/** Makes `units` at Int32 index `word` a record that readers skip. Allocates: nothing. */
export function writePadding(words: Int32Array, word: number, units: number): void {
  writeRecordHeader(words, word, units * UNIT_BYTES - RECORD_HEADER_BYTES, PADDING_TYPE);
}
