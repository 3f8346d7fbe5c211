import { IsArray, IsDate, IsEmail, IsIn, IsInt, IsNumber, IsOptional, IsString, Length, Matches, Max, Min, ValidateIf, ValidateNested } from 'class-validator'; // prettier-ignore
import { Expose, Transform, Type } from 'class-transformer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { NestFactory } from '@nestjs/core';
import { Action, ActionScope, BaseHook, BulkMixin, CursorPagination, EventContext, EventHandlers, GenericModelHook, Hook, IsAuthenticated, JiraModule, ListMixin, CreateMixin, ModelHook, OnMessage, UpdateMixin, type AsyncApiDocument } from 'nestjs-jira'; // prettier-ignore
import { AppModule } from '../../apps/example/src/app.module.js';
import { ARTICLES } from '../support/articles.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { TRACKER } from '../support/tracker.js';
import { DocumentSchemas, faultsOf } from './validator.js';

class Tag {
  @IsString() @Length(1, 10) name: string;
}

class Everything {
  @IsInt() @Min(1) @Max(10) count: number;
  @IsNumber() @Min(0.5) ratio: number;
  @Matches(/^[a-z]+$/) code: string;
  @Matches(/^[a-z]+$/i) word: string;
  @IsArray() @IsString({ each: true }) names: string[];
  @ValidateNested() @Type(() => Tag) tag: Tag;
  @ValidateIf((_, value) => value !== undefined) @IsIn(['a', 'b']) choice?: string;
  @ValidateIf((all: Everything) => all.count > 3) @IsString() reason?: string;
  @IsOptional() @IsEmail() mail?: string | null;
  @Type(() => Date) @IsDate() due: Date;
  @IsString({ groups: ['staff'] }) secret: string;
  @Transform(({ value }) => Number(value)) @IsInt() rounded: number;
}

@Hook('checks')
class CheckHook extends BaseHook {
  @Action({ methods: ['POST'], input: Everything })
  all(_scope: ActionScope<Everything>) {}

  @Action({ methods: ['POST'], input: Everything, groups: ['other'] })
  some(_scope: ActionScope<Everything>) {}
}

/** Its actions are called as the protocol calls its own messages. */
@Hook('orders')
class OrderHook extends BaseHook {
  @Action({ methods: ['POST'], input: Tag })
  cancel(_scope: ActionScope<Tag>) {}

  @Action({ methods: ['POST'], input: Tag })
  error(_scope: ActionScope<Tag>) {}

  @Action({ methods: ['POST'], input: Tag })
  change(_scope: ActionScope<Tag>) {}

  @Action({ methods: ['POST'], input: Tag })
  answer(_scope: ActionScope<Tag>) {}
}

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @Column({ type: 'varchar', nullable: true }) title: string | null;
  @Column({ type: 'simple-json', nullable: true }) extra: unknown;
  @Column({ transformer: { to: String, from: Number }, type: 'varchar' }) odd: number;
}

class NoteView {
  @Expose() id: number;
  @Expose() text: string;
  @Expose() title: string | null;
  @Expose() odd: number;
  @Expose() get loud(): string {
    return 'loud';
  }
  @Expose() @Transform(() => 1) computed: number;
}

class NoteInput {
  @IsString() text: string;
}

@Hook('notes')
class NoteHook extends BulkMixin(UpdateMixin(CreateMixin(ListMixin(GenericModelHook)))) {
  entity = Note;
  output = NoteView;
  createInput = NoteInput;
  override pagination = CursorPagination;
  override permissions = [IsAuthenticated];
  override filterFields = { text: ['exact', 'in'], title: ['isnull'] };
}

@Hook('other notes')
class OtherNoteHook extends ModelHook<Note> {
  entity = Note;
  output = NoteView;
  override serialize(note: Note): unknown {
    return { note: note.id };
  }
}

class Line {
  @IsString() text: string;
}

@EventHandlers()
class Chat {
  @OnMessage('say', { input: Line })
  say({ payload }: EventContext<Line>) {
    return payload.text;
  }
}

const property = (document: AsyncApiDocument, schema: string, name: string): unknown =>
  (document.components.schemas[schema]?.['properties'] as Record<string, unknown> | undefined)?.[name];

