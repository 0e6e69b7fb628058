// The routes of a gateway: one table of paths, methods and who answers. Gateway thread. Owns the uWebSockets app it fills.
// What is not in the table is 404; a path of the table with another method is 405 and names those it knows.

import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { AccountRoutes } from './account-routes.ts';
import type { AdminRoutes } from './admin-routes.ts';
import type { Askers } from './http-askers.ts';
import type { OrderRoutes } from './order-routes.ts';
import type { ReadRoutes } from './read-routes.ts';
import type { Responder } from './responses.ts';
import type { StaticFile } from './static-files.ts';
import type { VenueRoutes } from './venue-routes.ts';

type Answer = (res: HttpResponse, req: HttpRequest) => void;

interface Route {
  readonly path: string;
  readonly get?: Answer;
  readonly post?: Answer;
  readonly put?: Answer;
  readonly patch?: Answer;
  readonly remove?: Answer;
}

export interface RoutesParts {
  readonly orders: OrderRoutes;
  readonly reads: ReadRoutes;
  readonly accounts: AccountRoutes;
  readonly admin: AdminRoutes;
  readonly venue: VenueRoutes;
  readonly files: readonly StaticFile[];
  readonly askers: Askers;
  readonly responder: Responder;
}

function routesOf({ orders, reads, accounts, admin, venue, files }: RoutesParts): Route[] {
  return [
    { path: '/orders', post: orders.place, remove: orders.massCancel },
    { path: '/orders/:id', get: reads.order, patch: orders.amend },
    { path: '/orders/:id/cancel', post: orders.cancel },
    { path: '/orders/:id/replace', post: orders.replace },
    { path: '/orderbook', get: reads.orderbook },
    { path: '/trades', get: reads.trades },
    { path: '/trades/detailed', get: reads.tradesDetailed },
    { path: '/instruments', get: accounts.instruments },
    { path: '/clients/:id/orders', get: accounts.orders },
    { path: '/clients/:id/positions', get: accounts.positions },
    { path: '/clients/:id/balances', get: accounts.balances },
    { path: '/clearing/settlements', get: accounts.settlements },
    { path: '/clearing/settlements/:cycle', get: accounts.settlement },
    { path: '/openapi.json', get: admin.openApi },
    { path: '/asyncapi.json', get: admin.asyncApi },
    { path: '/livez', get: admin.livez },
    { path: '/readyz', get: admin.readyz },
    { path: '/healthz', get: admin.healthz },
    { path: '/metrics', get: admin.metrics },
    { path: '/admin/queues.json', get: admin.queues },
    { path: '/admin/snapshot', post: admin.snapshot },
    { path: '/admin/resume', post: admin.resume },
    { path: '/admin/instruments', post: venue.instrument },
    { path: '/admin/instruments/:name/status', post: venue.instrumentStatus },
    { path: '/admin/kill-switch', post: venue.killSwitch },
    { path: '/admin/clients/:id/limits', put: venue.clientLimits },
    { path: '/admin/deposits', post: venue.deposit },
    { path: '/admin/withdrawals', post: venue.withdrawal },
    { path: '/admin/settlements', post: venue.settlement },
    { path: '/', get: admin.home },
    ...files.map((file) => ({ path: file.path, get: admin.page(file) })),
  ];
}

/** Fills `app`. A GET is answered to HEAD too, without its body. */
export function addRoutes(app: TemplatedApp, parts: RoutesParts): void {
  for (const { path, get, post, put, patch, remove } of routesOf(parts)) {
    const allowed: string[] = [];
    if (get !== undefined) {
      app.get(path, get).head(path, get);
      allowed.push('GET', 'HEAD');
    }
    const others = [
      ['POST', 'post', post],
      ['PUT', 'put', put],
      ['PATCH', 'patch', patch],
      ['DELETE', 'del', remove],
    ] as const;
    for (const [method, register, answer] of others) {
      if (answer === undefined) continue;
      app[register](path, answer);
      allowed.push(method);
    }
    app.any(path, otherMethod(parts, allowed.join(', ')));
  }
  for (const path of ['/stream', '/ws']) app.any(path, withoutUpgrade(parts));
  app.any('/*', nothingHere(parts));
}

function otherMethod({ askers, responder }: RoutesParts, allowed: string): Answer {
  return (res, req) => {
    const asker = askers.begin(res, req.getMethod() === 'head');
    responder.problem(asker, 'method_not_allowed', `Use ${allowed}.`, { headers: ['Allow', allowed] });
  };
}

/** uWebSockets passes on what is not an upgrade. */
function withoutUpgrade({ askers, responder }: RoutesParts): Answer {
  return (res, req) => {
    const method = req.getMethod();
    const asker = askers.begin(res, method === 'head');
    const detail = 'This is a WebSocket: connect to it as ws://.';
    if (method !== 'get') responder.problem(asker, 'method_not_allowed', detail, { headers: ['Allow', 'GET'] });
    else responder.problem(asker, 'method_not_allowed', detail, { status: 426, headers: ['Upgrade', 'websocket'] });
  };
}

function nothingHere({ askers, responder }: RoutesParts): Answer {
  return (res, req) => {
    const asker = askers.begin(res, req.getMethod() === 'head');
    responder.problem(asker, 'not_found', 'There is no such path.');
  };
}
