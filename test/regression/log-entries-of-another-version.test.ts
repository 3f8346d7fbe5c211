import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { expect, it, vi } from 'vitest';
import { RedisChangeLog } from '../../libs/jira/src/redis/redis-change-log.js';
import { describeWith } from '../support/services.js';

/** What the first form of an entry made of a revocation: a change of a made-up entity. */
const DISGUISED = JSON.stringify([{ source: '$jira', entity: '$authorization', id: 'x', type: 'modified', after: {} }]);

describeWith('redis', 'an entry of the change log in a form that this process does not know', (url) => {
  it('is told as a gap: what it said may have ended a session', async () => {
    const prefix = `test:${randomUUID()}:`;
    const log = new RedisChangeLog({ url, prefix });
    await log.ready;
    const entries: unknown[] = [];
    const gaps: unknown[] = [];
    log.listen((entry) => entries.push(entry), (error) => gaps.push(error)); // prettier-ignore
    const client = await createClient({ url }).connect();
    const head = { node: 'old', position: 'p', tasks: '' };
    await client.xAdd(`${prefix}changes`, '*', { ...head, sequence: '1', changes: DISGUISED });
    await vi.waitFor(() => expect(gaps).toHaveLength(1));
    await client.xAdd(`${prefix}changes`, '*', { ...head, version: '99', sequence: '2', changes: '[]' });
    await vi.waitFor(() => expect(gaps).toHaveLength(2));
    expect(entries).toEqual([]);
    client.destroy();
    await log.close();
  });

  it('is told from a revocation, which another process gets as it was given', async () => {
    const prefix = `test:${randomUUID()}:`;
    const [one, two] = [new RedisChangeLog({ url, prefix }), new RedisChangeLog({ url, prefix })];
    await Promise.all([one.ready, two.ready]);
    const heard: unknown[] = [];
    two.listen((entry) => heard.push(entry));
    const revocation = { kind: 'revocation', action: 'refresh', to: { user: '7' }, user: { id: 7 }, by: 'a' } as const;
    one.append(revocation);
    one.append({ changes: [{ source: 'default', entity: 'Issue', id: 1, type: 'added', after: { id: 1 } }] });
    await vi.waitFor(() => expect(heard).toHaveLength(2));
    expect(heard[0]).toMatchObject({ ...revocation, isOwn: false });
    expect(heard[1]).toMatchObject({ changes: [{ id: 1 }], isOwn: false });
    await Promise.all([one.close(), two.close()]);
  });
});
