import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Expose, Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { Column, Entity, PrimaryGeneratedColumn, VersionColumn, type DataSourceOptions } from 'typeorm';
import { expect, it } from 'vitest';
import { BulkMixin, Hook, IdempotencyKey, ModelHook, type HookScope } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Page {
  @PrimaryGeneratedColumn() id: number;
  @Column({ length: 50, unique: true }) title: string;
  @Column({ type: 'varchar', default: 'public' }) audience: string;
  @VersionColumn() version: number;
}

class Heading {
  @IsString() @Length(1, 50) text: string;
}
class CreatePage {
  @IsString() @Length(1, 50) title: string;
  @IsOptional() @IsString() audience?: string;
  @IsOptional() @ValidateNested() @Type(() => Heading) heading?: Heading;
}
class UpdatePage {
  @IsString() @Length(1, 50) title: string;
  @IsOptional() @IsString() audience?: string;
  @IsOptional() @IsInt() version?: number;
}
class PageView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() version: number;
}

abstract class BulkPageHook extends BulkMixin(ModelHook)<Page> {}

@Hook('pages')
class PageHook extends BulkPageHook {
  entity = Page;
  createInput = CreatePage;
  updateInput = UpdatePage;
  output = PageView;
  created = 0;

  override visibility(scope: HookScope) {
    return scope.user?.role === 'admin' ? true : { audience: 'public' };
  }

  override async performCreate({ heading, ...fields }: CreatePage, scope: HookScope) {
    this.created++;
    return super.performCreate(heading ? { ...fields, title: heading.text } : fields, scope);
  }
}

const ENTITIES = [Page, IdempotencyKey];

