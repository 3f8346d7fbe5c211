// Filters plugged into a hook: lists, lookups, pages and subscriptions obey them.

import { Injectable } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { JiraClient } from 'nestjs-jira-client';
import { allOf, FilterBackend, Hook, ModelHook, ValidationException, type ApiOf, type Filter, type HookScope } from 'nestjs-jira'; // prettier-ignore
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Place {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @Column() x: number;
  @Column() isClosed: boolean;
}

class PlaceView {
  @Expose() id: number;
}

@Injectable()
class Scale {
  readonly metres = 10;
}

/** `near=5`: no further than ten of the scale's metres from there. */
@Injectable()
class NearFilter extends FilterBackend {
  override readonly queryKeys = ['near'];

  constructor(private readonly scale: Scale) {
    super();
  }

  filter({ query }: HookScope, filter: Filter): Filter {
    const { near } = query;
    if (near === undefined) return filter;
    if (typeof near !== 'number') throw new ValidationException({ near: ['Must be a number.'] });
    const value = [near - this.scale.metres, near + this.scale.metres];
    return allOf(filter, { kind: 'term', path: ['x'], lookup: 'range', value });
  }
}

const open = async ({ user }: HookScope, filter: Filter): Promise<Filter> =>
  Promise.resolve(
    user?.role === 'admin'
      ? filter
      : allOf(filter, { kind: 'term', path: ['isClosed'], lookup: 'exact', value: false }),
  );

@Hook('places')
class PlaceHook extends ModelHook<Place> {
  entity = Place;
  output = PlaceView;
  ordering = ['id'];
  filterFields = { name: ['exact'] };
  filterBackends = [NearFilter, open];
}

describeEachDatabase('filter backends', ({ options }) => {
  it('narrow lists, lookups, counts and subscriptions', async () => {
    const database = await options([Place]);
    await using app = await createTestApp({ hooks: [PlaceHook], entities: [Place], providers: [Scale], database });
    const { manager } = app.dataSource;
    await manager.save(Place, [0, 8, 30, 9].map((x, i) => ({ name: i < 2 ? 'a' : 'b', x, isClosed: i === 3 }))); // prettier-ignore
    const user = await app.connect(1);
    const admin = await app.connect(1, { token: 'user-1-admin' });
    const list = async (client: typeof user, query: object) => (await client.call('places', 'list', 'GET', { query })).data; // prettier-ignore
    expect(await list(user, { near: 5 })).toMatchObject({ count: 2, results: [{ id: 1 }, { id: 2 }] });
    expect(await list(user, { near: 25 })).toMatchObject({ results: [{ id: 3 }] });
    expect(await list(admin, { near: 5, name: 'b' })).toMatchObject({ results: [{ id: 4 }] });
    expect(await list(user, { near: 'x' })).toMatchObject({ errors: { near: ['Must be a number.'] } });
    expect(await list(user, { far: 1 })).toMatchObject({ errors: { far: [expect.any(String)] } });
    const retrieve = (client: typeof user, query: object) => client.call('places', 'retrieve', 'GET', { query });
    expect(await retrieve(user, { pk: 4 })).toMatchObject({ status: 404 });
    expect(await retrieve(admin, { pk: 4 })).toMatchObject({ status: 200 });
    expect(await retrieve(user, { pk: 3, near: 5 })).toMatchObject({ status: 404 });

    await user.subscribe('places', { near: 5 });
    await manager.update(Place, { id: 3 }, { x: 3 });
    await manager.update(Place, { id: 4 }, { x: 4 }); // closed
    await manager.update(Place, { id: 4 }, { isClosed: false });
    await manager.update(Place, { id: 1 }, { x: 50 });
    const changes = await user.nextChanges('places', 3);
    expect(changes.map(({ type, id }) => [type, id])).toEqual([['added', 3], ['added', 4], ['removed', 1]]); // prettier-ignore
  });
});

describe('a filter backend', () => {
  it('that is none is refused at boot', async () => {
    @Injectable()
    class Nothing {}
    @Hook('wrong')
    class Wrong extends PlaceHook {
      override filterBackends = [Nothing as never];
    }
    await expect(createTestApp({ hooks: [Wrong], entities: [Place], providers: [Scale] })).rejects.toThrow(
      'Nothing is listed as a filter backend, but is not one.',
    );
  });

  it('leaves the query of the client open, its keys being unknown to types', () => {
    expectTypeOf((jira: JiraClient<ApiOf<{ places: PlaceHook }>>) => jira.hook('places').list({ near: 5 })).toBeFunction(); // prettier-ignore
  });
});
