// The options of `indexedDb`.

export interface IndexedDbOptions {
  /**
   * The user whose rows and writes these are, by what tells users apart, such as an id. A function is called at each connection
   * and for each write. While it returns undefined, nothing is kept.
   */
  readonly user: string | (() => string | undefined);
  /** The version of the form of your rows. Rows kept under another version are not shown. Writes are sent all the same. @default '' */
  readonly schema?: string | number;
}
