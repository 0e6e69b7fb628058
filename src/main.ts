#!/usr/bin/env node
// Entry of the process: configuration, data directory, lock, supervisor, signals; or, given words, an operator's tool. Main thread.
// Prints the banner on standard output; everything else is JSON lines on standard error.

import { runCommand } from './command-line.ts';
import { type Config, ConfigError, describeConfig, readConfig } from './config.ts';
import { acquireDataDirectoryLock } from './journal/lock.ts';
import type { RecoveryFacts } from './matching/matching-agent.ts';
import { raiseInliningLimits } from './runtime/inlining.ts';
import { createLogger, type Logger } from './runtime/log.ts';
import { banner } from './supervisor/banner.ts';
import { exitCodeFor } from './supervisor/exit-codes.ts';
import { watchParent } from './supervisor/parent-watch.ts';
import { makeDataDirectory, prepareStorage } from './supervisor/storage.ts';
import { Supervisor } from './supervisor/supervisor.ts';

/** Before there is anything to close: says why and ends. */
function refuse(error: unknown): never {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`ringbook: ${message}\n`);
  process.exit(exitCodeFor({ name, message }));
}

function configure(): Config {
  try {
    return readConfig(process.env, process.cwd());
  } catch (error) {
    if (error instanceof ConfigError) refuse(error);
    throw error;
  }
}

function superviseSignals(supervisor: Supervisor, config: Config): void {
  // A terminal sends Ctrl-C twice when npm passes it on; stop() ignores what comes after the first.
  process.on('SIGINT', () => void supervisor.stop('SIGINT'));
  process.on('SIGTERM', () => void supervisor.stop('SIGTERM'));
  process.on('SIGHUP', () => void supervisor.stop('SIGHUP'));
  if (config.stopWithParent) watchParent(() => void supervisor.stop('npm is gone'));
  process.on('uncaughtException', (error) => void supervisor.crash(error));
  process.on('exit', () => supervisor.closeGateways());
}

function describeRecovery({ sequence, snapshotSequence, frames, cut }: RecoveryFacts): string {
  if (sequence === 0) return 'new';
  const torn = cut === undefined ? '' : '; an unacknowledged torn tail was cut';
  const count = (number: number, what: string) => `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
  const snapshot =
    snapshotSequence === 0 ? '' : `the snapshot of sequence ${snapshotSequence.toLocaleString('en')} and `;
  return `recovered ${count(sequence, 'command')} from ${snapshot}${count(frames, 'frame')}${torn}`;
}

async function run(config: Config, logger: Logger): Promise<void> {
  logger.info(describeConfig(config), 'configuration');
  makeDataDirectory(config);
  // Held until the process is gone; there is nothing to give back by hand.
  acquireDataDirectoryLock(config.dataDir);
  const storage = prepareStorage(config);
  const supervisor = new Supervisor(config, storage, logger);
  superviseSignals(supervisor, config);
  const started = await supervisor.start();
  const { cut, notes, differences } = started.recovered;
  if (cut !== undefined) logger.warn({ cut }, 'cut a torn tail that was never acknowledged');
  for (const note of notes) logger.warn({ note }, 'the start found something that an operator should know');
  for (const difference of differences) {
    logger.warn(
      { difference },
      'an instrument is not as RINGBOOK_INSTRUMENTS says; what was changed at run time stays',
    );
  }
  process.stdout.write(banner(config, storage, started, describeRecovery(started.recovered)));
}

raiseInliningLimits();
const words = process.argv.slice(2);
if (words.length > 0) {
  process.exitCode = await runCommand(words, configure);
} else {
  const config = configure();
  run(config, createLogger(config.logLevel)).catch(refuse);
}
