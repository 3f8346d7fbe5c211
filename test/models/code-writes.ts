// Each way in which code writes rows by TypeORM. `a` and `b` choose rows and values; what does not apply does nothing.

import { IsNull, Not } from 'typeorm';
import { idText } from './moment.js';
import { RowAccess, type Entity } from './row-access.js';
import type { CodeWrite } from './steps.js';

export class CodeWriter extends RowAccess {
  async write(write: CodeWrite, a: number, b: number): Promise<unknown> {
    return this[write](a, b);
  }

  private async saveItem(a: number, b: number): Promise<void> {
    const group = await this.pick('group', a);
    const { manager } = this;
    const item = manager.create(this.type('item'), { ...this.model.keyed('item', this.count()), ...this.values(a, b) });
    await manager.save(this.assign(item, { group: b % 3 === 0 ? null : (group ?? null) }));
  }
  private async saveSeveral(a: number, b: number): Promise<void> {
    const items = [a, b].map((index) => this.manager.create(this.type('item'), { ...this.model.keyed('item', this.count()), ...this.values(index, b) })); // prettier-ignore
    await this.manager.save(items);
  }
  private async insertItem(a: number, b: number): Promise<void> {
    await this.manager.insert(this.type('item'), { ...this.model.keyed('item', this.count()), ...this.values(a, b) });
  }
  private async changeItem(a: number, b: number): Promise<void> {
    const item = await this.pick('item', a);
    const names = Object.keys(this.model.columns).filter((name) => name !== 'serial');
    const name = names[b % names.length];
    if (item) await this.manager.save(this.assign(item, { [name]: this.values(a + b, b)[name] }));
  }
  private async updateItems(a: number, b: number): Promise<void> {
    const { tenant, amount } = this.values(a, b);
    await this.manager.update(this.type('item'), { tenant }, { amount });
  }
  private async moveTenant(a: number, b: number): Promise<void> {
    const item = await this.pick('item', a);
    if (item) await this.manager.update(this.type('item'), this.key('item', item), { tenant: this.values(b, 0)['tenant'] }); // prettier-ignore
  }
  private async setGroup(a: number, b: number): Promise<void> {
    const [item, group] = [await this.pick('item', a), await this.pick('group', b)];
    if (item) await this.manager.save(this.assign(item, { group: b % 4 === 0 ? null : (group ?? null) }));
  }
  private async relateGroup(a: number, b: number): Promise<void> {
    const [item, group] = [await this.pick('item', a), await this.pick('group', b)];
    if (item)
      await this.manager
        .createQueryBuilder()
        .relation(this.type('item'), 'group')
        .of(item)
        .set(group ?? null);
  }
  private async removeItem(a: number): Promise<void> {
    const item = await this.pick('item', a, true);
    if (item) await this.manager.remove(item);
  }
  private async deleteItem(a: number): Promise<void> {
    const item = await this.pick('item', a, true);
    if (item) await this.manager.delete(this.type('item'), this.key('item', item));
  }
  /** With all that refers to it. */
  private async purgeItem(a: number): Promise<void> {
    const item = await this.pick('item', a, true);
    if (!item) return;
    const { classes, spec } = this.model;
    for (const role of ['note', 'link'] as const) if (classes[role]) await this.deleteWhere(role, { item: this.key('item', item) }); // prettier-ignore
    if (spec.detail === 'inverse') await this.deleteWhere('detail', { item: this.key('item', item) });
    await this.manager.delete(this.type('item'), this.key('item', item));
  }
  private async softDelete(a: number): Promise<void> {
    const item = await this.pick('item', a);
    if (item && this.has('item')) await this.manager.softDelete(this.type('item'), this.key('item', item));
  }
  private async softRemove(a: number): Promise<void> {
    const item = await this.pick('item', a);
    if (item && this.has('item')) await this.manager.softRemove(item);
  }
  private async restore(a: number, b: number): Promise<void> {
    if (this.has('item')) await this.manager.restore(this.type('item'), { tenant: this.values(a, b)['tenant'] });
  }
  private async recover(a: number): Promise<void> {
    const item = await this.pick('item', a, true);
    if (item && this.has('item')) await this.manager.recover(item);
  }
  private async upsertItem(a: number, b: number): Promise<void> {
    const { itemKey } = this.model.spec;
    if (itemKey === 'increment' || itemKey === 'uuid') return;
    const known = await this.pick('item', a, true);
    const key = known && b % 2 ? this.key('item', known) : this.model.keyed('item', this.count());
    await this.manager.upsert(this.type('item'), { ...key, ...this.values(a, b) }, Object.keys(key));
  }
  private async setParent(a: number, b: number): Promise<void> {
    if (this.model.spec.itemTree === 'none') return;
    const [item, parent] = [await this.pick('item', a), await this.pick('item', b)];
    // TypeORM's trees do not look whether a row becomes its own ancestor.
    if (!item || !parent || a <= b || idText(this.pk('item', item)) <= idText(this.pk('item', parent))) return;
    await this.manager.save(this.assign(item, { parent: b % 3 === 0 ? null : parent }));
  }
  private async setPlace(a: number, b: number): Promise<void> {
    const item = await this.pick('item', a);
    if (item && this.model.spec.embedded !== 'none') await this.manager.save(this.assign(item, { place: this.place(b) })); // prettier-ignore
  }
  private async setSecret(a: number, b: number): Promise<void> {
    const item = await this.pick('item', a);
    if (item && this.model.spec.hidden !== 'none') await this.manager.update(this.type('item'), this.key('item', item), { secret: `s${b}` }); // prettier-ignore
  }

