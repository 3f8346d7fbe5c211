// The server says 400 exactly when the schema says invalid. FUZZ_RUNS=1000 npx vitest run test/document/fuzz

import { type } from 'arktype';
import { Expose, Type } from 'class-transformer';
import { ArrayMaxSize, ArrayNotEmpty, ArrayUnique, Contains, Equals, IsArray, IsBoolean, IsDefined, IsEnum, IsIn, IsInt, IsNotEmpty, IsNumber, IsObject, IsOptional, IsPositive, IsString, Length, Matches, Max, MaxLength, Min, MinLength, NotEquals, ValidateNested } from 'class-validator'; // prettier-ignore
import { NestFactory } from '@nestjs/core';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Action, ActionScope, BaseHook, CursorPagination, Hook, JiraModule, LimitOffsetPagination, ReadOnlyModelHook } from 'nestjs-jira'; // prettier-ignore
import { AppModule } from '../../apps/example/src/app.module.js';
import { createTestApp, TestClient, type TestApp } from '../support/app.js';
import { ARTICLES } from '../support/articles.js';
import { TRACKER } from '../support/tracker.js';
import { Agreement } from './agreement.js';

/** FUZZ_SEED repeats a run. A quarter of them for each hook of other tests. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 100);
/** A bound for runs of many. */
const PATIENCE_MS = 60_000 + 1_000 * RUNS;
const UNLIMITED = { limits: { malformedFrames: 1_000_000 } };

enum Colour {
  Red = 'red',
  Blue = 'blue',
}

class Tag {
  @IsString() @Length(1, 10) name: string;
  @IsOptional() @IsInt() weight?: number | null;
}

class Form {
  @IsInt() @Min(1) @Max(10) count: number;
  @IsNumber() @Min(0.5) ratio: number;
  @IsPositive() @IsOptional() price?: number | null;
  @Matches(/^[a-z]{1,5}$/) code: string;
  @IsString() @MinLength(2) @MaxLength(8) name: string;
  @Contains('a.b') @IsOptional() path?: string | null;
  @IsArray() @IsString({ each: true }) @ArrayMaxSize(3) names: string[];
  @IsOptional() @ArrayNotEmpty() @ArrayUnique() @IsInt({ each: true }) numbers?: number[] | null;
  @IsEnum(Colour) colour: Colour;
  @IsIn([1, 'one', true]) one: unknown;
  @Equals('yes') agreed: string;
  @NotEquals('root') @IsString() user: string;
  @IsDefined() anything: unknown;
  @IsNotEmpty() @IsOptional() some?: unknown;
  @IsBoolean() @IsOptional() flag?: boolean | null;
  @IsObject() @IsOptional() extra?: object | null;
  @ValidateNested() @Type(() => Tag) tag: Tag;
  @ValidateNested({ each: true }) @Type(() => Tag) @IsArray() @IsOptional() tags?: Tag[] | null;
}

const ZodForm = z.strictObject({
  count: z.int().min(1).max(10),
  ratio: z.number().gte(0.5),
  code: z.string().regex(/^[a-z]{1,5}$/),
  names: z.array(z.string()).max(3),
  colour: z.enum(Colour),
  either: z.union([z.number(), z.literal('none')]).nullable(),
  tag: z.object({ name: z.string().min(1).max(10), weight: z.int().nullish() }),
  shape: z.discriminatedUnion('kind', [z.object({ kind: z.literal('dot') }), z.object({ kind: z.literal('line'), length: z.number().positive() })]),
  note: z.string().optional(),
  levels: z.record(z.string(), z.number()).optional(),
}); // prettier-ignore

const ArkForm = type({
  count: '1 <= number.integer <= 10',
  code: /^[a-z]{1,5}$/,
  names: 'string[] <= 3',
  colour: "'red' | 'blue'",
  either: "number | 'none' | null",
  tag: { name: '1 <= string <= 10', 'weight?': 'number.integer | null' },
  'note?': 'string',
});

const ValibotForm = toStandardJsonSchema(
  v.strictObject({
    count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10)),
    code: v.pipe(v.string(), v.regex(/^[a-z]{1,5}$/)),
    names: v.pipe(v.array(v.string()), v.maxLength(3)),
    colour: v.picklist(['red', 'blue']),
    either: v.nullable(v.union([v.number(), v.literal('none')])),
    tag: v.object({ name: v.pipe(v.string(), v.minLength(1), v.maxLength(10)), weight: v.nullish(v.number()) }),
    note: v.optional(v.string()),
  }),
);

@Hook('forms')
class FormHook extends BaseHook {
  @Action({ methods: ['POST'], input: Form })
  classes(_scope: ActionScope<Form>) {}

  @Action({ methods: ['POST'], input: ZodForm })
  zod(_scope: ActionScope<typeof ZodForm>) {}

  @Action({ methods: ['POST'], input: ArkForm })
  arktype(_scope: ActionScope<typeof ArkForm>) {}

