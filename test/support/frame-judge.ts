// Checks frames against the API document of their application: a request by its action, an answer by its request, a
// change by its channel.

import type { Type } from '@nestjs/common';
import { ConfigurationError, JiraModule, type AsyncApiDocument } from 'nestjs-jira';
import { isRecord } from '../../libs/jira/src/core/support/is-record.js';
import { DocumentSchemas, withoutLenient } from '../document/validator.js';

export interface JudgedApp {
  readonly url: string;
  get<T>(token: Type<T>): T;
}

export interface JudgedFrame {
  readonly app: JudgedApp;
  readonly event: string;
  /** The frame that the server sent. */
  readonly frame: unknown;
  /** The payload of the request that the frame answers, if it is an answer. */
  readonly request?: unknown;
}

/** Schemas by the text of the document: most tests of a file share the same hooks, and so the same document. */
const byText = new Map<string, DocumentSchemas>();
const byApp = new WeakMap<JudgedApp, DocumentSchemas>();

/** What the document does not allow of the frame and of the request it answers, as one sentence each. */
export function faultsOfFrame({ app, event, frame, request }: JudgedFrame): string[] {
  const schemas = schemasOf(app);
  const isOurs = Object.values(schemas?.document.channels ?? {}).some(({ address }) => address === event);
  if (!schemas || !isOurs) return []; // an event of the application's own
  const { action, status, type, requestId, channel } = (isRecord(frame) ? frame : {}) as Record<string, unknown>;
  // Sent by the application itself, in a hook's namespace.
  if (status !== undefined && type === undefined && requestId === undefined && channel === undefined && event[0] !== '$') return []; // prettier-ignore
  const kind = type === undefined && (request !== undefined || requestId !== undefined) ? 'reply' : 'sent';
  const answered = faultsOf(schemas, kind, event, frame, action);
  // 207: the answer has the errors of rows that were refused by themselves.
  const isTaken = typeof status === 'number' && status < 400 && status !== 207;
  if (request === undefined || !isTaken) return answered;
  // As it went over the wire, without the members that JSON leaves out.
  const asked = JSON.parse(JSON.stringify(request)) as unknown;
  return [...answered, ...faultsOf(schemas, 'asked', event, asked, isRecord(asked) ? asked['action'] : undefined)]; // prettier-ignore
}

type Kind = 'asked' | 'reply' | 'sent';

/** @param action what the frame names; it is compared with messages about that action, or about none */
function faultsOf(schemas: DocumentSchemas, kind: Kind, event: string, frame: unknown, action: unknown): string[] {
  const paths = messagesOf(schemas, kind, event).filter(({ about }) => about === undefined || about === action);
  if (kind === 'sent' && paths.length === 0) return []; // the application's own, at the event of a handler
  const all = paths.map(({ path }) => ({ path, found: schemas.faults(path, frame) }));
  if (all.some(({ found }) => found.length === 0)) return [];
  const reasons = all.map(({ path, found }) => `${path}: ${found.join('; ')}`);
  return [`${kind} "${event}" ${JSON.stringify(frame)}\n    ${reasons.join('\n    ') || 'no such message'}`];
}

interface JudgedMessage {
  readonly path: string;
  /** The only action that the message is about, if it names one. */
  readonly about: string | undefined;
}

const MESSAGES = new WeakMap<DocumentSchemas, Map<string, readonly JudgedMessage[]>>();

/** The messages of this event's operations: what they take, what they reply, or what the server sends by itself. */
function messagesOf(schemas: DocumentSchemas, kind: Kind, event: string): readonly JudgedMessage[] {
  const cache = MESSAGES.get(schemas) ?? new Map<string, readonly JudgedMessage[]>();
  MESSAGES.set(schemas, cache);
  const key = `${kind} ${event}`;
  const found = cache.get(key) ?? findMessages(schemas.document, kind, event);
  cache.set(key, found);
  return found;
}

function findMessages(document: AsyncApiDocument, kind: Kind, event: string): JudgedMessage[] {
  const operations = Object.values(document.operations).filter(
    (one) => (one.action === 'send') === (kind === 'sent') && document.channels[nameOf(one.channel)]?.address === event,
  );
  const refs = operations.flatMap(({ messages, reply }) =>
    kind === 'reply' ? ((reply?.['messages'] ?? []) as { $ref: string }[]) : (messages as { $ref: string }[]),
  );
  return [...new Set(refs.map(({ $ref }) => $ref))].map((ref) => {
    const [, channel = '', name = ''] = /^#\/channels\/([^/]+)\/messages\/([^/]+)$/.exec(ref) ?? [];
    const message = document.channels[channel]?.messages[name] as { $ref?: string; payload?: Payload } | undefined;
    const path = message?.$ref === undefined ? ref.slice(2) : message.$ref.slice(2); // refusals are shared by all channels
    const about = message?.payload?.properties?.action?.const;
    return { path: `${path}/payload`, about: about === '' ? undefined : about };
  });
}

interface Payload {
  readonly properties?: { readonly action?: { readonly const?: string } };
}

function nameOf(channel: Readonly<Record<string, unknown>>): string {
  return String(channel['$ref']).slice('#/channels/'.length);
}

function schemasOf(app: JudgedApp): DocumentSchemas | undefined {
  const known = byApp.get(app);
  if (known) return known;
  const document = documentOf(app);
  if (!document) return undefined;
  const text = JSON.stringify(document);
  const schemas = byText.get(text) ?? new DocumentSchemas(document);
  byText.set(text, schemas);
  byApp.set(app, schemas);
  return schemas;
}

/** Returns undefined for an application without hooks and handlers, which has no document. */
function documentOf(app: JudgedApp): AsyncApiDocument | undefined {
  try {
    return withoutLenient(JiraModule.document(app));
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}
