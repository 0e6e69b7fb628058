// Benchmarks of what clients send and get, over HTTP and /ws, as JSON and binary: orders read into commands, replies,
// messages of the feed; beside what the platform offers for the same.

import { PublicIds } from '#ringbook/wire/public-id.js';
import { LevelChanges } from './level-changes.ts';
import { BODIES, makeOrders } from './orders.ts';
import * as feed from './protocol-feed.ts';
import * as replies from './protocol-replies.ts';
import * as requests from './protocol-requests.ts';
import { RecordedEvents } from './recorded-events.ts';
import { rivals, type Suite, type SuiteOptions } from './suite.ts';

export function protocolSuite(options: SuiteOptions): Suite {
  const operations = options.tiny ? BODIES : 32 * BODIES;
  const orders = makeOrders(options.seed);
  const ids = new PublicIds(options.seed, 0x5eed);
  const events = new RecordedEvents(options);
  const changes = new LevelChanges(events);
  const trades = feed.countTrades(events);
  return {
    name: 'protocol',
    cases: [
      ...rivals('order', 'order body', operations, {
        'order body to command (ours)': requests.parseBody(orders, operations),
        'order body by JSON.parse, unchecked': requests.parseBodyByJson(orders, operations),
      }),
      ...rivals('order', 'order to ring', operations, {
        'order as a body of HTTP to command record': requests.jsonToRecord(orders, operations),
        'order as a JSON frame of /ws to command record': requests.wsJsonToRecord(orders, operations),
        'order as a binary frame of /ws to command record': requests.frameToRecord(orders, operations),
      }),
      ...rivals('answer', 'reply JSON', operations, {
        'reply to JSON (ours)': replies.replyJson(orders, ids, operations),
        'reply by JSON.stringify and Date': replies.replyByStringify(orders, ids, operations),
      }),
      ...rivals('answer', 'reply frame', operations, {
        'reply to a binary frame': replies.replyFrame(orders, operations),
      }),
      ...rivals('message', 'l2update JSON', changes.length, {
        'l2update as JSON (ours)': feed.levelUpdates(feed.jsonFeed(ids), changes),
        'l2update by JSON.stringify and Date': feed.levelUpdatesByStringify(changes),
      }),
      ...rivals('message', 'l2update frame', changes.length, {
        'l2update as a binary frame': feed.levelUpdates(feed.binaryFeed(ids), changes),
      }),
      ...rivals('message', 'match JSON', trades, { 'match as JSON': feed.matches(feed.jsonFeed(ids), events) }),
      ...rivals('message', 'match frame', trades, {
        'match as a binary frame': feed.matches(feed.binaryFeed(ids), events),
      }),
    ],
  };
}
