// What related rows decide, as a digest: where it is the same as before, so are the rows that a visibility lets through.

import fc from 'fast-check';
import { IsNull, LessThan, MoreThan, MoreThanOrEqual, Not, type DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { decidersOf, readRelatedState } from '../../libs/jira/src/typeorm/query/related-state.js';
import { compileVisibility } from '../../libs/jira/src/typeorm/query/row-predicate.js';
import { describeEachDatabase } from '../support/databases.js';
import { MODEL, Owner, Sample, Tag } from './model.js';

const RUNS = Number(process.env['JIRA_FUZZ_RUNS'] ?? 60);
const NAMES = ['a', 'A', 'a ', 'é', null] as const;
const CODES = ['x', 'X', 'é'];

const name = fc.constantFrom(...NAMES);
const operand = name.map((value) => value ?? IsNull());
const count = fc.oneof(
  fc.integer({ min: 0, max: 2 }).map((n) => MoreThan(n)),
  fc.integer({ min: 0, max: 2 }).map((n) => LessThan(n)),
  fc.integer({ min: 0, max: 2 }).map((n) => Not(MoreThanOrEqual(n))),
);
const anyPart = fc.oneof(
  operand.map((value) => ({ owner: { name: value } })),
  operand.map((value) => ({ owner: { name: Not(value) } })),
  fc.constantFrom('a', 'A').map((label) => ({ tags: { label } })),
  fc.constantFrom('a', 'é').map((label) => ({ owner: { samples: { tags: { label } } } })),
  count.map((value) => ({ tags: value })),
);
const anyVisibility = fc.array(anyPart, { minLength: 1, maxLength: 2 });

/** What may happen to related rows. */
const anyEvent = fc.oneof(
  fc.record({ kind: fc.constant('rename'), id: fc.constantFrom(1, 2), name }),
  fc.record({ kind: fc.constant('label'), id: fc.constantFrom(1, 2), name: fc.constantFrom('a', 'A', 'é') }),
  fc.record({ kind: fc.constant('link'), code: fc.constantFrom(...CODES), id: fc.constantFrom(1, 2) }),
);
type Event = typeof anyEvent extends fc.Arbitrary<infer E> ? E : never;

describeEachDatabase('what related rows decide', ({ open }) => {
  async function happen(dataSource: DataSource, event: Event): Promise<void> {
    const { manager } = dataSource;
    if (event.kind === 'rename') await manager.update(Owner, { id: event.id }, { name: (event as { name: string | null }).name }); // prettier-ignore
    if (event.kind === 'label')
      await manager.update(Tag, { id: event.id }, { label: (event as { name: string }).name });
    if (event.kind !== 'link') return;
    const { code, id } = event as { code: string; id: number };
    const row = await manager.findOneOrFail(Sample, {
      where: { part: CODES.indexOf(code) },
      relations: { tags: true },
    });
    const others = row.tags.filter((tag) => tag.id !== id);
    row.tags = others.length < row.tags.length ? others : [...others, { id } as Tag];
    await manager.save(row);
  }

  it('has another digest whenever other rows are let through', async () => {
    const dataSource = await open(MODEL);
    const { manager } = dataSource;
    await manager.save(Owner, [{ name: 'a' }, { name: null }]);
    await manager.save(Tag, [{ label: 'a' }, { label: 'A' }]);
    const rows = CODES.map((code, part) => ({ code, part, address: {}, owner: part === 2 ? null : { id: part + 1 } }));
    await manager.save(Sample, rows);
    const metadata = dataSource.getMetadata(Sample);
    let moves = 0;
    const property = fc.asyncProperty(anyVisibility, fc.array(anyEvent, { minLength: 1, maxLength: 6 }), async (visibility, events) => {
      const predicate = compileVisibility(metadata, visibility);
      const look = async () => {
        const query = manager.createQueryBuilder(Sample, 'row').orderBy('row.part');
        predicate.apply(query, 'row');
        return { seen: (await query.getMany()).map(({ part }) => part), state: await readRelatedState(dataSource, predicate.condition) };
      };
      let before = await look();
      expect(await look()).toEqual(before);
      const unseen: Event[] = [];
      for (const event of events) {
        await happen(dataSource, event);
        const after = await look();
        if (String(after.seen) !== String(before.seen)) {
          moves++;
          if (after.state === before.state) unseen.push(event);
        }
        before = after;
      }
      expect(unseen).toEqual([]);
    }); // prettier-ignore
    await fc.assert(property, { numRuns: RUNS });
    // That the events do something; how much is chance.
    expect(moves).toBeGreaterThan(RUNS / 20);
  });

  it('names the entities that decide, not those that a foreign key only leads through', async () => {
    const dataSource = await open(MODEL);
    const deciders = (visibility: unknown): string[] =>
      [...decidersOf(compileVisibility(dataSource.getMetadata(Sample), visibility).condition)].toSorted();
    expect(deciders({ text: 'a' })).toEqual([]);
    expect(deciders({ owner: { id: 1 } })).toEqual([]);
    expect(deciders({ owner: { name: 'a' } })).toEqual(['Owner']);
    expect(deciders({ owner: { samples: { text: 'a' } } })).toEqual(['Sample']);
    expect(deciders({ tags: { id: 1 } })).toEqual(['Tag', 'sample_tags_tag']);
  });
});
