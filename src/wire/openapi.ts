// The OpenAPI 3.1 document of the HTTP API: from the schemas of bodies and replies, the table of problems and the table of
// reasons. Built once by whoever serves it. What the table of operations says, the gateway's routes do.

import type { TSchema } from 'typebox';
import { REASONS } from '../domain/reasons.ts';
import { DEPTH_LEVELS_MAX } from './depth-codec.ts';
import { PROBLEM_MEDIA_TYPE, PROBLEMS, type ProblemKind } from './problem.ts';
import { ORDERS_LIMIT_MAX, SETTLEMENTS_LIMIT_MAX, TRADES_LIMIT_MAX } from './query-codec.ts';
import * as Q from './request-schemas.ts';
import * as S from './schemas.ts';
import * as T from './status-schemas.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

const REPLIES = { ...S, ...T };

interface Operation {
  /** What generated clients call it: it never changes. */
  readonly id: string;
  readonly method: Method;
  /** Parameters in braces. */
  readonly path: string;
  readonly summary: string;
  /** The body's component, and whether it may be left out. */
  readonly body?: keyof typeof Q;
  readonly bodyOptional?: boolean;
  /** Query parameters and what they are. */
  readonly query?: Readonly<Record<string, object>>;
  /** By status: the components that the reply may be one of; none when it is free. */
  readonly replies: Readonly<Record<number, readonly (keyof typeof REPLIES)[]>>;
  /** The reply is a list of them. */
  readonly list?: boolean;
  /** Takes an idempotency key, and says when it has answered again. */
  readonly keyed?: boolean;
  /** Tells the times of its way to who asks for them. */
  readonly timed?: boolean;
  /** Needs the operator's token. */
  readonly admin?: boolean;
}

const text = (description: string) => ({ schema: { type: 'string' }, description });
const upTo = (maximum: number) => ({ schema: { type: 'integer', minimum: 1, maximum } });
const INSTRUMENT = text('The first listed one when left out.');
const PAST_SEQUENCE = {
  schema: { type: 'integer', minimum: 0 },
  description: 'As it was after that command, replayed from the journal; 503 when history does not reach back.',
};

