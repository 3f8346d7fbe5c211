// How far a subscription was told: what it brings back after a reconnect, and what of the answer is new to it.

import type {
  ChangeFrame,
  ListShown,
  ListSteps,
  ResumedChange,
  ResumedData,
  ResumeHeaders,
} from 'nestjs-jira-protocol';
import type { Change } from './change.js';
import { keyText } from './live-list.js';

type RowType = ResumedChange['type'];

/** Where a subscription can be taken up again. */
export interface Point {
  readonly resume: string;
  readonly position: string;
}

export class Progress {
  /** Of the last subscribe; undefined = there is nothing to come back to. */
  private token: string | undefined;
  /** Up to here everything was told. */
  private complete: string | undefined;
  /** Of this commit something was told; more may have been on its way. */
  private newest: string | undefined;
  /** What was told of it, by row. */
  private readonly told = new Map<string, RowType>();
  private lostAt: number | undefined;
  /** Up to here everything arrived, as a count of frames shows. */
  private verified: string | undefined;

  /** @param from where another client left off */
  constructor(from?: Point) {
    this.token = from?.resume;
    this.begin(from?.position);
  }

  get point(): Point | undefined {
    const { token: resume, complete: position } = this;
    return resume === undefined || position === undefined ? undefined : { resume, position };
  }

  /** The headers of the next subscribe. */
  headers(): ResumeHeaders {
    const { point, lostAt = Date.now() } = this;
    return point ? { ...point, silentMs: Math.max(0, Date.now() - lostAt) } : { resume: null };
  }

  /** A subscribe was answered. Returns what was missed, or undefined when nobody can tell. */
  answered({ resume, position, recovered, changes = [] }: Partial<ResumedData>): Change[] | undefined {
    const missed = recovered === true ? changes.flatMap((change) => this.newIn(change)) : undefined;
    this.token = typeof resume === 'string' ? resume : undefined;
    this.begin(position);
    return missed;
  }

  /** Whether a frame are steps from what was shown. Whoever was shown another list has lost frames, or has these steps already. */
  fits({ type, data }: ChangeFrame): boolean {
    const { from, rows } = (type === 'list' ? data : {}) as Partial<ListSteps>;
    return from === undefined || rows !== undefined || from === this.token;
  }

  /** Whether a list is shown as it is after that frame. */
  shows({ data }: ChangeFrame): boolean {
    return (data as ListShown).resume === this.token;
  }

  /** A change was told. */
  saw({ type, id, position, data }: ChangeFrame): void {
    if (type === 'list') {
      // Each frame of a list names what it shows.
      this.token = (data as ListShown).resume;
      this.complete = this.newest = position;
      return;
    }
    if (position !== this.newest) {
      this.complete = this.newest;
      this.newest = position;
      this.told.clear();
    }
    if (type !== 'reset' && id !== undefined) this.told.set(keyText(id), type);
  }

  /** Everything up to that position was told. */
  reached(position: string): void {
    this.begin(position);
  }

  /** Something that was sent since that was last known for sure has not arrived. */
  doubted(): void {
    this.lost(false);
    this.begin(this.verified);
  }

  /** The subscription goes on in another channel, and by another token, if it has one. */
  moved({ resume, position }: Partial<ResumedData>): void {
    this.token = resume;
    this.begin(position);
  }

  /** The connection was lost. @param isIncomplete what was told has not reached the application */
  lost(isIncomplete: boolean): void {
    this.lostAt = Date.now();
    if (isIncomplete) this.token = undefined;
  }

  private begin(position: string | undefined): void {
    this.complete = this.newest = this.verified = position;
    this.told.clear();
  }

  /** Of the commit that was cut in two the server tells again, as if nothing of it had been told. */
  private newIn({ type, id, data, position }: ResumedChange): Change[] {
    const before = this.told.get(keyText(id));
    if (before !== undefined && position === this.newest) return [];
    return [{ type: typeAfter(before, type), id, data, position } as Change];
  }
}

/** What a change is to who was told already that the row came, changed or went. */
function typeAfter(before: RowType | undefined, type: RowType): RowType {
  if (before === undefined || type === 'removed') return type;
  return before === 'removed' ? 'added' : 'modified';
}
