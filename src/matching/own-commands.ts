// What the matching thread itself commands: that orders end whose time has come, that the operator is a client before there are too
// many, and at its start what the configuration asks for. Such a command is journaled and applied like any other, so a replay needs neither clock nor configuration.
// Matching thread; pure, owns nothing.

import { CLIENTS_MAX } from '../domain/capacity.ts';
import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType, InstrumentStatus, RiskMode } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import type { Engine } from '../domain/engine.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../domain/instrument.ts';
import { REASONS, Reason } from '../domain/reasons.ts';
import type { CommandOrigin } from '../wire/command-codec.ts';
import { instrumentFacts } from '../wire/instrument-json.ts';
import { OPERATOR_CLIENT } from '../wire/operator-client.ts';

/** Where a record says which gateway it came from: none did, and nobody waits for its reply. */
export const OWN_GATEWAY = 65_535;
export const OWN_ORIGIN: CommandOrigin = { gateway: OWN_GATEWAY, requestId: 0, receivedUs: 0 };

/** What the configuration says of the venue. */
export interface VenueSettings {
  readonly riskMode: RiskMode;
  /** Undefined: none are named, the engine's own are traded. */
  readonly instruments: readonly Instrument[] | undefined;
}

/** The configuration asks for what the recovered state does not allow; main ends the process with 64. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

/** The error for a start command that the engine refused. */
export function startRefused(engine: Engine, command: Command, reason: number): StartRefused {
  const why = REASONS.get(reason)?.text ?? `Reason ${reason}.`;
  if (command.type !== CommandType.SET_RISK_MODE) {
    return new StartRefused(`RINGBOOK_INSTRUMENTS: ${command.definition.name}: ${why}`);
  }
  const [wanted, current] = command.value === RiskMode.BALANCES ? ['balances', 'off'] : ['off', 'balances'];
  const live = engine.openOrders === 1 ? '1 order is' : `${engine.openOrders} orders are`;
  return new StartRefused(
    `RINGBOOK_RISK=${wanted}: ${why} ${live} live under ${current}: ` +
      `start with RINGBOOK_RISK=${current}, cancel what is live, and start again.`,
  );
}

/** Ends every order whose time has come. */
export function expireOrders(): Command {
  return ofType(CommandType.EXPIRE_ORDERS);
}

/** Whether an order's time has come at batch time `timeUs`. */
export function isExpiryDue({ nextExpiryUs }: Engine, timeUs: number): boolean {
  return nextExpiryUs > 0 && nextExpiryUs <= timeUs;
}

/**
 * Whether the operator must become a client now: half of all places are taken, by ids that may be made up, and once the last one is,
 * the operator's commands with keys would be refused for good. Allocates: nothing.
 */
export function isOperatorDue({ clients }: Engine, clientsMax = CLIENTS_MAX): boolean {
  if (clients.count < clientsMax / 2 || clients.count >= clientsMax) return false;
  return clients.find(OPERATOR_CLIENT, 0, OPERATOR_CLIENT.length) < 0;
}

/** Makes the operator a client, by a mass cancel of the orders that it cannot have, under a key that no request can name. */
export function registerOperator(): Command {
  const command = ofType(CommandType.MASS_CANCEL);
  command.instrument = ALL_INSTRUMENTS;
  command.side = BOTH_SIDES;
  command.bytes = Buffer.concat([OPERATOR_CLIENT, OPERATOR_CLIENT]);
  command.clientOffset = 0;
  command.clientLength = OPERATOR_CLIENT.length;
  command.keyOffset = OPERATOR_CLIENT.length;
  command.keyLength = OPERATOR_CLIENT.length;
  return command;
}

/**
 * The commands that bring the recovered `engine` to what the settings ask for; each is applied before the next is asked
 * for. In a journal that already holds commands an instrument that the engine knows is left as it is: what was changed at
 * run time wins. Throws StartRefused.
 */
export function* startCommands(engine: Engine, settings: VenueSettings, timeUs: number): Generator<Command, void> {
  const isNew = engine.sequence === 0;
  // First, for orders whose time is over do not hinder a change of the risk mode.
  if (isExpiryDue(engine, timeUs)) yield expireOrders();
  // Before the instruments: a start that is refused for it has added none.
  if (engine.riskMode !== settings.riskMode) yield setRiskMode(settings.riskMode);
  if (settings.instruments !== undefined) {
    if (isNew) yield* replaceDefaults(engine, settings.instruments);
    for (const instrument of settings.instruments) {
      if (engine.instruments.find(instrument.name) < 0) yield define(instrument);
    }
  }
}

/** In a new journal nobody has traded or changed what the engine begins with: it becomes what is wanted, or is delisted. */
function* replaceDefaults(engine: Engine, instruments: readonly Instrument[]): Generator<Command, void> {
  for (const original of DEFAULT_INSTRUMENTS) {
    const wanted = instruments.find(({ name }) => name === original.name);
    if (wanted === undefined) {
      yield setStatus(engine.instruments.find(original.name), InstrumentStatus.DELISTED);
    } else if (differingFields(original, wanted).length > 0) {
      const command = define(wanted);
      // Known beforehand, so that the journal stays new and the next attempt is judged like this one.
      if (engine.instruments.differsInKind(engine.instruments.find(wanted.name), wanted))
        throw startRefused(engine, command, Reason.INSTRUMENT_IMMUTABLE);
      yield command;
      if (wanted.status !== original.status) yield setStatus(engine.instruments.find(wanted.name), wanted.status);
    }
  }
}

/** One line for each instrument that is not as the settings say, with the names of its fields. */
export function differences(engine: Engine, { instruments = [] }: VenueSettings): string[] {
  return instruments.flatMap((wanted) => {
    const index = engine.instruments.find(wanted.name);
    const fields = index < 0 ? [] : differingFields(engine.instruments.get(index), wanted);
    return fields.length === 0 ? [] : [`${wanted.name}: ${fields.join(', ')}`];
  });
}

/** Names of the fields in which two definitions of one instrument differ, as the file has them. */
function differingFields(one: Instrument, other: Instrument): string[] {
  const facts = instrumentFacts(one);
  const others = instrumentFacts(other);
  return Object.keys(facts).filter((field) => facts[field] !== others[field]);
}

function define(instrument: Instrument): Command {
  const command = ofType(CommandType.DEFINE_INSTRUMENT);
  command.definition.set(instrument);
  return command;
}

function setStatus(instrument: number, status: InstrumentStatus): Command {
  const command = ofType(CommandType.SET_INSTRUMENT_STATUS);
  command.instrument = instrument;
  command.value = status;
  return command;
}

function setRiskMode(mode: RiskMode): Command {
  const command = ofType(CommandType.SET_RISK_MODE);
  command.value = mode;
  return command;
}

function ofType(type: CommandType): Command {
  const command = new Command();
  command.type = type;
  return command;
}
