import { type ReactNode, useEffect, useRef } from 'react';
import type { TraceRequest } from '../../server/contract/live.js';
import { layersText } from '../model/layers.js';
import { copyText } from '../panel/copy-button.js';
import { layersNow } from '../state/layers.js';
import { clusterBase, type LiveStore } from '../state/live-store.js';
import type { Playback } from '../state/playback.js';
import { cliOf, type Draft, manifestOf } from './draft.js';
import { graphImage, pngOf, visibleBox } from './graph-image.js';
import { writeLink } from './link.js';
import { mermaidOf } from './mermaid.js';
import { fileNameOf, octetsOf, saveFile } from './save.js';
import { SHARE } from './words.js';

interface Props {
  readonly store: LiveStore;
  readonly playback: Playback;
  /** What the shown trace was asked for with. */
  readonly request: TraceRequest | undefined;
  readonly draft: Draft;
  readonly selected: string | undefined;
  readonly onTell: (tone: 'good' | 'bad', text: string) => void;
}

/** Everything that leaves the page: a link to this view, the graph as a picture, the trace in the field's formats. */
export function ShareMenu({ store, playback, request, draft, selected, onTell }: Props) {
  const menu = useRef<HTMLDetailsElement>(null);
  const { journey, frames } = playback;
  useClosing(menu);

  async function copy(what: string, text: string) {
    const done = await copyText(text);
    onTell(done ? 'good' : 'bad', done ? SHARE.copied(what) : SHARE.noCopy);
  }
  function save(name: string, type: string, content: BlobPart) {
    saveFile(name, type, content);
    onTell('good', SHARE.saved(name));
  }
  async function saveGraph(kind: 'svg' | 'png') {
    const image = graphImage();
    if (image === undefined) return onTell('bad', SHARE.noGraph);
    const content = kind === 'svg' ? image.svg : await pngOf(image);
    if (content === undefined) return onTell('bad', SHARE.noGraph);
    save(`podnet.${kind}`, kind === 'svg' ? 'image/svg+xml' : 'image/png', content);
  }
  async function saveCapture(id: string, name: string) {
    const answer = await store.command('traceCapture', { id });
    if (answer.ok) save(`${name}.pcapng`, 'application/octet-stream', octetsOf(answer.value));
    else onTell('bad', answer.error);
  }
  const link = () => {
    const hash = writeLink({
      selected,
      view: visibleBox(),
      draft,
      layers: layersText(layersNow()),
    });
    history.replaceState(null, '', hash);
    copy('link', location.href);
  };
  const server = `${location.origin}${clusterBase(location.pathname)}`;
  const name = fileNameOf(journey?.title ?? '');
  return (
    <details ref={menu} className="share-menu">
      <summary>{SHARE.menu} ▾</summary>
      <div className="share-items" role="menu">
        <Item onDo={link}>{SHARE.link}</Item>
        <Item onDo={() => saveGraph('svg')}>{SHARE.svg}</Item>
        <Item onDo={() => saveGraph('png')}>{SHARE.png}</Item>
        {journey === undefined ? null : (
          <>
            <hr />
            <Item onDo={() => saveCapture(journey.id, name)}>{SHARE.pcapng}</Item>
            <Item
              onDo={() =>
                save(`${name}.json`, 'application/json', JSON.stringify(journey, undefined, 2))
              }
            >
              {SHARE.json}
            </Item>
            <Item onDo={() => save(`${name}.mmd`, 'text/plain', mermaidOf(journey, frames))}>
              {SHARE.mermaid}
            </Item>
          </>
        )}
        {request === undefined ? null : (
          <>
            <hr />
            <Item onDo={() => copy(SHARE.cli, cliOf(request, server))}>{SHARE.cli}</Item>
            <Item onDo={() => copy(SHARE.manifest, manifestOf(request))}>{SHARE.manifest}</Item>
          </>
        )}
      </div>
    </details>
  );
}

function Item({ children, onDo }: { readonly children: ReactNode; readonly onDo: () => unknown }) {
  return (
    <button type="button" role="menuitem" onClick={onDo}>
      {children}
    </button>
  );
}

/** Closes the menu when a person goes elsewhere. */
function useClosing(menu: { readonly current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const close = (event: Event) => {
      const { current } = menu;
      if (current === null || !current.open) return;
      const away = !(event.target instanceof Node && current.contains(event.target));
      if (event instanceof KeyboardEvent ? event.key === 'Escape' : away) {
        current.open = false;
        if (event instanceof KeyboardEvent) event.stopPropagation();
      }
    };
    const done = (event: Event) => {
      const chosen = event.target instanceof Element && event.target.closest('[role=menuitem]');
      if (chosen !== false && chosen !== null && menu.current?.contains(chosen) === true)
        menu.current.open = false;
    };
    document.addEventListener('click', done);
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('click', done);
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, [menu]);
}
