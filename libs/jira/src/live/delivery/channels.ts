// All open channels. Channels share equal audiences and filters, so that each is judged and serialized once.

import { Channel, channelKey } from './channel.js';
import type { Audience, ChannelDefinition, RowMatcher, Subscription } from './channel.js';
import type { Feed } from './feed.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { Interned } from '../../core/support/interned.js';
import { RestingLists } from '../lists/resting-lists.js';

export class Channels {
  private readonly byKey = new Map<string, Channel>();
  private readonly audiences = new Interned<Audience>();
  private readonly matchers = new Interned<RowMatcher>();
  private readonly resting = new RestingLists();
  private readonly reading = new Map<string, Promise<string>>();

  /** The open channel of a definition, or a new one in the feed. @param related the last result of `readRelated` */
  open(definition: ChannelDefinition, feed: Feed, related?: string): Channel {
    const key = channelKey(definition);
    const known = this.byKey.get(key);
    if (known) {
      known.related ??= related;
      this.resting.wake(known);
      return known;
    }
    const channel = new Channel(key, this.intern(definition));
    channel.related = related;
    this.byKey.set(key, channel);
    feed.add(channel);
    return channel;
  }

  /** What the channel's `readRelated` returned last, or else returns now. */
  async relatedOf(definition: ChannelDefinition): Promise<string | undefined> {
    const { readRelated } = definition;
    if (!readRelated) return undefined;
    const key = channelKey(definition);
    const known = this.byKey.get(key)?.related;
    if (known !== undefined) return known;
    // Clients that come back at the same time share one query: an answer that is too old is corrected at the next
    // check.
    const read = getOrAdd(this.reading, key, () => readRelated().finally(() => this.reading.delete(key)));
    return read;
  }

  /** Channels with subscribers whose rows depend on related rows that nothing follows. */
  *dependent(): Generator<Channel> {
    for (const channel of this.byKey.values())
      if (channel.definition.readRelated && channel.subscriptions.size > 0) yield channel;
  }

  /**
   * Takes a subscription out of its channel. A channel ends with its last subscription; if it has a list, it rests
   * first.
   *
   * @param mayReturn whether the client was disconnected and may come back
   */
  leave(channel: Channel, subscription: Subscription, feed: Feed, mayReturn: boolean): void {
    channel.subscriptions.delete(subscription);
    if (channel.subscriptions.size > 0) return;
    if (!mayReturn || !channel.window?.rest()) return this.end(channel, feed);
    // While it rests, nothing checks what related rows decide.
    channel.related = undefined;
    this.resting.add(channel, () => this.end(channel, feed));
  }

  /** Ends all lists at rest: something was missed that may concern them. */
  endResting(): void {
    this.resting.endAll();
  }

  private end(channel: Channel, feed: Feed): void {
    const { definition } = channel;
    this.byKey.delete(channel.key);
    feed.remove(channel);
    for (const matcher of [definition.filter, ...definition.audience.matchers])
      this.matchers.release(matcherKey(definition, matcher));
    this.audiences.release(audienceKey(definition));
  }

  count(): { channels: number; shared: number } {
    return { channels: this.byKey.size, shared: this.audiences.size + this.matchers.size };
  }

  /** Replaces equal filters and audiences by shared objects, so that a batch judges and serializes each once. */
  private intern(definition: ChannelDefinition): ChannelDefinition {
    const filter = this.matchers.take(matcherKey(definition, definition.filter), definition.filter);
    const matchers = definition.audience.matchers.map((matcher) =>
      this.matchers.take(matcherKey(definition, matcher), matcher),
    );
    const audience = this.audiences.take(audienceKey(definition), { ...definition.audience, matchers });
    return { ...definition, filter, audience };
  }
}

function matcherKey({ entity }: ChannelDefinition, { key }: RowMatcher): string {
  return `${entity}\n${key}`;
}

function audienceKey({ entity, namespace, observer, audience }: ChannelDefinition): string {
  return JSON.stringify([entity, namespace, observer.name, audience.key]);
}
