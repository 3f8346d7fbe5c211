// What users watch: all that they are told may be known, and what they hold is what the database would answer.

import { isDeepStrictEqual } from 'node:util';
import type { AnswerFrame, ChangeFrame } from 'nestjs-jira-protocol';
import type { TestClient } from '../support/app.js';
import { NAMESPACES } from './hooks.js';
import { wireOf } from './inputs.js';
import type { Model, Role } from './model.js';
import { idText, type Moment } from './moment.js';
import { USERS, type Rule } from './rules.js';
import { looksAs, pick, plain, told, Violation } from './violation.js';

export type Own = Rule & { kind: 'own' };

interface Watch {
  readonly role: Role;
  readonly user: number;
  readonly filter?: Own;
  readonly query: object;
  channel: string;
  requestId: string;
  /** The rows it has by what it was told, by id. */
  held: Map<string, unknown>;
}

export interface Tally {
  frames: number;
  resets: number;
  written: number;
  refused: number;
}

const MAX_ROUNDS = 6;
const RESET = '(reset)';

export class Watches {
  readonly tally: Tally = { frames: 0, resets: 0, written: 0, refused: 0 };
  private readonly watches: Watch[] = [];
  private readonly seen = new Map<TestClient, number>();
  private before!: Moment;
  private now!: Moment;

  constructor(
    private readonly model: Model,
    private readonly clients: ReadonlyMap<number, TestClient>,
  ) {}

  /** @param now the tables, which nobody writes meanwhile */
  async open(now: Moment, user: number, role: Role, filter?: Own): Promise<void> {
    this.now = now;
    const query = filter ? { [filter.path]: wireOf(this.model, filter.path, filter.values[0]) } : {};
    const watch: Watch = { role, user, filter, query, channel: '', requestId: '', held: new Map() };
    const client = this.client(user);
    const { channel, requestId } = await client.subscribe(namespaceOf(role), query);
    Object.assign(watch, { channel, requestId });
    watch.held = await this.list(watch);
    this.watches.push(watch);
  }

  /** All that was told may be known, and what each user holds is what the database would answer. */
  async check(before: Moment, now: Moment): Promise<void> {
    this.before = before;
    this.now = now;
    for (let round = 0; ; round++) {
      for (const client of this.clients.values()) await client.settled('items');
      for (const user of USERS) this.drain(user);
      const stale = this.watches.filter((watch) => watch.held.has(RESET));
      if (stale.length === 0) break;
      if (round === MAX_ROUNDS) throw new Violation('Resets do not end.');
      for (const watch of stale) watch.held = await this.list(watch);
    }
    for (const watch of this.watches) await this.checkHeld(watch);
  }

  /** What came since the last time, in its order. */
  private drain(user: number): void {
    const client = this.client(user);
    const watches = this.watches.filter((watch) => watch.user === user);
    const frames = client.frames.slice(this.seen.get(client) ?? 0);
    this.seen.set(client, client.frames.length);
    for (const { event, frame: sent } of frames) {
      const frame = plain(sent) as Record<string, unknown>;
      const change = frame as unknown as ChangeFrame & { readonly requestId?: string };
      for (const watch of watches) {
        if (event !== namespaceOf(watch.role)) continue;
        if (change.type === undefined) this.moveTo(watch, frame as unknown as AnswerFrame);
        else if (change.channel === watch.channel && (change.requestId ?? watch.requestId) === watch.requestId) this.apply(watch, change); // prettier-ignore
      }
    }
  }

  /** The subscribe is answered again when the subscription goes on in another channel. */
  private moveTo(watch: Watch, answer: AnswerFrame): void {
    if (answer.requestId !== watch.requestId) return;
    const { channel } = (answer.data ?? {}) as { channel?: string };
    if (channel === undefined) throw new Violation(`The subscription of user ${watch.user} ended: ${told(answer)}`);
    watch.channel = channel;
  }

  private apply(watch: Watch, frame: ChangeFrame): void {
    this.tally.frames++;
    const { role, user, filter, held } = watch;
    const what = `User ${user}, who watches ${role} ${told(watch.query)}, was sent ${told(frame)}`;
    if (frame.type === 'reset') {
      this.tally.resets++;
      watch.held = new Map([[RESET, true]]);
      return;
    }
    const id = idText(frame.id);
    const [before, now] = [this.before, this.now].map((moment) => moment.visible(role, user, filter).find((row) => row.id === id)); // prettier-ignore
    if (!before && !now) throw new Violation(`${what}, which is a row that he could see neither before nor after`);
    if (frame.type !== 'removed' && !now) throw new Violation(`${what}, which he may not see any more`);
    if (role === 'item') {
      const isKeyAlone = isDeepStrictEqual(Object.keys((frame.data as object | null) ?? {}), ['pk']);
      const views = [before && this.before.view(before), now && this.now.view(now)];
      if (!(frame.type === 'removed' && isKeyAlone) && !views.some((view) => looksAs(this.model, view, frame.data)))
        throw new Violation(`${what}, and the row is ${told(views)}`);
    }
    if (held.has(RESET)) return;
    if (frame.type === 'removed') held.delete(id);
    else held.set(id, frame.data);
  }

  private async checkHeld(watch: Watch): Promise<void> {
    const { role, user, filter, held } = watch;
    const listed = await this.list(watch);
    const expected = this.now.visible(role, user, filter);
    const who = `User ${user}, who asks for ${role} ${told(watch.query)},`;
    const ids = expected.map(({ id }) => id);
    if (!isDeepStrictEqual([...listed.keys()].toSorted(), ids.toSorted())) throw new Violation(`${who} is listed ${told([...listed.keys()])}, and may see ${told(ids)}`); // prettier-ignore
    if (role === 'item') {
      for (const row of expected)
        if (!looksAs(this.model, this.now.view(row), listed.get(row.id))) throw new Violation(`${who} is listed ${told(listed.get(row.id))}, and find() has ${told(this.now.view(row))}`); // prettier-ignore
    }
    const sorted = (map: Map<string, unknown>): unknown => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
    if (!isDeepStrictEqual(sorted(held), sorted(listed))) throw new Violation(`${who} holds ${told(sorted(held))} by what was announced, and is listed ${told(sorted(listed))}`); // prettier-ignore
  }

  private async list({ user, role, query }: Watch): Promise<Map<string, unknown>> {
    const answer = await this.client(user).call(namespaceOf(role), 'list', 'GET', { query: { ...query, page_size: 100 } }); // prettier-ignore
    if (answer.status !== 200) throw new Violation(`list of ${role} ${told(query)} was answered ${told(answer)}`);
    const { results } = plain(answer.data) as { results: Record<string, unknown>[] };
    const columns = this.now.metadataOf(role).primaryColumns.map(({ propertyPath }) => propertyPath);
    const idOf = (row: Record<string, unknown>): string => idText(columns.length === 1 ? row[columns[0]] : pick(row, columns)); // prettier-ignore
    return new Map(results.map((row) => [idOf(row), row]));
  }

  private client(user: number): TestClient {
    return this.clients.get(user) as TestClient;
  }
}

function namespaceOf(role: Role): string {
  return NAMESPACES[role] as string;
}
