// Writes JSON Schema as TypeScript types, as far as this library's documents use it.

import type { AsyncApiDocument } from '../document/api-document.js';
import type { Schema } from '../document/schema.js';

const PREFIX = '#/components/schemas/';
const PRIMITIVES: Readonly<Record<string, string>> = {
  string: 'string', number: 'number', integer: 'number', boolean: 'boolean', null: 'null',
}; // prettier-ignore

interface RequestPayload {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

export class TypeWriter {
  /** Names of the schemas that were referenced so far, by the name of their type. */
  private readonly named = new Map<string, string>();

  constructor(private readonly document: AsyncApiDocument) {}

  /** The type of `data`; `undefined` for an action that takes none. */
  inputOf(payload: RequestPayload | undefined): string {
    const data = payload?.properties['data'];
    if (!data) return 'undefined';
    const type = this.typeOf(isAbsent(data) ? present(data) : data);
    return payload.required?.includes('data') ? type : type === 'unknown' ? type : `${type} | undefined`;
  }

  queryOf(payload: RequestPayload | undefined): string {
    const query = payload?.properties['query'];
    if (!query) return 'Record<string, unknown>';
    const { properties = {} } = this.resolved(present(query));
    const members = Object.entries(properties as Record<string, Schema>)
      .filter(([, one]) => one['x-ignored'] !== true)
      .map(([name, one]) => `${key(name)}?: ${this.typeOf(one)}`);
    return members.length === 0 ? 'Record<string, unknown>' : `{ ${members.join('; ')} }`;
  }

  typeOf(schema: Schema): string {
    const { $ref, type, properties, items, additionalProperties } = schema;
    const choices = schema['anyOf'] ?? schema['oneOf'];
    if (typeof $ref === 'string') return this.reference($ref.slice(PREFIX.length));
    if ('const' in schema) return JSON.stringify(schema['const']);
    if (Array.isArray(schema['enum'])) return union((schema['enum'] as unknown[]).map((one) => JSON.stringify(one)));
    if (Array.isArray(choices)) return union((choices as Schema[]).filter((one) => one['x-when'] === undefined).map((one) => this.typeOf(one))); // prettier-ignore
    if (type === undefined && !properties && Array.isArray(schema['allOf'])) return (schema['allOf'] as Schema[]).map((one) => wrapped(this.typeOf(one))).join(' & '); // prettier-ignore
    if (type === 'array') return this.listOf(items);
    if (properties) return this.objectOf(schema);
    if (type === 'object') return `Record<string, ${typeof additionalProperties === 'object' ? this.typeOf(additionalProperties as Schema) : 'unknown'}>`; // prettier-ignore
    const types = (Array.isArray(type) ? (type as string[]) : [type as string | undefined]).map((one) => this.primitive(one, schema)); // prettier-ignore
    return union(types);
  }

  /** Declarations of the types that were referenced. */
  declarations(): string[] {
    const written = new Map<string, string>();
    // Writing one type may reference another.
    for (let size = -1; size !== this.named.size;) {
      size = this.named.size;
      for (const [type, name] of this.named)
        if (!written.has(type)) written.set(type, `export type ${type} = ${this.typeOf(this.document.components.schemas[name] ?? {})};\n`); // prettier-ignore
    }
    return [...written.values()];
  }

  private primitive(type: string | undefined, { items, properties }: Schema): string {
    if (type === 'array') return this.listOf(items);
    if (type === 'object') return properties ? this.objectOf({ properties }) : 'Record<string, unknown>';
    return (type === undefined ? undefined : PRIMITIVES[type]) ?? 'unknown';
  }

  private listOf(items: unknown): string {
    if (Array.isArray(items)) return `[${(items as Schema[]).map((one) => this.typeOf(one)).join(', ')}]`;
    return items ? `${wrapped(this.typeOf(items as Schema))}[]` : 'unknown[]';
  }

  private objectOf({ properties = {}, required = [] }: Schema): string {
    const members = Object.entries(properties as Record<string, Schema>).map(([name, one]) => {
      const mark = (required as readonly string[]).includes(name) ? '' : '?';
      const { description } = one;
      const comment = typeof description === 'string' ? `/** ${description.replaceAll('*/', '* /')} */ ` : '';
      return `  ${comment}${key(name)}${mark}: ${this.typeOf(one)};`;
    });
    return members.length === 0 ? 'Record<string, never>' : `{\n${members.join('\n')}\n}`;
  }

  private reference(name: string): string {
    const type = name.replaceAll(/(?:^|[^A-Za-z0-9_$]+)([A-Za-z0-9_$])/g, (_all, letter: string) => letter.toUpperCase()).replace(/^\d/, '_$&'); // prettier-ignore
    const known = this.named.get(type);
    const free = known === undefined || known === name ? type : `${type}_`;
    this.named.set(free, name);
    return free;
  }

  private resolved(schema: Schema): Schema {
    const { $ref } = schema;
    return typeof $ref === 'string' ? (this.document.components.schemas[$ref.slice(PREFIX.length)] ?? {}) : schema;
  }
}

function isAbsent({ anyOf }: Schema): boolean {
  return Array.isArray(anyOf) && anyOf.length === 2 && (anyOf[1] as Schema)['type'] === 'null';
}

function present(schema: Schema): Schema {
  return isAbsent(schema) ? (schema['anyOf'] as Schema[])[0] : schema;
}

function union(types: readonly string[]): string {
  const unique = [...new Set(types)];
  if (unique.length === 0 || unique.includes('unknown')) return 'unknown';
  return unique.join(' | ');
}

function wrapped(type: string): string {
  return type.includes('|') ? `(${type})` : type;
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
