import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { describe, expect, it } from 'vitest';
import {
  EventContext,
  EventHandlers,
  JiraModule,
  JiraServer,
  LifecycleEvents,
  OnMessage,
  type LifecycleEventMap,
  type LifecycleEventName,
} from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

const NAMES = [
  'jira.added_message_to_queue',
  'jira.connection_open',
  'jira.connection_closed',
  'jira.message',
  'jira.message_handler_exception',
  'jira.message_sent',
  'jira.remove_connection',
  'jira.start_server',
  'jira.start_worker',
] as const satisfies readonly LifecycleEventName[];

@EventHandlers()
class Handlers {
  @OnMessage('hello') hello({ connection }: EventContext) {
    connection.send('hello', 'you');
  }
  @OnMessage('fail') fail() {
    throw new Error('mine');
  }
}

/** Writes down what it hears, in order; registers before the application boots. */
@Injectable()
class Diary {
  readonly lines: [LifecycleEventName, Record<string, unknown>][] = [];

  constructor(private readonly events: LifecycleEvents) {
    for (const name of NAMES)
      events.on(name, (payload) => this.lines.push([name, payload as unknown as Record<string, unknown>]));
  }

  names(): string[] {
    return this.lines.map(([name]) => name);
  }

  of(name: LifecycleEventName): Record<string, unknown>[] {
    return this.lines.filter(([one]) => one === name).map(([, payload]) => payload);
  }

  next<Name extends LifecycleEventName>(name: Name): Promise<LifecycleEventMap[Name]> {
    return new Promise((resolve) => this.events.on(name, resolve));
  }
}

describe('the lifecycle', () => {
  it('is told by the nine names, from the start of the worker to the end of a connection', async () => {
    await using app = await createTestApp({ ...TRACKER, providers: [...TRACKER.providers, Diary, Handlers] });
    await seedTracker(app);
    const diary = app.get(Diary);
    expect(diary.names().toSorted()).toEqual(['jira.start_server', 'jira.start_worker']);
    expect(diary.of('jira.start_worker')).toEqual([{ pid: process.pid }]);
    expect(diary.of('jira.start_server')[0]?.['address']).toMatchObject({ port: Number(new URL(app.url).port) });

    const ada = await app.connect(1);
    expect(diary.of('jira.connection_open')).toMatchObject([{ connection: { id: ada.socket.id, user: { id: 1 } } }]);
    ada.socket.emit('hello', { a: 1 });
    await ada.until(() => ada.frames.length === 1);
    expect(diary.of('jira.message')).toMatchObject([{ event: 'hello', payload: { a: 1 } }]);
    expect(diary.of('jira.message_sent')).toEqual([
      { target: { connectionId: ada.socket.id }, event: 'hello', payload: 'you' },
    ]);
    ada.socket.emit('fail');
    const failure = await diary.next('jira.message_handler_exception');
    expect(failure).toMatchObject({ event: 'fail', status: 500, isUnexpected: true, error: new Error('mine') });

    await ada.subscribe('issues');
    await ada.call('issues', 'create', 'POST', { data: { title: 'x', projectId: 1 } });
    await ada.nextChanges('issues', 1);
    app.get(JiraServer).emit('news', 1);
    app.get(JiraServer).emit('news', 2, { room: 'lobby' });
    const targets = diary.of('jira.message_sent').map(({ target }) => Object.keys(target as object)[0]);
    expect(targets.filter((one) => one !== 'connectionId')).toEqual(['channel', 'all', 'room']);

    const removed = diary.next('jira.remove_connection');
    ada.close();
    expect(await removed).toMatchObject({ user: { id: 1 } });
    const end = diary.names().filter((name) => /closed|remove/.test(name));
    expect(end).toEqual(['jira.connection_closed', 'jira.remove_connection']);
  });

  it('is the same at the plain door, and a refused connection is none', async () => {
    const plainWebSockets = [{ path: '/ws' }];
    await using app = await createTestApp({ entities: [], providers: [Diary, Handlers], options: { plainWebSockets } });
    const diary = app.get(Diary);
    await using refused = new PlainClient(`${app.url}/ws?token=expired`);
    await refused.over();
    const plain = await new PlainClient(`${app.url}/ws`).open();
    plain.send({ event: 'hello' });
    await plain.find(() => true);
    const removed = diary.next('jira.remove_connection');
    plain.socket.close(4001, 'bored');
    await removed;
    expect(diary.names().filter((name) => !name.startsWith('jira.start'))).toEqual([
      'jira.connection_open',
      'jira.message',
      'jira.message_sent',
      'jira.connection_closed',
      'jira.remove_connection',
    ]);
    expect(diary.of('jira.connection_closed')[0]).toMatchObject({ reason: '4001 bored' });
  });

  it('survives listeners that throw or reject, and forgets those that are undone', async () => {
    await using app = await createTestApp({ entities: [], providers: [Handlers] });
    const events = app.get(LifecycleEvents);
    const heard: string[] = [];
    events.on('jira.message', () => {
      throw new Error('in a listener');
    });
    events.on('jira.message', () => Promise.reject(new Error('in a listener')));
    const undo = events.on('jira.message', ({ event }) => heard.push(event));
    const ada = await app.connect();
    ada.socket.emit('hello');
    await ada.until(() => ada.frames.length === 1);
    undo();
    ada.socket.emit('hello');
    await ada.until(() => ada.frames.length === 2);
    expect(heard).toEqual(['hello']);
    expect(events.hears('jira.announcement_failed')).toBe(false);
  });

  it('goes through @nestjs/event-emitter if the application has it, to listeners of names and of patterns', async () => {
    @Injectable()
    class Listener {
      readonly heard: string[] = [];
      readonly all: unknown[] = [];

      @OnEvent('jira.start_worker') start() {
        this.heard.push('start_worker');
      }
      @OnEvent('jira.message') message({ event }: LifecycleEventMap['jira.message']) {
        this.heard.push(event);
      }
      @OnEvent('jira.*') any(payload: unknown) {
        this.all.push(payload);
      }
    }
    @Module({ imports: [EventEmitterModule.forRoot({ wildcard: true })] })
    class Emitters {}
    await using app = await createTestApp({ entities: [], providers: [Handlers, Listener], imports: [Emitters] });
    const ada = await app.connect(1);
    ada.socket.emit('hello');
    await ada.until(() => ada.frames.length === 1);
    const { heard, all } = app.get(Listener);
    expect(heard).toEqual(['start_worker', 'hello']);
    expect(all.length).toBeGreaterThanOrEqual(4);
  });

  it('of a process without a server has a worker and no server', async () => {
    @Module({ imports: [JiraModule.forRoot({ plainWebSockets: [{ path: '/ws', port: 1 }] })], providers: [Diary] })
    class Job {}
    const context = await NestFactory.createApplicationContext(Job, { logger: ['fatal'] });
    const diary = context.get(Diary);
    if (!diary.names().includes('jira.start_worker')) await diary.next('jira.start_worker');
    expect(diary.names()).toEqual(['jira.start_worker']);
    await context.close();
  });
});
