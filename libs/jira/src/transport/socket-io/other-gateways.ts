// Finds the gateway of the application that shares a server with the library's gateway.

import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { GatewayMetadata } from '@nestjs/websockets';
import { GATEWAY_METADATA, GATEWAY_OPTIONS, PORT_METADATA } from './nest-websockets-internals.js';

export interface OtherGateway {
  readonly name: string;
  readonly options: Readonly<GatewayMetadata>;
}

/**
 * The gateway before the library's on the same server. Nest creates one server for all gateways with the same port and
 * path, with the options of the first one in module order.
 */
export function gatewayBefore(own: Type<object>, modules: ModulesContainer): OtherGateway | undefined {
  const address = addressOf(own);
  for (const { providers } of modules.values()) {
    for (const { metatype } of providers.values()) {
      if (metatype === own) return undefined;
      if (isGateway(metatype) && addressOf(metatype) === address)
        return { name: metatype.name, options: optionsOf(metatype) };
    }
  }
  return undefined;
}

function isGateway(metatype: unknown): metatype is Type<object> {
  return typeof metatype === 'function' && Reflect.hasOwnMetadata(GATEWAY_METADATA, metatype);
}

function addressOf(gateway: Type<object>): string {
  return JSON.stringify([Reflect.getMetadata(PORT_METADATA, gateway) ?? 0, optionsOf(gateway).path]);
}

function optionsOf(gateway: Type<object>): GatewayMetadata {
  return (Reflect.getMetadata(GATEWAY_OPTIONS, gateway) ?? {}) as GatewayMetadata;
}
