// The JSON request that says what a command says, and what its parser makes of it: for tests and tools that hold binary records
// against JSON. What JSON leaves out is 0 in a command.

import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType, OrderFlag, OrderType } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import { AmendRequestParser } from '../amend-request.ts';
import { CancelRequestParser } from '../cancel-request.ts';
import { ORDER_TYPE_TEXTS, SELF_TRADE_TEXTS, SIDE_TEXTS, TIME_IN_FORCE_TEXTS } from '../enum-texts.ts';
import type { InstrumentList } from '../instrument-list.ts';
import { MassCancelParser } from '../mass-cancel-request.ts';
import { OrderRequestParser, ReplaceRequestParser } from '../order-request.ts';
import type { RequestProblem } from '../problem.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const NO_SUCH = 'NONE';
const MICROSECOND = 3;

export class JsonTwin {
  /** What the JSON request became. */
  readonly command = new Command();
  /** Why it became nothing. */
  problem: Readonly<RequestProblem> = { status: 0, code: 'malformed_json', field: '', detail: '' };
  readonly #list: InstrumentList;
  readonly #orders: OrderRequestParser;
  readonly #replacements: ReplaceRequestParser;
  readonly #amends: AmendRequestParser;
  readonly #cancels = new CancelRequestParser();
  readonly #massCancels: MassCancelParser;

  constructor(list: InstrumentList) {
    this.#list = list;
    this.#orders = new OrderRequestParser(list);
    this.#replacements = new ReplaceRequestParser(list);
    this.#amends = new AmendRequestParser(list);
    this.#massCancels = new MassCancelParser(list);
  }

  /** Says in JSON what `said` says. True: `command` is what came of it; else `problem`. */
  parse(said: Command): boolean {
    const { command } = this;
    const { targetOrder: number, instrument } = said;
    switch (said.type) {
      case CommandType.NEW_ORDER: {
        const body = this.#bytes(this.#orderMembers(said));
        return this.#tell(this.#orders, this.#orders.parse(body, 0, body.length, command));
      }
      case CommandType.REPLACE_ORDER: {
        const body = this.#bytes(this.#orderMembers(said));
        const replaced = { number, instrument: 0, side: 1 } as const;
        return this.#tell(this.#replacements, this.#replacements.parse(body, 0, body.length, replaced, command));
      }
      case CommandType.AMEND_ORDER: {
        const { priceScale, quantityScale } = this.#list.all[instrument];
        const amounts = {
          price: decimal(said.priceTicks, priceScale),
          quantity: decimal(said.quantityLots, quantityScale),
        };
        const body = this.#bytes({ ...texts(said), ...amounts });
        return this.#tell(this.#amends, this.#amends.parse(body, 0, body.length, number, instrument, command));
      }
      case CommandType.CANCEL_ORDER: {
        const body = this.#bytes(texts(said));
        return this.#tell(this.#cancels, this.#cancels.parse(body, 0, body.length, number, command));
      }
      default: {
        const about = {
          instrument: instrument === ALL_INSTRUMENTS ? undefined : JSON.stringify(this.#nameOf(instrument)),
          side: said.side === BOTH_SIDES ? undefined : word(SIDE_TEXTS, said.side),
        };
        const body = this.#bytes({ ...texts(said), ...about });
        return this.#tell(this.#massCancels, this.#massCancels.parse(body, 0, body.length, command));
      }
    }
  }

  /** The body of POST /orders that says what `said` says. */
  orderBody(said: Command): Uint8Array {
    return this.#bytes(this.#orderMembers(said));
  }

  #tell(parser: { readonly problem: Readonly<RequestProblem> }, isGood: boolean): boolean {
    this.problem = parser.problem;
    return isGood;
  }

  /** Raw JSON values by name; undefined is left out. */
  #orderMembers(said: Command): Record<string, string | undefined> {
    const { orderType, flags, side, selfTrade, instrument } = said;
    const terms = this.#list.all[instrument] ?? this.#list.all[0];
    const { priceScale, quantityScale } = terms;
    const has = (flag: number): boolean => (flags & flag) !== 0;
    const price = decimal(said.priceTicks, priceScale);
    const market = orderType === OrderType.MARKET;
    return {
      ...texts(said),
      instrument: JSON.stringify(this.#nameOf(instrument)),
      side: side === BOTH_SIDES ? undefined : word(SIDE_TEXTS, side),
      type: Number(orderType) === 0 ? undefined : word(ORDER_TYPE_TEXTS, orderType),
      time_in_force: word(TIME_IN_FORCE_TEXTS, said.timeInForce),
      post_only: has(OrderFlag.POST_ONLY) ? 'true' : undefined,
      stp: word(SELF_TRADE_TEXTS, selfTrade),
      price: market || has(OrderFlag.SLIPPAGE) ? undefined : price,
      protection_price: market && !has(OrderFlag.SLIPPAGE) ? price : undefined,
      max_slippage: has(OrderFlag.SLIPPAGE) ? present(said.priceTicks, priceScale) : undefined,
      quantity: decimal(said.quantityLots, quantityScale),
      stop_price: has(OrderFlag.STOP) ? present(said.stopPriceTicks, priceScale) : undefined,
      display_quantity: decimal(said.displayLots, quantityScale),
      quote_quantity: has(OrderFlag.QUOTE_AMOUNT) ? amount(said, priceScale + quantityScale) : undefined,
      expires_at: decimal(said.expiresUs, MICROSECOND),
    };
  }

  #nameOf(instrument: number): string {
    return this.#list.all[instrument]?.name ?? NO_SUCH;
  }

  #bytes(members: Record<string, string | undefined>): Uint8Array {
    const present = Object.entries(members).filter(([, value]) => value !== undefined);
    return Buffer.from(`{${present.map(([name, value]) => `"${name}":${value}`).join(',')}}`);
  }
}

function texts(said: Command): { client_id: string | undefined; idempotency_key: string | undefined } {
  const textAt = (from: number, length: number) =>
    length === 0 ? undefined : JSON.stringify(decoder.decode(said.bytes.subarray(from, from + length)));
  return {
    idempotency_key: textAt(said.keyOffset, said.keyLength),
    client_id: textAt(said.clientOffset, said.clientLength),
  };
}

function word(words: readonly string[], code: number): string {
  return JSON.stringify(words[code] ?? NO_SUCH);
}

/** As a JSON number, exactly; undefined for 0, which a record has where JSON has nothing. */
function decimal(value: number, scale: number): string | undefined {
  return value === 0 ? undefined : present(value, scale);
}

function present(value: number, scale: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  if (Number.isInteger(value)) return `${BigInt(value)}e-${scale}`;
  const [digits, exponent = '0'] = String(value).split('e');
  return `${digits}e${Number(exponent) - scale}`;
}

function amount({ amountHigh, amountLow }: Command, scale: number): string {
  return `${(BigInt(amountHigh) << 48n) + BigInt(amountLow)}e-${scale}`;
}
