// Acknowledgements as text: Socket.IO would look through every value of an answer for binary data before it encodes it, and
// hand it through three queues.

import type { Socket } from 'socket.io';
import type { FrameTarget } from './frame-target.js';
import { jsonText } from '../../core/support/json-text.js';

type Acknowledge = (answer: unknown) => void;

/** What Socket.IO and Engine.IO hold behind their types. */
interface Acknowledging {
  ack?: (id: number) => Acknowledge & { packetId?: number };
}

/** Socket.IO's type of an acknowledgement. */
const ACKNOWLEDGEMENT = '3';

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
export function acknowledge(target: FrameTarget, answer: unknown, stock: Acknowledge): void {
  const { packetId: id } = stock as { packetId?: number };
  const json = id === undefined ? undefined : jsonText([answer]);
  if (json === undefined) return stock(answer);
  const nsp = target.nsp === '/' ? '' : `${target.nsp},`;
  target.writeText(`${ACKNOWLEDGEMENT}${nsp}${id}${json}`);
}
