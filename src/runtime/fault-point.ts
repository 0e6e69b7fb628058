// Named points at which a test has the process killed, as a power button would: no clean-up, no last words; or its thread throw.
// Any thread.
// Without a plan, which is always so unless RINGBOOK_FAULTS=1 asked for one, passing a point compares with undefined.
// Must never do anything but end the process: what is tested is the code around the point.

export const FAULT_POINTS = [
  'before_write',
  'after_write',
  'after_sync_before_reply',
  'segment_taken',
  'snapshot_part_written',
  'snapshot_renamed',
  'control_written',
  'shutdown',
  'gateway_turn',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

/** Plain data and shared memory: all threads count the same passes. */
export interface FaultPlan {
  readonly point: FaultPoint;
  /** One Int32: how many passes are left, the last of them is the end. */
  readonly passesLeft: SharedArrayBuffer;
}

/** `<point>` or `<point>:<n>`, the n-th pass from 1. Undefined for any other text. */
export function parseFaultPlan(text: string): FaultPlan | undefined {
  const [, name, passes = '1'] = /^([a-z_]+)(?::([1-9]\d{0,8}))?$/.exec(text) ?? [];
  const point = FAULT_POINTS.find((known) => known === name);
  if (point === undefined) return undefined;
  const passesLeft = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(passesLeft)[0] = Number(passes);
  return { point, passesLeft };
}

/** Ends the process when this is the pass that the plan names; then it does not return. */
export function passFaultPoint(plan: FaultPlan | undefined, point: FaultPoint): void {
  if (isLastPass(plan, point)) process.kill(process.pid, 'SIGKILL');
}

/** The same where a bug of ours is tested: it throws. */
export function throwAtFaultPoint(plan: FaultPlan | undefined, point: FaultPoint): void {
  if (isLastPass(plan, point)) throw new Error(`the fault point ${point} throws`);
}

function isLastPass(plan: FaultPlan | undefined, point: FaultPoint): boolean {
  if (plan === undefined || plan.point !== point) return false;
  return Atomics.sub(new Int32Array(plan.passesLeft), 0, 1) === 1;
}
