import { render } from 'preact';
import { App } from './app.js';
import './styles/base.css';
import './styles/header.css';
import './styles/board.css';
import './styles/dialog.css';

render(<App />, document.querySelector('#app') as HTMLElement);
