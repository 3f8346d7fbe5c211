// The type of `scope.user`, where the application says what its users are.

import { describe, expect, it } from 'vitest';
import { compileFaults } from '../house/compile-examples.js';

const HEAD = `
import { Action, AuthenticatedActionScope, AuthenticatedScope, HookScope, BaseHook, TokenVerifier } from 'nestjs-jira';
interface User { readonly id: number }
declare module 'nestjs-jira' {
  interface ScopeTypes { user: User }
}
`;

function faultsOf(text: string): string[] {
  return compileFaults([{ document: 'test/types/users', file: 'users.ts', line: 1, text: HEAD + text }]);
}

describe('scope.user', () => {
  it('may be null, unless the hook says that its callers are authenticated', () => {
    const faults = faultsOf(`
class Tokens extends TokenVerifier { verify(token: string): User | null { return token === '' ? null : { id: 1 }; } }
class OpenHook extends BaseHook {
  careful(scope: HookScope): number | undefined { return scope.user?.id; }
  careless(scope: HookScope): number { return scope.user.id; }
}
class ClosedHook extends BaseHook {
  visibility(scope: AuthenticatedScope): number { return scope.user.id; }
  @Action() read(scope: AuthenticatedActionScope<string>): number { return scope.user.id + scope.data.length; }
}
void [Tokens, OpenHook, ClosedHook];
`);
    expect(faults).toEqual([expect.stringMatching(/^test\/types\/users:11: 'scope\.user' is possibly 'null'\.$/)]);
  });
});
