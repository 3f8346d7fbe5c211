import { expect, it } from 'vitest';
import { ExampleServer } from '../example/example-server.js';
import { describeWith } from '../support/services.js';
import { launch, Window } from './browser.js';

describeWith('chromium', 'The board when the server goes', (chromium) => {
  it('comes back by itself after a crash and a restart, and shows what is true then', async () => {
    await using server = await ExampleServer.start();
    await using browser = await launch(chromium);
    const ada = await Window.open(browser, server.url, 'ada');
    const grace = await Window.open(browser, server.url, 'grace');
    await Promise.all([ada.mark(), grace.mark()]);

    await server.kill();
    await Promise.all([ada.connection('Offline').waitFor(), grace.connection('Offline').waitFor()]);
    await server.editWhileDown(
      `UPDATE issue SET title = 'The moth is back', status = 'open' WHERE title LIKE '%moth%'`,
    );
    await server.editWhileDown(`DELETE FROM issue WHERE title LIKE 'Upgrade to Node%'`);
    await server.start();

    for (const window of [ada, grace]) {
      await window.connection('Live').waitFor();
      await window.card('The moth is back', window.column('Open')).waitFor();
      await window.card('Upgrade to Node 20').waitFor({ state: 'detached' });
      expect(await window.isSamePage()).toBe(true);
    }
    await grace.create('Life goes on');
    await ada.card('Life goes on').waitFor();
    expect([...ada.errors, ...grace.errors]).toEqual([]);
  });

  it('comes back after an orderly restart, and a write made meanwhile is made', async () => {
    await using server = await ExampleServer.start();
    await using browser = await launch(chromium);
    const ada = await Window.open(browser, server.url, 'ada');

    await server.stop();
    await ada.connection('Offline').waitFor();
    await ada.page.getByRole('button', { name: 'New issue', exact: true }).click();
    await ada.dialog.getByLabel('Title').fill('Written in the dark');
    await ada.dialog.getByRole('button', { name: 'Create issue' }).click();
    await server.start();

    await ada.connection('Live').waitFor();
    await ada.card('Written in the dark', ada.column('Open')).waitFor({ timeout: 30_000 });
    expect(await ada.card('Written in the dark').count()).toBe(1);
  });

  it('does not pass a move off as saved that the server does not have: it can be undone, and tried again', async () => {
    await using server = await ExampleServer.start();
    await using browser = await launch(chromium);
    const ada = await Window.open(browser, server.url, 'ada');
    const move = (title: string, to: string) => ada.card(title).getByLabel(/^Move/).selectOption(to);

    await server.kill();
    await ada.connection('Offline').waitFor();
    await move('Show stock per warehouse', 'doing');
    await move('Invoices: round per line', 'doing');
    const undone = ada.card('Show stock per warehouse', ada.column('Doing'));
    await undone.getByText('Offline. Not saved yet.').waitFor();
    await undone.getByRole('button', { name: 'Undo' }).click();
    await ada.card('Show stock per warehouse', ada.column('Open')).waitFor();
    expect(await ada.card('Show stock per warehouse').getByText('Not saved').count()).toBe(0);

    // When it is given up, after the time limit of the client, it says so and stays to be tried again.
    const failed = ada.card('Invoices: round per line', ada.column('Doing'));
    await failed.getByText('Not saved.', { exact: true }).waitFor({ timeout: 60_000 });
    await server.start();
    await ada.connection('Live').waitFor();
    const grace = await Window.open(browser, server.url, 'grace');
    await grace.card('Invoices: round per line', grace.column('Open')).waitFor();
    await failed.getByRole('button', { name: 'Try again' }).click();
    await grace.card('Invoices: round per line', grace.column('Doing')).waitFor();
    await failed.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' });
    expect(await grace.card('Show stock per warehouse', grace.column('Open')).count()).toBe(1);
    expect(ada.errors).toEqual([]);
  });
});
