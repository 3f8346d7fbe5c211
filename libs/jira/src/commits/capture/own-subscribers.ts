// The subscribers of change sources: unlike an application's they have no say in what is read.

import type { EntitySubscriberInterface } from 'typeorm';

const OWN = new WeakSet<EntitySubscriberInterface>();

export function noteOwn(subscriber: EntitySubscriberInterface): EntitySubscriberInterface {
  OWN.add(subscriber);
  return subscriber;
}

export function isOwnSubscriber(subscriber: EntitySubscriberInterface): boolean {
  return OWN.has(subscriber);
}
