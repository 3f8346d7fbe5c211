// What the delivery of one batch of changes has worked out so far, so that each result is computed once.

import type { ChangeType, Image } from '../../core/changes/change.js';
import type { Case, Delivery } from './cases.js';
import type { Audience, Channel, ListWindow, ObserverBehaviour } from './channel.js';
import { Judgements } from './judgements.js';
import { RoomBook } from './rooms.js';

export class Batch {
  readonly rooms = new RoomBook();
  readonly judgements = new Judgements();
  readonly cases: Case[] = [];
  /** Cases of channels that have a list. */
  readonly listed: Case[] = [];
  /** Windows to which some of the batch was applied. */
  readonly windows = new Set<ListWindow>();
  /** Deliveries that an observer's handler has sent itself. */
  readonly handled = new Map<Delivery, Set<ObserverBehaviour>>();
  readonly outputs = new Map<Audience, Map<ChangeType, Map<Image, unknown>>>();
  readonly checks = new Map<Channel, Promise<void>>();
}
