import { Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { IsString, Length } from 'class-validator';
import { describe, expect, it } from 'vitest';
import {
  EventContext,
  EventHandlers,
  IsAuthenticated,
  LifecycleEvents,
  OnConnected,
  OnDisconnected,
  OnMessage,
  type ClientEventListener,
  type HookScope,
  type Next,
} from 'nestjs-jira';
import { createTestApp, type TestAppOptions, type TestClient } from '../support/app.js';
import { TRACKER } from '../support/tracker.js';

class Greeting {
  @IsString() @Length(1, 20) name: string;
}

@Injectable()
class Closed implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Injectable()
class Book {
  readonly lines: string[] = [];
}

@EventHandlers()
class ChatHandlers {
  constructor(private readonly book: Book) {}

  @OnConnected()
  arrive({ connection, payload }: EventContext) {
    this.book.lines.push(`connected ${connection.user?.id} ${JSON.stringify(payload)}`);
    connection.send('welcome', { id: connection.id });
  }

  @OnDisconnected()
  leave({ connection, payload }: EventContext<{ reason: string }>) {
    this.book.lines.push(`disconnected ${connection.user?.id} ${payload.reason}`);
  }

  @OnMessage('hello')
  hello({ eventName, payload, headers, connection }: EventContext) {
    connection.send('hello', { eventName, payload, headers, user: connection.user?.id });
    return { heard: payload };
  }

  @OnMessage('greet', { input: Greeting })
  greet({ payload }: EventContext<Greeting>) {
    return `Hello ${payload.name}, ${payload instanceof Greeting}`;
  }

  @OnMessage('known', { permissions: [IsAuthenticated] })
  known({ user }: EventContext) {
    return (user as { id: number }).id;
  }

  @OnMessage('guarded')
  @UseGuards(Closed)
  guarded() {
    return 'never';
  }

  @OnMessage('fail')
  fail() {
    throw new Error('secret');
  }

  @OnMessage('slow', { timeoutMs: 30 })
  slow({ signal }: EventContext) {
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('late'))));
  }
}

const CHAT: TestAppOptions = { entities: [], providers: [Book, ChatHandlers] };

async function ask(client: TestClient, event: string, ...args: unknown[]): Promise<unknown> {
  return client.socket.timeout(5_000).emitWithAck(event, ...args) as Promise<unknown>;
}

