// A form out of a schema: one field a property. What a form cannot ask for is written as JSON.

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiModel, Schema } from './model';

export type Values = Readonly<Record<string, unknown>>;

interface Props {
  readonly model: ApiModel;
  readonly schema: Schema;
  readonly values: Values;
  /** Messages by field. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly idPrefix: string;
  readonly onChange: (values: Values) => void;
}

export function SchemaForm({ model, schema, values, errors, idPrefix, onChange }: Props): JSX.Element {
  const resolved = model.resolve(schema);
  const properties = Object.entries((resolved['properties'] as Record<string, Schema> | undefined) ?? {}).filter(
    ([, one]) => one['x-ignored'] !== true,
  );
  const required = new Set((resolved['required'] as string[] | undefined) ?? []);
  const set = (name: string, value: unknown): void => {
    const { [name]: _, ...rest } = values;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  // Required fields first; what is rarely needed last.
  const rank = ([name]: readonly [string, Schema]): number => (required.has(name) ? 0 : name.startsWith('$') ? 2 : 1);
  return (
    <div class="fields">
      {properties
        .toSorted((a, b) => rank(a) - rank(b))
        .map(([name, property]) => (
          <Field
            key={name}
            id={`${idPrefix}-${name}`}
            name={name}
            schema={model.resolve(property)}
            isRequired={required.has(name)}
            value={values[name]}
            errors={Object.entries(errors).flatMap(([field, list]) =>
              field === name || field.startsWith(`${name}.`) ? list : [],
            )}
            onChange={(value) => set(name, value)}
          />
        ))}
    </div>
  );
}

interface FieldProps {
  readonly id: string;
  readonly name: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
  readonly value: unknown;
  readonly errors: readonly string[];
  readonly onChange: (value: unknown) => void;
}

function Field({ id, name, schema, isRequired, value, errors, onChange }: FieldProps) {
  const natural = naturalOf(schema);
  const note = noteOf(schema, natural);
  return (
    <div class={`field ${errors.length > 0 ? 'is-wrong' : ''}`}>
      <label for={id}>
        <span class="field-name">{name}</span>
        {isRequired && (
          <span class="required" title="Required">
            *
          </span>
        )}
        <span class="field-type">{typeName(natural)}</span>
      </label>
      <Control id={id} schema={natural} hints={schema} value={value} isWrong={errors.length > 0} onChange={onChange} />
      {errors.map((error) => (
        <p class="fault" key={error} role="alert">
          {error}
        </p>
      ))}
      {note && <p class="note">{note}</p>}
    </div>
  );
}

type ControlProps = Pick<FieldProps, 'id' | 'schema' | 'value' | 'onChange'> & {
  readonly hints: Schema;
  readonly isWrong: boolean;
};

function Control({ id, schema, hints, value, isWrong, onChange }: ControlProps) {
  const common = { id, 'aria-invalid': isWrong || undefined };
  const [typed, setTyped] = useState(textOf(value));
  const choices = (schema['enum'] as unknown[] | undefined)?.filter(
    (choice, i, all) =>
      typeof choice !== 'string' || !all.slice(0, i).some((one) => typeof one !== 'string' && String(one) === choice),
  );
  if (choices)
    return (
      <select
        {...common}
        value={value === undefined ? '' : JSON.stringify(value)}
        onChange={(event) =>
          onChange(event.currentTarget.value === '' ? undefined : JSON.parse(event.currentTarget.value))
        }
      >
        <option value="">–</option>
        {choices.map((choice) => (
          <option key={String(choice)} value={JSON.stringify(choice)}>
            {choice === '' ? '""' : String(choice)}
          </option>
        ))}
      </select>
    );
  const type = typeOf(schema);
  if (type === 'boolean')
    return (
      <select
        {...common}
        value={value === undefined ? '' : said(value)}
        onChange={(event) =>
          onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value === 'true')
        }
      >
        <option value="">–</option>
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    );
  const isNumber = type === 'integer' || type === 'number';
  const read = (written: string): unknown => {
    if (isNumber) return numberFrom(written);
    return type === 'string' ? (written === '' ? undefined : written) : fromText(written);
  };
  // As it is being written: `1.` is a number, and not yet the text of one.
  const text = JSON.stringify(read(typed)) === JSON.stringify(value) ? typed : textOf(value);
  const write = (event: Event): void => {
    const written = (event.currentTarget as HTMLInputElement).value;
    setTyped(written);
    onChange(read(written));
  };
  if (type === 'array' || type === 'object' || type === undefined)
    return (
      <textarea
        {...common}
        rows={text.length > 60 ? 4 : 1}
        spellcheck={false}
        value={text}
        placeholder={type === 'array' ? '[…] or a, b' : type === 'object' ? '{ … }' : 'JSON or text'}
        onInput={write}
      />
    );
  if (type === 'string' && Number(schema['maxLength'] ?? 0) > 1_000 && hints['x-lookup'] === undefined)
    return <textarea {...common} rows={3} value={text} onInput={write} />;
  const suggestions = hints['x-choices'] as string[] | undefined;
  return (
    <>
      <input
        {...common}
        type="text"
        inputMode={isNumber ? 'decimal' : 'text'}
        spellcheck={false}
        autocomplete="off"
        list={suggestions ? `${id}-choices` : undefined}
        value={text}
        placeholder={placeholderOf(schema, hints)}
        onInput={write}
      />
      {suggestions && (
        <datalist id={`${id}-choices`}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** Of several forms the first: the one that is not a number written as a text. */
function naturalOf(schema: Schema): Schema {
  const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  const [first] = choices ?? [];
  if (!first) return schema;
  const isNullable = choices?.some((choice) => choice['type'] === 'null') === true;
  const lookup = schema['x-lookup'] === undefined ? {} : { 'x-lookup': schema['x-lookup'] };
  return isNullable && typeof first['type'] === 'string'
    ? { ...first, ...lookup, type: [first['type'], 'null'] }
    : { ...first, ...lookup };
}

function typeOf({ type }: Schema): string | undefined {
  return Array.isArray(type) ? (type as string[])[0] : (type as string | undefined);
}

function typeName(schema: Schema): string {
  if (schema['enum']) return 'choice';
  const { type, items, format } = schema;
  if (typeof format === 'string') return format;
  const names = (Array.isArray(type) ? (type as string[]) : [type as string | undefined]).filter(
    (name) => name !== undefined,
  );
  const [first, ...others] = names.filter((name) => name !== 'null');
  if (first === undefined) return 'JSON';
  // What is taken beside the natural form is not worth a word.
  const isFilter = schema['x-lookup'] !== undefined || others.length > 1;
  const word = first === 'array' ? listName(items as Schema | undefined) : first === 'string' ? 'text' : first;
  return names.includes('null') && !isFilter ? `${word} or null` : word;
}

function listName(items: Schema | undefined): string {
  const inner = items && typeOf(naturalOf(items));
  return inner === undefined ? 'list' : `list of ${inner === 'string' ? 'text' : inner}`;
}

function noteOf(schema: Schema, natural: Schema): string {
  const { minimum, maximum, minLength, maxLength, pattern } = natural;
  const parts = [schema['description'] as string | undefined];
  const unknown = schema['x-unknown'] as string | undefined;
  if (unknown) parts.push(`Not known: ${unknown}.`);
  if (minimum !== undefined && Math.abs(minimum as number) < 1e9 && maximum !== undefined && (maximum as number) < 1e9)
    parts.push(`${said(minimum)} to ${said(maximum)}.`);
  else if (minimum !== undefined && Math.abs(minimum as number) < 1e9) parts.push(`At least ${said(minimum)}.`);
  if (schema['x-lookup'] === undefined && (minLength !== undefined || maxLength !== undefined))
    parts.push(`${said(minLength ?? 0)} to ${said(maxLength ?? 'any number of')} characters.`);
  if (schema['x-lookup'] === undefined && typeof pattern === 'string' && pattern.length < 40 && !schema['anyOf'])
    parts.push(pattern);
  return parts.filter(Boolean).join(' ');
}

function placeholderOf(schema: Schema, hints: Schema): string {
  const [example] = (schema['examples'] ?? hints['examples'] ?? []) as unknown[];
  const initial = schema['default'] ?? hints['x-default'];
  if (initial !== undefined) return said(initial);
  return example === undefined ? '' : said(example);
}

function textOf(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** The text as a number. Other text is sent unchanged, so that the server reports it. */
function numberFrom(text: string): unknown {
  if (text.trim() === '') return undefined;
  if (text.trim() === 'null') return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function fromText(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function said(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
