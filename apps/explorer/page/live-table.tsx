import type { JSX } from 'preact';
import type { How, Noted, Row, Subscription } from './subscription';

const MAX_COLUMNS = 12;

interface Props {
  readonly subscription: Subscription;
  readonly onEnd: () => void;
}

/** The current rows, where changes flash, and beside them the latest changes with their reasons. */
export function LiveTable({ subscription, onEnd }: Props): JSX.Element {
  const { rows, ended, query, action, list } = subscription;
  const isEnded = ended !== undefined;
  return (
    <section class={`panel live ${isEnded ? 'is-ended' : ''}`} aria-label={`Live rows of ${action}`}>
      <div class="panel-head">
        <span class="live-dot" aria-hidden="true" />
        <h2>
          {rows.length} {rows.length === 1 ? 'row' : 'rows'}
        </h2>
        {list && <span class="note">{extentOf(rows.length, list)}</span>}
        {query !== undefined && <code class="query">{JSON.stringify(query)}</code>}
        <span class="grow" />
        <button type="button" class="ghost small" onClick={onEnd}>
          {isEnded ? 'Remove' : 'Unsubscribe'}
        </button>
      </div>
      {isEnded && <p class="fault">{ended}</p>}
      <div class="live-body">
        <Rows rows={rows} isList={list !== undefined} />
        <Changes changes={subscription.changes} />
      </div>
    </section>
  );
}

function extentOf(length: number, { count, complete }: NonNullable<Subscription['list']>): string {
  if (complete) return 'all there are';
  return count === null ? 'of more' : `of ${Math.max(count, length)}`;
}

function Rows({ rows, isList }: { readonly rows: readonly Row[]; readonly isList: boolean }) {
  const columns = [...new Set(rows.flatMap(({ data }) => Object.keys(data)))].slice(0, MAX_COLUMNS);
  if (rows.length === 0)
    return (
      <div class="nothing">
        <strong>No rows yet</strong>
        <p>They appear here as they are committed, by whomever.</p>
      </div>
    );
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label="Rows">
      <table>
        <thead>
          <tr>
            {isList && <th class="place">#</th>}
            {columns.map((column) => (
              <th key={column}>{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={`${row.key} ${row.turn}`} class={`is-${row.how}`}>
              {isList && <td class="place">{i + 1}</td>}
              {columns.map((column) => (
                <td key={column} class={row.changed.includes(column) ? 'has-changed' : ''}>
                  {shown(row.data[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const MEMBERSHIP: Readonly<Record<How, string>> = {
  added: 'entered', modified: 'stayed', moved: 'moved', removed: 'left', reset: 'reset',
}; // prettier-ignore

function Changes({ changes }: { readonly changes: readonly Noted[] }) {
  return (
    <div class="changes">
      <h3>Changes</h3>
      {changes.length === 0 ? (
        <p class="note">None since you subscribed.</p>
      ) : (
        <ol aria-label="Changes" aria-live="polite">
          {changes.slice(0, 20).map((change) => (
            <Change key={`${change.turn} ${change.key}`} change={change} />
          ))}
        </ol>
      )}
    </div>
  );
}

function Change({ change: { at, how, key, text } }: { readonly change: Noted }) {
  return (
    <li class={`change is-${how}`}>
      <span class="glyph" aria-hidden="true">
        <i />
        <i />
      </span>
      <p>
        {key && <code>{key}</code>} <strong>{MEMBERSHIP[how]}</strong>
        <span class="why">{text.startsWith('because') ? ` ${text}` : `: ${text}`}</span>
      </p>
      <time>{at.toLocaleTimeString([], { hour12: false })}</time>
    </li>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
