// For tests: value x 10^-scale as text, by the plainest means.

/** With exactly `scale` decimals. */
export function decimal(value: bigint, scale: number): string {
  if (value < 0n) return `-${decimal(-value, scale)}`;
  if (scale === 0) return String(value);
  const digits = String(value).padStart(scale + 1, '0');
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** With as many decimals as it has. */
export function trimmedDecimal(value: bigint, scale: number): string {
  const text = decimal(value, scale);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
