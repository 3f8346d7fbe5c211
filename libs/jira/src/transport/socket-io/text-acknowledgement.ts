// Sends acknowledgements as text. Socket.IO would search every value of an answer for binary data before encoding it,
// and pass it through three queues.

import type { FrameTarget } from './frame-target.js';
import { jsonText } from '../../core/support/json-text.js';
import { packetIdOf, type Acknowledge } from './socket-io-internals.js';

/** Socket.IO's type of an acknowledgement. */
const ACKNOWLEDGEMENT = '3';

/** Answers a packet as its acknowledge function `stock` would, which must not have been called. */
export function acknowledge(target: FrameTarget, answer: unknown, stock: Acknowledge): void {
  const id = packetIdOf(stock);
  const json = id === undefined ? undefined : jsonText([answer]);
  if (json === undefined) return stock(answer);
  const nsp = target.nsp === '/' ? '' : `${target.nsp},`;
  target.writeText(`${ACKNOWLEDGEMENT}${nsp}${id}${json}`);
}
