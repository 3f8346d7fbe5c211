// How a database writes the statements that begin and end transactions.

export interface Grammar {
  /** Whether only the first of several statements in one text is run. */
  readonly isSingle: boolean;
  /** Patterns of literals, whose content is no statement. */
  readonly texts: readonly RegExp[];
  readonly hasHashComments: boolean;
  /** Whether the database runs the content of such a comment. */
  readonly hasExecutableComments: boolean;
  readonly nestsComments: boolean;
  /** Whether END is a COMMIT. */
  readonly endCommits: boolean;
  /** Whether BEGIN, and statements that change the schema, commit the open transaction. */
  readonly commitsImplicitly: boolean;
}

const PLAIN_TEXT = /'(?:[^']|'')*'/y;

export const SQLITE_GRAMMAR: Grammar = {
  isSingle: true,
  texts: [PLAIN_TEXT],
  hasHashComments: false,
  hasExecutableComments: false,
  nestsComments: false,
  endCommits: true,
  commitsImplicitly: false,
};

export const POSTGRES_GRAMMAR: Grammar = {
  isSingle: false,
  texts: [/[eE]'(?:[^'\\]|\\[^]|'')*'/y, PLAIN_TEXT, /\$(\w*)\$[^]*?\$\1\$/y],
  hasHashComments: false,
  hasExecutableComments: false,
  nestsComments: true,
  endCommits: true,
  commitsImplicitly: false,
};

export const MYSQL_GRAMMAR: Grammar = {
  isSingle: false,
  texts: [/'(?:[^'\\]|\\[^]|'')*'/y, /"(?:[^"\\]|\\[^]|"")*"/y],
  hasHashComments: true,
  hasExecutableComments: true,
  nestsComments: false,
  endCommits: false,
  commitsImplicitly: true,
};
