// Events after which a connection may have died unnoticed: the page is shown again, or the network is back.

interface Events {
  addEventListener?(name: string, listener: () => void): void;
  removeEventListener?(name: string, listener: () => void): void;
}

/** Calls `call` at each such event that the platform reports. Returns a function that stops it. */
export function onWake(call: () => void): () => void {
  const page = globalThis as Events & { readonly document?: Events & { readonly visibilityState?: string } };
  const { document } = page;
  const shown = (): void => {
    if (document?.visibilityState === 'visible') call();
  };
  page.addEventListener?.('online', call);
  document?.addEventListener?.('visibilitychange', shown);
  return () => {
    page.removeEventListener?.('online', call);
    document?.removeEventListener?.('visibilitychange', shown);
  };
}
