import type { JSX } from 'preact';
import type { Row, Subscription } from './session';

const MAX_COLUMNS = 12;

/** Rows of a subscription, as they are now; what changed flashes. */
export function LiveTable({
  subscription,
  onEnd,
}: {
  readonly subscription: Subscription;
  readonly onEnd: () => void;
}): JSX.Element {
  const { rows, changes, ended, query, action } = subscription;
  const columns = [...new Set(rows.flatMap(({ data }) => Object.keys(data)))].slice(0, MAX_COLUMNS);
  return (
    <section class={`panel live ${ended === undefined ? '' : 'is-ended'}`} aria-label={`Live rows of ${action}`}>
      <div class="panel-head">
        <span class="live-dot" aria-hidden="true" />
        <h2>
          {rows.length} {rows.length === 1 ? 'row' : 'rows'}
        </h2>
        {query !== undefined && <code class="query">{JSON.stringify(query)}</code>}
        <span class="grow" />
        <button type="button" class="ghost small" onClick={onEnd}>
          {ended === undefined ? 'Unsubscribe' : 'Remove'}
        </button>
      </div>
      {ended !== undefined && <p class="fault">{ended}</p>}
      {rows.length === 0 ? (
        <p class="note empty">No rows yet. Changes appear here as they are committed.</p>
      ) : (
        <div class="table-scroll" tabIndex={0} role="group" aria-label="Rows">
          <table>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column}>{column}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <LiveRow key={`${row.key} ${row.turn}`} row={row} columns={columns} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {changes.length > 0 && (
        <ol class="changes" aria-label="Changes" aria-live="polite">
          {changes.slice(0, 12).map(({ turn, at, text, how }) => (
            <li key={turn} class={`change is-${how}`}>
              <time>{at.toLocaleTimeString()}</time>
              <span class="how">{how}</span>
              <span>{text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function LiveRow({ row, columns }: { readonly row: Row; readonly columns: readonly string[] }) {
  return (
    <tr class={`is-${row.how}`}>
      {columns.map((column) => (
        <td key={column} class={row.changed.includes(column) ? 'has-changed' : ''}>
          {shown(row.data[column])}
        </td>
      ))}
    </tr>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
