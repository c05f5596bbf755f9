import { useRef, useState } from 'react';
import { rove } from '../panel/roving.js';
import { readStored, useStoredSwitch, writeStored } from '../state/stored.js';
import { titleOf } from './target.js';
import { TerminalView } from './terminal-view.js';
import type { Terminals } from './use-terminals.js';
import { WORDS } from './words.js';
import './terminal.css';

const LEAST_PX = 120;
const FIRST_PX = 280;
const STEP_PX = 60;

/** The open terminals, as tabs below the graph. */
export function TerminalDock({
  base,
  terminals,
}: {
  readonly base: string;
  readonly terminals: Terminals;
}) {
  const { open, shown } = terminals;
  const [height, setHeight] = useHeight();
  const [screenReader, setScreenReader] = useStoredSwitch('terminal.screenReader', false);
  const tabs = useRef<HTMLDivElement>(null);
  if (open.length === 0) return null;
  const leave = () => tabs.current?.querySelector<HTMLElement>('[aria-selected=true]')?.focus();
  const close = (id: number) => {
    terminals.close(id);
    requestAnimationFrame(() =>
      tabs.current === null ? document.querySelector<HTMLElement>('main')?.focus() : leave(),
    );
  };
  return (
    <section className="terminal-dock" aria-label={WORDS.terminals} style={{ height }}>
      <div className="terminal-bar">
        {/* biome-ignore lint/a11y/noStaticElementInteractions: hears the keys of the tabs in it */}
        <div
          className="terminal-tabs"
          ref={tabs}
          onKeyDown={(event) => {
            if (event.key === 'Delete' && shown !== undefined) close(shown);
            else rove(event, '[role=tab]');
          }}
        >
          {/* The list owns the tabs and not the buttons beside them, which close. */}
          <div
            role="tablist"
            aria-label={WORDS.terminals}
            aria-owns={open.map(({ id }) => tabId(id)).join(' ')}
          />
          {open.map(({ id, target }) => (
            <span key={id} className={id === shown ? 'terminal-tab on' : 'terminal-tab'}>
              <button
                type="button"
                role="tab"
                id={tabId(id)}
                aria-selected={id === shown}
                tabIndex={id === shown ? 0 : -1}
                onFocus={() => terminals.show(id)}
                onClick={() => terminals.show(id)}
              >
                {target.kind === 'node' ? '▣ ' : '▸ '}
                {titleOf(target)}
              </button>
              <button
                type="button"
                className="terminal-close"
                aria-label={WORDS.close(titleOf(target))}
                title={WORDS.close(titleOf(target))}
                tabIndex={-1}
                onClick={() => close(id)}
              >
                ×
              </button>
            </span>
          ))}
        </div>
        <span className="terminal-keys muted">{WORDS.keys}</span>
        <label className="check" title={WORDS.screenReaderHint}>
          <input
            type="checkbox"
            checked={screenReader}
            onChange={(event) => setScreenReader(event.target.checked)}
          />
          {WORDS.screenReader}
        </label>
        <button
          type="button"
          className="quiet"
          aria-label={WORDS.smaller}
          title={WORDS.smaller}
          onClick={() => setHeight(height - STEP_PX)}
        >
          ▾
        </button>
        <button
          type="button"
          className="quiet"
          aria-label={WORDS.larger}
          title={WORDS.larger}
          onClick={() => setHeight(height + STEP_PX)}
        >
          ▴
        </button>
        <button
          type="button"
          className="quiet"
          aria-label={WORDS.hide}
          title={WORDS.hide}
          onClick={terminals.closeAll}
        >
          ×
        </button>
      </div>
      {open.map(({ id, target }) => (
        <TerminalView
          key={id}
          base={base}
          target={target}
          shown={id === shown}
          screenReader={screenReader}
          onLeave={leave}
        />
      ))}
    </section>
  );
}

function tabId(id: number): string {
  return `terminal-tab-${id}`;
}

/** A height that is kept between visits and leaves room for the graph. */
function useHeight(): readonly [number, (px: number) => void] {
  const [height, setHeight] = useState(() => {
    const stored = readStored('terminal.height');
    return bounded(typeof stored === 'number' ? stored : FIRST_PX);
  });
  const set = (px: number) => {
    setHeight(bounded(px));
    writeStored('terminal.height', bounded(px));
  };
  return [height, set];
}

function bounded(px: number): number {
  return Math.max(LEAST_PX, Math.min(px, window.innerHeight * 0.6));
}
