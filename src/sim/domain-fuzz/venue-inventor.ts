// Invents what the venue commands, and what ends many orders at once: statuses, the kill switch, definitions, limits,
// balances, mass cancels, expiry. What it closes it plans to open again. Pure.

import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType, InstrumentStatus, RiskMode, Side } from '../../domain/codes.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { FUZZ_INSTRUMENTS, HUGE_INDEX } from './instruments.ts';
import type { FuzzStep } from './steps.ts';
import { ValueInventor } from './value-inventor.ts';

const STATUSES = [
  ...[InstrumentStatus.OPEN, InstrumentStatus.OPEN, InstrumentStatus.POST_ONLY, InstrumentStatus.CANCEL_ONLY],
  ...[InstrumentStatus.HALTED, InstrumentStatus.DELISTED],
];
/** How long an instrument stays closed or the kill switch on before it is reopened, in steps. */
const CLOSED_STEPS = 12;
const INSTRUMENTS_KEPT = 8;
/** What all deposits of an episode together keep within what one balance can be. */
const DEPOSIT_MAX = 2n ** 99n;
const HOARDER = 'hoarder';

export type Fields = Partial<FuzzStep>;

export class VenueInventor extends ValueInventor {
  /** Steps that are to come next: the opening, and what ends a halt. */
  protected readonly planned: { readonly id: number; readonly fields: Fields }[] = [];

  /** Mostly at the very moment that the first order expires. */
  protected expire(): Fields {
    const times = [...this.reference.live.values()].map(({ expiresUs }) => expiresUs).filter((time) => time !== 0);
    if (times.length > 0 && this.chance(700)) this.timeUs = Math.max(this.timeUs, Math.min(...times));
    return { type: CommandType.EXPIRE_ORDERS };
  }

  protected massCancel(): Fields {
    const dice = this.random.below(10);
    const instrument = dice < 6 ? this.anyInstrument() : dice < 9 ? ALL_INSTRUMENTS : 40;
    const side = this.random.pick([BOTH_SIDES, Side.BUY, Side.SELL] as const);
    const client = this.chance(700) ? this.anyClient() : this.chance(500) ? '' : 'nobody';
    return { type: CommandType.MASS_CANCEL, client, key: this.key(), instrument, side };
  }

  /** Venue commands carry a client and a key now and then. */
  protected keyed(fields: Fields): Fields {
    return this.chance(200) ? { ...fields, client: 'admin', key: this.key() } : fields;
  }

  protected venue(id: number): Fields {
    const dice = this.random.below(10);
    const instrument = this.chance(50) ? 50 : this.random.below(this.reference.markets.length);
    if (dice < 4) return this.setStatus(id, instrument, this.random.pick(STATUSES));
    if (dice < 5) {
      this.planned.push({ id: id + CLOSED_STEPS, fields: { type: CommandType.SET_KILL_SWITCH, value: 0 } });
      return { type: CommandType.SET_KILL_SWITCH, value: this.chance(800) ? 1 : 0 };
    }
    if (dice < 6) return this.setRiskMode(id);
    const definition = this.definition(id, instrument);
    if (definition.status === InstrumentStatus.DELISTED) this.setStatus(id, instrument, InstrumentStatus.OPEN);
    return { type: CommandType.DEFINE_INSTRUMENT, definition };
  }

  protected setStatus(id: number, instrument: number, status: InstrumentStatus): Fields {
    const type = CommandType.SET_INSTRUMENT_STATUS;
    if (status === InstrumentStatus.DELISTED && this.chance(500)) {
      this.planned.push({ id: id + 1, fields: { type, instrument, value: status } });
      this.planned.push({ id: id + CLOSED_STEPS, fields: { type, instrument, value: InstrumentStatus.OPEN } });
      return { type: CommandType.MASS_CANCEL, instrument, side: BOTH_SIDES };
    }
    this.planned.push({ id: id + CLOSED_STEPS, fields: { type, instrument, value: InstrumentStatus.OPEN } });
    return { type, instrument, value: status };
  }

  protected setRiskMode(id: number): Fields {
    const type = CommandType.SET_RISK_MODE;
    if (this.chance(600)) return { type, value: this.random.pick([RiskMode.OFF, RiskMode.BALANCES]) };
    const { riskMode } = this.reference;
    const value = riskMode === RiskMode.OFF ? RiskMode.BALANCES : RiskMode.OFF;
    this.planned.push({ id: id + 1, fields: { type, value } });
    if (!this.profile.hasBalances || value === RiskMode.OFF) {
      const back = this.profile.hasBalances ? RiskMode.BALANCES : RiskMode.OFF;
      const everything = { type: CommandType.MASS_CANCEL, instrument: ALL_INSTRUMENTS, side: BOTH_SIDES } as const;
      this.planned.push({ id: id + 2 * CLOSED_STEPS, fields: everything });
      this.planned.push({ id: id + 2 * CLOSED_STEPS + 1, fields: { type, value: back } });
    }
    return { type: CommandType.MASS_CANCEL, instrument: ALL_INSTRUMENTS, side: BOTH_SIDES };
  }

