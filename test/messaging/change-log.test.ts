import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryChangeLog, type ChangeLog, type LogEntry, type LoggedEntry, type LogStretch } from 'nestjs-jira/ports';
import { RedisChangeLog } from 'nestjs-jira/redis';
import { describeWith } from '../support/services.js';

const commit = (id: number, transaction?: object): LogEntry => ({
  changes: [{ source: 'default', entity: 'Issue', id, type: 'added', after: { id, text: 'née' } }],
  ...(transaction && { transaction }),
});
const revocation: LogEntry = { kind: 'revocation', action: 'disconnect', to: { user: '1' }, by: 'another' };

/** Row, or kind. */
function nameOf(entry: LoggedEntry): unknown {
  return 'changes' in entry ? entry.changes[0]?.id : entry.kind;
}

/** What every ChangeLog keeps. `open` gives the writer's log and another reader's: the same one, or another of the same Redis. */
function keepsThePromisesOfAChangeLog(open: () => { readonly one: ChangeLog; readonly other: ChangeLog }): void {
  const opened: ChangeLog[] = [];
  const start = async () => {
    const both = open();
    opened.push(both.one, both.other);
    await Promise.all([both.one.ready, both.other.ready]);
    const hear = (log: ChangeLog) => {
      const heard: LoggedEntry[] = [];
      const stop = log.listen((entry) => heard.push(entry));
      return Object.assign(heard, { stop, has: (count: number) => vi.waitUntil(() => heard.length >= count) });
    };
    return { ...both, atOne: hear(both.one), atOther: hear(both.other) };
  };
  afterEach(async () => {
    for (const log of new Set(opened.splice(0))) await log.close?.();
  });

  it('tells every listener each entry once, in one order, under one position', async () => {
    const { one, atOne, atOther } = await start();
    for (let id = 1; id <= 50; id++) one.append(id === 25 ? revocation : commit(id));
    await Promise.all([atOne.has(50), atOther.has(50)]);
    expect(atOne.map(nameOf)).toEqual(Array.from({ length: 50 }, (_, i) => (i === 24 ? 'revocation' : i + 1)));
    expect(atOther.map(nameOf)).toEqual(atOne.map(nameOf));
    expect(atOther.map(({ position }) => position)).toEqual(atOne.map(({ position }) => position));
    expect(new Set(atOne.map(({ position }) => position)).size).toBe(50);
  });

  it('tells whose an entry is, and what it holds', async () => {
    const { one, other, atOne, atOther } = await start();
    one.append(commit(1));
    await Promise.all([atOne.has(1), atOther.has(1)]);
    expect(atOne[0]).toMatchObject({ isOwn: true, ...commit(1) });
    expect(atOther[0]).toMatchObject({ isOwn: one === other, ...commit(1) });
  });

  it('knows where a transaction was logged, from the moment it was', async () => {
    const { one, atOne } = await start();
    const [written, unwritten] = [{}, {}];
    one.append(commit(1, written));
    const position = one.positionOf(written);
    expect(position).toEqual(expect.any(String));
    expect(one.positionOf(unwritten)).toBeUndefined();
    await atOne.has(1);
    expect(atOne[0]?.position).toBe(position);
  });

  it('has the position of what its listeners heard last as its head', async () => {
    const { one, other, atOne, atOther } = await start();
    one.append(commit(1));
    one.append(commit(2));
    await Promise.all([atOne.has(2), atOther.has(2)]);
    await vi.waitFor(() => expect([one.head, other.head]).toEqual([atOne[1]?.position, atOne[1]?.position]));
  });

  it('tells a listener that has stopped nothing more', async () => {
    const { one, atOne, atOther } = await start();
    one.append(commit(1));
    await Promise.all([atOne.has(1), atOther.has(1)]);
    atOne.stop();
    one.append(commit(2));
    await atOther.has(2);
    expect(atOne).toHaveLength(1);
  });

  it('reads what came after a position, as far as it was asked for, and says when it cannot', async () => {
    const { one, other, atOne, atOther } = await start();
    for (let id = 1; id <= 5; id++) one.append(commit(id));
    await Promise.all([atOne.has(5), atOther.has(5)]);
    for (const log of [one, other]) {
      const after = atOne[1]?.position ?? '';
      const read = (limit: number) => log.read?.(after, limit) as Promise<LogStretch> | LogStretch;
      const all = await read(100);
      expect(all.entries.map(nameOf)).toEqual([3, 4, 5]);
      expect(all.tail).toBe(atOne[4]?.position);
      const some = await read(2);
      expect(some.entries.map(nameOf)).toEqual([3, 4]);
      expect(some.tail).toBe(atOne[3]?.position);
      expect(await log.read?.('nobody gave it', 10)).toBe('unreachable');
      expect(log.epoch).toEqual(expect.any(String));
    }
    expect(one.epoch).toBe(other.epoch);
  });

  it('runs a task of a commit once', async () => {
    const { one, other, atOne, atOther } = await start();
    for (const log of [one, other]) log.addTask?.('mail');
    one.append(commit(1));
    await Promise.all([atOne.has(1), atOther.has(1)]);
    const asked = new Map([[one, atOne[0]], [other, atOther[0]]]); // prettier-ignore
    const runs = await Promise.all(
      [...asked].map(async ([log, entry]) => (log.runs ? log.runs('mail', entry as never) : entry?.isOwn)),
    );
    expect(runs.filter(Boolean)).toHaveLength(1);
  });
}

describe('ChangeLog in memory', () => {
  keepsThePromisesOfAChangeLog(() => {
    const log = new MemoryChangeLog();
    return { one: log, other: log };
  });
});

describeWith('redis', 'ChangeLog of two that share a Redis', (url) => {
  keepsThePromisesOfAChangeLog(() => {
    const options = { url, prefix: `test:${randomUUID()}:` };
    return { one: new RedisChangeLog(options), other: new RedisChangeLog(options) };
  });
});
