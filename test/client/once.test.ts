// Writes with an idempotency key, over connections that are cut between request and answer.

import { Allow, IsOptional, IsString } from 'class-validator';
import { Expose } from 'class-transformer';
import { setTimeout as wait } from 'node:timers/promises';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { createClient, type Crud, type JiraClient } from 'nestjs-jira-client';
import { Action, ActionScope, Hook, HookScope, IdempotencyKey, ModelHook } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { KeptKeys } from '../../libs/jira/src/typeorm/store/kept-keys.js';
import { Bench, failureOf, reached } from './support.js';

@Entity()
class Sheet {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @Column({ default: 0 }) turns: number;
}

/** What was done, by the name of the request. */
@Entity()
class Effect {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
}

class SheetInput {
  @IsOptional() @IsString() name: string;
}

class SheetView {
  @Expose() id: number;
  @Expose() name: string;
  @Expose() turns: number;
}

class Named {
  @Allow() name: string;
}

@Hook('sheets')
class SheetHook extends ModelHook<Sheet> {
  entity = Sheet;
  createInput = SheetInput;
  output = SheetView;

  override async performCreate(fields: SheetInput, scope: HookScope) {
    await scope.manager.insert(Effect, { name: fields.name });
    return super.performCreate(fields, scope);
  }

  override async performUpdate(sheet: Sheet, fields: SheetInput, scope: HookScope) {
    await scope.manager.insert(Effect, { name: fields.name });
    sheet.turns++;
    return super.performUpdate(sheet, fields, scope);
  }

  override async performDestroy(sheet: Sheet, scope: HookScope) {
    await scope.manager.insert(Effect, { name: `destroy ${sheet.id}` });
    return super.performDestroy(sheet, scope);
  }

  @Action({ methods: ['POST'], input: Named, status: 202 })
  async note(scope: ActionScope<Named>) {
    await scope.manager.insert(Effect, { name: scope.data.name });
    return { noted: scope.data.name };
  }

  @Action({ methods: ['POST'], input: Named, transaction: false })
  async loose(_scope: ActionScope<Named>) {
    return null;
  }

  @Action({ methods: ['POST'], transaction: true })
  async *count() {
    yield 1;
  }
}

type Written<Input, Output> = { input: Input; query: object; output: Output };
type Api = {
  sheets: Crud<{ id: number; name: string; turns: number }, { name: string }> & {
    note: Written<Named, { noted: string }>;
    loose: Written<Named, null>;
    count: Written<undefined, number>;
  };
};

const ENTITIES = [Sheet, Effect, IdempotencyKey];

async function start(entities: (typeof Sheet | typeof Effect | typeof IdempotencyKey)[] = ENTITIES): Promise<TestApp> {
  return createTestApp({ entities, providers: [SheetHook] });
}

function connect(app: TestApp, options: object = {}): JiraClient<Api> {
  const quick = { reconnectMinMs: 1, reconnectMaxMs: 5, timeoutMs: 30_000 };
  return createClient<Api>(app.url, { auth: { token: 'user-1' }, writeOnce: true, ...quick, ...options });
}

/** Cuts the connection as a network does: what was sent may have arrived, what was answered has not. */
function cut(jira: JiraClient<Api>): void {
  (jira as unknown as { link: { socket: { io: { engine?: { close(): void } } } } }).link.socket.io.engine?.close();
}

const effects = (app: TestApp): Promise<string[]> =>
  app.dataSource.manager.find(Effect, { order: { id: 'ASC' } }).then((all) => all.map(({ name }) => name));

