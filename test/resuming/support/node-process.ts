// A node of the figures, in a process of its own: it reports, and stops, when it is told to.

import 'reflect-metadata';
import { startNode, type NodeSettings } from './node.js';

const node = await startNode(JSON.parse(process.argv[3] ?? '') as NodeSettings);
process.on('disconnect', () => process.exit());
process.on('message', (order) => {
  if (order === 'report') void node.report().then((report) => process.send?.(report));
  else void node.stop().then(() => process.exit());
});
process.send?.({ url: node.url });
