// What the tabs of a browser tell each other, and which of them sends.

import type { JiraClientErrorOptions } from '../errors.js';
import type { Answer } from '../jira-request.js';
import type { WriteRecord } from './records.js';

/** An error without its class, which it would lose on the way. */
export interface PlainError {
  readonly message: string;
  readonly options: JiraClientErrorOptions;
}

/** What became of a write. */
export type Outcome = { readonly answer: Answer<unknown> } | { readonly error: PlainError };

export type TabMessage =
  | { readonly type: 'added'; readonly write: WriteRecord }
  | { readonly type: 'settled'; readonly key: string; readonly outcome: Outcome }
  | { readonly type: 'cleared' };

/** What of the browser is used here, and is not everywhere. */
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
  /** Undefined where there is none: a tab is then on its own. */
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

  /** Runs it in one tab at a time: when that one is closed or killed, in the next. On pages without Web Locks in each. */
  async lead(signal: AbortSignal, run: () => Promise<void>): Promise<void> {
    const locks = this.browser.navigator?.locks;
    if (!locks) return run();
    await locks.request(this.name, { signal }, run).catch((error: unknown) => {
      // Aborted while it waited for its turn.
      if (!signal.aborted) throw error;
    });
  }

  close(): void {
    this.channel?.close();
  }
}
