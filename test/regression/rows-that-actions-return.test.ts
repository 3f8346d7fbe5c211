import { Expose } from 'class-transformer';
import { expect, expectTypeOf, it } from 'vitest';
import { from } from 'rxjs';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import {
  Action,
  Answer,
  BaseHook,
  Hook,
  ModelHook,
  NotAction,
  type ActionScope,
  type ApiOf,
  type HookScope,
} from 'nestjs-jira';
import { createTestApp } from '../support/app.js';

@Entity()
class Person {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @Column() password: string;
}
@Entity()
class Unserved {
  @PrimaryGeneratedColumn() id: number;
  @Column() key: string;
}

class PersonView {
  @Expose() id: number;
  @Expose() name: string;
}
class NameView {
  @Expose() name: string;
}
class Report {
  constructor(
    readonly title: string,
    readonly people: Person[],
  ) {}
}

const person = (scope: HookScope): Promise<Person> => scope.manager.findOneByOrFail(Person, { id: 1 });

@Hook('people')
class PersonHook extends ModelHook<Person> {
  entity = Person;
  output = PersonView;

  @Action()
  one(scope: ActionScope) {
    return this.getObject(scope);
  }

  @Action()
  async many(scope: ActionScope) {
    return [await person(scope)];
  }

  @Action()
  async nested(scope: ActionScope) {
    const first = await person(scope);
    return { count: 1, when: new Date(0), first, all: new Map([['x', 1]]), report: new Report('r', [first]) };
  }

  @Action()
  async answer(scope: ActionScope) {
    return new Answer(202, { first: await person(scope) });
  }

  @Action()
  async reply(scope: ActionScope) {
    scope.reply([await person(scope)], { status: 203 });
  }

  @Action()
  async *stream(scope: ActionScope) {
    yield await person(scope);
    return { last: await person(scope) };
  }

  @Action()
  async observe(scope: ActionScope) {
    return from([await person(scope)]);
  }

  @Action({ output: false })
  raw(scope: ActionScope) {
    return person(scope);
  }

  @Action({ output: NameView })
  async named(scope: ActionScope) {
    return [await person(scope)];
  }

  @Action({ output: NameView })
  async *names(scope: ActionScope) {
    yield await person(scope);
  }

  @Action({ methods: ['POST'] })
  async foreign(scope: ActionScope) {
    return scope.manager.save(scope.manager.create(Unserved, { key: 'k' }));
  }

  @Action()
  plain(_scope: ActionScope) {
    return { any: 'thing', at: new Date(0) };
  }
}

@Hook('others')
class OtherHook extends BaseHook {
  @Action()
  async person(scope: ActionScope) {
    return person({ manager: await scope.resolve(PersonHook).then(() => managers[0]) } as unknown as HookScope);
  }
}
const managers: HookScope['manager'][] = [];

@Hook('lists')
class ListHook extends ModelHook<Person> {
  entity = Person;
  output = NameView;

  override list(scope: ActionScope<undefined>): Promise<never> {
    return scope.manager.find(Person) as Promise<never>;
  }
  @NotAction() override subscribe(): never {
    throw new Error('not called');
  }
}

it('shows rows that an action returns as the hook of their entity does', async () => {
  await using app = await createTestApp({ providers: [PersonHook, OtherHook], entities: [Person, Unserved] });
  managers[0] = app.dataSource.manager;
  await app.dataSource.manager.insert(Person, { name: 'Ada', password: 'secret' });
  const client = await app.connect(1);
  const call = async (action: string, namespace = 'people'): Promise<[number, unknown]> => {
    const { status, data } = await client.call(namespace, action, 'GET', { query: { pk: 1 } });
    return [status, data];
  };
  const ada = { id: 1, name: 'Ada' };
  expect(await call('one')).toEqual([200, ada]);
  expect(await call('many')).toEqual([200, [ada]]);
  const report = { title: 'r', people: [ada] };
  expect(await call('nested')).toEqual([200, { count: 1, when: new Date(0).toJSON(), first: ada, all: {}, report }]);
  expect(await call('answer')).toEqual([202, { first: ada }]);
  expect(await call('reply')).toEqual([203, [ada]]);
  expect(await call('stream')).toEqual([200, { last: ada }]);
  expect(await call('observe')).toEqual([200, null]);
  const items = client.frames.filter(({ frame }) => frame['status'] === 206).map(({ frame }) => frame['data']);
  expect(items).toEqual([ada, ada]);
  expect(await call('plain')).toEqual([200, { any: 'thing', at: new Date(0).toJSON() }]);
  expect(await call('person', 'others')).toEqual([200, ada]);
});

it("shows an action's own output of each row, or all of it where the action says so", async () => {
  await using app = await createTestApp({ providers: [PersonHook], entities: [Person, Unserved] });
  await app.dataSource.manager.insert(Person, { name: 'Ada', password: 'secret' });
  const client = await app.connect(1);
  const call = async (action: string): Promise<unknown> => (await client.call('people', action, 'GET')).data;
  expect(await call('raw')).toEqual({ id: 1, name: 'Ada', password: 'secret' });
  expect(await call('named')).toEqual([{ name: 'Ada' }]);
  await call('names');
  expect(client.frames.map(({ frame }) => frame['data'])).toEqual([{ name: 'Ada' }]);
});

it('refuses rows of which nothing says what is shown', async () => {
  await using app = await createTestApp({ providers: [PersonHook], entities: [Person, Unserved] });
  const client = await app.connect(1);
  const answer = await client.call('people', 'foreign', 'POST');
  expect(answer).toMatchObject({ status: 500, data: { code: 'INTERNAL' } });
  expect(JSON.stringify(answer)).not.toContain('"k"');
});

it('looks through what an override of a stock action returns', async () => {
  await using app = await createTestApp({ providers: [ListHook], entities: [Person, Unserved] });
  await app.dataSource.manager.insert(Person, { name: 'Ada', password: 'secret' });
  const client = await app.connect(1);
  expect((await client.call('lists', 'list', 'GET')).data).toEqual([{ name: 'Ada' }]);
});

it('types them so', () => {
  type Api = ApiOf<{ people: PersonHook }>['people'];
  type Ada = { id: number; name: string };
  expectTypeOf<Api['one']['output']>().toEqualTypeOf<Ada>();
  expectTypeOf<Api['many']['output']>().toEqualTypeOf<Ada[]>();
  expectTypeOf<Api['stream']['output']>().toEqualTypeOf<Ada>();
  expectTypeOf<Api['nested']['output']['first']>().toEqualTypeOf<Ada>();
  expectTypeOf<Api['plain']['output']>().toEqualTypeOf<{ any: string; at: string }>();
});
