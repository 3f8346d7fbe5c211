// Port: messages that wait for their recipient, in order, for a bounded time and count.

/** A message as it was put into a queue. */
export interface Message {
  /** Given by the sender: a message that was put in twice has one id. */
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
  readonly sentAt: Date;
}

export interface QueuedMessage extends Message {
  /** Its place in its recipient's queue, for `read` and `remove`; opaque. */
  readonly place: string;
}

/** A message that nobody acknowledged in time, or that was in the way of newer ones. */
export interface ExpiredMessage extends Message {
  readonly recipient: string;
}

/** Recipients are strings: `connection:<id>`, `user:<key>`. */
export interface MessageQueue {
  /** Called once at boot. */
  open?(): Promise<void>;
  /** Keeps at most `keepCount` messages of a recipient: returns the oldest ones that had to go. */
  add(recipient: string, message: Message, keepCount: number): Promise<ExpiredMessage[]>;
  /** What is kept, oldest first; with `after`, only what came after that place. */
  read(recipient: string, after?: string): Promise<QueuedMessage[]>;
  remove(recipient: string, places: readonly string[]): Promise<void>;
  /** Removes what was sent before, of all recipients, and returns it: each message to one caller. */
  expire(before: Date): Promise<ExpiredMessage[]>;
  /** Called with a recipient who has got a message, and without one when any may have. Returns its own undo. */
  watch(listener: (recipient?: string) => void): () => void;
  close(): Promise<void>;
}

/** Token of the server's queue. */
export const MESSAGE_QUEUE = Symbol('jira message queue');
