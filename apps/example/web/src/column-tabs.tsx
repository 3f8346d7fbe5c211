// On a phone one column fills the screen: these say which, and lead to the others.

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Status } from './jira.js';

interface ColumnTabsProps {
  readonly counts: readonly {
    readonly status: Status;
    readonly title: string;
    readonly count: number;
    /** A move into this column failed: the card may be out of sight. */
    readonly hasFailed: boolean;
  }[];
}

export function ColumnTabs({ counts }: ColumnTabsProps): JSX.Element {
  const [current, setCurrent] = useState<string>('open');
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (isIntersecting) setCurrent((target as HTMLElement).dataset['status'] ?? '');
        }
      },
      { root: document.querySelector('.board'), threshold: 0.6 },
    );
    for (const column of document.querySelectorAll('.column')) observer.observe(column);
    return () => observer.disconnect();
  }, []);
  return (
    <nav class="column-tabs" aria-label="Columns">
      {counts.map(({ status, title, count, hasFailed }) => (
        <button
          key={status}
          type="button"
          aria-current={status === current ? 'true' : undefined}
          onClick={() =>
            document.querySelector(`[data-status="${status}"]`)?.scrollIntoView({ inline: 'center', block: 'nearest' })
          }
        >
          {title} <span class="count">{count}</span>
          {hasFailed && (
            <span class="tab-failed">
              <span class="visually-hidden">, not saved</span>
            </span>
          )}
        </button>
      ))}
    </nav>
  );
}
