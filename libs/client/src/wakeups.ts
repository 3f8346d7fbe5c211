// A page that is shown again, a network that is back: the moments at which a connection may be dead without a word.

interface Events {
  addEventListener?(name: string, listener: () => void): void;
  removeEventListener?(name: string, listener: () => void): void;
}

/** Calls back at each of them, where the platform tells, until the returned function is called. */
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
