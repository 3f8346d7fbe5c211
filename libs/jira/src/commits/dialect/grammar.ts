// How the statements that begin and end transactions are written.

export interface Grammar {
  /** Of several statements in one text only the first is carried out. */
  readonly isSingle: boolean;
  /** Literals, whose content is no statement. */
  readonly texts: readonly RegExp[];
  readonly hasHashComments: boolean;
  /** What stands in such a comment is carried out. */
  readonly hasExecutableComments: boolean;
  readonly nestsComments: boolean;
  /** END is a COMMIT. */
  readonly endCommits: boolean;
  /** BEGIN commits the transaction that is open, and so do statements that change the schema. */
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
