import { describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { Issue, Member, seedTracker, TRACKER } from '../support/tracker.js';

describe('subscriptions', () => {
  it('follow a filter: a row that comes to match is added, one that ceases to is removed', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const ada = await app.connect(1);
    const grace = await app.connect(2);
    const { channel } = await grace.subscribe('issues', { status: 'open' });
    await ada.call('issues', 'create', 'POST', { data: { title: 'a', status: 'doing', projectId: 1 } });
    await ada.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { status: 'open' } });
    await ada.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { title: 'b' } });
    await ada.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { status: 'done' } });
    await ada.call('issues', 'destroy', 'DELETE', { query: { pk: 1 } });
    await grace.settled('issues');
    expect(grace.changes('issues').map((frame) => [frame.type, frame.channel, frame.data])).toEqual([
      ['added', channel, { id: 1, title: 'a', status: 'open', projectId: 1 }],
      ['modified', channel, { id: 1, title: 'b', status: 'open', projectId: 1 }],
      ['removed', channel, { pk: 1 }],
    ]);
  });

  it('that are equal share one channel, and one frame a connection', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const [one, two, other] = [await app.connect(1), await app.connect(1), await app.connect(2)];
    const first = await one.subscribe('issues', { status: 'open', projectId: 1 });
    const again = await one.subscribe('issues', { projectId: 1, status: 'open' });
    const same = await two.subscribe('issues', { status: 'open', projectId: 1 });
    const grace = await other.subscribe('issues', { status: 'open', projectId: 1 });
    const different = await two.subscribe('issues', { status: 'done' });
    expect(again.channel).toBe(first.channel);
    expect(same.channel).toBe(first.channel);
    expect(grace.channel).not.toBe(first.channel); // another audience
    expect(different.channel).not.toBe(first.channel);
    await one.call('issues', 'create', 'POST', { data: { title: 'x', projectId: 1 } });
    await Promise.all([one.settled('issues'), two.settled('issues'), other.settled('issues')]);
    expect([one, two, other].map((client) => client.changes('issues').length)).toEqual([1, 1, 1]);
    // The first of two equal subscriptions ends, the other goes on.
    const ended = { data: { target: first.requestId } };
    expect(await one.call('issues', 'unsubscribe', 'SUBSCRIPTION', ended)).toMatchObject({ status: 200, data: null });
    expect(await one.call('issues', 'unsubscribe', 'SUBSCRIPTION', ended)).toMatchObject({
      status: 404,
      data: { code: 'UNKNOWN_SUBSCRIPTION' },
    });
    await one.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { title: 'y' } });
    await one.settled('issues');
    expect(one.changes('issues')).toHaveLength(2);
    await one.call('issues', 'unsubscribe', 'SUBSCRIPTION', { data: { target: again.requestId } });
    await one.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { title: 'z' } });
    await one.settled('issues');
    expect(one.changes('issues')).toHaveLength(2);
  });

  it('see what is visible at that moment: a membership gained counts from then on', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const ada = await app.connect(1);
    const grace = await app.connect(2);
    await grace.subscribe('issues');
    await ada.call('issues', 'create', 'POST', { data: { title: 'hidden', projectId: 2 } });
    await grace.settled('issues'); // judged, and found to be hidden
    await app.dataSource.manager.save(Member, { userId: 2, projectId: 2 });
    await ada.call('issues', 'create', 'POST', { data: { title: 'shown', projectId: 2 } });
    await grace.settled('issues');
    // The membership may have brought any rows of the project: refetch, and then each further one.
    const seen = grace.changes('issues').map(({ type, data }) => (type === 'reset' ? type : (data as Issue).title));
    expect(seen).toEqual(['reset', 'shown']);
  });

  it('are bounded, and need the method SUBSCRIPTION', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { limits: { subscriptions: 2 } } });
    const ada = await app.connect(1);
    await ada.subscribe('issues');
    await ada.subscribe('issues', { status: 'open' });
    expect(await ada.call('issues', 'subscribe', 'SUBSCRIPTION')).toMatchObject({
      status: 429,
      data: { code: 'TOO_MANY_SUBSCRIPTIONS' },
    });
    expect(await ada.call('issues', 'subscribe', 'POST')).toMatchObject({ status: 405 });
    expect(await ada.call('issues', 'subscribe', 'GET')).toMatchObject({ status: 405 });
    const grace = await app.connect(2);
    expect(await grace.call('issues', 'subscribe', 'SUBSCRIPTION', { query: { secret: 1 } })).toMatchObject({
      status: 400,
    });
    expect(await ada.call('issues', 'unsubscribe', 'SUBSCRIPTION')).toMatchObject({
      status: 400,
      data: { errors: { target: expect.any(Array) } },
    });
  });

  it('are answered before their first change', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const ada = await app.connect(1);
    const grace = await app.connect(2);
    const writer = { isOn: true };
    const writing = (async () => {
      for (let i = 0; writer.isOn; i++)
        await ada.call('issues', 'create', 'POST', { data: { title: `t${i}`, projectId: 1 } });
    })();
    for (let i = 0; i < 20; i++) {
      const requestId = `early${i}`;
      grace.socket.emit('issues', {
        requestId,
        method: 'SUBSCRIPTION',
        action: 'subscribe',
        query: { title__icontains: 't' },
      });
      await grace.until(() => grace.frames.some(({ frame }) => frame['requestId'] === requestId));
    }
    await grace.nextChanges('issues', 1);
    writer.isOn = false;
    await writing;
    const answered = grace.frames.findIndex(({ frame }) => frame['requestId'] !== undefined);
    const changed = grace.frames.findIndex(({ frame }) => frame['type'] !== undefined);
    expect(answered).toBe(0);
    expect(changed).toBeGreaterThan(answered);
  });
});
