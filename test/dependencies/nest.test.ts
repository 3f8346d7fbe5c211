// What the library uses of Nest beyond its documented interface: each name is there, does what we rely on, and is missed
// at boot.

import { Controller, Get, Injectable, Req, UseGuards, type CanActivate } from '@nestjs/common';
import * as nestConstants from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ApplicationConfig, ExternalContextCreator } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { IoAdapter } from '@nestjs/platform-socket.io';
import * as socketConstants from '@nestjs/websockets/constants.js';
import { Test } from '@nestjs/testing';
import { WebSocketGateway } from '@nestjs/websockets';
import { EventEmitter } from 'node:events';
import { of } from 'rxjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  applicationConfigOf,
  assertNest,
  GUARDS_METADATA,
  ROUTE_ARGS_METADATA,
  withoutWaiting,
} from '../../libs/jira/src/core/nest-internals.js';
import { createTestApp } from '../../libs/jira/src/testing/test-app.js';
import {
  assertWebSockets,
  GATEWAY_METADATA,
  GATEWAY_OPTIONS,
  listensAsNest,
  PORT_METADATA,
  takeNoClients,
} from '../../libs/jira/src/transport/socket-io/nest-websockets-internals.js';
import { hide, installed, messageOf } from './hide.js';

let creator: ExternalContextCreator;
beforeAll(async () => {
  const module = await Test.createTestingModule({}).compile();
  creator = module.get(ExternalContextCreator);
});

const CORE_HIDINGS: readonly (readonly [string, object])[] = [
  ['ExecutionContextHost.setType', ExecutionContextHost.prototype],
  ['ExternalContextCreator.transformToResult', ExternalContextCreator.prototype],
  ...['Guards', 'Pipes', 'Interceptors', 'Filters'].flatMap((kind) =>
    ['Global', 'GlobalRequest'].map(
      (scope) => [`ApplicationConfig.get${scope}${kind}`, ApplicationConfig.prototype] as const,
    ),
  ),
  ['ApplicationConfig.getIoAdapter', ApplicationConfig.prototype],
];

const CONSTANTS = [
  'ENTRY_PROVIDER_WATERMARK',
  'EXCEPTION_FILTERS_METADATA',
  'GUARDS_METADATA',
  'INTERCEPTORS_METADATA',
  'PARAMTYPES_METADATA',
  'PIPES_METADATA',
  'ROUTE_ARGS_METADATA',
  'SELF_DECLARED_DEPS_METADATA',
];

const SOCKETS = { '@nestjs/websockets': '^11.0.0 || ^12.0.1', '@nestjs/platform-socket.io': '^11.1.11 || ^12.0.1' };

function lacks(name: string, dependency = '@nestjs/core'): string {
  const versions = (SOCKETS as Record<string, string | undefined>)[dependency] ?? '^11.0.0 || ^12.0.0';
  return (
    `ConfigurationError: ${installed(dependency)} lacks ${name}, which nestjs-jira needs: ` +
    `install ${dependency} ${versions}.`
  );
}

