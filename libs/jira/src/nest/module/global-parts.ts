// Creates the classes that the options name for all hooks, once at boot.

import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { TRANSLATORS, type ErrorTranslator } from '../../core/errors/error-answer.js';
import type { Entry } from '../../live/sessions/authorization.js';
import type { Authentication } from '../../policy/authentication/authentication.js';
import { TypeOrmRowViews } from '../../typeorm/row-views.js';
import { TypeOrmEdge } from '../../typeorm/typeorm-edge.js';
import type { HookDefaults } from '../explorer/hook-explorer.js';
import { created, createMiddleware, createPagination, createPermissions } from '../explorer/hook-parts.js';
import { RESOLVED_OPTIONS, type ResolvedJiraOptions } from './jira-options.js';

@Injectable()
export class GlobalParts {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedJiraOptions,
    private readonly moduleRef: ModuleRef,
    @Inject(TRANSLATORS) private readonly translators: readonly ErrorTranslator[],
    private readonly edge: TypeOrmEdge,
  ) {}

  /** @throws ConfigurationError if one of them is not what it is listed as */
  async create(): Promise<HookDefaults> {
    const { options, moduleRef, translators } = this;
    const { pageSize, limits, fastPaths } = options;
    const permissions = await createPermissions(options.permissions, moduleRef);
    const middleware = await createMiddleware(options.middleware, moduleRef);
    const pagination = await createPagination(options.pagination, null, moduleRef);
    const rowViews = new TypeOrmRowViews(this.edge);
    return { permissions, middleware, pagination, pageSize, limits, fastPaths, translators, rowViews };
  }

  /** What decides who may connect. */
  async createEntry({ permissions }: HookDefaults): Promise<Entry> {
    const create = (one: ResolvedJiraOptions['authentication'][number]): Promise<Authentication> =>
      created(one, 'authentication', ['authenticate'], this.moduleRef);
    return { authentication: await Promise.all(this.options.authentication.map(create)), permissions };
  }
}
