// Nest's own parameter decorators on actions: `@Body()`, `@MessageBody()`, `@Query()`, `@Headers()`, `@Req()` and others.

import type { ExternalContextCreator } from '@nestjs/core';
import { RouteParamtypes } from '../../core/nest-internals.js';
import { pick, SCOPE_ARGUMENT } from '../../hooks/request-decorators.js';
import type { HookScope } from '../../core/scope/scope.js';

type ParamsFactory = NonNullable<Parameters<ExternalContextCreator['create']>[4]>;

/** The decorators of HTTP and of gateways share their numbers. Those that have no meaning here read `null`. */
export const paramsFactory: ParamsFactory = {
  exchangeKeyForValue(type: RouteParamtypes, data: unknown, args: unknown[]): unknown {
    const scope = args[SCOPE_ARGUMENT] as HookScope;
    const key = typeof data === 'string' ? data : undefined;
    switch (type) {
      case RouteParamtypes.REQUEST:
        return args[0];
      case RouteParamtypes.BODY:
        return pick(scope.data, key);
      case RouteParamtypes.QUERY:
        return pick(scope.query, key);
      case RouteParamtypes.PARAM:
        return pick(scope.params, key);
      case RouteParamtypes.HEADERS:
        return pick((args[0] as { headers: object }).headers, key?.toLowerCase());
      case RouteParamtypes.IP:
        return scope.handshake.address;
      default:
        return null;
    }
  },
};
