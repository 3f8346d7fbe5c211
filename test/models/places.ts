// One database for many models: emptied between them, which is far cheaper than making and dropping one for each.

import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseType } from '../support/databases.js';

/** Where the next model's tables may be, and nothing is yet. */
export class Places implements AsyncDisposable {
  private constructor(
    private readonly place: DataSourceOptions,
    private readonly server?: DataSource,
  ) {}

  static async open(type: DatabaseType, place: DataSourceOptions): Promise<Places> {
    if (type === 'better-sqlite3') return new Places(place);
    // Without the extension that TypeORM would create for each model's uuids.
    const uuids = type === 'postgres' ? { uuidExtension: 'pgcrypto', installExtensions: false } : {};
    const options = { ...place, ...uuids, poolSize: 2 } as DataSourceOptions;
    return new Places(options, await new DataSource(options).initialize());
  }

  async next(): Promise<DataSourceOptions> {
    const { server } = this;
    if (server?.options.type === 'postgres')
      await server.query('DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS other CASCADE; CREATE SCHEMA public; CREATE SCHEMA other'); // prettier-ignore
    else if (server) {
      const name = String(server.driver.database);
      await server.query(`DROP DATABASE ${name}`);
      await server.query(`CREATE DATABASE ${name}`);
    }
    return this.place;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server?.destroy();
  }
}
