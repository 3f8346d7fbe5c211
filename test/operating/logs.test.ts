// What the server logs of a problem: one line with the request's id, so many of a kind, and never what a row holds.

import { Injectable, Logger } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { Action, AllowAny, BaseHook, Hook, LifecycleEvents, ModelHook, OnChange, type ActionScope } from 'nestjs-jira';
import { createTestApp as createApp, type TestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

const SECRET = 'ada-lovelace-4711';

@Entity()
class Person {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', length: 80, unique: true }) email: string;
  @Column({ type: 'int', default: 0 }) age: number;
}

class PersonView {
  @Expose() id: number;
}

@Hook('people')
class PersonHook extends ModelHook<Person> {
  entity = Person;
  output = PersonView;
  permissions = [AllowAny];
  isBroken = false;

  visibility() {
    return true as const;
  }

  override serialize(row: Person): unknown {
    if (this.isBroken) throw new Error('cannot be shown');
    return { id: row.id };
  }

  /** A duplicate that no input check saw, past the translation of database errors. */
  @Action({ methods: ['POST'] })
  async duplicate(scope: ActionScope) {
    try {
      await scope.manager.insert(Person, { email: SECRET });
      await scope.manager.insert(Person, { email: SECRET });
    } catch (error) {
      throw new Error('The import failed.', { cause: error });
    }
  }
}

@Hook('tools')
class ToolHook extends BaseHook {
  permissions = [AllowAny];

  @Action()
  break() {
    throw new Error('broken');
  }
}

@Injectable()
class Mailer {
  @OnChange(Person)
  mail() {
    throw new Error('no mail');
  }
}

let lines: string[];
beforeEach(() => {
  lines = [];
  for (const level of ['error', 'warn', 'log'] as const)
    vi.spyOn(Logger.prototype, level).mockImplementation((...said: unknown[]) => void lines.push(said.join('\n')));
});
afterEach(() => vi.restoreAllMocks());

const errors = (): string[] => lines.filter((line) => / failed|Could not/.test(line));
const firstLines = (): string[] => errors().map((line) => line.split('\n')[0] ?? '');

describeEachDatabase('a problem', ({ options }) => {
  const start = async (): Promise<TestApp> => {
    const database = await options([Person]);
    return createApp({ entities: [Person], database, providers: [PersonHook, ToolHook, Mailer] });
  };

  it('of a row is logged without what the row holds', async () => {
    await using app = await start();
    const client = await app.connect(1);
    await client.subscribe('people');
    app.get(LifecycleEvents).on('jira.connection_open', () => {
      throw new Error('no listener');
    });
    await app.connect(2);
    const { status } = await client.call('people', 'duplicate', 'POST', { requestId: 'import-1' });
    app.get(PersonHook).isBroken = true;
    await app.dataSource.manager.save(Person, { email: SECRET });
    await expect.poll(() => firstLines().filter((line) => /announce|Mailer/.test(line)).length).toBe(2);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(firstLines().filter((line) => line.includes('people duplicate'))).toEqual(
      status === 500 ? ['people duplicate (request import-1) failed'] : [],
    );
    expect(lines.join('\n')).not.toContain(SECRET);
    expect(lines.join('\n')).not.toContain('4711');
  });
});

it('is logged in one line, whatever the request id', async () => {
  await using app = await createApp({ entities: [Person], providers: [PersonHook, ToolHook] });
  const client = await app.connect(1);
  const requestId = 'x\n[Nest] 1  - LOG [Jira] everything is fine';
  await client.call('tools', 'break', 'GET', { requestId });
  expect(firstLines()).toEqual([`tools break (request ${requestId.replace('\n', ' ')}) failed`]);
});

it('is logged twenty times in ten seconds, then counted', async () => {
  await using app = await createApp({ entities: [Person], providers: [PersonHook, ToolHook] });
  const client = await app.connect(1);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    for (let i = 0; i < 50; i++) await client.call('tools', 'break', 'GET', { requestId: `r${i}` });
    expect(firstLines().length).toBe(20);
    vi.advanceTimersByTime(10_000);
    expect(lines.at(-1)).toBe('30 more of "tools break failed" in 10 s were not logged');
    await client.call('tools', 'break', 'GET', { requestId: 'later' });
    expect(firstLines().at(-1)).toBe('tools break (request later) failed');
  } finally {
    vi.useRealTimers();
  }
});
