// One hostile user, in a process of its own: 100 connections that send as much as they are answered.

import { io } from 'socket.io-client';

const CONNECTIONS = 100;
const IN_FLIGHT = 4;
const [url, name] = process.argv.slice(2);

const relation = { length: 50 };
const ATTACKS = {
  lists: () => ['issues', 'list', { page_size: 100 }],
  lock: () => ['projects', 'list', {}],
  or: () => ['issues', 'list', { $or: Array.from(relation, (_, n) => ({ project__name__icontains: `x${n}` })) }],
  search: () => ['issues', 'list', { search: 'none of these words is there at all' }],
};
const attack = ATTACKS[name];

/** Answers by their code. */
const codes = {};
let id = 0;

async function send(socket) {
  while (socket.connected) {
    const [event, action, query] = attack();
    const frame = { requestId: `${++id}`, method: 'GET', action, query };
    const { status, data } = await socket.timeout(60_000).emitWithAck(event, frame).catch(() => ({ status: 0, data: { code: 'none' } })); // prettier-ignore
    const code = status < 400 && status > 0 ? 'ok' : data.code;
    codes[code] = (codes[code] ?? 0) + 1;
    if (code === 'TOO_MANY_REQUESTS') await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

for (let n = 0; n < CONNECTIONS; n++) {
  const socket = io(url, { auth: { jira: 2, token: 'user-1' }, transports: ['websocket'], forceNew: true, reconnection: false }); // prettier-ignore
  socket.once('connect', () => {
    for (let m = 0; m < IN_FLIGHT; m++) void send(socket);
  });
}
process.once('message', () => {
  process.send(codes);
  process.exit();
});
