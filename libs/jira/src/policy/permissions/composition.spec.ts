import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HookScope } from '../../core/scope/scope.js';
import { compose } from './composition.js';
import { Permission, checkObject, checkRequest, type Verdict } from './permission.js';

const anonymous = { user: null } as HookScope;
const known = { user: { id: 1 } } as unknown as HookScope;

interface Rule {
  readonly request?: boolean;
  readonly object?: boolean;
  readonly isAsync: boolean;
}

function permission({ request, object, isAsync }: Rule): Permission {
  const verdict = (value: boolean): Verdict => (isAsync ? Promise.resolve(value) : value);
  class Drawn extends Permission {}
  return Object.assign(new Drawn(), {
    ...(request !== undefined && { hasPermission: () => verdict(request) }),
    ...(object !== undefined && { hasObjectPermission: () => verdict(object) }),
  });
}

const rule = fc.record(
  { request: fc.boolean(), object: fc.boolean(), isAsync: fc.boolean() },
  { requiredKeys: ['isAsync'] },
);
const rules = fc.array(rule, { minLength: 1, maxLength: 4 });
const allowsRequest = async (part: Permission): Promise<boolean> => (await part.hasPermission?.(known)) ?? true;
const allowsObject = async (part: Permission): Promise<boolean> =>
  (await part.hasObjectPermission?.(known, {})) ?? true;

describe('composed permissions', () => {
  it('allow by and what every part allows', async () => {
    await fc.assert(
      fc.asyncProperty(rules, async (drawn) => {
        const composed = compose('and', drawn.map(permission));
        expect(await allowsRequest(composed)).toBe(drawn.every(({ request }) => request ?? true));
        expect(await allowsObject(composed)).toBe(drawn.every(({ object }) => object ?? true));
      }),
    );
  });

  it('allow by or the objects of a part that allows the request as well', async () => {
    await fc.assert(
      fc.asyncProperty(rules, async (drawn) => {
        const composed = compose('or', drawn.map(permission));
        expect(await allowsRequest(composed)).toBe(drawn.some(({ request }) => request ?? true));
        const hasObjectRule = drawn.some(({ object }) => object !== undefined);
        const isAllowed = drawn.some(({ request, object }) => (request ?? true) && (object ?? true));
        expect(await allowsObject(composed)).toBe(hasObjectRule ? isAllowed : true);
      }),
    );
  });

  it('negate each method of the part separately', async () => {
    await fc.assert(
      fc.asyncProperty(rule, async (drawn) => {
        const composed = compose('not', [permission(drawn)]);
        expect(await allowsRequest(composed)).toBe(!(drawn.request ?? false));
        expect(await allowsObject(composed)).toBe(!(drawn.object ?? false));
      }),
    );
  });

  it('have only the methods that a part has', () => {
    const composed = compose('and', [permission({ request: true, isAsync: false })]);
    const has = ['hasPermission', 'hasObjectPermission', 'canConnect'].filter((name) => name in composed);
    expect(has).toEqual(['hasPermission']);
  });

  it('stay synchronous while their parts are', () => {
    const composed = compose('or', [
      permission({ request: false, isAsync: false }),
      permission({ request: true, isAsync: false }),
    ]);
    expect(composed.hasPermission?.(known)).toBe(true);
  });

  it('do not ask the parts behind a refusal', () => {
    let asked = 0;
    class Counting extends Permission {
      override hasPermission(): boolean {
        asked++;
        return true;
      }
    }
    const composed = compose('and', [permission({ request: false, isAsync: false }), new Counting()]);
    expect(composed.hasPermission?.(known)).toBe(false);
    expect(asked).toBe(0);
  });
});

describe('a refused request', () => {
  const refusing = permission({ request: false, object: false, isAsync: false });

  it('is 401 for an anonymous caller and 403 for a known one', () => {
    const check = (scope: HookScope) => () => checkRequest([refusing], scope);
    expect(check(anonymous)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
    expect(check(known)).toThrow(expect.objectContaining({ code: 'PERMISSION_DENIED' }));
  });

  it('carries the message and code of the permission', async () => {
    const spoken = Object.assign(permission({ object: false, isAsync: true }), { message: 'Closed.', code: 'CLOSED' });
    await expect(checkObject([spoken], known, {})).rejects.toMatchObject({
      message: 'Closed.',
      code: 'CLOSED',
      status: 403,
    });
  });

  it('is noticed behind an asynchronous permission that allows', async () => {
    const late = permission({ request: true, isAsync: true });
    await expect(checkRequest([late, refusing], known)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });
});
