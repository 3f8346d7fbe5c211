// `npm run neighbours -- --database postgres`: how 50 users are served while one attacks, each attack by itself.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';

const { values } = parseArgs({
  options: { database: { type: 'string', default: 'sqlite' }, seconds: { type: 'string', default: '15' }, attacks: { type: 'string' } },
}); // prettier-ignore
const { database, seconds } = values;
const DATABASE_URL = { sqlite: undefined, postgres: process.env['POSTGRES_URL'] }[database];
if (database !== 'sqlite' && !DATABASE_URL) throw new Error(`Set POSTGRES_URL, and --database postgres or sqlite.`);

const USERS = 50;
const LEAST = database === 'sqlite' ? 0.9 : 0.95;
const attacks = values.attacks?.split(',') ?? ['none', 'lists', 'or', 'search', ...(database === 'sqlite' ? [] : ['lock'])]; // prettier-ignore

const started = (file, ...args) => fork(file, args, { env: { ...process.env, ...(DATABASE_URL && { DATABASE_URL }) } });

async function connect(url, user) {
  const socket = io(url, { auth: { jira: 2, token: `user-${user}` }, transports: ['websocket'], forceNew: true });
  await once(socket, 'connect');
  return socket;
}

/** One call a second, of each user; its time in ms. */
async function callsOf(socket, event, until) {
  const times = [];
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_000));
  const open = [];
  while (Date.now() < until) {
    const began = performance.now();
    const frame = { requestId: `${times.length}-${began}`, method: 'GET', action: 'list', query: {} };
    const call = socket.timeout(30_000).emitWithAck(event, frame);
    open.push(call.then(({ status }) => times.push(status === 200 ? performance.now() - began : Infinity), () => times.push(Infinity))); // prettier-ignore
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  await Promise.all(open);
  return times;
}

async function measure(name) {
  const server = started('test/support/run-module.js', '/test/neighbours/server.ts');
  const [{ url }] = await once(server, 'message');
  const users = await Promise.all(Array.from({ length: USERS }, (_, n) => connect(url, n + 2)));
  const ms = Number(seconds) * 1_000;
  // The one table that is not locked.
  const event = name === 'lock' ? 'members' : 'issues';
  if (name === 'lock') {
    server.send({ lockMs: ms });
    await once(server, 'message');
  }
  const attack = name === 'none' ? undefined : started('test/neighbours/attack.mjs', url, name);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const times = (await Promise.all(users.map((user) => callsOf(user, event, Date.now() + ms)))).flat().toSorted((a, b) => a - b); // prettier-ignore
  attack?.send('end');
  const [codes] = attack ? await once(attack, 'message') : [{}];
  for (const user of users) user.close();
  server.send({});
  await once(server, 'exit');
  const within = times.filter((time) => time <= 1_000).length / times.length;
  const at = (share) => times[Math.floor((times.length - 1) * share)]?.toFixed(0);
  console.log(`${name.padEnd(8)} ${(within * 100).toFixed(1).padStart(5)} % of ${times.length} calls within 1 s; median ${at(0.5)} ms, p95 ${at(0.95)} ms, at most ${at(1)} ms; the attacker: ${JSON.stringify(codes)}`); // prettier-ignore
  return within >= LEAST;
}

console.log(`${USERS} users, one call a second each, ${seconds} s, ${database}; wanted: ${LEAST * 100} % within 1 s`);
let isWell = true;
for (const name of attacks) isWell = (await measure(name)) && isWell;
process.exit(isWell ? 0 : 1);
