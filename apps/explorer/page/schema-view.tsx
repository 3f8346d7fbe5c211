// A schema in the form of a type: names, and what they hold.

import type { JSX } from 'preact';
import type { ApiModel, Schema } from './model';

const MAX_LEVELS = 4;

export function SchemaView({ schema, model }: { readonly schema: Schema; readonly model: ApiModel }): JSX.Element {
  return <pre class="json schema">{lines(schema, model, 0)}</pre>;
}

function lines(given: Schema, model: ApiModel, level: number): JSX.Element | string {
  const schema = model.resolve(given);
  const choices = (schema['anyOf'] as Schema[] | undefined)?.filter((choice) => choice['x-when'] === undefined);
  if (schema['const'] !== undefined) return <span class="json-word">{JSON.stringify(schema['const'])}</span>;
  if (schema['enum'])
    return (
      <span class="json-string">{(schema['enum'] as unknown[]).map((one) => JSON.stringify(one)).join(' | ')}</span>
    );
  if (choices) {
    return (
      <>
        {choices.map((choice, i) => (
          <>
            {i > 0 && ' | '}
            {lines(choice, model, level)}
          </>
        ))}
      </>
    );
  }
  const { type, properties, items } = schema;
  if (type === 'array') return <>{lines((items as Schema | undefined) ?? {}, model, level)}[]</>;
  if (type === 'object' && properties && level < MAX_LEVELS) {
    const required = new Set((schema['required'] as string[] | undefined) ?? []);
    const margin = '  '.repeat(level + 1);
    return (
      <>
        {'{\n'}
        {Object.entries(properties as Record<string, Schema>).map(([name, property]) => (
          <>
            {margin}
            <span class="json-key">{name}</span>
            {required.has(name) ? ': ' : '?: '}
            {lines(property, model, level + 1)}
            {'\n'}
          </>
        ))}
        {'  '.repeat(level)}
        {'}'}
      </>
    );
  }
  if (type === undefined)
    return (
      <span class="json-unknown" title={schema['x-unknown'] as string}>
        anything
      </span>
    );
  const names = (Array.isArray(type) ? type : [type]) as string[];
  return (
    <span class="json-number">
      {names.map((name) => (schema['format'] === 'date-time' && name === 'string' ? 'date' : name)).join(' | ')}
    </span>
  );
}
