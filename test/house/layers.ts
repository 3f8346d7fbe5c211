// The layer rules of docs/architecture.md, as functions from an import graph to the imports that break them.

import { isRelative, isTest, packageOf, type ImportGraph } from './imports.js';

/** The rooms of libs/jira, and which other rooms each may import. `nest` and `testing` put the rest together. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  policy: ['core'],
  commits: ['core'],
  cluster: ['core'],
  redis: ['core', 'cluster'],
  metrics: ['core'],
  otel: ['core', 'policy'],
  health: ['core', 'nest'],
  live: ['core', 'policy'],
  hooks: ['core', 'policy', 'live'],
  events: ['core', 'policy', 'hooks'],
  presence: ['core', 'cluster', 'live', 'hooks'],
  typeorm: ['core', 'policy', 'commits', 'cluster', 'live', 'hooks'],
  document: ['core', 'policy', 'live', 'hooks', 'events', 'typeorm'],
  transport: ['core', 'policy', 'cluster', 'live', 'hooks', 'events'],
  nest: ['core', 'policy', 'cluster', 'live', 'hooks', 'events', 'presence', 'typeorm', 'document', 'transport'],
  testing: ['core', 'policy', 'live', 'hooks', 'typeorm', 'nest'],
  cli: ['document', 'nest'],
};

/** Who may know an edge of the system; every other room reaches it through a port. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  typeorm: ['typeorm', 'commits', 'testing'],
  '@nestjs/typeorm': ['typeorm', 'testing'],
  'socket.io': ['transport', 'testing'],
  '@nestjs/platform-socket.io': ['transport', 'testing'],
  '@nestjs/websockets': ['transport', 'testing'],
  ws: ['transport', 'testing'],
  redis: ['redis', 'testing'],
  'prom-client': ['metrics'],
  '@nestjs/terminus': ['health'],
  '@opentelemetry/api': ['otel'],
};

const JIRA = 'libs/jira/src/';
const CLIENT = 'libs/client/src/';

/** One sentence per import of libs/jira that a room must not make. */
export function jiraFaults(graph: ImportGraph): string[] {
  return faults(graph, JIRA, (file, imported) => {
    if (imported === 'nestjs-jira' || imported.startsWith('nestjs-jira/')) return 'imports its own package by name';
    const room = roomOf(file);
    if (!isRelative(imported)) {
      const allowed = EDGES[packageOf(imported) ?? ''];
      return room === undefined || !allowed || allowed.includes(room) ? undefined : 'knows an edge of the system';
    }
    if (!imported.startsWith(JIRA)) return 'leaves its package by a path';
    if (room === undefined || isOwnIndex(file)) return undefined;
    if (imported.endsWith('/index.ts')) return 'imports a barrel';
    const target = roomOf(imported);
    if (target === undefined) return 'imports a file of no room';
    return target === room || ROOMS[room]?.includes(target) ? undefined : `reaches from ${room} into ${target}`;
  });
}

/** The protocol imports nothing. */
export function protocolFaults(graph: ImportGraph): string[] {
  return faults(graph, 'libs/protocol/src/', (_file, imported) =>
    isRelative(imported) && imported.startsWith('libs/protocol/src/') ? undefined : 'imports something at all',
  );
}

/** What each binding of the client is for. */
const BINDINGS: Readonly<Record<string, string>> = {
  react: 'react',
  vue: 'vue',
  solid: 'solid-js',
  svelte: 'svelte',
  'tanstack-db': '@tanstack/db',
  offline: 'idb',
};

/** The client knows the protocol and socket.io-client; what a binding is for is known in its folder alone. */
export function clientFaults(graph: ImportGraph): string[] {
  return faults(graph, CLIENT, (file, imported) => {
    const own = bindingOf(file);
    if (isRelative(imported)) {
      if (!imported.startsWith(CLIENT)) return 'leaves its package by a path';
      const other = bindingOf(imported);
      return other === undefined || other === own ? undefined : 'makes others depend on a binding';
    }
    if (imported === 'nestjs-jira-protocol' || imported === 'socket.io-client') return undefined;
    return own !== undefined && packageOf(imported) === BINDINGS[own]
      ? undefined
      : 'knows more than the protocol and its socket';
  });
}

function bindingOf(file: string): string | undefined {
  const folder = file.slice(CLIENT.length).split('/')[0] ?? '';
  return folder in BINDINGS ? folder : undefined;
}

/** Applications use the libraries as anyone would: by name. */
export function appFaults(graph: ImportGraph): string[] {
  return faults(graph, 'apps/', (file, imported) => {
    if (!isRelative(imported)) return undefined;
    const app = file.split('/').slice(0, 2).join('/');
    return imported.startsWith(`${app}/`) ? undefined : 'leaves its package by a path';
  });
}

/** Every circle of imports, as `a → b → a`. */
export function circles(graph: ImportGraph): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    for (const imported of graph.get(file) ?? []) {
      const next = [imported, `${imported}x`].find((name) => graph.has(name)); // a `.js` import may mean a `.tsx` file
      if (next !== undefined) visit(next, [...path, file]);
    }
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

type Judge = (file: string, imported: string) => string | undefined;

function faults(graph: ImportGraph, under: string, judge: Judge): string[] {
  const found: string[] = [];
  for (const [file, imports] of graph) {
    if (!file.startsWith(under) || isTest(file)) continue;
    for (const imported of imports) {
      const fault = judge(file, imported);
      if (fault !== undefined) found.push(`${file} ${fault}: ${imported}`);
    }
  }
  return found;
}

/** `undefined` for a file at the package's root, such as its index. */
export function roomOf(file: string): string | undefined {
  return /^libs\/jira\/src\/([^/]+)\//.exec(file)?.[1];
}

function isOwnIndex(file: string): boolean {
  return file.endsWith('/index.ts');
}
