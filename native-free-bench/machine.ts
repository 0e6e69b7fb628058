// What a run was measured on: figures without it say nothing. Main thread of the benchmark; reads only.

import { availableParallelism, cpus, loadavg, release } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  readonly os: string;
  readonly node: string;
  readonly v8: string;
  /** Of the last minute, when it was asked: near 0, nothing else was running. */
  readonly loadAverage: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    platform: `${process.platform} ${process.arch}`,
    os: release(),
    node: process.version,
    v8: process.versions.v8,
    loadAverage: loadavg()[0],
  };
}

export function machineLine({ cpu, cores, platform, os, node, v8, loadAverage }: Machine): string {
  return `${cpu}, ${cores} cores, ${platform} ${os}   Node ${node}, V8 ${v8}   load average ${loadAverage.toFixed(2)}`;
}
