import { beforeAll, describe, expect, it } from 'vitest';
import { compileFaults } from '../house/compile-examples.js';
import type { Example } from '../support/examples.js';

const SERVER = `
import { Expose } from 'class-transformer';
import { IsOptional, IsString } from 'class-validator';
import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Action, ActionScope, BearerTokenAuthentication, Hook, HookScope, IsAuthenticated, JiraModule, ModelHook, type ApiOf, type Visibility } from 'nestjs-jira';

@Entity() export class Member {
  @PrimaryGeneratedColumn() id: number;
  @Column() userId: number;
  @ManyToOne(() => Project, (project) => project.members) project: Relation<Project>;
}
@Entity() export class Project {
  @PrimaryGeneratedColumn() id: number;
  @OneToMany(() => Member, (member) => member.project) members: Relation<Member[]>;
}
@Entity() export class Issue {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column({ type: 'varchar' }) status: 'open' | 'done';
  @ManyToOne(() => Project) project: Relation<Project>;
}
export class CreateIssue { @IsString() title: string; @IsOptional() projectId?: number; }
export class UpdateIssue { @IsString() title: string; }
export class IssueView {
  @Expose() id: Issue['id'];
  @Expose() title: Issue['title'];
  @Expose() status: Issue['status'];
}

@Module({}) class AuthModule {}

@Hook('issues')
export class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  updateInput = UpdateIssue;
  output = IssueView;
  permissions = [IsAuthenticated];
  filterFields = { status: ['exact', 'in'], assigneeId: ['exact'], title: ['icontains'] };

  visibility(scope: HookScope): Visibility<Issue> { return { project: { members: { userId: scope.user.id } } }; }

  @Action({ methods: ['POST'], detail: true })
  async close(scope: ActionScope) { const issue = await this.getObject(scope); issue.status = 'done'; return this.save(issue, scope); }

  @Action({ methods: ['POST'], detail: true })
  async assign(scope: ActionScope<{ userId: number }, { notify?: boolean }>) { return { for: scope.requestId, at: new Date() }; }
}
export type Api = ApiOf<{ issues: IssueHook }>;

@Module({
  imports: [TypeOrmModule.forRoot({ type: 'sqljs' }), TypeOrmModule.forFeature([Issue]), JiraModule.forRoot({ authentication: [BearerTokenAuthentication], imports: [AuthModule] })],
  providers: [IssueHook],
})
export class AppModule {}
`;

const CLIENT = `
import { createClient } from 'nestjs-jira-client';
import type { Api } from './server.js';

const jira = createClient<Api>('http://localhost:3000', { auth: { token: 'x' } });
const issues = jira.hook('issues');
const created = await issues.create({ title: 'Ship it', projectId: 1 });
const closed = await issues.action('close', { id: created.id });
const assigned = await issues.action('assign', { id: 1, data: { userId: 2 }, query: { notify: true } });
await issues.list({ title__icontains: 'ship', assigneeId: 1, ordering: '-id' });
const shown: string[] = [created.title, closed.status, assigned.at];
issues.subscribe({ status: 'open' }, (change) => { if (change.type === 'added') shown.push(change.data.title); });
`;

/** What a developer renames or retypes on the server, and what the client's compiler says of it. */
const CHANGES: readonly (readonly [what: string, from: string | RegExp, to: string, fault: RegExp])[] = [
  ['a column and its view', /\bstatus\b/g, 'state', /'status'/],
  ['a field of the create input', 'CreateIssue { @IsString() title', 'CreateIssue { @IsString() subject', /title/],
  ['an action', 'async close(', 'async finish(', /"close"/],
  ['the namespace', '{ issues: IssueHook }', '{ tickets: IssueHook }', /'(never|unknown)'/],
  ['the input of an action', '{ userId: number }, {', '{ assigneeId: number }, {', /userId/],
  ['the query of an action', '{ notify?: boolean }', '{ notify?: string }', /boolean/],
  ['the output of an action', 'at: new Date()', 'at: Date.now()', /number/],
  ['a field of the allow-list', "title: ['icontains']", "subject: ['icontains']", /title__icontains/],
  ['a view property alone', "title: Issue['title']", "subject: Issue['title']", /title/],
];

describe('the compiler of a client', () => {
  const faults = new Map<string, string[]>();

  // One program for all: type-checking the libraries dominates.
  beforeAll(() => {
    const programs = new Map(CHANGES.map(([what, from, to]) => [what, changed(what, from, to)]));
    programs.set('nothing', SERVER);
    const examples = [...programs].flatMap(([what, text]): Example[] => [
      { document: what, file: 'server.ts', text, line: 1 },
      { document: what, file: 'client.ts', text: CLIENT, line: 1000 },
    ]);
    for (const what of programs.keys()) faults.set(what, []);
    for (const fault of compileFaults(examples)) faults.get(fault.slice(0, fault.indexOf(':')))?.push(fault);
  });

  it('accepts a module, a hook and a client, strictly, by the rules that `nest new` sets', () => {
    expect(faults.get('nothing')).toEqual([]);
  });

  it.each(CHANGES)('refuses the client after a change of %s', (what, _from, _to, fault) => {
    const found = faults.get(what) ?? [];
    const ofClient = found.filter((sentence) => Number(sentence.split(':')[1]) >= 1000);
    expect(ofClient.join('\n')).toMatch(fault);
    expect(found.filter((sentence) => !ofClient.includes(sentence))).toEqual([]);
  });
});

function changed(what: string, from: string | RegExp, to: string): string {
  const text = SERVER.replace(from, to);
  if (text === SERVER) throw new Error(`The program has nothing to change for "${what}".`);
  return text;
}
