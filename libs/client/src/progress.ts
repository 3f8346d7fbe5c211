// What a subscription has received: from where it resumes after a reconnect, and which parts of the answer are new to it.

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

/** Where a subscription can resume. */
export interface Point {
  readonly resume: string;
  readonly position: string;
}

export class Progress {
  /** The token of the last subscribe. Undefined if nothing can be resumed. */
  private token: string | undefined;
  /** The position up to which everything was received. */
  private complete: string | undefined;
  /** The position of the newest commit with a received change. More of its changes may be on their way. */
  private newest: string | undefined;
  /** The received changes of that commit, by row. */
  private readonly told = new Map<string, RowType>();
  private lostAt: number | undefined;
  /** The position up to which the server's count of frames proves that everything arrived. */
  private verified: string | undefined;

  /** `from` is where another client left off. */
  constructor(from?: Point) {
    this.token = from?.resume;
    this.begin(from?.position);
  }

  get point(): Point | undefined {
    const { token: resume, complete: position } = this;
    return resume === undefined || position === undefined ? undefined : { resume, position };
  }

  /** Returns the headers of the next subscribe. */
  headers(): ResumeHeaders {
    const { point, lostAt = Date.now() } = this;
    return point ? { ...point, silentMs: Math.max(0, Date.now() - lostAt) } : { resume: null };
  }

  /** Notes the answer to a subscribe. Returns the missed changes, or undefined if the server does not know them. */
  answered({ resume, position, recovered, changes = [] }: Partial<ResumedData>): Change[] | undefined {
    const missed = recovered === true ? changes.flatMap((change) => this.newIn(change)) : undefined;
    this.token = typeof resume === 'string' ? resume : undefined;
    this.begin(position);
    return missed;
  }

  /** Whether a frame's steps start from the list shown here. If not, frames were lost, or these steps were applied already. */
  fits({ type, data }: ChangeFrame): boolean {
    const { from, rows } = (type === 'list' ? data : {}) as Partial<ListSteps>;
    return from === undefined || rows !== undefined || from === this.token;
  }

  /** Whether the list shown here is already the one after this frame. */
  shows({ data }: ChangeFrame): boolean {
    return (data as ListShown).resume === this.token;
  }

  /** Notes a received change. */
  saw({ type, id, position, data }: ChangeFrame): void {
    if (type === 'list') {
      // Each frame of a list names the list after it.
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

  /** Notes that everything up to this position was received. */
  reached(position: string): void {
    this.begin(position);
  }

  /** Notes that frames were lost after the last verified position. */
  doubted(): void {
    this.lost(false);
    this.begin(this.verified);
  }

  /** Notes that the subscription continues in another channel, with a new token or none. */
  moved({ resume, position }: Partial<ResumedData>): void {
    this.token = resume;
    this.begin(position);
  }

  /** Notes that the connection was lost. `isIncomplete`: the application has not got all that was received. */
  lost(isIncomplete: boolean): void {
    this.lostAt = Date.now();
    if (isIncomplete) this.token = undefined;
  }

  private begin(position: string | undefined): void {
    this.complete = this.newest = this.verified = position;
    this.told.clear();
  }

  /** If a commit was received in part, the server sends all of it again. Returns the change only if it is new here. */
  private newIn({ type, id, data, position }: ResumedChange): Change[] {
    const before = this.told.get(keyText(id));
    if (before !== undefined && position === this.newest) return [];
    return [{ type: typeAfter(before, type), id, data, position } as Change];
  }
}

/** The type of a change for a subscriber that already got the change `before` of the same row. */
function typeAfter(before: RowType | undefined, type: RowType): RowType {
  if (before === undefined || type === 'removed') return type;
  return before === 'removed' ? 'added' : 'modified';
}
