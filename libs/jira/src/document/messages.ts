// Channels, messages and operations, as AsyncAPI writes them.

import type { Schema } from './schema.js';

export interface Message {
  readonly name: string;
  readonly title?: string;
  readonly summary?: string;
  readonly payload: Schema;
  readonly correlationId?: Schema;
  readonly examples?: readonly Schema[];
}

export interface Channel {
  readonly address: string;
  readonly title: string;
  readonly description?: string;
  readonly messages: Record<string, Schema>;
  readonly tags?: readonly Schema[];
  readonly [extension: `x-${string}`]: unknown;
}

export interface Operation {
  readonly action: 'receive' | 'send';
  readonly channel: Schema;
  readonly title: string;
  readonly summary?: string;
  readonly messages: readonly Schema[];
  readonly reply?: Schema;
  readonly [extension: `x-${string}`]: unknown;
}

const CORRELATED: Schema = { $ref: '#/components/correlationIds/requestId' };

/** A message whose frames name their request. */
export function correlated(message: Omit<Message, 'correlationId'>): Schema {
  return { ...message, correlationId: CORRELATED };
}

export function channelRef(channel: string): Schema {
  return { $ref: `#/channels/${channel}` };
}

export function messageRefs(channel: string, names: readonly string[]): Schema[] {
  return names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));
}
