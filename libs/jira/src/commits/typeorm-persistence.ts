// What save() of TypeORM is about to write, before it does. TypeORM decides by steps that it does not export; they are
// taken here one by one, in its order (EntityPersistExecutor), so that a step of ours can come before the last.

import type { EntityManager, EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import type { Subject } from 'typeorm/persistence/Subject.js';
import { Subject as TypeOrmSubject } from 'typeorm/persistence/Subject.js';
import { SubjectChangedColumnsComputer } from 'typeorm/persistence/SubjectChangedColumnsComputer.js';
import { SubjectDatabaseEntityLoader } from 'typeorm/persistence/SubjectDatabaseEntityLoader.js';
import { SubjectExecutor } from 'typeorm/persistence/SubjectExecutor.js';
import { CascadesSubjectBuilder } from 'typeorm/persistence/subject-builder/CascadesSubjectBuilder.js';
import { ManyToManySubjectBuilder } from 'typeorm/persistence/subject-builder/ManyToManySubjectBuilder.js';
import { OneToManySubjectBuilder } from 'typeorm/persistence/subject-builder/OneToManySubjectBuilder.js';
import { OneToOneInverseSideSubjectBuilder } from 'typeorm/persistence/subject-builder/OneToOneInverseSideSubjectBuilder.js';

/** The steps, for whoever looks at boot whether all are there. */
export const SAVE_STEPS: readonly (readonly [{ readonly name: string; readonly prototype: object }, string])[] = [
  [CascadesSubjectBuilder, 'build'],
  [SubjectDatabaseEntityLoader, 'load'],
  [OneToManySubjectBuilder, 'build'],
  [OneToOneInverseSideSubjectBuilder, 'build'],
  [ManyToManySubjectBuilder, 'build'],
  [SubjectChangedColumnsComputer, 'compute'],
  [SubjectExecutor, 'execute'],
  [TypeOrmSubject, 'recompute'],
];

/** One row that save() looks at: what it holds, what the database holds, and what is to be done. */
export type SavedRow = Subject;

/** All that saving one entity writes: cascades, rows of lists, orphans, rows of link tables. */
export class SavePlan {
  private constructor(
    private readonly runner: QueryRunner,
    private readonly subjects: Subject[],
  ) {}

  /** @param manager within a transaction: what is read for the plan has to hold until it is executed */
  static async of(manager: EntityManager, target: EntityMetadata, entity: ObjectLiteral): Promise<SavePlan> {
    const { queryRunner } = manager;
    if (!queryRunner) throw new TypeError('A save is planned within a transaction.');
    const metadata = target.findInheritanceMetadata(entity);
    const subject = new TypeOrmSubject({ metadata, entity, canBeInserted: true, canBeUpdated: true });
    const subjects = [subject];
    new CascadesSubjectBuilder(subjects).build(subject, 'save');
    await new SubjectDatabaseEntityLoader(queryRunner, subjects).load('save');
    new OneToManySubjectBuilder(subjects).build();
    new OneToOneInverseSideSubjectBuilder(subjects).build();
    new ManyToManySubjectBuilder(subjects).build();
    // The executor does it as well, and again after listeners: equal entities give equal changes.
    new SubjectChangedColumnsComputer().compute(subjects);
    return new SavePlan(queryRunner, subjects);
  }

  /** The entity's own row first. */
  get rows(): readonly SavedRow[] {
    return this.subjects;
  }

  /** Leaves a row as it is. */
  drop(row: SavedRow): void {
    this.subjects.splice(this.subjects.indexOf(row), 1);
  }

  async execute(): Promise<void> {
    const executor = new SubjectExecutor(this.runner, this.subjects);
    if (executor.hasExecutableOperations) await executor.execute();
  }
}
