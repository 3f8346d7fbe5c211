// What every server process tells the runner: its port, its CPU time, its memory.

import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { clockMs } from '../work/clock.js';
import { answerCalls } from '../work/ipc.js';
import { LISTED_ROWS, SEEDED_ROWS } from '../work/issues.js';
import { startProfile, stopProfile } from './profile.js';

/** All CPU the process has used, every thread of it, in microseconds. */
export interface CpuReading {
  readonly microseconds: number;
}

export interface MemoryReading {
  readonly rss: number;
  /** What V8 accounts for: the heap, buffers and other external memory. */
  readonly accounted: number;
}

/** What only some servers can do. */
export interface Abilities {
  /** Runs updates of ten rows by criteria one after another; returns how many. */
  update?(order: UpdateOrder): Promise<number>;
}

export interface UpdateOrder {
  readonly updates: number;
  readonly watched: boolean;
}

/** The row this process was started for. */
export const ROW = process.argv[2] ?? '';

/** How many rows there are before the first request. */
export const ROWS = ROW === 'live-list' ? LISTED_ROWS : SEEDED_ROWS;

const commits: number[] = [];

/** Notes the moment of a commit, for the latency row. */
export function markCommit(): void {
  commits.push(clockMs());
}

/** Tells the runner where the server listens and answers its questions from then on. */
export function serve(server: Server, abilities: Abilities = {}): void {
  answerCalls({
    port: () => (server.address() as AddressInfo).port,
    cpu: readCpu,
    memory: readMemory,
    startProfile,
    stopProfile,
    commits: () => commits.splice(0),
    update: (order: UpdateOrder) => {
      if (abilities.update === undefined) throw new Error('This server has no update().');
      return abilities.update(order);
    },
  });
}

function readCpu(): CpuReading {
  const { user, system } = process.cpuUsage();
  return { microseconds: user + system };
}

function readMemory(): MemoryReading {
  if (globalThis.gc === undefined) throw new Error('The server process needs --expose-gc.');
  // Finalizers of the first collection free what the second one finds.
  for (let i = 0; i < 3; i++) globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, accounted: heapUsed + external };
}

/** Listens on loopback, on a port the system chooses. */
export function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
