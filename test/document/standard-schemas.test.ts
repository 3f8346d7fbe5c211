import { type } from 'arktype';
import { Expose } from 'class-transformer';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { Action, ActionScope, BaseHook, BulkMixin, EventContext, EventHandlers, Hook, JiraModule, ModelHook, OnMessage, type ApiOf, type AsyncApiDocument } from 'nestjs-jira'; // prettier-ignore
import { apiTypes } from '../../libs/jira/src/cli/api-types.js';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { DocumentSchemas, faultsOf } from './validator.js';

@Entity()
class Task {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column({ type: 'varchar', default: 'new' }) status: string;
  @Column({ type: 'integer', default: 0 }) points: number;
  @Column({ type: 'integer', default: 0 }) ownerId: number;
}

class TaskView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() status: string;
  @Expose() points: number;
  @Expose() ownerId: number;
}

const zodTask = z.object({
  title: z.string().min(1).max(10),
  points: z.int().optional(),
  status: z.enum(['open', 'done']).default('open'),
});
const arkTask = type({ title: '1 <= string <= 10', 'points?': 'number.integer', status: "'open' | 'done' = 'open'" });
const valibotTask = v.object({
  title: v.pipe(v.string(), v.minLength(1), v.maxLength(10)),
  points: v.optional(v.pipe(v.number(), v.integer())),
  status: v.optional(v.picklist(['open', 'done']), 'open'),
});
const valibotTaskOrParts = v.object({ ...v.partial(valibotTask).entries });

@Hook('zod')
class ZodHook extends BulkMixin(ModelHook)<Task> {
  entity = Task;
  output = TaskView;
  createInput = zodTask;
}

@Hook('arktype')
class ArkTypeHook extends BulkMixin(ModelHook)<Task> {
  entity = Task;
  output = TaskView;
  createInput = arkTask;
}

@Hook('valibot')
class ValibotHook extends BulkMixin(ModelHook)<Task> {
  entity = Task;
  output = TaskView;
  createInput = toStandardJsonSchema(valibotTask);
  updateInput = valibotTaskOrParts;
}

@Hook('loose')
class LooseHook extends ModelHook<Task> {
  entity = Task;
  output = TaskView;
  createInput = z.looseObject({ title: z.string() });
  updateInput = v.looseObject({ title: v.optional(v.string()) });
}

const Order = z.object({
  lines: z.array(z.object({ article: z.string(), amount: z.coerce.number<string>() })).max(3),
  coupon: z
    .string()
    .refine((code) => Promise.resolve(code !== 'used'), 'is used')
    .optional(),
});

@Hook('orders')
class OrderHook extends BaseHook {
  @Action({ methods: ['POST'], input: Order })
  place({ data }: ActionScope<typeof Order>) {
    return { sum: data.lines.reduce((sum, { amount }) => sum + amount, 0) };
  }

  @Action({ methods: ['POST'], input: type({ at: 'string.date.iso.parse', 'near?': { x: 'number' } }) })
  day({ data }: ActionScope<{ at: Date; near?: { x: number } }>) {
    return { day: data.at.getUTCDate(), keys: Object.keys(data) };
  }

  @Action({ methods: ['POST'], input: v.array(v.string()) })
  count({ data }: ActionScope<string[]>) {
    return data.length;
  }
}

@EventHandlers()
class Chat {
  @OnMessage('say', { input: z.string().trim().min(1) })
  say({ payload }: EventContext<string>) {
    return payload;
  }
}

type Api = ApiOf<{ zod: ZodHook; valibot: ValibotHook; arktype: ArkTypeHook; orders: OrderHook }>;

interface Answer {
  readonly status: number;
  readonly data: Readonly<Record<string, unknown>>;
}

const OPTIONS = { entities: [Task], providers: [ZodHook, ArkTypeHook, ValibotHook, LooseHook, OrderHook, Chat] };
const text = [expect.any(String) as unknown];

