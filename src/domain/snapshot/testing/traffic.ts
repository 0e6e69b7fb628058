// Random commands of every type that keep an engine's state rich: both sides, icebergs, stops, expiries, limits, balances.
// For tests of snapshots; any thread. The same seed gives the same commands.

import type { Random } from '../../../sim/testing/random.ts';
import { CommandType, InstrumentStatus, OrderFlag, OrderType, SelfTrade, Side, TimeInForce } from '../../codes.ts';
import { Command } from '../../command.ts';
import type { Engine } from '../../engine.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../../instrument.ts';

const [bitcoin] = DEFAULT_INSTRUMENTS;
const TERMS = { priceBandBps: 2_000, makerFeeMillionths: -50, takerFeeMillionths: 300 };
export const TRAFFIC_INSTRUMENTS: readonly Instrument[] = [
  bitcoin,
  { ...bitcoin, ...TERMS, name: 'ETH-BTC', base: 'ETH', quote: 'BTC' },
];

const CLIENTS = ['ann', 'bob', 'a client whose id is as long as such an id can be: 64 bytes, of UTF'];
const KEYS = [
  '',
  'k1',
  '3f2b8c9e-0000-4abc-9def-000000000000',
  'a key as long as a key can be, of which there are 64 bytes: the end',
];
const encoder = new TextEncoder();

export class Traffic {
  private readonly random: Random;
  private readonly command = new Command();

  constructor(random: Random) {
    this.random = random;
    this.command.bytes = new Uint8Array(128);
  }

  /** The next command for `engine`, valid until the next call. */
  next(engine: Engine): Command {
    const { random, command } = this;
    // Now and then the same again: a known key.
    if (engine.sequence > 1 && random.below(20) === 0) return command;
    this.setTexts(
      random.pick(CLIENTS),
      random.below(3) === 0 ? `${random.pick(KEYS)}${random.below(40)}`.slice(-64) : '',
    );
    command.instrument = random.below(engine.instruments.count);
    command.side = random.pick([Side.BUY, Side.SELL]);
    command.targetOrder = 1 + random.below(engine.sequence + 1);
    const kind = random.below(100);
    if (kind < 60) this.setOrder(CommandType.NEW_ORDER, engine);
    else if (kind < 65) this.setOrder(CommandType.REPLACE_ORDER, engine);
    else if (kind < 75) command.type = CommandType.CANCEL_ORDER;
    else if (kind < 82) this.setAmend();
    else if (kind < 84) command.type = CommandType.MASS_CANCEL;
    else if (kind < 88) this.setExpiry(engine);
    else if (kind < 91) this.setLimits();
    else if (kind < 97) this.setDeposit();
    else this.setVenueCommand();
    return command;
  }

  private setTexts(client: string, key: string): void {
    const { command } = this;
    command.clientOffset = 0;
    command.clientLength = encoder.encodeInto(client, command.bytes.subarray(0, 64)).written;
    command.keyOffset = command.clientLength;
    command.keyLength = encoder.encodeInto(key, command.bytes.subarray(command.keyOffset)).written;
  }

  private setOrder(type: CommandType, engine: Engine): void {
    const { random, command } = this;
    command.type = type;
    command.orderType = random.below(10) === 0 ? OrderType.MARKET : OrderType.LIMIT;
    command.timeInForce = random.pick([
      TimeInForce.GTC,
      TimeInForce.GTC,
      TimeInForce.IOC,
      TimeInForce.FOK,
      TimeInForce.GTT,
    ]);
    command.selfTrade = random.pick(Object.values(SelfTrade));
    command.flags = random.pick([0, 0, 0, OrderFlag.POST_ONLY, OrderFlag.STOP]);
    command.priceTicks = 90 + random.below(20);
    command.quantityLots = 1 + random.below(50);
    command.stopPriceTicks = 90 + random.below(20);
    command.displayLots = random.below(4) === 0 ? 1 + random.below(5) : 0;
    command.expiresUs = engine.timeUs + random.below(400);
  }

  private setAmend(): void {
    this.command.type = CommandType.AMEND_ORDER;
    this.command.priceTicks = this.random.below(3) * (95 + this.random.below(10));
    this.command.quantityLots = this.random.below(40);
  }

  private setExpiry(engine: Engine): void {
    this.setTexts('', '');
    this.command.type = engine.nextExpiryUs > 0 ? CommandType.EXPIRE_ORDERS : CommandType.MASS_CANCEL;
    this.command.instrument = 0;
  }

  private setLimits(): void {
    const { random, command } = this;
    command.type = CommandType.SET_CLIENT_LIMITS;
    command.maxOpenOrders = random.below(3) * 20;
    command.maxOrderLots = random.below(3) * 40;
    command.maxOrderNotionalHigh = 0;
    command.maxOrderNotionalLow = random.below(3) * 4_000;
    command.maxPositionLots = random.below(3) * 500;
  }

  private setDeposit(): void {
    const { random, command } = this;
    command.type = CommandType.ADJUST_BALANCE;
    command.currency = random.below(3);
    command.amountHigh = random.below(5) === 0 ? -1 : random.below(1_000);
    command.amountLow = random.below(2 ** 48);
  }

  private setVenueCommand(): void {
    const { random, command } = this;
    this.setTexts('', '');
    command.type = random.pick([
      CommandType.SET_INSTRUMENT_STATUS,
      CommandType.SET_KILL_SWITCH,
      CommandType.CLOSE_SETTLEMENT,
      CommandType.DEFINE_INSTRUMENT,
    ]);
    const isSwitch = command.type === CommandType.SET_KILL_SWITCH;
    command.value = isSwitch ? Number(random.below(8) === 0) : InstrumentStatus.OPEN;
    command.definition.set({
      ...bitcoin,
      name: `C-${random.below(2)}`,
      quote: 'C',
      minPriceTicks: 1 + random.below(3),
    });
  }
}
