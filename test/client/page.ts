// A page in Node: a document, and components in it.

import { Window } from 'happy-dom';
import { createElement, StrictMode, type ReactNode } from 'react';
import type { Root } from 'react-dom/client';

const NAMES = [
  'window',
  'document',
  'navigator',
  'Node',
  'Element',
  'HTMLElement',
  'HTMLIFrameElement',
  'Event',
] as const;

export class Page implements AsyncDisposable {
  private roots: Root[] = [];

  private constructor(
    private readonly window: Window,
    private readonly before: ReadonlyMap<string, PropertyDescriptor | undefined>,
  ) {}

  /** From here on there is a `document`; React has to be told before it is loaded. */
  static open(): Page {
    const window = new Window({ url: 'http://localhost/' });
    const before = new Map(NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
    for (const name of NAMES)
      Object.defineProperty(globalThis, name, { value: window[name as keyof Window], configurable: true });
    return new Page(window, before);
  }

  /** Renders into a new element, as development does: everything is mounted twice. */
  async render(element: ReactNode, html?: string): Promise<View> {
    const { createRoot, hydrateRoot } = await import('react-dom/client');
    const host = this.window.document.createElement('div');
    this.window.document.body.append(host);
    const strict = (node: ReactNode): ReactNode => createElement(StrictMode, null, node);
    const container = host as unknown as Parameters<typeof createRoot>[0];
    let root: Root;
    if (html === undefined) root = createRoot(container);
    else {
      host.innerHTML = html;
      root = hydrateRoot(container, strict(element));
    }
    this.roots.push(root);
    if (html === undefined) root.render(strict(element));
    return {
      text: () => host.textContent,
      show: (next) => root.render(strict(next)),
      close: () => root.unmount(),
      click: (selector) =>
        host.querySelector(selector)?.dispatchEvent(new this.window.Event('click', { bubbles: true })),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const root of this.roots) root.unmount();
    this.roots = [];
    // React has work of its own to end.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await this.window.happyDOM.close();
    for (const [name, descriptor] of this.before)
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
  }
}

export interface View {
  text(): string;
  show(next: ReactNode): void;
  close(): void;
  click(selector: string): void;
}
