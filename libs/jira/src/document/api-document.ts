// The application's API as an AsyncAPI 3.1 document, from what is registered. The same application gives the same document.

import { Inject, Injectable, type Type } from '@nestjs/common';
import { PROTOCOL_VERSION } from 'nestjs-jira-protocol';
import { ConfigurationError } from '../core/errors/configuration.error.js';
import { EventRegistry } from '../events/event-registry.js';
import { HookRegistry } from '../hooks/registry.js';
import type { Limits } from '../core/limits/limits.js';
import type { Authentication } from '../policy/authentication/authentication.js';
import type { PermissionSpec } from '../policy/permissions/permission.js';
import { TypeOrmEdge } from '../typeorm/typeorm-edge.js';
import { Components } from './components.js';
import { describeEvent, describeProtocol } from './event-channels.js';
import { PROTOCOL_SCHEMAS, ref } from './frames.js';
import { describeHook, type Described } from './hook-channel.js';
import type { Channel, Operation } from './messages.js';
import type { Schema } from './schema.js';
import { securitySchemes } from './security.js';

/** The document's `info`. */
export interface DocumentInfo {
  /** Name of the API. @default 'API' */
  readonly title?: string;
  /** Version of the API, not of the library. @default '1.0.0' */
  readonly version?: string;
  /** Description of the API, as Markdown. */
  readonly description?: string;
}

/** Options of `JiraModule.document()`. */
export interface DocumentOptions {
  /** What the document says about the API as a whole. */
  readonly info?: DocumentInfo;
  /** Address of the server, as `host:port`. @default 'localhost:3000' */
  readonly host?: string;
}

/** An AsyncAPI 3.1 document, as plain JSON. */
export interface AsyncApiDocument {
  readonly asyncapi: '3.1.0';
  readonly info: Schema;
  readonly defaultContentType: string;
  readonly servers: Readonly<Record<string, Schema>>;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly messages: Readonly<Record<string, Schema>>;
    readonly correlationIds: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Readonly<Record<string, Schema>>;
  };
  readonly 'x-jira': Schema;
}

/** The parts of the module's options that the document describes. */
export interface DocumentedOptions {
  readonly authentication: readonly (Type<Authentication> | Authentication)[];
  readonly permissions: readonly PermissionSpec[];
  readonly limits: Limits;
  readonly socketIo: { readonly path?: string };
}

export const DOCUMENTED_OPTIONS = Symbol('jira documented options');

@Injectable()
export class ApiDocument {
  constructor(
    private readonly hooks: HookRegistry,
    private readonly events: EventRegistry,
    private readonly edge: TypeOrmEdge,
    @Inject(DOCUMENTED_OPTIONS) private readonly options: DocumentedOptions,
  ) {}

  /** @throws ConfigurationError if nothing is registered yet */
  build({ info = {}, host = 'localhost:3000' }: DocumentOptions = {}): AsyncApiDocument {
    const { authentication, permissions, limits, socketIo } = this.options;
    if ([...this.hooks.all()].length + [...this.events.all()].length === 0)
      throw new ConfigurationError(
        'JiraModule.document()',
        'was called before any hook or event handler was registered.',
        'Call it after app.init() or app.listen().',
      );
    const components = new Components();
    Object.assign(components.schemas, PROTOCOL_SCHEMAS);
    const { channels, operations } = this.describe(components, permissions);
    const security = securitySchemes(authentication);
    const { title = 'API', version = '1.0.0', description } = info;
    const document: AsyncApiDocument = {
      asyncapi: '3.1.0',
      info: { title, version, ...(description !== undefined && { description }) },
      defaultContentType: 'application/json',
      servers: {
        default: {
          host,
          protocol: 'socket.io',
          pathname: socketIo.path ?? '/socket.io',
          description: `Say { "jira": ${PROTOCOL_VERSION} } in the handshake's auth, beside the credentials.`,
          ...(Object.keys(security).length > 0 && {
            security: Object.keys(security).map((name) => ({ $ref: `#/components/securitySchemes/${name}` })),
          }),
        },
      },
      channels,
      operations,
      components: {
        schemas: components.schemas,
        messages: { error: { name: 'error', title: 'A refusal, or a failure', correlationId: { $ref: '#/components/correlationIds/requestId' }, payload: ref('Error') } },
        correlationIds: { requestId: { location: '$message.payload#/requestId' } },
        securitySchemes: security,
      },
      'x-jira': { protocol: PROTOCOL_VERSION, limits: { ...limits } },
    }; // prettier-ignore
    // Drops the values that JSON omits.
    return JSON.parse(JSON.stringify(document)) as AsyncApiDocument;
  }

  private describe(components: Components, permissions: readonly PermissionSpec[]): Described {
    const all: Described = { channels: {}, operations: {} };
    const add = (one: Described): void => {
      Object.assign(all.channels, one.channels);
      Object.assign(all.operations, one.operations);
    };
    const hooks = [...this.hooks.all()].toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1));
    for (const hook of hooks) add(describeHook(hook, { edge: this.edge, permissions, components }));
    for (const [path, event, target] of this.events.all())
      add(describeEvent(path, event, target, { components, permissions }));
    add(describeProtocol());
    return all;
  }
}
