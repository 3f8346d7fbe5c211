// The server says 400 exactly when the schema says invalid. FUZZ_RUNS=1000 npx vitest run test/document/fuzz

import { type } from 'arktype';
import { Expose, Type } from 'class-transformer';
import { ArrayMaxSize, ArrayNotEmpty, ArrayUnique, Contains, Equals, IsArray, IsBoolean, IsDefined, IsEnum, IsIn, IsInt, IsNotEmpty, IsNumber, IsObject, IsOptional, IsPositive, IsString, Length, Matches, Max, MaxLength, Min, MinLength, NotEquals, ValidateNested } from 'class-validator'; // prettier-ignore
import fc from 'fast-check';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Action, ActionScope, BaseHook, CursorPagination, Hook, JiraModule, LimitOffsetPagination, ReadOnlyModelHook } from 'nestjs-jira'; // prettier-ignore
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { mutated, valuesOf, type Schema } from './schema-arbitrary.js';
import { DocumentSchemas, rewritten, withoutLenient } from './validator.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 100);

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

describe('the server says 400 exactly when the schema says invalid', () => {
  let app: TestApp;
  let client: TestClient;
  let schemas: DocumentSchemas;
  /** The same without what a schema says less of than the server checks. */
  let certain: DocumentSchemas;

  beforeAll(async () => {
    app = await createTestApp({ entities: [Fact], providers: [FormHook, NumberedFacts, OffsetFacts, CursorFacts], options: { limits: { malformedFrames: 1_000_000 } } }); // prettier-ignore
    const document = JiraModule.document(app);
    schemas = new DocumentSchemas(withoutLenient(document));
    certain = new DocumentSchemas(rewritten(schemas.document, (one) => ('x-validators' in one ? { not: {} } : undefined))); // prettier-ignore
    client = await app.connect(1);
  });
  afterAll(() => app?.close());

  const resolve = (schema: Schema): Schema => {
    const { $ref } = schema;
    const name = typeof $ref === 'string' ? $ref.slice('#/components/schemas/'.length) : undefined;
    return name === undefined ? schema : (schemas.document.components.schemas[name] ?? {});
  };

  async function expectAgreement(channel: string, action: string, method: 'GET' | 'POST', part: 'data' | 'query') {
    const path = `channels/${channel}/messages/${action}/payload`;
    const message = schemas.document.channels[channel]?.messages[action] as { payload: { properties: Record<string, Schema> } }; // prettier-ignore
    const schema = message.payload.properties[part] ?? {};
    const namespace = schemas.document.channels[channel]?.address ?? '';
    const seen = { valid: 0, invalid: 0, uncertain: 0 };
    const property = fc.asyncProperty(mutated(valuesOf(schema, resolve)), async (value) => {
      const frame = { requestId: '1', method, action, [part]: value };
      const faults = schemas.faults(path, frame);
      if (faults.length === 0 && certain.faults(path, frame).length > 0) return void (seen.uncertain += 1);
      const { status, data } = await client.call(namespace, action, method, { [part]: value });
      seen[faults.length === 0 ? 'valid' : 'invalid'] += 1;
      const isRefused = status === 400;
      expect({ isRefused, answer: isRefused ? data : null, faults }).toMatchObject({ isRefused: faults.length > 0 });
    });
    await fc.assert(property, { numRuns: RUNS });
    return seen;
  }

  it.each(['classes', 'zod', 'arktype', 'valibot'])('of inputs: %s', async (action) => {
    const { valid, invalid } = await expectAgreement('forms', action, 'POST', 'data');
    expect(valid).toBeGreaterThan(0);
    expect(invalid).toBeGreaterThan(0);
  });

  it.each(['facts', 'facts_by_offset', 'facts_by_cursor'])('of queries: %s', async (channel) => {
    await expectAgreement(channel, 'list', 'GET', 'query');
  });
});