describe('schemas in place of classes', () => {
  let app: TestApp;
  let client: TestClient;

  beforeAll(async () => {
    app = await createTestApp(OPTIONS);
    client = await app.connect(1);
  });
  afterAll(() => app?.close());

  const refusal = (...fields: string[]) => ({ status: 400, data: { code: 'VALIDATION_FAILED', errors: Object.fromEntries(fields.map((field) => [field, text])) } }); // prettier-ignore

  describe.each(['zod', 'arktype', 'valibot'])('of %s', (namespace) => {
    const create = (data: unknown) => client.call(namespace, 'create', 'POST', { data });
    const update = (method: 'PUT' | 'PATCH', pk: number, data: object) => client.call(namespace, 'update', method, { query: { pk }, data }); // prettier-ignore

    it('check a create, with defaults and field errors as those of classes', async () => {
      expect(await create({ title: 'a', points: 2 })).toMatchObject({ status: 201, data: { status: 'open', points: 2 } }); // prettier-ignore
      expect(await create({ title: '', points: 0.5 })).toMatchObject(refusal('points', 'title'));
      expect(await create({})).toMatchObject(refusal('title'));
      expect(await create(undefined)).toMatchObject(refusal('title'));
      expect(await create('text')).toMatchObject(refusal(''));
    });

    it('let nothing pass that they do not declare', async () => {
      const strange = [{ ownerId: 7 }, { id: 999 }];
      const answers = await Promise.all(strange.map((more) => create({ title: 'a', ...more })));
      // Dropped, or refused.
      const isRight = ({ status, data }: Answer) => status === 400 || (status === 201 && data['ownerId'] === 0 && data['id'] !== 999); // prettier-ignore
      expect(answers.filter((answer) => !isRight(answer as Answer))).toEqual([]);
    });

    it('change the fields that a PATCH names, and set no default', async () => {
      const { data } = await create({ title: 'a', status: 'done', points: 1 });
      const { id } = data as { id: number };
      expect(await update('PATCH', id, { points: 5 })).toMatchObject({ status: 200, data: { points: 5, status: 'done', title: 'a' } }); // prettier-ignore
      expect(await update('PATCH', id, { points: 'x' })).toMatchObject(refusal('points'));
      expect(await update('PATCH', id, {})).toMatchObject({ status: 200, data: { status: 'done' } });
      const items = [{ pk: id, title: 'b' }, { pk: id, title: '' }]; // prettier-ignore
      expect(await client.call(namespace, 'updateMany', 'PATCH', { data: { items } })).toMatchObject(refusal('items.1.title')); // prettier-ignore
    });
  });

  it('take a PUT whole', async () => {
    const { data } = await client.call('zod', 'create', 'POST', { data: { title: 'a', status: 'done' } });
    const query = { pk: (data as { id: number }).id };
    expect(await client.call('zod', 'update', 'PUT', { query, data: { points: 1 } })).toMatchObject(refusal('title'));
    expect(await client.call('zod', 'update', 'PUT', { query, data: { title: 'b' } })).toMatchObject({ data: { title: 'b', status: 'open' } }); // prettier-ignore
  });

  it('refuse undeclared fields of a row even where they would let them pass', async () => {
    const refused = { status: 400, data: { errors: { ownerId: ['property ownerId should not exist'] } } };
    expect(await client.call('loose', 'create', 'POST', { data: { title: 'a', ownerId: 7 } })).toMatchObject(refused);
    const { data } = await client.call('loose', 'create', 'POST', { data: { title: 'a' } });
    const query = { pk: (data as { id: number }).id };
    expect(await client.call('loose', 'update', 'PATCH', { query, data: { ownerId: 7 } })).toMatchObject(refused);
  });

  it('check an action: nested paths, conversions, and checks that take their time', async () => {
    const place = (data: object) => client.call('orders', 'place', 'POST', { data });
    expect(await place({ lines: [{ article: 'pen', amount: '2' }, { article: 'ink', amount: '3' }] })).toMatchObject({ status: 200, data: { sum: 5 } }); // prettier-ignore
    expect(await place({ lines: [{ article: 'pen', amount: '2' }, { article: 1, amount: '3' }] })).toMatchObject(refusal('lines.1.article')); // prettier-ignore
    expect(await place({ lines: [], coupon: 'used' })).toMatchObject({ data: { errors: { coupon: ['is used'] } } });
    expect(await place({ lines: [], coupon: 'new' })).toMatchObject({ status: 200 });
  });

  it('of ArkType refuse undeclared keys at every level, which it lets pass by itself', async () => {
    const day = (data: object) => client.call('orders', 'day', 'POST', { data });
    expect(await day({ at: '2026-01-31' })).toMatchObject({ status: 200, data: { day: 31, keys: ['at'] } });
    expect(await day({ at: '2026-01-31', near: { x: 1, y: 2 }, far: 1 })).toMatchObject(refusal('near.y', 'far'));
  });

  it('take lists and other non-objects, as data and as the payload of an event', async () => {
    expect(await client.call('orders', 'count', 'POST', { data: ['a', 'b'] })).toMatchObject({ data: 2 });
    expect(await client.call('orders', 'count', 'POST', { data: ['a', 1] })).toMatchObject(refusal('1'));
    expect(await client.socket.emitWithAck('say', '  hello ')).toMatchObject({ status: 200, data: 'hello' });
    expect(await client.socket.emitWithAck('say', '  ')).toMatchObject(refusal(''));
  });
});

