// Port: messages queued for a recipient, in order, bounded in time and number.

/** A message as it was added to a queue. */
export interface Message {
  /** Set by the sender. A message that was added twice has the same id. */
  readonly id: string;
  /** Name of the event that delivers it. */
  readonly event: string;
  /** Plain data: what JSON holds, and dates, bigints and bytes. */
  readonly data: unknown;
  readonly sentAt: Date;
}

/** A message in a recipient's queue. */
export interface QueuedMessage extends Message {
  /** Its slot in the recipient's queue, for `read` and `remove`; opaque. */
  readonly slot: string;
}

/** A message that was dropped: it was not acknowledged in time, or the queue was full. */
export interface ExpiredMessage extends Message {
  readonly recipient: string;
}

/** Recipients are strings: `connection:<id>`, `user:<key>`. */
export interface MessageQueue {
  /** Called once at boot. */
  open?(): Promise<void>;
  /** Adds a message and keeps at most `keepCount` per recipient; returns the oldest ones it dropped. */
  add(recipient: string, message: Message, keepCount: number): Promise<ExpiredMessage[]>;
  /** The queued messages, oldest first; with `after`, only those after that slot. */
  read(recipient: string, after?: string): Promise<QueuedMessage[]>;
  /** Removes a recipient's messages by slot; ignores slots without a message. */
  remove(recipient: string, slots: readonly string[]): Promise<void>;
  /** Removes the messages of all recipients sent before that date and returns them; each message to one caller only. */
  expire(before: Date): Promise<ExpiredMessage[]>;
  /** Calls the listener with a recipient who has a new message, or without one if any may have. Returns a function that unsubscribes. */
  watch(listener: (recipient?: string) => void): () => void;
  /** Called at shutdown. */
  close(): Promise<void>;
}

/** Token of the server's queue. */
export const MESSAGE_QUEUE = Symbol('jira message queue');
