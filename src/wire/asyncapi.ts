// The AsyncAPI 3.0 document of /ws: from the schemas of its messages and an example of each. Built once by whoever serves it.
// Actions are the server's: it receives what clients ask and sends what they are subscribed to. Binary frames are
// described in WIRE.md alone.

import { DetailedTradeSchema, OrderSchema, ProblemSchema } from './schemas.ts';
import { WS_EXAMPLES } from './ws-examples.ts';
import { CLIENT_MESSAGES, SERVER_MESSAGES, type WsMessageName } from './ws-schemas.ts';

const CHANNEL = { $ref: '#/channels/ws' };
const MESSAGES = { ...CLIENT_MESSAGES, ...SERVER_MESSAGES };

type ClientMessageName = keyof typeof CLIENT_MESSAGES;
type ServerMessageName = keyof typeof SERVER_MESSAGES;

interface Received {
  readonly summary: string;
  readonly takes: readonly ClientMessageName[];
  readonly answers: readonly ServerMessageName[];
}

interface Sent {
  readonly summary: string;
  readonly messages: readonly ServerMessageName[];
}

/** By name, which never changes: generated code has it. */
const RECEIVED: Readonly<Record<string, Received>> = {
  subscribe: {
    ...{ summary: 'Begins and ends subscriptions', takes: ['subscribe', 'unsubscribe'] },
    ...{ answers: ['subscriptions', 'error'] },
  },
  ping: { summary: 'Asks for a sign of life', takes: ['ping'], answers: ['pong', 'error'] },
  request: {
    summary: 'Requests about orders, answered once each when they are durable',
    takes: ['place', 'cancel', 'amend', 'replace', 'cancelAll', 'status', 'cancelOnDisconnect', 'cancelAfter'],
    answers: ['result', 'refusal'],
  },
};

const SENT: Readonly<Record<string, Sent>> = {
  book: { summary: 'Channels level2 and level2_batch', messages: ['level2Snapshot', 'l2update'] },
  orders: { summary: 'Channel full', messages: ['fullSnapshot', 'full'] },
  trades: { summary: 'Channel matches', messages: ['matchesSnapshot', 'match'] },
  clientOrders: { summary: 'Channel user', messages: ['userSnapshot', 'user'] },
  newest: { summary: 'Channels ticker, candles and heartbeat', messages: ['ticker', 'candle', 'heartbeat'] },
  gaps: { summary: 'What was missed, or left out', messages: ['resumed', 'conflated'] },
};

const DESCRIPTION = `Market data and order entry on one socket, JSON text frames. Decimals are strings at the instrument's scale; \`sequence\`
is the engine's, one number for each command. A message that is too long comes in parts: all but the last have \`"more":true\`.
How to keep a verified book, what closes a socket and the binary frames: src/wire/WEBSOCKET.md.`;

/** Which one it is asked of, the document does not know. */
const LOCAL = {
  ...{ host: '127.0.0.1:3000', protocol: 'ws' },
  description: 'A server with the default settings (HOST, PORT). Behind a proxy with TLS the protocol is wss.',
};

/** What many messages have: a component each, referred to wherever it stands. */
const SHARED = { order: OrderSchema, trade: DetailedTradeSchema, problem: ProblemSchema };
const REFERENCES: ReadonlyMap<unknown, object> = new Map(
  Object.entries(SHARED).map(([name, schema]) => [schema, { $ref: `#/components/schemas/${name}` }]),
);

/** The document, ready for JSON.stringify. `version` is that of the program. */
export function asyncApiDocument(version: string): object {
  const names = messageNames();
  return {
    asyncapi: '3.0.0',
    info: { title: 'Ringbook', version, description: DESCRIPTION },
    servers: { local: LOCAL },
    defaultContentType: 'application/json',
    channels: {
      ws: {
        address: '/ws',
        title: 'Market data and orders',
        messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
      },
    },
    operations: {
      ...mapValues(RECEIVED, receiveOperation),
      ...mapValues(SENT, ({ summary, messages }) => ({
        ...{ action: 'send', channel: CHANNEL, summary, messages: messages.map(ofChannel) },
      })),
    },
    components: {
      schemas: { ...mapValues(MESSAGES, withReferences), ...SHARED },
      messages: Object.fromEntries(names.map((name) => [name, messageObject(name)])),
    },
  };
}

function messageNames(): WsMessageName[] {
  const isName = (name: string): name is WsMessageName => Object.hasOwn(MESSAGES, name);
  return Object.keys(MESSAGES).filter(isName);
}

function receiveOperation({ summary, takes, answers }: Received): object {
  return {
    ...{ action: 'receive', channel: CHANNEL, summary, messages: takes.map(ofChannel) },
    reply: { channel: CHANNEL, messages: answers.map(ofChannel) },
  };
}

/** Operations name the messages of their channel, not the components those are. */
function ofChannel(name: WsMessageName): object {
  return { $ref: `#/channels/ws/messages/${name}` };
}

function messageObject(name: WsMessageName): object {
  const payload = WS_EXAMPLES[name];
  const { title } = { title: name, ...MESSAGES[name] };
  const id = ['req_id', 'id'].find((member) => member in payload);
  return {
    name,
    title,
    contentType: 'application/json',
    ...(id === undefined ? {} : { correlationId: { location: `$message.payload#/${id}` } }),
    payload: { $ref: `#/components/schemas/${name}` },
    examples: [{ payload }],
  };
}

/** `schema` with a reference for each part that is a component of its own. */
function withReferences(schema: object): object {
  const replace = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    return REFERENCES.get(part) ?? withReferences(part);
  };
  if (Array.isArray(schema)) return schema.map(replace);
  return Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, replace(part)]));
}

function mapValues<T>(table: Readonly<Record<string, T>>, map: (value: T) => object): Record<string, object> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, map(value)]));
}
