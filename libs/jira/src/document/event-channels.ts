// The channels of event handlers, and those of the protocol itself.

import { ACKNOWLEDGE_ACTION, AUTHENTICATE_ACTION, CONNECTION_EVENT, MESSAGE_EVENT, PING_ACTION, POSITION_EVENT, SESSION_EVENT, type Method } from 'nestjs-jira-protocol'; // prettier-ignore
import type { EventTarget } from '../events/event-registry.js';
import { isChosenInput } from '../hooks/action.decorator.js';
import { idOf } from './components.js';
import { answerFrame, ref, requestFrame } from './frames.js';
import type { Described, HookContext } from './hook-channel.js';
import { inputSchema } from './input-schema.js';
import { channelRef, correlated, messageRefs, type Operation } from './messages.js';
import { anyOf, listOf, NULL, objectOf, TEXT, unknown, type Schema } from './schema.js';
import { permissionName } from './permission-names.js';
import { viewSchema } from './view-schema.js';

/** @param path the only URL at which the event is handled; `undefined` for clients without a path */
export function describeEvent(
  path: string | undefined,
  event: string,
  target: EventTarget,
  { components, permissions }: Pick<HookContext, 'components' | 'permissions'>,
): Described {
  const id = idOf(path === undefined ? event : `${path}.${event}`);
  const { input, groups = [], output } = target.options;
  const payload = input && !isChosenInput(input) ? inputSchema(input, { isPartial: false, groups, name: `${event}.data` }, components) : unknown('the handler names no input class'); // prettier-ignore
  const view = output ? viewSchema(output, undefined, components) : undefined;
  const data = view ? { ...anyOf(view, listOf(view), NULL), ...unknown('one, or a list') } : unknown('the handler names no output class'); // prettier-ignore
  const answer = answerFrame({ action: { const: '' }, methods: METHODS_OF_EVENTS, status: { type: 'integer', minimum: 200, maximum: 299 }, data }); // prettier-ignore
  const messages: Record<string, Schema> = {
    event: { name: event, title: event, payload },
    answer: { name: `${event}.answer`, title: 'The acknowledgement, for who asks for one', payload: answer },
    error: { $ref: '#/components/messages/error' },
  };
  const operation: Operation = {
    action: 'receive',
    channel: channelRef(id),
    title: event,
    messages: messageRefs(id, ['event']),
    reply: { channel: channelRef(id), messages: messageRefs(id, ['answer', 'error']) },
    'x-event': {
      name: event,
      handler: target.subject,
      timeoutMs: target.timeoutMs,
      permissions: [...permissions.map(permissionName), ...target.who],
    },
  };
  const channel = { address: event, title: event, messages, ...(path !== undefined && { 'x-path': path }) };
  return { channels: { [id]: channel }, operations: { [id]: operation } };
}

const METHODS_OF_EVENTS: readonly Method[] = ['POST'];

/** Events of the protocol that the server sends, as in docs/protocol.md. */
const SENT: readonly (readonly [string, string, Schema])[] = [
  [SESSION_EVENT, 'When your credentials end', ref('Session')],
  ['$disconnect', 'Why the connection is about to be closed', ref('Refusal')],
  [
    '$reconnect',
    'The server shuts down: come back after so many ms',
    objectOf({ afterMs: { type: 'number', minimum: 0 } }, ['afterMs']),
  ],
  [
    POSITION_EVENT,
    'Everything up to here was sent',
    objectOf({ position: TEXT, frames: { type: 'integer', minimum: 0 } }, ['position', 'frames']),
  ],
  [
    MESSAGE_EVENT,
    'A message that waited; acknowledge it',
    objectOf({ id: TEXT, event: TEXT, data: {} }, ['id', 'event']),
  ],
];

interface Asked {
  readonly action: string;
  readonly method: Method;
  readonly title: string;
  readonly data?: Schema;
  readonly answer: Schema;
}

const ASKED: readonly Asked[] = [
  {
    action: AUTHENTICATE_ACTION,
    method: 'POST',
    title: 'Renew your credentials; data is what auth would be',
    data: { type: 'object' },
    answer: ref('Session'),
  },
  {
    action: ACKNOWLEDGE_ACTION,
    method: 'POST',
    title: 'Say which messages have arrived',
    data: { ...objectOf({ ids: listOf(TEXT) }, ['ids'], {}), 'x-lenient': true },
    answer: NULL,
  },
  { action: PING_ACTION, method: 'GET', title: 'Ask whether the connection is alive', answer: NULL },
];

export function describeProtocol(): Described {
  const described: Described = { channels: {}, operations: {} };
  const connection = idOf(CONNECTION_EVENT);
  const messages: Record<string, Schema> = { error: { $ref: '#/components/messages/error' } };
  described.channels[connection] = { address: CONNECTION_EVENT, title: 'The connection', messages, 'x-protocol': true };
  for (const { action, method, title, data, answer } of ASKED) {
    const name = action.slice(1);
    messages[name] = correlated({
      name,
      title,
      payload: requestFrame({ action, methods: [method], data, needsData: data !== undefined }),
    });
    messages[`${name}.answer`] = correlated({
      name: `${name}.answer`,
      payload: answerFrame({ action: { const: action }, methods: [method], status: { const: 200 }, data: answer }),
    });
    described.operations[`${connection}.${name}`] = {
      action: 'receive',
      channel: channelRef(connection),
      title,
      messages: messageRefs(connection, [name]),
      reply: { channel: channelRef(connection), messages: messageRefs(connection, [`${name}.answer`, 'error']) },
      'x-protocol': true,
    };
  }
  for (const [event, title, payload] of SENT) {
    const id = idOf(event);
    described.channels[id] = { address: event, title, messages: { event: { name: event, title, payload } }, 'x-protocol': true }; // prettier-ignore
    described.operations[id] = { action: 'send', channel: channelRef(id), title, messages: messageRefs(id, ['event']), 'x-protocol': true }; // prettier-ignore
  }
  return described;
}
