import { describe, expect, it, vi } from 'vitest';
import { inspect } from '../../libs/client/src/client.js';
import { Bench, failureOf, reached } from './support.js';

describe('a call', () => {
  it('goes out as a frame and resolves to the data of the answer', async () => {
    await using bench = await Bench.start();
    for (const action of ['create', 'list', 'retrieve', 'update', 'destroy', 'close'])
      bench.server.on(`issues.${action}`, ({ frame, answer }) => answer(frame));
    const jira = bench.client();
    const issues = jira.hook('issues');
    const frames = await Promise.all([
      issues.create({ title: 'a' }),
      issues.list({ status: 'open' }),
      issues.retrieve(1),
      issues.get({ tenant: 1, no: 2 }, { include: 'x' }),
      issues.update(1, { title: 'b' }),
      issues.patch(1, { title: 'c' }),
      issues.destroy(1, { headers: { trace: 't' } }),
      issues.action('close', { id: 1, data: 5 }),
      jira.request('issues', 'close', { method: 'GET', query: { pk: 3 } }),
    ]);
    expect(frames).toMatchObject([
      { method: 'POST', action: 'create', data: { title: 'a' } },
      { method: 'GET', action: 'list', query: { status: 'open' } },
      { method: 'GET', action: 'retrieve', query: { pk: 1 } },
      { method: 'GET', action: 'retrieve', query: { pk: { tenant: 1, no: 2 }, include: 'x' } },
      { method: 'PUT', action: 'update', query: { pk: 1 }, data: { title: 'b' } },
      { method: 'PATCH', action: 'update', query: { pk: 1 }, data: { title: 'c' } },
      { method: 'DELETE', action: 'destroy', query: { pk: 1 }, headers: { trace: 't' } },
      { method: 'POST', action: 'close', query: { pk: 1 }, data: 5 },
      { method: 'GET', action: 'close', query: { pk: 3 } },
    ]);
    const ids = bench.server.asked.map(({ frame }) => frame.requestId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('gives status and position of the answer when asked for it', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.create', ({ answer }) => answer({ id: 1 }, { status: 201, position: 'e1:7' }));
    const answer = await bench.client().hook('issues').create({}).answer();
    expect(answer).toEqual({ data: { id: 1 }, status: 201, position: 'e1:7' });
  });

  it('rejects with code, status and field errors of the answer', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.create', ({ refuse }) => refuse('VALIDATION_FAILED', 'Bad input', { title: ['too long'] }));
    const error = await failureOf(bench.client().hook('issues').create({}));
    expect(error).toMatchObject({
      code: 'VALIDATION_FAILED',
      status: 400,
      message: 'Bad input',
      errors: { title: ['too long'] },
      retryable: false,
    });
    expect(error.requestId).toBe(bench.server.asked[0]?.frame.requestId);
    // Asked for its answer alone, it leaves no unhandled rejection behind.
    expect(await failureOf(bench.client().hook('issues').create({}).answer())).toMatchObject({ status: 400 });
  });

  it('rejects with whatever else the answer says about the error', async () => {
    await using bench = await Bench.start();
    const conflict = { code: 'VERSION_CONFLICT', message: 'Modified.', current: { id: 1, version: 2 } };
    bench.server.on('issues.update', ({ answer }) => answer(conflict, { status: 409 }));
    bench.server.on('issues.create', ({ refuse }) => refuse('VALIDATION_FAILED'));
    const issues = bench.client().hook('issues');
    expect((await failureOf(issues.update(1, {}))).details).toEqual({ current: { id: 1, version: 2 } });
    expect((await failureOf(issues.create({}))).details).toBeUndefined();
  });

  it("takes an application's own code to be as retryable as its status", async () => {
    await using bench = await Bench.start();
    bench.server
      .on('issues.create', ({ answer }) => answer({ code: 'CHEF_IS_BUSY', message: 'Later.' }, { status: 503 }))
      .on('issues.update', ({ answer }) => answer({ code: 'NO_SUCH_DISH', message: 'Never.' }, { status: 422 }))
      .on('issues.destroy', ({ answer }) => answer('teapot', { status: 418 }));
    const issues = bench.client().hook('issues');
    expect(await failureOf(issues.create({}))).toMatchObject({ code: 'CHEF_IS_BUSY', retryable: true });
    expect(await failureOf(issues.update(1, {}))).toMatchObject({ code: 'NO_SUCH_DISH', retryable: false });
    expect(await failureOf(issues.destroy(1))).toMatchObject({ code: 'BAD_REQUEST', status: 418 });
  });

  it('takes an answer that comes as an event in place of the acknowledgement', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.list', ({ socket, frame: { requestId, method, action } }) =>
      socket.emit('issues', { requestId, method, action, status: 200, data: [1] }),
    );
    expect(await bench.client().hook('issues').list()).toEqual([1]);
  });

  it('fails by name when the answer is no frame', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.list', ({ raw }) => raw('nonsense'));
    expect(await failureOf(bench.client().hook('issues').list())).toMatchObject({ code: 'MALFORMED_ANSWER' });
  });

  it('fails by name when the request cannot be sent, and the next one works', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.create', ({ answer }) => answer('ok'));
    const jira = bench.client();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(await failureOf(jira.hook('issues').create(circle))).toMatchObject({ code: 'UNSENDABLE' });
    expect(await failureOf(jira.request('disconnect', 'list'))).toMatchObject({ code: 'UNSENDABLE' });
    expect(await jira.hook('issues').create({})).toBe('ok');
  });

  it('made before the connection waits for it, and goes out in order', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.create', ({ frame, answer }) => answer(frame.data));
    const jira = bench.client({ autoConnect: false });
    const all = [1, 2, 3].map((n) => jira.hook('issues').create(n));
    await Promise.resolve();
    expect(inspect(jira)).toMatchObject({ queued: 3, requests: 3 });
    jira.connect();
    expect(await Promise.all(all)).toEqual([1, 2, 3]);
    expect(bench.server.asked.map(({ frame }) => frame.data)).toEqual([1, 2, 3]);
  });

  it('fails with QUEUE_FULL when too many wait', async () => {
    await using bench = await Bench.start();
    const jira = bench.client({ autoConnect: false, maxQueuedRequests: 2 });
    const all = [1, 2, 3].map((n) => failureOf(jira.hook('issues').create(n)));
    expect(await all[2]).toMatchObject({ code: 'QUEUE_FULL', retryable: true, status: 0 });
    jira.close();
    expect(await all[0]).toMatchObject({ code: 'CLOSED' });
  });

  it('fails with NOT_CONNECTED when no connection comes in time, naming what kept it', async () => {
    await using bench = await Bench.start();
    await bench.server.stop();
    const error = await failureOf(bench.client({ timeoutMs: 150 }).hook('issues').list());
    expect(error).toMatchObject({ code: 'NOT_CONNECTED', retryable: true, cause: { code: 'CONNECTION_LOST' } });
    expect(error.message).toContain('150 ms');
  });

  it('fails with REQUEST_TIMEOUT when not answered in time, and tells the server', async () => {
    await using bench = await Bench.start();
    const jira = bench.client();
    await reached(jira, 'connected');
    const error = await failureOf(jira.hook('issues').create({}, { timeoutMs: 50 }));
    expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', retryable: true });
    expect(error.message).toContain('may or may not have happened');
    const cancel = await bench.server.arrival('$cancel');
    expect(cancel.namespace).toBe('issues');
    expect(cancel.frame).toMatchObject({ method: 'SUBSCRIPTION', data: { target: error.requestId } });
  });

  it('fails with ABORTED at an abort, and the server hears of it', async () => {
    await using bench = await Bench.start();
    const jira = bench.client();
    const controller = new AbortController();
    const failure = failureOf(jira.hook('issues').list({}, { signal: controller.signal }));
    const asked = await bench.server.arrival('list');
    controller.abort('changed my mind');
    expect(await failure).toMatchObject({ code: 'ABORTED', cause: 'changed my mind' });
    expect((await bench.server.arrival('$cancel')).frame.data).toEqual({ target: asked.frame.requestId });
    asked.answer('too late');
    expect(inspect(jira)).toMatchObject({ requests: 0, inFlight: 0 });
  });

  it('is never sent when aborted while it waits, or before', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.list', ({ answer }) => answer([]));
    const jira = bench.client({ autoConnect: false });
    const controller = new AbortController();
    const waiting = failureOf(jira.hook('issues').create({}, { signal: controller.signal }));
    await Promise.resolve();
    controller.abort();
    const never = failureOf(jira.hook('issues').create({}, { signal: controller.signal }));
    jira.connect();
    expect([(await waiting).code, (await never).code]).toEqual(['ABORTED', 'ABORTED']);
    await jira.hook('issues').list();
    expect(bench.server.asked.map(({ frame }) => frame.action)).toEqual(['list']);
  });

  it('waits its turn when enough are in flight', async () => {
    await using bench = await Bench.start();
    const jira = bench.client({ maxRequestsInFlight: 2 });
    const all = [1, 2, 3].map((n) => jira.hook('issues').create(n));
    const second = await bench.server.arrival('create', 2);
    expect(bench.server.requests('create')).toHaveLength(2);
    second.answer('second');
    (await bench.server.arrival('create', 3)).answer('third');
    bench.server.requests('create')[0]?.answer('first');
    expect(await Promise.all(all)).toEqual(['first', 'second', 'third']);
  });

  it('that writes fails when the connection is lost, and says that it may have happened', async () => {
    await using bench = await Bench.start();
    const jira = bench.client();
    const failure = failureOf(jira.hook('issues').create({}));
    await bench.server.arrival('create');
    bench.server.cut();
    const error = await failure;
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', retryable: true, status: 0 });
    expect(error.message).toContain('may or may not have happened');
    await reached(jira, 'connected');
    expect(bench.server.requests('create')).toHaveLength(1);
  });

  it('made when a ping is overdue is not sent behind its own failure, on the next connection', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.list', ({ answer }) => answer([]));
    const jira = bench.client();
    await reached(jira, 'connected');
    // As after a sleep of the machine: time has passed, and the socket does not know yet.
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    const failure = failureOf(jira.hook('issues').create({}));
    await Promise.resolve();
    clock.mockRestore();
    expect(await failure).toMatchObject({ code: 'CONNECTION_LOST' });
    await jira.hook('issues').list();
    expect(bench.server.requests('create')).toHaveLength(0);
  });

  it('that reads is asked again on the next connection, under a new id', async () => {
    await using bench = await Bench.start();
    const list = bench.client().hook('issues').list();
    const first = await bench.server.arrival('list');
    bench.server.cut();
    const second = await bench.server.arrival('list', 2);
    second.answer(['fresh']);
    expect(await list).toEqual(['fresh']);
    expect(second.frame.requestId).not.toBe(first.frame.requestId);
  });

  it('leaves nothing behind when all is closed', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.create', ({ answer }) => answer(1)).channel('issues', () => 'c');
    const jira = bench.client();
    const undo = jira.connection.onState(() => undefined);
    await Promise.all(Array.from({ length: 50 }, (_, n) => jira.hook('issues').create(n)));
    const stops = Array.from({ length: 5 }, () => jira.hook('issues').subscribe(() => undefined));
    await Promise.all(stops.map((stop) => stop.ready));
    expect(inspect(jira)).toMatchObject({ subscriptions: 5, channels: 1, frameListeners: 1 });
    for (const stop of stops) stop();
    undo();
    await bench.server.arrival('unsubscribe', 5);
    await expect
      .poll(() => inspect(jira))
      .toEqual({
        requests: 0,
        queued: 0,
        inFlight: 0,
        subscriptions: 0,
        channels: 0,
        stateListeners: 0,
        unacknowledged: 0,
        unsent: 0,
        frameListeners: 1,
      });
  });
});
