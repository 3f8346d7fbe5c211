// A form for a schema, with one field per property. What a form cannot ask for is entered as JSON.

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { fromText, naturalOf, noteOf, numberFrom, placeholderOf, said, textOf, typeName, typeOf } from './field-words';
import type { ApiModel, Schema } from './model';

export type Values = Readonly<Record<string, unknown>>;

interface Props {
  readonly model: ApiModel;
  readonly schema: Schema;
  readonly values: Values;
  /** Error messages by field. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly idPrefix: string;
  /** Whether to show only required and chosen fields, and offer the rest by name. */
  readonly isSparse?: boolean;
  readonly onChange: (values: Values) => void;
}

type Property = readonly [name: string, schema: Schema];

export function SchemaForm({
  model,
  schema,
  values,
  errors,
  idPrefix,
  isSparse = false,
  onChange,
}: Props): JSX.Element {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const resolved = model.resolve(schema);
  const required = new Set((resolved['required'] as string[] | undefined) ?? []);
  // Required fields come first, rarely needed ones last.
  const rank = ([name]: Property): number => (required.has(name) ? 0 : name.startsWith('$') ? 2 : 1);
  const properties = Object.entries((resolved['properties'] as Record<string, Schema> | undefined) ?? {})
    .filter(([, one]) => one['x-ignored'] !== true)
    .toSorted((a, b) => rank(a) - rank(b));
  const set = (name: string, value: unknown): void => {
    const { [name]: _, ...rest } = values;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  const errorsOf = (name: string): string[] =>
    Object.entries(errors).flatMap(([field, list]) => (field === name || field.startsWith(`${name}.`) ? list : []));
  const isShown = ([name]: Property): boolean =>
    !isSparse || required.has(name) || name in values || chosen.includes(name) || errorsOf(name).length > 0;
  const shown = properties.filter(isShown);
  return (
    <>
      {shown.length > 0 && (
        <div class="fields">
          {shown.map(([name, property]) => (
            <Field
              key={name}
              id={`${idPrefix}-${name}`}
              name={name}
              schema={model.resolve(property)}
              isRequired={required.has(name)}
              isNew={chosen.at(-1) === name}
              value={values[name]}
              errors={errorsOf(name)}
              onChange={(value) => set(name, value)}
              onRemove={
                isSparse && !required.has(name)
                  ? () => {
                      setChosen(chosen.filter((one) => one !== name));
                      set(name, undefined);
                    }
                  : undefined
              }
            />
          ))}
        </div>
      )}
      <Offers
        properties={properties.filter((one) => !isShown(one))}
        onChoose={(name) => setChosen([...chosen, name])}
      />
    </>
  );
}

/** The names of the other fields a query may have. Filters are a group of their own. */
function Offers({
  properties,
  onChoose,
}: {
  readonly properties: readonly Property[];
  readonly onChoose: (name: string) => void;
}) {
  if (properties.length === 0) return null;
  const isFilter = ([name, schema]: Property): boolean => schema['x-lookup'] !== undefined || name === '$or';
  const groups = [
    ['Filter by', properties.filter(isFilter)],
    ['Options', properties.filter((one) => !isFilter(one))],
  ] as const;
  return (
    <div class="offers">
      {groups.map(([title, offered]) =>
        offered.length === 0 ? null : (
          <p key={title}>
            <span class="offers-title">{title}</span>
            {offered.map(([name]) => (
              <button key={name} type="button" class="offer" aria-label={`Add ${name}`} onClick={() => onChoose(name)}>
                {name}
              </button>
            ))}
          </p>
        ),
      )}
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
  /** Whether the user has just added the field. It then takes the focus. */
  readonly isNew: boolean;
  readonly onChange: (value: unknown) => void;
  readonly onRemove?: () => void;
}

function Field({ id, name, schema, isRequired, isNew, value, errors, onChange, onRemove }: FieldProps) {
  useEffect(() => {
    if (isNew) document.getElementById(id)?.focus();
  }, []);
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
      {onRemove && (
        <button type="button" class="remove" aria-label={`Remove ${name}`} onClick={onRemove}>
          ×
        </button>
      )}
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
  // Keep the text as typed while it gives the same value: `1.` is the number 1 already.
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
