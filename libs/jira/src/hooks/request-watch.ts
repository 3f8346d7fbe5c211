// Publishes a request to the diagnostics.

import type { AnswerFrame, RequestFrame } from 'nestjs-jira-protocol';
import { isObserved, publish } from '../core/diagnostics/diagnostics.js';

export interface RequestWatch {
  /** Whether the client named an action or a handler that exists. */
  isKnown: boolean;
  answered(answer: AnswerFrame): void;
}

/** Returns `undefined` while nobody listens. */
export function watchRequest(connectionId: string, namespace: string, frame: RequestFrame): RequestWatch | undefined {
  if (!isObserved('request')) return undefined;
  const startedAt = performance.now();
  return {
    isKnown: false,
    answered({ status, data }) {
      const { requestId, action, method, headers } = frame;
      const code: unknown = status < 400 ? undefined : (data as { readonly code?: unknown } | null)?.code;
      const traceparent: unknown = headers?.['traceparent'];
      publish('request', {
        connectionId,
        requestId,
        namespace,
        action,
        method,
        status,
        isKnown: this.isKnown,
        ...(typeof code === 'string' && { code }),
        durationMs: performance.now() - startedAt,
        ...(typeof traceparent === 'string' && { traceparent }),
      });
    },
  };
}
