// What the tutorial's application does for two users, by its own client.

import { createClient } from 'nestjs-jira-client';
import type { TutorialApp } from './tutorial-app.js';

/** What grace sees of two tasks of ada's, one of them shared; and what ada sees of them once the shared one is done. */
export async function watchTwoWindows(
  app: TutorialApp,
): Promise<{ grace: string[] | undefined; ada: string[] | undefined }> {
  const { url } = app;
  const { watch } = app.require('watch.js') as {
    watch: (url: string, token: string, onTitles: (titles: string[]) => void) => () => void;
  };
  const ada = createClient(url, { auth: { token: 'ada' } });
  const seen = new Map<string, string[]>();
  const checks = new Set<() => void>();
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => checks.add(() => condition() && resolve()));
  const stops = ['ada', 'grace'].map((token) =>
    watch(url, token, (titles) => {
      seen.set(token, titles);
      for (const check of checks) check();
    }),
  );
  try {
    await until(() => seen.size === 2);
    const shared = until(() => seen.get('grace')?.length === 1 && seen.get('ada')?.length === 2);
    await ada.hook('tasks').create({ title: 'Hers' });
    const { id } = (await ada.hook('tasks').create({ title: 'Theirs', isShared: true })) as { id: number };
    await shared;
    const grace = seen.get('grace');
    const done = until(() => seen.get('grace')?.length === 0 && seen.get('ada')?.length === 1);
    await ada.hook('tasks').action('finish', { id });
    await done;
    return { grace, ada: seen.get('ada') };
  } finally {
    for (const stop of stops) stop();
    ada.close();
  }
}
