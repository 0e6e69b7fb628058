// What the main thread and the other threads tell each other beside shared memory: seldom, about their lives, never
// about orders. Any thread; plain data.

import type { MainAnswer, MainQuestion } from '../gateway/context.ts';
import type { RecoveryFacts } from '../matching/matching-agent.ts';

/** From a thread to main. */
export type ThreadMessage =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'recovered' } & RecoveryFacts)
  | { readonly kind: 'segment-needed' }
  /** Recovery waits for the ledger's checkpoint (SharedMemory.ledgerPoint). */
  | { readonly kind: 'ledger-asked' }
  | { readonly kind: 'sink'; readonly sink: 'postgres' | 'redis'; readonly state: number; readonly detail: string }
  /** The event spool cannot be written, and why; '' when it can again. */
  | { readonly kind: 'spool'; readonly detail: string }
  | { readonly kind: 'question'; readonly id: number; readonly question: MainQuestion }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string; readonly stack: string };

/** From main to a thread. */
export interface MainMessage {
  readonly kind: 'answer';
  readonly id: number;
  readonly answer: MainAnswer;
}
