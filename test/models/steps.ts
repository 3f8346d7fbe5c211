// What happens to a model's rows: what users write over the wire, and what code writes by TypeORM.

import fc from 'fast-check';

export const CODE_WRITES = [
  'saveItem', 'saveSeveral', 'insertItem', 'changeItem', 'updateItems', 'moveTenant', 'setGroup', 'relateGroup', 'removeItem', 'deleteItem',
  'purgeItem', 'softDelete', 'softRemove', 'restore', 'recover', 'upsertItem', 'setParent', 'setPlace', 'setSecret',
  'addTag', 'removeTag', 'setTags', 'saveTag', 'addLink', 'removeLink', 'addNote', 'moveNote', 'deleteNote', 'hideNote', 'setNotes', 'setDetail', 'changeDetail',
  'saveGroup', 'changeGroup', 'hideGroup', 'restoreGroup', 'removeGroup', 'renameGroup', 'join', 'leave', 'saveSibling', 'groupOfSibling',
] as const; // prettier-ignore
export type CodeWrite = (typeof CODE_WRITES)[number];

export const RELATED_INPUTS = [
  'none', 'none', 'group', 'groupColumn', 'groupNull', 'groupEmpty', 'groupNamed', 'parent', 'tags', 'newTag', 'newNote', 'notes', 'noteOfAnother', 'renamedNote', 'detail', 'detailNull',
] as const; // prettier-ignore
export type RelatedInput = (typeof RELATED_INPUTS)[number];

export interface CodeStep {
  readonly by: 'code';
  readonly writes: readonly { readonly write: CodeWrite; readonly a: number; readonly b: number }[];
  /** A transaction that commits or rolls back; in the last, what is after the first write is a savepoint that does. */
  readonly end: 'commit' | 'rollback' | 'savepoint';
}

export interface WireStep {
  readonly by: 1 | 2;
  readonly action: 'create' | 'update' | 'destroy';
  readonly a: number;
  readonly b: number;
  /** Which columns the input names, by bit. */
  readonly mask: number;
  readonly related: RelatedInput;
}

export type Step = CodeStep | WireStep;

const small = fc.integer({ min: 0, max: 7 });
const codeStep: fc.Arbitrary<CodeStep> = fc.record({
  by: fc.constant('code' as const),
  writes: fc.array(fc.record({ write: fc.constantFrom(...CODE_WRITES), a: small, b: small }), {
    minLength: 1,
    maxLength: 4,
  }),
  end: fc.constantFrom('commit', 'commit', 'commit', 'rollback', 'savepoint'),
});
const wireStep: fc.Arbitrary<WireStep> = fc.record({
  by: fc.constantFrom(1 as const, 2 as const),
  action: fc.constantFrom('create', 'create', 'update', 'update', 'update', 'destroy'),
  a: small,
  b: small,
  mask: fc.integer({ min: 0, max: 255 }),
  related: fc.constantFrom(...RELATED_INPUTS),
});

/** @param length how many steps at most */
export function histories(length: number): fc.Arbitrary<Step[]> {
  const step = fc.oneof({ weight: 3, arbitrary: codeStep }, { weight: 2, arbitrary: wireStep });
  return fc.array(step, { minLength: 1, maxLength: length, size: 'max' });
}
