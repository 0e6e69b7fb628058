// Log: one JSON line per event in the life of the process, never one per order. The only file that knows pino.
// Any thread makes its own; lines are written synchronously, so none is lost when a thread ends and none needs another thread.
// Must never be called on a hot path: a line costs microseconds and a system call.
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Anything that takes whole lines; tests collect them. */
export interface LineSink {
  write(line: string): void;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** A logger at `level`, one of LOG_LEVELS. To standard error: standard output is for results. */
export function createLogger(level: string, sink: LineSink = pino.destination({ dest: 2, sync: true })): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
}
