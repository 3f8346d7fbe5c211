// From hook classes to the types a client works with. Types only.

import type { Observable } from 'rxjs';
import type { Wire } from 'nestjs-jira-protocol';
import type { ActionScope } from '../scope/scope.js';
import type { InputOf } from './mixins/mixin.js';

/**
 * The API of these hooks, by namespace: `export type Api = ApiOf<{ issues: IssueHook }>`. Import it type-only into the
 * client. Actions are the methods whose first parameter is an `ActionScope`; their outputs are what arrives: dates and
 * bigints as strings, a stream item by item, nothing as `null`.
 */
export type ApiOf<Hooks extends Record<string, object>> = { [N in keyof Hooks]: HookApi<Hooks[N]> };

type HookApi<H> = {
  [K in keyof H as [ActionOf<H[K]>] extends [never] ? never : K]: ActionOf<H[K]> extends Described<
    infer Input,
    infer Query,
    infer Output
  >
    ? { input: Chosen<H, K, Input>; query: Query; output: Wire<Answered<Output>> }
    : never;
};

interface Described<Input, Query, Output> {
  input: Input;
  query: Query;
  output: Output;
}

type ActionOf<M> = M extends (scope: infer S, ...rest: never[]) => infer R
  ? S extends ActionScope<infer Input, infer Query>
    ? Described<Input, Query, Awaited<R>>
    : never
  : never;

/** What the client receives of what an action returns. */
type Answered<Output> = [Output] extends [void]
  ? null
  : Output extends AsyncIterable<infer Item>
    ? Item
    : Output extends Observable<infer Item>
      ? Item
      : Output;

/** `create` and `update` take what the hook's attributes say, unless an override says otherwise. */
type Chosen<H, K, Input> = unknown extends Input
  ? K extends 'create'
    ? InputOf<H, 'createInput'>
    : K extends 'update'
      ? H extends { updateInput: unknown }
        ? InputOf<H, 'updateInput'>
        : InputOf<H, 'createInput'>
      : Input
  : Input;
