// Plans what TypeORM's save() will write, so that a check can run before anything is written. TypeORM does not export
// the steps of save(); they are taken here one by one, in its order (EntityPersistExecutor).

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

/** The steps, so that boot can check that all of them exist. */
export const SAVE_STEPS: readonly (readonly [{ readonly name: string; readonly prototype: object }, string])[] = [
  [CascadesSubjectBuilder, 'build'],
  [SubjectDatabaseEntityLoader, 'load'],
  [OneToManySubjectBuilder, 'build'],
  [OneToOneInverseSideSubjectBuilder, 'build'],
  [ManyToManySubjectBuilder, 'build'],
  [SubjectChangedColumnsComputer, 'compute'],
  [SubjectExecutor, 'execute'],
  [SubjectExecutor, 'executeUpdateOperations'],
  [SubjectExecutor, 'executeRemoveOperations'],
  [TypeOrmSubject, 'recompute'],
];

/** One row that save() considers: what it holds, what the database holds, and what is to be done. */
export type SavedRow = Subject;

/** All that saving one entity writes: cascades, rows of lists, orphans, rows of link tables. */
export class SavePlan {
  private constructor(
    private readonly runner: QueryRunner,
    private readonly subjects: Subject[],
    private readonly onWrite?: (name: object) => void,
  ) {}

  /** @param manager must be in a transaction, so that what the plan has read holds until it is executed */
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
    // The executor does this too, and again after listeners. Equal entities give equal changes.
    new SubjectChangedColumnsComputer().compute(subjects);
    return new SavePlan(queryRunner, subjects);
  }

  /**
   * A plan for an entity that brings no other rows along, and whose stored row is known: nothing is read.
   *
   * @param onWrite called just before a write is sent, with the object that names the row in it
   */
  static known(
    runner: QueryRunner,
    metadata: EntityMetadata,
    { entity, stored, isRemoved }: { entity: ObjectLiteral; stored: ObjectLiteral; isRemoved: boolean },
    onWrite: (name: object) => void,
  ): SavePlan {
    const whether = isRemoved ? { mustBeRemoved: true } : { canBeInserted: true, canBeUpdated: true };
    const subject = new TypeOrmSubject({ metadata, entity, ...whether });
    subject.databaseEntity = stored;
    subject.databaseEntityLoaded = true;
    if (!isRemoved) new SubjectChangedColumnsComputer().compute([subject]);
    return new SavePlan(runner, [subject], onWrite);
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
    const { runner, subjects, onWrite } = this;
    const executor = onWrite ? new NamingExecutor(runner, subjects, onWrite) : new SubjectExecutor(runner, subjects);
    if (executor.hasExecutableOperations) await executor.execute();
  }
}

/** Reports the writes of the one row, by the object that names it. */
class NamingExecutor extends SubjectExecutor {
  constructor(
    runner: QueryRunner,
    subjects: Subject[],
    private readonly onWrite: (name: object) => void,
  ) {
    super(runner, subjects);
  }

  protected override async executeUpdateOperations(): Promise<void> {
    for (const { identifier } of this.updateSubjects) if (identifier) this.onWrite(identifier);
    await super.executeUpdateOperations();
  }

  /** As TypeORM does, but with a builder of our own. */
  protected override async executeRemoveOperations(): Promise<void> {
    for (const { identifier, metadata } of this.removeSubjects) {
      if (!identifier) continue;
      const builder = this.queryRunner.manager.createQueryBuilder().delete().from(metadata.target).where([identifier]);
      this.onWrite(builder);
      await builder.callListeners(false).execute();
    }
  }
}
