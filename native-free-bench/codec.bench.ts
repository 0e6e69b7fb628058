// Benchmarks of the formats that everything is made of: decimals, public ids, command records, event records; beside
// what the platform offers for the same.

import { Command } from '#ringbook/domain/command.js';
import { decodeCommand } from '#ringbook/wire/command-codec.js';
import { formatDecimal, parseDecimal, writeDecimal } from '#ringbook/wire/decimal.js';
import { OrderRequestParser } from '#ringbook/wire/order-request.js';
import { IdKind, PUBLIC_ID_BYTES, PublicIds } from '#ringbook/wire/public-id.js';
import { decodeEvents, encodeEvents } from './event-codec.ts';
import { BODIES, INSTRUMENTS, makeOrders, type Order, QUANTITY_SCALE, TIME_US } from './orders.ts';
import { RecordSlot } from './record-slot.ts';
import { RecordedEvents } from './recorded-events.ts';
import { foldBytes, HASH_START, hashWord, type Run, rivals, type Suite, type SuiteOptions } from './suite.ts';

export function codecSuite(options: SuiteOptions): Suite {
  const operations = options.tiny ? BODIES : 32 * BODIES;
  const orders = makeOrders(options.seed);
  const ids = new PublicIds(options.seed, 0x5eed);
  const events = new RecordedEvents(options);
  const encoded = encodeEvents(options);
  return {
    name: 'codec',
    cases: [
      ...rivals('decimal', 'decimal read', operations, {
        'decimal read (ours)': readDecimals(orders, operations),
        'decimal by Number, inexact': readDecimalsByNumber(orders, operations),
      }),
      ...rivals('decimal', 'decimal written', operations, {
        'decimal written (ours)': writeDecimals(orders, operations),
        'decimal by String': writeDecimalsByString(orders, operations),
      }),
      ...rivals('id', 'public id written', operations, {
        'public id written': writeIds(ids, operations),
      }),
      ...rivals('id', 'public id decoded', operations, {
        'public id decoded': decodeIds(ids, operations, options.seed),
      }),
      ...rivals('command', 'command', operations, {
        'command encoded and decoded': commands(orders, operations),
      }),
      ...rivals('event', 'events encoded', encoded.operations, { 'event encoded': encoded.run }),
      ...rivals('event', 'events decoded', events.length, { 'event decoded': decodeEvents(events) }),
    ],
  };
}

function decimalTexts(orders: readonly Order[]): readonly Uint8Array[] {
  return orders.map((order) => Buffer.from(formatDecimal(order.quantityLots, QUANTITY_SCALE)));
}

function readDecimals(orders: readonly Order[], operations: number): Run {
  const texts = decimalTexts(orders);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const text = texts[n % BODIES];
      hash = hashWord(hash, parseDecimal(text, 0, text.length, QUANTITY_SCALE));
    }
    return hash;
  };
}

function readDecimalsByNumber(orders: readonly Order[], operations: number): Run {
  const texts = decimalTexts(orders).map((text) => Buffer.from(text));
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const text = texts[n % BODIES];
      hash = hashWord(hash, Math.round(Number(text.toString('latin1')) * 1e8));
    }
    return hash;
  };
}

function writeDecimals(orders: readonly Order[], operations: number): Run {
  const out = new Uint8Array(32);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      hash = foldBytes(hash, out, writeDecimal(out, 0, orders[n % BODIES].quantityLots, QUANTITY_SCALE));
    }
    return hash;
  };
}

function writeDecimalsByString(orders: readonly Order[], operations: number): Run {
  const out = Buffer.alloc(32);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const text = formatDecimal(orders[n % BODIES].quantityLots, QUANTITY_SCALE);
      hash = foldBytes(hash, out, out.write(text, 'latin1'));
    }
    return hash;
  };
}

function writeIds(ids: PublicIds, operations: number): Run {
  const out = new Uint8Array(PUBLIC_ID_BYTES);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      hash = foldBytes(hash, out, ids.write(out, 0, IdKind.ORDER, n, TIME_US + n * 1_000));
    }
    return hash;
  };
}

function decodeIds(ids: PublicIds, operations: number, seed: number): Run {
  const texts = Array.from({ length: BODIES }, (_, n) => {
    const text = new Uint8Array(PUBLIC_ID_BYTES);
    ids.write(text, 0, IdKind.ORDER, n * 1_000_003 + seed, TIME_US);
    return text;
  });
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      hash = hashWord(hash, ids.decode(IdKind.ORDER, texts[n % BODIES], 0, PUBLIC_ID_BYTES));
    }
    return hash;
  };
}

function commands(orders: readonly Order[], operations: number): Run {
  const parser = new OrderRequestParser(INSTRUMENTS);
  const parsed = orders.map(({ body }) => {
    const command = new Command();
    if (!parser.parse(body, 0, body.length, command)) throw new Error(parser.problem.detail);
    return command;
  });
  const slot = new RecordSlot();
  const command = new Command();
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      slot.write(parsed[n % BODIES], n);
      hash = hashWord(hash, decodeCommand(slot.bytes, slot.view, 0, command));
      hash = hashWord(hash, command.priceTicks + slot.bytes[command.keyOffset]);
    }
    return hash;
  };
}