const OPERATIONS: readonly Operation[] = [
  {
    ...{
      id: 'placeOrder',
      method: 'post',
      path: '/orders',
      summary: 'Places an order, or says what it would do (dry_run)',
    },
    ...{
      body: 'OrderRequestSchema',
      keyed: true,
      timed: true,
      replies: { 202: ['OrderReplySchema'], 200: ['DryRunSchema'] },
    },
  },
  {
    ...{ id: 'cancelOrders', method: 'delete', path: '/orders', summary: 'Cancels many orders at once' },
    query: {
      client_id: text("Whose; every client's are for the operator."),
      instrument: text('Of every one when left out.'),
      side: { schema: { enum: ['buy', 'sell'] }, description: 'Both when left out.' },
      idempotency_key: text('Needs a client_id.'),
    },
    ...{ keyed: true, timed: true, replies: { 202: ['MassCancelReplySchema'] } },
  },
  {
    ...{ id: 'getOrder', method: 'get', path: '/orders/{order_id}', summary: 'An order as it is' },
    ...{ replies: { 200: ['OrderSchema'] } },
  },
  {
    ...{
      id: 'amendOrder',
      method: 'patch',
      path: '/orders/{order_id}',
      summary: 'Changes price or total quantity of an order',
    },
    ...{ body: 'AmendRequestSchema', keyed: true, timed: true, replies: { 202: ['OrderReplySchema'] } },
  },
  {
    ...{ id: 'cancelOrder', method: 'post', path: '/orders/{order_id}/cancel', summary: 'Cancels an order' },
    ...{
      body: 'CancelRequestSchema',
      bodyOptional: true,
      keyed: true,
      timed: true,
      replies: { 202: ['CancelReplySchema'] },
    },
  },
  {
    ...{
      id: 'replaceOrder',
      method: 'post',
      path: '/orders/{order_id}/replace',
      summary: 'Places an order in the stead of another',
    },
    ...{ body: 'ReplaceRequestSchema', keyed: true, timed: true, replies: { 202: ['OrderReplySchema'] } },
  },
  {
    ...{ id: 'getOrderBook', method: 'get', path: '/orderbook', summary: 'The best price levels' },
    query: { instrument: INSTRUMENT, levels: upTo(DEPTH_LEVELS_MAX), at_sequence: PAST_SEQUENCE },
    ...{ replies: { 200: ['OrderBookSchema'] } },
  },
  {
    ...{ id: 'listTrades', method: 'get', path: '/trades', summary: 'The newest trades' },
    query: { instrument: INSTRUMENT, limit: upTo(TRADES_LIMIT_MAX) },
    ...{ replies: { 200: ['TradeSchema'] }, list: true },
  },
  {
    ...{
      id: 'listDetailedTrades',
      method: 'get',
      path: '/trades/detailed',
      summary: 'The newest trades with their clients and fees',
    },
    query: { instrument: INSTRUMENT, limit: upTo(TRADES_LIMIT_MAX) },
    ...{ replies: { 200: ['DetailedTradeSchema'] }, list: true },
  },
  {
    ...{ id: 'listInstruments', method: 'get', path: '/instruments', summary: 'What is listed' },
    ...{ replies: { 200: ['InstrumentSchema'] }, list: true },
  },
  {
    ...{
      id: 'listClientOrders',
      method: 'get',
      path: '/clients/{client_id}/orders',
      summary: 'Live orders of a client',
    },
    query: {
      instrument: text('Of every one when left out.'),
      limit: upTo(ORDERS_LIMIT_MAX),
      after: text('The `next` of the page before.'),
    },
    ...{ replies: { 200: ['ClientOrdersSchema'] } },
  },
  {
    ...{
      id: 'getPositions',
      method: 'get',
      path: '/clients/{client_id}/positions',
      summary: 'Positions, open quantities and limits',
    },
    ...{ replies: { 200: ['PositionsSchema'] } },
  },
  {
    ...{
      id: 'getBalances',
      method: 'get',
      path: '/clients/{client_id}/balances',
      summary: 'Balances, and what orders hold of them',
    },
    ...{ replies: { 200: ['BalancesSchema'] } },
  },
  {
    ...{ id: 'listSettlements', method: 'get', path: '/clearing/settlements', summary: 'The newest settlement cycles' },
    query: { limit: upTo(SETTLEMENTS_LIMIT_MAX) },
    ...{ replies: { 200: ['SettlementsSchema'] } },
  },
  {
    ...{
      id: 'getSettlement',
      method: 'get',
      path: '/clearing/settlements/{cycle}',
      summary: 'A settlement cycle with its obligations',
    },
    query: { client_id: text('Only its obligations.') },
    ...{ replies: { 200: ['SettlementSchema'] } },
  },
  {
    ...{
      id: 'defineInstrument',
      method: 'post',
      path: '/admin/instruments',
      summary: 'Adds an instrument, or changes one',
      admin: true,
    },
    ...{ body: 'InstrumentRequestSchema', replies: { 202: ['InstrumentReplySchema'] } },
  },
  {
    ...{
      id: 'setInstrumentStatus',
      method: 'post',
      path: '/admin/instruments/{name}/status',
      summary: 'Halts, opens or delists',
      admin: true,
    },
    ...{ body: 'InstrumentStatusRequestSchema', replies: { 202: ['InstrumentReplySchema'] } },
  },
  {
    ...{
      id: 'setKillSwitch',
      method: 'post',
      path: '/admin/kill-switch',
      summary: 'Lets only cancels pass, or all again',
      admin: true,
    },
    ...{ body: 'KillSwitchRequestSchema', replies: { 202: ['AppliedReplySchema', 'MassCancelReplySchema'] } },
  },
  {
    ...{
      id: 'setClientLimits',
      method: 'put',
      path: '/admin/clients/{client_id}/limits',
      summary: 'Sets the limits of a client',
      admin: true,
    },
    ...{ body: 'ClientLimitsRequestSchema', replies: { 202: ['AppliedReplySchema'] } },
  },
  {
    ...{ id: 'deposit', method: 'post', path: '/admin/deposits', summary: 'Adds to a balance', admin: true },
    ...{ body: 'BalanceAdjustmentRequestSchema', keyed: true, replies: { 202: ['AppliedReplySchema'] } },
  },
  {
    ...{ id: 'withdraw', method: 'post', path: '/admin/withdrawals', summary: 'Takes from a balance', admin: true },
    ...{ body: 'BalanceAdjustmentRequestSchema', keyed: true, replies: { 202: ['AppliedReplySchema'] } },
  },
  {
    ...{
      id: 'closeSettlement',
      method: 'post',
      path: '/admin/settlements',
      summary: 'Closes the settlement cycle',
      admin: true,
    },
    ...{ body: 'SettlementRequestSchema', bodyOptional: true },
    ...{ keyed: true, replies: { 202: ['SettlementReplySchema'] } },
  },
  {
    ...{
      id: 'takeSnapshot',
      method: 'post',
      path: '/admin/snapshot',
      summary: 'Takes an engine snapshot',
      admin: true,
    },
    ...{ body: 'SnapshotRequestSchema', bodyOptional: true, replies: { 200: [] } },
  },
  {
    ...{
      id: 'resume',
      method: 'post',
      path: '/admin/resume',
      summary: 'Takes orders again after disk space ran short',
      admin: true,
    },
    ...{ body: 'ResumeRequestSchema', bodyOptional: true, replies: { 200: ['ResumedSchema'] } },
  },
  {
    ...{ id: 'getLiveness', method: 'get', path: '/livez', summary: 'Whether the process lives' },
    ...{ replies: { 200: ['LivenessSchema'] } },
  },
  {
    ...{ id: 'getReadiness', method: 'get', path: '/readyz', summary: 'Whether orders are taken' },
    ...{ replies: { 200: ['ReadinessSchema'], 503: ['ReadinessSchema'] } },
  },
  {
    ...{ id: 'getHealth', method: 'get', path: '/healthz', summary: 'Whether everything it uses is connected' },
    ...{ replies: { 200: ['HealthSchema'], 503: ['HealthSchema', 'ProblemSchema'] } },
  },
];

