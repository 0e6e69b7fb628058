// Schemas of what the server says of itself: readiness and health. Plain JSON Schema, for the OpenAPI document.

import Type from 'typebox';
import { CLOSED, oneOf } from './schema-parts.ts';

const count = Type.Integer({ minimum: 0 });
const names = (description: string) => Type.Array(Type.String(), { description });

export const LivenessSchema = Type.Object({ status: Type.Literal('ok') }, { ...CLOSED, title: 'Liveness' });

export const ReadinessSchema = Type.Object(
  {
    status: oneOf(['ready', 'not_ready']),
    state: oneOf([
      ...['recovering', 'open', 'draining', 'poisoned', 'closing', 'finishing', 'unknown'],
      ...['storage_low', 'storage_full'],
    ]),
  },
  { ...CLOSED, title: 'Readiness' },
);

/** How far a projection is behind. */
const lag = {
  sequences: Type.Integer({ minimum: 0, description: 'Commands that it has not seen.' }),
  seconds: Type.Number({ minimum: 0, description: 'For how long it has not been level.' }),
};
const sink = {
  status: oneOf(['connecting', 'up', 'down', 'refused', 'poisoned', 'off', 'unknown']),
  detail: Type.String({ description: 'Why, for people.' }),
  ...lag,
};

const storage = {
  status: oneOf(['ok', 'low', 'full']),
  free_bytes: Type.Integer({ minimum: -1, description: 'Of the file system of the journal; -1: not known yet.' }),
  low_bytes: Type.Integer({
    minimum: 0,
    description: 'Less is low: only cancels are taken, until POST /admin/resume.',
  }),
  detail: Type.String({ description: 'Why it is not ok, for people.' }),
};

export const ResumedSchema = Type.Object(storage, { ...CLOSED, title: 'Storage' });

export const HealthSchema = Type.Object(
  {
    status: oneOf(['ok', 'degraded', 'unavailable']),
    message: Type.String({ description: 'The whole of it in sentences, for people.' }),
    trading: Type.String({
      description: 'open: orders are taken; cancel_only: only cancels; anything else: no command.',
    }),
    venue: Type.Object(
      {
        risk: oneOf(['off', 'balances']),
        kill_switch: Type.Boolean(),
        post_only: names('Instruments of that status.'),
        cancel_only: names('Instruments of that status.'),
        halted: names('Instruments of that status.'),
      },
      CLOSED,
    ),
    journal: Type.Object(
      {
        durability: oneOf(['fsync', 'os', 'memory']),
        durable: Type.Boolean(),
        detail: Type.String(),
        sequence: count,
        durable_frame: count,
        control: Type.Object({ status: oneOf(['ok', 'failing']), frame: count, detail: Type.String() }, CLOSED),
      },
      CLOSED,
    ),
    storage: Type.Object(
      {
        ...storage,
        spool: Type.Object({ status: oneOf(['ok', 'large', 'failing']), bytes: count, detail: Type.String() }, CLOSED),
      },
      CLOSED,
    ),
    postgres: Type.Object({ ...sink, server: oneOf(['embedded', 'external']) }, CLOSED),
    redis: Type.Object(sink, CLOSED),
  },
  { ...CLOSED, title: 'Health' },
);
