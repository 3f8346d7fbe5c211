import { describe, expect, it } from 'vitest';
import { importsOf, isTest, readImports, type ImportGraph } from './imports.js';
import { ROOMS, appFaults, circles, clientFaults, jiraFaults, protocolFaults, roomOf } from './layers.js';

const libs = readImports('libs');

/** A graph of made-up files, read as real ones are. */
function graphOf(files: Readonly<Record<string, string>>): ImportGraph {
  return new Map(Object.entries(files).map(([file, text]) => [file, importsOf(file, text)]));
}

describe('the layers of libs', () => {
  it('are kept by libs/jira', () => {
    expect(jiraFaults(libs)).toEqual([]);
  });

  it('have a place for every room of libs/jira', () => {
    const rooms = new Set([...libs.keys()].map(roomOf).filter((room) => room !== undefined));
    expect([...rooms].filter((room) => !(room in ROOMS))).toEqual([]);
  });

  it('leave the protocol without imports', () => {
    expect(protocolFaults(libs)).toEqual([]);
  });

  it('give the client the protocol and its socket alone', () => {
    expect(clientFaults(libs)).toEqual([]);
  });

  it('are used by name from the applications', () => {
    expect(appFaults(readImports('apps'))).toEqual([]);
  });

  it('hold no circle of imports', () => {
    expect(circles(new Map([...libs].filter(([file]) => !isTest(file))))).toEqual([]);
  });

  it('were read at all', () => {
    expect(libs.get('libs/jira/src/hooks/store.ts')).toContain('libs/jira/src/policy/filtering/filter.ts');
  });
});

describe('the layer rules', () => {
  it.each([
    ['a room that reaches up', 'core/a.ts', `import { b } from '../hooks/b.js';`, 'reaches from core into hooks'],
    ['a type that reaches up', 'core/a.ts', `import type { B } from '../hooks/b.js';`, 'reaches from core into hooks'],
    ['an import within a type', 'core/a.ts', `let b: import('../hooks/b.js').B;`, 'reaches from core into hooks'],
    ['a dynamic import', 'core/a.ts', `void import('../hooks/b.js');`, 'reaches from core into hooks'],
    ['a re-export', 'core/a.ts', `export * from '../hooks/b.js';`, 'reaches from core into hooks'],
    ['a room that is not its own', 'live/a.ts', `import '../commits/b.js';`, 'reaches from live into commits'],
    ['the barrel', 'hooks/a.ts', `import { b } from '../index.js';`, 'imports a barrel'],
    ['a room with a barrel', 'hooks/a.ts', `import { b } from '../core/index.js';`, 'imports a barrel'],
    ['the package by its own name', 'hooks/a.ts', `import { b } from 'nestjs-jira';`, 'own package by name'],
    ['a path into another package', 'hooks/a.ts', `import '../../../client/src/b.js';`, 'leaves its package'],
    ['TypeORM in the middle', 'hooks/a.ts', `import { Entity } from 'typeorm';`, 'knows an edge'],
    ['sockets in the middle', 'hooks/a.ts', `import type { Socket } from 'socket.io';`, 'knows an edge'],
  ])('refuse %s', (_what, file, text, fault) => {
    const found = jiraFaults(graphOf({ [`libs/jira/src/${file}`]: text }));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(fault);
  });

  it('allow what is lower, what is in the same room, and the ports', () => {
    const text = `import { a } from '../core/a.js'; import { b } from './b.js'; import 'nestjs-jira-protocol';`;
    expect(jiraFaults(graphOf({ 'libs/jira/src/hooks/c.ts': text }))).toEqual([]);
  });

  it('refuse any import of the protocol', () => {
    expect(protocolFaults(graphOf({ 'libs/protocol/src/a.ts': `import 'node:fs';` }))).toHaveLength(1);
  });

  it('refuse React in the core of the client, and allow it in react/', () => {
    const use = `import { useState } from 'react';`;
    expect(clientFaults(graphOf({ 'libs/client/src/a.ts': use }))).toHaveLength(1);
    expect(clientFaults(graphOf({ 'libs/client/src/a.ts': `import './react/b.js';` }))).toHaveLength(1);
    expect(clientFaults(graphOf({ 'libs/client/src/react/a.ts': use }))).toEqual([]);
  });

  it('refuse an application that reaches into a library', () => {
    const text = `import '../../../libs/jira/src/hooks/store.js';`;
    expect(appFaults(graphOf({ 'apps/example/src/a.ts': text }))).toHaveLength(1);
  });

  it('name a circle with its way round', () => {
    const graph = graphOf({ 'x/a.ts': `import './b.js';`, 'x/b.ts': `import './c.js';`, 'x/c.ts': `import './a.js';` });
    expect(circles(graph)).toEqual(['x/a.ts → x/b.ts → x/c.ts → x/a.ts']);
  });
});
