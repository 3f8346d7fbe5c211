// What the database holds at one moment, and who may see it: the oracle, which shares no code with the library.

import { And, Equal, Not, type DataSource, type EntityMetadata } from 'typeorm';
import { ROLES, type Model, type Role } from './model.js';
import { ownConditions, ruleOf, targetOf, USERS, type Rule } from './rules.js';

type Own = Rule & { kind: 'own' };
type Raw = Readonly<Record<string, unknown>>;

export interface Row {
  /** The key, as text. */
  readonly id: string;
  /** The key, as clients give it. */
  readonly pk: unknown;
  readonly entity: Record<string, unknown>;
  readonly isDeleted: boolean;
  /** Columns of the table, foreign keys included, by name. */
  readonly raw: Raw;
}

export class Moment {
  private constructor(
    private readonly dataSource: DataSource,
    private readonly model: Model,
    private readonly rows: ReadonlyMap<Role, readonly Row[]>,
    /** Of each table, every row by its key. */
    readonly tables: ReadonlyMap<string, ReadonlyMap<string, string>>,
    private readonly links: ReadonlyMap<string, readonly Raw[]>,
    private readonly matching: ReadonlyMap<string, ReadonlySet<string>>,
  ) {}

  static async read(dataSource: DataSource, model: Model, filters: readonly Own[] = []): Promise<Moment> {
    const rows = new Map<Role, readonly Row[]>();
    for (const role of ROLES) if (model.classes[role]) rows.set(role, await readRows(dataSource, model, role));
    const tables = new Map<string, ReadonlyMap<string, string>>();
    const links = new Map<string, readonly Raw[]>();
    for (const metadata of dataSource.entityMetadatas) {
      if (metadata.tableType === 'entity-child') continue;
      const raws: Raw[] = await dataSource.query(`SELECT * FROM ${pathOf(dataSource, metadata)}`);
      const keys = metadata.primaryColumns.map(({ databaseName }) => databaseName);
      tables.set(metadata.tablePath, new Map(raws.map((raw) => [keys.map((key) => textOf(raw[key])).join('|'), JSON.stringify(raw, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value)]))); // prettier-ignore
      if (metadata.tableType === 'junction') links.set(metadata.tablePath, raws);
    }
    const matching = new Map<string, ReadonlySet<string>>();
    for (const rule of [...itemConditions(model), ...filters]) {
      const key = conditionKey(rule);
      if (!matching.has(key)) matching.set(key, await idsMatching(dataSource, model, rule));
    }
    return new Moment(dataSource, model, rows, tables, links, matching);
  }

  /** Rows of a role, soft-deleted ones included, in the order of their keys. */
  all(role: Role): readonly Row[] {
    return this.rows.get(role) ?? [];
  }

  visible(role: Role, user: number, filter?: Own): Row[] {
    const rule = ruleOf(this.model, role, user);
    return this.present(role).filter((row) => this.holds(role, row, rule) && (!filter || this.holds(role, row, filter))); // prettier-ignore
  }

  sees(user: number, role: Role, id: string): boolean {
    return this.visible(role, user).some((row) => row.id === id);
  }

  find(role: Role, id: string): Row | undefined {
    return this.all(role).find((row) => row.id === id);
  }

  /** What a client is to be shown of an item. */
  view({ entity }: Row): unknown {
    const shown = Object.fromEntries(this.model.shown.map((name) => [name, entity[name]]));
    return JSON.parse(JSON.stringify(shown));
  }

  metadataOf(role: Role): EntityMetadata {
    return this.dataSource.getMetadata(this.model.classes[role] as never);
  }

  private present(role: Role): Row[] {
    return this.all(role).filter(({ isDeleted }) => !isDeleted);
  }

  private holds(role: Role, row: Row, rule: Rule): boolean {
    switch (rule.kind) {
      case 'all':
        return true;
      case 'own':
        // Columns of the others are small whole numbers and truth values, which nothing can lose.
        if (role !== 'item') return rule.values.includes(row.entity[rule.path]);
        return this.matching.get(conditionKey(rule))?.has(row.id) ?? false;
      case 'any':
        return rule.rules.some((one) => this.holds(role, row, one));
      case 'count':
        return this.related(role, row, rule.relation).length > rule.moreThan;
      case 'related': {
        const target = targetOf(role, rule.relation);
        return this.related(role, row, rule.relation).some((one) => this.holds(target, one, rule.rule));
      }
    }
  }

