// Arrow keys on the board: from card to card, and with Shift the card itself.

import { useLayoutEffect, useRef } from 'preact/hooks';
import { STATUSES } from './issue-list.js';
import type { Issue, Status } from './jira.js';

type Move = (issue: Issue, status: Status, index: number) => void;

const STEPS: Readonly<Record<string, readonly [columns: number, rows: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** @returns the board's `onKeyDown` */
export function useBoardKeys(issues: readonly Issue[], move: Move): (event: KeyboardEvent) => void {
  // A card that changes its column becomes another element: the focus follows it when that is there.
  const followed = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (followed.current !== null && focusCard(followed.current)) followed.current = null;
  }, [issues]);

  return (event) => {
    const step = STEPS[event.key];
    const card = (event.target as Element).closest<HTMLElement>('[data-issue]');
    const issue = issues.find(({ id }) => String(id) === card?.dataset['issue']);
    // The menu on a card has its own use for arrows.
    if (!step || !issue || event.target instanceof HTMLSelectElement) return;
    event.preventDefault();
    const [columns, rows] = step;
    const column = STATUSES.findIndex(({ status }) => status === issue.status);
    const row = issues.filter(({ status }) => status === issue.status).indexOf(issue);
    const target = STATUSES[column + columns];
    if (!target || row + rows < 0) return;
    if (event.shiftKey) {
      followed.current = issue.id;
      move(issue, target.status, row + rows);
    } else {
      const next = nearestCard(issues, column, columns, row + rows);
      if (next) focusCard(next.id);
    }
  };
}

/** The card at that row; sideways the last one above it, and an empty column is passed over. */
function nearestCard(issues: readonly Issue[], column: number, step: number, row: number): Issue | undefined {
  if (step === 0) return issues.filter(({ status }) => status === STATUSES[column]?.status)[row];
  for (let at = column + step; STATUSES[at]; at += step) {
    const cards = issues.filter(({ status }) => status === STATUSES[at]?.status);
    if (cards.length > 0) return cards[Math.min(row, cards.length - 1)];
  }
  return undefined;
}

function focusCard(id: number): boolean {
  const title = document.querySelector<HTMLElement>(`[data-issue="${id}"] .card-title`);
  title?.focus();
  return title !== null;
}
