// The channel of a hook: messages for what each action takes and answers, and one for changes.

import { CANCEL_ACTION } from 'nestjs-jira-protocol';
import type { RegisteredHook } from '../hooks/registry.js';
import { Observer } from '../live/observers/observer.js';
import type { PermissionSpec } from '../policy/permissions/permission.js';
import { rowFactsOf } from '../typeorm/hooks/row-facts.js';
import type { TypeOrmEdge } from '../typeorm/typeorm-edge.js';
import { ActionDescriber, type ActionDescription } from './actions.js';
import { idOf, type Components } from './components.js';
import { answerFrame, changeFrame, errorsOf, requestFrame } from './frames.js';
import { channelRef, correlated, messageRefs, type Channel, type Operation } from './messages.js';
import { whoMay } from './permission-names.js';
import { sampleOf } from './samples.js';
import { isUnknown, NULL, objectOf, unknown, type Schema } from './schema.js';

export interface Described {
  readonly channels: Record<string, Channel>;
  readonly operations: Record<string, Operation>;
}

export interface HookContext {
  readonly edge: TypeOrmEdge;
  readonly permissions: readonly PermissionSpec[];
  readonly components: Components;
}

export function describeHook(registered: RegisteredHook, { edge, permissions, components }: HookContext): Described {
  const { namespace, hook, path } = registered;
  const id = idOf(namespace);
  const describer = new ActionDescriber(registered, rowFactsOf(hook, edge), components);
  const messages: Record<string, Schema> = { error: { $ref: '#/components/messages/error' } };
  const operations: Record<string, Operation> = {};
  for (const action of registered.actions.values()) {
    const described = describer.describe(action);
    const name = idOf(action.name);
    const asked = described.inputs.map((input, i) => {
      const own = PROTOCOLS_OWN.has(name) ? `${name}.request` : name;
      const key = described.inputs.length === 1 ? own : `${own}.${input.methods.join('.') || i}`;
      messages[key] = requestMessage(namespace, described, input, components);
      return key;
    });
    messages[`${name}.answer`] = answerMessage(described);
    operations[`${id}.${name}`] = {
      action: 'receive',
      channel: channelRef(id),
      title: `${namespace} ${action.name}`,
      ...(described.summary !== undefined && { summary: described.summary }),
      messages: messageRefs(id, asked),
      reply: { channel: channelRef(id), messages: messageRefs(id, [`${name}.answer`, 'error']) },
      'x-action': {
        namespace,
        name: action.name,
        methods: [...action.methods],
        detail: action.options.detail === true,
        subscribes: described.subscribes,
        timeoutMs: action.timeoutMs,
        permissions: whoMay(hook, action.member, action.options, permissions, hook.permissions),
      },
      'x-errors': errorsOf(described.codes),
    };
  }
  addCancel(id, messages, operations);
  if (observersOf(hook).length > 0)
    addChanges(id, changeFrame(rowOf(hook, describer), describer.listChange()), messages, operations);
  const channel: Channel = {
    address: namespace,
    title: namespace,
    messages,
    ...(path !== undefined && { 'x-path': path }),
    'x-hook': hook.constructor.name,
  };
  return { channels: { [id]: channel }, operations };
}

/** Messages of the protocol, in every hook's channel. */
const PROTOCOLS_OWN = new Set(['error', 'change']);

type Input = ActionDescription['inputs'][number];

function requestMessage(
  namespace: string,
  { name, summary, query, needsQuery, headers }: ActionDescription,
  { methods, data }: Input,
  components: Components,
): Schema {
  const needsData = data !== undefined && requiresMembers(data, components);
  const payload = requestFrame({
    action: name,
    methods,
    ...(data && { data: needsData || isUnknown(data) ? data : { anyOf: [data, NULL] } }),
    needsData,
    query,
    needsQuery,
    headers,
  });
  const example = exampleOf(name, methods[0], { data, needsData, query, needsQuery }, components);
  return correlated({
    name: `${namespace}.${name}`,
    title: `${methods.join(', ')} ${name}`,
    ...(summary !== undefined && { summary }),
    payload,
    ...(example && { examples: [{ name, payload: example }] }),
  });
}

function exampleOf(
  action: string,
  method: string | undefined,
  { data, needsData, query, needsQuery }: { data?: Schema; needsData: boolean; query: Schema; needsQuery: boolean },
  components: Components,
): object | undefined {
  const sent = needsData && data ? sampleOf(data, components) : undefined;
  const asked = needsQuery ? sampleOf(query, components) : undefined;
  if ((needsData && sent === undefined) || (needsQuery && asked === undefined)) return undefined;
  return { requestId: '1', method, action, ...(needsData && { data: sent }), ...(needsQuery && { query: asked }) };
}

function answerMessage({ name, inputs, status, output }: ActionDescription): Schema {
  const methods = inputs.flatMap((input) => input.methods);
  const payload = answerFrame({ action: { const: name }, methods, status, data: output });
  return correlated({ name: `${name}.answer`, title: `Answer to ${name}`, payload });
}

function addCancel(id: string, messages: Record<string, Schema>, operations: Record<string, Operation>): void {
  const data = objectOf({ target: { type: 'string', description: 'requestId of what is cancelled.' } }, ['target'], {});
  messages['jira.cancel'] = correlated({
    name: 'jira.cancel',
    title: 'Cancel a request, or end a subscription',
    payload: requestFrame({ action: CANCEL_ACTION, methods: ['SUBSCRIPTION'], data, needsData: true }),
  });
  messages['jira.cancel.answer'] = correlated({
    name: 'jira.cancel.answer',
    payload: answerFrame({ action: { const: CANCEL_ACTION }, methods: ['SUBSCRIPTION'], status: { const: 200 }, data: NULL }), // prettier-ignore
  });
  operations[`${id}.jira.cancel`] = {
    action: 'receive',
    channel: channelRef(id),
    title: 'Cancel a request, or end a subscription',
    messages: messageRefs(id, ['jira.cancel']),
    reply: { channel: channelRef(id), messages: messageRefs(id, ['jira.cancel.answer', 'error']) },
    'x-protocol': true,
  };
}

function addChanges(
  id: string,
  payload: Schema,
  messages: Record<string, Schema>,
  operations: Record<string, Operation>,
): void {
  // prettier-ignore
  messages['change'] = {
    name: 'change',
    title: 'A row came, changed or left',
    summary: 'After "reset" fetch again.',
    payload,
  };
  // An action may be named "changes".
  operations[`${id}.changes` in operations ? `${id}.jira.changes` : `${id}.changes`] = {
    action: 'send',
    channel: channelRef(id),
    title: `Changes of ${id}`,
    summary: 'What subscribers are sent, on the channel that the answer to their subscribe names.',
    messages: messageRefs(id, ['change', 'error']),
  };
}

function observersOf(hook: object): Observer<object>[] {
  return Object.values(hook).filter((value): value is Observer<object> => value instanceof Observer);
}

/** What subscribers get of a row. An observer may show it differently than the hook does. */
function rowOf(hook: object, { row }: ActionDescriber): Schema {
  const showOtherwise = observersOf(hook).some((observer) => observer.showsOtherwise);
  return showOtherwise ? unknown('an observer says by its own serialize() what is sent') : row;
}

/** Whether an empty object, which means no data, would be refused. */
function requiresMembers(data: Schema, components: Components): boolean {
  const { required, type, anyOf, oneOf } = components.resolve(data);
  if (typeof type === 'string' && type !== 'object') return true;
  const choices = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  return (
    (Array.isArray(required) && required.length > 0) ||
    choices?.every((one) => requiresMembers(one, components)) === true
  );
}
