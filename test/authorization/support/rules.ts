// Rules that say who sees which tasks: drawn at random, written as a visibility, and evaluated in plain JavaScript.

import fc from 'fast-check';
import { In, IsNull, LessThan, Not } from 'typeorm';
import type { HookScope, Visibility } from 'nestjs-jira';
import { Membership, type Task } from './entities.js';

/** Conditions on a task's team, all of which must hold. */
interface TeamPart {
  readonly isOpen?: boolean;
  /** The caller is a member: `any` in any role, `lead` in that role. */
  readonly member?: 'any' | 'lead';
}

/** Conditions on the task and the caller, all of which must hold. */
interface Part {
  readonly isPublic?: boolean;
  readonly owner?: 'me' | 'another' | 'nobody';
  readonly level?: number;
  /** The task's team satisfies one of these; `none`: the task has no team. */
  readonly team?: readonly TeamPart[] | 'none';
  /** The caller is a member of the task's team, by ids of teams that the hook reads beforehand. */
  readonly resolved?: true;
  /** The caller is among the task's readers. */
  readonly reader?: true;
  /** The caller is an administrator. */
  readonly admin?: true;
}

/** `true` shows all tasks, `false` none. A list shows the tasks for which one part holds; lists may hold lists. */
export type Rule = boolean | readonly (Part | readonly Part[])[];

/** The rule of one hook, and its other options. */
export interface HookSpec {
  readonly rule: Rule;
  /** Who gets a task's secret: its owner alone, or nobody. */
  readonly secret: 'owner' | 'nobody';
  /** Whether an object permission reserves tasks of level 3 and higher for their owners. */
  readonly isGuarded: boolean;
}

/** The hooks of one run, by namespace. */
export type Schema = Readonly<Record<string, HookSpec>>;

const teamPart = fc
  .record(
    { isOpen: fc.boolean(), member: fc.constantFrom<('any' | 'lead')[]>('any', 'any', 'lead') },
    { requiredKeys: [] },
  )
  .filter((part) => Object.keys(part).length > 0);
const part: fc.Arbitrary<Part> = fc
  .record(
    {
      isPublic: fc.boolean(),
      owner: fc.constantFrom<('me' | 'another' | 'nobody')[]>('me', 'me', 'another', 'nobody'),
      level: fc.integer({ min: 1, max: 4 }),
      team: fc.oneof(fc.array(teamPart, { minLength: 1, maxLength: 2 }), fc.constant('none' as const)),
      resolved: fc.constant(true as const),
      reader: fc.constant(true as const),
      admin: fc.constant(true as const),
    },
    { requiredKeys: [] },
  )
  // More than two conditions hardly ever hold together.
  .filter((one) => [1, 2].includes(Object.keys(one).length) && !(one.resolved && one.team === 'none'));
const rule: fc.Arbitrary<Rule> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<Rule[]>(true, false, [], [[]]) },
  { weight: 9, arbitrary: fc.array(fc.oneof(part, fc.array(part, { maxLength: 2 })), { minLength: 1, maxLength: 3 }) },
);
const spec: fc.Arbitrary<HookSpec> = fc.record({
  rule,
  secret: fc.constantFrom('owner', 'nobody'),
  isGuarded: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
});

/** Five hooks with random rules. */
export const schemas: fc.Arbitrary<Schema> = fc
  .array(spec, { minLength: 5, maxLength: 5 })
  .map((specs) => Object.fromEntries(specs.map((one, i) => [`rule${i}`, one])));

/** Rules that applications typically have. */
export const USUAL: Schema = {
  related: { rule: [{ team: [{ member: 'any' }] }], secret: 'owner', isGuarded: false },
  owned: { rule: [{ owner: 'me' }], secret: 'owner', isGuarded: false },
  either: { rule: [{ isPublic: true }, { owner: 'me', team: [{ member: 'any' }] }], secret: 'owner', isGuarded: false },
  resolved: { rule: [{ resolved: true }], secret: 'owner', isGuarded: false },
  public: { rule: [{ isPublic: true }], secret: 'owner', isGuarded: false },
};

