import '@preact/signals';
import { render } from 'preact';
import { App } from './app';
import { loadSession } from './state/session';
import { startLanguage } from './strings';
import './style.css';

void Promise.all([startLanguage(), loadSession()]);
render(<App />, document.getElementById('app')!);
