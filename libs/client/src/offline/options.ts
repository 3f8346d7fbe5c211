// The options of `indexedDb`.

export interface IndexedDbOptions {
  /**
   * Whose rows and writes these are: what tells users apart, such as their id. A function is asked at each connection and for
   * each write; while it returns undefined, nothing is kept.
   */
  readonly user: string | (() => string | undefined);
  /** Version of the form of your rows. Rows that were kept under another are not shown; writes are sent nevertheless. @default '' */
  readonly schema?: string | number;
}
