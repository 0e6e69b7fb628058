// Times as clients read them, by what the platform offers: for rivals. Main thread of the benchmark; pure.

/** `timeUs`: microseconds since the epoch. ISO 8601, UTC, microseconds. */
export function timeByDate(timeUs: number): string {
  const micros = String(timeUs % 1_000).padStart(3, '0');
  return new Date(timeUs / 1_000).toISOString().replace('Z', `${micros}Z`);
}
