import { useEffect } from 'react';
import { usePage } from '../page.js';
import { UNDO } from './words.js';

/** Takes back what was last done here; Ctrl Z does the same outside of fields. */
export function UndoButton() {
  const { undo } = usePage();
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
    <button
      type="button"
      disabled={undo.label === undefined}
      title={undo.label === undefined ? UNDO.nothing : UNDO.title(undo.label)}
      onClick={() => undo.undo()}
    >
      {UNDO.button}
    </button>
  );
}
