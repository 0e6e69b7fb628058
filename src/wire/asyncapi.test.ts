// The AsyncAPI document: by the rules of AsyncAPI 3.0, in itself consistent, and with every message both ways.

import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from './asyncapi.ts';
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './ws-schemas.ts';

const json = JSON.stringify(asyncApiDocument('1.2.3'));
const document = JSON.parse(json);

interface Reference {
  readonly $ref: string;
}

interface Operation {
  readonly action: string;
  readonly channel: Reference;
  readonly summary: string;
  readonly messages: readonly Reference[];
  readonly reply?: { readonly channel: Reference; readonly messages: readonly Reference[] };
}

const operations = Object.entries<Operation>(document.operations);
const everyReference = [...json.matchAll(/"\$ref":"([^"]*)"/g)].map(([, pointer]) => pointer);

/** What a pointer within the document leads to. */
function at(pointer: string): unknown {
  expect(pointer).toMatch(/^#\//);
  const steps = pointer.slice(2).split('/');
  return steps.reduce<unknown>(
    (node, step) => (typeof node === 'object' && node !== null ? Reflect.get(node, step) : undefined),
    document,
  );
}

const nameOf = ({ $ref }: Reference) => $ref.slice($ref.lastIndexOf('/') + 1);

describe('the AsyncAPI document', () => {
  it('is of version 3.0, says the program’s, and has nothing at the top that the specification lacks', () => {
    expect(document).toMatchObject({ asyncapi: '3.0.0', info: { title: 'Ringbook', version: '1.2.3' } });
    const top = ['asyncapi', 'id', 'info', 'servers', 'defaultContentType', 'channels', 'operations', 'components'];
    expect(Object.keys(document).filter((name) => !top.includes(name))).toEqual([]);
  });

  it('refers only to what it has', () => {
    expect(everyReference.length).toBeGreaterThan(80);
    for (const pointer of everyReference) expect(at(pointer), pointer).toBeTypeOf('object');
  });

  it('says where a server is, and has orders, trades and problems once', () => {
    expect(document.servers.local).toMatchObject({ host: '127.0.0.1:3000', protocol: 'ws' });
    const { schemas } = document.components;
    expect(schemas.error.properties.error).toEqual({ $ref: '#/components/schemas/problem' });
    expect(schemas.userSnapshot.properties.orders.items).toEqual({ $ref: '#/components/schemas/order' });
    for (const [name, times] of [
      ['Order', 1],
      ['Problem (RFC 9457)', 1],
      ['Trade with its clients and fees', 1],
    ] as const) {
      expect(json.split(`"title":"${name}"`).length - 1, name).toBe(times);
    }
  });

  it('has the channel at its address, its messages being components', () => {
    expect(Object.keys(document.channels)).toEqual(['ws']);
    const { ws } = document.channels;
    expect(ws.address).toBe('/ws');
    for (const [name, { $ref }] of Object.entries<Reference>(ws.messages)) {
      expect($ref).toBe(`#/components/messages/${name}`);
    }
    expect(Object.keys(ws.messages)).toEqual(Object.keys(document.components.messages));
  });

  it('calls everything by names that the specification allows', () => {
    const { channels, components } = document;
    for (const map of [channels, document.operations, channels.ws.messages, components.messages, components.schemas]) {
      for (const name of Object.keys(map)) expect(name).toMatch(/^[A-Za-z0-9.\-_]+$/);
    }
  });

  it('has operations that name messages of the channel they are of, and no others', () => {
    expect(operations.length).toBeGreaterThan(5);
    const known = ['action', 'channel', 'summary', 'messages', 'reply'];
    for (const [, operation] of operations) {
      expect(Object.keys(operation).filter((name) => !known.includes(name))).toEqual([]);
      expect(['send', 'receive']).toContain(operation.action);
      for (const { channel, messages } of [operation, operation.reply ?? operation]) {
        expect(channel).toEqual({ $ref: '#/channels/ws' });
        expect(messages.length).toBeGreaterThan(0);
        for (const { $ref } of messages) expect($ref).toMatch(/^#\/channels\/ws\/messages\/\w+$/);
      }
    }
  });

  it('receives every message of clients, and sends every one of the server', () => {
    const received = operations.filter(([, { action }]) => action === 'receive').map(([, operation]) => operation);
    const sent = operations.filter(([, { action }]) => action === 'send').map(([, operation]) => operation);
    const taken = received.flatMap(({ messages }) => messages.map(nameOf));
    const replies = received.flatMap(({ reply }) => reply?.messages.map(nameOf) ?? []);
    expect(taken.sort()).toEqual(Object.keys(CLIENT_MESSAGES).sort());
    const told = [...replies, ...sent.flatMap(({ messages }) => messages.map(nameOf))];
    expect([...new Set(told)].sort()).toEqual(Object.keys(SERVER_MESSAGES).sort());
    for (const { reply } of received) expect(reply).toBeDefined();
  });

  it('has a title, a payload, an example and, of what answers and is answered, where its id stands', () => {
    const { messages } = document.components;
    for (const [name, message] of Object.entries<Record<string, unknown>>(messages)) {
      expect(message).toMatchObject({ name, payload: { $ref: `#/components/schemas/${name}` } });
      expect(message.title, name).not.toBe(name);
      expect(message.examples).toHaveLength(1);
    }
    expect(messages.pong.correlationId).toEqual({ location: '$message.payload#/req_id' });
    expect(messages.refusal.correlationId).toEqual({ location: '$message.payload#/id' });
    expect(messages.ticker).not.toHaveProperty('correlationId');
  });
});
