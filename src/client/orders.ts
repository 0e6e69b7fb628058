// Order entry: what each request is called, what it is given and what comes back. Every command has an idempotency key, so
// that a lost answer can be asked for again.

import { newIdempotencyKey } from './idempotency-key.ts';
import type {
  AmendRequest,
  Asking,
  CancelAllReply,
  CancelAllRequest,
  CancelReply,
  CancelRequest,
  DryRun,
  Order,
  OrderReply,
  PlaceRequest,
  ReplaceRequest,
} from './messages.ts';
import { isRecord, type JsonRecord } from './reader.ts';
import type { Requests } from './requests.ts';

export interface RequestOptions {
  /** Milliseconds until its outcome is called unknown, instead of the client's own `deadlineMs`. */
  readonly deadlineMs?: number;
}

/**
 * All promises reject with RingbookError when the request was refused or cannot have been executed, with OutcomeUnknown when
 * it may have been, and with TypeError when no client is named.
 */
export class Orders {
  readonly #requests: Requests;
  readonly #clientId: string | undefined;
  readonly #deadlineMs: number;
  /** The clients whose orders end with the socket. */
  readonly #cancelledOnDisconnect = new Set<string>();

  constructor(requests: Requests, clientId: string | undefined, deadlineMs: number) {
    this.#requests = requests;
    this.#clientId = clientId;
    this.#deadlineMs = deadlineMs;
  }

  /** Resolves once the order is durable; it may have been rejected: see `status` and `reject_reason`. */
  async place(order: PlaceRequest, options?: RequestOptions): Promise<OrderReply> {
    return this.#command('order.place', order, isOrder, options);
  }

  /** What `order` would do. */
  async dryRun(order: PlaceRequest, options?: RequestOptions): Promise<DryRun> {
    return this.#ask('order.place', { ...order, client_id: this.#clientOf(order), dry_run: true }, isDryRun, options);
  }

  async amend(amendment: AmendRequest, options?: RequestOptions): Promise<OrderReply> {
    return this.#command('order.amend', amendment, isOrder, options);
  }

  /** Cancels one order and places another in its stead, or does neither. */
  async replace(replacement: ReplaceRequest, options?: RequestOptions): Promise<OrderReply> {
    return this.#command('order.replace', replacement, isOrder, options);
  }

  async cancel(cancel: CancelRequest, options?: RequestOptions): Promise<CancelReply> {
    return this.#command('order.cancel', cancel, isCancelled, options);
  }

  /** All of the client's orders, or those of one instrument or side. */
  async cancelAll(cancel: CancelAllRequest = {}, options?: RequestOptions): Promise<CancelAllReply> {
    return this.#command('order.cancel_all', cancel, isCancelledAll, options);
  }

  async status(orderId: string, options?: RequestOptions): Promise<Order> {
    return this.#ask('order.status', { order_id: orderId }, isOrder, options);
  }

  /**
   * Whether the client's open orders are cancelled when a socket of this client ends, whatever the reason. It holds for the
   * sockets to come too. A request that is sent again on the next socket may place an order after that.
   */
  async cancelOnDisconnect(enabled: boolean, asking: Pick<Asking, 'client_id'> = {}): Promise<void> {
    const client = this.#clientOf(asking);
    if (enabled) this.#cancelledOnDisconnect.add(client);
    else this.#cancelledOnDisconnect.delete(client);
    await this.#setCancelOnDisconnect(client, enabled);
  }

  /**
   * The client's open orders are cancelled unless this is called again within `timeoutMs`, from any connection; 0 disarms. The
   * server counts from when it takes the request.
   */
  async cancelAfter(timeoutMs: number, asking: Pick<Asking, 'client_id'> = {}): Promise<void> {
    const params = { client_id: this.#clientOf(asking), timeout_ms: timeoutMs };
    await this.#set('session.cancel_after', params);
  }

  /** On a new connection: what holds for each socket. `failed` is told of what was not taken. */
  restore(failed: (error: unknown) => void): void {
    for (const client of this.#cancelledOnDisconnect) this.#setCancelOnDisconnect(client, true).catch(failed);
  }

  #setCancelOnDisconnect(client: string, enabled: boolean): Promise<unknown> {
    return this.#set('session.cancel_on_disconnect', { client_id: client, enabled });
  }

  /** What was said before of the same client must not be sent again behind this. */
  #set(method: string, params: JsonRecord & { readonly client_id: string }): Promise<unknown> {
    const setting = `${method} ${params.client_id}`;
    const facts = { method, params, idempotencyKey: undefined, isResult: isAnything, deadlineMs: this.#deadlineMs };
    return this.#requests.request({ ...facts, setting });
  }

  #command<T>(
    method: string,
    asking: Asking,
    isResult: (value: unknown) => value is T,
    options: RequestOptions = {},
  ): Promise<T> {
    const { idempotency_key = newIdempotencyKey() } = asking;
    const params = { ...asking, client_id: this.#clientOf(asking), idempotency_key };
    const { deadlineMs = this.#deadlineMs } = options;
    return this.#requests.request({ method, params, idempotencyKey: idempotency_key, isResult, deadlineMs });
  }

  /** What may be asked any number of times. */
  #ask<T>(
    method: string,
    params: JsonRecord,
    isResult: (value: unknown) => value is T,
    options: RequestOptions = {},
  ): Promise<T> {
    const { deadlineMs = this.#deadlineMs } = options;
    return this.#requests.request({ method, params, idempotencyKey: undefined, isResult, deadlineMs });
  }

  #clientOf({ client_id = this.#clientId }: Asking): string {
    if (client_id === undefined) throw new TypeError('client_id is missing, and the client has no clientId');
    return client_id;
  }
}

// The server's results are taken at their word once they are the kind of object that they should be.

function isOrder(value: unknown): value is OrderReply {
  return isRecord(value) && typeof value.order_id === 'string';
}

function isDryRun(value: unknown): value is DryRun {
  return isRecord(value) && value.dry_run === true;
}

function isCancelled(value: unknown): value is CancelReply {
  return isRecord(value) && isOrder(value.order);
}

function isCancelledAll(value: unknown): value is CancelAllReply {
  return isRecord(value) && typeof value.cancelled === 'number';
}

function isAnything(_value: unknown): _value is unknown {
  return true;
}
