// Names that a dependency does not promise stand in one place each: its internals file.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, isTest, packageOf, readImports } from './imports.js';

/** Where each dependency's private names are, and what they are called. */
const DOORS: Readonly<Record<string, { readonly files: readonly string[]; readonly names: readonly string[] }>> = {
  TypeORM: {
    files: [
      'commits/typeorm-internals.ts',
      'commits/typeorm-versions.ts',
      'commits/typeorm-persistence.ts',
      'commits/assert-typeorm.ts',
    ],
    names: [
      '\\.expressionMap',
      'create(Cte|Where|OrderBy|Limit)Expression',
      'replacePropertyNamesForTheWholeQuery',
      'getInsertedColumns',
      'transactionDepth',
      '\\.broadcaster',
      'stmtCache',
      'databaseConnection',
      'uuidColumnTypeSuported',
      'escapeQueryWithParameters',
      '\\b(manager|driver|dataSource|members)\\.(transaction|createQueryRunner|createEntityManager|destroy) = ',
    ],
  },
  'Nest (core, common)': {
    files: ['core/nest-internals.ts'],
    names: ['\\bcontainer\\?*: ', 'transformToResult', 'handlerMetadataStorage', '\\.container\\b'],
  },
  'Nest (WebSockets)': {
    files: ['transport/socket-io/nest-websockets-internals.ts'],
    names: ['bindClientConnect', 'bindMessageHandlers', '\\.on = '],
  },
  'socket.io': {
    files: ['transport/socket-io/socket-io-internals.ts'],
    names: ['\\back\\?: ', '\\.ack\\b', 'client: \\{', '\\bopts\\?: \\{ readonly parser'],
  },
  'engine.io': {
    files: ['transport/socket-io/engine-io-internals.ts'],
    names: ['\\bwriteBuffer\\b', "emit\\('ready'\\)", '\\bwritable = ', 'maxPayload\\?: ', '\\.ws\\.options'],
  },
  'ws and the streams below it': {
    files: ['transport/socket-io/ws-internals.ts'],
    names: ['\\b_socket\\b', '\\b_sender\\b', '\\b_write\\b', '\\b_handle\\b', 'Max payload size'],
  },
  'class-transformer': { files: ['policy/serialization/internals.ts'], names: ['defaultMetadataStorage'] },
};

/** Paths that a dependency exports and does not document. */
const DEEP =
  /^(typeorm|socket\.io|engine\.io|ws|class-transformer|class-validator|@nestjs\/[a-z.-]+)\/(?!package\.json)/;

const SOURCE = 'libs/jira/src/';
const sources = [...readImports('libs/jira/src')].filter(([file]) => !isTest(file));
const doors = Object.values(DOORS).flatMap(({ files }) => files.map((file) => SOURCE + file));

describe('what a dependency does not promise', () => {
  it.each(Object.entries(DOORS))('of %s is named in one place', (_dependency, { files, names }) => {
    const found = sources.flatMap(([file]) => {
      if (files.includes(file.slice(SOURCE.length))) return [];
      const text = readFileSync(join(ROOT, file), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
      return names.filter((name) => new RegExp(name).test(text)).map((name) => `${file} names ${name}`);
    });
    expect(found).toEqual([]);
  });

  it.each(Object.entries(DOORS))('of %s is there at all', (_dependency, { files, names }) => {
    const text = files.map((file) => readFileSync(join(ROOT, SOURCE, file), 'utf8')).join('\n');
    expect(names.some((name) => new RegExp(name).test(text))).toBe(true);
  });

  it('is imported by its path in these places alone', () => {
    const deep = sources.filter(([file, imported]) => !doors.includes(file) && imported.some((one) => DEEP.test(one)));
    expect(deep.map(([file]) => file)).toEqual([]);
  });

  it('is asked for in the versions that the package asks for', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'libs/jira/package.json'), 'utf8')) as {
      readonly peerDependencies: Readonly<Record<string, string>>;
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const ranges = { ...manifest.peerDependencies, ...manifest.dependencies };
    const said = doors.flatMap((file) => [
      ...readFileSync(join(ROOT, file), 'utf8').matchAll(/VERSIONS = '(.*)'|assertMembers\('(.*?)'/g),
    ]);
    const versions = new Set(said.flatMap(([, version]) => version ?? []));
    const asked = said.flatMap(([, , dependency]) => (dependency === undefined ? [] : [dependency]));
    expect(asked.filter((name) => ranges[name] !== undefined && !versions.has(ranges[name]))).toEqual([]);
    expect(packageOf('typeorm/x')).toBe('typeorm');
  });
});
