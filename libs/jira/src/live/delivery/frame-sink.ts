// Port: how frames leave the server. Socket.IO and plain WebSockets each have one.

import type { ChangeFrame, ErrorData, SubscribedData } from 'nestjs-jira-protocol';

/** One subscription as a sink sees it. */
export interface Recipient {
  readonly connectionId: string;
  readonly namespace: string;
  /** Opaque id of the channel. */
  readonly channel: string;
  /** The subscribing request: djira's dialect finishes each frame with it. */
  readonly requestId: string;
  readonly action: string;
}

export interface FrameSink {
  /** From now on this subscription receives its channel's frames. */
  join(recipient: Recipient): void;
  leave(recipient: Recipient): void;
  /** Sends one frame to all of its channel that live in this process, at the latest when it is flushed. */
  send(namespace: string, frame: ChangeFrame): void;
  /** Sends what `send` has kept, so that several frames of a channel go out in one piece. */
  flush(): void;
  /** How many change frames a connection was sent since it opened. */
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
