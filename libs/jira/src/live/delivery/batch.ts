// What one batch of deliveries has found out so far.

import type { ChangeType, Image } from '../../core/changes/change.js';
import type { Case, Delivery } from './cases.js';
import type { Audience, Channel, ListWindow, ObserverBehaviour } from './channel.js';
import { Judgements } from './judgements.js';
import { RoomBook } from './rooms.js';

export class Batch {
  readonly rooms = new RoomBook();
  readonly judgements = new Judgements();
  readonly cases: Case[] = [];
  /** Those of channels that have a list. */
  readonly listed: Case[] = [];
  /** Windows that some of it was applied to. */
  readonly windows = new Set<ListWindow>();
  /** Deliveries that an observer has sent by itself. */
  readonly handled = new Map<Delivery, Set<ObserverBehaviour>>();
  readonly outputs = new Map<Audience, Map<ChangeType, Map<Image, unknown>>>();
  readonly checks = new Map<Channel, Promise<void>>();
}
