import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { layersFrom } from '../model/layers.js';
import { setLayer } from '../state/layers.js';
import { readStored } from '../state/stored.js';
import { themeOf } from '../state/theme.js';
import { RecordedPage } from './recorded-page.js';
import { RECORDING_ID, recordingIn } from './recording.js';
import { RECORDED } from './words.js';
import '../style/theme.css';
import '../style/base.css';
import '../style/page.css';
import '../style/graph.css';
import '../style/map.css';
import '../style/panel.css';
import '../trace/trace.css';
import '../toolbar/toolbar.css';
import './recorded.css';

const root = document.getElementById('app');
const recording = recordingIn(document.getElementById(RECORDING_ID)?.textContent);
const linked = new URLSearchParams(location.hash.slice(1)).get('theme');
document.documentElement.dataset.theme =
  themeOf(linked) ?? themeOf(readStored('theme')) ?? 'system';
if (root !== null) {
  if (recording === undefined) root.textContent = RECORDED.nothing;
  else {
    for (const layer of layersFrom(recording.layers) ?? []) setLayer(layer, true);
    createRoot(root).render(
      <StrictMode>
        <RecordedPage recording={recording} />
      </StrictMode>,
    );
  }
}
