// Works out what a channel's subscribers missed in a part of the history, judged by the current rules.

import type { ResumedChange } from 'nestjs-jira-protocol';
import type { Change, ChangeType, Image } from '../../core/changes/change.js';
import { isCommit, type LoggedEntry } from '../../core/changes/change-log.js';
import type { Addressee } from '../../core/changes/revocation.js';
import { idKey } from '../../core/changes/change.js';
import { acceptedOf, caseOf, loadOutputs, matchersOf, type Case } from './cases.js';
import { entityKey, isConcerned, type Channel } from './channel.js';
import type { FeedReport } from './feed.js';
import { Judgements, UnknowableRow } from './judgements.js';
import { netRows, type NetRow, type LoggedChange } from './net-rows.js';
import { RoomBook } from './rooms.js';

export interface Missed {
  /** One per row, ordered by last commit. */
  readonly changes: readonly ResumedChange[];
  /** Rows that were added and removed again, each with the time from which it was visible. */
  readonly passing: readonly { readonly at: number; readonly change: ResumedChange }[];
  /** Users whose rights were checked again. */
  readonly revoked: readonly Addressee[];
  /** Changes of entities that the observer depends on: they may affect some of the subscribers. */
  readonly dependent: readonly Change[];
}

/** Maximum number of candidate rows per reported row. Most candidates concern other subscribers, but must be judged. */
const MAX_JUDGED = 10;

interface Judged {
  readonly row: NetRow;
  readonly one: Case;
  readonly between: NetRow['between'];
}

/**
 * `undefined` if the client has to refetch: an entry is missing, a change affected who sees what, a row cannot be judged or
 * serialized, or there are more than `maxRows`.
 */
export async function missedBy(
  channel: Channel,
  entries: readonly LoggedEntry[],
  maxRows: number,
  report: FeedReport,
): Promise<Missed | undefined> {
  const sorted = sort(channel, entries);
  if (!sorted) return undefined;
  const judgements = new Judgements();
  let last: Change | undefined;
  try {
    const candidates = candidatesOf(channel, netRows(sorted.own, channel.definition.withDeleted));
    if (candidates.length > maxRows * MAX_JUDGED) return undefined;
    prepare(candidates, judgements);
    if (judgements.hasQuestions) await judgements.ask();
    await loadOutputs(candidates.map(({ one }) => one), judgements); // prettier-ignore
    const changes: ResumedChange[] = [];
    const passing: Missed['passing'][number][] = [];
    for (const candidate of candidates) {
      last = candidate.row.change;
      const change = await shown(candidate.one, judgements);
      if (change && changes.push(change) > maxRows) return undefined;
      if (change) continue;
      passing.push(...passed(candidate, judgements));
    }
    return { changes, passing, revoked: sorted.revoked, dependent: sorted.dependent };
  } catch (error) {
    if (!(error instanceof UnknowableRow) && last) report.failed(error, last, channel);
    return undefined;
  }
}

interface Sorted extends Pick<Missed, 'revoked' | 'dependent'> {
  readonly own: readonly LoggedChange[];
}

/** `undefined` if a part is missing, or a change affected which rows the channel's subscribers see. */
function sort(channel: Channel, entries: readonly LoggedEntry[]): Sorted | undefined {
  const { definition } = channel;
  const { entity, observer } = definition;
  const crossesLinks = matchersOf(definition).some((matcher) => matcher.crossesLinks);
  const [own, revoked, dependent]: [LoggedChange[], Addressee[], Change[]] = [[], [], []];
  const gone = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'gap') return undefined;
    if (!isCommit(entry)) {
      revoked.push(entry.to);
      continue;
    }
    const { position, at = 0, changes } = entry;
    for (const change of changes) {
      if (isConcerned(channel, change) || returned(change, gone)) return undefined;
      if (observer.resuming?.dependsOn(change)) dependent.push(change);
      if (!isOf(change, entity)) continue;
      if (crossesLinks && change.links?.length) return undefined;
      own.push({ change, position, at });
    }
  }
  return { own, revoked, dependent };
}

function isOf({ source, entity, ancestors = [] }: Change, key: string): boolean {
  return entityKey(source, entity) === key || ancestors.some((ancestor) => entityKey(source, ancestor) === key);
}

/** Whether a row that others may refer to was deleted and inserted again: it may decide something else now. */
function returned({ source, entity, id, type, before, after }: Change, gone: Set<string>): boolean {
  if (type === 'modified') return false;
  const key = `${entityKey(source, entity)} ${idKey(id)}`;
  if (!after) gone.add(key);
  return !before && gone.has(key);
}

/** Leaves out rows that were certainly not in the channel before, after or in between. */
function candidatesOf(channel: Channel, rows: readonly NetRow[]): Judged[] {
  const book = new RoomBook();
  const matchers = matchersOf(channel.definition);
  const mayBe = (image: Image | undefined): boolean =>
    image !== undefined && !matchers.some((matcher) => matcher.matches(image) === false);
  return rows.flatMap((row) => {
    const { change, position } = row;
    const one = caseOf({ change, position }, channel, book);
    const between = row.between.filter(
      ({ image }) =>
        image !== change.after &&
        mayBe(image) &&
        caseOf({ change: { ...change, before: undefined, after: image, type: 'added' }, position }, channel, book)
          .after,
    );
    return mayBe(one.before) || mayBe(one.after) || between.length > 0 ? [{ row, one, between }] : [];
  });
}

function prepare(candidates: readonly Judged[], judgements: Judgements): void {
  for (const { one, between } of candidates) {
    const matchers = matchersOf(one.channel.definition);
    if (one.before) judgements.prepare(matchers, one.before, one.delivery);
    if (one.after) judgements.prepare(matchers, one.after);
    for (const { image } of between) judgements.prepare(matchers, image, one.delivery);
  }
}

async function shown(one: Case, judgements: Judgements): Promise<ResumedChange | undefined> {
  const { before, after } = acceptedOf(one, judgements);
  const image = after ?? before;
  if (!image) return undefined;
  const type: ChangeType = before ? (after ? 'modified' : 'removed') : 'added';
  const { delivery, channel, isGone } = one;
  const { change, position } = delivery;
  const { id } = change;
  if (type === 'removed' && !isGone) return { type, id, data: { pk: id }, position };
  return { type, id, data: await channel.definition.audience.serialize(image, type, change), position };
}

function passed({ row, one, between }: Judged, judgements: Judgements): Missed['passing'] {
  const matchers = matchersOf(one.channel.definition);
  const seen = between.find(({ image }) => judgements.accepts(matchers, image));
  const { id } = row.change;
  return seen ? [{ at: seen.at, change: { type: 'removed', id, data: { pk: id }, position: row.position } }] : [];
}
