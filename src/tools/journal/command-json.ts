// A command record as one line of JSON, with the fields that its type uses, in the engine's own units. Pure.

import { toBigInt } from '../../domain/clearing/exact.ts';
import { ALL_INSTRUMENTS, CommandType, OrderFlag } from '../../domain/codes.ts';
import type { Command } from '../../domain/command.ts';
import type { CommandOrigin } from '../../wire/command-codec.ts';
import { ORDER_TYPE_TEXTS, SELF_TRADE_TEXTS, SIDE_TEXTS, TIME_IN_FORCE_TEXTS } from '../../wire/enum-texts.ts';
import { instrumentFacts } from '../../wire/instrument-json.ts';
import { isoTime } from '../../wire/iso-time.ts';

const TYPE_NAMES = new Map<number, string>(
  Object.entries(CommandType).map(([name, number]) => [number, name.toLowerCase()]),
);
const FLAG_NAMES = Object.entries(OrderFlag).map(([name, bit]) => [name.toLowerCase(), bit] as const);

type Fields = Readonly<Record<string, unknown>>;

/** What is undefined is left out. */
export function commandJson(sequence: number, timeUs: number, command: Command, origin: CommandOrigin): string {
  const { bytes, clientOffset, clientLength, keyOffset, keyLength } = command;
  const text = (from: number, length: number) =>
    length === 0 ? undefined : Buffer.from(bytes.subarray(from, from + length)).toString();
  return JSON.stringify({
    sequence,
    time: isoTime(timeUs),
    type: TYPE_NAMES.get(command.type) ?? `type ${command.type}`,
    gateway: origin.gateway,
    request_id: origin.requestId,
    client_id: text(clientOffset, clientLength),
    idempotency_key: text(keyOffset, keyLength),
    ...fieldsOf(command),
  });
}

function fieldsOf(command: Command): Fields {
  const { instrument } = command;
  switch (command.type) {
    case CommandType.NEW_ORDER:
      return { instrument, ...orderFields(command) };
    case CommandType.REPLACE_ORDER:
      return { instrument, target_order: command.targetOrder, ...orderFields(command) };
    case CommandType.CANCEL_ORDER:
      return { target_order: command.targetOrder };
    case CommandType.AMEND_ORDER: {
      const { targetOrder, priceTicks, quantityLots } = command;
      return { target_order: targetOrder, price_ticks: some(priceTicks), quantity_lots: some(quantityLots) };
    }
    case CommandType.MASS_CANCEL:
      return {
        instrument: instrument === ALL_INSTRUMENTS ? 'all' : instrument,
        side: command.side === 0 ? 'both' : SIDE_TEXTS[command.side],
      };
    case CommandType.DEFINE_INSTRUMENT:
      return { definition: instrumentFacts(command.definition) };
    case CommandType.SET_INSTRUMENT_STATUS:
      return { instrument, value: command.value };
    case CommandType.SET_KILL_SWITCH:
    case CommandType.SET_RISK_MODE:
      return { value: command.value };
    case CommandType.SET_CLIENT_LIMITS:
      return { instrument, ...limitFields(command) };
    case CommandType.ADJUST_BALANCE:
      return { currency: command.currency, amount: amountText(command.amountHigh, command.amountLow) };
    default:
      return {};
  }
}

function orderFields(command: Command): Fields {
  const flags = FLAG_NAMES.flatMap(([name, bit]) => ((command.flags & bit) !== 0 ? [name] : []));
  return {
    side: SIDE_TEXTS[command.side],
    order_type: ORDER_TYPE_TEXTS[command.orderType],
    time_in_force: TIME_IN_FORCE_TEXTS[command.timeInForce],
    self_trade: command.selfTrade === 0 ? undefined : SELF_TRADE_TEXTS[command.selfTrade],
    flags: flags.length === 0 ? undefined : flags,
    price_ticks: some(command.priceTicks),
    quantity_lots: some(command.quantityLots),
    stop_price_ticks: some(command.stopPriceTicks),
    display_lots: some(command.displayLots),
    expires_at: command.expiresUs === 0 ? undefined : isoTime(command.expiresUs),
    quote_amount:
      (command.flags & OrderFlag.QUOTE_AMOUNT) === 0 ? undefined : amountText(command.amountHigh, command.amountLow),
  };
}

function limitFields(command: Command): Fields {
  const { maxOrderNotionalHigh: high, maxOrderNotionalLow: low } = command;
  return {
    max_open_orders: some(command.maxOpenOrders),
    max_order_lots: some(command.maxOrderLots),
    max_order_notional: high === 0 && low === 0 ? undefined : amountText(high, low),
    max_position_lots: some(command.maxPositionLots),
  };
}

function amountText(high: number, low: number): string {
  return toBigInt(high, low).toString();
}

/** Zero says that there is none. */
function some(value: number): number | undefined {
  return value === 0 ? undefined : value;
}
