// The states of a subscription, as docs/client-states.md has them, walked at random.

import fc from 'fast-check';
import type { Change, Subscription } from 'nestjs-jira-client';
import { expect, it } from 'vitest';
import { Bench } from './support.js';
import type { Asked } from './stub-server.js';

/** What the table says. */
interface Model {
  state: 'subscribing' | 'subscribed' | 'unsubscribed';
  isConnected: boolean;
  wasSubscribed: boolean;
  /** The token it has to come with. */
  token: string | null;
  /** Everything up to here was told, and something of the next. */
  complete: string | undefined;
  newest: string | undefined;
  told: string[];
  subscribes: number;
}

class Real {
  readonly told: string[] = [];
  readonly states: string[] = [];
  private tokens = 0;

  constructor(
    readonly bench: Bench,
    readonly subscription: Subscription,
  ) {}

  /** The subscribe that waits for its answer. */
  asked(model: Model): Promise<Asked> {
    return this.bench.server.arrival('subscribe', model.subscribes);
  }

  nextToken(): string {
    return `token ${++this.tokens}`;
  }

  hear({ type, id }: Change): void {
    this.told.push(type === 'reset' ? 'reset' : `${type} ${JSON.stringify(id)}`);
  }

  async matches(model: Model): Promise<void> {
    await expect.poll(() => [this.subscription.state, this.told]).toEqual([model.state, model.told]);
  }
}

type Command = fc.AsyncCommand<Model, Real>;

/** An answer, by which the first change after it was told before already. */
const answer = (recovered: boolean, changes: readonly [string, number, boolean][]): Command => ({
  check: ({ state, isConnected }) => state === 'subscribing' && isConnected,
  async run(model, real) {
    const asked = await real.asked(model);
    const { token, complete } = model;
    expect(asked.frame.headers).toMatchObject(
      token === null ? { resume: null } : { resume: token, position: complete },
    );
    const isRecovered = recovered && token !== null;
    const { server } = real.bench;
    const missed = isRecovered
      ? changes.map(([type, id, isOld]) => ({ type, id, data: { id }, position: isOld ? (model.newest ?? '') : server.next() })) // prettier-ignore
      : [];
    const position = server.next();
    model.token = real.nextToken();
    void asked.socket.join('c');
    asked.answer({ channel: 'c', position, resume: model.token, recovered: isRecovered, ...(isRecovered && { changes: missed }) }); // prettier-ignore
    if (isRecovered) model.told.push(...missed.map(({ type, id }) => `${type} ${id}`));
    else if (model.wasSubscribed) model.told.push('reset');
    Object.assign(model, { state: 'subscribed', wasSubscribed: true, complete: position, newest: position });
    await real.matches(model);
  },
  toString: () => `answer(${recovered}, ${JSON.stringify(changes)})`,
});

const refuse: Command = {
  check: ({ state, isConnected }) => state === 'subscribing' && isConnected,
  async run(model, real) {
    (await real.asked(model)).refuse('PERMISSION_DENIED');
    model.state = 'unsubscribed';
    await real.matches(model);
  },
  toString: () => 'refuse',
};

const announce = (type: 'added' | 'modified' | 'removed', id: number, isSame: boolean): Command => ({
  check: ({ state, isConnected }) => state === 'subscribed' && isConnected,
  async run(model, real) {
    const before = model.newest;
    const given = isSame && before !== model.complete ? { position: before } : {};
    const position = real.bench.server.announce('issues', 'c', { type, id, data: { id }, ...given });
    if (position !== before) [model.complete, model.newest] = [before, position];
    model.told.push(`${type} ${id}`);
    await real.matches(model);
  },
  toString: () => `announce(${type}, ${id}, ${isSame})`,
});

const reset: Command = {
  check: ({ state, isConnected }) => state === 'subscribed' && isConnected,
  async run(model, real) {
    const position = real.bench.server.announce('issues', 'c', { type: 'reset' });
    [model.complete, model.newest] = [model.newest, position];
    model.told.push('reset');
    await real.matches(model);
  },
  toString: () => 'reset',
};

const cut: Command = {
  check: ({ isConnected, state }) => isConnected && state !== 'unsubscribed',
  async run(model, real) {
    // What waits for an answer is asked again.
    if (model.state === 'subscribing') await real.asked(model);
    real.bench.server.cut();
    model.state = 'subscribing';
    model.subscribes++;
    await real.asked(model);
    await real.matches(model);
  },
  toString: () => 'cut',
};

const end: Command = {
  check: ({ state }) => state === 'subscribed',
  async run(model, real) {
    const { frame, socket } = await real.asked(model);
    const data = { code: 'PERMISSION_DENIED', message: '' };
    socket.emit('issues', {
      requestId: frame.requestId,
      method: 'SUBSCRIPTION',
      action: 'subscribe',
      status: 403,
      data,
    });
    model.state = 'unsubscribed';
    await real.matches(model);
  },
  toString: () => 'end',
};

const stop: Command = {
  check: () => true,
  async run(model, real) {
    real.subscription();
    model.state = 'unsubscribed';
    await real.matches(model);
  },
  toString: () => 'stop',
};

const ids = fc.integer({ min: 1, max: 3 });
const types = fc.constantFrom('added', 'modified', 'removed');
const missed = fc.uniqueArray(fc.tuple(types, fc.integer({ min: 10, max: 20 }), fc.constant(false)), { selector: ([, id]) => id, maxLength: 3 }); // prettier-ignore

it('are those of the table, whatever happens', async () => {
  const often = [
    fc.tuple(fc.boolean(), missed).map(([recovered, changes]) => answer(recovered, changes as [string, number, boolean][])),
    fc.tuple(types, ids, fc.boolean()).map(([type, id, isSame]) => announce(type as 'added', id, isSame)),
    fc.constant(cut),
  ];
  const rare = [fc.constant(reset), fc.constant(refuse), fc.constant(end), fc.constant(stop)];
  await fc.assert(
    fc.asyncProperty(fc.commands<Model, Real, false>([...often, ...often, ...often, ...rare], { maxCommands: 15 }), async (commands) => {
      await using bench = await Bench.start();
      bench.server.on('issues.unsubscribe', ({ answer: done }) => done(null));
      const jira = bench.client({ resetJitterMs: 0 });
      const holder: { real?: Real } = {};
      const hear = (change: Change): void => holder.real?.hear(change);
      const subscription = jira.hook('issues').subscribe(hear, { onState: () => undefined });
      const real = (holder.real = new Real(bench, subscription));
      const model: Model = { state: 'subscribing', isConnected: true, wasSubscribed: false, token: null, complete: undefined, newest: undefined, told: [], subscribes: 1 };
      await bench.server.arrival('subscribe');
      await fc.asyncModelRun(() => ({ model, real }), commands);
    }),
    { numRuns: 12 },
  );
}); // prettier-ignore
