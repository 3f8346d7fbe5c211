// The API document as the page shows it: hooks with their actions, and events.

export interface Schema {
  readonly [keyword: string]: unknown;
}

export interface ActionModel {
  readonly kind: 'action' | 'event';
  readonly namespace: string;
  readonly name: string;
  readonly methods: readonly string[];
  readonly summary?: string;
  readonly permissions: readonly string[];
  readonly timeoutMs?: number;
  readonly subscribes: boolean;
  readonly errors: readonly { readonly code: string; readonly status: number; readonly retryable: boolean }[];
  /** The inputs by method. */
  readonly inputs: Readonly<
    Record<string, { readonly data?: Schema; readonly query?: Schema; readonly needsQuery: boolean }>
  >;
  readonly output?: Schema;
}

export interface HookModel {
  readonly namespace: string;
  readonly path?: string;
  readonly actions: readonly ActionModel[];
}

interface Operation {
  readonly title: string;
  readonly summary?: string;
  readonly channel: { readonly $ref: string };
  readonly messages: readonly { readonly $ref: string }[];
  readonly reply?: { readonly messages: readonly { readonly $ref: string }[] };
  readonly 'x-action'?: {
    readonly namespace: string;
    readonly name: string;
    readonly methods: readonly string[];
    readonly subscribes: boolean;
    readonly timeoutMs: number;
    readonly permissions: readonly string[];
  };
  readonly 'x-errors'?: ActionModel['errors'];
  readonly 'x-event'?: { readonly name: string; readonly timeoutMs: number };
}

interface Channel {
  readonly address: string;
  readonly 'x-path'?: string;
}

export interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly servers: Readonly<Record<string, { readonly pathname?: string }>>;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly components: { readonly securitySchemes: Readonly<Record<string, Schema>> };
}

export class ApiModel {
  readonly hooks: readonly HookModel[];

  constructor(readonly document: Document) {
    const hooks = new Map<string, { namespace: string; path?: string; actions: ActionModel[] }>();
    for (const operation of Object.values(document.operations)) {
      const action = this.actionOf(operation);
      if (!action) continue;
      const channel = this.at(operation.channel.$ref) as unknown as Channel;
      const hook = hooks.get(action.namespace) ?? { namespace: action.namespace, path: channel['x-path'], actions: [] };
      hooks.set(action.namespace, hook);
      hook.actions.push(action);
    }
    this.hooks = [...hooks.values()].map((hook) => ({
      ...hook,
      actions: hook.actions.toSorted((a, b) => rankOf(a) - rankOf(b)),
    }));
  }

  find(namespace: string, name: string): ActionModel | undefined {
    return this.hooks.find((hook) => hook.namespace === namespace)?.actions.find((action) => action.name === name);
  }

  get socketPath(): string {
    return this.document.servers['default']?.pathname ?? '/socket.io';
  }

  /** Returns the schema that a `$ref` points to, or else the schema itself. */
  resolve(schema: Schema): Schema {
    return typeof schema['$ref'] === 'string' ? this.resolve(this.at(schema['$ref'])) : schema;
  }

  private actionOf(operation: Operation): ActionModel | undefined {
    const { 'x-action': action, 'x-event': event } = operation;
    const payloads = operation.messages.map(({ $ref }) => this.at($ref)['payload'] as Schema);
    if (event)
      return {
        kind: 'event',
        namespace: 'events',
        name: event.name,
        methods: ['POST'],
        permissions: [],
        subscribes: false,
        errors: [],
        timeoutMs: event.timeoutMs,
        inputs: { POST: { data: payloads[0], needsQuery: false } },
      };
    if (!action) return undefined;
    const inputs: Record<string, ActionModel['inputs'][string]> = {};
    for (const payload of payloads) {
      const { method, data, query } = payload['properties'] as Record<string, Schema>;
      const methods = (method['enum'] as string[] | undefined) ?? [method['const'] as string];
      const needsQuery = (payload['required'] as string[]).includes('query');
      for (const one of methods)
        inputs[one] = { data: data && this.present(data), query: query && this.present(query), needsQuery };
    }
    const answer = operation.reply?.messages[0];
    const output =
      answer && ((this.at(answer.$ref)['payload'] as Schema)['properties'] as Record<string, Schema>)['data'];
    return {
      kind: 'action',
      ...action,
      ...(operation.summary !== undefined && { summary: operation.summary }),
      errors: operation['x-errors'] ?? [],
      inputs,
      output,
    };
  }

  /** The schema without the alternative `null`, which stands for no value at all. */
  private present(schema: Schema): Schema {
    const choices = schema['anyOf'] as Schema[] | undefined;
    const [first, second] = choices ?? [];
    return choices?.length === 2 && second?.['type'] === 'null' && first ? first : schema;
  }

  private at(ref: string): Schema {
    let found: unknown = this.document;
    for (const part of ref.slice(2).split('/'))
      found = (found as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
    return found as Schema;
  }
}

/** The order of the standard actions. A hook's own actions follow, in the document's order. */
const ORDER = ['list', 'retrieve', 'create', 'update', 'destroy', 'subscribe', 'listen'];

function rankOf({ name }: ActionModel): number {
  const rank = ORDER.indexOf(name);
  return rank >= 0 ? rank : name === 'unsubscribe' ? ORDER.length + 1 : ORDER.length;
}