describeEachDatabase('writing', ({ options }) => {
  const start = async (database?: Awaited<ReturnType<typeof options>>) =>
    createTestApp({ entities: ENTITIES, providers: [PageHook], database: database ?? (await options(ENTITIES)) });

  it('over a version that has passed is a conflict that shows the current row', async () => {
    await using app = await start();
    const client = await app.connect(1);
    const query = { pk: 1 };
    await client.call('pages', 'create', 'POST', { data: { title: 'one' } });
    const update = (data: object, headers = {}) => client.call('pages', 'update', 'PATCH', { query, data, headers });
    expect(await update({ title: 'two', version: 1 })).toMatchObject({
      status: 200,
      data: { title: 'two', version: 2 },
    });
    const conflict = { status: 409, data: { code: 'VERSION_CONFLICT', current: { id: 1, title: 'two', version: 2 } } };
    expect(await update({ title: 'three', version: 1 })).toMatchObject(conflict);
    expect(await update({ title: 'three' }, { 'if-match': '"1"' })).toMatchObject(conflict);
    expect(await update({ title: 'three' }, { 'if-match': 'W/"2"' })).toMatchObject({
      status: 200,
      data: { version: 3 },
    });
    expect(await update({ title: 'four' })).toMatchObject({ status: 200, data: { version: 4 } });
    const destroy = (version: string) =>
      client.call('pages', 'destroy', 'DELETE', { query, headers: { 'if-match': version } });
    expect(await destroy('3')).toMatchObject({ status: 409, data: { current: { version: 4 } } });
    expect(await destroy('4')).toMatchObject({ status: 204 });
  });

  it('of many at one version lets one of them win', async () => {
    await using app = await start();
    const client = await app.connect(1);
    await client.call('pages', 'create', 'POST', { data: { title: 'start' } });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        client.call('pages', 'update', 'PATCH', { query: { pk: 1 }, data: { title: `writer ${i}`, version: 1 } }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200, 409, 409, 409, 409, 409, 409, 409,
    ]);
  });

  it('never shows in a conflict a row that has left the sight of the caller', async () => {
    await using app = await start();
    const user = await app.connect(1);
    const admin = await app.connect(2, { token: 'user-2-admin' });
    await user.call('pages', 'create', 'POST', { data: { title: 'one' } });
    await admin.call('pages', 'update', 'PATCH', { query: { pk: 1 }, data: { title: 'hidden', audience: 'staff' } });
    expect(
      await user.call('pages', 'update', 'PATCH', { query: { pk: 1 }, data: { title: 'x', version: 1 } }),
    ).toMatchObject({ status: 404 });
  });

  it('of many rows happens wholly or not at all, and names what is wrong by item', async () => {
    await using app = await start();
    const client = await app.connect(1);
    const many = (action: string, method: 'POST' | 'PATCH' | 'DELETE', items: unknown[], atomic?: boolean) =>
      client.call('pages', action, method, { data: { items, ...(atomic !== undefined && { atomic }) } });
    expect(await many('createMany', 'POST', [{ title: 'a' }, { title: 'b' }])).toMatchObject({
      status: 201,
      data: [
        { id: 1, title: 'a' },
        { id: 2, title: 'b' },
      ],
    });
    const invalid = await many('createMany', 'POST', [
      { title: 'c' },
      { title: '' },
      { title: 'd', heading: { text: 1 } },
    ]);
    expect(invalid).toMatchObject({ status: 400, data: { code: 'VALIDATION_FAILED' } });
    expect(Object.keys((invalid.data as { errors: object }).errors).toSorted()).toEqual([
      'items.1.title', 'items.2.heading.text',
    ]); // prettier-ignore
    expect(await many('createMany', 'POST', [{ title: 'e' }, { title: 'a' }])).toMatchObject({
      status: 409,
      data: { errors: { 'items.1.title': [expect.any(String)] } },
    });
    expect(
      await many('updateMany', 'PATCH', [
        { pk: 1, title: 'A' },
        { pk: 99, title: 'x' },
      ]),
    ).toMatchObject({
      status: 404,
      data: { errors: { 'items.1': [expect.any(String)] } },
    });
    expect(await many('destroyMany', 'DELETE', [1, 99])).toMatchObject({ status: 404 });
    expect(await client.call('pages', 'list', 'GET')).toMatchObject({
      data: { results: [{ title: 'a' }, { title: 'b' }] },
    });
    expect(
      await many(
        'createMany',
        'POST',
        Array.from({ length: 101 }, () => ({})),
      ),
    ).toMatchObject({ status: 400 });
    expect(await many('createMany', 'POST', 'x' as never)).toMatchObject({ status: 400 });
  });

  it('of many rows can let each stand for itself', async () => {
    await using app = await start();
    const client = await app.connect(1);
    const data = { items: [{ title: 'a' }, { title: 'a' }, { title: '' }, { title: 'b' }], atomic: false };
    expect(await client.call('pages', 'createMany', 'POST', { data })).toMatchObject({
      status: 207,
      data: [
        { status: 201, data: { title: 'a' } },
        { status: 409, data: { code: 'CONFLICT', errors: { title: [expect.any(String)] } } },
        { status: 400, data: { code: 'VALIDATION_FAILED' } },
        { status: 201, data: { title: 'b' } },
      ],
    });
    const updates = {
      items: [
        { pk: 99, title: 'x' },
        { pk: 1, title: 'aa' },
      ],
      atomic: false,
    };
    expect(await client.call('pages', 'updateMany', 'PATCH', { data: updates })).toMatchObject({
      data: [{ status: 404 }, { status: 200, data: { title: 'aa' } }],
    });
    expect(await client.call('pages', 'list', 'GET')).toMatchObject({ data: { count: 2 } });
  });

  it('with an idempotency key happens once, and is answered the same, also after a restart', async () => {
    await using file = new TemporaryFile();
    const database = file.holds(await options(ENTITIES));
    const headers = { 'idempotency-key': 'k1' };
    const create = (client: Awaited<ReturnType<Awaited<ReturnType<typeof start>>['connect']>>, title: string) =>
      client.call('pages', 'create', 'POST', { data: { title }, headers });
    const app = await start(database);
    const client = await app.connect(1);
    const answers = await Promise.all(Array.from({ length: 5 }, () => create(client, 'once')));
    // While one is running the others are told to ask again.
    const [done, busy] = [201, 409].map((status) => answers.filter((answer) => answer.status === status));
    expect(done?.concat(busy ?? [])).toHaveLength(answers.length);
    for (const answer of busy ?? []) expect(answer).toMatchObject({ data: { code: 'KEY_IN_FLIGHT' } });
    for (const answer of [...(done ?? []), await create(client, 'once')])
      expect(answer).toMatchObject({ status: 201, data: { id: 1, title: 'once', version: 1 } });
    expect(done).not.toEqual([]);
    expect(app.get(PageHook).created).toBe(1);
    expect(await create(client, 'another')).toMatchObject({ status: 422, data: { code: 'UNPROCESSABLE' } });
    expect(await create(await app.connect(2), 'of another user')).toMatchObject({ status: 201, data: { id: 2 } });
    expect(await create(await app.connect(), 'of nobody')).toMatchObject({ status: 401 });
    // What fails is not kept.
    headers['idempotency-key'] = 'k2';
    expect(await create(client, 'once')).toMatchObject({ status: 409 });
    expect(await create(client, 'twice')).toMatchObject({ status: 201 });
    headers['idempotency-key'] = 'k1';
    await app.close();
    await using again = await start(database);
    expect(await create(await again.connect(1), 'once')).toMatchObject({ status: 201, data: { id: 1, title: 'once' } });
    expect(again.get(PageHook).created).toBe(0);
  });

  it('with an idempotency key happens once when its answer was lost', async () => {
    await using app = await start();
    const witness = await app.connect(2);
    await witness.subscribe('pages');
    const headers = { 'idempotency-key': 'lost' };
    const frame = { requestId: 'lost', method: 'POST', action: 'create', data: { title: 'once' }, headers };
    const client = await app.connect(1);
    // oxlint-disable no-underscore-dangle -- a client that does not read has no public way
    const raw = (client.socket.io.engine.transport as unknown as { ws: { _socket: import('node:net').Socket } }).ws;
    raw._socket.pause();
    client.socket.emit('pages', frame);
    await witness.nextChanges('pages', 1);
    raw._socket.destroy();
    expect(client.frames).toEqual([]);
    const again = await app.connect(1);
    expect(await again.call('pages', 'create', 'POST', { ...frame, requestId: 'again' })).toMatchObject({
      status: 201,
      data: { id: 1, title: 'once' },
    });
    expect(app.get(PageHook).created).toBe(1);
    expect(await again.call('pages', 'list', 'GET')).toMatchObject({ data: { count: 1 } });
  });
});

/** Where SQLite keeps what has to last. */
class TemporaryFile implements AsyncDisposable {
  private readonly folder = mkdtempSync(join(tmpdir(), 'jira-'));

  holds(database: DataSourceOptions): DataSourceOptions {
    if (database.type !== 'better-sqlite3') return database;
    return { ...database, database: join(this.folder, 'test.sqlite') };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
