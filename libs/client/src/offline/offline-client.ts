// The persistence of one client: the rows that its stores show, and the writes that wait for a connection.

import type { RowId } from 'nestjs-jira-protocol';
import type { Call } from '../call.js';
import { JiraClientError } from '../errors.js';
import type { Write } from '../hook-client.js';
import type { JiraRequest } from '../jira-request.js';
import { guarded } from '../listeners.js';
import { keyText } from '../live-list.js';
import type { Persisted, PersistenceHost } from '../persistence.js';
import { keyOf } from '../write-once.js';
import { OfflineDatabase } from './database.js';
import { Drain } from './drain.js';
import { KeptRows } from './kept-rows.js';
import type { IndexedDbOptions } from './options.js';
import { MemoryQueue, type WriteQueue, type WriteRecord } from './records.js';
import { Tabs, type Outcome, type PlainError, type TabMessage } from './tabs.js';
import { shownWrite, WaitingWrites, writeOf } from './waiting.js';

const MAX_WRITES = 1_000;
/** Shorter than the server's default for keeping idempotency keys, which is a day. */
const MAX_AGE_MS = 20 * 3_600_000;

export class OfflineClient implements Persisted {
  private readonly database: OfflineDatabase;
  private readonly memory = new MemoryQueue();
  private readonly waiting = new WaitingWrites();
  private readonly kept: KeptRows;
  private readonly tabs: Tabs;
  private readonly shared: Drain;
  private readonly own: Drain;
  private readonly stopListening: () => void;
  /** Stops sending when the current connection is lost. */
  private sending: AbortController | undefined;
  /** Whether the database failed, so that nothing more can be kept. */
  private isBroken = false;

  constructor(
    name: string,
    private readonly options: IndexedDbOptions,
    private readonly host: PersistenceHost,
    private readonly closed: () => void,
  ) {
    this.database = new OfflineDatabase(name);
    this.kept = new KeptRows(this.database, (error) => this.broke(error));
    this.tabs = new Tabs(JSON.stringify(['nestjs-jira', name, host.url]), (message) => this.heard(message));
    this.shared = this.drainOf(this.database);
    this.own = this.drainOf(this.memory);
    this.stopListening = host.connection.onState((state) => (state === 'connected' ? this.connected() : this.lost()));
    this.userChanged();
  }

  get pending(): Iterable<Write> {
    return this.waiting.shown();
  }

  takes(call: Call): boolean {
    const isFreeToWait = call.signal === undefined && call.timeoutMs === undefined && !call.isMethodAssumed;
    return this.host.offline !== undefined && isFreeToWait && keyOf(call) !== undefined && this.user() !== undefined;
  }

  write(call: Call, { id, shown }: Pick<Write, 'id'> & Partial<Pick<Write, 'shown'>>): JiraRequest<unknown> {
    const record = this.recordOf(call, id, shown);
    // A call that is not JSON is sent directly, and fails as it would without a queue.
    if (!record) return this.host.send(call);
    const request = this.waiting.add(record, call, true);
    void this.enqueue(record);
    return request;
  }

  rows(list: string): Promise<readonly unknown[] | undefined> {
    return this.kept.read(list);
  }

  keep(list: string, rows: readonly unknown[] | undefined): void {
    if (!this.isBroken) this.kept.keep(list, rows);
  }

  wake(): void {
    this.shared.wake();
    this.own.wake();
  }

  close(): void {
    this.lost();
    this.kept.flush();
    this.stopListening();
    this.tabs.close();
    this.waiting.rejectAll(new JiraClientError('The client was closed. The write is kept.', { code: 'CLOSED' }));
    this.closed();
  }

  async clear(): Promise<void> {
    this.cleared();
    this.tabs.tell({ type: 'cleared' });
    await this.database.clear();
  }

  private drainOf(queue: WriteQueue): Drain {
    return new Drain({
      queue,
      maxAgeMs: this.host.offline?.maxAgeMs ?? MAX_AGE_MS,
      send: this.host.send,
      settled: (write, outcome) => this.settled(write, outcome),
      delayed: (write, error) => this.delayed(write, error),
      failed: (error) => this.broke(error),
    });
  }

  private connected(): void {
    this.lost();
    this.userChanged();
    const owner = this.ownerOf(this.user());
    if (owner === undefined || !this.host.offline) return;
    const sending = new AbortController();
    this.sending = sending;
    const { signal } = sending;
    const lead = this.tabs.lead(signal, () => this.shared.run(owner, signal));
    lead.catch((error: unknown) => this.broke(error));
    void this.own.run(owner, signal);
  }

