// Shows entities that an action returns as the hook that serves them shows its rows.

import type { EntityMetadata } from 'typeorm';
import type { HookContext } from '../hooks/base-hook.js';
import { CONTEXT } from '../hooks/plumbing.js';
import { RowViews, type ShowRow } from '../hooks/shown-result.js';
import type { EntityGate, TypeOrmEdge } from './typeorm-edge.js';

export class TypeOrmRowViews extends RowViews {
  private readonly known = new WeakMap<object, Map<unknown, ShowRow | undefined>>();

  constructor(private readonly edge: TypeOrmEdge) {
    super();
  }

  of(type: unknown, host: object): ShowRow | undefined {
    if (type === Object || type === Array) return undefined;
    let ofHost = this.known.get(host);
    if (!ofHost) this.known.set(host, (ofHost = new Map<unknown, ShowRow | undefined>()));
    if (!ofHost.has(type)) ofHost.set(type, this.find(type, host));
    return ofHost.get(type);
  }

  private find(type: unknown, host: object): ShowRow | undefined {
    if (typeof type !== 'function') return undefined;
    const metadatas = this.edge.dataSources
      .all()
      .flatMap(({ dataSource }) => dataSource.entityMetadatas.filter(({ target }) => target === type));
    if (metadatas.length === 0) return undefined;
    const gates = new Set(metadatas.flatMap((metadata) => this.gatesOf(metadata)));
    const { namespace } = (host as { [CONTEXT]?: HookContext })[CONTEXT] ?? {};
    const own = [...gates].find((gate) => gate.namespace === namespace);
    const gate = own ?? (gates.size === 1 ? [...gates][0] : undefined);
    if (gate) return (row, scope) => gate.showRow(row, scope);
    return () => {
      throw new Error(
        `${host.constructor.name} returned a row of ${type.name}, and ${gates.size === 0 ? 'no hook says' : 'several hooks say'} which fields to show. ` +
          'Set @Action({ output }) to a class, or to false to send the row as it is.',
      );
    };
  }

  /** The hooks of the entity, or else of the nearest entity that it inherits from. */
  private gatesOf(metadata: EntityMetadata): readonly EntityGate[] {
    const gates = this.edge.ownGatesOf(metadata);
    const parent = metadata.parentEntityMetadata as EntityMetadata | undefined;
    return gates.length > 0 || !parent ? gates : this.gatesOf(parent);
  }
}
