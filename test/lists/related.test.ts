// Live lists that rows of others order or show.

import { Expose } from 'class-transformer';
import { Column, Entity, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { createClient } from 'nestjs-jira-client';
import { Hook, ReadOnlyModelHook } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';

@Entity()
class Crew {
  @PrimaryColumn({ type: 'int' }) id: number;
  @Column() name: string;
}
@Entity()
class Ship {
  @PrimaryColumn({ type: 'int' }) id: number;
  @Column({ type: 'int' }) crewId: number;
  @ManyToOne(() => Crew) crew: Relation<Crew>;
}
class CrewView {
  @Expose() id: number;
}
class ShipView {
  @Expose() id: number;
}

@Hook('crews')
class CrewHook extends ReadOnlyModelHook<Crew> {
  entity = Crew;
  output = CrewView;
}
@Hook('ships')
class ShipHook extends ReadOnlyModelHook<Ship> {
  entity = Ship;
  output = ShipView;
  orderingFields = ['id', 'crew__name'];
}

it('follows the rows it is ordered by, also where the same rows are listed in another order before', async () => {
  await using app = await createTestApp({ entities: [Crew, Ship], providers: [CrewHook, ShipHook] });
  const { manager } = app.dataSource;
  await manager.insert(Crew, [{ id: 1, name: 'a' }, { id: 2, name: 'b' }]); // prettier-ignore
  await manager.insert(Ship, [{ id: 1, crewId: 1 }, { id: 2, crewId: 2 }]); // prettier-ignore
  const jira = createClient(app.url, { auth: app.authOf(1) });
  const shown = new Map<string, number[]>();
  for (const ordering of ['id', 'crew__name']) {
    const request = jira.hook('ships').action('list', { query: { ordering } });
    await jira.listen(request, (rows) => shown.set(ordering, (rows as Ship[]).map(({ id }) => id))).ready; // prettier-ignore
  }
  await manager.update(Crew, 1, { name: 'z' });
  await expect.poll(() => shown.get('crew__name')).toEqual([2, 1]);
  expect(shown.get('id')).toEqual([1, 2]);
  jira.close();
});
