// Routes of operations: health, metrics, the queues page and its figures, the engine snapshot, going on
// after the disk was full. Gateway thread.
// Owns nothing: what concerns the whole process is rendered by the main thread, which is asked.

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { ProcessState, StorageState, storageStateName } from '../runtime/process-state.ts';
import { RequestFields } from '../wire/request-fields.ts';
import { type AdminAccess, admitAdmin } from './admin-access.ts';
import { admitRead } from './admission.ts';
import { askMain } from './ask-main.ts';
import type { Asker } from './asker.ts';
import type { BodyReader } from './body.ts';
import type { GatewayContext, PlainQuestion } from './context.ts';
import type { Askers } from './http-askers.ts';
import { requireJsonIfAny } from './media-type.ts';
import { JSON_TYPE, NO_STORE, type Responder } from './responses.ts';
import type { StaticFile } from './static-files.ts';

/** The main thread renders in a millisecond; when it takes this long something is wrong with it. */
const MAIN_TIMEOUT_MS = 5_000;
/** A snapshot replays what came since the one before, and a large one is long to write. */
const SNAPSHOT_TIMEOUT_MS = 60_000;
const STATE_NAMES = ['recovering', 'open', 'draining', 'poisoned', 'closing', 'finishing'];

export interface AdminRoutesParts {
  readonly context: GatewayContext;
  readonly askers: Askers;
  readonly responder: Responder;
  readonly bodies: BodyReader;
  readonly access: AdminAccess;
}

export class AdminRoutes {
  readonly #parts: AdminRoutesParts;
  /** What a snapshot or a resumption may be told: nothing, so that nobody takes a setting for heard. */
  readonly #nothing = new RequestFields([]);

  constructor(parts: AdminRoutesParts) {
    this.#parts = parts;
  }

  /** GET /livez: the thread that answers is alive, and a process that is not is no process. */
  readonly livez = (res: HttpResponse, req: HttpRequest): void => {
    this.#parts.responder.json(this.#begin(res, req), '{"status":"ok"}');
  };

  /** GET /readyz: whether orders are taken now. `?verbose` makes no difference: the body says it all. */
  readonly readyz = (res: HttpResponse, req: HttpRequest): void => {
    const { context, responder } = this.#parts;
    const state = context.state.get();
    const { storage } = context.state;
    const ready = state === ProcessState.OPEN && storage === StorageState.ROOM;
    const isShort = state === ProcessState.OPEN && !ready;
    const name = isShort ? `storage_${storageStateName(storage)}` : (STATE_NAMES[state] ?? 'unknown');
    const body = JSON.stringify({ status: ready ? 'ready' : 'not_ready', state: name });
    responder.send(this.#begin(res, req), ready ? 200 : 503, JSON_TYPE, body, NO_STORE);
  };

  /** GET /healthz */
  readonly healthz = (res: HttpResponse, req: HttpRequest): void => this.#askMain(this.#begin(res, req), 'health');

  /** GET /metrics */
  readonly metrics = (res: HttpResponse, req: HttpRequest): void => this.#askMain(this.#begin(res, req), 'metrics');

  /** GET /admin/queues.json */
  readonly queues = (res: HttpResponse, req: HttpRequest): void => {
    const asker = this.#begin(res, req);
    if (this.#admit(asker, res, req)) this.#askMain(asker, 'queues');
  };

  /** POST /admin/snapshot: the body, if any, is an empty object. */
  readonly snapshot = (res: HttpResponse, req: HttpRequest): void =>
    this.#whenToldNothing(res, req, (asker) => this.#askMain(asker, 'snapshot', SNAPSHOT_TIMEOUT_MS));

  /** POST /admin/resume: takes orders again after the disk was full. The body, if any, is an empty object. */
  readonly resume = (res: HttpResponse, req: HttpRequest): void =>
    this.#whenToldNothing(res, req, (asker) => this.#askMain(asker, 'resume'));

  /** `then`: the asker is the operator, and the body says nothing. */
  #whenToldNothing(res: HttpResponse, req: HttpRequest, then: (asker: Asker) => void): void {
    const { context, responder, bodies } = this.#parts;
    const asker = this.#begin(res, req);
    if (!this.#admit(asker, res, req) || !requireJsonIfAny(asker, req, responder)) return;
    bodies.read(asker, res, (who, bytes) => {
      if (!admitRead(context.state, who, responder)) return;
      if (bytes.length === 0 || this.#nothing.collect(bytes, 0, bytes.length)) {
        then(who);
        return;
      }
      const { status, code, field, detail } = this.#nothing.problem;
      responder.problem(who, code, detail, { status, field });
    });
  }

  /** GET of a page or a part of one. With a token set, the page asks for it; without, only this machine sees the page. */
  page(file: StaticFile): (res: HttpResponse, req: HttpRequest) => void {
    const { access, responder } = this.#parts;
    return (res, req) => {
      const asker = this.#begin(res, req);
      if (!access.byToken && !this.#admit(asker, res, req)) return;
      responder.send(asker, 200, file.contentType, file.body, file.headers);
    };
  }

  /** GET /openapi.json */
  readonly openApi = (res: HttpResponse, req: HttpRequest): void => this.#askMain(this.#begin(res, req), 'openapi');

  /** GET /asyncapi.json */
  readonly asyncApi = (res: HttpResponse, req: HttpRequest): void => this.#askMain(this.#begin(res, req), 'asyncapi');

  /** GET /: the first page there is. */
  readonly home = (res: HttpResponse, req: HttpRequest): void => {
    const headers = ['Location', '/admin/queues', ...NO_STORE];
    this.#parts.responder.send(this.#begin(res, req), 302, 'text/plain; charset=utf-8', 'See /admin/queues\n', headers);
  };

  #begin(res: HttpResponse, req: HttpRequest): Asker {
    return this.#parts.askers.begin(res, req.getMethod() === 'head');
  }

  /** False: answered already. */
  #admit(asker: Asker, res: HttpResponse, req: HttpRequest): boolean {
    return admitAdmin(this.#parts.access, asker, res, req, this.#parts.responder);
  }

  #askMain(asker: Asker, kind: PlainQuestion['kind'], timeoutMs = MAIN_TIMEOUT_MS): void {
    const { context, responder } = this.#parts;
    askMain(context, responder, asker, { kind }, timeoutMs);
  }
}
