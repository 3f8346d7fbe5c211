import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, ChangeType, Image } from '../../core/changes/change.js';
import { acceptedOf, caseOf, imagesOf, loadOutputs, type Case } from './cases.js';
import { Channel, type Audience, type ChannelDefinition, type RowMatcher } from './channel.js';
import { Judgements, UnknowableRow } from './judgements.js';
import { RoomBook } from './rooms.js';

const changeOf = (type: ChangeType, more: Partial<Change> = {}): Change => ({
  source: 'default',
  entity: 'Issue',
  id: 1,
  type,
  before: { id: 1, group: 1 },
  after: { id: 1, group: 2 },
  ...more,
});

function matcherOf(matches: (image: Image) => boolean | undefined): RowMatcher {
  return {
    key: 'some',
    equalities: new Map(),
    matches,
    judge: () => Promise.reject(new Error('The database is away.')),
  };
}

const audienceOf = (more: Partial<Audience> = {}): Audience => ({
  key: 'all',
  matchers: [],
  serialize: (image) => image,
  ...more,
});

function channelOf(more: Partial<ChannelDefinition> = {}): Channel {
  const definition: ChannelDefinition = {
    namespace: 'issues',
    entity: 'Issue',
    observer: { name: 'issues', rooms: (image) => new Set([`group ${String(image['group'])}`]) },
    filter: matcherOf(() => true),
    audience: audienceOf(),
    ...more,
  };
  return new Channel('key', definition);
}

const caseIn = (channel: Channel, change: Change): Case => caseOf({ change, position: 'p' }, channel, new RoomBook());

describe('the images of a change that count', () => {
  it('are those of rows that are there', () => {
    const { before, after } = changeOf('modified');
    expect(imagesOf(changeOf('modified'), false)).toEqual({ before, after });
    // A restore and a soft delete have both images, but the row existed on one side only.
    expect(imagesOf(changeOf('added'), false)).toEqual({ before: undefined, after });
    expect(imagesOf(changeOf('removed'), false)).toEqual({ before, after: undefined });
  });

  it('are none where the row was and stays deleted, and both for who asks for deleted rows', () => {
    const change = changeOf('modified', { isSoftDeleted: true });
    expect(imagesOf(change, false)).toEqual({});
    expect(imagesOf(change, true)).toMatchObject({ before: change.before, after: change.after });
    expect(imagesOf(changeOf('removed'), true).after).toEqual({ id: 1, group: 2 });
  });
});

describe('the case of a channel', () => {
  it('has only the images that lie in one of its rooms', () => {
    const inRooms = (...rooms: string[]): Case => caseIn(channelOf({ rooms: new Set(rooms) }), changeOf('modified'));
    expect(inRooms('group 1')).toMatchObject({ before: { group: 1 }, after: undefined, isGone: false });
    expect(inRooms('group 2')).toMatchObject({ before: undefined, after: { group: 2 } });
    expect(inRooms('group 2', 'group 1')).toMatchObject({ before: { group: 1 }, after: { group: 2 } });
    expect(inRooms('group 3')).toMatchObject({ before: undefined, after: undefined });
  });

  it('has all images where the channel has no rooms', () => {
    expect(caseIn(channelOf(), changeOf('modified'))).toMatchObject({ before: { group: 1 }, after: { group: 2 } });
  });

  it('tells a row that is gone for everybody from one that left the room', () => {
    expect(caseIn(channelOf(), changeOf('removed')).isGone).toBe(true);
    expect(caseIn(channelOf({ rooms: new Set(['group 1']) }), changeOf('modified')).isGone).toBe(false);
  });
});

describe('what a channel accepts', () => {
  it('is what its filter and every matcher of its audience accept, whatever the groups', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 })),
        fc.array(fc.integer({ min: 1, max: 3 })),
        (some, others) => {
          const isIn = (groups: readonly number[]) => matcherOf((image) => groups.includes(Number(image['group'])));
          const channel = channelOf({ filter: isIn(some), audience: audienceOf({ matchers: [isIn(others)] }) });
          const { before, after } = acceptedOf(caseIn(channel, changeOf('modified')), new Judgements());
          expect(before !== undefined).toBe(some.includes(1) && others.includes(1));
          expect(after !== undefined).toBe(some.includes(2) && others.includes(2));
        },
      ),
    );
  });

  it('is unknown, not nothing, where the database was not asked or did not answer', async () => {
    const channel = channelOf({ filter: matcherOf(() => undefined) });
    const one = caseIn(channel, changeOf('added'));
    expect(() => acceptedOf(one, new Judgements())).toThrow(UnknowableRow);
    const judgements = new Judgements();
    judgements.prepare([channel.definition.filter], one.after as Image);
    await judgements.ask();
    expect(() => acceptedOf(one, judgements)).toThrow('Could not decide who may see a row.');
  });
});

describe('what audiences read before they are shown rows', () => {
  it('is read once for all rows of a batch that they will be shown', async () => {
    const loads: unknown[] = [];
    const audience = audienceOf({
      load: (rows) => Promise.resolve(void loads.push(rows.map(({ image }) => image['id']))),
    });
    const visible = matcherOf((image) => image['id'] !== 2);
    const channel = channelOf({ filter: visible, audience });
    const added = [1, 2, 3].map((id) => changeOf('added', { id, before: undefined, after: { id } }));
    const removed = changeOf('removed', { id: 4 });
    await loadOutputs(
      [...added, removed].map((change) => caseIn(channel, change)),
      new Judgements(),
    );
    expect(loads).toEqual([[1, 3]]);
  });

  it('is nothing where nobody is shown a row', () => {
    const audience = audienceOf({ load: () => Promise.reject(new Error('not asked')) });
    const blind = channelOf({ filter: matcherOf(() => false), audience });
    expect(loadOutputs([caseIn(blind, changeOf('added'))], new Judgements())).toBeUndefined();
    expect(loadOutputs([caseIn(channelOf(), changeOf('added'))], new Judgements())).toBeUndefined();
  });

  it('may fail without a rejection: the audience throws when it is to show the row', async () => {
    const audience = audienceOf({ load: () => Promise.reject(new Error('planned')) });
    await expect(
      loadOutputs([caseIn(channelOf({ audience }), changeOf('added'))], new Judgements()),
    ).resolves.toBeDefined();
  });
});
