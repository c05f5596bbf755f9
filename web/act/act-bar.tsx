import { useEffect, useState } from 'react';
import type { LiveStore } from '../state/live-store.js';
import { StatesMenu } from './states-menu.js';
import type { Undo } from './undo.js';
import { STATES, UNDO } from './words.js';

interface Props {
  readonly store: LiveStore;
  readonly undo: Undo;
  readonly onTell: (tone: 'good' | 'bad', text: string) => void;
}

/** Undo, and the menu of snapshots and faults. */
export function ActBar({ store, undo, onTell }: Props) {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'z' || event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
      if (
        event.target instanceof Element &&
        event.target.closest('input, textarea, select, dialog, [contenteditable], .xterm')
      )
        return;
      event.preventDefault();
      undo.undo();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [undo]);
  return (
    <span className="act-bar">
      <button
        type="button"
        disabled={undo.label === undefined}
        title={undo.label === undefined ? UNDO.nothing : UNDO.title(undo.label)}
        onClick={() => undo.undo()}
      >
        {UNDO.button}
      </button>
      <button
        type="button"
        aria-expanded={isOpen}
        title={STATES.title}
        onClick={() => setOpen(!isOpen)}
      >
        {STATES.button} ▾
      </button>
      {isOpen ? (
        <StatesMenu store={store} undo={undo} onTell={onTell} onClose={() => setOpen(false)} />
      ) : null}
    </span>
  );
}
