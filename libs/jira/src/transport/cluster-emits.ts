// Carries the events that an application emits to the clients of other processes.

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PubSub, type PubSubSubscription } from '../cluster/messaging/pub-sub.js';
import { failureLog } from '../core/errors/failure-log.js';
import { Sinks, type Emission } from './sinks.js';

interface Carried extends Emission {
  /** The process that sends it, which has already sent it to its own clients. */
  readonly node: string;
}

const KEY = '$emit';
/** Maximum number of events that wait for an unavailable PubSub, or for this process. Further ones are dropped and reported. */
const MAX_WAITING = 10_000;

@Injectable()
export class ClusterEmits {
  private readonly report = failureLog('An event did not reach every process');
  private readonly node = randomUUID();
  private heard?: PubSubSubscription<Carried>;
  private waiting = 0;

  constructor(
    private readonly pubSub: PubSub,
    private readonly sinks: Sinks,
  ) {}

  /** Resolves when this process receives the events of the others. */
  async start(): Promise<void> {
    const heard = this.pubSub.subscribe<Carried>(KEY, { capacity: MAX_WAITING, overflow: 'drop-newest' });
    this.heard = heard;
    void this.listen(heard);
    this.sinks.carry = (emission) => void this.tell({ ...emission, node: this.node });
    await heard.ready;
  }

  stop(): void {
    this.sinks.carry = undefined;
    void this.heard?.return();
  }

  private async tell(emission: Carried): Promise<void> {
    try {
      if (this.waiting >= MAX_WAITING)
        throw new Error(`The buffer for other processes is full: ${MAX_WAITING} events are waiting.`);
      this.waiting++;
      await this.pubSub.publish(KEY, emission).finally(() => this.waiting--);
    } catch (error) {
      this.report(error);
    }
  }

  private async listen(heard: PubSubSubscription<Carried>): Promise<void> {
    let dropped = 0;
    for await (const { node, ...emission } of heard) {
      if (heard.dropped > dropped)
        this.report(new Error(`${heard.dropped - dropped} events from other processes were dropped.`));
      ({ dropped } = heard);
      try {
        if (node !== this.node) this.sinks.receive(emission);
      } catch (error) {
        this.report(error);
      }
    }
  }
}
