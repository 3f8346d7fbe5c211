// What the matrix runs: versions, and which tests on them.

/** Nest's packages have versions of their own. */
const nest = (core, { sockets = core, testing = sockets, adapter = sockets, config, events, jwt, typeorm }) => ({
  '@nestjs/common': core,
  '@nestjs/core': core,
  '@nestjs/platform-express': core,
  '@nestjs/platform-socket.io': adapter,
  '@nestjs/testing': testing,
  '@nestjs/websockets': sockets,
  '@nestjs/config': config,
  '@nestjs/event-emitter': events,
  '@nestjs/jwt': jwt,
  '@nestjs/typeorm': typeorm,
});

/** better-sqlite3 13 brings binaries for them, 12 would have to be compiled. TypeORM has to be beside it to find it. */
const FOR_NEWER_NODE = { 'better-sqlite3': '13.2.0', typeorm: '1.1.1', '@nestjs/typeorm': '12.0.2' };

/** What a version of a package may change: what capture reaches, how rows are judged, how requests run, the client. */
const CHOSEN = [
  'test/dependencies',
  'test/capture',
  'test/authorization',
  'test/requests',
  'test/client',
  'test/databases',
  'test/fast-paths',
];

/** A small part of each of them, in CI. */
const SHORT = [
  'test/dependencies',
  'test/capture/oracle.test.ts',
  'test/capture/transactions.test.ts',
  'test/authorization/writes.test.ts',
  'test/authorization/named-rows.test.ts',
  'test/requests/crud.test.ts',
  'test/requests/writing.test.ts',
  'test/requests/enhancers.test.ts',
  'test/client/server.test.ts',
  'test/client/methods.test.ts',
  'test/client/own-subscriptions.test.ts',
  'test/databases/other-processes.test.ts',
  'test/fast-paths/single-creates.test.ts',
];

/** What a version of Node may change: streams and sockets, async contexts, drivers. */
const CHOSEN_FOR_NODE = [
  'test/fast-paths',
  'test/security',
  'test/databases',
  'test/requests/crud.test.ts',
  'test/requests/streams.test.ts',
  'test/capture/transactions.test.ts',
  'test/client/connection.test.ts',
  'test/lifecycle/shutdown.test.ts',
  'test/plain/json.test.ts',
];

/** Direct writes, slow readers, hostile clients. */
const SHORT_FOR_NODE = [
  'test/fast-paths/single-creates.test.ts',
  'test/fast-paths/slow-readers.test.ts',
  'test/security/hostile.test.ts',
];

export const SETS = {
  nest11: {
    title: 'newest Nest 11 and TypeORM 0.3',
    packages: {
      ...nest('11.2.10', { sockets: '11.2.6', config: '4.0.4', events: '3.1.0', jwt: '11.0.2', typeorm: '11.0.3' }),
      typeorm: '0.3.31',
    },
    chosen: CHOSEN,
    short: SHORT,
  },
  nest11floor: {
    title: 'oldest Nest 11 and TypeORM 0.3 that the peer ranges take',
    packages: {
      ...nest('11.0.0', { adapter: '11.1.11', config: '4.0.0', events: '3.0.0', jwt: '11.0.0', typeorm: '11.0.0' }),
      typeorm: '0.3.25',
    },
    chosen: CHOSEN,
  },
  nest12floor: {
    title: 'oldest Nest 12 and TypeORM 1 that the peer ranges take',
    packages: {
      ...nest('12.0.0', {
        sockets: '12.0.1',
        testing: '12.0.0',
        config: '12.0.0',
        events: '12.0.0',
        jwt: '12.0.0',
        typeorm: '12.0.0',
      }),
      typeorm: '1.1.1',
    },
    chosen: CHOSEN,
  },
  node22: { title: 'Node 22', packages: FOR_NEWER_NODE, node: '22', chosen: CHOSEN_FOR_NODE, short: SHORT_FOR_NODE },
  node24: { title: 'Node 24', packages: FOR_NEWER_NODE, node: '24', chosen: CHOSEN_FOR_NODE, short: SHORT_FOR_NODE },
};
