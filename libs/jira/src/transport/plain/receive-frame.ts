// Reads a frame of a plain WebSocket as a message, in the format of its endpoint.

import type { RawData } from 'ws';
import type { Inbox, Incoming } from '../inbox.js';
import type { IsHook, MessageFormat } from './message-format.js';
import type { PlainConnection } from './plain-connection.js';

/** Passes the frame's message to the inbox. Returns what is wrong with an invalid frame. Never throws. */
export function receiveFrame(
  connection: PlainConnection,
  data: RawData,
  isBinary: boolean,
  isHook: IsHook,
  inbox: Inbox,
): string | undefined {
  if (isBinary) return 'The frame is binary; send text.';
  let message: Incoming | undefined;
  try {
    message = messageOf(connection.format, (data as Buffer).toString(), isHook);
  } catch (error) {
    return `The frame could not be parsed: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!message) return 'The frame has no event name.';
  const { event } = message;
  inbox.receive(connection, message, (answer) => connection.send(event, answer));
  return undefined;
}

function messageOf({ converter, extractor }: MessageFormat, text: string, isHook: IsHook): Incoming | undefined {
  const value = converter.read(text);
  const event = extractor.event(value, isHook);
  if (event === undefined) return undefined;
  return {
    event,
    payload: extractor.payload(value, isHook),
    headers: extractor.headers(value),
    ...extractor.request?.(value),
  };
}
