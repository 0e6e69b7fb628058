// Entry of a short-lived thread that archives closed journal segments and ends.

import { parentPort, workerData } from 'node:worker_threads';
import { stepBehindOrders } from './composition/priority.ts';
import { archiveSegments } from './journal/archive-segments.ts';

stepBehindOrders();
parentPort?.postMessage(await archiveSegments(workerData));
