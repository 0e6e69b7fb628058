#!/usr/bin/env node
// Cuts a subscriber's connection at random moments under load, as often as asked, and holds every state its book ever had to a replay
// of the journal. A process of its own; starts a Ringbook of its own, and ends it. Results on standard output.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../sim/testing/random.ts';
import { replayBook } from './book-checksums.ts';
import { CutWatch } from './cut-watch.ts';
import { inOwnDirectory } from './own-directory.ts';
import { PacedOrders } from './paced-orders.ts';
import { Progress } from './progress.ts';
import { startRingbook } from './ringbook-child.ts';
import { positiveInteger, runTool } from './usage.ts';

const HELP = `Usage: npm run ws-cuts -- [options]

Subscribes to level2, full and matches of a Ringbook of its own while orders come in, and cuts the connection at random
moments. After each message both books must have the checksum that a replay of the journal has at that sequence, no
command may be missing, and no subscription may begin anew. Exit code 0: so it was; 1: not; 64: wrong usage.

  --cuts N    (1000)
  --rate N    orders a second (2000)
  --seed S    of the moments (made from the time)
  --help      this text
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cuts: { type: 'string', default: '1000' },
      rate: { type: 'string', default: '2000' },
      seed: { type: 'string', default: String((Date.now() % 1_000_000) + 1) },
    },
  });
  const cuts = positiveInteger('cuts', values.cuts);
  const rate = positiveInteger('rate', values.rate);
  const seed = positiveInteger('seed', values.seed);
  process.stdout.write(`seed ${seed}\n`);
  const own = { parent: '/var/tmp', prefix: 'ringbook-ws-cuts-', holds: 'Journal, database and log' };
  return await inOwnDirectory(own, async (directory) => {
    const ringbook = await startRingbook(directory);
    const watch = new CutWatch(ringbook.url);
    try {
      const orders = await PacedOrders.open(ringbook.url, rate);
      orders.begin();
      const progress = new Progress('cuts', cuts);
      await watch.cutOften(cuts, new Random(seed), (done) => progress.update(done));
      await orders.stop();
      await watch.settle();
      process.stdout.write(orders.describe());
    } finally {
      watch.close();
      await ringbook.stop();
    }
    const report = watch.check(replayBook(join(ringbook.dataDirectory, 'shard-0', 'journal'), 0));
    report.same('cuts', cuts, watch.cuts);
    process.stdout.write(report.text());
    return report.passed;
  });
}

runTool('ws-cuts', main, HELP);
