// What one action does with a scope:
// filters → middleware → guards → permissions → interceptors → pipes and input → the method in its unit of work → answer.

import type { Method } from 'nestjs-jira-protocol';
import { compose, type Handler } from '../policy/middleware/compose.js';
import type { JiraMiddleware } from '../policy/middleware/middleware.js';
import type { ChangeLog } from '../core/changes/change-log.js';
import type { Pagination } from '../policy/pagination/pagination.js';
import { checkRequest, type Permission } from '../policy/permissions/permission.js';
import { Answer } from '../core/scope/answer.js';
import { stateOf, type ActionScope, type HookScope } from '../core/scope/scope.js';
import { isOnce, noStream, once } from './idempotency.js';
import { validateInput } from '../policy/serialization/input.js';
import { isChosenInput, type FoundAction, type InputChoice } from './action.decorator.js';
import type { BaseHook } from './base-hook.js';
import { SHORTCUT_OF } from './plumbing.js';
import { stockActionOf, type Shortcut } from './shortcuts.js';
import { showResult, type RowViews } from './shown-result.js';
import { clientSink, isStream, shownSink, stream, type StreamSink } from './stream.js';
import type { ActionBody, ActionEnhancement, ActionEnhancers, SinkFactory } from './enhancers.js';

type ActionMethod = (...args: unknown[]) => unknown;

/** The owner of actions: a hook, or a class of event handlers. */
export type ActionHost = object & Partial<Pick<BaseHook, 'openUnitOfWork' | typeof SHORTCUT_OF>>;

export interface ActionParts {
  readonly hook: ActionHost;
  readonly action: FoundAction;
  /** The global middleware and the hook's, outermost first. */
  readonly middleware: readonly JiraMiddleware[];
  /** The global permissions, the hook's and the action's, in this order. */
  readonly permissions: readonly Permission[];
  /** Enhancers from outside the library. */
  readonly enhancement?: ActionEnhancement;
  /** The action's own pagination, if it has one. */
  readonly pagination?: Pagination | null;
  readonly log: ChangeLog;
  /** Shows rows in results; absent = no result is a row. */
  readonly rowViews?: RowViews;
  /** How many items of a stream to buffer or collect, at most. */
  readonly streamItems: number;
}

const NONE: ActionEnhancers = {};

export function actionHandler(parts: ActionParts): Handler {
  const { enhancement = NONE } = parts;
  if (typeof enhancement !== 'function') return assemble(parts, enhancement);
  return async (scope) => assemble(parts, await enhancement(scope))(scope);
}

function assemble(parts: ActionParts, enhancers: ActionEnhancers): Handler {
  const { filter, guard, intercept } = enhancers;
  const { options } = parts.action;
  const plain = actionBody(parts, enhancers);
  const body = intercept ? intercept(plain) : plain;
  const toClient = (scope: HookScope): StreamSink => clientSink(scope, parts.streamItems);
  const core: Handler = async (scope) => {
    if (guard) await guard(scope);
    const state = stateOf(scope);
    state.permissions = parts.permissions;
    state.pagination = parts.pagination;
    const waiting = checkRequest(parts.permissions, scope);
    if (waiting) await waiting;
    const result = await body(scope as ActionScope, toClient);
    const transaction = state.unitOfWork?.transaction;
    const position = transaction && parts.log.positionOf(transaction);
    const own = result instanceof Answer ? result : result === undefined ? state.answered : undefined;
    if (own) return Object.assign(own, { position: own.position ?? position });
    const status = options.status ?? (result === undefined ? 204 : 200);
    return new Answer(status, result ?? null, position);
  };
  const onion = compose(parts.middleware, core);
  return filter ? filter(onion) : onion;
}

/** Input, arguments, and the method in its transaction. */
function actionBody(
  { hook, action, streamItems, rowViews }: ActionParts,
  { transformData, argumentsOf }: ActionEnhancers,
): ActionBody {
  const { options, member } = action;
  const method = (hook as unknown as Record<string, ActionMethod>)[member];
  const show = showResult(method, options.output, rowViews, hook);
  const perform = async (scope: ActionScope, sinkOf: SinkFactory): Promise<unknown> => {
    const result = await (argumentsOf ? method.apply(hook, await argumentsOf(scope)) : method.call(hook, scope));
    if (isStream(result)) {
      if (isOnce(scope)) throw noStream();
      const sink = sinkOf(scope);
      return stream(scope, result, streamItems, show ? shownSink(sink, (item) => show(item, scope)) : sink);
    }
    const { answered } = stateOf(scope);
    if (show && result === undefined && answered) await show(answered, scope);
    return show ? show(result, scope) : result;
  };
  const shortcut = argumentsOf || options.output ? undefined : shortcutOf(hook, method);
  return async (scope, sinkOf) => {
    if (transformData) scope.data = await transformData(scope);
    const choice = inputOf(action, hook, scope.method);
    if (choice) scope.data = await validateInput(choice.type, scope.data ?? {}, choice);
    const unitOfWork = hook.openUnitOfWork?.(scope);
    stateOf(scope).unitOfWork = unitOfWork;
    const isTransaction = isTransactional(action, scope.method);
    if (isOnce(scope)) return once(scope, unitOfWork, isTransaction, () => perform(scope, sinkOf));
    if (!unitOfWork || !isTransaction) return perform(scope, sinkOf);
    const result = await shortcut?.(scope);
    return result === undefined ? unitOfWork.run(() => perform(scope, sinkOf)) : result;
  };
}

function shortcutOf(hook: ActionHost, method: object): Shortcut | undefined {
  const stock = stockActionOf(method);
  return stock && hook[SHORTCUT_OF]?.(stock);
}

function inputOf({ options }: FoundAction, hook: object, method: Method): InputChoice | undefined {
  const { input } = options;
  if (!input) return undefined;
  return isChosenInput(input) ? input.of(hook, method) : { type: input, isPartial: false, groups: options.groups };
}

function isTransactional({ options }: FoundAction, method: Method): boolean {
  return options.transaction ?? (method !== 'GET' && method !== 'SUBSCRIPTION');
}
