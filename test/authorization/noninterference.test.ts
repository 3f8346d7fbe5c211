import { afterEach, describe, expect, it, vi } from 'vitest';
import { Hook, type Visibility } from 'nestjs-jira';
import { Feed } from '../../libs/jira/src/observers/feed.js';
import { Hub } from '../../libs/jira/src/observers/hub.js';
import { Judgements } from '../../libs/jira/src/observers/judgements.js';
import { Observer } from '../../libs/jira/src/observers/observer.js';
import { PredicateMatcher } from '../../libs/jira/src/typeorm/row-matchers.js';
import { TypeOrmStore } from '../../libs/jira/src/typeorm/typeorm-store.js';
import { fuzz } from './support/fuzz.js';
import { OwnedHook, PublicHook, RelatedHook, ResolvedHook, Task, WORLD } from './support/world.js';

// More: NONINTERFERENCE_FRAMES=100000 npx vitest run test/authorization/noninterference.test.ts
const FRAMES = Number(process.env['NONINTERFERENCE_FRAMES'] ?? (process.env['CI'] === 'true' ? 10_000 : 1_500));
const SEED = Number(process.env['NONINTERFERENCE_SEED'] ?? Date.now() % 1_000_000);
/** A planted leak has to show within so many frames. */
const FOUND_WITHIN = 3_000;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('noninterference', () => {
  it(`lets nobody be sent what they could not retrieve (seed ${SEED})`, { timeout: 60_000 + FRAMES * 30 }, async () => {
    const result = await fuzz(SEED, FRAMES);
    // oxlint-disable-next-line no-console -- how much was checked is what the test shows
    console.info(`${result.frames} frames, ${result.changes} of them changes, in ${result.steps} steps`);
    expect(result.violations).toEqual([]);
  });
});

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

@Hook('public')
class AllToldAlike extends PublicHook {
  override audience = () => 'everybody';
}

@Hook('related')
class OrdersBySecret extends RelatedHook {
  override orderingFields = ['id', 'title', 'secret'];
}

@Hook('resolved')
class DependsOnNothing extends ResolvedHook {
  override dependsOn = [];
}

@Hook('owned')
class SeesAll extends OwnedHook {
  override visibility(): Visibility<Task> {
    return true;
  }
}

const without = (left: unknown): unknown[] => WORLD.providers.filter((provider) => provider !== left);

describe('a planted leak is found', { timeout: 120_000 }, () => {
  const faults: Record<string, () => unknown[] | void> = {
    'deletes are announced to everybody': () => unjudged(({ isGone, before }) => (isGone ? before : undefined)),
    'a row that moved is judged by where it was': () => unjudged(({ before, after }) => (before ? after : undefined)),
    'the count counts every row': () => {
      vi.spyOn(TypeOrmStore.prototype, 'count').mockImplementation(function (this: TypeOrmStore<Task>) {
        return (this as unknown as { manager: import('typeorm').EntityManager }).manager.count(Task);
      });
    },
    'lists may be ordered by a hidden column': () => [OrdersBySecret, ...without(RelatedHook)],
    'one frame with the owner’s field serves all': () => {
      vi.spyOn(methodsOf(Observer.prototype), 'groupOf').mockReturnValue('');
    },
    'rows may be written into a foreign team': () => {
      vi.spyOn(TypeOrmStore.prototype, 'insert').mockImplementation(function (this: TypeOrmStore<Task>, task: Task) {
        return (this as unknown as { manager: import('typeorm').EntityManager }).manager.save(Task, task);
      });
    },
    'the audience is declared wrongly': () => [AllToldAlike, ...without(PublicHook)],
    'a membership that ended goes on': () => [DependsOnNothing, ...without(ResolvedHook)],
    'rights are looked at again only after what they let through': () => {
      vi.spyOn(methodsOf(Hub.prototype), 'suspend').mockReturnValue(undefined);
    },
    'a filter that is wider than the rows in sight': () => [SeesAll, ...without(OwnedHook)],
    'every membership tells everybody to fetch again': () => {
      const hubs = methodsOf(Hub.prototype);
      const refreshConcerned = hubs['refreshConcerned'] as (all: object[], change: object) => unknown;
      vi.spyOn(hubs, 'refreshConcerned').mockImplementation(function (this: Hub, _some: object, change: object) {
        return refreshConcerned.call(this, [...this.subscriptions()], change);
      });
      vi.spyOn(PredicateMatcher.prototype, 'isConcernedBy').mockReturnValue(true);
    },
  };

  it.each(Object.keys(faults))('%s', async (name) => {
    const providers = faults[name]?.() ?? WORLD.providers;
    const { violations } = await fuzz(SEED, FOUND_WITHIN, providers);
    expect(violations.length).toBeGreaterThan(0);
  });
});
