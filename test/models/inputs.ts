// What users send: columns, and related rows in every form that an input may name them in.

import type { CodeWriter } from './code-writes.js';
import type { Model, Role } from './model.js';
import type { Moment, Row } from './moment.js';
import type { WireStep } from './steps.js';

type Data = Record<string, unknown>;

export async function inputOf(model: Model, now: Moment, writer: CodeWriter, step: WireStep): Promise<Data> {
  const { action, a, b, mask } = step;
  const isNew = action === 'create';
  const values = writer.values(a, b);
  const names = Object.keys(values).filter((name, index) => isNew || (mask >> index) & 1);
  const written = names.flatMap((name) => {
    const value = wireOf(model, name, values[name]);
    return value === undefined ? [] : [[name, value]];
  });
  const key = isNew ? model.keyed('item', writer.next()) : {};
  return { ...key, ...Object.fromEntries(written), ...relatedInput(model, now, step) } as Data;
}

function relatedInput(model: Model, now: Moment, { related, a, b }: WireStep): Data {
  const { spec } = model;
  const pick = (role: Role, index: number): Row | undefined => {
    const rows = now.all(role);
    return rows[index % Math.max(1, rows.length)];
  };
  const [group, note, tag] = [pick('group', b), pick('note', b), pick('tag', b)];
  const cascades = spec.noteCascade !== 'none';
  switch (related) {
    case 'none':
      return {};
    case 'group':
      return group ? { group: reference(model, group) } : {};
    case 'groupColumn':
      return group && spec.groupColumn === 'property' ? { groupId: Object.values(reference(model, group))[0] } : {};
    case 'groupNull':
      return { group: null };
    case 'groupEmpty':
      return { group: b % 2 ? {} : { [spec.groupReference === 'code' ? 'code' : 'id']: null } };
    case 'groupNamed':
      return { group: { open: true } };
    case 'parent': {
      const parent = pick('item', b);
      return parent && a > b && spec.itemTree !== 'none' ? { parent: keyObject(parent) } : {};
    }
    case 'tags':
      return tag && hasTags(model) ? { tags: b % 3 === 0 ? [] : [keyObject(tag)] } : {};
    case 'newTag':
      return hasTags(model) && spec.tagCascade !== 'none' ? { tags: [{ id: `new ${a} ${b}`, label: b % 4 }] } : {};
    case 'newNote':
      return cascades ? { notes: [{ body: 'new', author: b % 4 }] } : {};
    case 'notes':
      return spec.notes === 'none' ? {} : { notes: [] };
    case 'noteOfAnother':
      return note && spec.notes !== 'none' ? { notes: [{ id: note.pk }] } : {};
    case 'renamedNote':
      return note && cascades ? { notes: [{ id: note.pk, body: 'renamed' }] } : {};
    case 'detail': {
      const detail = pick('detail', b);
      return detail ? { detail: keyObject(detail) } : {};
    }
    case 'detailNull':
      return spec.detail === 'none' ? {} : { detail: null };
  }
}

function hasTags({ spec: { tags } }: Model): boolean {
  return tags === 'owned' || tags === 'inverse';
}

function reference({ spec }: Model, { entity, pk }: Row): Data {
  return spec.groupReference === 'code' ? { code: entity['code'] } : keyObject({ pk });
}

function keyObject({ pk }: Pick<Row, 'pk'>): Data {
  return typeof pk === 'object' && pk !== null ? (pk as Data) : { id: pk };
}

export function wireOf({ columns }: Model, name: string, value: unknown): unknown {
  const { wire } = columns[name] ?? {};
  return wire ? wire(value) : value;
}
