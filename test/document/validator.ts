// Judges documents and frames with ajv and the official schema of AsyncAPI: neither shares code with what it judges.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { AsyncApiDocument } from 'nestjs-jira';

type Constructor<T> = new (options: object) => T;
// Both are CommonJS whose default export is a member.
const AjvClass = (Ajv as unknown as { default?: Constructor<Validator> }).default ?? (Ajv as unknown as Constructor<Validator>); // prettier-ignore
const formats = ((addFormats as unknown as { default?: unknown }).default ?? addFormats) as (ajv: Validator) => void;

interface Validator {
  compile(schema: object): ValidateFunction;
  addSchema(schema: object, key: string): Validator;
}

function validator(): Validator {
  const ajv = new AjvClass({ strict: false, allErrors: true, validateFormats: true, logger: false });
  formats(ajv);
  return ajv;
}

let official: ValidateFunction | undefined;

/** What the official schema of AsyncAPI 3.1 objects to, one sentence each. */
export function faultsOf(document: AsyncApiDocument): string[] {
  if (!official) {
    const path = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.1.0-without-$id.json');
    official = validator().compile(JSON.parse(readFileSync(path, 'utf8')) as object);
  }
  return official(document) ? [] : sentences(official.errors);
}

function sentences(errors: readonly ErrorObject[] | null | undefined): string[] {
  return (errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`); // prettier-ignore
}

/** What `schema` objects to, by its path in the document: `components/schemas/IssueView`. */
export class DocumentSchemas {
  private readonly ajv = validator();
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(readonly document: AsyncApiDocument) {
    this.ajv.addSchema(document, 'document');
  }

  faults(path: string, value: unknown): string[] {
    let validate = this.compiled.get(path);
    if (!validate) {
      const pointer = path.split('/').map(encodeURIComponent).join('/');
      this.compiled.set(path, (validate = this.ajv.compile({ $ref: `document#/${pointer}` })));
    }
    return validate(value) ? [] : sentences(validate.errors);
  }
}

type Schema = Readonly<Record<string, unknown>>;

/** The document with some of its schemas replaced. */
export function rewritten<T>(value: T, replace: (schema: Schema) => Schema | undefined): T {
  if (Array.isArray(value)) return value.map((one: unknown) => rewritten(one, replace)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const replaced = replace(value as Schema);
  if (replaced) return replaced as T;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rewritten(one, replace)])) as T;
}

/** What is never refused, whatever it is, allows everything here. */
export function withoutLenient(document: AsyncApiDocument): AsyncApiDocument {
  return rewritten(document, ({ 'x-lenient': isLenient }) => (isLenient ? {} : undefined));
}