describe('the document of schemas', () => {
  let app: TestApp;
  let document: AsyncApiDocument;

  beforeAll(async () => {
    app = await createTestApp(OPTIONS);
    document = JiraModule.document(app);
  });
  afterAll(() => app?.close());

  const input = (channel: string, action: string): unknown => {
    const message = document.channels[channel]?.messages[action] as { payload: { properties: { data: { $ref?: string } } } }; // prettier-ignore
    const { data } = message.payload.properties;
    return data.$ref === undefined
      ? data
      : document.components.schemas[data.$ref.slice('#/components/schemas/'.length)];
  };

  it('has no fault', () => {
    expect(faultsOf(document)).toEqual([]);
  });

  it.each(['zod', 'arktype', 'valibot'])('says what a schema of %s checks', (namespace) => {
    const schemas = new DocumentSchemas(document);
    const faults = (data: object) => schemas.faults(`channels/${namespace}/messages/create/payload`, { requestId: '1', method: 'POST', action: 'create', data }); // prettier-ignore
    expect(faults({ title: 'a', points: 1, status: 'done' })).toEqual([]);
    expect(faults({ title: '' })).not.toEqual([]);
    expect(faults({ title: 'a', points: 0.5 })).not.toEqual([]);
    expect(faults({ points: 1 })).not.toEqual([]);
    expect(faults({ title: 'a', status: 'gone' })).not.toEqual([]);
  });

  it('asks for no field in a PATCH', () => {
    expect(document.components.schemas['zod.update.data.partial']).not.toHaveProperty('required');
    expect(document.components.schemas['arktype.update.data.partial']).not.toHaveProperty('required');
  });

  it('does not guess', () => {
    expect(input('orders', 'place')).toMatchObject({
      properties: {
        lines: { maxItems: 3, items: { properties: { amount: { 'x-unknown': 'converted before it is validated' } } } },
        coupon: { type: 'string', 'x-validators': ['refine'] },
      },
    });
    expect(input('orders', 'count')).toEqual({ 'x-unknown': 'a schema of valibot that offers no JSON Schema' });
    const { anyOf: [fields] } = input('valibot', 'update') as { anyOf: [{ properties: object }] }; // prettier-ignore
    expect(Object.keys(fields.properties)).toEqual(['title', 'points', 'status']);
  });

  it('gives types to a client elsewhere', () => {
    const types = apiTypes(document);
    expect(types).toContain('export type ZodCreateData = {\n  title: string;\n  points?: number;\n  status?: "open" | "done";\n}'); // prettier-ignore
  });
});

describe('a schema that cannot keep the promises of a row', () => {
  const boot = (attributes: object) => {
    @Hook('broken')
    class BrokenHook extends ModelHook<Task> {
      entity = Task;
      output = TaskView;
      constructor() {
        super();
        Object.assign(this, attributes);
      }
    }
    return createTestApp({ entities: [Task], providers: [BrokenHook] });
  };

  it('is named at boot', async () => {
    await expect(boot({ createInput: z.record(z.string(), z.any()) })).rejects.toThrow('BrokenHook has "createInput", a schema of zod that does not say which fields it declares.'); // prettier-ignore
    await expect(boot({ createInput: z.any() })).rejects.toThrow('does not say which fields it declares');
    await expect(boot({ createInput: valibotTask })).rejects.toThrow('BrokenHook takes PATCH by its "createInput", a schema of valibot that has no partial form.'); // prettier-ignore
    await expect(boot({ createInput: zodTask, createGroups: ['a'] })).rejects.toThrow('BrokenHook has validation groups for a schema of zod, which knows none.'); // prettier-ignore
    await expect(boot({ createInput: { title: 'text' } })).rejects.toThrow('has "createInput", which is not a class. Set it to a class, or to a schema'); // prettier-ignore
    await expect(boot({ creatInput: zodTask })).rejects.toThrow('Did you mean "createInput"?');
  });
});

it('types what clients send, and what actions get', () => {
  type SentTask = Api['zod']['create']['input'];
  expectTypeOf<SentTask>().toEqualTypeOf<{ title: string; points?: number; status?: 'open' | 'done' }>();
  expectTypeOf<Api['arktype']['create']['input']>().toEqualTypeOf<{ title: string; points?: number; status?: 'open' | 'done' }>(); // prettier-ignore
  expectTypeOf<Api['valibot']['create']['input']['title']>().toEqualTypeOf<string>();
  expectTypeOf<Api['valibot']['update']['input']['title']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<Api['orders']['place']['input']['lines'][number]['amount']>().toEqualTypeOf<string>();
  expectTypeOf<ActionScope<typeof Order>['data']['lines'][number]['amount']>().toEqualTypeOf<number>();
});
