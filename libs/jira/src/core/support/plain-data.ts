// Encodes data as text and decodes it: JSON plus dates, bigints, bytes and the numbers that JSON cannot express.

type Tag = '$date' | '$bigint' | '$bytes' | '$number' | '$object';

/** Omits `undefined` members. @throws TypeError for functions, symbols, circular references and other values that are not data */
export function encode(value: unknown): string {
  return JSON.stringify(toJson(value, 0));
}

export function decode(text: string): unknown {
  return fromJson(JSON.parse(text));
}

/** Deeper than any row: stops at a circular reference before the stack overflows. */
const MAX_DEPTH = 100;

function toJson(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new TypeError(`The data is circular or nested more than ${MAX_DEPTH} levels deep.`);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'undefined':
      return null;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : tagged('$number', Object.is(value, -0) ? '-0' : `${value}`);
    case 'bigint':
      return tagged('$bigint', `${value}`);
    case 'object':
      return value === null ? null : objectToJson(value, depth + 1);
    default:
      throw new TypeError(`A ${typeof value} cannot be stored as data.`);
  }
}

function objectToJson(value: object, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item) => toJson(item, depth));
  if (value instanceof Date) return tagged('$date', Number.isNaN(value.getTime()) ? null : value.toISOString());
  if (value instanceof Uint8Array)
    return tagged('$bytes', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return toJson(toJSON.call(value), depth);
  const json = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value)) if (item !== undefined) json[key] = toJson(item, depth);
  const keys = Object.keys(json);
  return keys.length === 1 && keys[0].startsWith('$') ? tagged('$object', json) : json;
}

function tagged(tag: Tag, value: unknown): Record<string, unknown> {
  return { [tag]: value };
}

function fromJson(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const keys = Object.keys(json);
  if (keys.length === 1 && keys[0].startsWith('$')) {
    const value = (json as Record<string, unknown>)[keys[0]];
    switch (keys[0] as Tag) {
      case '$date':
        return new Date(value === null ? Number.NaN : (value as string));
      case '$bigint':
        return BigInt(value as string);
      case '$bytes':
        return Buffer.from(value as string, 'base64');
      case '$number':
        return Number(value);
      case '$object':
        return itemsFromJson(value as object);
    }
  }
  return itemsFromJson(json);
}

function itemsFromJson(json: object): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(json))
    // Assigning `__proto__` would set the prototype.
    Object.defineProperty(value, key, { value: fromJson(item), enumerable: true, writable: true, configurable: true });
  return value;
}