  private async addTag(a: number, b: number): Promise<void> {
    const [item, tag] = [await this.pick('item', a), await this.pick('tag', b)];
    if (item && tag && this.hasTags()) await this.manager.createQueryBuilder().relation(this.type('item'), 'tags').of(item).add(tag); // prettier-ignore
  }
  private async removeTag(a: number, b: number): Promise<void> {
    const [item, tag] = [await this.pick('item', a), await this.pick('tag', b)];
    if (item && tag && this.hasTags()) await this.manager.createQueryBuilder().relation(this.type('item'), 'tags').of(item).remove(tag); // prettier-ignore
  }
  private async setTags(a: number, b: number): Promise<void> {
    const [item, one, other] = [await this.pick('item', a), await this.pick('tag', b), await this.pick('tag', a + 1)];
    if (!item || !this.hasTags()) return;
    const tags = [...new Set([one, b % 2 ? other : undefined])].filter((tag) => tag !== undefined);
    const unique = tags.filter((tag, index) => tags.findIndex((same) => same['id'] === tag['id']) === index);
    await this.manager.save(this.assign(item, { tags: unique }));
  }
  private async saveTag(a: number, b: number): Promise<void> {
    if (!this.model.classes.tag) return;
    const tag = await this.pick('tag', a);
    if (tag && b % 2) await this.manager.save(Object.assign(tag, { label: b % 4 }));
    else await this.manager.insert(this.type('tag'), { ...this.model.keyed('tag', this.count()), label: b % 4 });
  }
  private async addLink(a: number, b: number): Promise<void> {
    const [item, tag] = [await this.pick('item', a), await this.pick('tag', b)];
    if (item && tag && this.model.classes.link) await this.manager.save(this.assign(this.manager.create(this.type('link'), { weight: b }), { item, tag })); // prettier-ignore
  }
  private async removeLink(a: number): Promise<void> {
    const link = await this.pick('link', a);
    if (link) await this.manager.remove(link);
  }

  private async addNote(a: number, b: number): Promise<void> {
    const item = await this.pick('item', a);
    if (item && this.model.classes.note) await this.manager.save(this.assign(this.manager.create(this.type('note'), { body: `n${b}`, author: b % 4 }), { item })); // prettier-ignore
  }
  private async moveNote(a: number, b: number): Promise<void> {
    const [note, item] = [await this.pick('note', a), await this.pick('item', b)];
    if (note) await this.manager.save(Object.assign(note, { item: b % 4 === 0 ? null : (item ?? null) }));
  }
  private async deleteNote(a: number): Promise<void> {
    const note = await this.pick('note', a, true);
    if (note) await this.manager.delete(this.type('note'), note['id']);
  }
  private async hideNote(a: number, b: number): Promise<void> {
    const note = await this.pick('note', a, true);
    if (!note || !this.has('note')) return;
    if (b % 2) await this.manager.softDelete(this.type('note'), note['id']);
    else await this.manager.restore(this.type('note'), note['id']);
  }
  private async setNotes(a: number, b: number): Promise<void> {
    const [item, note] = [await this.pick('item', a), await this.pick('note', b)];
    if (item && this.model.classes.note) await this.manager.save(this.assign(item, { notes: note ? [note] : [] }));
  }
  private async setDetail(a: number, b: number): Promise<void> {
    const { spec } = this.model;
    const item = await this.pick('item', a);
    if (!item || spec.detail === 'none') return;
    const detail = await this.manager.save(this.manager.create(this.type('detail'), { owner: b % 4 }));
    if (spec.detail === 'owning') return void (await this.manager.save(this.assign(item, { detail })));
    const [old] = await this.manager.find(this.type('detail'), { where: { item: this.key('item', item) as object } });
    if (old) await this.manager.save(Object.assign(old, { item: null }));
    await this.manager.save(Object.assign(detail, { item }));
  }
  private async changeDetail(a: number, b: number): Promise<void> {
    const detail = await this.pick('detail', a);
    if (detail) await this.manager.update(this.type('detail'), detail['id'], { owner: b % 4 });
  }

