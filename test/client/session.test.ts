// Credentials that end while a client is connected: it renews them, and nothing is lost.

import { Injectable, Module } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { BearerTokenAuthentication, LifecycleEvents, TokenVerifier, VerifiedToken } from 'nestjs-jira';
import { createClient, type Change, type ClientOptions } from 'nestjs-jira-client';
import { inspect } from '../../libs/client/src/client.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';
import { Bench, failureOf, reached } from './support.js';

/** Tokens are `<user>:<milliseconds to live>`. */
@Injectable()
class ShortTokens extends TokenVerifier {
  verify(token: string): VerifiedToken | null {
    const [id, lifeMs] = token.split(':').map(Number);
    return id ? new VerifiedToken({ id }, lifeMs ? new Date(Date.now() + lifeMs) : undefined) : null;
  }
}

@Module({ providers: [{ provide: TokenVerifier, useClass: ShortTokens }], exports: [TokenVerifier] })
class ShortTokensModule {}

async function open(): Promise<TestApp & { opened: () => number }> {
  const options = { authentication: [BearerTokenAuthentication], imports: [ShortTokensModule] };
  const app = await createTestApp({ ...TRACKER, options });
  await seedTracker(app);
  let count = 0;
  app.get(LifecycleEvents).on('jira.connection_open', () => count++);
  return Object.assign(app, { opened: () => count });
}

function clientOf({ url }: TestApp, options: ClientOptions) {
  const jira = createClient(url, { reconnectMinMs: 10, reconnectMaxMs: 40, ...options });
  return Object.assign(jira, { [Symbol.dispose]: () => jira.close() });
}

const write = (app: TestApp, title: string): Promise<unknown> => app.dataSource.manager.save(Issue, { title, projectId: 1 }); // prettier-ignore

describe('credentials that end', () => {
  it('are renewed by an auth function, on the same connection, again and again', async () => {
    await using app = await open();
    let asked = 0;
    // It is renewed in the last quarter of its life: long enough for a slow machine.
    using jira = clientOf(app, { auth: () => ({ token: `1:${++asked > 0 ? 4_000 : 0}` }) });
    const changes: Change[] = [];
    const stop = jira.hook('issues').subscribe((change) => changes.push(change));
    await stop.ready;
    await expect.poll(() => asked).toBeGreaterThan(2);
    await write(app, 'still here');
    await expect.poll(() => changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ type: 'added', data: { title: 'still here' } });
    expect(app.opened()).toBe(1);
  });

  it('are renewed by hand, and tell their end', async () => {
    await using app = await open();
    using jira = clientOf(app, { auth: { token: '1:5000' } });
    const changes: Change[] = [];
    await jira.hook('issues').subscribe((change) => changes.push(change)).ready; // prettier-ignore
    const ends = await jira.authenticate({ token: '1:60000' });
    expect(ends?.getTime()).toBeGreaterThan(Date.now() + 50_000);
    // A connection of the first token's kind ends after it would have.
    using other = clientOf(app, { auth: { token: '2:5000' } });
    await reached(other, 'connected');
    await reached(other, 'disconnected');
    await write(app, 'still here');
    await expect.poll(() => changes).toHaveLength(1);
    expect(jira.connection.state).toBe('connected');
    expect(await jira.authenticate({ token: '1' })).toBeNull();
  });

  it('stay in force when the new ones do not hold, or are another user’s', async () => {
    await using app = await open();
    using jira = clientOf(app, { auth: { token: '1:60000' } });
    await reached(jira, 'connected');
    expect(await failureOf(jira.authenticate({ token: 'x' }))).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await failureOf(jira.authenticate({ token: '2' }))).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await jira.hook('issues').list()).toMatchObject({ count: 0 });
    expect(app.opened()).toBe(1);
  });

  it('are those of the next connection when they are new while there is none', async () => {
    await using bench = await Bench.start();
    bench.server.on('$connection.$authenticate', ({ answer }) => answer({ expiresAt: null, expiresInMs: null }));
    const jira = bench.client({ auth: { token: 'old' }, autoConnect: false });
    const renewed = jira.authenticate({ token: 'new' });
    jira.connect();
    expect(await renewed).toBeNull();
    expect(bench.server.auths).toEqual([{ token: 'new', jira: 2 }]);
  });

  it('are asked for again when getting them fails for now, and not after the client is closed', async () => {
    await using bench = await Bench.start();
    let asked = 0;
    bench.server.on('$connection.$authenticate', ({ answer }) => answer({ expiresAt: null, expiresInMs: null }));
    const auth = () => (++asked === 2 ? Promise.reject(new Error('offline')) : { token: `t${asked}` });
    const jira = bench.client({ auth });
    await reached(jira, 'connected');
    bench.server.sockets[0]?.emit('$session', { expiresAt: '', expiresInMs: 20 });
    const renewal = await bench.server.arrival('$authenticate');
    expect(renewal.frame).toMatchObject({ method: 'POST', data: { token: 't3' } });
    bench.server.sockets[0]?.emit('$session', { expiresAt: '', expiresInMs: 30 });
    jira.close();
    await reached(bench.client({ auth: { token: 'later' } }), 'connected');
    expect(inspect(jira)).toMatchObject({ requests: 0, queued: 0 });
    expect(asked).toBe(3);
  });

  it('that another user got from the function are reported', async () => {
    await using bench = await Bench.start();
    bench.server.on('$connection.$authenticate', ({ refuse }) => refuse('PERMISSION_DENIED'));
    const errors: unknown[] = [];
    const jira = bench.client({ auth: () => ({ token: 'x' }), onError: (error) => errors.push(error) });
    await reached(jira, 'connected');
    bench.server.sockets[0]?.emit('$session', { expiresAt: '', expiresInMs: 20 });
    await expect.poll(() => errors).toMatchObject([{ code: 'PERMISSION_DENIED' }]);
  });

  it('tell the application why the connection ended', async () => {
    await using bench = await Bench.start();
    const jira = bench.client();
    await reached(jira, 'connected');
    bench.server.sockets[0]?.emit('$disconnect', { code: 'SESSION_EXPIRED', status: 401 });
    bench.server.sockets[0]?.disconnect(true);
    await reached(jira, 'disconnected');
    expect(jira.connection.reason).toMatchObject({
      code: 'CONNECTION_LOST',
      cause: { code: 'SESSION_EXPIRED', status: 401 },
    });
  });
});