  private lost(): void {
    this.sending?.abort();
    this.sending = undefined;
  }

  private userChanged(): void {
    const user = this.user();
    this.kept.belongTo(user && JSON.stringify([this.host.url, user, this.options.schema ?? '']));
    void this.adoptAll(this.ownerOf(user));
  }

  private async adoptAll(owner: string | undefined): Promise<void> {
    if (owner === undefined || !this.host.offline) return;
    const all = await this.database.all(owner).catch((error: unknown) => this.broke(error));
    for (const record of all ?? []) this.adopt(record);
  }

  /** Takes over a write of an earlier page or of another tab. */
  private adopt(record: WriteRecord): void {
    if (this.waiting.has(record.key) || record.owner !== this.ownerOf(this.user())) return;
    const write = shownWrite(record, this.waiting.add(record, JSON.parse(record.call) as Call, false));
    if (write) this.host.adopted(write);
  }

  private recordOf(call: Call, id: RowId | undefined, shown: Write['shown'] | undefined): WriteRecord | undefined {
    const [key, owner, text] = [keyOf(call), this.ownerOf(this.user()), textOf(call)];
    if (key === undefined || owner === undefined || text === undefined) return undefined;
    const rowId = id ?? (call.data as { id?: RowId } | null | undefined)?.id;
    const row = rowId === undefined ? undefined : JSON.stringify([call.namespace, keyText(rowId)]);
    return { key, owner, call: text, row, id, shown, madeAt: Date.now() };
  }

  private async enqueue(record: WriteRecord): Promise<void> {
    const maxWrites = this.host.offline?.maxWrites ?? MAX_WRITES;
    if (!(await this.add(record, maxWrites))) {
      const message = `Too many writes wait for a connection; the limit is ${maxWrites} ("maxWrites").`;
      return this.waiting.settle(record.key, { error: { message, options: { code: 'QUEUE_FULL' } } });
    }
    this.wake();
    this.tabs.tell({ type: 'added', write: record });
  }

  private async add(record: WriteRecord, maxWrites: number): Promise<boolean> {
    if (!this.isBroken)
      try {
        return await this.database.add(record, maxWrites);
      } catch (error) {
        this.broke(error);
      }
    return this.memory.add(record, maxWrites);
  }

  private settled(record: WriteRecord, outcome: Outcome): void {
    if ('error' in outcome) this.tellOf(record, outcome.error);
    this.tabs.tell({ type: 'settled', key: record.key, outcome });
    this.waiting.settle(record.key, outcome);
  }

  private delayed(record: WriteRecord, error: JiraClientError): void {
    const { onError, offline } = this.host;
    const onDelayed = offline?.onDelayed ?? onError;
    guarded(onError, onDelayed, error, writeOf(record, JSON.parse(record.call) as Call));
  }

  private tellOf(record: WriteRecord, { message, options }: PlainError): void {
    const { onError, offline } = this.host;
    const error = new JiraClientError(message, options);
    const write = writeOf(record, JSON.parse(record.call) as Call);
    if (offline?.onRefused) guarded(onError, offline.onRefused, error, write);
    else if (!this.waiting.isOwn(record.key)) onError(error);
  }

  private heard(message: TabMessage): void {
    if (message.type === 'settled') this.waiting.settle(message.key, message.outcome);
    else if (message.type === 'cleared') this.cleared();
    else {
      this.adopt(message.write);
      this.shared.wake();
    }
  }

  private cleared(): void {
    this.memory.clear();
    this.kept.stop();
    this.waiting.rejectAll(new JiraClientError('What was kept was deleted.', { code: 'ABORTED' }));
  }

  /** Handles a failed database. From now on, this page works from memory. */
  private broke(cause: unknown): undefined {
    if (this.isBroken) return;
    this.isBroken = true;
    const message =
      'The browser keeps nothing more (storage is full or forbidden): rows and writes end with this page.';
    this.host.onError(new JiraClientError(message, { code: 'NOT_KEPT', retryable: false, cause }));
  }

  private user(): string | undefined {
    const { user } = this.options;
    return typeof user === 'function' ? user() : user;
  }

  /** The owner of writes. It leaves out the schema, so that writes outlive a change of it. */
  private ownerOf(user: string | undefined): string | undefined {
    return user && JSON.stringify([this.host.url, user]);
  }
}

/** The call as JSON. Undefined if it cannot be written as JSON. */
function textOf(call: Call): string | undefined {
  try {
    return JSON.stringify(call);
  } catch {
    return undefined;
  }
}
