// Replays a journal with the slow reference engine beside the fast one: what a simulated history came to is then what the rules
// say, not only what the engine says twice. For short histories; reads the files only.

import { JournalReader } from '../../journal/journal-reader.ts';
import { ReferencePair } from '../reference-pair.ts';

/** How the two engines differ over the journal through this frame; '' when they do not. */
export function differenceFromReference(directory: string, throughFrame: number): string {
  const pair = new ReferencePair();
  const reader = new JournalReader(directory);
  try {
    for (let frame = reader.next(throughFrame); frame !== undefined; frame = reader.next(throughFrame)) {
      const difference = pair.apply(frame);
      if (difference !== '') return difference;
    }
  } finally {
    reader.close();
  }
  return pair.finish();
}
