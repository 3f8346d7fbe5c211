import { describe, expect, it } from 'vitest';
import type { Change, JiraClientError, SubscriptionState } from 'nestjs-jira-client';
import { inspect } from '../../libs/client/src/client.js';
import { Bench, failureOf, reached } from './support.js';

/** Writes down what a subscription hears. */
function diary(): {
  heard: string[];
  onChange: (change: Change) => void;
  onState: (state: SubscriptionState, reason?: JiraClientError) => void;
} {
  const heard: string[] = [];
  return {
    heard,
    onChange: ({ type, id }) => void heard.push(id === undefined ? type : `${type} ${JSON.stringify(id)}`),
    onState: (state, reason) => void heard.push(reason ? `${state}: ${reason.code}` : state),
  };
}

describe('a subscription', () => {
  it('hears what its channel is sent, and shares the channel with others', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', ({ query }) => `c-${String(query?.['status'])}`);
    const [a, b, other] = [diary(), diary(), diary()];
    const issues = bench.client().hook('issues');
    const stops = [
      issues.subscribe({ status: 'open' }, a.onChange),
      issues.subscribe({ status: 'open' }, b.onChange),
      issues.subscribe({ status: 'done' }, other.onChange),
    ];
    await Promise.all(stops.map(({ ready }) => ready));
    bench.server.announce('issues', 'c-open', { type: 'added', id: 1, data: { id: 1 } });
    bench.server.announce('issues', 'c-done', { type: 'removed', id: { tenant: 1, no: 2 }, data: {} });
    await expect.poll(() => other.heard).toEqual(['removed {"tenant":1,"no":2}']);
    expect([a.heard, b.heard]).toEqual([['added 1'], ['added 1']]);
  });

  it('gives the change as it is: type, id, row and position', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const changes: Change[] = [];
    const stop = bench
      .client()
      .hook('issues')
      .subscribe((change) => changes.push(change));
    await stop.ready;
    expect(bench.server.requests('subscribe')[0]?.frame).toMatchObject({ method: 'SUBSCRIPTION', query: {} });
    const position = bench.server.announce('issues', 'c', { type: 'modified', id: 1, data: { id: 1, title: 'x' } });
    await expect.poll(() => changes).toEqual([{ type: 'modified', id: 1, data: { id: 1, title: 'x' }, position }]);
  });

  it('misses no change that comes right behind the answer', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.subscribe', ({ socket, answer }) => {
      answer({ channel: 'c', position: 'e1:0' });
      const frame = { method: 'SUBSCRIPTION', status: 200, channel: 'c', position: 'e1:1' };
      socket.emit('issues', { ...frame, type: 'added', id: 1, data: { id: 1 } });
    });
    const { heard, onChange } = diary();
    bench.client().hook('issues').subscribe(onChange);
    await expect.poll(() => heard).toEqual(['added 1']);
  });

  it('hears alone what is sent under its own request id', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const [a, b] = [diary(), diary()];
    const issues = bench.client().hook('issues');
    await issues.subscribe(a.onChange).ready;
    await issues.subscribe(b.onChange).ready;
    const requestId = bench.server.requests('subscribe')[1]?.frame.requestId;
    bench.server.announce('issues', 'c', { type: 'added', id: 1, requestId });
    await expect.poll(() => b.heard).toEqual(['added 1']);
    expect(a.heard).toEqual([]);
  });

  it('is stopped by its function, once, and hears nothing more', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const { heard, onChange, onState } = diary();
    const issues = bench.client().hook('issues');
    const stop = issues.subscribe({}, onChange, { onState });
    const other = diary();
    await Promise.all([stop.ready, issues.subscribe(other.onChange).ready]);
    stop();
    stop.unsubscribe();
    const asked = await bench.server.arrival('unsubscribe');
    expect(asked.frame.data).toEqual({ target: bench.server.requests('subscribe')[0]?.frame.requestId });
    bench.server.announce('issues', 'c', { type: 'added', id: 1 });
    await expect.poll(() => other.heard).toEqual(['added 1']);
    expect(heard).toEqual(['subscribed', 'unsubscribed']);
    expect(stop.state).toBe('unsubscribed');
    expect(bench.server.requests('unsubscribe')).toHaveLength(1);
  });

  it('is undone on the server when it was stopped before the answer', async () => {
    await using bench = await Bench.start();
    const jira = bench.client();
    const { heard, onChange, onState } = diary();
    const stop = jira.hook('issues').subscribe({}, onChange, { onState });
    const asked = await bench.server.arrival('subscribe');
    stop();
    asked.answer({ channel: 'c', position: 'e1:0' });
    expect((await bench.server.arrival('unsubscribe')).frame.data).toEqual({ target: asked.frame.requestId });
    expect(await failureOf(stop.ready)).toMatchObject({ code: 'ABORTED' });
    expect(heard).toEqual(['unsubscribed']);
    expect(inspect(jira)).toMatchObject({ subscriptions: 0, channels: 0 });
  });

  it('stops with its signal', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const issues = bench.client().hook('issues');
    const controller = new AbortController();
    const stop = issues.subscribe({}, () => undefined, { signal: controller.signal });
    await stop.ready;
    controller.abort();
    expect(stop.state).toBe('unsubscribed');
    await bench.server.arrival('unsubscribe');
    expect(issues.subscribe({}, () => undefined, { signal: controller.signal }).state).toBe('unsubscribed');
    expect(bench.server.requests('subscribe')).toHaveLength(1);
  });

  it('is made again after a reconnection, says so, and asks for a refetch', async () => {
    await using bench = await Bench.start();
    let n = 0;
    bench.server.channel('issues', () => `c${++n}`);
    const jira = bench.client();
    const { heard, onChange, onState } = diary();
    const stop = jira.hook('issues').subscribe({ status: 'open' }, onChange, { onState });
    await stop.ready;
    bench.server.cut();
    await expect.poll(() => heard).toHaveLength(4);
    bench.server.announce('issues', 'c1', { type: 'added', id: 1 });
    bench.server.announce('issues', 'c2', { type: 'added', id: 2 });
    await expect.poll(() => heard).toHaveLength(5);
    expect(heard).toEqual(['subscribed', 'subscribing: CONNECTION_LOST', 'subscribed', 'reset', 'added 2']);
    expect(bench.server.requests('subscribe').map(({ frame }) => frame.query)).toEqual([
      { status: 'open' },
      { status: 'open' },
    ]);
    expect(inspect(jira)).toMatchObject({ channels: 1 });
  });

  it('hands a reset of the server on, to onReset where there is one', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const [a, b, resets] = [diary(), diary(), diary()];
    const issues = bench.client().hook('issues');
    await issues.subscribe(a.onChange).ready;
    await issues.subscribe({}, b.onChange, { onReset: resets.onChange }).ready;
    bench.server.announce('issues', 'c', { type: 'reset' });
    await expect.poll(() => resets.heard).toEqual(['reset']);
    expect([a.heard, b.heard]).toEqual([['reset'], []]);
  });

  it('ends with the error when it is refused', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.subscribe', ({ refuse }) => refuse('VALIDATION_FAILED', 'No', { color: ['unknown'] }));
    const { heard, onChange, onState } = diary();
    const stop = bench.client().hook('issues').subscribe({ color: 1 }, onChange, { onState });
    expect(await failureOf(stop.ready)).toMatchObject({ errors: { color: ['unknown'] } });
    expect(heard).toEqual(['unsubscribed: VALIDATION_FAILED']);
  });

  it('that is refused is reported when nobody listens', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.subscribe', ({ refuse }) => refuse('PERMISSION_DENIED'));
    const errors: unknown[] = [];
    const jira = bench.client({ onError: (error) => errors.push(error) });
    const stop = jira.hook('issues').subscribe(() => undefined);
    expect(errors).toEqual(await failureOf(stop.ready).then((error) => [error]));
  });

  it('ends with the error when it is refused after a reconnection', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const jira = bench.client();
    const { heard, onChange, onState } = diary();
    await jira.hook('issues').subscribe({}, onChange, { onState }).ready;
    bench.server.on('issues.subscribe', ({ refuse }) => refuse('PERMISSION_DENIED'));
    bench.server.cut();
    await expect.poll(() => heard.at(-1)).toBe('unsubscribed: PERMISSION_DENIED');
    expect(heard).not.toContain('reset');
    bench.server.cut();
    await reached(jira, 'disconnected');
    await reached(jira, 'connected');
    expect(bench.server.requests('subscribe')).toHaveLength(2);
  });

  it('is tried again when it is refused for now', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.subscribe', ({ refuse }) => {
      refuse('UNAVAILABLE');
      bench.server.channel('issues', () => 'c');
    });
    const { heard, onChange, onState } = diary();
    const stop = bench.client().hook('issues').subscribe({}, onChange, { onState });
    await stop.ready;
    expect(heard).toEqual(['subscribing: UNAVAILABLE', 'subscribed']);
  });

  it('is undone on the server when its answer comes after it was given up and asked again', async () => {
    await using bench = await Bench.start();
    const stop = bench
      .client({ timeoutMs: 40 })
      .hook('issues')
      .subscribe(() => undefined);
    const first = await bench.server.arrival('subscribe');
    await bench.server.arrival('$cancel');
    bench.server.channel('issues', () => 'c');
    await stop.ready;
    first.answer({ channel: 'c', position: 'e1:0' });
    // On a busy machine later ones may be given up as well.
    const ended = (): unknown[] => bench.server.requests('unsubscribe').map(({ frame }) => frame.data);
    await expect.poll(ended).toContainEqual({ target: first.frame.requestId });
  });

  it('ends when the server ends it', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const jira = bench.client();
    const { heard, onChange, onState } = diary();
    await jira.hook('issues').subscribe({}, onChange, { onState }).ready;
    const [asked] = bench.server.requests('subscribe');
    const { requestId, method, action } = asked?.frame ?? {};
    const data = { code: 'SESSION_EXPIRED', message: 'Log in again.' };
    asked?.socket.emit('issues', { requestId, method, action, status: 401, data });
    await expect.poll(() => heard).toEqual(['subscribed', 'unsubscribed: SESSION_EXPIRED']);
    expect(inspect(jira)).toMatchObject({ subscriptions: 0, channels: 0 });
  });

  it('goes on in another channel when the server answers it again', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const jira = bench.client();
    const { heard, onChange, onState } = diary();
    await jira.hook('issues').subscribe({}, onChange, { onState }).ready;
    const [asked] = bench.server.requests('subscribe');
    const { requestId, method, action } = asked?.frame ?? {};
    asked?.socket.emit('issues', { requestId, method, action, status: 200, data: { channel: 'd', position: 'p' } });
    const change = { method: 'SUBSCRIPTION', type: 'added', status: 200, position: 'p', data: {} };
    asked?.socket.emit('issues', { ...change, channel: 'c', id: 1 });
    asked?.socket.emit('issues', { ...change, channel: 'd', id: 2 });
    await expect.poll(() => heard).toEqual(['subscribed', 'added 2']);
    expect(inspect(jira)).toMatchObject({ subscriptions: 1, channels: 1 });
  });

  it('that throws does not keep others from hearing', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const errors: unknown[] = [];
    const issues = bench.client({ onError: (error) => errors.push(error) }).hook('issues');
    const fault = new Error('mine');
    await issues.subscribe(() => {
      throw fault;
    }).ready;
    const { heard, onChange } = diary();
    await issues.subscribe(onChange).ready;
    bench.server.announce('issues', 'c', { type: 'added', id: 1 });
    await expect.poll(() => heard).toEqual(['added 1']);
    expect(errors).toEqual([fault]);
  });

  it('opened while connecting is made before the requests that wait are sent', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c').on('issues.create', ({ answer }) => answer(1));
    const jira = bench.client({ autoConnect: false });
    const created = jira.hook('issues').create({});
    const stop = jira.hook('issues').subscribe(() => undefined);
    jira.connect();
    await Promise.all([created, stop.ready]);
    expect(bench.server.asked.map(({ frame }) => frame.action)).toEqual(['subscribe', 'create']);
  });
});
