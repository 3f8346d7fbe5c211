// A gap in the history: changes were committed, and which is unknown.

export interface Gap {
  readonly kind: 'gap';
  /** `entityKey` of the entity whose rows changed; absent = of any. */
  readonly entity?: string;
  /** Who noticed it, and has told its own subscribers already. */
  readonly by?: string;
}
