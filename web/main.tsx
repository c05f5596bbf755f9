import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { SocketStore } from './state/live-store.js';
import { openPastedLinks } from './trace/linked.js';
import './style/theme.css';
import './style/base.css';
import './style/page.css';
import './style/graph.css';
import './style/map.css';
import './style/panel.css';
import './editor/editor.css';
import './act/act.css';
import './trace/trace.css';

const root = document.getElementById('app');
if (root !== null) {
  const store = new SocketStore();
  openPastedLinks();
  createRoot(root).render(
    <StrictMode>
      <App store={store} />
    </StrictMode>,
  );
}
