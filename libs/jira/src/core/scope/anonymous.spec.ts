import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { unlessAnonymous } from './anonymous.js';
import type { HookScope } from './scope.js';

const scopeOf = (user: unknown): HookScope => ({ user }) as HookScope;
/** A rule that the compiler would refuse if the application had typed its user. */
const idOf = (scope: HookScope): unknown => (scope.user as { id: unknown }).id;
const failure = async (work: () => unknown): Promise<unknown> => {
  try {
    return await work();
  } catch (error) {
    return error;
  }
};

describe('a rule that reads the user', () => {
  it('is answered at once where it answers at once', () => {
    const scope = scopeOf({ id: 7 });
    expect(unlessAnonymous(scope, () => idOf(scope), (id) => [id])).toEqual([7]); // prettier-ignore
  });

  it.each([null, undefined])('tells a caller who is %s to authenticate, whenever it fails', async (user) => {
    const scope = scopeOf(user);
    const late = async (): Promise<unknown> => idOf(scope);
    const rules = [() => idOf(scope), late];
    for (const rule of rules) expect(await failure(() => unlessAnonymous(scope, rule, (id) => id))).toMatchObject({ code: 'UNAUTHENTICATED' }); // prettier-ignore
    // The next step may read the user as well.
    for (const make of [() => idOf(scope), late]) expect(await failure(() => unlessAnonymous(scope, () => true, make))).toMatchObject({ code: 'UNAUTHENTICATED' }); // prettier-ignore
  });

  it('hears a promise of another realm too', async () => {
    const scope = scopeOf(null);
    const Foreign = runInNewContext('Promise') as PromiseConstructor;
    const foreign = Foreign.reject<unknown>(new TypeError('null'));
    expect(foreign).not.toBeInstanceOf(Promise);
    expect(await failure(() => unlessAnonymous(scope, () => foreign, (id) => id))).toMatchObject({ code: 'UNAUTHENTICATED' }); // prettier-ignore
  });

  it('keeps its own error where the caller has a user, or the error is of another kind', async () => {
    const [own, kind] = [new TypeError('Cannot read properties of undefined'), new Error('null')];
    const fails = (error: Error) => () => {
      throw error;
    };
    expect(await failure(() => unlessAnonymous(scopeOf({}), fails(own), (id) => id))).toBe(own);
    expect(await failure(() => unlessAnonymous(scopeOf(null), fails(kind), (id) => id))).toBe(kind);
  });
});