describe('Without a name that the library uses of Nest', () => {
  afterEach(() => {
    vi.doUnmock('@nestjs/common/constants.js');
    vi.doUnmock('@nestjs/websockets/constants.js');
    vi.resetModules();
  });

  it.each(CORE_HIDINGS)('%s, the boot says so in one sentence', (name, holder) => {
    const restore = hide(holder, name.split('.')[1] ?? '');
    const message = messageOf(() => assertNest(creator));
    restore();
    expect(message).toBe(lacks(name));
  });

  it.each(['container', 'handlerMetadataStorage'])(
    'ExternalContextCreator.%s, the boot says so in one sentence',
    (name) => {
      const restore = hide(creator, name);
      const message = messageOf(() => assertNest(creator));
      restore();
      expect(message).toBe(lacks(`ExternalContextCreator.${name}`));
    },
  );

  it.each(['REQUEST', 'BODY', 'QUERY', 'PARAM', 'HEADERS', 'IP'])(
    'RouteParamtypes.%s, the boot says so in one sentence',
    (name) => {
      const restore = hide(RouteParamtypes, name);
      const message = messageOf(() => assertNest(creator));
      restore();
      expect(message).toBe(lacks(`RouteParamtypes.${name}`, '@nestjs/common'));
    },
  );

  it.each(CONSTANTS)('%s, the boot says so in one sentence', async (name) => {
    vi.resetModules();
    vi.doMock('@nestjs/common/constants.js', () => ({ ...nestConstants, [name]: undefined }));
    const internals = await import('../../libs/jira/src/core/nest-internals.js');
    expect(messageOf(() => internals.assertNest(creator))).toBe(lacks(name, '@nestjs/common'));
  });

  it.each(['GATEWAY_METADATA', 'GATEWAY_OPTIONS', 'PORT_METADATA'])(
    '%s, the boot says so in one sentence',
    async (name) => {
      vi.resetModules();
      vi.doMock('@nestjs/websockets/constants.js', () => ({ ...socketConstants, [name]: undefined }));
      const internals = await import('../../libs/jira/src/transport/socket-io/nest-websockets-internals.js');
      expect(messageOf(() => internals.assertWebSockets())).toBe(lacks(name, '@nestjs/websockets'));
    },
  );

  it.each(['bindClientConnect', 'bindClientDisconnect', 'bindMessageHandlers'])(
    'IoAdapter.%s, the boot says so in one sentence',
    (name) => {
      const restore = hide(IoAdapter.prototype, name);
      const message = messageOf(() => assertWebSockets());
      restore();
      expect(message).toBe(lacks(`IoAdapter.${name}`, '@nestjs/platform-socket.io'));
    },
  );

  it('an application does not boot', async () => {
    const restore = hide(ExternalContextCreator.prototype, 'transformToResult');
    const booted = createTestApp({ entities: [], hooks: [] });
    await expect(booted.finally(restore)).rejects.toThrow(
      `${installed('@nestjs/core')} lacks ExternalContextCreator.transformToResult, which nestjs-jira needs`,
    );
  });
});

@Injectable()
class Gate implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

@Controller()
class Page {
  @Get()
  @UseGuards(Gate)
  show(@Req() request: unknown): unknown {
    return request;
  }
}

@WebSocketGateway(81, { path: '/chat' })
class Chat {}

describe('The installed Nest', () => {
  it('has every name that the library uses', () => {
    expect(messageOf(() => assertNest(creator))).toBeUndefined();
    expect(messageOf(() => assertWebSockets())).toBeUndefined();
  });

  it('writes what its decorators say where the library reads it', () => {
    const show: unknown = Object.getOwnPropertyDescriptor(Page.prototype, 'show')?.value;
    expect(Reflect.getMetadata(GUARDS_METADATA, show as object)).toEqual([Gate]);
    const params: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, Page, 'show');
    expect(params).toMatchObject({ [`${RouteParamtypes.REQUEST}:0`]: { index: 0 } });
    expect(Reflect.getMetadata(GATEWAY_METADATA, Chat)).toBe(true);
    expect(Reflect.getMetadata(PORT_METADATA, Chat)).toBe(81);
    expect(Reflect.getMetadata(GATEWAY_OPTIONS, Chat)).toMatchObject({ path: '/chat' });
  });

  it('hands on the Observable that an interceptor returned, instead of its last value', async () => {
    const items = of(1, 2);
    const page = { show: () => items };
    const make = (one: ExternalContextCreator): Promise<unknown> =>
      (one.create(page, page.show, 'show') as () => Promise<unknown>)();
    expect(await make(creator)).toBe(2);
    expect(await make(withoutWaiting(creator))).toBe(items);
  });

  it('tells its global enhancers', () => {
    expect(applicationConfigOf(creator)?.getGlobalGuards()).toEqual([]);
  });

  it('is seen to listen to clients in its own way, or in another', () => {
    class OwnAdapter extends IoAdapter {
      override bindClientConnect(): void {}
    }
    expect([new IoAdapter(), new OwnAdapter(), undefined].map(listensAsNest)).toEqual([true, false, false]);
  });

  it('does not hear the connections of one gateway, and those that listen later do', async () => {
    const server = new EventEmitter();
    takeNoClients(server as never);
    const heard: string[] = [];
    server.on('connection', () => heard.push('ours'));
    server.on('connection', () => heard.push('the next'));
    server.emit('connection');
    expect(heard).toEqual(['the next']);
    takeNoClients(server as never);
    await Promise.resolve();
    expect(Object.hasOwn(server, 'on')).toBe(false);
  });
});