describe('events of clients', () => {
  it('reach their handler with name, payload, headers and connection, and are answered by acknowledgement', async () => {
    await using app = await createTestApp(CHAT);
    const ada = await app.connect(1);
    expect(await ask(ada, 'hello', ['any', 'JSON'], { lang: 'en' })).toMatchObject({
      status: 200,
      data: { heard: ['any', 'JSON'] },
    });
    expect(ada.frames.find(({ event }) => event === 'hello')?.frame).toEqual({
      eventName: 'hello',
      payload: ['any', 'JSON'],
      headers: { lang: 'en' },
      user: 1,
    });
  });

  it('need no acknowledgement, and are then answered by nothing', async () => {
    await using app = await createTestApp(CHAT);
    const ada = await app.connect(1);
    ada.socket.emit('fail');
    ada.socket.emit('hello', 'x');
    await ada.until(() => ada.frames.some(({ event }) => event === 'hello'));
    expect(ada.frames.filter(({ event }) => event === 'fail')).toEqual([]);
  });

  it('are validated, asked permission for, guarded and limited in time, as requests are', async () => {
    await using app = await createTestApp(CHAT);
    const ada = await app.connect(1);
    const anonymous = await app.connect();
    expect(await ask(ada, 'greet', { name: 'Grace' })).toMatchObject({ status: 200, data: 'Hello Grace, true' });
    expect(await ask(ada, 'greet', { name: '' })).toMatchObject({
      status: 400,
      data: { code: 'VALIDATION_FAILED', errors: { name: [expect.any(String)] } },
    });
    expect(await ask(ada, 'known')).toMatchObject({ status: 200, data: 1 });
    expect(await ask(anonymous, 'known')).toMatchObject({ status: 401, data: { code: 'UNAUTHENTICATED' } });
    expect(await ask(ada, 'guarded')).toMatchObject({ status: 403 });
    expect(await ask(ada, 'slow')).toMatchObject({ status: 504, data: { code: 'TIMEOUT' } });
    expect(await ask(ada, 'fail')).toMatchObject({ status: 500, data: { code: 'INTERNAL' } });
    expect(JSON.stringify(await ask(ada, 'fail'))).not.toContain('secret');
    expect(await ask(ada, 'hello', JSON.parse('{ "__proto__": 1 }'))).toMatchObject({
      status: 400,
      data: { code: 'MALFORMED_FRAME' },
    });
  });

  it('pass the global middleware and permissions', async () => {
    const seen: string[] = [];
    const middleware = [
      (scope: HookScope, next: Next) => {
        seen.push(`${scope.namespace} ${scope instanceof EventContext}`);
        return next();
      },
    ];
    const permissions = [(scope: HookScope) => scope.headers['key'] === 'open'];
    await using app = await createTestApp({ ...CHAT, options: { middleware, permissions } });
    const ada = await app.connect(1);
    expect(await ask(ada, 'hello', 1, { key: 'open' })).toMatchObject({ status: 200 });
    expect(await ask(ada, 'hello', 1)).toMatchObject({ status: 403 });
    expect(seen).toContain('hello true');
  });

  it('named "connected" or "disconnected" do not stand for connections', async () => {
    await using app = await createTestApp(CHAT);
    const { lines } = app.get(Book);
    const dropped: string[] = [];
    app.get(LifecycleEvents).on('jira.malformed_frame', ({ reason }) => dropped.push(reason));
    const ada = await app.connect(1);
    await ada.until(() => ada.frames.some(({ event }) => event === 'welcome'));
    ada.socket.emit('connected', {});
    ada.socket.emit('disconnected', { reason: 'made up' });
    await ada.call('nothing', 'nothing', 'GET');
    expect(lines).toEqual(['connected 1 {}']);
    expect(dropped).toEqual(['Unknown event "connected".', 'Unknown event "disconnected".']);
    const left = new Promise((resolve) => app.get(LifecycleEvents).on('jira.remove_connection', resolve));
    ada.close();
    await left;
    expect(lines[1]).toBe('disconnected 1 client namespace disconnect');
  });

  it('have handlers by configuration too: classes with their dependencies, and instances', async () => {
    @Injectable()
    class Shout implements ClientEventListener {
      handle({ payload }: EventContext) {
        return String(payload).toUpperCase();
      }
    }
    const eventListeners = [
      { event: 'shout', listener: Shout },
      { event: 'whisper', listener: { handle: ({ payload }: EventContext) => String(payload).toLowerCase() } },
    ];
    await using app = await createTestApp({ entities: [], providers: [], options: { eventListeners } });
    const ada = await app.connect(1);
    expect(await ask(ada, 'shout', 'Hey')).toMatchObject({ data: 'HEY' });
    expect(await ask(ada, 'whisper', 'Hey')).toMatchObject({ data: 'hey' });
  });

  it('do not disturb requests of hooks, and a hook cannot take their name', async () => {
    await using app = await createTestApp({ ...TRACKER, providers: [...TRACKER.providers, Book, ChatHandlers] });
    const ada = await app.connect(1);
    expect(await ada.call('issues', 'list', 'GET')).toMatchObject({ status: 200 });

    @EventHandlers()
    class Thief {
      @OnMessage('issues') take() {
        return null;
      }
    }
    const clash = createTestApp({ ...TRACKER, providers: [...TRACKER.providers, Thief] });
    await expect(clash).rejects.toThrow(/Thief\.take\(\) handles the event "issues", the namespace of IssueHook/);
  });
});

describe('a wrong handler of events fails at boot', () => {
  @EventHandlers()
  class Twice {
    @OnMessage('hello') again() {
      return null;
    }
  }
  @EventHandlers()
  class Reserved {
    @OnMessage('disconnect') gone() {
      return null;
    }
  }
  @EventHandlers()
  class Deaf {}

  it.each([
    ['two handlers of one event', Twice, /handles the event "hello" of /],
    ['a reserved name', Reserved, /Reserved\.gone\(\) handles the reserved event "disconnect"/],
    ['no handler at all', Deaf, /Deaf is marked with @EventHandlers\(\) but handles no event.*@OnEvent\(\)/],
  ])('%s', async (_what, handlers, message) => {
    await expect(createTestApp({ entities: [], providers: [Book, ChatHandlers, handlers] })).rejects.toThrow(message);
  });
});
