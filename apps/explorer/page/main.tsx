import { render } from 'preact';
import { App } from './app';
import { ApiModel, type Document } from './model';
import { applyTheme, readTheme } from './storage';
import './styles/base.css';
import './styles/layout.css';
import './styles/parts.css';
import './styles/form.css';
import './styles/live.css';

applyTheme(readTheme());
const root = document.querySelector('#app') as HTMLElement;

try {
  const response = await fetch('./asyncapi.json');
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const model = new ApiModel((await response.json()) as Document);
  document.title = `${model.document.info.title} – explorer`;
  render(<App model={model} />, root);
} catch (error) {
  render(
    <main class="failure" role="alert">
      <h1>The API document could not be read</h1>
      <p>{(error as Error).message}</p>
    </main>,
    root,
  );
}
