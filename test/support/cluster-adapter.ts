// A cluster adapter of Socket.IO without a server: the adapters of one process hear each other, as they do over Redis.

import { Server } from 'socket.io';

export type Adapter = ReturnType<Server['of']>['adapter'];
type Packet = Parameters<Adapter['broadcast']>;

const InMemory = new Server().of('/').adapter.constructor as new (nsp: unknown) => Adapter;

/** Creates one cluster. Pass the result to `JiraModule.forRoot({ socketIo: { adapter } })` of each of its servers. */
export function clusterAdapter(): new (nsp: unknown) => Adapter {
  const all = new Set<Adapter>();
  return class extends InMemory {
    constructor(nsp: unknown) {
      super(nsp);
      all.add(this);
    }
    override broadcast(...[packet, options]: Packet): void {
      for (const one of all)
        if (one === this || (one.nsp.name === this.nsp.name && !options.flags?.local))
          (InMemory.prototype as Adapter).broadcast.call(one, packet, options);
    }
    override serverSideEmit(): void {}
  };
}
