// The load generator: one process for each server of a row.

import { answerCalls } from '../work/ipc.js';
import { AUDIENCES } from '../work/issues.js';
import type { RowName, ServerName } from '../work/rows.js';
import { ADAPTERS } from './adapter.js';
import { assertFlawless, unlessFaulted } from './faults.js';
import { Connects, Destroys, FanOut, Idle, Latency, list, Listener, Requests, retrieve, Updates } from './workloads.js';
import { LiveLists } from './live-lists.js';
import type { Target, Workload } from './workloads.js';

export interface OpenOrder {
  readonly row: RowName;
  readonly server: ServerName;
  readonly port: number;
  readonly sockets: number;
}

let workload: Workload | undefined;

answerCalls({
  open: async ({ row, server, port, sockets }: OpenOrder) => {
    workload = workloadOf(row, { port, adapter: ADAPTERS[server] }, sockets);
    await unlessFaulted(workload.open());
    assertFlawless();
  },
  round: async (durationMs: number) => {
    const units = await unlessFaulted(current().round(durationMs));
    assertFlawless();
    return units;
  },
  tidy: async () => {
    await current().tidy?.();
    assertFlawless();
  },
  lastArrivals: () => (current() as Latency).lastArrivals(),
});

function current(): Workload {
  if (workload === undefined) throw new Error('Nothing is open.');
  return workload;
}

function workloadOf(row: RowName, target: Target, sockets: number): Workload {
  switch (row) {
    case 'retrieve':
      return new Requests(target, retrieve, sockets);
    case 'list':
      return new Requests(target, list, sockets);
    case 'create-32':
      return new FanOut(target, sockets - 1, 'creates');
    case 'update-32':
      return new Updates(target, sockets - 1, 'creates');
    case 'destroy-32':
      return new Destroys(target, sockets - 1, 'creates');
    case 'fanout-1000':
    case 'fanout-5000':
      return new FanOut(target, sockets - 1, 'deliveries');
    case 'audiences':
      return new FanOut(target, sockets - 1, 'deliveries', AUDIENCES);
    case 'latency':
      return new Latency(target, sockets - 1, 'deliveries');
    case 'live-list':
      return new LiveLists(target, sockets - 1);
    case 'connect':
      return new Connects(target, sockets);
    case 'memory':
      return new Idle(target, sockets);
    case 'update':
    case 'update-unwatched':
      return new Listener(target);
  }
}
