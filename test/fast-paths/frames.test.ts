import type { Server } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Action, BaseHook, Hook, type ActionScope } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

const ALL = { reads: true, writes: true, views: true, frames: true };

/** What two clients see of one short story. */
async function story(fastPaths: typeof ALL): Promise<unknown> {
  await using app = await createTestApp({ ...TRACKER, options: { fastPaths, pageSize: 2 } });
  await seedTracker(app);
  await app.dataSource.manager.save(Issue, [
    { title: 'b', projectId: 1 },
    { title: 'a', projectId: 1, status: 'done' },
    { title: 'hidden', projectId: 2 },
  ]);
  const ada = await app.connect(1);
  const grace = await app.connect(2);
  await grace.subscribe('issues');
  const answers = [
    await grace.call('issues', 'list', 'GET', { query: { ordering: 'title' } }),
    await grace.call('issues', 'list', 'GET', { query: { status__in: 'done', title__icontains: 'A' } }),
    await grace.call('issues', 'retrieve', 'GET', { query: { pk: 3 } }),
    await ada.call('issues', 'retrieve', 'GET', { query: { pk: 3 } }),
    await ada.call('issues', 'create', 'POST', { data: { title: 'née ✓', projectId: 1 } }),
    await ada.call('issues', 'update', 'PATCH', { query: { pk: 3 }, data: { projectId: 1 } }),
    await ada.call('issues', 'destroy', 'DELETE', { query: { pk: 3 } }),
  ];
  const changes = await grace.nextChanges('issues', 3);
  return [answers.map(({ status, data }) => [status, data]), changes.map(({ type, id, data }) => [type, id, data])];
}

/** What `call` resolves with, for values that JSON cannot hold or says in another way. */
@Hook('odd')
class OddHook extends BaseHook {
  @Action({ methods: ['POST'] })
  give({ data }: ActionScope): unknown {
    const values: Record<string, unknown> = {
      binary: { file: Buffer.from('née'), list: [new Uint8Array([1, 2])] },
      moments: [new Date('2001-02-03T04:05:06.789Z'), new Date(Number.NaN)],
      bigint: { id: 2n ** 70n },
      own: { money: { toJSON: () => '1 EUR' }, bytes: { toJSON: () => Buffer.from('x') } },
      instance: new URL('https://example.com/a'),
      map: new Map([[1, 2]]),
      gaps: [undefined, () => 1, { a: undefined }],
      deep: Array.from({ length: 40 }).reduce<unknown>((inner) => ({ inner }), Buffer.from('deep')),
      bare: Object.assign(Object.create(null) as object, { a: 1 }),
    };
    return values[(data as { name: string }).name];
  }
}

const ODD = ['binary', 'moments', 'bigint', 'own', 'instance', 'map', 'gaps', 'deep', 'bare'];

async function oddities(frames: boolean): Promise<unknown[]> {
  await using app = await createTestApp({
    entities: [],
    providers: [OddHook],
    options: { fastPaths: { frames }, limits: { jsonDepth: 100 } },
  });
  const client = await app.connect(1);
  const answers: unknown[] = [];
  for (const name of ODD) {
    const { requestId: _, ...answer } = await client.call('odd', 'give', 'POST', { data: { name } });
    answers.push([name, answer]);
  }
  return answers;
}

describe('the fast paths', () => {
  it('change nothing that a client sees, and can each be turned off', async () => {
    const fast = await story(ALL);
    expect(fast).toMatchObject([
      expect.arrayContaining([[404, expect.anything()]]),
      [
        ['added', 4, { title: 'née ✓' }],
        ['added', 3, { title: 'hidden' }],
        ['removed', 3, { title: 'hidden' }],
      ],
    ]);
    for (const off of ['reads', 'writes', 'views', 'frames'] as const)
      expect([off, await story({ ...ALL, [off]: false })]).toEqual([off, fast]);
  });

  it('go by the write of a connection that the application has put its own in place of', async () => {
    let written = 0;
    const count = (tcp: TcpSocket): void => {
      const write = tcp.write.bind(tcp) as (...args: unknown[]) => boolean;
      tcp.write = (...args: unknown[]) => {
        written += (args[0] as Buffer | string).length;
        return write(...args);
      };
    };
    await using app = await createTestApp({
      ...TRACKER,
      configure: (nest) => void (nest.getHttpServer() as Server).on('connection', count),
    });
    await seedTracker(app);
    const ada = await app.connect(1);
    await ada.subscribe('issues');
    const before = written;
    await app.dataSource.manager.save(Issue, { title: 'x'.repeat(200), projectId: 1 });
    await ada.nextChanges('issues', 1);
    expect(written - before).toBeGreaterThan(200);
  });

  it('answer what is no plain JSON as Socket.IO does', async () => {
    const fast = await oddities(true);
    expect(fast[0]).toEqual(['binary', expect.objectContaining({ data: { file: Buffer.from('née'), list: [Buffer.from([1, 2])] } })]); // prettier-ignore
    expect(fast).toEqual(await oddities(false));
  });
});
