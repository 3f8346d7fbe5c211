// `and(A, or(B, not(C)))`: permissions made of permissions.

import { Permission, PermissionComposition, type PermissionSpec, type Verdict } from './permission.js';

/** Allows if all of these allow. A list of permissions means the same, so you need `and` only inside `or` and `not`. */
export function and(...parts: readonly PermissionSpec[]): PermissionComposition {
  return new PermissionComposition('and', parts);
}

/** Allows if one of these allows. An object needs one that allows both the request and the object. */
export function or(...parts: readonly PermissionSpec[]): PermissionComposition {
  return new PermissionComposition('or', parts);
}

/**
 * Allows what this permission refuses. Each of its methods is negated separately: if it only checks objects, `not` allows
 * every request, and exactly the objects that it refuses.
 */
export function not(part: PermissionSpec): PermissionComposition {
  return new PermissionComposition('not', [part]);
}

/** Turns a composition of instances into one permission. It has only the methods that some part has. */
export function compose(kind: PermissionComposition['kind'], parts: readonly Permission[]): Permission {
  const combine = { and: every, or: some, not: none }[kind];
  const has = (name: 'canConnect' | 'hasPermission' | 'hasObjectPermission'): boolean =>
    parts.some((part) => part[name] !== undefined);
  const speaker = kind === 'not' ? undefined : parts.find((part) => part.message ?? part.code);
  const { message, code } = speaker ?? {};
  return Object.assign(new ComposedPermission(), {
    ...(message !== undefined && { message }),
    ...(code !== undefined && { code }),
    ...(has('canConnect') && {
      canConnect: (connection) => combine(parts, (part) => part.canConnect?.(connection) ?? true),
    }),
    ...(has('hasPermission') && {
      hasPermission: (scope) => combine(parts, (part) => part.hasPermission?.(scope) ?? true),
    }),
    ...(has('hasObjectPermission') && {
      hasObjectPermission: (scope, object) =>
        combine(parts, (part) => {
          const judge = (): Verdict => part.hasObjectPermission?.(scope, object) ?? true;
          return kind === 'or' ? both(part.hasPermission?.(scope) ?? true, judge) : judge();
        }),
    }),
  } satisfies Partial<Permission> as Partial<Permission>);
}

class ComposedPermission extends Permission {}

type Judge = (part: Permission) => Verdict;

/** Stops at the first refusal; awaits only results that are promises. */
function every(parts: readonly Permission[], judge: Judge): Verdict {
  const [first, ...rest] = parts;
  return first === undefined ? true : both(judge(first), () => every(rest, judge));
}

function some(parts: readonly Permission[], judge: Judge): Verdict {
  return negate(every(parts, (part) => negate(judge(part))));
}

function none(parts: readonly Permission[], judge: Judge): Verdict {
  return every(parts, (part) => negate(judge(part)));
}

function both(first: Verdict, second: () => Verdict): Verdict {
  if (typeof first === 'boolean') return first && second();
  return first.then((isAllowed) => isAllowed && second());
}

function negate(verdict: Verdict): Verdict {
  return typeof verdict === 'boolean' ? !verdict : verdict.then((isAllowed) => !isAllowed);
}
