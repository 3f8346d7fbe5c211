// Who is sent what, under rules drawn at random, checked frame by frame against what each user could retrieve.
//
// NONINTERFERENCE_FRAMES=100000 npx vitest run test/authorization/noninterference.test.ts    NONINTERFERENCE_SEED=… repeats

import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Hook, type Visibility } from 'nestjs-jira';
import { Feed } from '../../libs/jira/src/live/delivery/feed.js';
import { Judgements } from '../../libs/jira/src/live/delivery/judgements.js';
import { Observer } from '../../libs/jira/src/live/observers/observer.js';
import { Placement } from '../../libs/jira/src/live/delivery/placement.js';
import { nextState, type Reason } from '../../libs/jira/src/live/delivery/subscription-state.js';
import type { Subscription } from '../../libs/jira/src/live/delivery/channel.js';
import { GenericModelHook } from '../../libs/jira/src/typeorm/hooks/generic-model-hook.js';
import { PredicateMatcher } from '../../libs/jira/src/typeorm/hooks/row-matchers.js';
import { TypeOrmStore } from '../../libs/jira/src/typeorm/store/typeorm-store.js';
import { describeEachDatabase } from '../support/databases.js';
import { seedOf } from '../support/seed.js';
import { ENTITIES, Task } from './support/entities.js';
import { fuzz, type FuzzOptions } from './support/fuzz.js';
import { schemas, USUAL, type Schema } from './support/rules.js';
import { hookOf } from './support/world.js';

/** On SQLite; a tenth as many on each of the others. */
const FRAMES = Number(process.env['NONINTERFERENCE_FRAMES'] ?? (process.env['CI'] === 'true' ? 10_000 : 1_500));
const SEED = seedOf('NONINTERFERENCE_SEED');
/** Of one schema, before the next is drawn. */
const FRAMES_A_SCHEMA = 500;
/** A planted leak has to show within so many frames. */
const FOUND_WITHIN = 6_000;

afterEach(() => {
  vi.restoreAllMocks();
});

describeEachDatabase('noninterference', ({ type, options }) => {
  const frames = type === 'better-sqlite3' ? FRAMES : Math.ceil(FRAMES / 10);

  it(`lets nobody be sent what they could not retrieve, nor keep it (seed ${SEED})`, { timeout: 60_000 + frames * 30 }, async () => {
    const drawn = fc.sample(schemas, { numRuns: Math.ceil(frames / FRAMES_A_SCHEMA), seed: SEED });
    const total = { frames: 0, changes: 0, steps: 0 };
    for (const [i, schema] of [USUAL, ...drawn].entries()) {
      if (total.frames >= frames) break;
      const result = await fuzz({ seed: SEED + i, frames: FRAMES_A_SCHEMA, schema, database: await options(ENTITIES) });
      for (const name of ['frames', 'changes', 'steps'] as const) total[name] += result[name];
      expect({ ...result, schema }).toMatchObject({ violations: [] });
    }
    // oxlint-disable-next-line no-console -- how much was checked is what the test shows
    console.info(`${type}: ${total.frames} frames, ${total.changes} of them changes, in ${total.steps} steps`);
  });
}); // prettier-ignore

/** A private method, to be made faulty. */
type Methods = Record<string, (...args: never[]) => unknown>;
const methodsOf = (prototype: object): Methods => prototype as Methods;

type Case = { before?: object; after?: object; isGone: boolean };

/** Makes the delivery accept an image without judging it. */
function unjudged(which: (one: Case) => object | undefined): void {
  const sendOne = methodsOf(Feed.prototype)['sendOne'] as (one: Case, batch: object) => unknown;
  vi.spyOn(methodsOf(Feed.prototype), 'sendOne').mockImplementation(function (this: Feed, one: Case, batch: { judgements: Judgements }) {
    const accepts = (matchers: never, image: object): boolean =>
      image === which(one) || batch.judgements.accepts(matchers, image as never);
    return sendOne.call(this, one, { ...batch, judgements: { accepts } });
  }); // prettier-ignore
}

