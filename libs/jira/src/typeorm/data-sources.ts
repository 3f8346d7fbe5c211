// The data sources of the application, and which of them holds an entity.

import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DataSource, type EntityMetadata, type EntityTarget } from 'typeorm';
import { ConfigurationError } from '../core/errors/configuration.error.js';

export interface NamedDataSource {
  /** `default`, unless the application names several. */
  readonly name: string;
  readonly dataSource: DataSource;
}

export interface FoundEntity extends NamedDataSource {
  readonly metadata: EntityMetadata;
}

@Injectable()
export class DataSources {
  private found?: readonly NamedDataSource[];

  constructor(private readonly discovery: DiscoveryService) {}

  /** Every DataSource among the application's providers. */
  all(): readonly NamedDataSource[] {
    this.found ??= this.discover();
    return this.found;
  }

  /**
   * The data source that has the entity.
   *
   * @param subject the hook, for errors
   * @throws ConfigurationError if none or several have it
   */
  find(entity: EntityTarget<object>, subject: string, name?: string): FoundEntity {
    const candidates = this.all().filter((one) => name === undefined || one.name === name);
    if (name !== undefined && candidates.length === 0)
      throw new ConfigurationError(
        subject,
        `names the data source "${name}", which the application does not have.`,
        cure,
      );
    const holders = candidates.filter(({ dataSource }) => dataSource.hasMetadata(entity));
    const [holder] = holders;
    if (!holder)
      throw new ConfigurationError(
        subject,
        `uses the entity ${nameOf(entity)}, which no data source knows.`,
        'List it in the "entities" of TypeOrmModule.forRoot(), or in forFeature() with autoLoadEntities.',
      );
    if (holders.length > 1)
      throw new ConfigurationError(
        subject,
        `uses the entity ${nameOf(entity)}, which several data sources know: ${holders.map((h) => h.name).join(', ')}.`,
        "Name one: @Hook('…', { dataSource: '…' }).",
      );
    return { ...holder, metadata: holder.dataSource.getMetadata(entity) };
  }

  private discover(): NamedDataSource[] {
    const byDataSource = new Map<DataSource, string>();
    for (const { instance, token } of this.discovery.getProviders()) {
      if (!(instance instanceof DataSource) || byDataSource.has(instance)) continue;
      byDataSource.set(instance, dataSourceName(token));
    }
    return [...byDataSource].map(([dataSource, name]) => ({ name, dataSource }));
  }
}

const cure = 'Name a data source of TypeOrmModule.forRoot({ name }).';

/** @nestjs/typeorm provides a data source under the class, or under `<name>DataSource`. */
function dataSourceName(token: unknown): string {
  if (typeof token !== 'string') return 'default';
  return token.replace(/DataSource$/, '') || 'default';
}

function nameOf(entity: EntityTarget<object>): string {
  if (typeof entity === 'string') return entity;
  return typeof entity === 'function'
    ? entity.name
    : ((entity as { options?: { name?: string } }).options?.name ?? '?');
}
