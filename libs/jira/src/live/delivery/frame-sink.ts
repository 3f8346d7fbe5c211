// Port: how frames leave the server. Each transport (Socket.IO, plain WebSockets) implements it.

import type { ChangeFrame, ErrorData, SubscribedData } from 'nestjs-jira-protocol';

/** One subscription as a sink sees it. */
export interface Recipient {
  readonly connectionId: string;
  readonly namespace: string;
  /** Opaque id of the channel. */
  readonly channel: string;
  /** The subscribing request. djira's dialect ends each frame with it. */
  readonly requestId: string;
  readonly action: string;
}

export interface FrameSink {
  /** From now on this subscription receives its channel's frames. */
  join(recipient: Recipient): void;
  leave(recipient: Recipient): void;
  /** Sends one frame to every subscription of its channel in this process, at the latest with the next `flush`. */
  send(namespace: string, frame: ChangeFrame): void;
  /** Sends the frames that `send` has kept, so that several frames of a channel go out together. */
  flush(): void;
  /** The number of change frames sent to a connection since it opened. */
  sentTo(connectionId: string): number;
  /** Sends one frame to one subscription, whether it has joined its channel or not. */
  sendTo(recipient: Recipient, frame: ChangeFrame): void;
  /** Tells a subscription that it continues on another channel. */
  move(recipient: Recipient, subscribed: SubscribedData): void;
  /** Tells a subscription that it has ended, and why. */
  end(recipient: Recipient, status: number, error: ErrorData): void;
}

/** Token of the server's sink. */
export const FRAME_SINK = Symbol('jira frame sink');