describe('the document', () => {
  let app: TestApp;
  let document: AsyncApiDocument;

  beforeAll(async () => {
    app = await createTestApp({ entities: [Note], providers: [CheckHook, OrderHook, NoteHook, OtherNoteHook, Chat] });
    document = JiraModule.document(app, { info: { title: 'Notes', version: '2.0.0' } });
  });
  afterAll(() => app?.close());

  it('is one that AsyncAPI 3.1 allows, and says what it is told to', () => {
    expect(faultsOf(document)).toEqual([]);
    expect(document.asyncapi).toBe('3.1.0');
    expect(document.info).toEqual({ title: 'Notes', version: '2.0.0' });
  });

  it('is refused by the official schema once it is broken', () => {
    expect(faultsOf({ ...document, operations: { x: { action: 'shout' } } } as unknown as AsyncApiDocument)).not.toEqual([]); // prettier-ignore
  });

  it('is the same every time', () => {
    const again = JiraModule.document(app, { info: { title: 'Notes', version: '2.0.0' } });
    expect(JSON.stringify(again)).toBe(JSON.stringify(document));
  });

  it('has a channel for each hook and an operation with a reply for each action', () => {
    expect(Object.keys(document.channels)).toEqual(expect.arrayContaining(['checks', 'notes', 'other_notes', 'say']));
    expect(document.operations['notes.update']).toMatchObject({
      action: 'receive',
      reply: { messages: [{ $ref: '#/channels/notes/messages/update.answer' }, { $ref: '#/channels/notes/messages/error' }] },
      'x-action': { methods: ['PUT', 'PATCH'], detail: true, permissions: ['IsAuthenticated'] },
    }); // prettier-ignore
    expect(document.channels['other_notes']?.address).toBe('other notes');
    const codes = (document.operations['notes.update']?.['x-errors'] as { code: string }[] | undefined)?.map(
      ({ code }) => code,
    );
    expect(codes).toEqual(expect.arrayContaining(['VALIDATION_FAILED', 'NOT_FOUND', 'CONFLICT', 'TIMEOUT']));
  });

  it('has a send operation for changes where there is an observer', () => {
    expect(document.operations['other_notes.changes']).toMatchObject({ action: 'send' });
    expect(document.operations['checks.changes']).toBeUndefined();
  });

  it.each(['cancel', 'error', 'change', 'answer'])('describes an action that is called "%s"', (action) => {
    const { messages, reply } = document.operations[`orders.${action}`] as unknown as { messages: { $ref: string }[]; reply: { messages: { $ref: string }[] } }; // prettier-ignore
    const payloadOf = ({ $ref }: { $ref: string } = { $ref: '' }) => {
      const message = document.channels['orders']?.messages[$ref.split('/').at(-1) ?? ''] as { payload: { properties: object } } | undefined; // prettier-ignore
      return message?.payload.properties;
    };
    expect(payloadOf(messages[0])).toMatchObject({ action: { const: action }, data: { $ref: '#/components/schemas/Tag' } }); // prettier-ignore
    expect(payloadOf(reply.messages[0])).toMatchObject({ action: { const: action }, status: expect.anything() as object }); // prettier-ignore
    expect(document.channels['orders']?.messages['error']).toEqual({ $ref: '#/components/messages/error' });
  });

  it('says what each validator checks, and names those of which it cannot say all', () => {
    const of = (name: string) => property(document, 'Everything', name);
    expect(of('count')).toEqual({ type: 'integer', minimum: 1, maximum: 10 });
    expect(of('ratio')).toEqual({ type: 'number', minimum: 0.5 });
    expect(of('code')).toEqual({ type: 'string', pattern: '^[a-z]+$' });
    expect(of('word')).toEqual({ type: 'string', 'x-pattern': { source: '^[a-z]+$', flags: 'i' }, 'x-validators': ['matches'] }); // prettier-ignore
    expect(of('names')).toEqual({ type: 'array', items: { type: 'string' } });
    expect(of('choice')).toEqual({ enum: ['a', 'b'] });
    expect(of('mail')).toMatchObject({ type: ['string', 'null'], format: 'email', 'x-validators': ['isEmail'] });
    expect(of('due')).toMatchObject({ 'x-validators': ['isDate'] });
    expect(document.components.schemas['Everything']?.['required']).toEqual(['count', 'ratio', 'code', 'word', 'names', 'due', 'secret']); // prettier-ignore
  });

  it('does not guess', () => {
    expect(property(document, 'Everything', 'reason')).toEqual({ 'x-unknown': 'validated under a condition of the application' }); // prettier-ignore
    expect(property(document, 'Everything', 'rounded')).toEqual({ 'x-unknown': 'converted by @Transform() before it is validated' }); // prettier-ignore
    expect(property(document, 'NoteView', 'computed')).toEqual({ 'x-unknown': 'computed by @Transform()' });
    expect(property(document, 'NoteView', 'odd')).toEqual({ type: ['number', 'null'] });
    const created = document.channels['other_notes']?.messages['retrieve.answer'] as { payload: { properties: { data: unknown } } }; // prettier-ignore
    expect(created.payload.properties.data).toEqual({ 'x-unknown': 'serialize() is overridden' });
  });

  it('leaves out what belongs to another group', () => {
    expect(document.components.schemas['Everything.other']?.['properties']).not.toHaveProperty('secret');
    expect(document.components.schemas['Everything']?.['properties']).toHaveProperty('secret');
  });

  it('shows what rows hold by their columns', () => {
    expect(property(document, 'NoteView', 'id')).toEqual({ type: 'integer' });
    expect(property(document, 'NoteView', 'title')).toEqual({ type: ['string', 'null'] });
    expect(property(document, 'NoteView', 'loud')).toEqual({ type: ['string', 'null'] });
    expect(document.components.schemas['NoteView']?.['required']).toEqual(['id', 'text', 'title']);
  });
});

it('of an application that is not initialized says what to do', async () => {
  const app = await NestFactory.create(AppModule, { logger: false });
  expect(() => JiraModule.document(app)).toThrow('Call it after app.init() or app.listen()');
  await app.close();
});

describe.each([
  ['the tracker of the tests', TRACKER],
  ['the articles of the tests', ARTICLES],
])('the document of %s', (_name, parts) => {
  it('has no fault, and examples that it allows', async () => {
    await using app = await createTestApp(parts);
    const document = JiraModule.document(app);
    expect(faultsOf(document)).toEqual([]);
    expectValidExamples(document);
  });
});

it('has no fault for the example, and examples that it allows', async () => {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const document = JiraModule.document(app);
  expect(faultsOf(document)).toEqual([]);
  expect(expectValidExamples(document)).toBeGreaterThan(20);
  await app.close();
});

function expectValidExamples(document: AsyncApiDocument): number {
  const schemas = new DocumentSchemas(document);
  let count = 0;
  for (const [channel, { messages }] of Object.entries(document.channels))
    for (const [name, message] of Object.entries(messages))
      for (const example of (message['examples'] ?? []) as { payload: unknown }[]) {
        expect(schemas.faults(`channels/${channel}/messages/${name}/payload`, example.payload), `${channel} ${name}`).toEqual([]); // prettier-ignore
        count += 1;
      }
  return count;
}
