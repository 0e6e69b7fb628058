// The routes of a gateway: one table of paths, methods and who answers. Gateway thread. Owns the uWebSockets app it fills.
// What is not in the table is 404; a path of the table with another method is 405 and names those it knows.

import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { AdminRoutes } from './admin-routes.ts';
import type { Askers } from './asker.ts';
import type { OrderRoutes } from './order-routes.ts';
import type { ReadRoutes } from './read-routes.ts';
import type { Responder } from './responses.ts';
import type { StaticFile } from './static-files.ts';

type Answer = (res: HttpResponse, req: HttpRequest) => void;

interface Route {
  readonly path: string;
  readonly get?: Answer;
  readonly post?: Answer;
  readonly patch?: Answer;
}

export interface RoutesParts {
  readonly orders: OrderRoutes;
  readonly reads: ReadRoutes;
  readonly admin: AdminRoutes;
  readonly files: readonly StaticFile[];
  readonly askers: Askers;
  readonly responder: Responder;
}

function routesOf({ orders, reads, admin, files }: RoutesParts): Route[] {
  return [
    { path: '/orders', post: orders.place },
    { path: '/orders/:id', get: reads.order, patch: orders.amend },
    { path: '/orders/:id/cancel', post: orders.cancel },
    { path: '/orderbook', get: reads.orderbook },
    { path: '/trades', get: reads.trades },
    { path: '/trades/detailed', get: reads.tradesDetailed },
    { path: '/livez', get: admin.livez },
    { path: '/readyz', get: admin.readyz },
    { path: '/healthz', get: admin.healthz },
    { path: '/metrics', get: admin.metrics },
    { path: '/admin/queues.json', get: admin.queues },
    { path: '/admin/snapshot', post: admin.snapshot },
    { path: '/', get: admin.home },
    ...files.map((file) => ({ path: file.path, get: admin.page(file) })),
  ];
}

/** Fills `app`. A GET is answered to HEAD too, without its body. */
export function addRoutes(app: TemplatedApp, parts: RoutesParts): void {
  for (const { path, get, post, patch } of routesOf(parts)) {
    const allowed: string[] = [];
    if (get !== undefined) {
      app.get(path, get).head(path, get);
      allowed.push('GET', 'HEAD');
    }
    if (post !== undefined) {
      app.post(path, post);
      allowed.push('POST');
    }
    if (patch !== undefined) {
      app.patch(path, patch);
      allowed.push('PATCH');
    }
    app.any(path, otherMethod(parts, allowed.join(', ')));
  }
  app.any('/stream', streamWithoutUpgrade(parts));
  app.any('/*', nothingHere(parts));
}

function otherMethod({ askers, responder }: RoutesParts, allowed: string): Answer {
  return (res, req) => {
    const asker = askers.begin(res, req.getMethod() === 'head');
    responder.problem(asker, 'method_not_allowed', `Use ${allowed}.`, { headers: ['Allow', allowed] });
  };
}

/** uWebSockets passes on what is not an upgrade. */
function streamWithoutUpgrade({ askers, responder }: RoutesParts): Answer {
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
