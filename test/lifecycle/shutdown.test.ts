import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { Action, ActionScope, Hook, ModelHook } from 'nestjs-jira';
import { createTestApp, TestClient, type TestApp } from '../support/app.js';
import { Issue, IssueView, seedTracker, TRACKER } from '../support/tracker.js';

/** An action that begins, and ends when it is told to. */
class Gate {
  private begin!: () => void;
  open!: () => void;
  readonly began = new Promise<void>((resolve) => (this.begin = resolve));
  private readonly isOpen = new Promise<void>((resolve) => (this.open = resolve));

  pass(): Promise<void> {
    this.begin();
    return this.isOpen;
  }
}

@Hook('gated')
class GatedHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  readonly gate = new Gate();

  @Action({ methods: ['POST'] })
  async write(scope: ActionScope) {
    const issue = await scope.manager.save(Issue, { title: 'in flight', projectId: 1 });
    await this.gate.pass();
    return issue.title;
  }
}

const APP = { ...TRACKER, providers: [...TRACKER.providers, GatedHook] };

async function refusalOf(app: TestApp): Promise<unknown> {
  const late = new TestClient(app.url, { jira: 2, token: 'user-1' });
  const error = await late.connected().then(
    () => undefined,
    (reason: unknown) => reason as { data?: unknown },
  );
  late.close();
  return error?.data;
}

const isDisconnected = (client: TestClient) =>
  new Promise<string>((resolve) => client.socket.once('disconnect', resolve));

describe('a shutdown', () => {
  it('finishes what is in flight, takes nothing new, tells clients when to come back, and only then ends them', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const ada = await app.connect(1);
    const grace = await app.connect(2);
    const others = await Promise.all([3, 4, 5, 6].map((user) => app.connect(user)));
    await grace.subscribe('issues');
    const inFlight = ada.call('gated', 'write', 'POST');
    const { gate } = app.get(GatedHook);
    await gate.began;

    const gone = Promise.all([ada, grace, ...others].map(isDisconnected));
    const closing = app.shutDown();
    expect(await ada.call('issues', 'list', 'GET')).toMatchObject({ status: 503, data: { code: 'UNAVAILABLE' } });
    expect(await refusalOf(app)).toEqual({ code: 'UNAVAILABLE', status: 503 });
    gate.open();

    expect(await inFlight).toMatchObject({ status: 200, data: 'in flight' });
    await grace.until(() => grace.frames.some(({ event }) => event === '$reconnect'));
    await Promise.all([gone, closing]);
    expect(grace.frames.map(({ event, frame }) => frame['type'] ?? event)).toEqual(['added', '$reconnect']);
    const waits = [ada, grace, ...others].map((client) => client.frames.at(-1)?.frame['afterMs']);
    expect(waits.every((afterMs) => Number.isInteger(afterMs) && (afterMs as number) >= 200)).toBe(true);
    // Two may be the same by chance.
    expect(new Set(waits).size).toBeGreaterThan(2);
  });

  it('aborts what is still in flight after drainMs, and answers it', async () => {
    await using app = await createTestApp({ ...APP, options: { limits: { drainMs: 50 } } });
    await seedTracker(app);
    const ada = await app.connect(1);
    const inFlight = ada.call('gated', 'write', 'POST');
    const { gate } = app.get(GatedHook);
    await gate.began;
    const closing = app.shutDown();
    expect(await inFlight).toMatchObject({ status: 503, data: { code: 'UNAVAILABLE' } });
    gate.open(); // the action itself has not heard of it; its transaction must roll back all the same
    await closing;
  });

  it('does not wait for clients that no longer react, nor for polling ones', async () => {
    await using app = await createTestApp(TRACKER);
    const asleep = await app.connect(1);
    // A phone that sleeps: its end of the connection is there, and nobody reads what arrives.
    (asleep.socket.io.engine as unknown as { transport: { ws: { pause(): void } } }).transport.ws.pause();
    const polling = io(app.url, { transports: ['polling'], forceNew: true, reconnection: false });
    await new Promise<void>((resolve) => polling.once('connect', resolve));
    const kept = await fetch(`${app.url}/nothing`, { headers: { connection: 'keep-alive' } });
    await kept.text();

    const tooLong = delay(5_000, 'too long', { ref: false });
    expect(await Promise.race([app.shutDown(), tooLong])).toBeUndefined();
    polling.close();
  });
});
