// A node in a process of its own: it reports, and stops, when it is told to, or dies in the middle of its first commit.

import 'reflect-metadata';
import { CHANGE_LOG, type ChangeLog } from '../../../libs/jira/src/core/changes/change-log.js';
import { startNode, type Death, type NodeSettings } from './node.js';

const [settings = '', death] = process.argv.slice(3) as [string?, (Death | '')?];
const node = await startNode(JSON.parse(settings) as NodeSettings);
process.on('disconnect', () => process.exit());
process.on('message', (order) => {
  if (order === 'report') void node.report().then((report) => process.send?.(report));
  else void node.stop().then(() => process.exit());
});

const die = (): void => process.kill(process.pid, 'SIGKILL') as unknown as void;
// A token of Nest's, which TestApp takes for a class.
const log = node.app.get<ChangeLog & { keep(): void }>(CHANGE_LOG as never);
if (death === 'committed') log.append = die;
// What is read back of the stream is kept before anybody is told of it.
if (death === 'logged') log.keep = die;
if (death === 'told') log.listen(die);
process.send?.({ url: node.url });
