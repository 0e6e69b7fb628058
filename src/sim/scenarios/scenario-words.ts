// What engines told and hold, in the words of scenarios. Pure; tests only.

import { toBigInt } from '../../domain/clearing/exact.ts';
import { OrderStatus, Side } from '../../domain/codes.ts';
import { OrderChange } from '../../domain/listener.ts';
import { reasonName } from '../../domain/reasons.ts';
import type { ToldEvent } from '../domain-fuzz/trace.ts';
import type { Holding, ScenarioEngine, StandingOrder } from './scenario-engines.ts';
import { SCENARIO_INSTRUMENT, UNIT } from './scenario-language.ts';

const { base, quote } = SCENARIO_INSTRUMENT;

/** One event as one line. */
export function eventInWords(event: ToldEvent, engine: ScenarioEngine): string {
  const value = (name: string): number => event.values.get(name) ?? 0;
  const amount = (name: string): bigint => toBigInt(value(`${name} high`), value(`${name} low`));
  const client = (name: string): string => engine.clientName(value(name));
  switch (event.kind) {
    case 'trade': {
      const fees = [amount('maker fee'), amount('taker fee')];
      const paid = fees.some((fee) => fee !== 0n) ? `, fees ${fees.join(' and ')}` : '';
      const maker = `#${value('maker number')} ${client('maker client')}`;
      const taker = `#${value('taker number')} ${client('taker client')}`;
      return `trade ${value('trade')}: ${value('quantity')} @ ${value('price')}, ${taker} takes from ${maker}${paid}`;
    }
    case 'order':
      return `#${value('number')} ${client('client')} ${changeName(value('change'))}: ${orderInWords(value)}`;
    case 'applied':
      return `applied: ${value('value')}`;
    case 'obligation': {
      const legs = `${base} ${signed(value('base lots'))}, ${quote} ${signed(amount('quote'))}`;
      return `cycle ${value('cycle')} owes ${client('client')}: ${legs}`;
    }
    case 'replayed':
      return event.values.has('number')
        ? `replayed from ${value('sequence')}: #${value('number')}, ${orderInWords(value)}`
        : `replayed from ${value('sequence')}: ${value('value')}`;
    default:
      return `refused: ${reasonName(value('why'))}${event.values.has('number') ? `, #${value('number')}` : ''}`;
  }
}

function changeName(change: number): string {
  const name = Object.entries(OrderChange).find(([, number]) => number === change)?.[0] ?? '';
  return name.toLowerCase().replace('_', ' ');
}

/** `cancelled (ioc_remainder), 3 of 5 executed`; and by how much its price shows more or less. */
function orderInWords(value: (name: string) => number): string {
  const status = Object.entries(OrderStatus).find(([, number]) => number === value('status'))?.[0] ?? '';
  const reason = value('reason') === 0 ? '' : ` (${reasonName(value('reason'))})`;
  const prevented = value('prevented') === 0 ? '' : `, ${value('prevented')} prevented`;
  const price = value('price') === 0 ? '' : ` @ ${value('price')}`;
  const delta = value('delta') === 0 ? '' : `, book ${signed(value('delta'))}`;
  const executed = `${value('executed')} of ${value('quantity')}${price} executed`;
  return `${status.toLowerCase().replace('_', ' ')}${reason}, ${executed}${prevented}${delta}`;
}

function signed(amount: number | bigint): string {
  return amount > 0 ? `+${amount}` : `${amount}`;
}

/** The ladder: sells from the worst down, then buys; after them the stops in the order they would be triggered in. */
export function bookInWords(engine: ScenarioEngine): string[] {
  const lines = [
    ...levelsInWords('sell', engine.book(0, Side.SELL)).reverse(),
    ...levelsInWords('buy ', engine.book(0, Side.BUY)),
    ...engine.stops(0, Side.BUY).map((stop) => stopInWords('buy', stop)),
    ...engine.stops(0, Side.SELL).map((stop) => stopInWords('sell', stop)),
  ];
  return lines.length === 0 ? ['(empty)'] : lines;
}

/** First in the queue first; `3+4` is 3 displayed and 4 hidden. */
function levelsInWords(side: string, orders: readonly StandingOrder[]): string[] {
  const levels = new Map<number, string[]>();
  for (const { number, client, price, shown, hidden } of orders) {
    const queue = levels.get(price) ?? [];
    queue.push(`#${number} ${client} ${shown}${hidden === 0 ? '' : `+${hidden}`}`);
    levels.set(price, queue);
  }
  return [...levels].map(([price, queue]) => `${side} ${String(price).padStart(4)}: ${queue.join(', ')}`);
}

function stopInWords(side: string, { number, client, price, stopPrice, shown, hidden }: StandingOrder): string {
  const limit = price === 0 ? 'market' : `@ ${price}`;
  return `stop ${stopPrice}: #${number} ${client} ${side} ${shown + hidden} ${limit}`;
}

export function positionsInWords(engine: ScenarioEngine): string[] {
  return engine.positions().map(({ client, values: [net, cost, realised, fees] }) => {
    return `${client}: ${signed(net)} ${base} for ${cost}, realised ${realised}, fees ${fees}`;
  });
}

export function fundsInWords(engine: ScenarioEngine): string[] {
  return engine.balances().map(({ client, of, values }: Holding) => {
    const [balance, held] = values.map(inUnits);
    return `${client}: ${balance} ${of === 0 ? base : quote}${held === '0' ? '' : `, ${held} held`}`;
  });
}

function inUnits(amount: bigint): string {
  const whole = amount / UNIT;
  return amount % UNIT === 0n ? `${whole}` : `${whole} and ${amount % UNIT} units`;
}