  /** Rows that are related and there. */
  related(role: Role, row: Row, name: string): Row[] {
    const relation = this.metadataOf(role).findRelationWithPropertyPath(name);
    if (!relation) throw new Error(`${role} has no relation ${name}.`);
    const targets = this.present(targetOf(role, name));
    if (relation.isManyToManyOwner || relation.isManyToManyNotOwner) {
      const { junctionEntityMetadata: junction } = relation;
      const links = this.links.get(junction?.tablePath ?? '') ?? [];
      const [own, others] = relation.isOwning ? [junction?.ownerColumns, junction?.inverseColumns] : [junction?.inverseColumns, junction?.ownerColumns]; // prettier-ignore
      const matches = (link: Raw, columns: typeof own, one: Row): boolean =>
        (columns ?? []).every((column) => same(link[column.databaseName], one.raw[column.referencedColumn?.databaseName ?? ''])); // prettier-ignore
      return targets.filter((one) => links.some((link) => matches(link, own, row) && matches(link, others, one)));
    }
    const columns = relation.isOwning ? relation.joinColumns : (relation.inverseRelation?.joinColumns ?? []);
    return targets.filter((one) => {
      const [holder, referenced] = relation.isOwning ? [row, one] : [one, row];
      return columns.every((column) => same(holder.raw[column.databaseName], referenced.raw[column.referencedColumn?.databaseName ?? ''])); // prettier-ignore
    });
  }
}

function same(one: unknown, other: unknown): boolean {
  return one !== null && one !== undefined && textOf(one) === textOf(other);
}

function textOf(value: unknown): string {
  return value instanceof Date
    ? value.toISOString()
    : JSON.stringify(typeof value === 'bigint' ? String(value) : value);
}

/** The key as text, whatever types drivers and clients give it. */
export function idText(pk: unknown): string {
  if (typeof pk !== 'object' || pk === null) return String(pk);
  return JSON.stringify(Object.entries(pk).map(([name, value]) => `${name}=${String(value)}`).toSorted((a, b) => (a < b ? -1 : 1))); // prettier-ignore
}

function conditionKey({ path, values, isNot }: Own): string {
  return `${path} ${isNot ? 'not ' : ''}${JSON.stringify(values)}`;
}

function itemConditions(model: Model): Own[] {
  return USERS.flatMap((user) => ownConditions('item', ruleOf(model, 'item', user))).flatMap(({ role, rule }) => (role === 'item' ? [rule] : [])); // prettier-ignore
}

async function idsMatching(dataSource: DataSource, model: Model, { path, values, isNot }: Own): Promise<ReadonlySet<string>> {
  const metadata = dataSource.getMetadata(model.classes.item);
  if (values.length === 0 && !isNot) return new Set(); // an empty list of conditions would be none
  const at = (value: unknown): object => path.split('.').toReversed().reduce<object>((inner, name) => ({ [name]: inner }), value as object); // prettier-ignore
  // One by one: MariaDB compares a DECIMAL with a list of texts as floating-point numbers, with a single text exactly.
  const where = isNot && values.length > 0 ? at(And(...values.map((value) => Not(Equal(value))))) : values.map((value) => at(Equal(value)));
  const found = await dataSource.getRepository(metadata.target).find({ where, withDeleted: true, loadEagerRelations: false });
  return new Set(found.map((entity) => idText(pkOf(metadata, entity))));
} // prettier-ignore

async function readRows(dataSource: DataSource, model: Model, role: Role): Promise<Row[]> {
  const metadata = dataSource.getMetadata(model.classes[role] as never);
  const query = dataSource.createQueryBuilder(metadata.target, 'r').withDeleted();
  for (const column of metadata.columns) if (!column.isSelect) query.addSelect(`r.${column.propertyPath}`);
  const { raw, entities } = await query.getRawAndEntities<Record<string, unknown>>();
  const rows = entities.map((entity, index): Row => {
    const pk = pkOf(metadata, entity);
    const own = raw[index] ?? {};
    return {
      id: idText(pk),
      pk,
      entity: entity,
      isDeleted: metadata.deleteDateColumn !== undefined && metadata.deleteDateColumn.getEntityValue(entity) != null,
      raw: Object.fromEntries(Object.entries(own).map(([name, value]) => [name.slice(2), value])),
    };
  });
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

export function pkOf(metadata: EntityMetadata, entity: object): unknown {
  const map = metadata.getEntityIdMap(entity) as Record<string, unknown>;
  const values = Object.values(map);
  return values.length === 1 ? values[0] : map;
}

function pathOf({ driver }: DataSource, { tablePath }: EntityMetadata): string {
  return tablePath.split('.').map((part) => driver.escape(part)).join('.'); // prettier-ignore
}
