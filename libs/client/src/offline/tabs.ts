// Passes messages between the tabs of a browser, and chooses the tab that sends.

import type { JiraClientErrorOptions } from '../errors.js';
import type { Answer } from '../jira-request.js';
import type { WriteRecord } from './records.js';

/** An error without its class, which messages between tabs cannot carry. */
export interface PlainError {
  readonly message: string;
  readonly options: JiraClientErrorOptions;
}

/** The outcome of a write. */
export type Outcome = { readonly answer: Answer<unknown> } | { readonly error: PlainError };

export type TabMessage =
  | { readonly type: 'added'; readonly write: WriteRecord }
  | { readonly type: 'settled'; readonly key: string; readonly outcome: Outcome }
  | { readonly type: 'cleared' };

/** The browser APIs used here. Not every browser has them. */
interface Channel {
  postMessage(message: TabMessage): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  close(): void;
}
interface Locks {
  request(name: string, options: { signal: AbortSignal }, run: () => Promise<void>): Promise<void>;
}
interface Browser {
  readonly BroadcastChannel?: new (name: string) => Channel;
  readonly navigator?: { readonly locks?: Locks };
}

export class Tabs {
  private readonly browser = globalThis as unknown as Browser;
  /** Undefined if the browser has no `BroadcastChannel`. Tabs then do not know of each other. */
  private readonly channel: Channel | undefined;

  constructor(
    private readonly name: string,
    receive: (message: TabMessage) => void,
  ) {
    const { BroadcastChannel } = this.browser;
    this.channel = BroadcastChannel && new BroadcastChannel(name);
    this.channel?.addEventListener('message', ({ data }) => receive(data as TabMessage));
  }

  tell(message: TabMessage): void {
    this.channel?.postMessage(message);
  }

  /** Runs `run` in one tab at a time. When that tab ends, the next one takes over. Without Web Locks, every tab runs it. */
  async lead(signal: AbortSignal, run: () => Promise<void>): Promise<void> {
    const locks = this.browser.navigator?.locks;
    if (!locks) return run();
    await locks.request(this.name, { signal }, run).catch((error: unknown) => {
      // An abort while waiting for the lock is not an error.
      if (!signal.aborted) throw error;
    });
  }

  close(): void {
    this.channel?.close();
  }
}