const DESCRIPTION = `Numbers are read exactly as written, as JSON numbers or decimal strings; decimals in replies are strings.
A new order that got a sequence number is answered 202 even when it was rejected (status, reject_reason). 4xx means not
executed; 5xx or no answer means unknown unless the body says executed: "no", and the same idempotency key finds it out.`;

const header = (description: string, schema: object) => ({ description, schema });
const KEYED_HEADERS = {
  'Idempotent-Replayed': header('Only when the key was known: this is the first reply again.', { const: 'true' }),
};
const TIMED_HEADERS = {
  'Server-Timing': header(
    'Only when asked for by X-Timing, also with a refusal by the engine: receive, ring, journal, match and send, milliseconds.',
    { type: 'string' },
  ),
};
const X_TIMING = {
  ...{ name: 'X-Timing', in: 'header', schema: { const: '1' } },
  description: 'Asks for Server-Timing: where the time of this one request went.',
};
const PROBLEM_HEADERS = {
  'Retry-After': header('Only with 503: seconds after which to try again.', { type: 'integer', minimum: 1 }),
  'X-Request-Id': header('As in the body.', { type: 'string' }),
};

/** The document, ready for JSON.stringify. `version` is that of the program. */
export function openApiDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] ??= {};
    paths[operation.path][operation.method] = operationObject(operation);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Ringbook', version, description: `${DESCRIPTION}\n\n${reasonTable()}\n\n${problemTable()}` },
    paths,
    components: {
      schemas: { ...components(Q), ...components(REPLIES) },
      responses: {
        Problem: { description: 'A problem', headers: PROBLEM_HEADERS, content: replyContent(['ProblemSchema']) },
      },
      securitySchemes: { operator: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function operationObject(operation: Operation): object {
  const { id, path, summary, replies, query = {}, admin, list = false, keyed = false, timed = false } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }));
  const inQuery = Object.entries(query).map(([name, about]) => ({ name, in: 'query', ...about }));
  const parameters = [...inPath, ...inQuery, ...(timed ? [X_TIMING] : [])];
  const headers = { ...(keyed ? KEYED_HEADERS : {}), ...(timed ? TIMED_HEADERS : {}) };
  const responses = Object.entries(replies).map(([status, names]) => [
    status,
    {
      description: summary,
      ...(keyed && status === '202' ? { headers } : {}),
      ...(names.length === 0 ? {} : { content: replyContent(names, list) }),
    },
  ]);
  return {
    operationId: id,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...bodyObject(operation),
    responses: { ...Object.fromEntries(responses), default: { $ref: '#/components/responses/Problem' } },
    ...(admin === true ? { security: [{ operator: [] }] } : {}),
  };
}

function bodyObject({ body, bodyOptional }: Operation): object {
  if (body === undefined) return {};
  return { requestBody: { required: bodyOptional !== true, content: content('application/json', ref(body)) } };
}

/** By media type: problems have one of their own. */
function replyContent(names: readonly string[], list = false): object {
  const problems = names.filter((name) => name === 'ProblemSchema');
  const others = names.filter((name) => name !== 'ProblemSchema');
  const one = others.length === 1 ? ref(others[0]) : { anyOf: others.map(ref) };
  return {
    ...(others.length === 0 ? {} : content('application/json', list ? { type: 'array', items: one } : one)),
    ...(problems.length === 0 ? {} : content(PROBLEM_MEDIA_TYPE, ref('ProblemSchema'))),
  };
}

function content(mediaType: string, schema: object): object {
  return { [mediaType]: { schema } };
}

/** A component is called like its schema, without the word. */
function ref(name: string): object {
  return { $ref: `#/components/schemas/${componentName(name)}` };
}

function componentName(name: string): string {
  return name.replace(/Schema$/, '');
}

function components(schemas: Readonly<Record<string, TSchema>>): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [componentName(name), schema]));
}

function reasonTable(): string {
  const rows = [...REASONS].map(([number, { name, text: sentence }]) => `| ${number} | \`${name}\` | ${sentence} |`);
  return ['## Reasons', '', '| Number | Name | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function problemTable(): string {
  const rows = Object.entries(PROBLEMS).map(([code, { status, title, executed, retry }]: [string, ProblemKind]) =>
    ['', `\`${code}\``, status, title, executed, retry, ''].join(' | ').trim(),
  );
  return ['## Problems', '', '| Code | Status | Meaning | Executed | Retry |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}