  @Action({ methods: ['POST'], input: ValibotForm })
  valibot(_scope: ActionScope<typeof ValibotForm>) {}
}

@Entity()
class Fact {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @Column({ type: 'integer', nullable: true }) count: number | null;
  @Column({ type: 'float' }) ratio: number;
  @Column() isOn: boolean;
  @Column({ type: 'datetime' }) at: Date;
  @Column({ type: 'date' }) day: string;
}

class FactView {
  @Expose() id: number;
  @Expose() text: string;
}

class FactHook extends ReadOnlyModelHook<Fact> {
  entity = Fact;
  output = FactView;
  override filterFields = { text: ['exact', 'in', 'icontains'], count: ['exact', 'lt', 'range', 'isnull'], ratio: ['gte'], isOn: ['exact'], at: ['gt', 'year'], day: ['exact', 'in'] }; // prettier-ignore
  override orderingFields = ['id', 'count'];
  override searchFields = ['text'];
}

@Hook('facts')
class NumberedFacts extends FactHook {}

@Hook('facts by offset')
class OffsetFacts extends FactHook {
  override pagination = LimitOffsetPagination;
}

@Hook('facts by cursor')
class CursorFacts extends FactHook {
  override pagination = CursorPagination;
  override ordering = ['id'];
}

/** What each of the forms takes; an empty object is refused by all. */
const COMMON = { count: 3, code: 'abc', names: ['a'], colour: 'red', tag: { name: 'bug' } };
const FORMS = {
  classes: { ...COMMON, ratio: 1, name: 'Ada', one: 'one', agreed: 'yes', user: 'ada', anything: 1 },
  zod: { ...COMMON, ratio: 1, either: 'none', shape: { kind: 'dot' } },
  arktype: { ...COMMON, either: null },
  valibot: { ...COMMON, either: 1 },
};

describe('the server says 400 exactly when the schema says invalid', () => {
  let app: TestApp;
  let agreement: Agreement;

  beforeAll(async () => {
    app = await createTestApp({ entities: [Fact], providers: [FormHook, NumberedFacts, OffsetFacts, CursorFacts], options: UNLIMITED }); // prettier-ignore
    agreement = new Agreement(JiraModule.document(app), await app.connect(1));
  });
  afterAll(() => app?.close());

  it.each(Object.entries(FORMS))(
    'of inputs: %s',
    async (action, example) => {
      const asked = { channel: 'forms', action, method: 'POST', part: 'data' } as const;
      expect(await agreement.judge(asked, example)).toBe('taken');
      expect(await agreement.judge(asked, {})).toBe('refused');
      await agreement.fuzz(asked, RUNS);
    },
    PATIENCE_MS,
  );

  it.each(['facts', 'facts_by_offset', 'facts_by_cursor'])(
    'of queries: %s',
    async (channel) => {
      const asked = { channel, action: 'list', method: 'GET', part: 'query' } as const;
      expect(await agreement.judge(asked, { text__in: null })).toBe('taken');
      expect(await agreement.judge(asked, { text__in: [] })).toBe('refused');
      await agreement.fuzz(asked, RUNS);
    },
    PATIENCE_MS,
  );
});

describe.each([
  ['the tracker', TRACKER],
  ['the articles', ARTICLES],
])('the same of every hook of %s', (_name, parts) => {
  it(
    'holds for the queries of lists',
    async () => {
      await using app = await createTestApp({ ...parts, options: UNLIMITED });
      const agreement = new Agreement(JiraModule.document(app), await app.connect(1));
      const channels = agreement.channelsWith('list');
      expect(channels.length).toBeGreaterThan(1);
      for (const channel of channels)
        await agreement.fuzz({ channel, action: 'list', method: 'GET', part: 'query' }, Math.ceil(RUNS / 4));
    },
    PATIENCE_MS,
  );
});

it(
  'holds for the lists and inputs of the example, but for rows that are named and not seen',
  async () => {
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.listen(0);
    const url = await app.getUrl();
    const connect = async (): Promise<TestClient> => {
      const client = new TestClient(url, { jira: 2, token: 'demo-ada' });
      await client.connected();
      return client;
    };
    const agreement = new Agreement(JiraModule.document(app), await connect(), connect);
    const lists = agreement.channelsWith('list');
    expect(lists.length).toBeGreaterThan(1);
    for (const channel of lists)
      await agreement.fuzz({ channel, action: 'list', method: 'GET', part: 'query' }, Math.ceil(RUNS / 4));
    const unseen = /You may not give this value|would not be visible|No such row|does not exist/;
    for (const channel of agreement.channelsWith('create'))
      await agreement.fuzz(
        { channel, action: 'create', method: 'POST', part: 'data', unless: unseen },
        Math.ceil(RUNS / 4),
      );
    agreement.close();
    await app.close();
  },
  PATIENCE_MS,
);
