// Deep links: `#/issues/create`, with the content of its form.

export interface Prefill {
  readonly method?: string;
  readonly data?: unknown;
  readonly query?: unknown;
}

export interface Address {
  readonly namespace: string;
  readonly action: string;
  readonly request?: Prefill;
}

export function readAddress(): Address | undefined {
  const [, namespace, action, request] = /^#\/([^/]+)\/([^?]+)(?:\?(.*))?$/.exec(location.hash) ?? [];
  if (namespace === undefined || action === undefined) return undefined;
  return { namespace: decodeURIComponent(namespace), action: decodeURIComponent(action), request: parsed(request) };
}

export function addressOf(namespace: string, action: string, request?: Prefill): string {
  const at = `#/${encodeURIComponent(namespace)}/${encodeURIComponent(action)}`;
  return request ? `${at}?${encodeURIComponent(JSON.stringify(request))}` : at;
}

function parsed(text: string | undefined): Prefill | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(decodeURIComponent(text)) as Prefill);
  } catch {
    return undefined;
  }
}
