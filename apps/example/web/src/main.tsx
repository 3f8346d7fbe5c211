// oxlint-disable-next-line import/no-unassigned-import -- records the sockets that the client opens
import './frames.js';
import { render } from 'preact';
import { App } from './app.js';
import './styles/base.css';
import './styles/header.css';
import './styles/board.css';
import './styles/dialog.css';
import './styles/frames.css';

render(<App />, document.querySelector('#app') as HTMLElement);