const usual = (namespace: string): ReturnType<typeof hookOf> => hookOf(namespace, USUAL[namespace]);

@Hook('public')
class AllToldAlike extends usual('public') {
  override audience = () => 'everybody';
}

@Hook('related')
class OrdersBySecret extends usual('related') {
  override orderingFields = ['id', 'title', 'secret'];
}

@Hook('resolved')
class DependsOnNothing extends usual('resolved') {
  override dependsOn = [];
}

@Hook('owned')
class SeesAll extends usual('owned') {
  override async visibility(): Promise<Visibility<Task>> {
    return true;
  }
}

/** Has an object permission, which most of its rows pass. */
const GUARDED: Schema = { ...USUAL, public: { rule: true, secret: 'nobody', isGuarded: true } };

describe('a planted leak is found', () => {
  const faults: Record<string, () => Partial<FuzzOptions> | void> = {
    'deletes are announced to everybody': () => unjudged(({ isGone, before }) => (isGone ? before : undefined)),
    'a row that moved is judged by where it was': () => unjudged(({ before, after }) => (before ? after : undefined)),
    'the count counts every row': () => {
      vi.spyOn(TypeOrmStore.prototype, 'count').mockImplementation(function (this: TypeOrmStore<Task>) {
        return (this as unknown as { manager: import('typeorm').EntityManager }).manager.count(Task);
      });
    },
    'lists may be ordered by a hidden column': () => ({ hooks: { related: OrdersBySecret } }),
    'one frame with the owner’s field serves all': () => {
      vi.spyOn(methodsOf(Observer.prototype), 'groupOf').mockReturnValue('');
    },
    'rows may be written into a foreign team': () => {
      vi.spyOn(TypeOrmStore.prototype, 'insert').mockImplementation(function (this: TypeOrmStore<Task>, task: Task) {
        return (this as unknown as { manager: import('typeorm').EntityManager }).manager.save(Task, task);
      });
    },
    'the audience is declared wrongly': () => ({ hooks: { public: AllToldAlike } }),
    'a membership that ended goes on': () => ({ hooks: { resolved: DependsOnNothing } }),
    'rights are looked at again only after what they let through': () => {
      const methods = methodsOf(Placement.prototype);
      const go = methods['go'] as (subscription: Subscription, reason: Reason) => void;
      vi.spyOn(methods, 'go').mockImplementation(function (
        this: Placement,
        subscription: Subscription,
        reason: Reason,
      ) {
        // One that is live stays so until it ends: nothing is held while its rights are looked at.
        if (subscription.state === 'live' && nextState('live', reason) !== 'ended') return;
        go.call(this, subscription, reason);
      });
    },
    'a filter that is wider than the rows in sight': () => ({ hooks: { owned: SeesAll } }),
    'object permissions are not asked of what is announced': () => {
      vi.spyOn(methodsOf(GenericModelHook.prototype), 'hasObjectPermissions').mockReturnValue(false);
      return { schema: GUARDED };
    },
    'every membership tells everybody to fetch again': () => {
      const methods = methodsOf(Placement.prototype);
      const refreshConcerned = methods['refreshConcerned'] as (all: object[], change: object) => unknown;
      vi.spyOn(methods, 'refreshConcerned').mockImplementation(function (this: Placement, _: object, change: object) {
        return refreshConcerned.call(this, [...this.subscriptions()], change);
      });
      vi.spyOn(PredicateMatcher.prototype, 'isConcernedBy').mockReturnValue(true);
    },
  };

  it.each(Object.keys(faults))('%s', async (name) => {
    const planted = faults[name]?.() ?? {};
    const { violations } = await fuzz({ seed: SEED, frames: FOUND_WITHIN, schema: USUAL, ...planted });
    expect(violations.length).toBeGreaterThan(0);
  });
});
