// Follows each written row to every subscriber, and finds what is missing, duplicated or wrong.

import { rowFault, type IssueInput } from '../work/issues.js';
import { clockMs } from '../work/clock.js';
import type { Adapter } from './adapter.js';
import { eventArguments, type BareSocket } from './bare-socket.js';
import { fault } from './faults.js';

export interface Announcement {
  readonly input: IssueInput;
  /** Resolves with the time (see `clockMs`) at which the last subscriber got the row. */
  readonly complete: Promise<number>;
}

interface Pending {
  readonly input: IssueInput;
  readonly texts: string[];
  remaining: number;
  readonly resolve: (at: number) => void;
}

/** The subscribers of one server. Each must get each announced row exactly once. */
export class Announcements {
  readonly sockets: BareSocket[] = [];
  private readonly byTitle = new Map<string, Pending>();
  /** Checked frames and their rows, by text: equal frames are checked only once. */
  private readonly byText = new Map<string, Pending>();
  private announced = 0;

  constructor(private readonly adapter: Pick<Adapter, 'readChange'>) {}

  /** Call before the write. */
  expect(input: IssueInput): Announcement {
    this.announced++;
    const complete = new Promise<number>((resolve) => {
      this.byTitle.set(input.title, { input, texts: [], remaining: this.sockets.length, resolve });
    });
    return { input, complete };
  }

  readonly receive = (text: string): void => {
    const pending = this.byText.get(text) ?? this.check(text);
    if (pending === undefined || --pending.remaining > 0) return;
    this.byTitle.delete(pending.input.title);
    for (const known of pending.texts) this.byText.delete(known);
    pending.resolve(clockMs());
  };

  /** Number of deliveries still to come. */
  get missing(): number {
    return [...this.byTitle.values()].reduce((sum, { remaining }) => sum + remaining, 0);
  }

  /** Call it when all rows have arrived: one socket may have got a row twice and another none. */
  assertEven(): void {
    const uneven = this.sockets.find((socket) => socket.events !== this.announced);
    if (uneven !== undefined) fault(`a subscriber got ${uneven.events} of ${this.announced} announcements`);
  }

  private check(text: string): Pending | undefined {
    const seen = this.adapter.readChange(eventArguments(text));
    const title = (seen?.row as IssueInput | undefined)?.title;
    const pending = title === undefined ? undefined : this.byTitle.get(title);
    if (seen === undefined || pending === undefined) {
      fault(`an event that announces no row just written: ${text.slice(0, 300)}`);
      return undefined;
    }
    const wrong = rowFault(seen.row, pending.input, seen.id as number);
    if (wrong !== undefined) fault(`an announced row ${wrong}`);
    this.byText.set(text, pending);
    pending.texts.push(text);
    return pending;
  }
}
