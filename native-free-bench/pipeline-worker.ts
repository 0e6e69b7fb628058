// Thread entry for pipeline.ts: the producer or the consumer. Blocks while a run lasts; between two its event loop
// waits for the next.

import { parentPort, workerData } from 'node:worker_threads';
import { makeConsumer } from './pipeline-consumer.ts';
import type { Begin, PipelineJob } from './pipeline-job.ts';
import { makeProducer } from './pipeline-producer.ts';

const job: PipelineJob = workerData; // both ends are compiled from the same PipelineJob
const play = job.role === 'producer' ? makeProducer(job) : makeConsumer(job);
parentPort?.on('message', (begin: Begin) => parentPort?.postMessage(play(begin)));
