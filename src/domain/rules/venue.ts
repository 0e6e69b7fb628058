// What the venue itself commands: instruments, the kill switch, limits, balances, the risk mode, settlements. Pure; owned
// by one engine. Each either changes everything it says or is refused by name and changes nothing.

import { Amount } from '../clearing/amount.ts';
import { InstrumentStatus, RiskMode } from '../codes.ts';
import type { Command } from '../command.ts';
import { Counter, type EngineState } from '../engine-state.ts';
import { type Instrument, objectionToInstrument } from '../instrument.ts';
import { Reason } from '../reasons.ts';
import type { Desk } from './desk.ts';
import type { Memory } from './memory.ts';

export class Venue {
  private readonly desk: Desk;
  private readonly state: EngineState;
  private readonly memory: Memory;
  private readonly amount = new Amount();

  constructor(desk: Desk, memory: Memory) {
    this.desk = desk;
    this.state = desk.state;
    this.memory = memory;
  }

  defineInstrument(command: Command): void {
    const { instruments } = this.state;
    const reason = this.objectionToDefinition(command.definition);
    if (reason !== Reason.NONE) this.memory.refuse(command, reason, -1);
    else this.memory.applied(command, instruments.define(command.definition));
  }

  private objectionToDefinition(definition: Instrument): Reason {
    const { instruments } = this.state;
    if (objectionToInstrument(definition) !== '') return Reason.INSTRUMENT_INVALID;
    const known = instruments.find(definition.name);
    if (known < 0) return instruments.isFull ? Reason.INSTRUMENTS_FULL : Reason.NONE;
    if (instruments.differsInKind(known, definition)) return Reason.INSTRUMENT_IMMUTABLE;
    if (instruments.liveOrders(known) === 0) return Reason.NONE;
    const changesHolds = this.desk.keepsBalances && hasOtherFees(instruments.get(known), definition);
    return changesHolds ? Reason.INSTRUMENT_BUSY : Reason.NONE;
  }

  setInstrumentStatus(command: Command): void {
    const { instruments } = this.state;
    const { instrument } = command;
    const status = command.value as InstrumentStatus;
    if (instrument >= instruments.count) {
      this.memory.refuse(command, Reason.INSTRUMENT_UNKNOWN, -1);
    } else if (status === InstrumentStatus.DELISTED && instruments.liveOrders(instrument) > 0) {
      this.memory.refuse(command, Reason.INSTRUMENT_BUSY, -1);
    } else {
      instruments.setStatus(instrument, status);
      this.memory.applied(command, instrument);
    }
  }

  setKillSwitch(command: Command): void {
    this.state.counters[Counter.KILL_SWITCH] = command.value;
    this.memory.applied(command, 0);
  }

  /** Replaces all limits of one client in one instrument. */
  setClientLimits(command: Command): void {
    const { accounts } = this.state;
    const reason = this.objectionToLimits(command);
    if (reason !== Reason.NONE) {
      this.memory.refuse(command, reason, -1);
      return;
    }
    accounts.setLimits(accounts.open(this.desk.internClient(command), command.instrument), command);
    this.memory.applied(command, 0);
  }

  private objectionToLimits({ instrument }: Command): Reason {
    const { instruments, accounts, capacity } = this.state;
    if (instrument >= instruments.count) return Reason.INSTRUMENT_UNKNOWN;
    const needsAccount = accounts.find(this.desk.expectedClient, instrument) < 0;
    return needsAccount && accounts.count >= capacity.accountsMax ? Reason.CLIENTS_FULL : Reason.NONE;
  }

  /** A deposit, or a withdrawal of what no live order holds. */
  adjustBalance(command: Command): void {
    const reason = this.adjust(command);
    if (reason !== Reason.NONE) {
      this.memory.refuse(command, reason, -1);
      return;
    }
    this.desk.internClient(command);
    this.memory.applied(command, 0);
  }

  private adjust(command: Command): Reason {
    const { instruments, balances, capacity } = this.state;
    if (!this.desk.keepsBalances) return Reason.BALANCES_OFF;
    if (command.currency >= instruments.currencies.length) return Reason.CURRENCY_UNKNOWN;
    // Trades open others, at most two for each account.
    const needsBalance = balances.find(this.desk.expectedClient, command.currency) < 0;
    if (needsBalance && balances.count >= capacity.accountsMax) return Reason.CLIENTS_FULL;
    this.amount.set(command.amountHigh, command.amountLow);
    return balances.adjust(this.desk.expectedClient, command.currency, this.amount);
  }

  setRiskMode(command: Command): void {
    const { counters, live } = this.state;
    if (command.value !== counters[Counter.RISK_MODE] && live.size > 0) {
      this.memory.refuse(command, Reason.RISK_MODE_BUSY, -1);
      return;
    }
    counters[Counter.RISK_MODE] = command.value === RiskMode.BALANCES ? RiskMode.BALANCES : RiskMode.OFF;
    this.memory.applied(command, 0);
  }

  /** Tells what every account owes and is owed since the last settlement, and starts the next cycle. */
  closeSettlement(command: Command): void {
    const { counters, accounts } = this.state;
    const cycle = ++counters[Counter.SETTLEMENT_CYCLE];
    accounts.forEach((account) => {
      if (!accounts.hasCycle(account)) return;
      this.desk.listener.onObligation(cycle, account);
      accounts.closeCycle(account);
    });
    this.memory.applied(command, cycle);
  }
}

function hasOtherFees(instrument: Instrument, definition: Instrument): boolean {
  return (
    instrument.makerFeeMillionths !== definition.makerFeeMillionths ||
    instrument.takerFeeMillionths !== definition.takerFeeMillionths
  );
}
