// What can be made only once the journal's identity is known, which is when recovery is over: public ids, and the JSON that has
// them. Gateway thread. Owns what it made, once.

import { assert } from '../assert.ts';
import { ProcessState, type SharedProcessState } from '../runtime/process-state.ts';
import type { InstrumentSource } from '../wire/instrument-list.ts';
import { type IdKind, PUBLIC_ID_BYTES, PublicIds } from '../wire/public-id.ts';
import { RecordJson } from './record-json.ts';

export interface Identity {
  readonly ids: PublicIds;
  readonly json: RecordJson;
}

/** Returns a function to call only when the process has left RECOVERING. */
export function identityOf(state: SharedProcessState, instruments: InstrumentSource): () => Identity {
  let identity: Identity | undefined;
  return () => {
    if (identity === undefined) {
      assert(state.get() !== ProcessState.RECOVERING, 'ids are keyed once the journal is recovered');
      const ids = new PublicIds(state.journalIdHigh, state.journalIdLow);
      identity = { ids, json: new RecordJson(instruments, ids) };
    }
    return identity;
  };
}

const scratch = new Uint8Array(PUBLIC_ID_BYTES);

/** The number in an id from a path; -1 when it is not one of ours. Allocates: nothing. */
export function decodeId(ids: PublicIds, kind: IdKind, text: string): number {
  if (text.length !== PUBLIC_ID_BYTES) return -1;
  for (let i = 0; i < PUBLIC_ID_BYTES; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return -1;
    scratch[i] = code;
  }
  return ids.decode(kind, scratch, 0, PUBLIC_ID_BYTES);
}
