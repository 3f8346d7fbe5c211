// Marks the subscribers of change sources. Unlike an application's, they do not affect how rows are read.

import type { EntitySubscriberInterface } from 'typeorm';

const OWN = new WeakSet<EntitySubscriberInterface>();

export function noteOwn(subscriber: EntitySubscriberInterface): EntitySubscriberInterface {
  OWN.add(subscriber);
  return subscriber;
}

export function isOwnSubscriber(subscriber: EntitySubscriberInterface): boolean {
  return OWN.has(subscriber);
}
