import { describe, expect, it } from 'vitest';
import { JiraClientError, type ConnectionState } from 'nestjs-jira-client';
import { inspect } from '../../libs/client/src/client.js';
import { Bench, failureOf, reached } from './support.js';

describe('the connection', () => {
  it('brings the credentials and the protocol version', async () => {
    await using bench = await Bench.start();
    await reached(bench.client({ auth: { token: 'ada' } }), 'connected');
    await reached(bench.client(), 'connected');
    expect(bench.server.auths).toEqual([{ token: 'ada', jira: 2 }, { jira: 2 }]);
  });

  it('asks for fresh credentials with every connection', async () => {
    await using bench = await Bench.start();
    let n = 0;
    const jira = bench.client({ auth: () => Promise.resolve({ token: `t${++n}` }) });
    await reached(jira, 'connected');
    bench.server.cut();
    await reached(jira, 'disconnected');
    await reached(jira, 'connected');
    expect(bench.server.auths.map(({ token }) => token)).toEqual(['t1', 't2']);
  });

  it('ends as refused when the server says no, and does not try again', async () => {
    await using bench = await Bench.start();
    const { server } = bench;
    server.refusal = ({ token }) =>
      token === 'busy'
        ? { code: 'UNAVAILABLE', status: 503 }
        : { code: 'UNAUTHENTICATED', status: 401, message: 'Who are you?' };
    const jira = bench.client();
    const error = await failureOf(jira.hook('issues').list());
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', status: 401, message: 'Who are you?', retryable: false });
    expect(jira.connection).toMatchObject({ state: 'refused', reason: error });
    expect(await failureOf(jira.hook('issues').list())).toBe(error);
    // Another client, refused for now, says when there was time enough to try again.
    bench.client({ auth: { token: 'busy' } });
    await expect.poll(() => server.auths.filter(({ token }) => token === 'busy').length).toBeGreaterThan(4);
    expect(server.auths.filter(({ token }) => token === undefined)).toHaveLength(1);
  });

  it('works again after a refusal with new credentials, subscriptions included', async () => {
    await using bench = await Bench.start();
    bench.server.refusal = () => ({ code: 'UNAUTHENTICATED', status: 401 });
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer([]));
    const jira = bench.client({ auth: { token: 'old' } });
    const stop = jira.hook('issues').subscribe(() => undefined);
    await reached(jira, 'refused');
    expect(stop.state).toBe('subscribing');
    bench.server.refusal = undefined;
    jira.connect({ token: 'new' });
    expect(await jira.hook('issues').list()).toEqual([]);
    await stop.ready;
    expect(bench.server.auths.map(({ token }) => token)).toEqual(['old', 'new']);
  });

  it('changes credentials while connected by a new connection', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.list', ({ socket, answer }) => answer(socket.handshake.auth));
    const jira = bench.client({ auth: { token: 'ada' } });
    await jira.hook('issues').list();
    jira.connect({ token: 'grace' });
    expect(await jira.hook('issues').list()).toMatchObject({ token: 'grace' });
    await expect.poll(() => bench.server.sockets.length).toBe(1);
  });

  it('tries again when it is refused for now', async () => {
    await using bench = await Bench.start();
    bench.server.refusal = () => ({ code: 'TOO_MANY_CONNECTIONS', status: 429 });
    const jira = bench.client();
    const states: ConnectionState[] = [];
    jira.connection.onState((state) => states.push(state));
    await reached(jira, 'disconnected');
    expect(jira.connection.reason).toMatchObject({ code: 'TOO_MANY_CONNECTIONS', retryable: true });
    bench.server.refusal = undefined;
    await reached(jira, 'connected');
    expect(states).not.toContain('refused');
  });

  it('comes back when the server ends it on purpose', async () => {
    await using bench = await Bench.start();
    const jira = bench.client();
    await reached(jira, 'connected');
    bench.server.sockets[0]?.disconnect(true);
    await reached(jira, 'disconnected');
    await reached(jira, 'connected');
    expect(bench.server.auths).toHaveLength(2);
  });

  it('comes back when the server is restarted', async () => {
    await using bench = await Bench.start();
    const jira = bench.client();
    await reached(jira, 'connected');
    await bench.server.stop();
    await reached(jira, 'disconnected');
    await bench.server.listen();
    await reached(jira, 'connected');
    expect(bench.server.auths).toHaveLength(2);
  });

  it('waits as long as a closing server asks before it comes back', async () => {
    await using bench = await Bench.start();
    const jira = bench.client();
    await reached(jira, 'connected');
    const [socket] = bench.server.sockets;
    socket?.emit('$reconnect', { afterMs: 200 });
    socket?.disconnect(true);
    await reached(jira, 'disconnected');
    const start = performance.now();
    await reached(jira, 'connected');
    expect(performance.now() - start).toBeGreaterThan(190);
  });

  it('tries again when getting the credentials fails', async () => {
    await using bench = await Bench.start();
    let n = 0;
    const auth = () => (++n === 1 ? Promise.reject(new Error('offline')) : Promise.resolve({ token: 'ada' }));
    const jira = bench.client({ auth });
    const reasons: unknown[] = [];
    jira.connection.onState((_state, reason) => reasons.push(reason?.code));
    await reached(jira, 'connected');
    expect(reasons).toContain('AUTH_FAILED');
  });

  it('is refused when getting the credentials fails for good', async () => {
    await using bench = await Bench.start();
    const error = new JiraClientError('Log in first.', { code: 'NOT_LOGGED_IN' });
    const jira = bench.client({ auth: () => Promise.reject(error) });
    expect(await failureOf(jira.hook('issues').list())).toBe(error);
    expect(jira.connection.state).toBe('refused');
  });

  it('does not speak old credentials on a new connection', async () => {
    await using bench = await Bench.start();
    const answers: ((auth: { token: string }) => void)[] = [];
    const jira = bench.client({ auth: () => new Promise((resolve) => answers.push(resolve)) });
    await expect.poll(() => answers.length).toBe(1);
    jira.connect(() => ({ token: 'new' }));
    await reached(jira, 'connected');
    answers[0]?.({ token: 'old' });
    await jira
      .hook('issues')
      .list({}, { timeoutMs: 30 })
      .catch(() => undefined);
    expect(bench.server.auths).toEqual([{ token: 'new', jira: 2 }]);
  });

  it('closes for good: what waits fails, nothing is tried again', async () => {
    await using bench = await Bench.start();
    const jira = bench.client();
    await reached(jira, 'connected');
    const failure = failureOf(jira.hook('issues').list());
    await bench.server.arrival('list');
    jira.close();
    jira.close();
    expect(await failure).toMatchObject({ code: 'CLOSED' });
    expect(await failureOf(jira.hook('issues').list())).toMatchObject({ code: 'CLOSED' });
    expect(jira.connection.state).toBe('closed');
    await expect.poll(() => bench.server.sockets.length).toBe(0);
    expect(inspect(jira)).toMatchObject({ requests: 0, subscriptions: 0, unacknowledged: 0, unsent: 0 });
  });

  it('can be opened again after it was closed', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.list', ({ answer }) => answer([]));
    const jira = bench.client();
    jira.close();
    jira.connect();
    expect(await jira.hook('issues').list()).toEqual([]);
  });

  it('reports a listener that throws and calls the others', async () => {
    await using bench = await Bench.start();
    const errors: unknown[] = [];
    const jira = bench.client({ autoConnect: false, onError: (error) => errors.push(error) });
    const heard: ConnectionState[] = [];
    jira.connection.onState(() => {
      throw new Error('mine');
    });
    const undo = jira.connection.onState((state) => heard.push(state));
    jira.connect();
    await reached(jira, 'connected');
    undo();
    jira.close();
    expect(heard).toEqual(['connecting', 'connected']);
    expect(errors).toHaveLength(3);
  });
});
