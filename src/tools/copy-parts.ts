// PostgreSQL's binary COPY format cut into parts of whole rows, each a COPY of its own (PostgreSQL documentation, COPY,
// "Binary Format"). A tool's process; pure.

const HEADER_BYTES = 19;
const TRAILER = Buffer.from([0xff, 0xff]);
const END = -1;

/** As many parts as are asked for, their rows as even in number as can be; the last ones empty when there are fewer rows. */
export function copyParts(copy: Buffer, parts: number): Buffer[] {
  const ends = rowEnds(copy);
  const header = copy.subarray(0, HEADER_BYTES);
  const endOf = (part: number): number => {
    const rows = Math.round((ends.length * part) / parts);
    return rows === 0 ? HEADER_BYTES : ends[rows - 1];
  };
  return Array.from({ length: parts }, (_, part) =>
    Buffer.concat([header, copy.subarray(endOf(part), endOf(part + 1)), TRAILER]),
  );
}

/** Offsets behind each row. */
function rowEnds(copy: Buffer): number[] {
  const ends: number[] = [];
  for (let at = HEADER_BYTES; ; ends.push(at)) {
    const fields = copy.readInt16BE(at);
    at += 2;
    if (fields === END) return ends;
    for (let field = 0; field < fields; field++) at += 4 + Math.max(0, copy.readInt32BE(at));
  }
}