describe('a write with a key', () => {
  it('has one effect and one answer, wherever the connection was cut', async () => {
    await using app = await start();
    const jira = connect(app);
    const sheets = jira.hook('sheets');
    const runs = Number(process.env['ONCE_RUNS'] ?? 25);
    const expected: string[] = [];
    let updates = 0;
    await sheets.create({ name: 'first' });
    expected.push('first');
    for (let run = 0; run < runs; run++) {
      const name = `run ${run}`;
      const kinds = ['create', 'update', 'patch', 'note', 'destroy'] as const;
      const kind = kinds[run % kinds.length];
      const doomed = kind === 'destroy' ? (await sheets.create({ name: `doomed ${run}` })).id : 0;
      if (kind === 'destroy') expected.push(`doomed ${run}`);
      const write =
        kind === 'create'
          ? sheets.create({ name })
          : kind === 'update'
            ? sheets.update(1, { name })
            : kind === 'patch'
              ? sheets.patch(1, { name })
              : kind === 'note'
                ? sheets.action('note', { data: { name } })
                : sheets.destroy(doomed);
      expected.push(kind === 'destroy' ? `destroy ${doomed}` : name);
      // A write takes about a millisecond or two: cut before it arrives, while it runs, or before its answer.
      await wait(Math.random() * 4);
      cut(jira);
      if (run % 3 === 0) {
        await reached(jira, 'connected');
        await wait(Math.random() * 3);
        cut(jira);
      }
      const answer = await write.answer();
      if (kind === 'update' || kind === 'patch') updates++;
      const shown = {
        create: { status: 201, data: { name } },
        update: { status: 200, data: { id: 1, name, turns: updates } },
        patch: { status: 200, data: { id: 1, name, turns: updates } },
        note: { status: 202, data: { noted: name } },
        destroy: { status: 204, data: null },
      };
      expect(answer).toMatchObject(shown[kind]);
    }
    expect(await effects(app)).toEqual(expected);
    jira.close();
  });

  it('is refused where it cannot be done once', async () => {
    await using app = await start();
    const sheets = connect(app).hook('sheets');
    expect(await failureOf(sheets.action('loose', { data: { name: 'a' } }))).toMatchObject({ code: 'BAD_REQUEST' });
    expect(await sheets.action('loose', { data: { name: 'a' }, once: false })).toBeNull();
    expect(await failureOf(sheets.action('count'))).toMatchObject({ message: 'A stream takes no idempotency key.' });
    await using without = await start([Sheet, Effect]);
    const error = await failureOf(connect(without).hook('sheets').create({ name: 'a' }));
    expect(error).toMatchObject({ code: 'BAD_REQUEST', message: 'This server does not store idempotency keys.' });
  });

  it('goes by a key of your own, which another client may use again', async () => {
    await using app = await start();
    const [one, other] = [connect(app, { writeOnce: false }), connect(app)];
    const made = await one.hook('sheets').create({ name: 'a' }, { once: 'k' });
    expect(await other.hook('sheets').create({ name: 'a' }, { once: 'k' })).toEqual(made);
    expect(await failureOf(other.hook('sheets').create({ name: 'b' }, { once: 'k' }))).toMatchObject({ status: 422 });
    // The same key of another action is another key, and a partial update is no full one.
    await one.hook('sheets').patch(made.id, { name: 'c' }, { once: 'k' });
    expect(await failureOf(one.hook('sheets').update(made.id, { name: 'c' }, { once: 'k' }))).toMatchObject({
      status: 422,
    });
    expect(await effects(app)).toEqual(['a', 'c']);
  });

  it('is asked for again while it runs', async () => {
    await using bench = await Bench.start();
    let asked = 0;
    bench.server.on('issues.close', ({ frame, answer, refuse }) => {
      expect(frame.headers).toEqual({ 'idempotency-key': 'k' });
      if (++asked < 3) refuse('KEY_IN_FLIGHT');
      else answer('closed');
    });
    const closed = bench.client().hook('issues').action('close', { once: 'k' });
    expect(await closed).toBe('closed');
    const late = bench.client().hook('issues');
    bench.server.on('issues.close', ({ refuse }) => refuse('KEY_IN_FLIGHT'));
    expect(await failureOf(late.action('close', { once: 'k', timeoutMs: 400 }))).toMatchObject({
      code: expect.stringMatching(/REQUEST_TIMEOUT/) as string,
    });
  });
});

describeEachDatabase('an idempotency key', ({ open }) => {
  it('is forgotten when it is old, and not before', async () => {
    const dataSource = await open([IdempotencyKey]);
    const keys = KeptKeys.of(dataSource);
    const close = keys.open(60_000);
    const row = (id: string, ageMs: number) => ({
      id,
      fingerprint: '',
      answer: null,
      createdAt: new Date(Date.now() - ageMs),
    });
    await dataSource.manager.insert(IdempotencyKey, [row('old', 120_000), row('young', 30_000)]);
    await keys.forget();
    expect(await dataSource.manager.find(IdempotencyKey)).toMatchObject([{ id: 'young' }]);
    close();
  });

  it('is refused while its work is running', async () => {
    const keys = KeptKeys.of(await open([IdempotencyKey]));
    let end!: () => void;
    const first = keys.whileRunning('k', () => new Promise<void>((resolve) => (end = resolve)));
    await expect(keys.whileRunning('k', () => Promise.resolve())).rejects.toMatchObject({ code: 'KEY_IN_FLIGHT' });
    end();
    await first;
    expect(await keys.whileRunning('k', () => Promise.resolve('again'))).toBe('again');
    keys.open(60_000)();
  });
});
