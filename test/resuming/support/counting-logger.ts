// Counts the statements of a data source.

import type { Logger as TypeORMLogger } from 'typeorm';

export type { TypeORMLogger };

export class Logger implements TypeORMLogger {
  count = 0;

  logQuery(): void {
    this.count++;
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}
