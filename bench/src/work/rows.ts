// What is measured: one entry for each row of the table.

/** `ordinary` is `jira` without its fast paths: everything goes through TypeORM. */
export const SERVERS = ['bare', 'nest', 'feathers', 'limit', 'ordinary', 'jira'] as const;
export type ServerName = (typeof SERVERS)[number];

export const ROW_NAMES = [
  'retrieve',
  'list',
  'create-32',
  'update-32',
  'destroy-32',
  'fanout-1000',
  'fanout-5000',
  'audiences',
  'memory',
  'connect',
  'update',
  'update-unwatched',
  'latency',
  'live-list',
] as const;
export type RowName = (typeof ROW_NAMES)[number];

export interface Row {
  readonly name: RowName;
  readonly title: string;
  /** Unit of the figure, e.g. `KiB resident`. */
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly servers: readonly ServerName[];
  /** Sockets that each of the two processes has open at once. */
  readonly sockets: number;
}

const REQUESTS: readonly ServerName[] = ['bare', 'nest', 'feathers', 'ordinary', 'jira'];
const ROW_WRITES: readonly ServerName[] = ['bare', 'nest', 'ordinary', 'jira'];
const WRITES: readonly ServerName[] = ['bare', 'jira'];
const LISTS: readonly ServerName[] = ['bare', 'feathers', 'jira'];
const OTHERS = SERVERS.filter((name) => name !== 'ordinary');
const PER_CPU = 'per server CPU second';

export const ROWS: readonly Row[] = [
  row('retrieve', 'retrieve by id', `requests ${PER_CPU}`, REQUESTS, 32),
  row('list', 'list: a page of 16 of a filter, with count', `requests ${PER_CPU}`, REQUESTS, 32),
  row('create-32', 'create, announced to 32 sockets', `creates ${PER_CPU}`, REQUESTS, 33),
  row('update-32', 'update of one row, announced to 32 sockets', `updates ${PER_CPU}`, ROW_WRITES, 33),
  row('destroy-32', 'create and destroy of one row, each announced to 32 sockets', `pairs ${PER_CPU}`, ROW_WRITES, 33),
  row('fanout-1000', 'one create announced to 1,000 sockets', `deliveries ${PER_CPU}`, OTHERS, 1001),
  row('fanout-5000', 'one create announced to 5,000 sockets', `deliveries ${PER_CPU}`, OTHERS, 5001),
  row('audiences', 'the same to 1,000 sockets in ten audiences', `deliveries ${PER_CPU}`, OTHERS, 1001),
  row('memory', 'idle memory of a subscribed connection', 'KiB resident', OTHERS, 3000, 'less'),
  row('connect', 'connections accepted', `connections ${PER_CPU}`, OTHERS, 1000),
  row('update', 'update() of ten rows by criteria, watched', `updates ${PER_CPU}`, WRITES, 1),
  row('update-unwatched', 'the same on an entity nobody watches', `updates ${PER_CPU}`, WRITES, 1),
  row('latency', 'commit to the last of 1,000 sockets, 20 writes a second', 'ms', OTHERS, 1001, 'less'),
  row('live-list', 'live list of 20 of 10,000 rows, ordered, to 1,000 sockets', `writes ${PER_CPU}`, LISTS, 1001),
];

function row(
  name: RowName,
  title: string,
  unit: string,
  servers: readonly ServerName[],
  sockets: number,
  better: Row['better'] = 'more',
): Row {
  return { name, title, unit, servers, sockets, better };
}
