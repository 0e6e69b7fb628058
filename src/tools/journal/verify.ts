// `ringbook journal verify`: everything that can be checked of journal, CONTROL and snapshots, in one pass from the oldest
// segment on. Reads only; keeps one engine.

import { basename } from 'node:path';
import { Fault } from '../../assert.ts';
import { Command } from '../../domain/command.ts';
import { RULES_VERSION } from '../../domain/engine.ts';
import { SILENT_LISTENER } from '../../domain/listener.ts';
import { SnapshotError } from '../../domain/snapshot/snapshot.ts';
import { applyFrame } from '../../journal/apply-frame.ts';
import {
  describeError,
  errorCode,
  JournalDamage,
  OtherOutcome,
  OtherRules,
  PoisonCommand,
  SnapshotDamage,
} from '../../journal/errors.ts';
import { FRAME_HEADER_BYTES, FrameFlag } from '../../journal/frame.ts';
import type { FrameView } from '../../journal/frame-cursor.ts';
import { newReplica, type Replica, replicaOf } from '../../journal/replica.ts';
import { segmentPath } from '../../journal/segment-files.ts';
import {
  listSnapshots,
  readSnapshotFile,
  type SnapshotHead,
  snapshotPath,
  verifySnapshotFile,
} from '../../journal/snapshot-file.ts';
import { hearWitnesses, type Witness, witnessOf } from '../../journal/witnesses.ts';
import { ExitCode } from '../../supervisor/exit-codes.ts';
import { describeEnd, type JournalPlace, Survey, type SurveyEnd } from './survey.ts';
import type { Terminal } from './terminal.ts';
import { count, describeDamage } from './words.ts';

/** What was checked, and all that was found wrong. */
class Findings {
  frames = 0;
  commands = 0;
  bytes = 0;
  compared = 0;
  /** Digests that came out as the next snapshot has them, and snapshots that an engine was restored from. */
  replayedOnto = 0;
  restored = 0;
  /** Frames that carry a state digest, and those of them that a replay met with the same. */
  digests = 0;
  digestsMet = 0;
  readonly segments = new Set<number>();
  readonly notes: string[] = [];
  readonly damages: string[] = [];

  add(frame: FrameView): void {
    this.frames++;
    this.commands += frame.recordCount;
    this.bytes += FRAME_HEADER_BYTES + frame.payloadLength;
    this.segments.add(frame.segmentFirstFrame);
    if (carriesDigest(frame)) this.digests++;
  }

  damage(file: string, frame: number, sequence: number, evidence: string): void {
    const site = { file, offsetBytes: 0, frame, sequence };
    this.damages.push(describeDamage(new JournalDamage(site, evidence)));
  }
}

function carriesDigest({ flags }: FrameView): boolean {
  return (flags & FrameFlag.DIGEST) !== 0;
}

/** Returns the exit code, 65 when anything is damaged. `nowSeconds` is a stopwatch. */
export function verify(place: JournalPlace, terminal: Terminal, nowSeconds: () => number): number {
  const startedAt = nowSeconds();
  const findings = new Findings();
  const snapshots = readSnapshots(place.snapshots, findings);
  let end: SurveyEnd | undefined;
  const states = new States(place.snapshots, snapshots, findings);
  let controls = 0;
  let rulings = 0;
  try {
    const heard = hearWitnesses(place.control);
    findings.notes.push(...heard.notes);
    controls = heard.witnesses.filter(({ name }) => name === place.control).length;
    rulings = heard.witnesses.length - controls;
    const witnesses = [...heard.witnesses, ...snapshots.map(({ anchor }) => witnessOf(anchor))];
    end = readJournal(place, witnesses, states, findings);
  } catch (error) {
    if (!(error instanceof JournalDamage)) throw error;
    findings.damages.push(describeDamage(error));
  }
  const seconds = nowSeconds() - startedAt;
  for (const line of reportOf(findings, { controls, rulings, snapshots: snapshots.length, end, states }))
    terminal.line(line);
  const isSound = findings.damages.length === 0;
  terminal.line(
    `${isSound ? 'sound' : `DAMAGED, ${count(findings.damages.length, 'finding')}`}, ${seconds.toFixed(2)} s`,
  );
  return isSound ? ExitCode.OK : ExitCode.DATA;
}

type SnapshotFacts = Pick<SnapshotHead, 'anchor' | 'digest'>;

/** Those that verify, oldest first. One that a running engine removes meanwhile is none. */
function readSnapshots(directory: string, findings: Findings): SnapshotFacts[] {
  return listSnapshots(directory)
    .reverse()
    .flatMap((frame) => {
      try {
        const { anchor, digest } = verifySnapshotFile(directory, frame);
        return [{ anchor, digest }];
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return [];
        if (!(error instanceof SnapshotDamage)) throw error;
        findings.damage(error.file, frame, 0, error.evidence);
        return [];
      }
    });
}

function readJournal(
  { journal }: JournalPlace,
  witnesses: readonly Witness[],
  states: States,
  findings: Findings,
): SurveyEnd | undefined {
  const survey = new Survey(journal, { witnesses });
  for (const frame of survey) {
    states.begin(frame);
    findings.add(frame);
    findings.compared += witnesses.filter(({ frame: seen }) => seen === frame.number).length;
    states.apply(frame, segmentPath(journal, frame.segmentFirstFrame));
  }
  return survey.end;
}

