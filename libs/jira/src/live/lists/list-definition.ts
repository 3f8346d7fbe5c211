// What a live list shows, and how it is read.

import type { RowId } from 'nestjs-jira-protocol';

export interface ListPage {
  /** As clients are sent them, in order. */
  readonly rows: readonly { readonly id: RowId; readonly data: unknown }[];
  /** How many match, beyond these; `null` where nobody counts. */
  readonly count: number | null;
  /** Whether no row follows them. */
  readonly complete: boolean;
}

export interface ListDefinition {
  /** Equal keys mean equal pages, whoever asks. */
  readonly key: string;
  /** Names of other entities by whose rows it is ordered. */
  readonly orderedBy: readonly string[];
  /** The page as it is now, by the rights that its key names. */
  read(this: void): Promise<ListPage>;
}
