// The security schemes of the document: the credentials of a handshake that the library reads itself.

import type { Type } from '@nestjs/common';
import { BearerTokenAuthentication } from '../policy/authentication/bearer-token.authentication.js';
import type { Authentication } from '../policy/authentication/authentication.js';
import { JwtAuthentication } from '../policy/authentication/jwt.authentication.js';
import { SessionAuthentication } from '../policy/authentication/session.authentication.js';
import { idOf } from './components.js';
import type { Schema } from './schema.js';

/** Schemes by name, in the order in which they are tried. */
export function securitySchemes(specs: readonly (Type<Authentication> | Authentication)[]): Record<string, Schema> {
  return Object.fromEntries(
    specs.map((spec) => {
      const type = typeof spec === 'function' ? spec : (spec.constructor as Type<Authentication>);
      return [idOf(type.name || 'authentication'), schemeOf(type)];
    }),
  );
}

function schemeOf(type: Type<Authentication>): Schema {
  const is = (known: unknown): boolean => {
    const { prototype } = known as { prototype: object };
    return type === known || type.prototype instanceof (known as Type<object>) || type.prototype === prototype;
  };
  if (is(JwtAuthentication)) return { ...BEARER, bearerFormat: 'JWT' };
  if (is(BearerTokenAuthentication)) return BEARER;
  if (is(SessionAuthentication))
    return { type: 'httpApiKey', in: 'cookie', name: 'connect.sid', description: 'The session cookie of the page.' };
  return {
    type: 'apiKey',
    in: 'user',
    description: `What ${type.name} reads of the handshake, such as members of "auth".`,
    'x-handshake': 'auth',
  };
}

const BEARER: Schema = {
  type: 'http',
  scheme: 'bearer',
  description: 'In the handshake: auth.token, or the header "Authorization: Bearer …".',
  'x-handshake': 'token',
};
