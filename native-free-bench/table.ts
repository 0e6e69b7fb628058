// Plain tables for a terminal. Any thread; owns nothing.

/** Lines of cells below their headings, in columns: the first `named` are aligned to the left, figures to the right. */
export function table(head: readonly string[], lines: readonly (readonly string[])[], named: number): string {
  const widths = head.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const format = (line: readonly string[]): string =>
    line.map((cell, i) => (i < named ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return [head, ...lines].map((line) => format(line).trimEnd()).join('\n');
}
