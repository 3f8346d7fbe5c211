// The files of a new hook: its entity, DTOs and view, the hook itself, and a test.

export interface NewFile {
  readonly name: string;
  readonly text: string;
}

export interface HookNames {
  /** Such as `issues`. */
  readonly namespace: string;
  /** Class name, such as `Issue`. */
  readonly entity: string;
}

/** How the application imports its own files and writes its tests. */
export interface HookStyle {
  /** Whether relative imports end with `.js`. */
  readonly isModule: boolean;
  /** Whether tests import `it` and `expect` from Vitest; those of Jest are global. */
  readonly usesVitest: boolean;
}

/** The class name for a namespace: `categories` → `Category`, `boxes` → `Box`, `work-items` → `WorkItem`. */
export function entityOf(namespace: string): string {
  const singular = namespace
    .replace(/ies$/, 'y')
    .replace(/(ss|x|ch|sh)es$/, '$1')
    .replace(/([^s])s$/, '$1');
  return singular.replaceAll(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
}

export function hookFiles({ namespace, entity }: HookNames, { isModule, usesVitest }: HookStyle): NewFile[] {
  const file = entity.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
  const end = isModule ? '.js' : '';
  return [
    { name: `${file}.entity.ts`, text: entityText(entity) },
    { name: `${file}.dto.ts`, text: dtoText(entity) },
    { name: `${file}.hook.ts`, text: hookText(namespace, entity, `./${file}`, end) },
    { name: `${file}.hook.spec.ts`, text: testText(namespace, entity, `./${file}`, end, usesVitest) },
  ];
}

function entityText(entity: string): string {
  return `import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class ${entity} {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column() ownerId: number;
}
`;
}

function dtoText(entity: string): string {
  return `import { Expose } from 'class-transformer';
import { IsOptional, Length } from 'class-validator';

export class Create${entity} {
  @Length(1, 200) title: string;
}

export class Update${entity} {
  @IsOptional() @Length(1, 200) title?: string;
}

/** What clients see of a row. */
export class ${entity}View {
  @Expose() id: number;
  @Expose() title: string;
}
`;
}

function hookText(namespace: string, entity: string, path: string, end: string): string {
  return `import { AuthenticatedScope, Hook, IsAuthenticated, ModelHook, type Visibility } from 'nestjs-jira';
import { Create${entity}, ${entity}View, Update${entity} } from '${path}.dto${end}';
import { ${entity} } from '${path}.entity${end}';

@Hook('${namespace}')
export class ${entity}Hook extends ModelHook<${entity}> {
  entity = ${entity};
  createInput = Create${entity};
  updateInput = Update${entity};
  output = ${entity}View;
  permissions = [IsAuthenticated];
  filterFields = { title: ['exact', 'icontains'] };
  ordering = ['id'];

  /** Rows that this caller may see and write. */
  visibility(scope: AuthenticatedScope): Visibility<${entity}> {
    return { ownerId: Number(scope.user.id) };
  }

  performCreate(fields: Partial<${entity}>, scope: AuthenticatedScope): Promise<${entity}> {
    return super.performCreate({ ...fields, ownerId: Number(scope.user.id) }, scope);
  }
}
`;
}

function testText(namespace: string, entity: string, path: string, end: string, usesVitest: boolean): string {
  return `${usesVitest ? "import { expect, it } from 'vitest';\n" : ''}import { createTestApp } from 'nestjs-jira/testing';
import { ${entity} } from '${path}.entity${end}';
import { ${entity}Hook } from '${path}.hook${end}';

it('announces a new row to its owner alone', async () => {
  await using app = await createTestApp({ hooks: [${entity}Hook], entities: [${entity}] });
  const owner = await app.connect(1);
  const stranger = await app.connect(2);
  await owner.subscribe('${namespace}');
  await stranger.subscribe('${namespace}');

  const answer = await owner.call('${namespace}', 'create', 'POST', { data: { title: 'First' } });

  expect(answer).toMatchObject({ status: 201, data: { title: 'First' } });
  expect(await owner.nextChanges('${namespace}', 1)).toMatchObject([{ type: 'added', data: { title: 'First' } }]);
  await stranger.settled('${namespace}');
  expect(stranger.changes('${namespace}')).toEqual([]);
});

it('refuses a row without a title', async () => {
  await using app = await createTestApp({ hooks: [${entity}Hook], entities: [${entity}] });
  const owner = await app.connect(1);
  expect(await owner.call('${namespace}', 'create', 'POST', { data: { title: '' } })).toMatchObject({
    status: 400,
    data: { code: 'VALIDATION_FAILED' },
  });
});
`;
}
