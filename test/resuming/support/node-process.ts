// A node in a process of its own. It reports and stops on request, or dies in the middle of its first commit.

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
// `CHANGE_LOG` is an injection token, where the type of `TestApp.get` expects a class.
const log = node.app.get<ChangeLog & { keep(): void }>(CHANGE_LOG as never);
if (death === 'committed') log.append = die;
// The log keeps what it reads back from the stream before it tells anybody.
if (death === 'logged') log.keep = die;
if (death === 'told') log.listen(die);
process.send?.({ url: node.url });