  private async saveGroup(a: number, b: number): Promise<void> {
    const index = this.count();
    await this.manager.save(this.manager.create(this.type('group'), { ...this.model.keyed('group', index), code: `c${index}`, open: a % 2 === 0, owner: b % 4 })); // prettier-ignore
  }
  private async changeGroup(a: number, b: number): Promise<void> {
    const group = await this.pick('group', a);
    if (group) await this.manager.save(Object.assign(group, b % 2 ? { open: !group['open'] } : { owner: b % 4 }));
  }
  private async hideGroup(a: number, b: number): Promise<void> {
    const group = await this.pick('group', a);
    if (!group || !this.has('group')) return;
    if (b % 2) await this.manager.softDelete(this.type('group'), this.key('group', group));
    else await this.manager.softRemove(group);
  }
  private async restoreGroup(a: number): Promise<void> {
    const group = await this.pick('group', a, true);
    if (group && this.has('group')) await this.manager.restore(this.type('group'), this.key('group', group));
  }
  /** Where the database would change the items by itself, which nobody hears of, only one without items. */
  private async removeGroup(a: number): Promise<void> {
    const group = await this.pick('group', a, true);
    if (!group) return;
    const used = await this.manager.exists(this.type('item'), { where: { group: this.reference(group) }, withDeleted: true }); // prettier-ignore
    const members = await this.manager.exists(this.type('member'), { where: { group: this.key('group', group) } });
    if (!members && !used) await this.manager.remove(group);
  }
  /** Its code: what items refer to it by, in some models. */
  private async renameGroup(a: number): Promise<void> {
    const group = await this.pick('group', a);
    const { groupReference } = this.model.spec;
    if (group && groupReference !== 'code') await this.manager.update(this.type('group'), this.key('group', group), { code: `c${this.count()}` }); // prettier-ignore
  }
  private async join(a: number, b: number): Promise<void> {
    const group = await this.pick('group', a);
    if (group) await this.manager.save(this.manager.create(this.type('member'), { userId: 1 + (b % 2), group }));
  }
  private async leave(a: number, b: number): Promise<void> {
    const group = await this.pick('group', a);
    if (group) await this.deleteWhere('member', { group: this.key('group', group), userId: 1 + (b % 2) });
  }
  private async saveSibling(a: number, b: number): Promise<void> {
    const { siblings } = this.model;
    const { tenant } = this.values(a, b);
    if (siblings.item) await this.manager.save(this.manager.create(siblings.item, { ...this.model.keyed('item', this.count()), tenant })); // prettier-ignore
    const index = this.count();
    if (siblings.group) await this.manager.save(this.manager.create(siblings.group, { ...this.model.keyed('group', index), code: `c${index}`, open: true, owner: a % 4 })); // prettier-ignore
  }
  /** An item whose group is none, though the table has its row. */
  private async groupOfSibling(a: number): Promise<void> {
    const { siblings } = this.model;
    const item = await this.pick('item', a);
    const firms = siblings.group ? await this.manager.find(siblings.group, { where: { code: Not(IsNull()) } }) : [];
    const [firm] = firms as Entity[];
    if (item && firm) await this.manager.createQueryBuilder().relation(this.type('item'), 'group').of(item).set(this.reference(firm)); // prettier-ignore
  }
}
