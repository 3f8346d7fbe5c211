// The method of a call that names none.

import { describe, expect, it } from 'vitest';
import { createClient, type JiraClient } from 'nestjs-jira-client';
import { Action, ActionScope, BaseHook, Hook, type ApiOf } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { failureOf } from './support.js';

@Hook('clock')
class ClockHook extends BaseHook {
  @Action()
  now(_scope: ActionScope) {
    return 'noon';
  }

  @Action({ methods: ['POST'] })
  wind(scope: ActionScope) {
    return scope.method;
  }

  @Action({ methods: ['PATCH', 'PUT'] })
  set(scope: ActionScope<{ to: string }>) {
    return `${scope.method} ${scope.data.to}`;
  }

  @Action({ methods: ['DELETE'] })
  break(scope: ActionScope) {
    return scope.method;
  }

  @Action()
  async *ticks(_scope: ActionScope) {
    yield 'tick';
    yield await Promise.resolve('tock');
  }

  @Action({ methods: ['SUBSCRIPTION'] })
  watch(_scope: ActionScope) {
    return null;
  }
}

type Api = ApiOf<{ clock: ClockHook }>;

class Tower implements AsyncDisposable {
  readonly jira: JiraClient<Api>;
  readonly sent: string[] = [];
  private constructor(readonly app: TestApp) {
    this.jira = createClient<Api>(app.url, { auth: app.authOf({ id: 1 }) });
    const { socket } = (this.jira as unknown as { link: { socket: import('socket.io-client').Socket } }).link;
    socket.onAnyOutgoing((_name, { method, action }) => this.sent.push(`${method} ${action}`));
  }

  static async start(): Promise<Tower> {
    return new Tower(await createTestApp({ entities: [], providers: [ClockHook] }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.jira.close();
    await this.app.close();
  }
}

describe('a call that names no method', () => {
  it('reaches a bare @Action(), asks twice the first time and once from then on', async () => {
    await using tower = await Tower.start();
    const clock = tower.jira.hook('clock');
    expect(await clock.action('now')).toBe('noon');
    expect(await clock.action('now')).toBe('noon');
    expect(await tower.jira.request('clock', 'now')).toBe('noon');
    expect(tower.sent).toEqual(['POST now', 'GET now', 'GET now', 'GET now']);
  });

  it('reaches actions of every method, with what it sends', async () => {
    await using tower = await Tower.start();
    const clock = tower.jira.hook('clock');
    expect(await clock.action('wind')).toBe('POST');
    expect(await clock.action('set', { data: { to: 'one' } })).toBe('PATCH one');
    expect(await clock.action('break')).toBe('DELETE');
    const heard: string[] = [];
    for await (const tick of clock.stream('ticks')) heard.push(tick);
    expect(heard).toEqual(['tick', 'tock']);
  });

  it('is refused where the action only opens subscriptions', async () => {
    await using tower = await Tower.start();
    const error = await failureOf(tower.jira.hook('clock').action('watch'));
    expect(error).toMatchObject({ code: 'METHOD_NOT_ALLOWED', message: '"watch" accepts SUBSCRIPTION, not POST.' });
  });
});

describe('a call that names its method', () => {
  it('is asked by that and no other', async () => {
    await using tower = await Tower.start();
    const error = await failureOf(tower.jira.hook('clock').action('now', { method: 'POST' }));
    expect(error).toMatchObject({ code: 'METHOD_NOT_ALLOWED', status: 405 });
    expect(tower.sent).toEqual(['POST now']);
  });
});
