// The options of `indexedDb`.

export interface IndexedDbOptions {
  /**
   * What identifies the user whose rows and writes these are, such as an id. A function is called at each connection and for
   * each write. While it returns undefined, nothing is kept.
   */
  readonly user: string | (() => string | undefined);
  /**
   * The version of your rows' schema. Rows kept under another version are not shown. Writes are sent in any case.
   *
   * @default ''
   */
  readonly schema?: string | number;
}
