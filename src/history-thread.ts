// Entry of the thread that answers for books of the past: one question after the other, until main ends it.

import { parentPort, workerData } from 'node:worker_threads';
import { History, type HistoryQuestion } from './composition/history.ts';
import { stepBehindOrders } from './composition/priority.ts';

stepBehindOrders();
const history = new History(workerData);
parentPort?.on('message', (question: HistoryQuestion) => parentPort?.postMessage(history.book(question)));
