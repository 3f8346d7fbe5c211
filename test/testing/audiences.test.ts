import { Expose } from 'class-transformer';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { Hook, HookScope, ModelHook, Permission, type Visibility } from 'nestjs-jira';
import { createTestApp, expectAudiences } from 'nestjs-jira/testing';

@Entity()
class Paper {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column() grade: string;
  @Column() ownerId: number;
}

class PaperView {
  @Expose() id: number;
  @Expose() title: string;
}

/** Teachers are shown grades. */
abstract class PaperHook extends ModelHook<Paper> {
  entity = Paper;
  output = PaperView;
  override serialize(paper: Paper, scope: HookScope): unknown {
    const isTeacher = scope.user.role === 'teacher';
    return { ...(super.serialize(paper, scope) as object), ...(isTeacher && { grade: paper.grade }) };
  }
}

@Hook('papers')
class ByRole extends PaperHook {
  override audience({ user }: HookScope): string {
    return user.role as string;
  }
}

@Hook('papers')
class AllAlike extends PaperHook {
  override audience(): string {
    return 'everybody';
  }
}

/** Only what is announced differs: to the owner alone, when the row is gone. */
@Hook('papers')
class LastWords extends AllAlike {
  override serialize(paper: Paper, scope: HookScope): unknown {
    const isAnnounced = scope.method === 'SUBSCRIPTION';
    return { id: paper.id, ...(isAnnounced && scope.user.id === paper.ownerId && { grade: paper.grade }) };
  }
}

class OwnPaper extends Permission {
  override hasObjectPermission(scope: HookScope, paper: Paper): boolean {
    return paper.ownerId === scope.user.id;
  }
}

@Hook('papers')
class OwnAlone extends ModelHook<Paper> {
  entity = Paper;
  output = PaperView;
  permissions = [OwnPaper];
  override visibility(): Visibility<Paper> {
    return true;
  }
  override audience(): string {
    return 'everybody';
  }
}

const TEACHERS = [1, 2].map((id) => ({ id, role: 'teacher' }));
const STUDENTS = [3, 4].map((id) => ({ id, role: 'student' }));

async function check(hook: typeof ByRole | typeof OwnAlone, users: readonly { id: number }[] = [...TEACHERS, ...STUDENTS], ownerId?: number) {
  await using app = await createTestApp({ hooks: [hook], entities: [Paper] });
  if (ownerId) await app.dataSource.manager.save(Paper, { title: 'Essay', grade: 'A', ownerId });
  return await expectAudiences(app, hook, users);
} // prettier-ignore

describe('expectAudiences', () => {
  it('accepts audiences whose users are shown the same, and says which they are', async () => {
    expect(await check(ByRole, undefined, 3)).toEqual([TEACHERS, STUDENTS]);
  });

  it.each([
    ['what is read', AllAlike, /"role":"teacher".* and .*"role":"student".*, but list shows one .*"grade":"A"/],
    ['what is announced alone', LastWords, /row 1, announced as added, shows one \{"id":1\} and the other \{"id":1,"grade"/],
    ['who is told of a row', OwnAlone, /but retrieve of row 1 shows one .*403/],
  ])('finds a wrong one, by %s', async (_what, hook, message) => {
    await expect(check(hook, undefined, 3)).rejects.toThrow(message);
  }); // prettier-ignore

  it('fails where there is nothing to compare', async () => {
    await expect(check(ByRole)).rejects.toThrow('"papers" has no rows');
    await expect(check(ByRole, [TEACHERS, STUDENTS].map(([one]) => one as { id: number }), 3)).rejects.toThrow('No two of these users'); // prettier-ignore
  });
});
