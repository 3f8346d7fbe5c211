// Chromium, and windows in it that are signed in to the example.

import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core';

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: QUIET });
}

export type PersonName = 'ada' | 'grace';

/** One person's window on the board. */
export class Window implements AsyncDisposable {
  /** Everything the server has sent to this window. */
  readonly received: string[] = [];
  readonly errors: string[] = [];

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => this.received.push(payload.toString())),
    );
  }

  /** A window with its board loaded. */
  static async open(
    browser: Browser,
    url: string,
    person: PersonName,
    options: BrowserContextOptions = {},
  ): Promise<Window> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    // Below the test's own limit, so that what is missing has a name.
    context.setDefaultTimeout(10_000);
    const window = new Window(await context.newPage());
    await window.page.goto(`${url}/?as=${person}`);
    await window.connection('Live').waitFor();
    await window.page.locator('.board[data-loaded="true"]').waitFor();
    return window;
  }

  column(name: 'Open' | 'Doing' | 'Done'): Locator {
    return this.page.getByRole('region', { name: new RegExp(`^${name} \\d`) });
  }

  /** The card of an issue, wherever it is. */
  card(title: string, within: Locator | Page = this.page): Locator {
    return within.locator('.card').filter({ hasText: title });
  }

  connection(words: string): Locator {
    return this.page.locator('.connection').filter({ hasText: words });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  /** What an open issue shows when somebody else was first. */
  get conflict(): Locator {
    return this.dialog.locator('.conflict');
  }

  async chooseProject(name: string): Promise<void> {
    await this.page.getByLabel('Project').selectOption({ label: name });
    await this.page
      .getByRole('region', { name: `Board of ${name}` })
      .locator('[data-loaded="true"]')
      .waitFor();
  }

  async create(title: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New issue', exact: true }).click();
    await this.dialog.getByLabel('Title').fill(title);
    await this.dialog.getByRole('button', { name: 'Create issue' }).click();
    await this.dialog.waitFor({ state: 'hidden' });
  }

  async open(title: string): Promise<void> {
    await this.page.getByRole('button', { name: title }).click();
    await this.dialog.waitFor();
  }

  async save(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Save' }).click();
  }

  /** Leaves a mark that a reload would wipe out. */
  async mark(): Promise<void> {
    await this.page.evaluate('window.isSamePage = true');
  }

  isSamePage(): Promise<unknown> {
    return this.page.evaluate('window.isSamePage === true');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}
