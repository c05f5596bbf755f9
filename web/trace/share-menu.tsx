import { useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import { RecordDialog } from '../export/record-dialog.js';
import { RECORD } from '../export/words.js';
import { layersText } from '../model/layers.js';
import { usePage } from '../page.js';
import { copyText } from '../panel/copy-button.js';
import { Menu } from '../panel/menu.js';
import { clusterBase } from '../state/cluster-base.js';
import { layersNow } from '../state/layers.js';
import { linkParts } from '../state/link-parts.js';
import { cliOf, draftOf, manifestOf } from './draft.js';
import { chosenBox, graphImage, pngOf } from './graph-image.js';
import { type LinkedTrace, writeLink } from './link.js';
import { mermaidOf } from './mermaid.js';
import { fileNameOf, octetsOf, saveFile } from './save.js';
import { SHARE } from './words.js';

/** What stands in the menu, and what it does. */
type Item = readonly [words: string, act: () => unknown];

/** Everything that leaves the page: a link to this view, the graph as a picture, the trace in the field's formats. */
export function ShareMenu() {
  const { store, playback, history: traces, draft, selected, tell } = usePage();
  const [recording, setRecording] = useState<Journey>();
  const { journey, frames } = playback;
  const isPacket = journey?.kind === 'packet';
  const request = traces.requestOf(journey);

  async function copy(what: string, text: string) {
    const done = await copyText(text);
    tell(done ? 'good' : 'bad', done ? SHARE.copied(what) : SHARE.noCopy);
  }
  function save(name: string, type: string, content: BlobPart) {
    saveFile(name, type, content);
    tell('good', SHARE.saved(name));
  }
  async function saveGraph(kind: 'svg' | 'png') {
    const image = graphImage();
    if (image === undefined) return tell('bad', SHARE.noGraph);
    const content = kind === 'svg' ? image.svg : await pngOf(image);
    if (content === undefined) return tell('bad', SHARE.noGraph);
    save(`podnet.${kind}`, kind === 'svg' ? 'image/svg+xml' : 'image/png', content);
  }
  async function saveCapture(id: string, name: string) {
    const answer = await store.command('traceCapture', { id });
    if (answer.ok) save(`${name}.pcapng`, 'application/octet-stream', octetsOf(answer.value));
    else tell('bad', answer.error);
  }
  function linkedTrace(): LinkedTrace | undefined {
    const { frame, filter } = playback;
    if (journey === undefined || frame === undefined || !isPacket) return undefined;
    const { hop, step } = frame;
    const at = { hop: hop.number, step: hop.steps.indexOf(step) };
    return { id: journey.id, namespace: request?.namespace, ...at, filter };
  }
  const link = () => {
    const hash = writeLink({
      selected,
      view: chosenBox(),
      draft: request === undefined ? draft : draftOf(request),
      trace: linkedTrace(),
      layers: layersText(layersNow()),
      parts: linkParts(),
    });
    history.replaceState(null, '', hash);
    copy('link', location.href);
  };
  const server = `${location.origin}${clusterBase(location.pathname)}`;
  const name = fileNameOf(journey?.title ?? '');
  const groups: readonly (readonly Item[])[] = [
    [
      [SHARE.link, link],
      [SHARE.svg, () => saveGraph('svg')],
      [SHARE.png, () => saveGraph('png')],
    ],
    journey === undefined || !isPacket
      ? []
      : [
          [RECORD.item, () => setRecording(journey)],
          [SHARE.pcapng, () => saveCapture(journey.id, name)],
          [
            SHARE.json,
            () => save(`${name}.json`, 'application/json', JSON.stringify(journey, undefined, 2)),
          ],
          [SHARE.mermaid, () => save(`${name}.mmd`, 'text/plain', mermaidOf(journey, frames))],
        ],
    request === undefined
      ? []
      : [
          [SHARE.cli, () => copy(SHARE.cli, cliOf(request, server))],
          [SHARE.manifest, () => copy(SHARE.manifest, manifestOf(request))],
        ],
  ];
  return (
    <>
      <Menu button={`${SHARE.menu} ▾`} label={SHARE.menu} className="share-menu">
        {(close) =>
          groups.map((items) => (
            <div key={items[0]?.[0] ?? ''} className="share-items">
              {items.map(([words, act]) => (
                <button
                  key={words}
                  type="button"
                  onClick={() => {
                    close();
                    act();
                  }}
                >
                  {words}
                </button>
              ))}
            </div>
          ))
        }
      </Menu>
      {recording === undefined ? null : (
        <RecordDialog journey={recording} onClose={() => setRecording(undefined)} />
      )}
    </>
  );
}
