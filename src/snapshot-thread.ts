// Entry of a short-lived thread that takes one engine snapshot and ends: its engine's memory goes with it.

import { parentPort, workerData } from 'node:worker_threads';
import { stepBehindOrders } from './composition/priority.ts';
import { takeSnapshot } from './journal/take-snapshot.ts';
import { randomHashSecret } from './runtime/hash-secret.ts';

stepBehindOrders();
parentPort?.postMessage(takeSnapshot({ ...workerData, hashSecret: randomHashSecret() }));
