// Combines reads that several requests make in the same turn of the event loop. One statement answers them: the same
// statement if their values are equal, or one that replaces several.

import { AsyncResource } from 'node:async_hooks';
import { currentRequest, type RunningRequest } from '../../core/scope/running-request.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { inBatches } from '../../core/support/in-batches.js';

export type Values = unknown[];
export type Rows = unknown[][];

/** How to send reads that can be combined. */
export interface Sender {
  alone(values: Values): Promise<Rows>;
  /** One list of values per caller; returns one list of rows per caller, in the same order. It may fail as a whole. */
  together(values: readonly Values[]): Promise<Rows[]>;
}

/** Every caller waits for the combined statement. */
const MAX_TOGETHER = 64;

class Asker extends AsyncResource {
  constructor(
    readonly request: RunningRequest,
    readonly values: Values,
    readonly resolve: (rows: Rows | Promise<Rows>) => void,
  ) {
    super('nestjs-jira:Asker');
  }
}

interface Group {
  readonly sender: Sender;
  readonly askers: Asker[];
}

export class ReadsTogether {
  private groups = new Map<unknown, Group>();

  /** @param isNext whether the pool would lend the request a connection now, without waiting for its turn */
  constructor(private readonly isNext: (request: RunningRequest) => boolean) {}

  /** @param key equal for reads that one statement can answer */
  ask(key: unknown, values: Values, sender: Sender): Promise<Rows> {
    const request = currentRequest();
    if (!request) return sender.alone(values);
    return new Promise((resolve) => {
      if (this.groups.size === 0) setImmediate(this.send);
      getOrAdd(this.groups, key, () => ({ sender, askers: [] })).askers.push(new Asker(request, values, resolve));
    });
  }

  private readonly send = (): void => {
    const { groups } = this;
    this.groups = new Map();
    for (const { sender, askers } of groups.values())
      for (const some of inBatches(askers, MAX_TOGETHER)) this.sendSome(sender, some);
  };

  /**
   * Sends the statement on behalf of one caller whose turn at the pool it is. If that caller gives up, or the statement
   * fails, each caller reads alone.
   */
  private sendSome(sender: Sender, askers: readonly Asker[]): void {
    const leader =
      askers.length > 1 ? askers.find(({ request }) => !request.aborted && this.isNext(request)) : undefined;
    if (!leader) return sendEach(sender, askers);
    const values = askers.map((one) => one.values);
    const sent = leader.runInAsyncScope(() => sender.together(values));
    sent.then(
      (rows) => askers.forEach((asker, i) => asker.resolve(rows[i])),
      () => sendEach(sender, askers),
    );
  }
}

function sendEach(sender: Sender, askers: readonly Asker[]): void {
  for (const asker of askers) asker.resolve(asker.runInAsyncScope(() => sender.alone(asker.values)));
}
