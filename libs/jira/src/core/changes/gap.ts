// A gap in the history.

/** Changes were committed, but which ones is unknown. */
export interface Gap {
  readonly kind: 'gap';
  /** `entityKey` of the entity whose rows changed; absent = any entity. */
  readonly entity?: string;
  /** The process that noticed the gap. It has told its own subscribers already. */
  readonly by?: string;
}
