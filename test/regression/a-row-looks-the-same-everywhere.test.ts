// retrieve = list = the answer of every write = every event, on the wire, for the columns that are easily got wrong.

import { Hook, ModelHook, Action, type ActionScope } from 'nestjs-jira';
import { expect, it } from 'vitest';
import { createTestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { awkwardRows } from './support/awkward-rows.js';

type Row = Record<string, unknown>;

describeEachDatabase('A row with awkward columns', ({ type, options }) => {
  const { Thing, ThingView, ThingInput, created, updated } = awkwardRows(type);

  @Hook('things')
  class ThingHook extends ModelHook<InstanceType<typeof Thing>> {
    entity = Thing;
    createInput = ThingInput;
    output = ThingView;

    @Action({ methods: ['POST'], detail: true })
    async rename(scope: ActionScope) {
      const row = await this.getObject(scope);
      row.name = 'renamed';
      return this.save(row, scope);
    }
  }

  /** What `retrieve` and `list` show of it, which must be one. */
  const read = async (client: TestClient, id: unknown): Promise<Row> => {
    const { data: one } = await client.call('things', 'retrieve', 'GET', { query: { pk: id as number } });
    const { data: page } = await client.call('things', 'list', 'GET');
    expect((page as { results: Row[] }).results.find((row) => row['id'] === id)).toEqual(one);
    return one as Row;
  };

  for (const isFast of [true, false]) {
    const how = isFast ? '' : ', without fast paths';
    it(`is the same in answers of reads, of writes and in events${how}`, async () => {
      const fastPaths = isFast ? {} : { views: false, reads: false, writes: false };
      await using app = await createTestApp({
        providers: [ThingHook],
        entities: [Thing],
        database: await options([Thing]),
        options: { fastPaths },
      });
      const client = await app.connect(1);
      await client.subscribe('things');

      const answer = await client.call('things', 'create', 'POST', { data: created });
      expect(answer).toMatchObject({ status: 201 });
      const { id } = answer.data as Row;
      const first = await read(client, id);
      expect(answer.data).toEqual(first);
      const [added] = await client.nextChanges('things', 1);
      expect(added).toMatchObject({ type: 'added', data: first });
      expect(added?.data).toEqual(first);
      expect(first).toMatchObject({ nothing: null, listed: ['a', 'b'], money: '5.50 EUR', span: { from: 1, to: 5 }, upper: 'ONE', shout: 'one! no secret', place: { city: 'Rome' }, huge: '900719925474099', slug: 'hello' }); // prettier-ignore
      expect(first).not.toHaveProperty('secret');
      expect(first).not.toHaveProperty('place.code');

      const patched = await client.call('things', 'update', 'PATCH', { query: { pk: id as number }, data: updated });
      expect(patched).toMatchObject({ status: 200 });
      const second = await read(client, id);
      expect(patched.data).toEqual(second);
      expect((await client.nextChanges('things', 2))[1]?.data).toEqual(second);

      const saved = await client.call('things', 'rename', 'POST', { query: { pk: id as number } });
      const third = await read(client, id);
      expect(saved.data).toEqual(third);
      expect((await client.nextChanges('things', 3))[2]?.data).toEqual(third);

      await client.call('things', 'destroy', 'DELETE', { query: { pk: id as number } });
      expect((await client.nextChanges('things', 4))[3]).toMatchObject({ type: 'removed', data: third });
    });
  }
});
