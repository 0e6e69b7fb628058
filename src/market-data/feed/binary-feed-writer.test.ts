// Both formats say the same: each binary message beside the JSON of the same events, by the real engine, field by field.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CommandType, Side, TimeInForce } from '../../domain/codes.ts';
import { InProcessExchange } from '../../sim/in-process-exchange.ts';
import { commandOf, limitOrder } from '../../sim/testing/commands.ts';
import { Random } from '../../sim/testing/random.ts';
import { Channel, FeedFormat } from '../../wire/feed-codec.ts';
import { IdKind, PublicIds } from '../../wire/public-id.ts';
import { GatewaySide } from './testing/gateway-side.ts';

const IDS = new PublicIds(1, 2);
const DECIMAL = /^-?\d+\.\d+$/;
const ID = /^[0-9a-f]{8}-/;
const TIME = /^\d{4}-/;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-feed-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A value of JSON as binary has it: ticks and lots, numbers of orders and trades, microseconds. */
function plain(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, key)]));
  }
  if (typeof value !== 'string') return value;
  if (name === 'instrument') return '0';
  if (TIME.test(value)) return String(Date.parse(value) * 1_000 + Number(value.slice(-4, -1)));
  if (DECIMAL.test(value)) return String(Number(value.replace('.', '')));
  const kind = name === 'trade_id' ? IdKind.TRADE : IdKind.ORDER;
  return ID.test(value) ? String(IDS.decode(kind, Buffer.from(value), 0, value.length)) : value;
}

/** A snapshot without a book has no checksum and no sides in JSON, and empty ones in binary. */
const EMPTY_BOOK = { bids: [], asks: [], checksum: '0000000000000000' };

it('says what JSON says', () => {
  const exchange = new InProcessExchange({ directory });
  const side = new GatewaySide(exchange);
  const random = new Random(1);
  const settle = () => {
    exchange.settle();
    exchange.replies();
    side.poll();
  };
  settle();
  const channels = [Channel.LEVEL2, Channel.LEVEL2_BATCH, Channel.FULL, Channel.MATCHES, Channel.TICKER];
  const unchanged = [Channel.CANDLES, Channel.HEARTBEAT];
  const pairs = [...channels, ...unchanged].map((channel) => {
    const asked = { channel, from: channel === Channel.FULL ? 0 : -1 };
    return {
      channel,
      json: side.begin({ ...asked, format: FeedFormat.JSON }),
      binary: side.begin({ ...asked, format: FeedFormat.BINARY }),
    };
  });
  settle();
  for (let n = 1; n <= 400; n++) {
    const rests = random.below(4) > 0;
    const order = limitOrder(`c${random.below(3)}`, random.below(2) === 0 ? Side.BUY : Side.SELL, 7_000_000, 1, {
      priceTicks: 7_000_000 + random.below(40),
      quantityLots: 1 + random.below(1_000_000),
      timeInForce: rests ? TimeInForce.GTC : TimeInForce.IOC,
    });
    const cancel = commandOf(CommandType.CANCEL_ORDER, { targetOrder: 1 + random.below(n) });
    exchange.submit(random.below(5) === 0 ? cancel : order);
    exchange.advance(random.below(20_000));
    settle();
  }
  for (const { channel, json, binary } of pairs) {
    const same = (type: string) => type === 'resumed' || unchanged.some((one) => one === channel);
    const expected = json.messages.map((message) => (same(message.type) ? message : plain(message)));
    if (channel === Channel.MATCHES) Object.assign(expected[0] ?? {}, EMPTY_BOOK);
    expect(binary.messages.length).toBeGreaterThan(channel === Channel.HEARTBEAT ? 2 : 50);
    expect(binary.messages).toEqual(expected);
  }
});
