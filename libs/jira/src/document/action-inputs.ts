// The data that an action takes, for each set of its methods.

import type { Method } from 'nestjs-jira-protocol';
import { isChosenInput, type InputChoice } from '../hooks/action.decorator.js';
import { GenericHook, inputFor } from '../hooks/generic-hook.js';
import { CONTEXT } from '../hooks/plumbing.js';
import type { RegisteredAction, RegisteredHook } from '../hooks/registry.js';
import { GenericModelHook } from '../typeorm/hooks/generic-model-hook.js';
import type { RowFacts } from '../typeorm/hooks/row-facts.js';
import type { Components } from './components.js';
import { ref } from './frames.js';
import { inputSchema } from './input-schema.js';
import { nameProperties } from './query-schema.js';
import { listOf, objectOf, unknown, type Schema } from './schema.js';

/** Methods that take the same data. */
export interface ActionInput {
  readonly methods: readonly Method[];
  /** `undefined` if the action takes no data. */
  readonly data?: Schema;
}

export class ActionInputs {
  constructor(
    private readonly registered: RegisteredHook,
    private readonly rows: RowFacts | undefined,
    private readonly components: Components,
  ) {}

  /** @param name name of a ready-made action; empty for other actions */
  of(action: RegisteredAction, name: string): readonly ActionInput[] {
    const methods = [...action.methods];
    const stock = this.stockInput(name);
    if (stock) return [{ methods, data: stock }];
    if (['list', 'retrieve', 'destroy', 'subscribe', 'listen'].includes(name)) return [{ methods }];
    const groups = new Map<string, { methods: Method[]; data?: Schema }>();
    for (const method of methods) {
      const data = this.inputOf(action, method);
      const key = JSON.stringify(data);
      const group = groups.get(key);
      if (group) group.methods.push(method);
      else groups.set(key, { methods: [method], data });
    }
    return [...groups.values()];
  }

  private stockInput(name: string): Schema | undefined {
    const { hook } = this.registered;
    if (name === 'unsubscribe') return objectOf({ target: { type: 'string', description: 'requestId of the subscribe.' } }, ['target'], {}); // prettier-ignore
    if (!name.endsWith('Many') || !(hook instanceof GenericHook)) return undefined;
    const generic = hook as GenericHook<object>;
    const items = { createMany: this.choiceSchema(rowInput(generic, 'create', false), 'create'), updateMany: this.updateItem(generic), destroyMany: this.keySchema() }[name]; // prettier-ignore
    const maxItems = hook[CONTEXT].limits.pageSize;
    return items && objectOf({ items: { ...listOf(items), maxItems }, atomic: { type: 'boolean', default: true } }, ['items'], {}); // prettier-ignore
  }

  private updateItem(hook: GenericHook<object>): Schema {
    const fields = this.components.resolve(this.choiceSchema(rowInput(hook, 'update', true), 'update'));
    if (fields['type'] !== 'object') return unknown('what update takes, and pk');
    return { ...fields, properties: { pk: this.keySchema(), ...(fields['properties'] as object | undefined) }, required: ['pk', ...((fields['required'] as string[] | undefined) ?? [])] }; // prettier-ignore
  }

  private keySchema(): Schema {
    const { hook } = this.registered;
    if (!(hook instanceof GenericModelHook) || !this.rows) return ref('RowId');
    return nameProperties(hook as GenericModelHook<object>, this.rows).properties['pk'] ?? ref('RowId');
  }

  private choiceSchema(choice: InputChoice | undefined, action: string): Schema {
    if (!choice) return unknown('the hook names no input class');
    const { type, isPartial, groups = [], isRow } = choice;
    const name = `${this.registered.namespace}.${action}.data`;
    return inputSchema(type, { isPartial, groups, isRow, name }, this.components);
  }

  private inputOf({ name, options, dataInputs }: RegisteredAction, method: Method): Schema {
    const { input } = options;
    if (input && !isChosenInput(input)) return this.choiceSchema({ type: input, isPartial: false, groups: options.groups }, name); // prettier-ignore
    if (input) {
      try {
        const choice = input.of(this.registered.hook, method);
        if (choice) return this.choiceSchema(choice, name);
      } catch {
        return unknown('the hook takes no such input'); // the action answers METHOD_NOT_ALLOWED
      }
    }
    if (dataInputs.length === 0) return unknown('the action names no input class');
    const members = dataInputs.map(
      ({ key = '', type }) => [key, this.choiceSchema({ type, isPartial: false }, name)] as const,
    );
    const properties = Object.fromEntries(members);
    return { type: 'object', properties, required: Object.keys(properties), ...unknown('read by parameters') };
  }
}

/** `undefined` if the hook takes no such input. */
function rowInput(hook: GenericHook<object>, kind: 'create' | 'update', isPartial: boolean): InputChoice | undefined {
  try {
    return inputFor(hook, kind, isPartial);
  } catch {
    return undefined;
  }
}
