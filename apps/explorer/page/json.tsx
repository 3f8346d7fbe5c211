// JSON with syntax colours.

import type { JSX } from 'preact';

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function Json({ value }: { readonly value: unknown }): JSX.Element {
  const text = JSON.stringify(value, null, 2) ?? 'undefined';
  const parts: (string | JSX.Element)[] = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(at, match.index));
    const [whole, string, colon, word] = match;
    const kind =
      string === undefined ? (word === undefined ? 'number' : 'word') : colon === undefined ? 'string' : 'key';
    parts.push(
      <span key={match.index} class={`json-${kind}`}>
        {string ?? whole}
      </span>,
      colon ?? '',
    );
    at = match.index + whole.length;
  }
  parts.push(text.slice(at));
  return (
    <pre class="json" tabIndex={0}>
      {parts}
    </pre>
  );
}