/** The engine that follows the frames, and is exchanged for the one of each snapshot once their digests agree. */
class States {
  readonly #directory: string;
  readonly #snapshots: readonly SnapshotFacts[];
  readonly #findings: Findings;
  readonly #command = new Command();
  #replica: Replica | undefined;
  #begun = false;

  constructor(directory: string, snapshots: readonly SnapshotFacts[], findings: Findings) {
    this.#directory = directory;
    this.#snapshots = snapshots;
    this.#findings = findings;
  }

  /** The state's last sequence; undefined when there is none to be had. */
  get sequence(): number | undefined {
    return this.#replica?.engine.sequence;
  }

  /** Before the first frame: a journal without its beginning needs the snapshot right before it, or waits for the next. */
  begin({ number }: FrameView): void {
    if (this.#begun) return;
    this.#begun = true;
    if (number === 1) {
      this.#replica = newReplica(SILENT_LISTENER);
      return;
    }
    const before = this.#snapshots.find(({ anchor }) => anchor.frame === number - 1);
    if (before !== undefined) this.#restore(before);
  }

  apply(frame: FrameView, file: string): void {
    if (this.#replica !== undefined) this.#applyTo(this.#replica, frame, file);
    const snapshot = this.#snapshots.find(({ anchor }) => anchor.frame === frame.number);
    if (snapshot === undefined) return;
    if (this.#replica !== undefined) this.#compare(this.#replica, snapshot);
    this.#restore(snapshot);
  }

  #applyTo(replica: Replica, frame: FrameView, file: string): void {
    const isCompared = carriesDigest(frame) && replica.digest.isKnown;
    try {
      applyFrame(replica, frame, this.#command);
      if (isCompared) this.#findings.digestsMet++;
    } catch (error) {
      const why = whyNot(error);
      if (why === undefined) throw error;
      const site = { file, offsetBytes: frame.offsetBytes, frame: frame.number, sequence: frame.firstSequence };
      this.#findings.damages.push(describeDamage(new JournalDamage(site, why)));
      this.#replica = undefined;
    }
  }

  #compare({ engine }: Replica, { anchor, digest }: SnapshotFacts): void {
    const own = engine.digest();
    if (own === digest) {
      this.#findings.replayedOnto++;
      return;
    }
    const evidence = `the journal replayed gives digest ${own}, the snapshot says ${digest}`;
    this.#findings.damage(snapshotPath(this.#directory, anchor.frame), anchor.frame, anchor.sequence, evidence);
  }

  #restore({ anchor, digest }: SnapshotFacts): void {
    const path = snapshotPath(this.#directory, anchor.frame);
    try {
      const { body: replica } = readSnapshotFile(this.#directory, anchor.frame, (source, head) =>
        replicaOf(source, head, SILENT_LISTENER),
      );
      const own = replica.engine.digest();
      if (own !== digest) throw new SnapshotError(`restored, it has digest ${own}; its header says ${digest}`);
      this.#findings.restored++;
      this.#replica = replica;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      if (!(error instanceof SnapshotError || error instanceof SnapshotDamage)) throw error;
      this.#findings.damage(path, anchor.frame, anchor.sequence, describeError(error));
    }
  }
}

/** Why the engine cannot apply a frame, or must not; undefined for an error that says nothing about that. */
function whyNot(error: unknown): string | undefined {
  if (error instanceof PoisonCommand)
    return `the engine stops on command ${error.sequence}: ${describeError(error.cause)}`;
  if (error instanceof Fault) return `the engine stops on it: ${error.message}`;
  if (error instanceof OtherOutcome) return `${error.evidence}; ${NOT_COMPARED}`;
  if (!(error instanceof OtherRules)) return undefined;
  return `rules ${error.rulesVersion} wrote it and this build applies rules ${RULES_VERSION}; ${NOT_COMPARED}`;
}

const NOT_COMPARED = 'states are not compared from here on';

interface Facts {
  readonly controls: number;
  /** Lines of SKIPPED. */
  readonly rulings: number;
  readonly snapshots: number;
  readonly end: SurveyEnd | undefined;
  readonly states: States;
}

function* reportOf(findings: Findings, { controls, rulings, snapshots, end, states }: Facts): Generator<string> {
  const { frames, commands, bytes, segments } = findings;
  const oldest = Math.min(...segments);
  const files = frames === 0 ? '' : `, from ${basename(segmentPath('', oldest))} on`;
  const what = `${count(frames, 'frame')} with ${count(commands, 'command')}`;
  yield `journal    ${what} in ${count(segments.size, 'file')}${files}`;
  yield `           checksums, SHA-256 chain and padding of ${count(bytes, 'byte')}`;
  const skipped = rulings === 0 ? '' : `, ${count(rulings, 'command')} ruled out`;
  const heard = `CONTROL ${controls === 0 ? 'none' : 'whole'}, ${count(snapshots, 'snapshot')} whole${skipped}`;
  yield `witnesses  ${heard}; ${findings.compared} of ${controls + rulings + snapshots} met their frame and its SHA-256`;
  yield `states     ${count(findings.restored, 'snapshot')} restored, ${findings.replayedOnto} reached by replay with the same digest`;
  yield `           ${findings.digestsMet} of ${count(findings.digests, 'state digest')} in frames met by replay`;
  if (states.sequence !== undefined) yield `           replayed through sequence ${states.sequence}`;
  for (const note of findings.notes) yield `note       ${note}`;
  if (end !== undefined) yield `end        ${describeEnd(end)}`;
  for (const damage of findings.damages) yield `DAMAGED    ${damage}`;
}
