import { useEffect, useState } from 'preact/hooks';

/** A value that components read and watch. */
export class Store<State extends object> {
  private readonly listeners = new Set<() => void>();

  constructor(public state: State) {}

  set(part: Partial<State>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }

  watch(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export function useStore<State extends object>(store: Store<State>): State {
  const [, turn] = useState(0);
  useEffect(() => {
    const update = (): void => turn((n) => n + 1);
    update();
    return store.watch(update);
  }, [store]);
  return store.state;
}
