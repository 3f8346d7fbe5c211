// Shows the view of a user who is online.

/** A user with at least one window open. */
export class OnlineView {
  /** The user's id, as text. */
  id: string;

  devices: number;
}
