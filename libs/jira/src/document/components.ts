// The schemas that messages share, each under a name of its own.

import { unknown, type Schema } from './schema.js';

export class Components {
  readonly schemas: Record<string, Schema> = {};
  private readonly names = new Map<unknown, Map<unknown, string>>();

  /**
   * Returns a reference to the schema of an owner, such as a class, and makes the schema once for each variant. Classes may refer
   * to each other in a circle.
   *
   * @param wanted the name; if another owner has it, it gets a number
   */
  ref(owner: unknown, variant: unknown, wanted: string, make: () => Schema): Schema {
    const variants = this.names.get(owner) ?? new Map<unknown, string>();
    this.names.set(owner, variants);
    let name = variants.get(variant);
    if (name === undefined) {
      name = this.freeName(wanted);
      variants.set(variant, name);
      this.schemas[name] = unknown('being made');
      this.schemas[name] = make();
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** The schema that a reference made here refers to. Any other schema is returned as it is. */
  resolve(schema: Schema): Schema {
    const { $ref } = schema;
    return typeof $ref === 'string' ? (this.schemas[$ref.slice('#/components/schemas/'.length)] ?? schema) : schema;
  }

  private freeName(wanted: string): string {
    const name = idOf(wanted) || 'Schema';
    let free = name;
    for (let i = 2; free in this.schemas; i += 1) free = `${name}_${i}`;
    return free;
  }
}

/** Turns a name into one that AsyncAPI allows: letters, digits, `.`, `-` and `_`. */
export function idOf(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_');
}