  protected definition(id: number, index: number): Instrument {
    const known = this.instrument(index);
    if (this.chance(60) && this.reference.markets.length < INSTRUMENTS_KEPT) {
      return { ...known, name: `NEW-${id}`, base: 'NEW', status: InstrumentStatus.OPEN };
    }
    const { maxPriceTicks, maxQuantityLots } = FUZZ_INSTRUMENTS[index] ?? known;
    switch (this.random.below(13)) {
      case 11:
        return { ...known, status: InstrumentStatus.DELISTED };
      case 0:
        return { ...known, makerFeeMillionths: this.random.below(2_001) - 1_000 };
      case 1:
        return { ...known, takerFeeMillionths: this.random.below(2_001) - 1_000 };
      case 2:
        return { ...known, priceBandBps: this.random.below(10_001) };
      case 3:
        return { ...known, priceBandBps: 0 };
      case 4:
        return { ...known, priceIncrementTicks: 1 + this.random.below(3) };
      case 5:
        return { ...known, quantityIncrementLots: 1 + this.random.below(3) };
      case 6:
        return { ...known, maxPriceTicks: Math.max(known.minPriceTicks, Math.floor(maxPriceTicks / 2)) };
      case 7:
        return { ...known, maxPriceTicks, maxQuantityLots };
      case 8:
        return { ...known, maxQuantityLots: Math.max(known.minQuantityLots, Math.floor(maxQuantityLots / 3)) };
      case 9:
        return { ...known, base: 'OTHER' };
      case 10:
        return { ...known, priceScale: known.priceScale + 1 };
      default:
        return { ...known, minPriceTicks: 0 };
    }
  }

  protected limits(): Fields {
    const index = this.chance(30) ? 45 : this.anyInstrument();
    const { minQuantityLots, maxQuantityLots } = this.instrument(index);
    const isNear = index !== HUGE_INDEX || this.chance(300);
    const lots = isNear ? minQuantityLots + this.random.below(60) : this.random.below(maxQuantityLots);
    const some = (value: number): number => (this.chance(500) ? 0 : value);
    return {
      ...{ type: CommandType.SET_CLIENT_LIMITS, instrument: index, client: this.anyClient(), key: this.key() },
      ...{ maxOpenOrders: some(1 + this.random.below(6)), maxOrderQuantity: some(lots), maxPosition: some(lots * 2) },
      maxOrderNotional: this.chance(500) ? 0n : BigInt(lots) * BigInt(this.middle(index)),
    };
  }

  protected balance(): Fields {
    const currency = this.chance(40) ? 60 : this.random.below(this.reference.currencies.length);
    return { ...this.deposit(this.anyClient(), currency), key: this.key() };
  }

  /** Mostly of the size of some orders; now and then as much as there may be, for one who never trades. */
  protected deposit(client: string, currency: number, times = 1n): Fields {
    const type = CommandType.ADJUST_BALANCE;
    if (this.chance(250)) return { type, client: HOARDER, currency, amount: this.hoard() };
    const { currencies } = this.reference;
    const market = this.reference.markets.find(
      ({ instrument }) => instrument.quote === currencies[currency] || instrument.base === currencies[currency],
    );
    const { priceScale, quantityScale, base } = market?.instrument ?? FUZZ_INSTRUMENTS[0];
    const isBase = base === currencies[currency];
    const unit = 10n ** BigInt(14 - quantityScale - (isBase ? 0 : priceScale));
    const index = market === undefined ? 0 : this.reference.markets.indexOf(market);
    const orders = BigInt(1 + this.random.below(60)) * (isBase ? 10n : 10n * BigInt(this.middle(index)));
    const wanted = times * orders * unit + BigInt(this.random.below(1_000));
    const amount = wanted < DEPOSIT_MAX ? wanted : DEPOSIT_MAX;
    return { type, client, currency, amount: this.chance(300) ? -amount / 10n : amount };
  }

  protected hoard(): bigint {
    const amount = 2n ** BigInt(97 + this.random.below(4)) - BigInt(this.random.below(3));
    return this.chance(300) ? -amount : amount;
  }
}
