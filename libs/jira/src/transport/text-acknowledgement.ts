// Acknowledgements as text: Socket.IO would look through every value of an answer for binary data before it encodes it.

import type { Socket } from 'socket.io';

type Acknowledge = (answer: unknown) => void;

/** What Socket.IO and Engine.IO hold behind their types. */
interface Acknowledging {
  ack?: (id: number) => Acknowledge & { packetId?: number };
}
interface EngineSocket {
  readonly readyState: string;
  write(data: string, options: object): unknown;
}

/** Socket.IO's type of an acknowledgement. */
const ACKNOWLEDGEMENT = '3';
/** Answers nested deeper go Socket.IO's way, and with them what is a circle. */
const MOST_LEVELS = 12;

/** From now on the socket's acknowledge functions tell which packet they are for. */
export function noteAcknowledged(socket: Socket): void {
  if (typeof (socket as unknown as Acknowledging).ack === 'function') Object.assign(socket, { ack: noting });
}

/** One function for all sockets: it costs each no closure. */
function noting(this: Socket, id: number): Acknowledge {
  const { ack } = Object.getPrototypeOf(this) as Required<Acknowledging>;
  return Object.assign(ack.call(this, id), { packetId: id });
}

/** Answers a packet as the acknowledge function would. It must not have been called. */
export function acknowledge(socket: Socket, answer: unknown, stock: Acknowledge): void {
  const { packetId: id } = stock as { packetId?: number };
  if (id === undefined || !isText(answer)) return stock(answer);
  const nsp = socket.nsp.name === '/' ? '' : `${socket.nsp.name},`;
  const text = `${ACKNOWLEDGEMENT}${nsp}${id}${JSON.stringify([answer])}`;
  const engine = socket.conn as unknown as EngineSocket;
  if (engine.readyState === 'open') engine.write(text, {});
}

/** Whether JSON is surely all that a value is made of; what has a form of its own is left to Socket.IO, save moments. */
function isText(value: unknown, levels = MOST_LEVELS): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Date) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isText(item, levels - 1));
  if (ArrayBuffer.isView(value) || 'toJSON' in value) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An instance may be anything; those of the application's classes are met where a hook answers a row as it is.
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name in value) if (!isText((value as Record<string, unknown>)[name], levels - 1)) return false;
  return true;
}