export async function visibilityOf(written: Rule, scope: HookScope): Promise<Visibility<Task>> {
  if (typeof written === 'boolean') return written;
  const needsTeams = written.flat().some(({ resolved }) => resolved);
  const memberships = needsTeams ? await scope.manager.findBy(Membership, { userId: scope.user.id }) : [];
  const teams = memberships.map(({ teamId }) => teamId);
  const where = (one: Part): object | boolean => whereOf(one, scope.user as Caller, teams);
  const isSaid = (one: object | boolean): boolean => one !== false;
  const lists = written.map((one) => (Array.isArray(one) ? (one as Part[]).map(where).filter(isSaid) : where(one as Part))).filter(isSaid); // prettier-ignore
  if (lists.flat().includes(true)) return true;
  return lists as Visibility<Task>;
}

interface Caller {
  readonly id: number;
  readonly role?: string;
}

/** The conditions on the row, or a boolean if those on the caller decide alone. */
function whereOf(one: Part, user: Caller, teams: readonly number[]): object | boolean {
  if (one.admin && user.role !== 'admin') return false;
  const owner = { me: user.id, another: Not(user.id), nobody: IsNull() };
  const where = {
    ...(one.isPublic !== undefined && { isPublic: one.isPublic }),
    ...(one.owner && { ownerId: owner[one.owner] }),
    ...(one.level !== undefined && { level: LessThan(one.level) }),
    ...(one.resolved && { teamId: In(teams) }),
    ...(one.team === 'none' && { teamId: IsNull() }),
    ...(Array.isArray(one.team) && { team: (one.team as TeamPart[]).map((each) => teamWhere(each, user.id)) }),
    ...(one.reader && { readers: { id: user.id } }),
  };
  return Object.keys(where).length > 0 ? where : true;
}

function teamWhere({ isOpen, member }: TeamPart, userId: number): object {
  return {
    ...(isOpen !== undefined && { isOpen }),
    ...(member && { members: { userId, ...(member === 'lead' && { role: 'lead' }) } }),
  };
}

/** What a rule reads: the state at one point in time. */
export interface Moment {
  roleOf(userId: number): string | undefined;
  isMember(userId: number, teamId: number, role?: string): boolean;
  isOpen(teamId: number): boolean;
  isReader(userId: number, taskId: number): boolean;
}

export function holds(written: Rule, userId: number, task: Task, moment: Moment): boolean {
  if (typeof written === 'boolean') return written;
  return written.flat().some((one) => partHolds(one, userId, task, moment));
}

function partHolds(one: Part, userId: number, { id, isPublic, ownerId, level, teamId }: Task, moment: Moment): boolean {
  const { owner, team } = one;
  const isOwner = { me: ownerId === userId, another: ownerId !== null && ownerId !== userId, nobody: ownerId === null };
  const teamHolds = (each: TeamPart): boolean =>
    teamId !== null &&
    (each.isOpen === undefined || moment.isOpen(teamId) === each.isOpen) &&
    (!each.member || moment.isMember(userId, teamId, each.member === 'lead' ? 'lead' : undefined));
  return (
    (!one.admin || moment.roleOf(userId) === 'admin') &&
    (one.isPublic === undefined || isPublic === one.isPublic) &&
    (!owner || isOwner[owner]) &&
    (one.level === undefined || (level !== null && level < one.level)) &&
    (!one.resolved || (teamId !== null && moment.isMember(userId, teamId))) &&
    (!one.reader || moment.isReader(userId, id)) &&
    (team === undefined || (team === 'none' ? teamId === null : team.some(teamHolds)))
  );
}

/** Whether opening or closing a team may change what the rule shows. */
export function asksWhetherOpen(written: Rule): boolean {
  if (typeof written === 'boolean') return false;
  return written.flat().some(({ team }) => Array.isArray(team) && (team as TeamPart[]).some(({ isOpen }) => isOpen !== undefined)); // prettier-ignore
}
