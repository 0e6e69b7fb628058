// Entry of a short-lived thread that takes one engine snapshot and ends: its engine's memory goes with it.

import { parentPort, workerData } from 'node:worker_threads';
import { stepBehindOrders } from './composition/priority.ts';
import { type SnapshotTask, takeSnapshot } from './journal/take-snapshot.ts';
import { passFaultPoint } from './runtime/fault-point.ts';
import { randomHashSecret } from './runtime/hash-secret.ts';

stepBehindOrders();
const { task, crashAt } = workerData;
const onStep: SnapshotTask['onStep'] = (step) => passFaultPoint(crashAt, `snapshot_${step}`);
parentPort?.postMessage(takeSnapshot({ ...task, hashSecret: randomHashSecret(), onStep }));
